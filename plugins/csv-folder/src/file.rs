//! One file, from its lines to a table.

use std::fs::File;
use std::io::ErrorKind as Io;
use std::path::Path;

use csv::{Reader, StringRecord};
use finvista_core::dataset::{Bar, CnStockDaily, CnStockDailyQuery, Dataset};
use finvista_core::{ErrorKind, SourceError, Table, date, wire};

/// The bars of the file that the query asks for.
pub(crate) fn read(path: &Path, query: &CnStockDailyQuery) -> Result<Table, SourceError> {
    let file = File::open(path).map_err(|e| match e.kind() {
        Io::NotFound => SourceError::new(ErrorKind::NotFound, format!("there is no {}", path.display())),
        _ => unreadable(path, &e),
    })?;
    let mut reader = Reader::from_reader(file);
    let columns = Columns::find(reader.headers().map_err(|e| broken(path, &e))?)
        .map_err(|name| SourceError::decode(format!("{} has no column {name}", path.display())))?;
    let mut table = CnStockDaily::builder(query);
    let mut record = StringRecord::new();
    while reader.read_record(&mut record).map_err(|e| broken(path, &e))? {
        let line = record.position().map_or(0, csv::Position::line);
        let bar = columns
            .bar(&record)
            .map_err(|e| SourceError::decode(format!("{}, line {line}: {}", path.display(), e.message())))?;
        table.bar(bar);
    }
    if table.is_empty() {
        let message = format!("{} has no bar of {}", path.display(), query.range);
        return Err(SourceError::new(ErrorKind::NoData, message));
    }
    CnStockDaily::finish(table).map(Table::new)
}

/// Where each column stands.
struct Columns {
    date: usize,
    open: usize,
    high: usize,
    low: usize,
    close: usize,
    volume: usize,
    amount: Option<usize>,
    turnover: Option<usize>,
}

impl Columns {
    /// The columns of these headers, or the one that is missing.
    fn find(headers: &StringRecord) -> Result<Self, &'static str> {
        let find = |name: &str| headers.iter().position(|header| header.trim() == name);
        let must = |name: &'static str| find(name).ok_or(name);
        Ok(Self {
            date: must("date")?,
            open: must("open")?,
            high: must("high")?,
            low: must("low")?,
            close: must("close")?,
            volume: must("volume")?,
            amount: find("amount"),
            turnover: find("turnover"),
        })
    }

    fn bar(&self, record: &StringRecord) -> Result<Bar, SourceError> {
        // Every line has as many fields as the first: the reader sees to that.
        let field = |index: usize| record.get(index).unwrap_or_default();
        let price = |name, index| wire::number(name, field(index));
        let may = |name, index: Option<usize>| wire::optional(name, index.map_or("", field));
        Ok(Bar {
            date: date::parse(field(self.date))?,
            open: price("open", self.open)?,
            high: price("high", self.high)?,
            low: price("low", self.low)?,
            close: price("close", self.close)?,
            volume: wire::shares("volume", field(self.volume), 1)?,
            amount: may("amount", self.amount)?,
            change: None,
            change_pct: None,
            amplitude: None,
            turnover: may("turnover", self.turnover)?,
        })
    }
}

/// A file that cannot be read is the folder's failure, and one that is no CSV is the file's.
fn broken(path: &Path, error: &csv::Error) -> SourceError {
    match error.kind() {
        csv::ErrorKind::Io(e) => unreadable(path, e),
        _ => SourceError::decode(format!("{}: {error}", path.display())),
    }
}

fn unreadable(path: &Path, error: &std::io::Error) -> SourceError {
    SourceError::new(ErrorKind::Upstream, format!("{} cannot be read: {error}", path.display()))
}
