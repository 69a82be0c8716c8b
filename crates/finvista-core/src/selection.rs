//! What a query selects, in any shape.

use std::fmt;

use jiff::civil::Date;

use crate::adjust::Adjust;
use crate::period::Period;
use crate::range::DateRange;
use crate::rules::{Params, Scope};
use crate::shape::{Events, Free, Keyword, Listing, Reports, Series, Shape, ShapeKind, Snapshot};
use crate::symbol::Symbol;

/// What a query selects. Capabilities, the cache, checks and messages use the accessors, which work for every shape.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Selection {
    /// The values of one instrument over time.
    Series(Series),
    /// The current state of instruments.
    Snapshot(Snapshot),
    /// Everything in a part of a market.
    Listing(Listing),
    /// What an instrument reported over time.
    Reports(Reports),
    /// What happened in a market over time.
    Events(Events),
    /// What matches a text.
    Keyword(Keyword),
    /// Parameters that only the data set understands.
    Free(Free),
}

impl Selection {
    /// Its shape.
    pub fn kind(&self) -> ShapeKind {
        match self {
            Self::Series(_) => ShapeKind::Series,
            Self::Snapshot(_) => ShapeKind::Snapshot,
            Self::Listing(_) => ShapeKind::Listing,
            Self::Reports(_) => ShapeKind::Reports,
            Self::Events(_) => ShapeKind::Events,
            Self::Keyword(_) => ShapeKind::Keyword,
            Self::Free(_) => ShapeKind::Free,
        }
    }

    /// The instruments that the query names.
    pub fn symbols(&self) -> &[Symbol] {
        match self {
            Self::Series(series) => std::slice::from_ref(&series.symbol),
            Self::Snapshot(snapshot) => &snapshot.symbols,
            Self::Reports(reports) => std::slice::from_ref(&reports.symbol),
            Self::Events(events) => events.symbol.as_slice(),
            Self::Listing(_) | Self::Keyword(_) | Self::Free(_) => &[],
        }
    }

    /// The range of days, if the shape has one.
    pub fn range(&self) -> Option<DateRange> {
        match self {
            Self::Series(series) => Some(series.range),
            Self::Reports(reports) => Some(reports.range),
            Self::Events(events) => Some(events.range),
            Self::Snapshot(_) | Self::Listing(_) | Self::Keyword(_) | Self::Free(_) => None,
        }
    }

    /// The adjustment, if the shape has one.
    pub fn adjust(&self) -> Option<Adjust> {
        match self {
            Self::Series(series) => Some(series.adjust),
            _ => None,
        }
    }

    /// The length of a bar, if the shape has one.
    pub fn period(&self) -> Option<Period> {
        match self {
            Self::Series(series) => Some(series.period),
            _ => None,
        }
    }

    /// The part of the market, if the query has one.
    pub fn scope(&self) -> Option<Scope> {
        match self {
            Self::Listing(listing) => listing.scope,
            _ => None,
        }
    }

    /// The single day, if the query has one.
    pub fn day(&self) -> Option<Date> {
        match self {
            Self::Listing(listing) => listing.day,
            _ => None,
        }
    }

    /// The parameters that parse back into the same selection.
    pub fn to_params(&self) -> Params {
        match self {
            Self::Series(shape) => shape.to_params(),
            Self::Snapshot(shape) => shape.to_params(),
            Self::Listing(shape) => shape.to_params(),
            Self::Reports(shape) => shape.to_params(),
            Self::Events(shape) => shape.to_params(),
            Self::Keyword(shape) => shape.to_params(),
            Self::Free(shape) => shape.to_params(),
        }
    }
}

/// The selection in words, such as `000001.SZ, from 2024-01-01, week, qfq`.
impl fmt::Display for Selection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut words: Vec<String> = Vec::new();
        match self.symbols() {
            [one, two, three, _, rest @ ..] => {
                words.push(format!("{one}, {two}, {three} and {} more", rest.len() + 1));
            }
            few => words.extend(few.iter().map(Symbol::to_string)),
        }
        words.extend(self.range().map(|range| range.to_string()));
        words.extend(self.period().filter(|period| *period != Period::Day).map(|period| period.to_string()));
        words.extend(self.adjust().filter(|adjust| *adjust != Adjust::None).map(|adjust| adjust.to_string()));
        match self {
            Self::Listing(listing) => {
                words.extend(listing.scope.map(|scope| scope.title.to_owned()));
                words.extend(listing.day.map(|day| day.to_string()));
            }
            Self::Keyword(keyword) => words.push(format!("{:?}", keyword.text)),
            Self::Free(free) => {
                words.extend(free.params.iter().map(|(name, value)| format!("{name}={value}")));
            }
            _ => {}
        }
        f.write_str(&words.join(", "))
    }
}
