//! One file, from its lines to a table.

use std::fs::File;
use std::io::ErrorKind as Io;
use std::path::Path;

use csv::{Reader, StringRecord};
use finvista_core::dataset::{Bar, BarSink, Build, Dataset};
use finvista_core::{ErrorKind, RecordBatch, Series, SourceError, date, wire};
use finvista_datasets::CnStockDaily;
use finvista_plugin::now;

/// The bars of the file that the query asks for.
pub(crate) fn read(path: &Path, series: &Series) -> Result<RecordBatch, SourceError> {
    let file = File::open(path).map_err(|e| match e.kind() {
        Io::NotFound => SourceError::new(ErrorKind::NotFound, format!("there is no {}", path.display())),
        _ => unreadable(path, &e),
    })?;
    let mut reader = Reader::from_reader(file);
    let columns = Columns::find(reader.headers().map_err(|e| broken(path, &e))?)
        .map_err(|name| SourceError::decode(format!("{} has no column {name}", path.display())))?;
    let mut table = <CnStockDaily as Dataset>::Builder::new(series, now());
    let mut record = StringRecord::new();
    while reader.read_record(&mut record).map_err(|e| broken(path, &e))? {
        let line = record.position().map_or(0, csv::Position::line);
        let bar = columns
            .bar(&record)
            .map_err(|e| SourceError::decode(format!("{}, line {line}: {}", path.display(), e.message())))?;
        table.bar(bar);
    }
    if table.is_empty() {
        let message = format!("{} has no bar of {}", path.display(), series.range);
        return Err(SourceError::new(ErrorKind::NoData, message));
    }
    table.finish()
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
        // The reader refuses a line with another number of fields than the first.
        let field = |index: usize| record.get(index).unwrap_or_default();
        let price = |name, index| wire::number(name, field(index));
        let may = |name, index: Option<usize>| wire::optional(name, index.map_or("", field));
        let bar = Bar::new(
            date::parse(field(self.date))?,
            price("open", self.open)?,
            price("high", self.high)?,
            price("low", self.low)?,
            price("close", self.close)?,
            wire::shares("volume", field(self.volume), 1)?,
        );
        let (amount, turnover) = (may("amount", self.amount)?, may("turnover", self.turnover)?);
        Ok(Bar { amount, turnover, ..bar })
    }
}

/// A file that cannot be read is a failure of the folder, and one that is not CSV is a failure of the file.
fn broken(path: &Path, error: &csv::Error) -> SourceError {
    match error.kind() {
        csv::ErrorKind::Io(e) => unreadable(path, e),
        _ => SourceError::decode(format!("{}: {error}", path.display())),
    }
}

fn unreadable(path: &Path, error: &std::io::Error) -> SourceError {
    SourceError::new(ErrorKind::Upstream, format!("{} cannot be read: {error}", path.display()))
}
