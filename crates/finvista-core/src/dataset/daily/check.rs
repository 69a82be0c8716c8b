//! The invariants of daily bars.

use std::iter::zip;

use arrow_array::{Array, RecordBatch, StringArray};
use jiff::civil::Date;

use super::{CnStockDaily, CnStockDailyQuery, DailyViews};
use crate::capability::Precision;
use crate::dataset::proof::{Average, UnitProof};
use crate::dataset::{Dataset, RowViews};
use crate::date;
use crate::error::{ErrorKind, SourceError};
use crate::query::{Adjust, Query};
use crate::symbol::Symbol;

/// The invariants of daily bars. It runs over every table before a caller sees it, so it goes through one invariant after the
/// other, in plain slices, and writes no text unless a row is wrong.
pub(super) fn check(
    query: &Query,
    batch: &RecordBatch,
    precision: &Precision,
) -> Result<Vec<Symbol>, SourceError> {
    let (Some(query), Some(views)) = (CnStockDaily::query(query), DailyViews::new(batch)) else {
        return Err(SourceError::new(ErrorKind::Invalid, "the table is not one of cn_stock_daily"));
    };
    one_symbol(query, &views)?;
    days(query, &views)?;
    prices(query, &views)?;
    money(query, &views)?;
    if query.adjust == Adjust::None {
        units(query, &views, precision)?;
    }
    Ok(Vec::new())
}

fn days(query: &CnStockDailyQuery, views: &DailyViews<'_>) -> Result<(), SourceError> {
    let days = views.date.values();
    if let Some(at) = first_wrong(zip(days, days.get(1..).unwrap_or_default()), |(day, next)| day < next) {
        let what = format!("comes after {}: days must ascend and be unique", shown(days.get(at)));
        return Err(invalid(query, views, at + 1, &what));
    }
    // They ascend, so the ends speak for all.
    let bound = |day: Option<Date>, open| day.map_or(open, date::days_since_epoch);
    let range = bound(query.range.start(), i32::MIN)..=bound(query.range.end(), i32::MAX);
    if [days.first(), days.last()].into_iter().flatten().all(|day| range.contains(day)) {
        return Ok(());
    }
    let at = days.iter().position(|day| !range.contains(day)).unwrap_or_default();
    Err(invalid(query, views, at, &format!("outside the range asked, {}", query.range)))
}

fn prices(query: &CnStockDailyQuery, views: &DailyViews<'_>) -> Result<(), SourceError> {
    // An adjusted series may fall to zero and below (East Money's forward adjustment does); a traded price cannot.
    let above = if query.adjust == Adjust::None { 0.0 } else { f64::NEG_INFINITY };
    let mut rows =
        zip(zip(views.open.values(), views.close.values()), zip(views.low.values(), views.high.values()));
    // What is no number is not above or below anything, so these leave only finite prices.
    let is_right = |((open, close), (low, high)): ((&f64, &f64), (&f64, &f64))| {
        (above < *low)
            & (low <= open)
            & (low <= close)
            & (open <= high)
            & (close <= high)
            & (*high < f64::INFINITY)
    };
    let Some(at) = first_wrong(rows.clone(), is_right) else { return Ok(()) };
    let Some(((&open, &close), (&low, &high))) = rows.nth(at) else { return Ok(()) };
    let what = if ![open, close, low, high].iter().all(|price| price.is_finite()) {
        "a price is not a number".to_owned()
    } else if low <= above {
        format!("low {low} is not a price")
    } else {
        format!("open {open} and close {close} do not lie between low {low} and high {high}")
    };
    Err(invalid(query, views, at, &what))
}

fn money(query: &CnStockDailyQuery, views: &DailyViews<'_>) -> Result<(), SourceError> {
    let (volume, amount) = (views.volume.values(), views.amount.values());
    // The sign bits of all of them in one.
    if volume.iter().fold(0, |all, volume| all | volume) < 0 {
        let at = volume.iter().position(|volume| *volume < 0).unwrap_or_default();
        let volume = volume.get(at).copied().unwrap_or_default();
        return Err(invalid(query, views, at, &format!("volume {volume} is negative")));
    }
    // Written as a range, because the compiler takes a test for infinity apart into integers.
    let is_right = |amount: f64| (0.0..=f64::MAX).contains(&amount);
    let wrong = match views.amount.nulls() {
        None => first_wrong(amount.iter(), |amount| is_right(*amount)),
        Some(_) => first_wrong(views.amount.iter(), |amount| amount.is_none_or(is_right)),
    };
    match wrong {
        None => Ok(()),
        Some(at) => {
            let amount = amount.get(at).copied().unwrap_or_default();
            Err(invalid(query, views, at, &format!("amount {amount} is negative or no number")))
        }
    }
}

