//! Values that are derived from other columns of the same table.

pub use jiff::civil::{Date, DateTime};

use jiff::Timestamp;

use super::numbers::{difference, percent};

/// Milliseconds since 1970, as a column of times stores them.
pub fn milliseconds(time: Timestamp) -> i64 {
    time.as_millisecond()
}

/// What is known about a series besides its rows.
#[derive(Debug, Clone, Copy)]
pub struct Series<'a> {
    /// The symbol.
    pub symbol: &'a str,
    /// The close of the bar before the first row.
    pub before: Option<f64>,
    /// When the answer arrived.
    pub now: Timestamp,
}

impl Series<'_> {
    fn previous(&self, close: &[f64], row: usize) -> Option<f64> {
        match row.checked_sub(1) {
            Some(row) => close.get(row).copied(),
            None => self.before,
        }
    }

    /// Close minus previous close.
    pub fn change(&self, close: &[f64], row: usize) -> Option<f64> {
        Some(difference(*close.get(row)?, self.previous(close, row)?))
    }

    /// The same in percent of the previous close.
    pub fn change_pct(&self, close: &[f64], row: usize) -> Option<f64> {
        let previous = self.previous(close, row)?;
        percent(close.get(row)? - previous, previous)
    }

    /// High minus low in percent of the previous close.
    pub fn amplitude(&self, close: &[f64], high: &[f64], low: &[f64], row: usize) -> Option<f64> {
        percent(high.get(row)? - low.get(row)?, self.previous(close, row)?)
    }

    /// Whether each bar had ended when the answer arrived, given the ends of the bars in milliseconds.
    pub fn finished(&self, ends: &[i64]) -> Vec<bool> {
        let now = self.now.as_millisecond();
        ends.iter().map(|&end| end <= now).collect()
    }
}
