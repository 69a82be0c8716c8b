//! The length of a bar.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::error::InvalidInput;

/// The length of the bars of a series.
///
/// ```
/// use finvista_core::Period;
///
/// assert_eq!("5m".parse(), Ok(Period::Minutes(5)));
/// assert_eq!("week".parse(), Ok(Period::Week));
/// assert_eq!(Period::Minutes(60).to_string(), "60m");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
#[non_exhaustive]
pub enum Period {
    /// One trading day.
    #[default]
    Day,
    /// One calendar week, labelled by its last trading day.
    Week,
    /// One calendar month, labelled by its last trading day.
    Month,
    /// This many minutes of trading, labelled by the end of the bar.
    Minutes(u8),
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Day => f.write_str("day"),
            Self::Week => f.write_str("week"),
            Self::Month => f.write_str("month"),
            Self::Minutes(minutes) => write!(f, "{minutes}m"),
        }
    }
}

/// Reads `day`, `week`, `month`, and minutes as `5`, `5m` or `5min`.
impl FromStr for Period {
    type Err = InvalidInput;

    fn from_str(text: &str) -> Result<Self, InvalidInput> {
        let lower = text.trim().to_ascii_lowercase();
        match lower.as_str() {
            "day" | "daily" | "d" | "1d" => return Ok(Self::Day),
            "week" | "weekly" | "w" | "1w" => return Ok(Self::Week),
            "month" | "monthly" | "1mo" => return Ok(Self::Month),
            _ => {}
        }
        let digits = lower.strip_suffix("min").or_else(|| lower.strip_suffix('m')).unwrap_or(&lower);
        match digits.parse() {
            Ok(minutes) if minutes > 0 => Ok(Self::Minutes(minutes)),
            _ => Err(InvalidInput::new(format!(
                "expected a period such as day, week, month or 5m, got {text:?}"
            ))),
        }
    }
}

impl Serialize for Period {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Period {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_round_trip() {
        for period in [Period::Day, Period::Week, Period::Month, Period::Minutes(1), Period::Minutes(120)] {
            assert_eq!(period.to_string().parse(), Ok(period));
        }
        for text in ["", "0", "0m", "m", "-5", "256", "year", "5 minutes"] {
            assert!(text.parse::<Period>().unwrap_err().to_string().contains("5m"), "{text:?}");
        }
    }
}