fn units(
    query: &CnStockDailyQuery,
    views: &DailyViews<'_>,
    precision: &Precision,
) -> Result<(), SourceError> {
    let bounds = zip(views.low.values(), views.high.values());
    if views.amount.nulls().is_none() {
        let rows = zip(zip(views.amount.values(), views.volume.values()), bounds.clone());
        let proven = |((&amount, &volume), (&low, &high)): ((&f64, &i64), (&f64, &f64))| {
            Average::new(precision, (amount, volume), (low, high)).is_between()
        };
        if first_wrong(rows, proven).is_none() {
            return Ok(());
        }
    }
    let mut proof = UnitProof::new(precision);
    let rows = zip(zip(views.amount, views.volume.values()), bounds);
    for (((amount, &volume), (&low, &high)), day) in zip(rows, views.date.values()) {
        if let Some(amount) = amount {
            let row = || format!("{} {}", query.symbol, shown(Some(day)));
            proof.row(row, (amount, volume), (low, high))?;
        }
    }
    proof.finish()
}

/// The index of the first item that is not right. All are looked at before it is searched for: without a way out of the loop the
/// compiler takes several at once.
fn first_wrong<I: Iterator + Clone>(mut items: I, is_right: impl Fn(I::Item) -> bool) -> Option<usize> {
    if items.clone().fold(true, |all, item| all & is_right(item)) {
        return None;
    }
    items.position(|item| !is_right(item))
}

/// Every row is of the symbol that was asked.
fn one_symbol(query: &CnStockDailyQuery, views: &DailyViews<'_>) -> Result<(), SourceError> {
    let symbol = query.symbol.to_string();
    if is_repeated(views.symbol, &symbol) {
        return Ok(());
    }
    let what = |row: &str| format!("a row of {row} where {symbol} was asked");
    match views.symbol.iter().position(|row| row != Some(&*symbol)) {
        None => Ok(()),
        Some(at) => Err(invalid(query, views, at, &what(views.symbol.value(at)))),
    }
}

/// Whether every text of a column is this one, seen at once: each is as long, the first is the same, and so is each to the one
/// behind it.
fn is_repeated(column: &StringArray, text: &str) -> bool {
    let offsets = column.value_offsets();
    let (Some(&start), Some(&end)) = (offsets.first(), offsets.last()) else { return false };
    let bytes = usize::try_from(start).ok().zip(usize::try_from(end).ok());
    let bytes = bytes.and_then(|(start, end)| column.value_data().get(start..end)).unwrap_or_default();
    let Ok(length) = i32::try_from(text.len()) else { return false };
    let ends = zip(offsets, offsets.get(1..).unwrap_or_default());
    let one_length = first_wrong(ends, |(start, end)| end.wrapping_sub(*start) == length).is_none();
    let same = bytes.get(text.len()..) == bytes.get(..bytes.len().saturating_sub(text.len()));
    one_length && bytes.starts_with(text.as_bytes()) && same
}

#[cold]
fn invalid(query: &CnStockDailyQuery, views: &DailyViews<'_>, row: usize, what: &str) -> SourceError {
    let day = shown(views.date.values().get(row));
    SourceError::new(ErrorKind::Invalid, format!("{} {day}: {what}", query.symbol))
}

/// A day of a `Date32` as people read it.
fn shown(day: Option<&i32>) -> String {
    let date = day.and_then(|&day| date::from_days_since_epoch(day));
    date.map_or_else(|| format!("on no day ({day:?})"), |date| date.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_other_symbol_is_seen_wherever_it_stands() {
        let same = vec!["600000.SH"; 5];
        assert!(is_repeated(&StringArray::from(same.clone()), "600000.SH"));
        for at in 0..same.len() {
            for other in ["600001.SH", "600000.SZ", "", "600000.SH6", "00000.SH"] {
                let mut rows = same.clone();
                rows[at] = other;
                let column = StringArray::from(rows);
                assert!(!is_repeated(&column, "600000.SH"), "{other} in row {at}");
                // A part of a table is looked at by itself.
                assert_eq!(is_repeated(&column.slice(1, 4), "600000.SH"), at == 0);
            }
        }
        // The same bytes in other pieces.
        let shifted = StringArray::from(vec!["600000.SH6", "00000.SH"]);
        assert!(!is_repeated(&shifted, "600000.SH"));
    }
}
