//! Ranges of days.

use std::fmt;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::error::InvalidInput;

/// A range of days, both ends inclusive. Without a start it begins with the first listing day, and without an end it ends
/// today.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize)]
pub struct DateRange {
    start: Option<Date>,
    end: Option<Date>,
}

impl DateRange {
    /// The days from `start` to `end`.
    ///
    /// # Errors
    ///
    /// When the start lies after the end.
    pub fn new(start: Option<Date>, end: Option<Date>) -> Result<Self, InvalidInput> {
        match (start, end) {
            (Some(start), Some(end)) if start > end => {
                Err(InvalidInput::new(format!("expected a start on or before the end {end}, got {start}")))
            }
            _ => Ok(Self { start, end }),
        }
    }

    /// The first day, or `None` for the first listing day.
    pub fn start(&self) -> Option<Date> {
        self.start
    }

    /// The last day, or `None` for today.
    pub fn end(&self) -> Option<Date> {
        self.end
    }

    /// Whether the day lies inside.
    pub fn contains(&self, day: Date) -> bool {
        self.start.is_none_or(|start| start <= day) && self.end.is_none_or(|end| day <= end)
    }
}

impl fmt::Display for DateRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.start, self.end) {
            (None, None) => f.write_str("all days"),
            (Some(start), None) => write!(f, "from {start}"),
            (None, Some(end)) => write!(f, "until {end}"),
            (Some(start), Some(end)) => write!(f, "{start} to {end}"),
        }
    }
}

/// Goes through [`DateRange::new`], so that a stored range is valid too.
impl<'de> Deserialize<'de> for DateRange {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Ends {
            #[serde(default)]
            start: Option<Date>,
            #[serde(default)]
            end: Option<Date>,
        }
        let ends = Ends::deserialize(deserializer)?;
        Self::new(ends.start, ends.end).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn the_ends_are_in_order() {
        let range = DateRange::new(Some(date(2024, 1, 1)), Some(date(2024, 1, 31))).unwrap();
        assert!(range.contains(date(2024, 1, 1)) && range.contains(date(2024, 1, 31)));
        assert!(!range.contains(date(2023, 12, 31)) && !range.contains(date(2024, 2, 1)));
        assert!(DateRange::new(Some(date(2024, 2, 1)), Some(date(2024, 1, 1))).is_err());
        assert!(serde_json::from_str::<DateRange>(r#"{"start":"2024-02-01","end":"2024-01-01"}"#).is_err());
    }
}
