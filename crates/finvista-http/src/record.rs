//! Recording. Every exchange becomes two files: `NNNN-host-path.http` with the request and the head of the answer, and
//! `NNNN-host-path.body` with the bytes of the body. The body is written first, and neither file is ever visible half-written.
//! Credentials in headers and addresses are not recorded.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::Duration;

use finvista_core::{ConfigError, ErrorKind, SourceError, seconds};
use jiff::Timestamp;
use jiff::civil::Date;
use tokio::time::Instant;

use crate::address::split;
use crate::exchange::{Exchange, Outcome, Received, Sent};
use crate::secret;

/// Writes exchanges into a folder. One client at a time may use the folder.
#[derive(Debug)]
pub(crate) struct Recorder {
    dir: PathBuf,
    next: AtomicU32,
}

impl Recorder {
    /// A recorder that adds to the folder, and creates it if it is missing.
    pub(crate) fn new(dir: &Path) -> Result<Self, ConfigError> {
        let last = create_folder(dir).and_then(|()| last(dir));
        let last = last.map_err(|e| ConfigError::new("record", format!("{}: {e}", dir.display())))?;
        Ok(Self { dir: dir.to_owned(), next: AtomicU32::new(last.saturating_add(1)) })
    }

    /// Called when a request is sent. Requests are numbered in the order of sending, even if several are in flight.
    pub(crate) fn begin<'a>(&'a self, sent: &Sent<'a>, today: Date) -> Pending<'a> {
        let number = self.next.fetch_add(1, Relaxed);
        let (at, began) = (Timestamp::now(), Instant::now());
        Pending { recorder: self, number, sent: *sent, today, at, began, done: false }
    }

    fn write(&self, number: u32, exchange: &Exchange, body: Option<&[u8]>) -> io::Result<()> {
        let name = format!("{number:04}-{}", slug(&exchange.url));
        if let Some(body) = body {
            self.put(&format!("{name}.body"), body)?;
        }
        self.put(&format!("{name}.http"), exchange.to_string().as_bytes())
    }

    /// Writes a file under a temporary name and renames it. Only its owner may read it, and a link of either name is replaced
    /// and not followed.
    fn put(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let unfinished = self.dir.join(format!(".{name}.tmp"));
        match std::fs::remove_file(&unfinished) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let written = options.open(&unfinished).and_then(|mut file| file.write_all(bytes));
        let written = written.and_then(|()| std::fs::rename(&unfinished, self.dir.join(name)));
        if written.is_err() {
            // What is left of it on a full disk is of no use.
            let _removed = std::fs::remove_file(&unfinished);
        }
        written
    }
}

/// A request in flight. Dropped before it ends, it is recorded as given up.
pub(crate) struct Pending<'a> {
    recorder: &'a Recorder,
    number: u32,
    sent: Sent<'a>,
    today: Date,
    at: Timestamp,
    began: Instant,
    done: bool,
}

impl Pending<'_> {
    /// Records the outcome. A failure to record ends the call: a recording that silently lacks an exchange would be worse than
    /// none. No vendor is blamed for it, and none is asked instead.
    pub(crate) fn end(mut self, result: &Result<Received, SourceError>) -> Result<(), SourceError> {
        let body = result.as_ref().ok().map(|received| &*received.body);
        self.write(Outcome::of(result), body).map_err(|e| {
            let message = format!("cannot record the exchange in {}: {e}", self.recorder.dir.display());
            SourceError::new(ErrorKind::InvalidInput, message).with_cause(e)
        })
    }

    fn write(&mut self, outcome: Outcome, body: Option<&[u8]>) -> io::Result<()> {
        self.done = true;
        let owned = |&(name, value): &(&str, &str)| (name.to_owned(), secret::header(name, value).to_owned());
        let exchange = Exchange {
            url: secret::address(self.sent.url).into_owned(),
            headers: self.sent.headers.iter().map(owned).collect(),
            at: self.at,
            today: self.today,
            took: Duration::from_micros(self.began.elapsed().as_micros() as u64),
            outcome,
        };
        self.recorder.write(self.number, &exchange, body)
    }
}

impl Drop for Pending<'_> {
    fn drop(&mut self) {
        if self.done {
            return;
        }
        let message = format!("given up after {}", seconds(self.began.elapsed()));
        if let Err(error) = self.write(Outcome::Failure { kind: ErrorKind::Timeout, message }, None) {
            tracing::error!(dir = %self.recorder.dir.display(), %error, "cannot record an exchange");
        }
    }
}

/// Creates a folder that only its owner may read, unless it is there.
fn create_folder(dir: &Path) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir)
}

/// The number at the beginning of the name of a recorded file.
pub(crate) fn number(name: &str) -> Option<u32> {
    name.split_once('-')?.0.parse().ok()
}

