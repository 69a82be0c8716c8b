//! The invariants of quotes.

use std::collections::HashMap;
use std::iter::zip;

use arrow_array::RecordBatch;

use super::{CnStockQuote, QuoteViews};
use crate::capability::Precision;
use crate::dataset::proof::{Average, UnitProof};
use crate::dataset::{Dataset, Float, Int, Kind, Optional, RowViews, Text};
use crate::error::{ErrorKind, SourceError};
use crate::query::Query;
use crate::symbol::Symbol;

/// The invariants of quotes. Returns the symbols that the vendor did not answer.
pub(super) fn check(
    query: &Query,
    batch: &RecordBatch,
    precision: &Precision,
) -> Result<Vec<Symbol>, SourceError> {
    let (Some(query), Some(views)) = (CnStockQuote::query(query), QuoteViews::new(batch)) else {
        return Err(SourceError::new(ErrorKind::Invalid, "the table is not one of cn_stock_quote"));
    };
    let missing = match missing_in_order(&query.symbols, &views, batch.num_rows()) {
        Some(missing) => missing,
        None => missing(&query.symbols, &views, batch.num_rows())?,
    };
    let doubtful = doubtful(&views, precision);
    let proof = proven(&views, precision, doubtful.into_iter())?;
    if proof.is_spotless() {
        return Ok(missing);
    }
    // How many rows may be off depends on how many there are.
    proven(&views, precision, 0..batch.num_rows())?.finish()?;
    Ok(missing)
}

/// The rows that are not seen to be right at once. What holds for all values of a row holds for those of them that are there, so
/// nobody asks here which are.
fn doubtful(views: &QuoteViews<'_>, precision: &Precision) -> Vec<usize> {
    let prices = zip(zip(views.open.values(), views.price.values()), views.pre_close.values());
    let money = zip(views.amount.values(), views.volume.values());
    let rows = zip(zip(prices, money), zip(views.low.values(), views.high.values()));
    let mut doubtful = Vec::new();
    for (index, ((((open, price), before), (amount, volume)), (low, high))) in rows.enumerate() {
        let is_right = (0.0 < *low)
            & (low <= open)
            & (low <= price)
            & (open <= high)
            & (price <= high)
            & (*high < f64::INFINITY)
            & (0.0 < *before)
            & (*before < f64::INFINITY)
            & (0.0..=f64::MAX).contains(amount)
            & (*volume >= 0)
            & Average::new(precision, (*amount, *volume), (*low, *high)).is_between();
        if !is_right {
            doubtful.push(index);
        }
    }
    doubtful
}

/// Looks at these rows.
fn proven<'a>(
    views: &QuoteViews<'_>,
    precision: &'a Precision,
    rows: impl Iterator<Item = usize>,
) -> Result<UnitProof<'a>, SourceError> {
    let mut proof = UnitProof::new(precision);
    for index in rows {
        let wrong = |what: &str| {
            let symbol = Text::value(views.symbol, index);
            Err(SourceError::new(ErrorKind::Invalid, format!("{symbol}: {what}")))
        };
        let float = |column| Optional::<Float>::value(column, index);
        let (price, open) = (float(views.price), float(views.open));
        let (high, low) = (float(views.high), float(views.low));
        let (amount, volume) = (float(views.amount), Optional::<Int>::value(views.volume, index));
        let prices = [price, float(views.pre_close), open, high, low];
        if !prices.iter().flatten().all(|price| price.is_finite() && *price > 0.0) {
            return wrong("a price is not positive");
        }
        let (least, most) = (low.unwrap_or(f64::NEG_INFINITY), high.unwrap_or(f64::INFINITY));
        if !([open, price].iter().flatten().all(|price| least <= *price && *price <= most) && least <= most) {
            return wrong(&format!(
                "open {open:?} and price {price:?} do not lie between low {least} and high {most}"
            ));
        }
        if volume.is_some_and(|volume| volume < 0)
            || amount.is_some_and(|amount| amount < 0.0 || !amount.is_finite())
        {
            return wrong(&format!("volume {volume:?} or amount {amount:?} is negative"));
        }
        if let (Some(amount), Some(volume), Some(low), Some(high)) = (amount, volume, low, high) {
            let symbol = || Text::value(views.symbol, index).to_owned();
            proof.row(symbol, (amount, volume), (low, high))?;
        }
    }
    Ok(proof)
}

/// The symbols without a row, if the rows are in the order of the query, as [`CnStockQuoteBuilder`](super::CnStockQuoteBuilder)
/// leaves them.
fn missing_in_order(symbols: &[Symbol], views: &QuoteViews<'_>, rows: usize) -> Option<Vec<Symbol>> {
    let mut missing = Vec::new();
    let mut symbols = symbols.iter();
    for index in 0..rows {
        let row = Text::value(views.symbol, index);
        loop {
            let symbol = symbols.next()?;
            if row.as_bytes() == symbol.written() {
                break;
            }
            missing.push(symbol.clone());
        }
    }
    missing.extend(symbols.cloned());
    Some(missing)
}

/// The same in whatever order the rows are.
fn missing(symbols: &[Symbol], views: &QuoteViews<'_>, rows: usize) -> Result<Vec<Symbol>, SourceError> {
    let mut missing: HashMap<String, &Symbol> =
        symbols.iter().map(|symbol| (symbol.to_string(), symbol)).collect();
    for index in 0..rows {
        let row = Text::value(views.symbol, index);
        if missing.remove(row).is_none() {
            let message = format!("{row}: not asked for, or quoted twice");
            return Err(SourceError::new(ErrorKind::Invalid, message));
        }
    }
    Ok(symbols.iter().filter(|symbol| missing.contains_key(&symbol.to_string())).cloned().collect())
}
