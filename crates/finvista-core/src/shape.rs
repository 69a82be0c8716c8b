//! The shapes of queries. Anyone may add data sets, and each has one of these shapes.
//!
//! The shape determines what a query can ask for (instruments, days, an adjustment, a period, a part of a market), so
//! capabilities, the cache, messages and checks work for third-party data sets as they do for ours.

mod kind;
mod params;

use std::fmt::Debug;
use std::hash::Hash;

use jiff::civil::Date;

use crate::adjust::Adjust;
use crate::error::{ErrorKind, InvalidInput, SourceError};
use crate::period::Period;
use crate::range::DateRange;
use crate::rules::{Params, Rules, Scope};
use crate::selection::Selection;
use crate::symbol::Symbol;

pub use kind::ShapeKind;

/// The shape of a query, with its values. The trait is sealed: only the shapes of this crate implement it.
pub trait Shape: Debug + Clone + PartialEq + Eq + Hash + Send + Sync + sealed::Sealed + 'static {
    /// Which shape it is.
    const KIND: ShapeKind;

    /// The values of a selection, if it has this shape.
    fn of(selection: &Selection) -> Option<&Self>;

    /// The selection with these values.
    fn erase(self) -> Selection;

    /// Reads the values from parameters, under the rules of a data set. It ignores unknown parameters, which
    /// [`DatasetSpec::parse`](crate::DatasetSpec::parse) refuses.
    ///
    /// # Errors
    ///
    /// When a value cannot be read, or the rules do not allow it.
    fn parse(params: &Params, rules: &Rules) -> Result<Self, InvalidInput>;

    /// The parameters that [`parse`](Self::parse) reads back into the same values. Defaults are left out, except the period.
    fn to_params(&self) -> Params;
}

mod sealed {
    #[expect(unnameable_types, reason = "it seals the trait")]
    pub trait Sealed {}
}

const SYMBOL: &str = "symbol";
const SYMBOLS: &str = "symbols";
const START: &str = "start";
const END: &str = "end";
const PERIOD: &str = "period";
const ADJUST: &str = "adjust";
const MARKET: &str = "market";
const DAY: &str = "day";
const TEXT: &str = "text";
const LIMIT: &str = "limit";

/// The values of one instrument over time: bars, net asset values, flows.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Series {
    /// The instrument.
    pub symbol: Symbol,
    /// The days, both ends inclusive.
    pub range: DateRange,
    /// The length of a bar.
    pub period: Period,
    /// The adjustment of the prices.
    pub adjust: Adjust,
}

impl Series {
    /// All days of an instrument, unadjusted, in the data set's default period.
    ///
    /// # Errors
    ///
    /// When the instrument does not belong to the universe of the data set.
    pub fn new(symbol: Symbol, rules: &Rules) -> Result<Self, InvalidInput> {
        let symbol = rules.universe.accept(symbol)?;
        let period = rules.default_period();
        Ok(Self { symbol, range: DateRange::default(), period, adjust: Adjust::None })
    }
}

/// The state of instruments at this moment.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Snapshot {
    /// The instruments, without duplicates, in the order of the rows of the table.
    pub symbols: Vec<Symbol>,
}

impl Snapshot {
    /// These instruments. Duplicates are dropped.
    ///
    /// # Errors
    ///
    /// When there is no symbol, or one does not belong to the universe of the data set.
    pub fn new(symbols: impl IntoIterator<Item = Symbol>, rules: &Rules) -> Result<Self, InvalidInput> {
        let mut symbols: Vec<Symbol> = symbols.into_iter().collect();
        let mut sorted = symbols.clone();
        sorted.sort_unstable();
        // Duplicates are rare, and sorting the symbols of a market is faster than hashing them.
        if sorted.windows(2).any(|pair| pair.first() == pair.last()) {
            let mut seen = std::collections::HashSet::with_capacity(symbols.len());
            symbols.retain(|symbol| seen.insert(*symbol));
        }
        if symbols.is_empty() {
            let example =
                rules.universe.known.first().map_or(String::new(), |known| format!(", such as {known}"));
            let message = format!("expected at least one symbol for {}{example}, got none", rules.dataset);
            return Err(InvalidInput::of(SYMBOLS, message));
        }
        symbols.iter().try_for_each(|symbol| rules.universe.accept(*symbol).map(drop))?;
        Ok(Self { symbols })
    }
}

