//! Capabilities: which queries a source answers exactly, and how precise its numbers are.

use std::fmt;

use jiff::civil::Date;
use serde::{Serialize, Serializer};

use crate::adjust::Adjust;
use crate::board::{Board, Boards};
use crate::date;
use crate::period::Period;
use crate::precision::Precision;
use crate::range::DateRange;
use crate::rules::Scope;
use crate::selection::Selection;
use crate::symbol::Symbol;

/// The queries of a data set that a source answers exactly. It is checked before every call, and no other query is sent. It is
/// plain data, made in a `const`.
///
/// ```
/// use finvista_core::{Adjust, Board, Boards, Capability, Period};
///
/// // Daily and weekly bars, adjusted except for Beijing shares, and no more than the last 1,023 bars.
/// const ALL: Boards = Boards::of(&[Board::Main, Board::Star, Board::ChiNext, Board::Beijing]);
/// const CAPABILITY: Capability = Capability::of_boards(ALL)
///     .adjusts(Adjust::Qfq, ALL.without(Board::Beijing))
///     .periods(&[Period::Day, Period::Week])
///     .last_bars(1_023);
/// # let _ = CAPABILITY;
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Capability {
    /// The boards of unadjusted data; `None` for every board of the data set.
    pub boards: Option<Boards>,
    /// The boards of forward-adjusted prices.
    pub qfq: Boards,
    /// The boards of backward-adjusted prices.
    pub hfq: Boards,
    /// The periods; `None` for every period of the data set.
    pub periods: Option<&'static [Period]>,
    /// The names of the scopes; `None` for every scope of the data set.
    pub scopes: Option<&'static [&'static str]>,
    /// How many of the latest bars it has; `None` for all.
    pub last_bars: Option<u32>,
    /// For how many calendar days, including today, it has bars shorter than a day; `None` for all.
    pub days_back: Option<u32>,
    /// The most instruments in one query; `None` for any number.
    pub most_symbols: Option<u32>,
    /// How precise its numbers are.
    pub precision: Precision,
}

impl Capability {
    /// Answers every query of the data set, except for adjusted prices.
    pub const fn any() -> Self {
        Self {
            boards: None,
            qfq: Boards::NONE,
            hfq: Boards::NONE,
            periods: None,
            scopes: None,
            last_bars: None,
            days_back: None,
            most_symbols: None,
            precision: Precision::COARSEST,
        }
    }

    /// Answers queries for instruments of these boards, unadjusted.
    pub const fn of_boards(boards: Boards) -> Self {
        let mut capability = Self::any();
        capability.boards = Some(boards);
        capability
    }

    /// Adds this adjustment for the instruments of these boards.
    #[must_use]
    pub const fn adjusts(mut self, adjust: Adjust, boards: Boards) -> Self {
        match adjust {
            Adjust::None => {}
            Adjust::Qfq => self.qfq = boards,
            Adjust::Hfq => self.hfq = boards,
        }
        self
    }

    /// Limits it to these periods.
    #[must_use]
    pub const fn periods(mut self, periods: &'static [Period]) -> Self {
        self.periods = Some(periods);
        self
    }

