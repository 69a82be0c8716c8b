//! Replay: answers from a recording, without a network.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use finvista_core::{ConfigError, ErrorKind, SourceError, Zone};
use jiff::Timestamp;

use crate::exchange::{Exchange, Outcome, Received, Sent};
use crate::record::number;

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
            let text = std::fs::read_to_string(&path).map_err(|e| wrong(&path, e.to_string()))?;
            let exchange: Exchange = text.parse().map_err(|why| wrong(&path, why))?;
            let body = path.with_extension("body");
            if let Outcome::Answer { length, .. } = exchange.outcome {
                let is = std::fs::metadata(&body).map_err(|e| wrong(&body, e.to_string()))?.len();
                if is != length {
                    return Err(wrong(
                        &body,
                        format!("expected {length} bytes as in {}, got {is}", path.display()),
                    ));
                }
            }
            today.get_or_insert(exchange.today);
            tapes.entry(exchange.url.clone()).or_default().exchanges.push((exchange, body));
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

    /// The next answer that was recorded for this request. After the last one, always the last.
    pub(crate) fn answer(&self, request: &Sent<'_>) -> Result<Received, SourceError> {
        let transport = |message| SourceError::new(ErrorKind::Transport, message);
        let (exchange, body) = self.tapes.get(request.url).and_then(Tape::next).ok_or_else(|| {
            transport(format!("the recording {} has no answer to GET {}", self.dir.display(), request.url))
        })?;
        match &exchange.outcome {
            Outcome::Failure { kind, message } => Err(SourceError::new(*kind, message.as_str())),
            Outcome::Answer { status, content_type, retry_after, .. } => Ok(Received {
                status: *status,
                content_type: content_type.clone(),
                retry_after: retry_after.clone(),
                at: exchange.at.checked_add(exchange.took).unwrap_or(exchange.at),
                body: std::fs::read(body).map_err(|e| transport(format!("{}: {e}", body.display())))?.into(),
            }),
        }
    }
}

impl Tape {
    fn next(&self) -> Option<&(Exchange, PathBuf)> {
        let index = self.next.fetch_add(1, Relaxed);
        self.exchanges.get(index).or_else(|| self.exchanges.last())
    }
}
