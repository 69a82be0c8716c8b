//! Rows of a file that is not finished: `FILE.partial` holds what came, in the order of arrival, and `FILE.partial.index` says
//! which answer is where, one JSON object a line. Both outlive a process that is killed, and `--resume` begins with them.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use finvista::Query;
use jiff::civil::Date;
use serde_json::{Value, json};

use crate::beside::named;
use crate::failure::Failure;

/// Where the text of an answer is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Piece {
    offset: u64,
    bytes: u64,
    pub(crate) rows: u64,
    pub(crate) source: String,
    /// The day of the answer: what has no end grows every day.
    day: String,
}

/// The two files, open.
#[derive(Debug)]
pub(crate) struct Partial {
    path: PathBuf,
    index_path: PathBuf,
    file: File,
    index: File,
    /// The length of what stands before the first answer.
    header: u64,
    end: u64,
}

/// What an interrupted run kept: the files, and the pieces in them by the key of their query.
pub(crate) type Kept = (Partial, HashMap<String, Piece>);

/// The path of the rows that are kept for a file.
pub(crate) fn path(file: &Path) -> PathBuf {
    with(file, ".partial")
}

fn with(file: &Path, more: &str) -> PathBuf {
    let mut name = file.file_name().unwrap_or_default().to_owned();
    name.push(more);
    file.with_file_name(name)
}

