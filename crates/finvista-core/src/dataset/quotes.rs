//! How a table of quotes is put together from what endpoints hand in.

use std::collections::HashMap;

use arrow_array::RecordBatch;
use jiff::Timestamp;

use super::numbers::{difference, percent};
use super::{Build, Columns, Texts};
use crate::error::{ErrorKind, SourceError};
use crate::shape::Snapshot;
use crate::symbol::Symbol;

/// A price and the shares waiting at it.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Level {
    /// The price.
    pub price: Option<f64>,
    /// The shares.
    pub volume: Option<i64>,
}

/// A quote as an endpoint hands it in: shares and the currency of the instrument, already converted, `None` where the vendor
/// has no value. The builder derives the change from price and previous close where the vendor lacks it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Quote<'a> {
    /// The name.
    pub name: &'a str,
    /// The vendor's timestamp.
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

impl Quote<'_> {
    #[doc(hidden)]
    pub fn derived_change(&self) -> Option<f64> {
        self.price.zip(self.pre_close).map(|(price, before)| difference(price, before))
    }

    #[doc(hidden)]
    pub fn derived_change_pct(&self) -> Option<f64> {
        self.price.zip(self.pre_close).and_then(|(price, before)| percent(price - before, before))
    }
}

/// Columns that quotes fill. [`columns!`](crate::columns) implements it where a definition says `quotes`.
pub trait QuoteColumns: Columns {
    /// Appends a quote, without its symbol.
    fn push_quote(&mut self, quote: &Quote<'_>);
    /// Sets the symbols of all rows.
    fn set_symbols(&mut self, symbols: Texts);
}

/// What takes quotes: what a vendor's endpoint of quotes is written against, whatever the data set.
pub trait QuoteSink: Build<Selection = Snapshot> {
    /// Hands in the quote of a symbol. They may come in any order.
    ///
    /// # Errors
    ///
    /// When the symbol was not asked for: the vendor answered something else.
    fn quote(&mut self, symbol: Symbol, quote: &Quote<'_>) -> Result<(), SourceError>;
}

/// Collects the quotes of one query. The table has the order of the query.
#[derive(Debug)]
pub struct Quotes<C> {
    asked: Vec<Symbol>,
    /// The place of each symbol in the query, made when the first comes out of order: vendors keep to the order of the request.
    places: Option<HashMap<Symbol, usize>>,
    /// The place in the query of each row handed in.
    rows: Vec<usize>,
    columns: C,
}

impl<C: QuoteColumns> Quotes<C> {
    /// The place of a symbol in the query: the one after the last row's, or wherever it stands.
    fn place(&mut self, symbol: Symbol) -> Option<usize> {
        let next = self.rows.last().map_or(0, |last| last + 1);
        if self.asked.get(next) == Some(&symbol) {
            return Some(next);
        }
        let places = || self.asked.iter().copied().zip(0..).collect();
        self.places.get_or_insert_with(places).get(&symbol).copied()
    }
}

impl<C: QuoteColumns> QuoteSink for Quotes<C> {
    fn quote(&mut self, symbol: Symbol, quote: &Quote<'_>) -> Result<(), SourceError> {
        let Some(place) = self.place(symbol) else {
            let message = format!("a quote of {symbol}, which was not asked for");
            return Err(SourceError::new(ErrorKind::Invalid, message));
        };
        // The symbols are written at the end, from their places.
        self.rows.push(place);
        self.columns.push_quote(quote);
        Ok(())
    }
}

impl<C: QuoteColumns> Build for Quotes<C> {
    type Selection = Snapshot;

    fn new(selection: &Snapshot, _now: Timestamp) -> Self {
        let mut columns = C::default();
        columns.reserve(selection.symbols.len());
        let (asked, rows) = (selection.symbols.clone(), Vec::with_capacity(selection.symbols.len()));
        Self { asked, places: None, rows, columns }
    }

    fn finish(mut self) -> Result<RecordBatch, SourceError> {
        // The columns of a row are reordered together, so the symbols are set first.
        let symbols = |rows: &[usize]| Texts::symbols(rows.iter().filter_map(|&place| self.asked.get(place)));
        let is_sorted = self.rows.is_sorted();
        self.columns.set_symbols(symbols(&self.rows));
        if !is_sorted {
            let mut order: Vec<usize> = (0..self.rows.len()).collect();
            order.sort_by_key(|&index| self.rows.get(index));
            self.columns.reorder(&order);
        }
        self.columns.finish()
    }
}