    /// Limits it to the scopes with these names.
    #[must_use]
    pub const fn scopes(mut self, scopes: &'static [&'static str]) -> Self {
        self.scopes = Some(scopes);
        self
    }

    /// Limits it to the latest `bars` of a series.
    #[must_use]
    pub const fn last_bars(mut self, bars: u32) -> Self {
        self.last_bars = Some(bars);
        self
    }

    /// Limits bars shorter than a day to the latest calendar `days`, including today.
    #[must_use]
    pub const fn days_back(mut self, days: u32) -> Self {
        self.days_back = Some(days);
        self
    }

    /// Limits it to queries for at most this many instruments.
    #[must_use]
    pub const fn most_symbols(mut self, symbols: u32) -> Self {
        self.most_symbols = Some(symbols);
        self
    }

    /// Sets how precise the numbers are.
    #[must_use]
    pub const fn precision(mut self, precision: Precision) -> Self {
        self.precision = precision;
        self
    }

    /// The boards of an adjustment; `None` for every board of the data set.
    pub const fn boards_of(&self, adjust: Adjust) -> Option<Boards> {
        match adjust {
            Adjust::None => self.boards,
            Adjust::Qfq => Some(self.qfq),
            Adjust::Hfq => Some(self.hfq),
        }
    }

    /// Whether the source answers this selection, on this day.
    ///
    /// # Errors
    ///
    /// The first reason why it does not.
    pub fn answers(&self, selection: &Selection, today: Date) -> Result<(), Refusal> {
        let symbols = selection.symbols();
        let adjust = selection.adjust().unwrap_or_default();
        for &symbol in symbols {
            let board = symbol.board();
            if self.boards.is_some_and(|boards| !boards.contains(board)) {
                return Err(Refusal::Board { symbol, board });
            }
            if adjust != Adjust::None && self.boards_of(adjust).is_some_and(|boards| !boards.contains(board))
            {
                return Err(Refusal::Adjust { symbol, board, adjust });
            }
        }
        if let Some(most) = self.most_symbols.filter(|&most| symbols.len() > most as usize) {
            return Err(Refusal::Symbols { asked: symbols.len(), most });
        }
        match (self.scopes, selection.scope()) {
            (Some(scopes), Some(scope)) if !scopes.contains(&scope.name) => {
                return Err(Refusal::Scope(scope));
            }
            _ => {}
        }
        let period = selection.period().unwrap_or_default();
        if self.periods.is_some_and(|periods| selection.period().is_some() && !periods.contains(&period)) {
            return Err(Refusal::Period(period));
        }
        match selection.range() {
            Some(range) => self.reaches(range, period, today),
            None => Ok(()),
        }
    }

    fn reaches(&self, range: DateRange, period: Period, today: Date) -> Result<(), Refusal> {
        if let Some(bars) = self.last_bars {
            // There are at least as many weekdays as trading days, so a range that fits by weekdays is certainly covered.
            let needed = range.start().map(|start| bars_of(period, date::weekdays(start, today)));
            if needed.is_none_or(|needed| needed > i64::from(bars)) {
                return Err(Refusal::Bars { reach: bars, range });
            }
        }
        match (self.days_back, period) {
            (Some(days), Period::Minutes(_)) => {
                let age = |start: Date| {
                    i64::from(date::days_since_epoch(today)) - i64::from(date::days_since_epoch(start)) + 1
                };
                match range.start() {
                    Some(start) if age(start) <= i64::from(days) => Ok(()),
                    _ => Err(Refusal::Days { reach: days, range }),
                }
            }
            _ => Ok(()),
        }
    }
}

/// The most bars of a period in this many weekdays. No mainland stock trades for more than four hours a day.
fn bars_of(period: Period, weekdays: i64) -> i64 {
    match period {
        Period::Day => weekdays,
        // A partial week or month at either end is a bar of its own.
        Period::Week => weekdays.div_euclid(5) + 2,
        Period::Month => weekdays.div_euclid(20) + 2,
        Period::Minutes(minutes) => {
            weekdays.saturating_mul(240_i64.div_euclid(i64::from(minutes.max(1))) + 1)
        }
    }
}

/// Why a source does not answer a query exactly.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// It does not serve the board of an instrument.
    Board {
        /// The instrument.
        symbol: Symbol,
        /// Its board.
        board: Board,
    },
    /// It does not have this adjustment for the board of an instrument.
    Adjust {
        /// The instrument.
        symbol: Symbol,
        /// Its board.
        board: Board,
        /// The adjustment asked for.
        adjust: Adjust,
    },
    /// It does not serve this period.
    Period(Period),
    /// It does not list this part of the market.
    Scope(Scope),
    /// The range may need more bars than it has.
    Bars {
        /// How many of the latest bars it has.
        reach: u32,
        /// The range asked for.
        range: DateRange,
    },
    /// The range begins before the days that it has.
    Days {
        /// For how many calendar days, including today, it has bars.
        reach: u32,
        /// The range asked for.
        range: DateRange,
    },
    /// The query names too many instruments.
    Symbols {
        /// The number of instruments asked for.
        asked: usize,
        /// The most instruments in one query.
        most: u32,
    },
    /// The source refused when it was asked, for this reason.
    Other(String),
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Board { symbol, board } => write!(f, "does not serve {symbol}, {}", board.with_article()),
            Self::Adjust { symbol, board, adjust } => {
                write!(f, "has no {adjust} prices of {symbol}, {}", board.with_article())
            }
            Self::Period(period) => write!(f, "does not serve {period} bars"),
            Self::Scope(scope) => write!(f, "does not list {scope} ({})", scope.title),
            Self::Bars { reach, range } if range.start().is_none() => {
                write!(f, "has the latest {reach} bars, and the query has no start")
            }
            Self::Bars { reach, range } => {
                write!(f, "has the latest {reach} bars, and {range} may need more")
            }
            Self::Days { reach, range } if range.start().is_none() => {
                write!(f, "has the latest {reach} days, and the query has no start")
            }
            Self::Days { reach, range } => {
                write!(f, "has the latest {reach} days, and the query asks for {range}")
            }
            Self::Symbols { asked, most } => {
                write!(f, "answers at most {most} instruments at once, not {asked}")
            }
            Self::Other(why) => f.write_str(why),
        }
    }
}

impl Serialize for Refusal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests;
