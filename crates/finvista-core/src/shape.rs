//! The shapes of queries. Anyone may add data sets, and each has one of these shapes.
//!
//! The shape determines what a query can ask for (instruments, days, an adjustment, a period, a part of a market), so
//! capabilities, the cache, messages and checks work for third-party data sets as they do for ours.

use std::fmt::Debug;
use std::hash::Hash;

use jiff::civil::Date;

use crate::adjust::Adjust;
use crate::date;
use crate::error::InvalidInput;
use crate::period::Period;
use crate::range::DateRange;
use crate::rules::{ParamSpec, Params, Rules, Scope, choice};
use crate::selection::Selection;
use crate::symbol::Symbol;

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

/// The kind of a shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ShapeKind {
    /// [`Series`].
    Series,
    /// [`Snapshot`].
    Snapshot,
    /// [`Listing`].
    Listing,
    /// [`Reports`].
    Reports,
    /// [`Events`].
    Events,
    /// [`Keyword`].
    Keyword,
    /// [`Free`].
    Free,
}

impl ShapeKind {
    /// Reads a selection from parameters, under the rules of a data set.
    pub(crate) fn parse(self, params: &Params, rules: &Rules) -> Result<Selection, InvalidInput> {
        match self {
            Self::Series => Series::parse(params, rules).map(Shape::erase),
            Self::Snapshot => Snapshot::parse(params, rules).map(Shape::erase),
            Self::Listing => Listing::parse(params, rules).map(Shape::erase),
            Self::Reports => Reports::parse(params, rules).map(Shape::erase),
            Self::Events => Events::parse(params, rules).map(Shape::erase),
            Self::Keyword => Keyword::parse(params, rules).map(Shape::erase),
            Self::Free => Free::parse(params, rules).map(Shape::erase),
        }
    }

    /// Parameters that every data set of the shape accepts, although [`params`](Self::params) lists them only if there is a
    /// choice: a query as text names its period even if the data set has only one.
    pub(crate) fn unlisted(self) -> &'static [&'static str] {
        match self {
            Self::Series => &[PERIOD, ADJUST],
            _ => &[],
        }
    }

    /// The parameters of a query, in the order of the docs.
    pub(crate) fn params(self, rules: &Rules) -> Vec<ParamSpec> {
        let example = rules.universe.known.first().copied().unwrap_or("000001.SZ");
        let symbol =
            |required| ParamSpec::described(SYMBOL, required, format!("the instrument, such as {example}"));
        let days = [
            ParamSpec::optional(START, "the first day (default: the earliest)"),
            ParamSpec::optional(END, "the last day, inclusive (default: today)"),
        ];
        let mut params = Vec::new();
        match self {
            Self::Series => {
                params.push(symbol(true));
                params.extend(days);
                if rules.periods.len() > 1 {
                    let doc =
                        format!("{} (default: {})", choice(rules.periods.iter()), rules.default_period());
                    params.push(ParamSpec::described(PERIOD, false, doc));
                }
                if rules.adjusts {
                    params.push(ParamSpec::optional(ADJUST, "none, qfq or hfq (default: none)"));
                }
            }
            Self::Snapshot => {
                let doc = format!("the instruments, separated by commas, such as {example}");
                params.push(ParamSpec::described(SYMBOLS, true, doc));
            }
            Self::Listing => {
                if let Some(default) = rules.scopes.first() {
                    let doc = format!("{} (default: {default})", choice(rules.scopes.iter()));
                    params.push(ParamSpec::described(MARKET, false, doc));
                }
                if rules.dated {
                    params.push(ParamSpec::optional(DAY, "the trading day (default: the latest)"));
                }
            }
            Self::Reports => {
                params.push(symbol(true));
                params.extend(days);
            }
            Self::Events => {
                params.extend(days);
                params.push(symbol(false));
            }
            Self::Keyword => {
                params.push(ParamSpec::required(TEXT, "what to look for: a code, a name, or initials"));
                params.push(ParamSpec::described(
                    LIMIT,
                    false,
                    format!("the most rows (default: {MOST_HITS})"),
                ));
            }
            Self::Free => params.extend(rules.params.iter().cloned()),
        }
        params
    }
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

macro_rules! shape {
    ($Shape:ident, |$params:ident, $rules:ident| $parse:expr, |$self:ident| $to_params:expr) => {
        impl sealed::Sealed for $Shape {}

        impl Shape for $Shape {
            const KIND: ShapeKind = ShapeKind::$Shape;

            fn of(selection: &Selection) -> Option<&Self> {
                match selection {
                    Selection::$Shape(shape) => Some(shape),
                    _ => None,
                }
            }

            fn erase(self) -> Selection {
                Selection::$Shape(self)
            }

            fn parse($params: &Params, $rules: &Rules) -> Result<Self, InvalidInput> {
                $parse
            }

            fn to_params(&self) -> Params {
                let $self = self;
                $to_params
            }
        }
    };
}

