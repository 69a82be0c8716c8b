//! Values that are derived from other columns of the same table.

use std::iter::{once, zip};

pub use jiff::civil::{Date, DateTime};

use jiff::Timestamp;

use super::Nullable;
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

/// The changes of a row are put where the vendor gives none, or others. Vendors reckon an ex-date from a reference price, round as
/// they like, and move columns; the table says what follows from its own prices. Only the first row keeps what the vendor says,
/// if the close before it is unknown.
impl Series<'_> {
    /// Close minus previous close.
    pub fn change(&self, column: &mut Nullable<f64>, close: &[f64]) {
        let is_right = |change: f64, step: &Step| (change - step.part).abs() < 1e-6;
        let derived = |step: &Step| Some(difference(step.part, 0.0)).filter(|change| change.is_finite());
        self.settle(column, change_of(close), steps(close), is_right, derived);
    }

    /// The same in percent of the previous close.
    pub fn change_pct(&self, column: &mut Nullable<f64>, close: &[f64]) {
        self.settle(column, change_of(close), steps(close), Step::is_percent, Step::percent);
    }

    /// High minus low in percent of the previous close.
    pub fn amplitude(&self, column: &mut Nullable<f64>, close: &[f64], high: &[f64], low: &[f64]) {
        let first = |_| Some(high.first()? - low.first()?);
        let rows = zip(zip(behind(high), behind(low)), close);
        let steps = rows.map(|((high, low), &previous)| Step { part: high - low, previous });
        self.settle(column, first, steps, Step::is_percent, Step::percent);
    }

    /// Whether each bar had ended when the answer arrived, given the ends of the bars in milliseconds.
    pub fn finished(&self, ends: &[i64]) -> Vec<bool> {
        let now = self.now.as_millisecond();
        ends.iter().map(|&end| end <= now).collect()
    }

    /// `first` makes the part of the first row from the close before it, and `steps` are those of the rows behind it.
    fn settle(
        &self,
        column: &mut Nullable<f64>,
        first: impl Fn(f64) -> Option<f64>,
        steps: impl Iterator<Item = Step> + Clone,
        is_right: impl Fn(f64, &Step) -> bool,
        derived: impl Fn(&Step) -> Option<f64>,
    ) {
        let first = self.before.and_then(|previous| Some(Step { part: first(previous)?, previous }));
        if let Some(first) = first {
            column.settle(0, once(first), &is_right, &derived);
        }
        column.settle(1, steps, is_right, derived);
    }
}

/// A difference of prices, and the previous close by which it is measured.
#[derive(Debug, Clone, Copy)]
struct Step {
    part: f64,
    previous: f64,
}

impl Step {
    /// Whether a percentage is what [`percent`](Self::percent) gives. On a tie, and where there is no percentage, the answer is no.
    fn is_percent(percent: f64, step: &Self) -> bool {
        (percent * step.previous - 100.0 * step.part).abs() < 0.004_999_9 * step.previous
    }

    fn percent(&self) -> Option<f64> {
        percent(self.part, self.previous)
    }
}

/// The changes of the rows behind the first.
fn steps(close: &[f64]) -> impl Iterator<Item = Step> + Clone {
    zip(behind(close), close).map(|(close, &previous)| Step { part: close - previous, previous })
}

/// The rows behind the first.
fn behind(column: &[f64]) -> &[f64] {
    column.get(1..).unwrap_or_default()
}

/// The change of the first row from a close before it.
fn change_of(close: &[f64]) -> impl Fn(f64) -> Option<f64> {
    let first = close.first().copied();
    move |previous| Some(first? - previous)
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::types::Float64Type;

    fn column(values: &[Option<f64>]) -> Nullable<f64> {
        let mut column = Nullable::default();
        values.iter().for_each(|&value| column.push(value));
        column
    }

    fn settled(
        values: &[Option<f64>],
        before: Option<f64>,
        settle: impl Fn(&Series<'_>, &mut Nullable<f64>),
    ) -> Vec<Option<f64>> {
        let mut column = column(values);
        settle(&Series { symbol: "600519.SH", before, now: Timestamp::UNIX_EPOCH }, &mut column);
        column.finish::<Float64Type>().iter().collect()
    }

    #[test]
    fn what_the_vendor_says_gives_way_to_the_prices() {
        let close = [10.0, 10.2, 10.1];
        let change = |values: &[Option<f64>], before| {
            settled(values, before, |series, column| series.change(column, &close))
        };
        for values in [[Some(0.5), Some(0.2), Some(-0.1)], [Some(0.5), Some(9.0), None]] {
            assert_eq!(change(&values, None), [Some(0.5), Some(0.2), Some(-0.1)]);
            assert_eq!(change(&values, Some(9.9)), [Some(0.1), Some(0.2), Some(-0.1)]);
        }
        assert_eq!(change(&[None; 3], None), [None, Some(0.2), Some(-0.1)]);
        let pct = |values: &[Option<f64>], before| {
            settled(values, before, |series, column| series.change_pct(column, &close))
        };
        assert_eq!(pct(&[Some(5.0), Some(2.0), Some(-99_999.0)], None), [Some(5.0), Some(2.0), Some(-0.98)]);
        assert_eq!(pct(&[None, None, Some(-0.97)], Some(9.9)), [Some(1.01), Some(2.0), Some(-0.98)]);
    }

    #[test]
    fn amplitude_is_high_minus_low_of_its_own_row() {
        let (close, high, low) = ([10.0, 10.2], [10.5, 10.4], [9.5, 9.9]);
        let amplitude = |values: &[Option<f64>], before| {
            settled(values, before, |series, column| series.amplitude(column, &close, &high, &low))
        };
        assert_eq!(amplitude(&[Some(7.0), Some(2.0)], None), [Some(7.0), Some(5.0)]);
        assert_eq!(amplitude(&[None, None], Some(8.0)), [Some(12.5), Some(5.0)]);
    }

    /// A previous close of zero or less, as forward adjustment by subtraction makes it, has no percentage.
    #[test]
    fn there_is_no_percentage_of_a_negative_price() {
        let pct = |values: &[Option<f64>]| {
            settled(values, None, |series, column| series.change_pct(column, &[-0.1, 0.1]))
        };
        assert_eq!(pct(&[None, Some(-200.0)]), [None, None]);
    }
}
