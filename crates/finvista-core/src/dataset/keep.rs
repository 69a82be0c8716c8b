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