impl Partial {
    /// Begins anew. Files of an earlier run are unlinked, not overwritten, so that two runs never write into one file.
    pub(crate) fn begin(file: &Path, layout: &str, header: &[u8]) -> Result<Self, Failure> {
        let (path, index_path) = (path(file), with(file, ".partial.index"));
        let create = |path: &Path| {
            match fs::remove_file(path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
            OpenOptions::new().read(true).write(true).create_new(true).open(path)
        };
        let open = |path: &Path| create(path).map_err(|e| named(path, e));
        let (file, index) = (open(&path)?, open(&index_path)?);
        let end = header.len() as u64;
        let mut partial = Self { path, index_path, file, index, header: end, end };
        partial.file.write_all(header).map_err(|e| named(&partial.path, e))?;
        partial.note(&json!({ "layout": layout, "header": end }))?;
        Ok(partial)
    }

    /// Opens what an interrupted run kept, and the pieces in it by the key of their query; `None` if nothing was kept.
    pub(crate) fn resume(file: &Path, layout: &str) -> Result<Option<Kept>, Failure> {
        let (path, index_path) = (path(file), with(file, ".partial.index"));
        let text = match fs::read_to_string(&index_path) {
            Ok(text) if path.is_file() => text,
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(named(&index_path, error)),
            _ => return Ok(None),
        };
        let open =
            |path: &Path| OpenOptions::new().read(true).write(true).open(path).map_err(|e| named(path, e));
        let (mut file, mut index) = (open(&path)?, open(&index_path)?);
        let length = file.metadata().map_err(|e| named(&path, e))?.len();
        // A line that a kill cut short has no end, and what it was about is asked for again.
        let mut lines = text.split_inclusive('\n').filter(|line| line.ends_with('\n'));
        let Some(head) = lines.next().and_then(|line| serde_json::from_str::<Value>(line).ok()) else {
            return Ok(None);
        };
        if head.get("layout").and_then(Value::as_str) != Some(layout) {
            return Err(Failure::Usage(format!(
                "{} was written with other options ({}): repeat those, or leave out --resume to begin anew",
                path.display(),
                head.get("layout").and_then(Value::as_str).unwrap_or("of another version"),
            )));
        }
        let mut pieces = HashMap::new();
        let header = head.get("header").and_then(Value::as_u64).unwrap_or(0);
        let (mut end, mut known) = (header, text.find('\n').map_or(0, |end| end + 1) as u64);
        if length < header {
            return Ok(None);
        }
        for line in lines {
            let Some((key, piece)) = read(line).filter(|(_, piece)| piece.offset == end) else { break };
            if piece.offset + piece.bytes > length {
                break;
            }
            end += piece.bytes;
            known += line.len() as u64;
            pieces.insert(key, piece);
        }
        for (file, path, length) in [(&mut file, &path, end), (&mut index, &index_path, known)] {
            let cut = file.set_len(length).and_then(|()| file.seek(SeekFrom::Start(length)));
            cut.map_err(|e| named(path, e))?;
        }
        Ok(Some((Self { path, index_path, file, index, header, end }, pieces)))
    }

    /// Adds the text of an answer. It counts once the index has its line.
    pub(crate) fn add(
        &mut self,
        key: &str,
        text: &[u8],
        (rows, source, day): (u64, &str, Date),
    ) -> Result<Piece, Failure> {
        let piece = Piece {
            offset: self.end,
            bytes: text.len() as u64,
            rows,
            source: source.to_owned(),
            day: day.to_string(),
        };
        let written = self.file.seek(SeekFrom::Start(self.end)).and_then(|_| self.file.write_all(text));
        written.map_err(|e| named(&self.path, e))?;
        self.note(&json!({ "query": key, "offset": piece.offset, "bytes": piece.bytes, "rows": rows,
            "source": source, "day": piece.day }))?;
        self.end += piece.bytes;
        Ok(piece)
    }

    fn note(&mut self, entry: &Value) -> Result<(), Failure> {
        self.index.write_all(format!("{entry}\n").as_bytes()).map_err(|e| named(&self.index_path, e))
    }

    /// What stands before the first answer.
    pub(crate) fn header(&mut self) -> io::Result<Vec<u8>> {
        self.read(0, self.header)
    }

    /// The text of an answer.
    pub(crate) fn text(&mut self, piece: &Piece) -> io::Result<Vec<u8>> {
        self.read(piece.offset, piece.bytes)
    }

    fn read(&mut self, offset: u64, bytes: u64) -> io::Result<Vec<u8>> {
        let mut text = vec![0; usize::try_from(bytes).map_err(io::Error::other)?];
        self.file.seek(SeekFrom::Start(offset))?;
        self.file.read_exact(&mut text)?;
        Ok(text)
    }

    /// Removes both files, once the rows are where they belong.
    pub(crate) fn remove(self) {
        // What stays is replaced by the next run.
        let _removed = (fs::remove_file(&self.path), fs::remove_file(&self.index_path));
    }
}

impl Piece {
    /// Whether the answer is still that of its query: of today, or of days that are over.
    pub(crate) fn holds(&self, query: &Query, today: Date) -> bool {
        let ended = query.range().and_then(|range| range.end()).is_some_and(|end| end.to_string() < self.day);
        ended || self.day == today.to_string()
    }
}

/// What a query is called in the index.
pub(crate) fn key(query: &Query) -> String {
    let params = query.to_params();
    let params = params.iter().map(|(name, value)| format!(" {name}={value}"));
    format!("{}{}", query.dataset(), params.collect::<String>())
}

fn read(line: &str) -> Option<(String, Piece)> {
    let entry: Value = serde_json::from_str(line).ok()?;
    let number = |name: &str| entry.get(name)?.as_u64();
    let text = |name: &str| Some(entry.get(name)?.as_str()?.to_owned());
    let piece = Piece {
        offset: number("offset")?,
        bytes: number("bytes")?,
        rows: number("rows")?,
        source: text("source")?,
        day: text("day")?,
    };
    Some((text("query")?, piece))
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn what_was_cut_short_is_not_resumed() {
        let file = std::env::temp_dir().join(format!("finvista-partial-{}.csv", std::process::id()));
        let today = date(2024, 6, 28);
        let mut partial = Partial::begin(&file, "csv", b"a,b\n").unwrap();
        let first = partial.add("one", b"1,2\n", (1, "sina", today)).unwrap();
        partial.add("two", b"3,4\n5,6\n", (2, "tencent", today)).unwrap();
        drop(partial);
        let kept = |layout| Partial::resume(&file, layout).unwrap().map(|(_, pieces)| pieces);
        assert_eq!(kept("csv").unwrap().len(), 2);
        assert!(Partial::resume(&file, "json").is_err());

        // The rows of the second answer are cut, and then the line of the index about them.
        let rows = path(&file);
        fs::write(&rows, "a,b\n1,2\n3,4\n").unwrap();
        assert_eq!(kept("csv").unwrap().keys().collect::<Vec<_>>(), ["one"]);
        assert_eq!(fs::read_to_string(&rows).unwrap(), "a,b\n1,2\n");
        let index = with(&file, ".partial.index");
        let whole = fs::read_to_string(&index).unwrap();
        fs::write(&index, format!("{whole}{{\"query\":\"two\"")).unwrap();
        let (mut partial, pieces) = Partial::resume(&file, "csv").unwrap().unwrap();
        assert_eq!(pieces.get("one"), Some(&first));
        assert_eq!(partial.text(&first).unwrap(), b"1,2\n");
        let second = partial.add("two", b"3,4\n", (1, "sina", today)).unwrap();
        assert_eq!(partial.text(&second).unwrap(), b"3,4\n");
        assert_eq!(fs::read_to_string(&rows).unwrap(), "a,b\n1,2\n3,4\n");
        partial.remove();
        assert!(kept("csv").is_none());
    }
}
