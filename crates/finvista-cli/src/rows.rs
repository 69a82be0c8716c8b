//! Where the rows of a command go: to standard output or a pipe as they come, or into a file that is replaced at the end.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::PathBuf;

use arrow_array::RecordBatch;
use finvista::{Query, Table, Zone};
use jiff::Timestamp;
use jiff::civil::Date;

use crate::beside::{self, Place};
use crate::failure::{Failure, STDOUT, stdout_failed};
use crate::layout::{Layout, joined};
use crate::options::{Format, Output};
use crate::partial::{self, Partial, Piece};
use crate::report::{note, remark};
use crate::table;

/// The rows of a command. Answers are added as they arrive, each with the number of its query, and appear in the order of the
/// numbers. Every number is added or skipped once.
pub(crate) struct Rows {
    layout: Layout,
    way: Way,
}

enum Way {
    /// A table for people needs all rows to know how wide its columns are.
    Table {
        place: Option<Place>,
        batches: BTreeMap<usize, RecordBatch>,
    },
    Stream(Stream),
    File(Parts),
}

/// Text that is written as far as it is complete.
struct Stream {
    out: Box<dyn Write>,
    name: String,
    /// What came before its turn; `None` for an answer that failed.
    waiting: BTreeMap<usize, Option<Vec<u8>>>,
    next: usize,
    began: bool,
}

/// The parts of a file.
struct Parts {
    path: PathBuf,
    shown: PathBuf,
    kept: Option<Partial>,
    pieces: BTreeMap<usize, Piece>,
    today: Date,
}

impl Rows {
    /// Opens the place of the rows, before anything is fetched. With `resume` it begins with what was kept for these queries.
    pub(crate) fn open(to: &Output, layout: Layout, queries: &[Query]) -> Result<Self, Failure> {
        let place = to.file().map(Place::of).transpose()?;
        if to.resume && !(matches!(place, Some(Place::File { .. })) && layout.format != Format::Table) {
            return Err(Failure::Usage("expected a file of csv, json or ndjson with --resume".to_owned()));
        }
        let way = match (layout.format, place) {
            (Format::Table, place) => Way::Table { place, batches: BTreeMap::new() },
            (_, None) => Way::Stream(Stream::new(Box::new(BufWriter::new(io::stdout())), STDOUT)),
            (_, Some(Place::Device { path })) => {
                let file = OpenOptions::new().write(true).open(&path).map_err(|e| beside::named(&path, e))?;
                Way::Stream(Stream::new(Box::new(BufWriter::new(file)), &path.display().to_string()))
            }
            (_, Some(Place::File { path, shown })) => {
                let mut parts = Parts::new(path, shown);
                if to.resume {
                    parts.resume(to, layout, queries)?;
                }
                Way::File(parts)
            }
        };
        Ok(Self { layout, way })
    }

    /// Whether an interrupted run can be completed.
    pub(crate) fn is_resumable(&self) -> bool {
        matches!(self.way, Way::File(_))
    }

    /// The source and the number of rows of an answer that is there already.
    pub(crate) fn kept(&self, number: usize) -> Option<(&str, u64)> {
        match &self.way {
            Way::File(parts) => parts.pieces.get(&number).map(|piece| (piece.source.as_str(), piece.rows)),
            _ => None,
        }
    }

    /// Adds the answer to the query of this number.
    pub(crate) fn add(&mut self, number: usize, query: &Query, table: &Table) -> Result<(), Failure> {
        let layout = self.layout;
        match &mut self.way {
            Way::Table { batches, .. } => {
                batches.insert(number, layout.batch(table));
                Ok(())
            }
            Way::Stream(stream) => {
                let header = if stream.began { Vec::new() } else { layout.header(table)? };
                stream.waiting.insert(number, Some(layout.lines(query, table)?));
                stream.write(layout.format, &header)
            }
            Way::File(parts) => parts.add(layout, number, query, table),
        }
    }

    /// Says that the query of this number has no answer.
    pub(crate) fn skip(&mut self, number: usize) -> Result<(), Failure> {
        match &mut self.way {
            Way::Stream(stream) => {
                stream.waiting.insert(number, None);
                stream.write(self.layout.format, &[])
            }
            _ => Ok(()),
        }
    }

    /// Shows what came so far, and keeps it: for tables of a watch.
    pub(crate) fn show(&mut self) -> Result<(), Failure> {
        match &mut self.way {
            Way::Table { place, batches } => {
                let shown = show(place.as_ref(), batches);
                batches.clear();
                shown
            }
            _ => Ok(()),
        }
    }

    /// Ends the rows: the file is replaced. Without a row nothing is written.
    pub(crate) fn finish(self) -> Result<(), Failure> {
        match self.way {
            Way::Table { place, batches } => show(place.as_ref(), &batches),
            Way::Stream(stream) => stream.end(self.layout.format),
            Way::File(parts) => parts.finish(self.layout.format),
        }
    }

