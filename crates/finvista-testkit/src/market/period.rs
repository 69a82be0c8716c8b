//! Weeks and months, put together from the days.

use std::ops::Range;

use jiff::ToSpan;
use jiff::civil::Date;

use super::instrument::Instrument;
use super::terms::{Adjust, AdjustedBar, Bar};

/// How much time one bar covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Period {
    /// One trading day.
    Day,
    /// Monday to Sunday.
    Week,
    /// A calendar month.
    Month,
}

impl Period {
    /// The first calendar day of the period that `day` lies in.
    fn begin(self, day: Date) -> Date {
        match self {
            Self::Day => day,
            Self::Week => {
                day.checked_sub(i64::from(day.weekday().to_monday_zero_offset()).days()).unwrap_or(day)
            }
            Self::Month => day.first_of_month(),
        }
    }
}

impl Instrument {
    /// Bars of `period`, ascending, as traded. Each carries the date of its last traded day, so that of a period under
    /// way is the last day so far. A period without a trade has no bar. Turnovers add up.
    pub fn bars_by(&self, period: Period) -> Vec<Bar> {
        let bar = |days: &[Bar]| {
            let (first, last) = (days.first()?, days.last()?);
            Some(Bar {
                date: last.date,
                open: first.open,
                high: days.iter().map(|bar| bar.high).max()?,
                low: days.iter().map(|bar| bar.low).min()?,
                close: last.close,
                volume: days.iter().map(|bar| bar.volume).sum(),
                amount: days.iter().map(|bar| bar.amount).sum(),
                turnover: days.iter().map(|bar| bar.turnover).sum(),
            })
        };
        self.spans(period).into_iter().filter_map(|span| bar(self.bars.get(span)?)).collect()
    }

    /// The prices of [`Instrument::bars_by`] after adjustment: each day is adjusted first, then the days are put
    /// together.
    pub fn adjusted_by(&self, period: Period, adjust: Adjust) -> Vec<AdjustedBar> {
        let days = self.adjusted(adjust);
        let bar = |days: &[AdjustedBar]| {
            let (first, last) = (days.first()?, days.last()?);
            Some(AdjustedBar {
                date: last.date,
                open: first.open,
                high: days.iter().map(|bar| bar.high).fold(f64::NEG_INFINITY, f64::max),
                low: days.iter().map(|bar| bar.low).fold(f64::INFINITY, f64::min),
                close: last.close,
            })
        };
        self.spans(period).into_iter().filter_map(|span| bar(days.get(span)?)).collect()
    }

    /// The days of each period, as ranges of indices.
    fn spans(&self, period: Period) -> Vec<Range<usize>> {
        let mut spans = Vec::new();
        let mut begin = 0;
        for chunk in self.bars.chunk_by(|a, b| period.begin(a.date) == period.begin(b.date)) {
            spans.push(begin..begin + chunk.len());
            begin += chunk.len();
        }
        spans
    }
}
