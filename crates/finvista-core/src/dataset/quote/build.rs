//! How a table of quotes is put together from what endpoints hand in.

use std::collections::HashMap;

use arrow_array::RecordBatch;
use jiff::Timestamp;

use super::{CnStockQuoteQuery, QuoteColumns};
use crate::dataset::numbers::{difference, percent};
use crate::dataset::store::Texts;
use crate::error::{ErrorKind, SourceError};
use crate::symbol::Symbol;

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
    asked: Vec<Symbol>,
    /// The place of each symbol in the query, made when the first comes out of order: vendors keep to the order of the request.
    places: Option<HashMap<Symbol, usize>>,
    /// The place in the query of each row handed in.
    rows: Vec<usize>,
    columns: QuoteColumns,
}

impl CnStockQuoteBuilder {
    pub(super) fn new(query: &CnStockQuoteQuery) -> Self {
        let mut columns = QuoteColumns::default();
        columns.reserve(query.symbols.len());
        let (asked, rows) = (query.symbols.clone(), Vec::with_capacity(query.symbols.len()));
        Self { asked, places: None, rows, columns }
    }

    /// Hands in the quote of a symbol.
    ///
    /// # Errors
    ///
    /// When the symbol was not asked for: the vendor answered something else.
    pub fn quote(&mut self, symbol: &Symbol, quote: &Quote<'_>) -> Result<(), SourceError> {
        let Some(place) = self.place(symbol) else {
            return Err(SourceError::new(
                ErrorKind::Invalid,
                format!("a quote of {symbol}, which was not asked for"),
            ));
        };
        // The symbols are written at the end, from their places.
        self.rows.push(place);
        let both = quote.price.zip(quote.pre_close);
        let change = || both.map(|(price, before)| difference(price, before));
        let change_pct = || both.and_then(|(price, before)| percent(price - before, before));
        let columns = &mut self.columns;
        columns.name.push(quote.name.trim());
        columns.time.push(quote.time.map(Timestamp::as_millisecond));
        columns.price.push(quote.price);
        columns.pre_close.push(quote.pre_close);
        columns.open.push(quote.open);
        columns.high.push(quote.high);
        columns.low.push(quote.low);
        columns.volume.push(quote.volume);
        columns.amount.push(quote.amount);
        columns.change.push(quote.change.or_else(change));
        columns.change_pct.push(quote.change_pct.or_else(change_pct));
        let [bid1, bid2, bid3, bid4, bid5] = &quote.bids;
        let [ask1, ask2, ask3, ask4, ask5] = &quote.asks;
        columns.bid1.push(bid1.price);
        columns.bid_volume1.push(bid1.volume);
        columns.bid2.push(bid2.price);
        columns.bid_volume2.push(bid2.volume);
        columns.bid3.push(bid3.price);
        columns.bid_volume3.push(bid3.volume);
        columns.bid4.push(bid4.price);
        columns.bid_volume4.push(bid4.volume);
        columns.bid5.push(bid5.price);
        columns.bid_volume5.push(bid5.volume);
        columns.ask1.push(ask1.price);
        columns.ask_volume1.push(ask1.volume);
        columns.ask2.push(ask2.price);
        columns.ask_volume2.push(ask2.volume);
        columns.ask3.push(ask3.price);
        columns.ask_volume3.push(ask3.volume);
        columns.ask4.push(ask4.price);
        columns.ask_volume4.push(ask4.volume);
        columns.ask5.push(ask5.price);
        columns.ask_volume5.push(ask5.volume);
        Ok(())
    }

    /// The place of a symbol in the query: the one behind the last row's, or wherever it stands.
    fn place(&mut self, symbol: &Symbol) -> Option<usize> {
        let next = self.rows.last().map_or(0, |last| last + 1);
        if self.asked.get(next) == Some(symbol) {
            return Some(next);
        }
        let places = || self.asked.iter().cloned().zip(0..).collect();
        self.places.get_or_insert_with(places).get(symbol).copied()
    }

    pub(super) fn finish(mut self) -> Result<RecordBatch, SourceError> {
        if !self.rows.is_sorted() {
            let mut order: Vec<usize> = (0..self.rows.len()).collect();
            order.sort_by_key(|&index| self.rows.get(index));
            self.columns.reorder(&order);
            self.rows.sort_unstable();
        }
        let symbols = self.rows.iter().filter_map(|&place| self.asked.get(place));
        self.columns.symbol = Texts::symbols(symbols);
        self.columns.finish()
    }
}
