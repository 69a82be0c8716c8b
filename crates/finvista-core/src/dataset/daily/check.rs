//! The invariants of daily bars.

use std::iter::zip;

use arrow_array::cast::AsArray;
use arrow_array::types::Int32Type;
use arrow_array::{Array, DictionaryArray, RecordBatch};
use jiff::civil::Date;

use super::{CnStockDaily, CnStockDailyQuery, DailyViews};
use crate::capability::Precision;
use crate::dataset::proof::{Average, UnitProof};
use crate::dataset::{Dataset, Kind, Label, RowViews};
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
    let Some(at) = other(views.symbol, &symbol) else { return Ok(()) };
    let row = Label::value(views.symbol, at);
    Err(invalid(query, views, at, &format!("a row of {row} where {symbol} was asked")))
}

/// The first row with another label than this one.
fn other(column: &DictionaryArray<Int32Type>, label: &str) -> Option<usize> {
    let texts = column.values().as_string_opt::<i32>();
    let is_meant = |key: &i32| {
        let text = texts.zip(usize::try_from(*key).ok());
        text.is_some_and(|(texts, key)| key < texts.len() && texts.value(key) == label)
    };
    let keys = column.keys().values();
    // As a rule all rows have the same number, whose text is looked at once.
    let first = keys.first().copied().filter(is_meant);
    let at = first_wrong(keys.iter(), |key| Some(*key) == first)?;
    keys.iter().skip(at).position(|key| !is_meant(key)).map(|further| at + further)
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
    use arrow_array::{Int64Array, StringArray};
    use std::sync::Arc;

    #[test]
    fn one_other_symbol_is_seen_wherever_it_stands() {
        let column = |rows: &[&str]| rows.iter().copied().collect::<DictionaryArray<Int32Type>>();
        let same = ["600000.SH"; 5];
        assert_eq!(other(&column(&same), "600000.SH"), None);
        assert_eq!(other(&column(&[]), "600000.SH"), None);
        for at in 0..same.len() {
            for text in ["600001.SH", "600000.SZ", "", "600000.SH6", "00000.SH"] {
                let mut rows = same;
                rows[at] = text;
                let column = column(&rows);
                assert_eq!(other(&column, "600000.SH"), Some(at), "{text}");
                // A part of a table is looked at by itself.
                assert_eq!(other(&column.slice(1, 4), "600000.SH"), at.checked_sub(1));
            }
        }
    }

    #[test]
    fn a_symbol_may_have_several_numbers() {
        let texts = StringArray::from(vec!["600000.SH", "600001.SH", "600000.SH"]);
        let column = |keys: Vec<i32>| DictionaryArray::new(keys.into(), Arc::new(texts.clone()));
        assert_eq!(other(&column(vec![0, 2, 2, 0]), "600000.SH"), None);
        assert_eq!(other(&column(vec![2, 0, 1, 0]), "600000.SH"), Some(2));
        let numbers = DictionaryArray::new(vec![0].into(), Arc::new(Int64Array::from(vec![600_000])));
        assert_eq!(other(&numbers, "600000.SH"), Some(0));
        assert_eq!(Label::value(&numbers, 0), "");
    }
}
