//! Building tables of quotes.

use std::collections::HashMap;

use arrow_array::RecordBatch;
use jiff::Timestamp;

use super::claim::MOST;
use super::numbers::{difference, percent};
use super::{Build, Columns, Texts};
use crate::error::{ErrorKind, SourceError};
use crate::shape::Snapshot;
use crate::symbol::Symbol;

/// A level of an order book.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Level {
    /// The price.
    pub price: Option<f64>,
    /// The shares.
    pub volume: Option<i64>,
}

/// A quote, as an endpoint passes it to a [`QuoteSink`]: in shares and in the currency of the instrument. What the vendor does
/// not provide is `None`. The builder derives the change from price and previous close, and what the vendor says of it must agree.
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
    /// The value traded today.
    pub amount: Option<f64>,
    /// Price minus previous close.
    pub change: Option<f64>,
    /// The same in percent.
    pub change_pct: Option<f64>,
    /// The bids, best first.
    pub bids: [Level; 5],
    /// The asks, best first.
    pub asks: [Level; 5],
}

/// By how much a vendor's change may differ from that of its prices, which is then the right one.
const ROUNDING: f64 = 0.03;

impl Quote<'_> {
    /// Price minus previous close. What the vendor says is kept where the previous close is missing, and where it is another
    /// change altogether, for [`Check::Changes`](super::Check::Changes) to find: one of three numbers is wrong, and it may be a
    /// price.
    #[doc(hidden)]
    pub fn derived_change(&self) -> Option<f64> {
        let price = self.price?;
        let Some(before) = self.pre_close else {
            // Against a previous close of zero the whole price would be the change.
            return self.change.filter(|change| (price / MOST..price * MOST).contains(&(price - change)));
        };
        let derived = difference(price, before);
        Some(self.change.filter(|&change| is_other(change, derived, ROUNDING)).unwrap_or(derived))
    }

    /// The same in percent.
    #[doc(hidden)]
    pub fn derived_change_pct(&self) -> Option<f64> {
        let price = self.price?;
        let Some(before) = self.pre_close else {
            return self.derived_change().and(self.change_pct);
        };
        let derived = percent(price - before, before)?;
        let slack = 0.1 + ROUNDING * (100.0 + derived.abs()) / before;
        Some(self.change_pct.filter(|&pct| is_other(pct, derived, slack)).unwrap_or(derived))
    }

    /// The value traded. Shares that changed hands for nothing have an amount that is missing.
    #[doc(hidden)]
    pub fn traded_amount(&self) -> Option<f64> {
        self.amount.filter(|&amount| amount != 0.0 || self.volume.is_none_or(|volume| volume == 0))
    }
}

/// Whether a number is another one, and not the same after rounding.
fn is_other(number: f64, derived: f64, slack: f64) -> bool {
    (number - derived).abs() > slack || number.is_nan()
}

/// Columns that are filled from quotes. [`columns!`](crate::columns) implements it for definitions marked `quotes`.
pub trait QuoteColumns: Columns {
    /// Appends a quote, without its symbol.
    fn push_quote(&mut self, quote: &Quote<'_>);
    /// Sets the symbols of all rows.
    fn set_symbols(&mut self, symbols: Texts);
}

/// A builder of quotes. Endpoints use it for every data set of quotes.
pub trait QuoteSink: Build<Selection = Snapshot> {
    /// Adds the quote of a symbol. Quotes may come in any order.
    ///
    /// # Errors
    ///
    /// [`Invalid`](ErrorKind::Invalid) when the query does not ask for the symbol.
    fn quote(&mut self, symbol: Symbol, quote: &Quote<'_>) -> Result<(), SourceError>;
}

/// Builds the table of quotes of a query, in the order of the query.
#[derive(Debug)]
pub struct Quotes<C> {
    asked: Vec<Symbol>,
    /// The place of each symbol in the query, made only if a quote comes out of order, since vendors usually keep the order.
    places: Option<HashMap<Symbol, usize>>,
    /// The place in the query of each row.
    rows: Vec<usize>,
    columns: C,
}

impl<C: QuoteColumns> Quotes<C> {
    /// The place of a symbol in the query, which usually follows that of the last row.
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
            let message = format!("expected quotes of the symbols asked for, got one of {symbol}");
            return Err(SourceError::new(ErrorKind::Invalid, message));
        };
        // The symbols are written at the end.
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
        // Reordering affects all columns, so the symbols are set first.
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
