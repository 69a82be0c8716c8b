//! A value of an item.

use std::borrow::Cow;

use finvista_core::{SourceError, wire};

use crate::LOT;

/// A value. The vendor writes some numbers as text and a missing one as `"-"`, and whether a price has a decimal point decides
/// how it is read.
#[derive(Debug, Clone, Copy, Default)]
pub(super) enum Cell<'a> {
    /// Not there, or null.
    #[default]
    Absent,
    /// A number without a point.
    Whole(i64),
    /// A number with a point.
    Decimal(f64),
    /// Anything else, as it is written, without quotes.
    Text(&'a str),
}

/// Any volume is smaller, and its number of shares is exact.
const MOST_LOTS: u64 = 10_000_000_000_000;

impl Cell<'_> {
    /// The number, or `None` where it is missing. `field` is for the error.
    #[inline]
    pub(super) fn number(self, field: &str) -> Result<Option<f64>, SourceError> {
        match self {
            Self::Absent => Ok(None),
            Self::Whole(number) => Ok(Some(number as f64)),
            Self::Decimal(number) => Ok(Some(number)),
            Self::Text(text) => wire::optional(field, text),
        }
    }

    /// The number of shares, given in lots.
    #[inline]
    pub(super) fn shares(self, field: &str) -> Result<Option<i64>, SourceError> {
        match self {
            Self::Whole(lots) if lots.unsigned_abs() < MOST_LOTS => Ok(Some(lots * LOT)),
            _ => self.any_shares(field),
        }
    }

    fn any_shares(self, field: &str) -> Result<Option<i64>, SourceError> {
        let Some(lots) = self.number(field)? else { return Ok(None) };
        let text = match self {
            Self::Text(text) => Cow::Borrowed(text),
            _ => Cow::Owned(lots.to_string()),
        };
        wire::shares(field, &text, LOT).map(Some)
    }

    /// Whether it is not there at all.
    pub(super) fn is_absent(self) -> bool {
        matches!(self, Self::Absent)
    }

    /// Whether it is there and says that there is nothing: `"-"` or 0.
    pub(super) fn is_nothing(self, field: &str) -> Result<bool, SourceError> {
        Ok(!self.is_absent() && self.number(field)?.is_none_or(|number| number == 0.0))
    }

    /// Whether it is written with a point.
    pub(super) fn has_point(self) -> bool {
        match self {
            Self::Absent | Self::Whole(_) => false,
            Self::Decimal(_) => true,
            Self::Text(text) => text.contains('.'),
        }
    }
}