/// Everything in a part of a market: listings, constituents, the ranking of a day.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Listing {
    /// The part of the market.
    pub scope: Option<Scope>,
    /// The trading day, or `None` for the latest.
    pub day: Option<Date>,
}

impl Listing {
    /// The default part of the market, on the latest day.
    pub fn new(rules: &Rules) -> Self {
        Self { scope: rules.scopes.first().copied(), day: None }
    }

    /// What a vendor's table has for the part of the market, such as a filter or a node.
    ///
    /// ```
    /// use finvista_core::{Board, Boards, Listing, Rules, Scope};
    ///
    /// const STAR: Scope = Scope { name: "star", title: "the STAR market", boards: Boards::of(&[Board::Star]) };
    /// let mut rules = Rules::new("list");
    /// rules.scopes = &[STAR];
    /// let listing = Listing::new(&rules);
    /// assert_eq!(listing.find(&[("all", "hs_a"), ("star", "kcb")])?, &"kcb");
    /// assert_eq!(listing.find(&[("all", "hs_a")]).unwrap_err().message(), "has no list of star");
    ///
    /// assert!(listing.accept("688981.SH".parse()?).is_ok());
    /// assert!(listing.accept("600519.SH".parse()?).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Unsupported`](ErrorKind::Unsupported) when the table does not have that part.
    pub fn find<'t, T>(&self, table: &'t [(&str, T)]) -> Result<&'t T, SourceError> {
        let name = self.scope.map_or("no part of the market", |scope| scope.name);
        let found = table.iter().find(|(scope, _)| *scope == name);
        found
            .map(|(_, entry)| entry)
            .ok_or_else(|| SourceError::new(ErrorKind::Unsupported, format!("has no list of {name}")))
    }

    /// Accepts an instrument that belongs to the part of the market, by its board.
    ///
    /// # Errors
    ///
    /// [`Invalid`](ErrorKind::Invalid) when it belongs to another part, which no row of an answer should.
    pub fn accept(&self, symbol: Symbol) -> Result<Symbol, SourceError> {
        let board = symbol.board();
        match self.scope.filter(|scope| !scope.boards.contains(board)) {
            None => Ok(symbol),
            Some(scope) => {
                let message = format!("expected a row of {scope} ({}), got {symbol}, a {board}", scope.title);
                Err(SourceError::new(ErrorKind::Invalid, message))
            }
        }
    }
}

/// What an instrument reported over time: statements, dividends, holders.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Reports {
    /// The instrument.
    pub symbol: Symbol,
    /// The days of the reports, both ends inclusive.
    pub range: DateRange,
}

impl Reports {
    /// All reports of an instrument.
    ///
    /// # Errors
    ///
    /// When the instrument does not belong to the universe of the data set.
    pub fn new(symbol: Symbol, rules: &Rules) -> Result<Self, InvalidInput> {
        Ok(Self { symbol: rules.universe.accept(symbol)?, range: DateRange::default() })
    }
}

/// What happened in a market over time, for one instrument or for all.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Events {
    /// The days, both ends inclusive.
    pub range: DateRange,
    /// The instrument, or `None` for all.
    pub symbol: Option<Symbol>,
}

impl Events {
    /// Everything that happened on these days.
    pub fn new(range: DateRange) -> Self {
        Self { range, symbol: None }
    }
}

/// What matches a text.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Keyword {
    /// The text: trimmed, and never empty.
    pub text: String,
    /// The most rows.
    pub limit: u32,
}

/// The default limit of a search, as in the vendors' own search boxes.
const MOST_HITS: u32 = 10;

impl Keyword {
    /// The first ten matches of a text.
    ///
    /// # Errors
    ///
    /// When the text is empty.
    pub fn new(text: &str) -> Result<Self, InvalidInput> {
        match text.trim() {
            "" => Err(InvalidInput::of(
                TEXT,
                "expected a code, a name or initials to look for, got an empty text",
            )),
            text => Ok(Self { text: text.to_owned(), limit: MOST_HITS }),
        }
    }
}

/// Parameters that only the data set understands.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Free {
    /// The parameters, by name.
    pub params: Params,
}

impl Free {
    /// These parameters.
    pub fn new(params: impl IntoIterator<Item = (impl Into<String>, impl Into<String>)>) -> Self {
        Self { params: params.into_iter().map(|(name, value)| (name.into(), value.into())).collect() }
    }
}

#[cfg(test)]
mod tests;
