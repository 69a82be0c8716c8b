//! Replay: answers from a recording, without a network.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use finvista_core::{ConfigError, ErrorKind, SourceError, Zone};
use jiff::Timestamp;

use crate::exchange::{Exchange, Outcome, Received, Sent};
use crate::record::number;
use crate::{local, secret};

/// The longest head of an exchange, in bytes. The longest addresses have 7 kB.
const LONGEST_HEAD: usize = 256 * 1024;

/// A recording.
#[derive(Debug)]
pub(crate) struct Replay {
    dir: PathBuf,
    now: Timestamp,
    tapes: HashMap<String, Tape>,
}

/// The exchanges with one address, in order.
#[derive(Debug, Default)]
struct Tape {
    exchanges: Vec<(Exchange, PathBuf)>,
    next: AtomicUsize,
}

impl Replay {
    /// Reads the heads of a recording. Bodies are read when they are needed.
    pub(crate) fn open(dir: &Path) -> Result<Self, ConfigError> {
        let wrong =
            |path: &Path, why: String| ConfigError::new("replay", format!("{}: {why}", path.display()));
        let mut heads = Vec::new();
        for entry in std::fs::read_dir(dir).map_err(|e| wrong(dir, e.to_string()))? {
            let path = entry.map_err(|e| wrong(dir, e.to_string()))?.path();
            let number = path.file_name().and_then(|name| name.to_str()).and_then(number);
            if let (Some(number), true) = (number, path.extension().is_some_and(|kind| kind == "http")) {
                heads.push((number, path));
            }
        }
        heads.sort();
        let (mut today, mut tapes) = (None, HashMap::<String, Tape>::new());
        for (_, path) in heads {
            let text = local::read(&path, LONGEST_HEAD).map_err(|e| wrong(&path, e.to_string()))?;
            let text = String::from_utf8(text).map_err(|e| wrong(&path, e.to_string()))?;
            let exchange: Exchange = text.parse().map_err(|why| wrong(&path, why))?;
            let body = path.with_extension("body");
            if let Outcome::Answer { length, .. } = exchange.outcome {
                let is = local::length(&body).map_err(|e| wrong(&body, e.to_string()))?;
                if is != length {
                    return Err(wrong(
                        &body,
                        format!("expected {length} bytes as in {}, got {is}", path.display()),
                    ));
                }
            }
            today.get_or_insert(exchange.today);
            let url = secret::address(&exchange.url).into_owned();
            tapes.entry(url).or_default().exchanges.push((exchange, body));
        }
        let today = today.ok_or_else(|| {
            wrong(dir, "expected a recording, got no file such as 0001-host-path.http".into())
        })?;
        let now = Zone::Shanghai.instant(today.at(12, 0, 0, 0));
        Ok(Self { dir: dir.to_owned(), now: now.unwrap_or(Timestamp::UNIX_EPOCH), tapes })
    }

    /// Noon in China on the day on which the recording began.
    pub(crate) fn now(&self) -> Timestamp {
        self.now
    }

    /// The next answer that was recorded for this request, of at most `max` bytes. After the last one, always the last.
    pub(crate) fn answer(&self, request: &Sent<'_>, max: usize) -> Result<Received, SourceError> {
        let transport = |message| SourceError::new(ErrorKind::Transport, message);
        // A recording has no keys, so requests are compared without theirs.
        let url = secret::address(request.url);
        let (exchange, body) = self.tapes.get(&*url).and_then(Tape::next).ok_or_else(|| {
            transport(format!("the recording {} has no answer to GET {url}", self.dir.display()))
        })?;
        match &exchange.outcome {
            Outcome::Failure { kind, message } => Err(SourceError::new(*kind, message.as_str())),
            Outcome::Answer { status, content_type, retry_after, .. } => Ok(Received {
                status: *status,
                content_type: content_type.clone(),
                retry_after: retry_after.clone(),
                at: exchange.at.checked_add(exchange.took).unwrap_or(exchange.at),
                body: local::read(body, max).map_err(|e| unreadable(body, max, &e))?.into(),
            }),
        }
    }
}

/// The error for a body that cannot be read. One that is too long is what it would be on the network.
fn unreadable(body: &Path, max: usize, error: &io::Error) -> SourceError {
    let body = body.display();
    match error.kind() {
        io::ErrorKind::FileTooLarge => {
            SourceError::decode(format!("the answer in {body} is longer than the limit of {max} bytes"))
        }
        _ => SourceError::new(ErrorKind::Transport, format!("{body}: {error}")),
    }
}

impl Tape {
    fn next(&self) -> Option<&(Exchange, PathBuf)> {
        let index = self.next.fetch_add(1, Relaxed);
        self.exchanges.get(index).or_else(|| self.exchanges.last())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str =
        "GET https://a.b/c\nat 2024-06-28T08:00:00Z\ntoday 2024-06-28\ntook 1 s\n< 200\nbody 4\n";

    fn recording(name: &str) -> PathBuf {
        let dir = std::env::temp_dir().join(format!("finvista-replay-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&dir).unwrap();
        std::fs::write(dir.join("0001-a.http"), HEAD).unwrap();
        std::fs::write(dir.join("0001-a.body"), "body").unwrap();
        dir
    }

    #[test]
    fn a_body_is_as_long_as_on_the_network_at_most() {
        let dir = recording("long");
        let replay = Replay::open(&dir).unwrap();
        let sent = Sent { url: "https://a.b/c", headers: &[], reads: &[] };
        assert_eq!(replay.answer(&sent, 4).unwrap().body, "body");
        let error = replay.answer(&sent, 3).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode);
        assert!(error.message().contains("longer than the limit of 3 bytes"), "{error}");
        std::fs::remove_dir_all(dir).unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn a_device_is_not_a_recording() {
        let dir = recording("device");
        for name in ["0001-a.body", "0001-a.http"] {
            let path = dir.join(name);
            std::fs::remove_file(&path).unwrap();
            std::os::unix::fs::symlink("/dev/zero", &path).unwrap();
            let error = Replay::open(&dir).unwrap_err().to_string();
            assert!(error.contains(name) && error.contains("expected a regular file"), "{error}");
        }
        std::fs::remove_dir_all(dir).unwrap();
    }
}
