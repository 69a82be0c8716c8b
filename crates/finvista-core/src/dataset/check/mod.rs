//! Checks: what every table of a data set must satisfy, as plain data that can cross the plugin boundary.
//!
//! They run on every table before a caller receives it. Each works on slices of columns and formats text only if a row
//! fails.

mod changes;
pub(super) mod key;
mod money;
mod ohlc;
pub(super) mod proof;
mod requested;
mod session;
mod sift;
mod turnover;
mod within;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Date32Type, Float64Type, Int32Type, Int64Type, TimestampMillisecondType,
};
use arrow_array::{Array, PrimitiveArray, RecordBatch};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use sift::Sifted;

use super::{ColumnType, DatasetSpec};
use crate::date;
use crate::error::{ErrorKind, SourceError};
use crate::precision::Precision;
use crate::rules::choice;
use crate::selection::Selection;
use crate::symbol::Symbol;

/// An invariant of a data set. Names are those of columns.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Check {
    /// The rows ascend by the key, and each key is unique. In snapshots and searches, which have another order, keys are only
    /// unique.
    Key,
    /// Every value of this column of days or times lies in the range, or on the day, of the query.
    Within(&'static str),
    /// Every value of this column of days or times lies on a trading day of its venue, as far as those are known, and not in the
    /// future. Nulls are ignored.
    Session(&'static str),
    /// Every value of this column is a symbol of the query. Symbols without a row are reported as missing.
    Requested(&'static str),
    /// `low` ≤ `open`, `close` ≤ `high`, all finite, and above zero unless adjusted forward. Without a column `close`, `price` is
    /// used. Nulls are ignored.
    Ohlc,
    /// `change`, `change_pct` and, if there is one, `amplitude` follow from `close` or `price` and the close before: that of the row
    /// before in a series, or `pre_close`. If neither is known, they follow from each other. Nulls are ignored.
    Changes,
    /// Every value of the column `turnover` is a percentage of the float that a bar can turn over. Nulls are ignored.
    Turnover,
    /// Every value of this column is finite and above zero. Nulls are ignored.
    Positive(&'static str),
    /// Every value of this column is finite and at least this number. Nulls are ignored.
    AtLeast(&'static str, f64),
    /// Every value of this column lies between these two, both included. Nulls are ignored.
    Between(&'static str, f64, f64),
    /// Every value of this column is finite. Nulls are ignored.
    Finite(&'static str),
    /// `amount` ÷ `volume` lies between `low` and `high` of unadjusted prices, within the precision of the source. Of adjusted
    /// prices it is a plausible factor away.
    UnitProof,
}

impl Check {
    /// Whether the data set has the columns that the check needs, with the right types.
    pub(super) fn fits(&self, spec: &DatasetSpec) -> Result<(), String> {
        use ColumnType::{Date, Float, Int, Label, Text};
        let ty = |name: &str| spec.columns.iter().find(|column| column.name == name).map(|column| column.ty);
        let expect = |name: &str, types: &[ColumnType]| match ty(name) {
            Some(ColumnType::Time(_)) if types.contains(&Date) => Ok(()),
            Some(is) if types.contains(&is) => Ok(()),
            Some(is) => {
                let types = choice(types.iter().map(|ty| format!("{ty:?}")));
                Err(format!("check {self:?}: expected column {name} of type {types}, got {is:?}"))
            }
            None => Err(format!("check {self:?}: expected a column {name}, got none")),
        };
        match *self {
            Self::Key if spec.key.is_empty() => Err("check Key: expected a key, got none".to_owned()),
            Self::Key => spec.key.iter().try_for_each(|name| expect(name, &[Text, Label, Date, Int])),
            Self::Within(name) | Self::Session(name) => expect(name, &[Date]),
            Self::Requested(name) => expect(name, &[Text, Label]),
            Self::Positive(name) | Self::AtLeast(name, _) | Self::Between(name, ..) => {
                expect(name, &[Float, Int])
            }
            Self::Turnover => expect("turnover", &[Float]),
            Self::Changes => {
                ["change", "change_pct"].iter().try_for_each(|name| expect(name, &[Float]))?;
                expect("close", &[Float]).or_else(|e| expect("price", &[Float]).map_err(|_| e))
            }
            Self::Finite(name) => expect(name, &[Float]),
            Self::Ohlc => {
                ["open", "high", "low"].iter().try_for_each(|name| expect(name, &[Float]))?;
                expect("close", &[Float]).or_else(|e| expect("price", &[Float]).map_err(|_| e))
            }
            Self::UnitProof => {
                ["amount", "low", "high"].iter().try_for_each(|name| expect(name, &[Float]))?;
                expect("volume", &[Int])
            }
        }
    }
}

/// Runs the checks of a data set. Returns the symbols asked for that have no row.
pub(super) fn run(
    spec: &DatasetSpec,
    selection: &Selection,
    batch: &RecordBatch,
    precision: &Precision,
    now: Timestamp,
) -> Result<Vec<Symbol>, SourceError> {
    let table = Checked { spec, selection, batch, now };
    let mut missing = Vec::new();
    for check in spec.checks {
        match *check {
            Check::Requested(name) => missing = requested::check(&table, name)?,
            _ => one(check, &table, precision)?,
        }
    }
    Ok(missing)
}

/// Runs one check.
fn one(check: &Check, table: &Checked<'_>, precision: &Precision) -> Result<(), SourceError> {
    match *check {
        Check::Key => key::check(table),
        Check::Within(name) => within::check(table, name),
        Check::Session(name) => session::check(table, name),
        Check::Requested(name) => requested::check(table, name).map(drop),
        Check::Ohlc => ohlc::check(table),
        Check::Positive(name) => money::check(table, name, money::Bound::Above(0.0)),
        Check::AtLeast(name, least) => money::check(table, name, money::Bound::AtLeast(least)),
        Check::Between(name, least, most) => money::check(table, name, money::Bound::Between(least, most)),
        Check::Changes => changes::check(table, precision),
        Check::Turnover => turnover::check(table),
        Check::Finite(name) => money::check(table, name, money::Bound::Finite),
        Check::UnitProof => proof::check(table, precision),
    }
}

/// A table to check.
struct Checked<'a> {
    spec: &'a DatasetSpec,
    selection: &'a Selection,
    batch: &'a RecordBatch,
    /// When the source was asked.
    now: Timestamp,
}

impl<'a> Checked<'a> {
    fn column<T: ArrowPrimitiveType>(&self, name: &str) -> Result<&'a PrimitiveArray<T>, SourceError> {
        let column = self.batch.column_by_name(name).and_then(|column| column.as_primitive_opt());
        column.ok_or_else(|| self.misses(name))
    }

    fn floats(&self, name: &str) -> Result<&'a PrimitiveArray<Float64Type>, SourceError> {
        self.column(name)
    }

    fn misses(&self, name: &str) -> SourceError {
        let message = format!("expected a column {name} as {} defines it, got none", self.spec.id);
        SourceError::new(ErrorKind::Invalid, message)
    }

    #[cold]
    fn invalid(&self, row: usize, what: &str) -> SourceError {
        let row = row_name(self.batch, self.spec.key, row);
        SourceError::new(ErrorKind::Invalid, format!("{row}: {what}"))
    }
}

/// The name of a row in messages: its key, such as `600000.SH 2024-01-04`.
fn row_name(batch: &RecordBatch, key: &[&str], row: usize) -> String {
    let values = key.iter().filter_map(|name| Some(shown(batch.column_by_name(name)?, row)));
    let name = values.collect::<Vec<_>>().join(" ");
    if name.is_empty() { format!("row {}", row + 1) } else { name }
}

/// A value as text.
pub(crate) fn shown(column: &dyn Array, row: usize) -> String {
    if row >= column.len() || column.is_null(row) {
        return "none".to_owned();
    }
    if let Some(text) = key::text(column, row) {
        return text.to_owned();
    }
    if let Some(days) = column.as_primitive_opt::<Date32Type>() {
        let day = date::from_days_since_epoch(days.value(row));
        return day.map_or_else(|| format!("day {}", days.value(row)), |day| day.to_string());
    }
    if let Some(times) = column.as_primitive_opt::<TimestampMillisecondType>() {
        let zone = within::zone(column);
        let time = Timestamp::from_millisecond(times.value(row)).map(|time| zone.clock(time));
        return time
            .map_or_else(|_| format!("{} ms", times.value(row)), |t| t.strftime("%F %H:%M").to_string());
    }
    column.as_primitive_opt::<Int64Type>().map_or_else(String::new, |numbers| numbers.value(row).to_string())
}

/// The index of the first item that is wrong. A first pass looks at all items without an early exit, so that the compiler can
/// vectorise it.
fn first_wrong<I: Iterator + Clone>(mut items: I, is_right: impl Fn(I::Item) -> bool) -> Option<usize> {
    if items.clone().fold(true, |all, item| all & is_right(item)) {
        return None;
    }
    items.position(|item| !is_right(item))
}

/// The type of the keys of labels.
type LabelKey = Int32Type;
