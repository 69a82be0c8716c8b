//! How a table of daily bars is put together from what endpoints hand in.

use arrow_array::RecordBatch;
use jiff::civil::Date;

use super::{CnStockDailyQuery, DailyColumns};
use crate::dataset::Labels;
use crate::dataset::numbers::{difference, percent};
use crate::date;
use crate::error::SourceError;
use crate::query::DateRange;

/// A bar as an endpoint hands it in: shares and CNY, already converted. What the vendor does not give is `None`; the
/// builder derives change, change in percent and amplitude from the previous close.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bar {
    /// The trading day.
    pub date: Date,
    /// The first price.
    pub open: f64,
    /// The highest price.
    pub high: f64,
    /// The lowest price.
    pub low: f64,
    /// The last price.
    pub close: f64,
    /// Shares traded.
    pub volume: i64,
    /// Money traded, in the currency of the instrument.
    pub amount: Option<f64>,
    /// Change against the previous close.
    pub change: Option<f64>,
    /// The same in percent.
    pub change_pct: Option<f64>,
    /// High minus low in percent of the previous close.
    pub amplitude: Option<f64>,
    /// Shares traded in percent of the float.
    pub turnover: Option<f64>,
}

/// Collects the bars of one query. Bars outside the range are welcome: one before it gives the first row its previous
/// close, and the rest are dropped, so an endpoint hands in whatever the vendor sent.
#[derive(Debug)]
pub struct CnStockDailyBuilder {
    symbol: String,
    range: DateRange,
    columns: DailyColumns,
    /// The latest bar before the range: its day and close.
    before: Option<(Date, f64)>,
    /// The first day of the month of the bar before, and its number: bars come month by month.
    month: (Date, i32),
}

impl CnStockDailyBuilder {
    pub(super) fn new(query: &CnStockDailyQuery) -> Self {
        Self {
            symbol: query.symbol.to_string(),
            range: query.range,
            columns: DailyColumns::default(),
            before: None,
            month: (Date::MIN, date::days_since_epoch(Date::MIN)),
        }
    }

    /// Makes room for further bars, where their number is known.
    pub fn reserve(&mut self, bars: usize) {
        self.columns.reserve(bars);
    }

    /// Hands in a bar. Pages may come newest first; the table is put in order at the end.
    #[inline]
    pub fn bar(&mut self, bar: Bar) {
        if self.range.start().is_some_and(|start| bar.date < start) {
            if self.before.is_none_or(|(day, _)| day < bar.date) {
                self.before = Some((bar.date, bar.close));
            }
        } else if self.range.contains(bar.date) {
            // The symbol is the same in every row and is written at the end.
            let columns = &mut self.columns;
            if bar.date.month() != self.month.0.month() || bar.date.year() != self.month.0.year() {
                let first = bar.date.first_of_month();
                self.month = (first, date::days_since_epoch(first));
            }
            columns.date.push(self.month.1 + i32::from(bar.date.day()) - 1);
            columns.open.push(bar.open);
            columns.high.push(bar.high);
            columns.low.push(bar.low);
            columns.close.push(bar.close);
            columns.volume.push(bar.volume);
            columns.amount.push(bar.amount);
            columns.change.push(bar.change);
            columns.change_pct.push(bar.change_pct);
            columns.amplitude.push(bar.amplitude);
            columns.turnover.push(bar.turnover);
        }
    }

    /// The number of bars inside the range so far.
    pub fn len(&self) -> usize {
        self.columns.date.len()
    }

    /// Whether no bar lies inside the range so far.
    pub fn is_empty(&self) -> bool {
        self.columns.date.is_empty()
    }

    /// Multiplies the prices handed in so far by a factor of their day, for a vendor whose adjustment is a file of
    /// factors, and rounds them to three decimals, as vendors print adjusted prices.
    pub fn rescale(&mut self, factor: impl Fn(Date) -> f64) {
        let scale = |price: f64, factor: f64| (price * factor * 1e3).round() / 1e3;
        let columns = &mut self.columns;
        let factors: Vec<f64> =
            columns.date.iter().map(|&day| date::from_days_since_epoch(day).map_or(1.0, &factor)).collect();
        for prices in [&mut columns.open, &mut columns.high, &mut columns.low, &mut columns.close] {
            prices.iter_mut().zip(&factors).for_each(|(price, &factor)| *price = scale(*price, factor));
        }
        if let Some((day, close)) = &mut self.before {
            *close = scale(*close, factor(*day));
        }
    }

    pub(super) fn finish(mut self) -> Result<RecordBatch, SourceError> {
        self.columns.symbol = Labels::repeated(&self.symbol, self.columns.date.len());
        if !self.columns.date.is_sorted() {
            let days = &self.columns.date;
            let mut order: Vec<usize> = (0..days.len()).collect();
            order.sort_by_key(|&index| days.get(index));
            self.columns.reorder(&order);
        }
        let DailyColumns { high, low, close, change, change_pct, amplitude, .. } = &mut self.columns;
        let before = self.before.map(|(_, close)| close);
        let previous = |index: usize| match index.checked_sub(1) {
            Some(index) => close.get(index).copied(),
            None => before,
        };
        change.fill(|index| Some(difference(*close.get(index)?, previous(index)?)));
        change_pct.fill(|index| {
            let previous = previous(index)?;
            percent(close.get(index)? - previous, previous)
        });
        amplitude.fill(|index| percent(high.get(index)? - low.get(index)?, previous(index)?));
        self.columns.finish()
    }
}