fn last(dir: &Path) -> io::Result<u32> {
    let mut last = 0;
    for entry in std::fs::read_dir(dir)? {
        last = last.max(entry?.file_name().to_str().and_then(number).unwrap_or(0));
    }
    Ok(last)
}

/// Host and path as part of a file name, to recognise the request by, without characters that file systems refuse.
fn slug(url: &str) -> String {
    const LONGEST: usize = 80;
    let (host, path) = split(url).unwrap_or(("unknown", url));
    let mut slug = String::new();
    for c in host.chars().chain(path.chars()) {
        if c.is_ascii_alphanumeric() || c == '.' {
            slug.push(c);
        } else if !slug.ends_with('-') {
            slug.push('-');
        }
    }
    slug.truncate(LONGEST);
    slug.trim_matches(['-', '.']).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::replay::Replay;
    use bytes::Bytes;
    use jiff::civil::date;

    #[test]
    fn a_name_has_host_and_path() {
        assert_eq!(
            slug("https://hq.sinajs.cn/list=sh600519,sz000001"),
            "hq.sinajs.cn-list-sh600519-sz000001"
        );
        assert_eq!(slug("https://a.b/../x?é=1&&y=/"), "a.b-..-x-1-y");
        assert!(slug(&format!("https://a.b/{}", "x".repeat(999))).len() <= 80);
    }

    fn exchange(recorder: &Recorder, url: &str, headers: &[(&str, &str)]) -> Result<(), SourceError> {
        let sent = Sent { url, headers, reads: &[] };
        let received = Received {
            status: 200,
            content_type: None,
            retry_after: None,
            at: Timestamp::UNIX_EPOCH,
            body: Bytes::from_static(b"body"),
        };
        recorder.begin(&sent, date(2024, 6, 28)).end(&Ok(received))
    }

    fn folder(name: &str) -> PathBuf {
        let dir = std::env::temp_dir().join(format!("finvista-{name}-{}", std::process::id()));
        let _old = std::fs::remove_dir_all(&dir);
        dir
    }

    #[tokio::test]
    async fn credentials_are_not_recorded_and_the_recording_still_answers() {
        let dir = folder("secrets");
        let url = "https://me:pass@api.example/bars?symbol=x&token=hunter2";
        exchange(
            &Recorder::new(&dir).unwrap(),
            url,
            &[("Authorization", "hunter2"), ("Cookie", "id=hunter2")],
        )
        .unwrap();
        let name = "0001-api.example-bars-symbol-x-token-redacted.http";
        let text = std::fs::read_to_string(dir.join(name)).unwrap();
        assert!(text.starts_with("GET https://api.example/bars?symbol=x&token=redacted\n"), "{text}");
        assert!(text.contains("> Authorization: redacted\n> Cookie: redacted\n"), "{text}");
        let sent = Sent { url, headers: &[], reads: &[] };
        assert_eq!(Replay::open(&dir).unwrap().answer(&sent, 4).unwrap().body, "body");
        std::fs::remove_dir_all(dir).unwrap();
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn files_are_the_owner_s_alone_and_links_are_not_followed() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let (dir, victim) = (folder("links"), folder("victim"));
        let recorder = Recorder::new(&dir).unwrap();
        std::fs::write(&victim, "mine").unwrap();
        for name in [".0001-a.b-c.body.tmp", "0001-a.b-c.body", ".0001-a.b-c.http.tmp", "0001-a.b-c.http"] {
            symlink(&victim, dir.join(name)).unwrap();
        }
        exchange(&recorder, "https://a.b/c", &[]).unwrap();
        assert_eq!(std::fs::read_to_string(&victim).unwrap(), "mine");
        for name in ["0001-a.b-c.body", "0001-a.b-c.http"] {
            let metadata = std::fs::symlink_metadata(dir.join(name)).unwrap();
            assert_eq!((metadata.is_file(), metadata.permissions().mode() & 0o777), (true, 0o600), "{name}");
        }
        std::fs::remove_dir_all(dir).unwrap();
        std::fs::remove_file(victim).unwrap();
    }

    #[tokio::test]
    async fn a_failure_to_record_is_no_failure_of_the_vendor() {
        let dir = folder("gone");
        let recorder = Recorder::new(&dir).unwrap();
        std::fs::remove_dir_all(&dir).unwrap();
        let error = exchange(&recorder, "https://a.b/c", &[]).unwrap_err();
        let meaning = error.kind().meaning();
        assert!(!meaning.counts && !meaning.next_source, "{error}");
        assert!(error.message().contains("cannot record the exchange in"), "{error}");
    }

    #[test]
    fn numbers_are_read_from_names() {
        assert_eq!(number("0012-hq.sinajs.cn-list.http"), Some(12));
        assert_eq!(number("10000-a.http"), Some(10_000));
        assert_eq!(number(".0012-a.http.tmp"), None);
        assert_eq!(number("README"), None);
    }
}
