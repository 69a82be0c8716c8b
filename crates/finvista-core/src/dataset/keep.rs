//! How long an answer may be cached, and how long it may take.

use std::time::Duration;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::selection::Selection;

/// How long an answer may be cached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Keep {
    /// Not at all.
    #[default]
    Never,
    /// This number of seconds.
    For(u32),
    /// Seconds that depend on the days of the query: past days rarely change, and today does.
    Days {
        /// For past days.
        past: u32,
        /// For ranges that include today.
        now: u32,
    },
}

impl Keep {
    /// How long the answer to a selection may be cached, on this day.
    pub fn time(self, selection: &Selection, today: Date) -> Duration {
        let seconds = match self {
            Self::Never => 0,
            Self::For(seconds) => seconds,
            Self::Days { past, now } => {
                let end = selection.range().and_then(|range| range.end()).or_else(|| selection.day());
                if end.is_some_and(|end| end < today) { past } else { now }
            }
        };
        Duration::from_secs(seconds.into())
    }
}

/// How long an answer may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Pace {
    /// As long as the settings allow.
    #[default]
    Quick,
    /// Many requests under the rate limit of a vendor: attempt and call have their own times, the call is never hedged, and
    /// the rate limiter serves interactive calls first.
    Sweep {
        /// The seconds of one attempt.
        attempt: u32,
        /// The seconds of the whole call.
        call: u32,
    },
}

impl Pace {
    /// Whether it is a sweep.
    pub const fn is_sweep(self) -> bool {
        matches!(self, Self::Sweep { .. })
    }

    /// The time of one attempt: that of the settings, or that of the sweep if it is longer.
    pub fn attempt(self, settings: Duration) -> Duration {
        match self {
            Self::Quick => settings,
            Self::Sweep { attempt, .. } => settings.max(Duration::from_secs(attempt.into())),
        }
    }

    /// The time of the whole call: that of the settings, or that of the sweep if it is longer.
    pub fn call(self, settings: Duration) -> Duration {
        match self {
            Self::Quick => settings,
            Self::Sweep { call, .. } => settings.max(Duration::from_secs(call.into())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::range::DateRange;
    use crate::rules::Rules;
    use crate::shape::{Events, Keyword, Listing, Shape};
    use jiff::civil::date;

    #[test]
    fn past_days_keep_longer_than_today() {
        let today = date(2024, 6, 28);
        let days = Keep::Days { past: 3_600, now: 60 };
        let until = |end| Events::new(DateRange::new(None, end).unwrap()).erase();
        let on = |day| {
            let mut listing = Listing::new(&Rules::new("list"));
            listing.day = day;
            listing.erase()
        };
        let keyword = Keyword::new("x").unwrap().erase();
        for (selection, seconds) in [
            (until(Some(date(2024, 6, 27))), 3_600),
            (until(Some(today)), 60),
            (until(Some(date(2024, 7, 1))), 60),
            (until(None), 60),
            (on(Some(date(2024, 6, 27))), 3_600),
            (on(Some(today)), 60),
            (on(None), 60),
            (keyword, 60),
        ] {
            assert_eq!(days.time(&selection, today), Duration::from_secs(seconds), "{selection}");
            assert_eq!(Keep::For(7).time(&selection, today), Duration::from_secs(7));
            assert_eq!(Keep::default().time(&selection, today), Duration::ZERO);
        }
    }

    #[test]
    fn a_sweep_has_at_least_its_own_times() {
        let second = Duration::from_secs(1);
        let sweep = Pace::Sweep { attempt: 90, call: 180 };
        assert!(sweep.is_sweep() && !Pace::default().is_sweep());
        assert_eq!((sweep.attempt(10 * second), sweep.call(30 * second)), (90 * second, 180 * second));
        assert_eq!((sweep.attempt(100 * second), sweep.call(300 * second)), (100 * second, 300 * second));
        assert_eq!(
            (Pace::Quick.attempt(10 * second), Pace::Quick.call(30 * second)),
            (10 * second, 30 * second)
        );
    }

    #[test]
    fn both_cross_the_plugin_boundary_as_text() {
        for (keep, json) in [
            (Keep::Never, serde_json::json!("never")),
            (Keep::For(3), serde_json::json!({"for": 3})),
            (Keep::Days { past: 3_600, now: 60 }, serde_json::json!({"days": {"past": 3_600, "now": 60}})),
        ] {
            assert_eq!(serde_json::to_value(keep).unwrap(), json);
            assert_eq!(serde_json::from_value::<Keep>(json).unwrap(), keep);
        }
        let sweep = Pace::Sweep { attempt: 90, call: 180 };
        let json = serde_json::json!({"sweep": {"attempt": 90, "call": 180}});
        assert_eq!(serde_json::to_value(sweep).unwrap(), json);
        assert_eq!(serde_json::from_value::<Pace>(json).unwrap(), sweep);
    }
}