    /// Ends the rows of an interrupted run: what came is kept. Returns where, if it is not standard output.
    pub(crate) fn interrupt(self) -> Result<Option<PathBuf>, Failure> {
        match self.way {
            Way::Table { place: Some(Place::File { path, .. }), batches } => {
                if batches.is_empty() {
                    return Ok(None);
                }
                let path = partial::path(&path);
                let place = Place::File { path: path.clone(), shown: path.clone() };
                show(Some(&place), &batches).map(|()| Some(path))
            }
            Way::Table { place, batches } => show(place.as_ref(), &batches).map(|()| None),
            Way::Stream(mut stream) => {
                // What waited for its turn is kept, too.
                for (number, text) in std::mem::take(&mut stream.waiting) {
                    stream.next = number;
                    stream.waiting.insert(number, text);
                    stream.write(self.layout.format, &[])?;
                }
                stream.end(self.layout.format).map(|()| None)
            }
            Way::File(parts) => Ok(parts.kept.map(|_| partial::path(&parts.path))),
        }
    }
}

impl Stream {
    fn new(out: Box<dyn Write>, name: &str) -> Self {
        Self { out, name: name.to_owned(), waiting: BTreeMap::new(), next: 0, began: false }
    }

    /// Writes what is complete from the beginning on.
    fn write(&mut self, format: Format, header: &[u8]) -> Result<(), Failure> {
        let mut written = Ok(());
        if !header.is_empty() && !self.began {
            self.began = true;
            written = self.out.write_all(header);
        }
        while written.is_ok()
            && let Some(text) = self.waiting.remove(&self.next)
        {
            self.next += 1;
            let Some(text) = text else { continue };
            written = match format {
                Format::Json => {
                    let mark = if self.began { b"," } else { b"[" };
                    self.out.write_all(mark).and_then(|()| self.out.write_all(&joined(text)))
                }
                _ => self.out.write_all(&text),
            };
            self.began = true;
        }
        written.and_then(|()| self.out.flush()).map_err(|e| Failure::Io(self.name.clone(), e))
    }

    fn end(mut self, format: Format) -> Result<(), Failure> {
        let end: &[u8] = if format == Format::Json && self.began { b"]\n" } else { b"" };
        let ended = self.out.write_all(end).and_then(|()| self.out.flush());
        ended.map_err(|e| Failure::Io(self.name, e))
    }
}

impl Parts {
    fn new(path: PathBuf, shown: PathBuf) -> Self {
        let today = Zone::Shanghai.day(Timestamp::now());
        Self { path, shown, kept: None, pieces: BTreeMap::new(), today }
    }

    fn resume(&mut self, to: &Output, layout: Layout, queries: &[Query]) -> Result<(), Failure> {
        let Some((kept, pieces)) = Partial::resume(&self.path, &layout.name())? else {
            remark(&format!("nothing was kept for {}: it begins anew", self.shown.display()));
            return Ok(());
        };
        for (number, query) in queries.iter().enumerate() {
            let piece = pieces.get(&partial::key(query)).filter(|piece| piece.holds(query, self.today));
            let of_source = |piece: &&Piece| to.source.as_ref().is_none_or(|source| *source == piece.source);
            if let Some(piece) = piece.filter(of_source) {
                self.pieces.insert(number, piece.clone());
            }
        }
        self.kept = Some(kept);
        remark(&format!("{} of {} were kept", self.pieces.len(), queries.len()));
        Ok(())
    }

    fn add(&mut self, layout: Layout, number: usize, query: &Query, table: &Table) -> Result<(), Failure> {
        let text = layout.lines(query, table)?;
        let kept = match &mut self.kept {
            Some(kept) => kept,
            none => none.insert(Partial::begin(&self.path, &layout.name(), &layout.header(table)?)?),
        };
        let about = (table.num_rows() as u64, table.source(), self.today);
        self.pieces.insert(number, kept.add(&partial::key(query), &text, about)?);
        Ok(())
    }

    fn finish(self, format: Format) -> Result<(), Failure> {
        let Some(mut kept) = self.kept else { return Ok(()) };
        beside::replace(&self.path, &self.shown, |out| {
            out.write_all(&kept.header()?)?;
            let mut mark: &[u8] = b"[";
            for piece in self.pieces.values() {
                let text = kept.text(piece)?;
                if format == Format::Json {
                    out.write_all(mark)?;
                    out.write_all(&joined(text))?;
                    mark = b",";
                } else {
                    out.write_all(&text)?;
                }
            }
            out.write_all(if format == Format::Json { b"]\n" } else { b"" })
        })?;
        kept.remove();
        Ok(())
    }
}

/// Prints a table, or writes it into a file.
fn show(place: Option<&Place>, batches: &BTreeMap<usize, RecordBatch>) -> Result<(), Failure> {
    let batches: Vec<RecordBatch> = batches.values().cloned().collect();
    if batches.is_empty() {
        return Ok(());
    }
    let whole = || table::render(&batches, None).0;
    match place {
        Some(Place::File { path, shown }) => {
            beside::replace(path, shown, |out| out.write_all(whole().as_bytes()))
        }
        Some(Place::Device { path }) => {
            let file = OpenOptions::new().write(true).open(path);
            let written = file.and_then(|mut file| file.write_all(whole().as_bytes()));
            written.map_err(|e| beside::named(path, e))
        }
        None => {
            let stdout = io::stdout();
            let width = stdout.is_terminal().then(table::terminal_width).flatten();
            let (text, left_out) = table::render(&batches, width);
            let mut stdout = stdout.lock();
            let written = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
            written.map_err(stdout_failed)?;
            left_out.iter().for_each(|line| note(line));
            Ok(())
        }
    }
}
