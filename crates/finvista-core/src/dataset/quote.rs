//! `cn_stock_quote`: the quotes of Chinese stocks, funds and B shares, now.

mod build;
mod check;

use std::collections::HashSet;
use std::time::Duration;

use arrow_array::RecordBatch;
use serde::{Deserialize, Serialize};

pub use build::{CnStockQuoteBuilder, Level, Quote};

use super::daily::refuse_index;
use super::{Dataset, DatasetSpec, Float, Int, Optional, ParamSpec, Text, Time};
use crate::error::{InvalidInput, SourceError};
use crate::query::{Params, Query};
use crate::symbol::Symbol;

crate::columns! {
    "cn_stock_quote",
    /// One instrument, now.
    pub struct QuoteRow => QuoteColumns, QuoteViews {
        /// The instrument, as `000001.SZ`.
        symbol: Text, "";
        /// The name, as the vendor writes it.
        name: Text, "";
        /// The vendor's time stamp of the quote.
        time: Optional<Time>, "";
        /// The last price traded today; null before the first trade and on a suspended day.
        price: Optional<Float>, "currency of the instrument";
        /// The reference close of the day before, which limits and change refer to.
        pre_close: Optional<Float>, "currency of the instrument";
        /// The first price of the day; null before the first trade.
        open: Optional<Float>, "currency of the instrument";
        /// The highest price of the day; null before the first trade.
        high: Optional<Float>, "currency of the instrument";
        /// The lowest price of the day; null before the first trade.
        low: Optional<Float>, "currency of the instrument";
        /// Shares traded today. Vendors that count in lots round it to 100.
        volume: Optional<Int>, "shares";
        /// Money traded today, in CNY (B shares: USD in Shanghai, HKD in Shenzhen).
        amount: Optional<Float>, "CNY";
        /// Price minus the close of the day before.
        change: Optional<Float>, "currency of the instrument";
        /// Change in percent of the close of the day before, to two decimals: 1.5 is 1.5 %.
        change_pct: Optional<Float>, "%";
        /// The best bid; null where there is none, and where the vendor gives no order book.
        bid1: Optional<Float>, "currency of the instrument";
        /// The second bid.
        bid2: Optional<Float>, "currency of the instrument";
        /// The third bid.
        bid3: Optional<Float>, "currency of the instrument";
        /// The fourth bid.
        bid4: Optional<Float>, "currency of the instrument";
        /// The fifth bid.
        bid5: Optional<Float>, "currency of the instrument";
        /// Shares bid for at `bid1`. Vendors that count in lots round it to 100.
        bid_volume1: Optional<Int>, "shares";
        /// Shares bid for at `bid2`.
        bid_volume2: Optional<Int>, "shares";
        /// Shares bid for at `bid3`.
        bid_volume3: Optional<Int>, "shares";
        /// Shares bid for at `bid4`.
        bid_volume4: Optional<Int>, "shares";
        /// Shares bid for at `bid5`.
        bid_volume5: Optional<Int>, "shares";
        /// The best ask; null where there is none, and where the vendor gives no order book.
        ask1: Optional<Float>, "currency of the instrument";
        /// The second ask.
        ask2: Optional<Float>, "currency of the instrument";
        /// The third ask.
        ask3: Optional<Float>, "currency of the instrument";
        /// The fourth ask.
        ask4: Optional<Float>, "currency of the instrument";
        /// The fifth ask.
        ask5: Optional<Float>, "currency of the instrument";
        /// Shares offered at `ask1`. Vendors that count in lots round it to 100.
        ask_volume1: Optional<Int>, "shares";
        /// Shares offered at `ask2`.
        ask_volume2: Optional<Int>, "shares";
        /// Shares offered at `ask3`.
        ask_volume3: Optional<Int>, "shares";
        /// Shares offered at `ask4`.
        ask_volume4: Optional<Int>, "shares";
        /// Shares offered at `ask5`.
        ask_volume5: Optional<Int>, "shares";
    }
}

/// The quotes of Chinese stocks, funds and B shares.
#[derive(Debug)]
pub struct CnStockQuote;

/// What is asked of [`CnStockQuote`].
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CnStockQuoteQuery {
    /// The instruments, in the order of the rows that are wanted. Each once.
    pub symbols: Vec<Symbol>,
}

impl CnStockQuoteQuery {
    /// A query for these instruments; a symbol that comes twice is asked once.
    ///
    /// # Errors
    ///
    /// When there is no symbol, or one is an index.
    pub fn new(symbols: impl IntoIterator<Item = Symbol>) -> Result<Self, InvalidInput> {
        let mut symbols: Vec<Symbol> = symbols.into_iter().collect();
        let mut sorted = symbols.clone();
        sorted.sort_unstable();
        // Few queries name a symbol twice, and to sort those of a market is quicker than to hash them.
        if sorted.array_windows().any(|[one, next]| one == next) {
            let mut seen = HashSet::with_capacity(symbols.len());
            symbols.retain(|symbol| seen.insert(symbol.clone()));
        }
        if symbols.is_empty() {
            return Err(InvalidInput::new("cn_stock_quote needs at least one symbol, such as 000001"));
        }
        symbols.iter().try_for_each(|symbol| refuse_index(symbol, "cn_stock_quote"))?;
        Ok(Self { symbols })
    }
}

impl Dataset for CnStockQuote {
    type Query = CnStockQuoteQuery;
    type Builder = CnStockQuoteBuilder;
    type Row<'a> = QuoteRow<'a>;
    type Views<'a> = QuoteViews<'a>;

    const SPEC: &'static DatasetSpec = &DatasetSpec {
        id: "cn_stock_quote",
        title: "Quotes of Chinese stocks, funds and B shares",
        params: &[ParamSpec { name: "symbols", required: true, doc: "the instruments: 000001,600519.SH" }],
        columns: QuoteColumns::SPEC,
        parse,
        // The vendors' own pages ask every three seconds.
        ttl: |_, _| Duration::from_secs(3),
        check: check::check,
    };

    fn query(query: &Query) -> Option<&CnStockQuoteQuery> {
        match query {
            Query::CnStockQuote(query) => Some(query),
            _ => None,
        }
    }

    fn builder(query: &CnStockQuoteQuery) -> CnStockQuoteBuilder {
        CnStockQuoteBuilder::new(query)
    }

    fn finish(builder: CnStockQuoteBuilder) -> Result<RecordBatch, SourceError> {
        builder.finish()
    }
}

fn parse(params: &Params) -> Result<Query, InvalidInput> {
    let text = params.get("symbols").map_or("", String::as_str);
    let symbols: Result<Vec<Symbol>, _> =
        text.split([',', ' ']).filter(|s| !s.is_empty()).map(Symbol::stock).collect();
    CnStockQuoteQuery::new(symbols?).map(Query::CnStockQuote)
}

#[cfg(test)]
mod tests;
