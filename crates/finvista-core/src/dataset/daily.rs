//! `cn_stock_daily`: daily bars of one Chinese stock, fund or B share.

use arrow_array::RecordBatch;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::numbers::{difference, percent};
use super::proof::UnitProof;
use super::{Dataset, DatasetSpec, Date32, Float, Int, Optional, ParamSpec, RowViews, Text};
use crate::capability::Precision;
use crate::date;
use crate::error::{ErrorKind, InvalidInput, SourceError};
use crate::exchange::Board;
use crate::query::{Adjust, DateRange, Params, Query};
use crate::symbol::Symbol;

crate::columns! {
    "cn_stock_daily",
    /// One trading day of one instrument.
    pub struct DailyBar => DailyColumns, DailyViews {
        /// The instrument, as `000001.SZ`.
        symbol: Text, "";
        /// The trading day at the exchange. A suspended day has no row.
        date: Date32, "";
        /// The first price.
        open: Float, "currency of the instrument";
        /// The highest price.
        high: Float, "currency of the instrument";
        /// The lowest price.
        low: Float, "currency of the instrument";
        /// The last price.
        close: Float, "currency of the instrument";
        /// Shares traded. Never adjusted. Vendors that count in lots round it to 100.
        volume: Int, "shares";
        /// Money traded, in CNY (B shares: USD in Shanghai, HKD in Shenzhen). Never adjusted.
        amount: Optional<Float>, "CNY";
        /// Close minus the close of the previous bar of the same series.
        change: Optional<Float>, "currency of the instrument";
        /// Change in percent of the previous close, to two decimals: 1.5 is 1.5 %.
        change_pct: Optional<Float>, "%";
        /// High minus low in percent of the previous close, to two decimals.
        amplitude: Optional<Float>, "%";
        /// Shares traded in percent of the float.
        turnover: Optional<Float>, "%";
    }
}

/// The daily bars of one Chinese stock, fund or B share.
#[derive(Debug)]
pub struct CnStockDaily;

/// What is asked of [`CnStockDaily`].
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CnStockDailyQuery {
    /// The instrument.
    pub symbol: Symbol,
    /// The days, both ends inclusive.
    pub range: DateRange,
    /// The adjustment of the prices.
    pub adjust: Adjust,
}

impl CnStockDailyQuery {
    /// A query for a stock, fund or B share.
    ///
    /// # Errors
    ///
    /// When the symbol is an index: indices have their own units and data sets.
    pub fn new(symbol: Symbol, range: DateRange, adjust: Adjust) -> Result<Self, InvalidInput> {
        refuse_index(&symbol, "cn_stock_daily")?;
        Ok(Self { symbol, range, adjust })
    }
}

/// Vendors count an index in other units than a stock, so a stock's data set must not carry one.
pub(super) fn refuse_index(symbol: &Symbol, dataset: &str) -> Result<(), InvalidInput> {
    if symbol.board() == Board::Index {
        return Err(InvalidInput::new(format!(
            "{symbol} is an index and {dataset} holds stocks and funds: 000001 or 000001.SZ is a stock"
        )));
    }
    Ok(())
}

impl Dataset for CnStockDaily {
    type Query = CnStockDailyQuery;
    type Builder = CnStockDailyBuilder;
    type Row<'a> = DailyBar<'a>;
    type Views<'a> = DailyViews<'a>;

    const SPEC: &'static DatasetSpec = &DatasetSpec {
        id: "cn_stock_daily",
        title: "Daily bars of a Chinese stock, fund or B share",
        params: &[
            ParamSpec { name: "symbol", required: true, doc: "the instrument: 000001, sz000001, 000001.SZ" },
            ParamSpec {
                name: "start",
                required: false,
                doc: "the first day (default: the first listing day)",
            },
            ParamSpec { name: "end", required: false, doc: "the last day, inclusive (default: today)" },
            ParamSpec { name: "adjust", required: false, doc: "none, qfq or hfq (default: none)" },
        ],
        columns: DailyColumns::SPEC,
        parse,
        check,
    };

    fn query(query: &Query) -> Option<&CnStockDailyQuery> {
        match query {
            Query::CnStockDaily(query) => Some(query),
            _ => None,
        }
    }

    fn builder(query: &CnStockDailyQuery) -> CnStockDailyBuilder {
        CnStockDailyBuilder {
            symbol: query.symbol.to_string(),
            range: query.range,
            columns: DailyColumns::default(),
            before: None,
        }
    }

    fn finish(builder: CnStockDailyBuilder) -> Result<RecordBatch, SourceError> {
        builder.finish()
    }
}

