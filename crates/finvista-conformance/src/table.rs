//! The check that every answer passes before a caller sees it, as the manager makes it; and bars, whatever the data set.

use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, Float64Type, Int64Type, TimestampMillisecondType};
use arrow_array::{RecordBatch, StringArray};
use finvista_core::{ErrorKind, Query, SourceError, Symbol, Zone, date};
use jiff::Timestamp;
use jiff::civil::Date;

use crate::bench::Offered;

/// Checks schema, nulls, emptiness and the invariants of the data set. Returns the symbols that were asked for and have no row.
pub(crate) fn check(
    offered: &Offered,
    query: &Query,
    batch: &RecordBatch,
) -> Result<Vec<Symbol>, SourceError> {
    let batch = offered.spec.adopt(&offered.spec.schema(), batch.clone())?;
    if batch.num_rows() == 0 {
        let what = "expected NoData or NotFound, got a table without rows";
        return Err(SourceError::new(ErrorKind::Invalid, what));
    }
    offered.spec.check(query.selection(), &batch, &offered.capability.precision, Timestamp::now())
}

/// The answer, or an error where it is a table that breaks a rule.
pub(crate) fn checked(
    offered: &Offered,
    query: &Query,
    answer: Result<RecordBatch, SourceError>,
) -> Result<RecordBatch, SourceError> {
    let batch = answer?;
    check(offered, query, &batch).map(|_| batch)
}

/// A bar of any series: its label in days or milliseconds, open, high, low, close, and volume.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Bar {
    pub(crate) at: i64,
    pub(crate) day: Date,
    pub(crate) prices: [f64; 4],
    pub(crate) volume: i64,
}

/// The rows of a table of bars; none where it is another table.
pub(crate) fn bars(batch: &RecordBatch) -> Vec<Bar> {
    read_bars(batch).unwrap_or_default()
}

fn read_bars(batch: &RecordBatch) -> Option<Vec<Bar>> {
    let floats = |name| batch.column_by_name(name)?.as_primitive_opt::<Float64Type>();
    let [open, high, low, close] = [floats("open")?, floats("high")?, floats("low")?, floats("close")?];
    let volume = batch.column_by_name("volume")?.as_primitive_opt::<Int64Type>()?;
    let days = batch.column_by_name("date").and_then(|days| days.as_primitive_opt::<Date32Type>());
    let times =
        batch.column_by_name("time").and_then(|times| times.as_primitive_opt::<TimestampMillisecondType>());
    let label = |row: usize| match (days, times) {
        (Some(days), _) => Some((days.value(row).into(), date::from_days_since_epoch(days.value(row))?)),
        (None, Some(times)) => {
            let instant = Timestamp::from_millisecond(times.value(row)).ok()?;
            Some((times.value(row), Zone::Shanghai.day(instant)))
        }
        (None, None) => None,
    };
    let bar = |row: usize| {
        let (at, day) = label(row)?;
        let prices = [open, high, low, close].map(|column| column.value(row));
        Some(Bar { at, day, prices, volume: volume.value(row) })
    };
    (0..batch.num_rows()).map(bar).collect()
}

/// The prices of a table of quotes or listings, with the symbol of each; none where it is another table.
pub(crate) fn prices(batch: &RecordBatch) -> Vec<(String, Option<f64>)> {
    let column = batch.column_by_name("price").and_then(|prices| prices.as_primitive_opt::<Float64Type>());
    match (symbols(batch), column) {
        (Some(symbols), Some(prices)) => {
            symbols.iter().flatten().map(str::to_owned).zip(prices.iter()).collect()
        }
        _ => Vec::new(),
    }
}

/// The column of symbols, where it is one of texts.
pub(crate) fn symbols(batch: &RecordBatch) -> Option<&StringArray> {
    batch.column_by_name("symbol")?.as_string_opt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::Int64Array;
    use std::sync::Arc;

    #[test]
    fn another_table_has_neither_bars_nor_prices() {
        let volume = Int64Array::from(vec![1]);
        let batch = RecordBatch::try_from_iter([("volume", Arc::new(volume) as _)]).unwrap();
        assert!(bars(&batch).is_empty() && prices(&batch).is_empty());
    }
}
