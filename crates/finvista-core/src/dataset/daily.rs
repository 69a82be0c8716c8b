//! `cn_stock_daily`: daily bars of one Chinese stock, fund or B share.

mod build;
mod check;

use std::time::Duration;

use arrow_array::RecordBatch;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

pub use build::{Bar, CnStockDailyBuilder};

use super::{Dataset, DatasetSpec, Date32, Float, Int, Label, Optional, ParamSpec};
use crate::date;
use crate::error::{InvalidInput, SourceError};
use crate::exchange::Board;
use crate::query::{Adjust, DateRange, Params, Query};
use crate::symbol::Symbol;

crate::columns! {
    "cn_stock_daily",
    /// One trading day of one instrument.
    pub struct DailyBar => DailyColumns, DailyViews {
        /// The instrument, as `000001.SZ`.
        symbol: Label, "";
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
        ttl,
        check: check::check,
    };

    fn query(query: &Query) -> Option<&CnStockDailyQuery> {
        match query {
            Query::CnStockDaily(query) => Some(query),
            _ => None,
        }
    }

    fn builder(query: &CnStockDailyQuery) -> CnStockDailyBuilder {
        CnStockDailyBuilder::new(query)
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

/// Bars of days that are over change only when a new ex-date moves an adjusted series; today's is not finished.
fn ttl(query: &Query, today: Date) -> Duration {
    match query.range().and_then(|range| range.end()) {
        Some(end) if end < today => Duration::from_secs(3_600),
        _ => Duration::from_secs(60),
    }
}

#[cfg(test)]
mod tests;
