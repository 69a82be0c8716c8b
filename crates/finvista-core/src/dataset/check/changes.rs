//! Changes follow from prices.

use std::iter::zip;

use arrow_array::types::Float64Type;
use arrow_array::{Array, PrimitiveArray};

use super::Checked;
use crate::adjust::Adjust;
use crate::dataset::claim::MOST;
use crate::error::SourceError;
use crate::precision::Precision;
use crate::selection::Selection;

pub(super) fn check(table: &Checked<'_>, precision: &Precision) -> Result<(), SourceError> {
    let columns = Columns::of(table, precision.price)?;
    let from = match columns.base {
        Base::RowBefore if columns.all_follow().is_some_and(|all| all) => 1,
        _ => usize::MAX,
    };
    for row in (0..table.batch.num_rows()).take(from) {
        if let Some(fault) = columns.fault(row) {
            return Err(table.invalid(row, &fault));
        }
    }
    Ok(())
}

type Floats = PrimitiveArray<Float64Type>;

/// Which close a change refers to.
#[derive(Debug, Clone, Copy)]
enum Base<'a> {
    /// That of the row before.
    RowBefore,
    /// That in the column `pre_close`.
    Given(&'a Floats),
    /// One that is in no column.
    Unknown,
}

struct Columns<'a> {
    base: Base<'a>,
    close: &'a Floats,
    /// High, low and amplitude.
    range: Option<(&'a Floats, &'a Floats, &'a Floats)>,
    change: &'a Floats,
    change_pct: &'a Floats,
    may_be_negative: bool,
    /// By how much prices are rounded.
    price: f64,
}

impl<'a> Columns<'a> {
    fn of(table: &Checked<'a>, price: f64) -> Result<Self, SourceError> {
        let floats = |name: &str| table.floats(name);
        let base = match (floats("pre_close"), table.selection) {
            (Ok(pre_close), _) => Base::Given(pre_close),
            (Err(_), Selection::Series(_)) => Base::RowBefore,
            (Err(_), _) => Base::Unknown,
        };
        let range = || Some((floats("high").ok()?, floats("low").ok()?, floats("amplitude").ok()?));
        Ok(Self {
            base,
            close: floats("close").or_else(|_| floats("price"))?,
            range: range(),
            change: floats("change")?,
            change_pct: floats("change_pct")?,
            may_be_negative: table.selection.adjust() == Some(Adjust::Qfq),
            price,
        })
    }

    /// Whether the changes of all rows but the first follow; `None` if some are missing. There is no early exit, so that the
    /// compiler can vectorise it.
    fn all_follow(&self) -> Option<bool> {
        let (change, change_pct) = (behind(self.change)?, behind(self.change_pct)?);
        let before = self.close.values();
        let close = before.get(1..)?;
        let rows = zip(zip(change, change_pct), zip(close, before));
        let all = rows.fold(true, |all, ((change, pct), (close, before))| {
            let part = close - before;
            all & self.is_change(*change, part) & self.is_percent(*pct, part, *before)
        });
        let Some((high, low, amplitude)) = self.range else { return Some(all) };
        let rows = zip(zip(behind(high)?, behind(low)?), zip(behind(amplitude)?, before));
        Some(rows.fold(all, |all, ((high, low), (amplitude, before))| {
            all & self.is_percent(*amplitude, high - low, *before)
        }))
    }

    /// What is wrong with a row.
    fn fault(&self, row: usize) -> Option<String> {
        let value = |column: &Floats| column.is_valid(row).then(|| column.value(row));
        let (change, pct) = (value(self.change), value(self.change_pct));
        let range = self.range.and_then(|(high, low, _)| Some(value(high)? - value(low)?));
        let amplitude = self.range.and_then(|(.., amplitude)| value(amplitude));
        let close = value(self.close)?;
        let before = match self.base {
            Base::RowBefore => row.checked_sub(1).map(|row| self.close.value(row)),
            Base::Given(pre_close) => value(pre_close),
            Base::Unknown => None,
        };
        let previous = match (before, change) {
            (Some(before), _) => before,
            (None, Some(change)) => {
                let implied = close - change;
                let is_price = implied > close / MOST && implied < close * MOST;
                if !is_price && !self.may_be_negative {
                    return Some(format!("expected a change from another price to {close}, got {change}"));
                }
                implied
            }
            (None, None) => return None,
        };
        let part = close - previous;
        let wrong = |name: &str, expected: f64, got: f64| {
            Some(format!("expected {name} {expected:.2} against the previous close {previous}, got {got}"))
        };
        let percent = |part: f64| 100.0 * part / previous;
        if let Some(change) = change.filter(|&change| !self.is_change(change, part)) {
            return wrong("change", part, change);
        }
        if previous <= 0.0 {
            return None;
        }
        if let Some(pct) = pct.filter(|&pct| !self.is_percent(pct, part, previous)) {
            return wrong("change_pct", percent(part), pct);
        }
        match (amplitude, range) {
            (Some(amplitude), Some(range)) if !self.is_percent(amplitude, range, previous) => {
                wrong("amplitude", percent(range), amplitude)
            }
            _ => None,
        }
    }

    /// Whether it is the change, between two prices that are rounded.
    #[inline]
    fn is_change(&self, change: f64, part: f64) -> bool {
        (change - part).abs() <= 2.0 * self.price + 1e-4
    }

    /// Whether it is this part of the previous close. Some vendors write one decimal.
    #[inline]
    fn is_percent(&self, percent: f64, part: f64, previous: f64) -> bool {
        let expected = 100.0 * part / previous;
        let slack = 0.1 + 2.0 * self.price * (100.0 + expected.abs()) / previous.abs();
        (percent - expected).abs() <= slack
    }
}

/// The values of all rows but the first, if none of them is missing.
fn behind(column: &Floats) -> Option<&[f64]> {
    let values = column.values().get(1..)?;
    let is_complete = column.nulls().is_none_or(|nulls| nulls.slice(1, values.len()).null_count() == 0);
    is_complete.then_some(values)
}
