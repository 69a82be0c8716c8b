//! Open, high, low and close of a row are consistent.

use std::iter::zip;

use arrow_array::Array;

use super::{Checked, first_wrong};
use crate::adjust::Adjust;
use crate::error::SourceError;

/// No price reaches this in any currency.
const MOST: f64 = 1e12;

pub(super) fn check(table: &Checked<'_>) -> Result<(), SourceError> {
    let (open, high, low) = (table.floats("open")?, table.floats("high")?, table.floats("low")?);
    let (close, closing) = match table.floats("close") {
        Ok(close) => (close, "close"),
        Err(_) => (table.floats("price")?, "price"),
    };
    // Forward adjustment by subtraction (East Money's and Tencent's) makes prices of zero and below. Backward adjustment adds.
    let is_forward = table.selection.adjust() == Some(Adjust::Qfq);
    let above = if is_forward { f64::NEG_INFINITY } else { 0.0 };
    let rows = zip(zip(open.values(), close.values()), zip(low.values(), high.values()));
    // Comparisons with NaN are false, so NaN fails too.
    let is_right = |((open, close), (low, high)): ((&f64, &f64), (&f64, &f64))| {
        (above < *low) & (low <= open) & (low <= close) & (open <= high) & (close <= high) & (*high < MOST)
    };
    let Some(first) = first_wrong(rows, is_right) else { return Ok(()) };
    for row in first..table.batch.num_rows() {
        let value = |column: &arrow_array::Float64Array| column.is_valid(row).then(|| column.value(row));
        let [open, high, low, close] = [open, high, low, close].map(value);
        let all = [open, high, low, close];
        let what = if let Some(price) = all.iter().flatten().find(|price| !price.is_finite()) {
            format!("expected finite prices, got {price}")
        } else if let Some(price) = all.iter().flatten().find(|price| **price <= above) {
            format!("expected prices above zero, got {price}")
        } else if let Some(price) = all.iter().flatten().find(|price| **price >= MOST) {
            format!("expected prices below {MOST}, got {price}")
        } else {
            let (least, most) = (low.unwrap_or(f64::NEG_INFINITY), high.unwrap_or(f64::INFINITY));
            let between = |price: &f64| least <= *price && *price <= most;
            if least <= most && [open, close].iter().flatten().all(between) {
                continue;
            }
            let shown =
                |price: Option<f64>| price.map_or_else(|| "none".to_owned(), |price| price.to_string());
            let (open, close) = (shown(open), shown(close));
            let (low, high) = (shown(low), shown(high));
            format!("expected open and {closing} between low {low} and high {high}, got {open} and {close}")
        };
        return Err(table.invalid(row, &what));
    }
    Ok(())
}