fn parse(params: &Params) -> Result<Query, InvalidInput> {
    let day = |name: &str| params.get(name).map(|text| date::parse(text)).transpose();
    let symbol = Symbol::stock(params.get("symbol").map_or("", String::as_str))?;
    let range = DateRange::new(day("start")?, day("end")?)?;
    let adjust = params.get("adjust").map_or(Ok(Adjust::None), |text| text.parse())?;
    CnStockDailyQuery::new(symbol, range, adjust).map(Query::CnStockDaily)
}

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
}

impl CnStockDailyBuilder {
    /// Hands in a bar. Pages may come newest first; the table is put in order at the end.
    pub fn bar(&mut self, bar: Bar) {
        if self.range.start().is_some_and(|start| bar.date < start) {
            if self.before.is_none_or(|(day, _)| day < bar.date) {
                self.before = Some((bar.date, bar.close));
            }
        } else if self.range.contains(bar.date) {
            self.columns.push(DailyBar {
                symbol: &self.symbol,
                date: bar.date,
                open: bar.open,
                high: bar.high,
                low: bar.low,
                close: bar.close,
                volume: bar.volume,
                amount: bar.amount,
                change: bar.change,
                change_pct: bar.change_pct,
                amplitude: bar.amplitude,
                turnover: bar.turnover,
            });
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

    fn finish(mut self) -> Result<RecordBatch, SourceError> {
        if !self.columns.date.is_sorted() {
            let days = &self.columns.date;
            let mut order: Vec<usize> = (0..days.len()).collect();
            order.sort_by_key(|&index| days.get(index));
            self.columns.reorder(&order);
        }
        let columns = &mut self.columns;
        let mut previous = self.before.map(|(_, close)| close);
        let rows = columns.close.iter().zip(columns.high.iter().zip(&columns.low));
        let derived =
            columns.change.iter_mut().zip(columns.change_pct.iter_mut().zip(&mut columns.amplitude));
        for ((&close, (&high, &low)), (change, (change_pct, amplitude))) in rows.zip(derived) {
            if let Some(previous) = previous {
                *change = change.or_else(|| Some(difference(close, previous)));
                *change_pct = change_pct.or_else(|| percent(close - previous, previous));
                *amplitude = amplitude.or_else(|| percent(high - low, previous));
            }
            previous = Some(close);
        }
        self.columns.finish()
    }
}

/// The invariants of daily bars.
fn check(query: &Query, batch: &RecordBatch, precision: &Precision) -> Result<Vec<Symbol>, SourceError> {
    let (Some(query), Some(views)) = (CnStockDaily::query(query), DailyViews::new(batch)) else {
        return Err(SourceError::new(ErrorKind::Invalid, "the table is not one of cn_stock_daily"));
    };
    let symbol = query.symbol.to_string();
    let mut proof = UnitProof::new(precision);
    let mut previous: Option<Date> = None;
    for index in 0..batch.num_rows() {
        let bar = views.row(index);
        let wrong = |what: String| {
            Err(SourceError::new(ErrorKind::Invalid, format!("{symbol} {}: {what}", bar.date)))
        };
        if bar.symbol != symbol {
            return wrong(format!("a row of {} where {symbol} was asked", bar.symbol));
        }
        if !query.range.contains(bar.date) {
            return wrong(format!("outside the range asked, {}", query.range));
        }
        if let Some(previous) = previous.filter(|&previous| previous >= bar.date) {
            return wrong(format!("comes after {previous}: days must ascend and be unique"));
        }
        previous = Some(bar.date);
        if ![bar.open, bar.high, bar.low, bar.close].iter().all(|price| price.is_finite()) {
            return wrong("a price is not a number".to_owned());
        }
        if !(bar.low <= bar.open.min(bar.close) && bar.open.max(bar.close) <= bar.high) {
            return wrong(format!(
                "open {} and close {} do not lie between low {} and high {}",
                bar.open, bar.close, bar.low, bar.high
            ));
        }
        if bar.volume < 0 || bar.amount.is_some_and(|amount| amount < 0.0 || !amount.is_finite()) {
            return wrong(format!("volume {} or amount {:?} is negative", bar.volume, bar.amount));
        }
        if query.adjust == Adjust::None {
            // An adjusted series may fall to zero and below (East Money's forward adjustment does); a traded price cannot.
            if bar.low <= 0.0 {
                return wrong(format!("low {} is not a price", bar.low));
            }
            if let Some(amount) = bar.amount {
                let row = || format!("{symbol} {}", bar.date);
                proof.row(row, (amount, bar.volume), (bar.low, bar.high))?;
            }
        }
    }
    proof.finish()?;
    Ok(Vec::new())
}

#[cfg(test)]
mod tests;