shape!(
    Series,
    |params, rules| {
        let mut series = Self::new(symbol(params, rules)?, rules)?;
        series.range = range(params)?;
        if let Some(text) = params.get(PERIOD) {
            let period = text.parse().map_err(|e: InvalidInput| e.about(PERIOD))?;
            series.period = rules.period(period).map_err(|e| e.about(PERIOD))?;
        }
        if let Some(text) = params.get(ADJUST) {
            let adjust = text.parse().and_then(|adjust| rules.adjust(adjust));
            series.adjust = adjust.map_err(|e| e.about(ADJUST))?;
        }
        Ok(series)
    },
    |series| {
        let adjust = (series.adjust != Adjust::None).then(|| (ADJUST, series.adjust.to_string()));
        let period = Some((PERIOD, series.period.to_string()));
        let symbol = Some((SYMBOL, series.symbol.to_string()));
        named([symbol, period, adjust].into_iter().flatten().chain(days(series.range)))
    }
);

shape!(
    Snapshot,
    |params, rules| {
        let text = params.get(SYMBOLS).map_or("", String::as_str);
        let texts = text.split([',', ' ']).filter(|text| !text.is_empty());
        let symbols: Result<Vec<Symbol>, _> = texts.map(|text| rules.universe.symbol(text)).collect();
        Self::new(symbols.map_err(|e| e.about(SYMBOLS))?, rules)
    },
    |snapshot| {
        let symbols: Vec<String> = snapshot.symbols.iter().map(Symbol::to_string).collect();
        named([(SYMBOLS, symbols.join(","))])
    }
);

shape!(
    Listing,
    |params, rules| {
        let mut listing = Self::new(rules);
        if let Some(text) = params.get(MARKET) {
            listing.scope = Some(rules.scope(text).map_err(|e| e.about(MARKET))?);
        }
        listing.day = day(params, DAY)?;
        Ok(listing)
    },
    |listing| {
        let scope = listing.scope.map(|scope| (MARKET, scope.name.to_owned()));
        named(scope.into_iter().chain(listing.day.map(|day| (DAY, day.to_string()))))
    }
);

shape!(
    Reports,
    |params, rules| {
        let mut reports = Self::new(symbol(params, rules)?, rules)?;
        reports.range = range(params)?;
        Ok(reports)
    },
    |reports| named([(SYMBOL, reports.symbol.to_string())].into_iter().chain(days(reports.range)))
);

shape!(
    Events,
    |params, rules| {
        let symbol = params.contains_key(SYMBOL).then(|| symbol(params, rules)).transpose()?;
        Ok(Self { range: range(params)?, symbol })
    },
    |events| named(
        events.symbol.map(|symbol| (SYMBOL, symbol.to_string())).into_iter().chain(days(events.range))
    )
);

shape!(
    Keyword,
    |params, _rules| {
        let mut keyword = Self::new(params.get(TEXT).map_or("", String::as_str))?;
        if let Some(text) = params.get(LIMIT) {
            keyword.limit = match text.trim().parse() {
                Ok(limit) if limit > 0 => limit,
                _ => {
                    return Err(InvalidInput::of(
                        LIMIT,
                        format!("expected a limit of at least 1, got {text:?}"),
                    ));
                }
            };
        }
        Ok(keyword)
    },
    |keyword| {
        let limit = (keyword.limit != MOST_HITS).then(|| (LIMIT, keyword.limit.to_string()));
        named([(TEXT, keyword.text.clone())].into_iter().chain(limit))
    }
);

shape!(Free, |params, _rules| Ok(Self { params: params.clone() }), |free| free.params.clone());

fn symbol(params: &Params, rules: &Rules) -> Result<Symbol, InvalidInput> {
    rules.universe.symbol(params.get(SYMBOL).map_or("", String::as_str)).map_err(|e| e.about(SYMBOL))
}

fn day(params: &Params, name: &'static str) -> Result<Option<Date>, InvalidInput> {
    params.get(name).map(|text| date::parse(text)).transpose().map_err(|e| e.about(name))
}

fn range(params: &Params) -> Result<DateRange, InvalidInput> {
    DateRange::new(day(params, START)?, day(params, END)?).map_err(|e| e.about(START))
}

fn days(range: DateRange) -> impl Iterator<Item = (&'static str, String)> {
    let day = |name, day: Option<Date>| day.map(|day| (name, day.to_string()));
    [day(START, range.start()), day(END, range.end())].into_iter().flatten()
}

fn named(params: impl IntoIterator<Item = (&'static str, String)>) -> Params {
    params.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}
