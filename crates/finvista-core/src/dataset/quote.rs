//! `cn_stock_quote`: the quotes of Chinese stocks, funds and B shares, now.

use arrow_array::RecordBatch;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::daily::refuse_index;
use super::numbers::{difference, percent};
use super::proof::UnitProof;
use super::{Dataset, DatasetSpec, Float, Int, Optional, ParamSpec, RowViews, Text, Time};
use crate::capability::Precision;
use crate::error::{ErrorKind, InvalidInput, SourceError};
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
        let mut seen = std::collections::HashSet::new();
        let symbols: Vec<Symbol> = symbols.into_iter().filter(|symbol| seen.insert(symbol.clone())).collect();
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
        check,
    };

    fn query(query: &Query) -> Option<&CnStockQuoteQuery> {
        match query {
            Query::CnStockQuote(query) => Some(query),
            _ => None,
        }
    }

    fn builder(query: &CnStockQuoteQuery) -> CnStockQuoteBuilder {
        let order = query.symbols.iter().enumerate().map(|(index, symbol)| (symbol.clone(), index)).collect();
        CnStockQuoteBuilder { order, rows: Vec::new(), columns: QuoteColumns::default() }
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

/// A price and the shares waiting at it.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Level {
    /// The price.
    pub price: Option<f64>,
    /// The shares.
    pub volume: Option<i64>,
}

/// A quote as an endpoint hands it in: shares and CNY, already converted, `None` where the vendor has no value. The
/// builder derives the change from price and previous close where the vendor lacks it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Quote<'a> {
    /// The name.
    pub name: &'a str,
    /// The vendor's time stamp.
    pub time: Option<Timestamp>,
    /// The last price traded today.
    pub price: Option<f64>,
    /// The close of the day before.
    pub pre_close: Option<f64>,
    /// The first price of the day.
    pub open: Option<f64>,
    /// The highest price of the day.
    pub high: Option<f64>,
    /// The lowest price of the day.
    pub low: Option<f64>,
    /// Shares traded today.
    pub volume: Option<i64>,
    /// Money traded today.
    pub amount: Option<f64>,
    /// Price minus previous close.
    pub change: Option<f64>,
    /// The same in percent.
    pub change_pct: Option<f64>,
    /// The best bid first.
    pub bids: [Level; 5],
    /// The best ask first.
    pub asks: [Level; 5],
}

/// Collects the quotes of one query. They may come in any order; the table has the order of the query.
#[derive(Debug)]
pub struct CnStockQuoteBuilder {
    order: std::collections::HashMap<Symbol, usize>,
    /// The place in the query of each row handed in.
    rows: Vec<usize>,
    columns: QuoteColumns,
}

impl CnStockQuoteBuilder {
    /// Hands in the quote of a symbol.
    ///
    /// # Errors
    ///
    /// When the symbol was not asked for: the vendor answered something else.
    pub fn quote(&mut self, symbol: &Symbol, quote: &Quote<'_>) -> Result<(), SourceError> {
        let Some(&place) = self.order.get(symbol) else {
            return Err(SourceError::new(
                ErrorKind::Invalid,
                format!("a quote of {symbol}, which was not asked for"),
            ));
        };
        self.rows.push(place);
        let both = quote.price.zip(quote.pre_close);
        let [bid1, bid2, bid3, bid4, bid5] = quote.bids;
        let [ask1, ask2, ask3, ask4, ask5] = quote.asks;
        self.columns.push(QuoteRow {
            symbol: &symbol.to_string(),
            name: quote.name.trim(),
            time: quote.time,
            price: quote.price,
            pre_close: quote.pre_close,
            open: quote.open,
            high: quote.high,
            low: quote.low,
            volume: quote.volume,
            amount: quote.amount,
            change: quote.change.or_else(|| both.map(|(price, before)| difference(price, before))),
            change_pct: quote
                .change_pct
                .or_else(|| both.and_then(|(price, before)| percent(price - before, before))),
            bid1: bid1.price,
            bid2: bid2.price,
            bid3: bid3.price,
            bid4: bid4.price,
            bid5: bid5.price,
            bid_volume1: bid1.volume,
            bid_volume2: bid2.volume,
            bid_volume3: bid3.volume,
            bid_volume4: bid4.volume,
            bid_volume5: bid5.volume,
            ask1: ask1.price,
            ask2: ask2.price,
            ask3: ask3.price,
            ask4: ask4.price,
            ask5: ask5.price,
            ask_volume1: ask1.volume,
            ask_volume2: ask2.volume,
            ask_volume3: ask3.volume,
            ask_volume4: ask4.volume,
            ask_volume5: ask5.volume,
        });
        Ok(())
    }

    fn finish(mut self) -> Result<RecordBatch, SourceError> {
        if !self.rows.is_sorted() {
            let mut order: Vec<usize> = (0..self.rows.len()).collect();
            order.sort_by_key(|&index| self.rows.get(index));
            self.columns.reorder(&order);
        }
        self.columns.finish()
    }
}

/// The invariants of quotes. Returns the symbols that the vendor did not answer.
fn check(query: &Query, batch: &RecordBatch, precision: &Precision) -> Result<Vec<Symbol>, SourceError> {
    let (Some(query), Some(views)) = (CnStockQuote::query(query), QuoteViews::new(batch)) else {
        return Err(SourceError::new(ErrorKind::Invalid, "the table is not one of cn_stock_quote"));
    };
    let mut missing: std::collections::HashMap<String, &Symbol> =
        query.symbols.iter().map(|symbol| (symbol.to_string(), symbol)).collect();
    let mut proof = UnitProof::new(precision);
    for index in 0..batch.num_rows() {
        let quote = views.row(index);
        let wrong =
            |what: String| Err(SourceError::new(ErrorKind::Invalid, format!("{}: {what}", quote.symbol)));
        if missing.remove(quote.symbol).is_none() {
            return wrong("not asked for, or quoted twice".to_owned());
        }
        let prices = [quote.price, quote.pre_close, quote.open, quote.high, quote.low];
        if !prices.iter().flatten().all(|price| price.is_finite() && *price > 0.0) {
            return wrong("a price is not positive".to_owned());
        }
        let (low, high) = (quote.low.unwrap_or(f64::NEG_INFINITY), quote.high.unwrap_or(f64::INFINITY));
        if !([quote.open, quote.price].iter().flatten().all(|price| low <= *price && *price <= high)
            && low <= high)
        {
            return wrong(format!(
                "open {:?} and price {:?} do not lie between low {low} and high {high}",
                quote.open, quote.price
            ));
        }
        if quote.volume.is_some_and(|volume| volume < 0)
            || quote.amount.is_some_and(|amount| amount < 0.0 || !amount.is_finite())
        {
            return wrong(format!("volume {:?} or amount {:?} is negative", quote.volume, quote.amount));
        }
        if let (Some(amount), Some(volume), Some(low), Some(high)) =
            (quote.amount, quote.volume, quote.low, quote.high)
        {
            proof.row(|| quote.symbol.to_owned(), (amount, volume), (low, high))?;
        }
    }
    proof.finish()?;
    Ok(query.symbols.iter().filter(|symbol| missing.contains_key(&symbol.to_string())).cloned().collect())
}

#[cfg(test)]
mod tests;
