//! Provenance: the sources that were asked for a table, and those that were not.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Serialize, Serializer};

use crate::capability::Refusal;
use crate::error::{SourceError, seconds};
use crate::query::DatasetId;
use crate::symbol::Symbol;

/// Where a table came from.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Provenance {
    /// The data set.
    pub dataset: DatasetId,
    /// The source that answered.
    pub source: String,
    /// The sources that were asked, in order.
    pub attempts: Vec<Attempt>,
    /// The sources that were not asked, each with the reason.
    pub skipped: Vec<Skipped>,
    /// The time from the start of the call to the table; in seconds when serialised.
    #[serde(serialize_with = "in_seconds")]
    pub elapsed: Duration,
    /// When the answer arrived.
    pub fetched_at: Timestamp,
    /// The symbols asked for that the table lacks, those of dropped rows included.
    pub missing: Vec<Symbol>,
    /// The rows that failed a check of the data set and are not in the table.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub dropped: Vec<Dropped>,
    /// Whether it came from the cache, or from another call in flight for the same query.
    pub cached: bool,
    /// The age of a stale table, which the caller accepted because every source failed; in seconds when serialised.
    #[serde(serialize_with = "optional_seconds")]
    pub stale: Option<Duration>,
}

impl Provenance {
    pub(crate) fn unknown() -> Self {
        Self {
            dataset: DatasetId::new(""),
            source: String::new(),
            attempts: Vec::new(),
            skipped: Vec::new(),
            elapsed: Duration::ZERO,
            fetched_at: Timestamp::UNIX_EPOCH,
            missing: Vec::new(),
            dropped: Vec::new(),
            cached: false,
            stale: None,
        }
    }
}

/// A row that failed a check of its data set, while the other rows passed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Dropped {
    /// The key of the row, such as `600000.SH`.
    pub row: String,
    /// What is wrong with it.
    pub reason: String,
}

impl fmt::Display for Dropped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} was dropped: {}", self.row, self.reason)
    }
}

/// One source that was asked.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Attempt {
    /// The source.
    pub source: String,
    /// Why it returned no table; `None` if it did.
    pub error: Option<SourceError>,
    /// How long it took; in seconds when serialised.
    #[serde(serialize_with = "in_seconds")]
    pub elapsed: Duration,
    /// The part of that time in which our own rate limit held the requests back; in seconds when serialised, unless it is zero.
    #[serde(serialize_with = "in_seconds", skip_serializing_if = "Duration::is_zero")]
    pub held_back: Duration,
}

/// Shows the source's own time, and the wait for our rate limit apart from it.
impl fmt::Display for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let own = seconds(self.elapsed.saturating_sub(self.held_back));
        match &self.error {
            None => write!(f, "{} answered in {own}", self.source)?,
            Some(_) => write!(f, "{} failed after {own}", self.source)?,
        }
        if !self.held_back.is_zero() {
            write!(f, " and {} of our rate limit", seconds(self.held_back))?;
        }
        self.error.as_ref().map_or(Ok(()), |error| write!(f, ": {error}"))
    }
}

impl Attempt {
    /// An attempt at a source that our rate limit did not hold back.
    pub fn new(source: impl Into<String>, error: Option<SourceError>, elapsed: Duration) -> Self {
        Self { source: source.into(), error, elapsed, held_back: Duration::ZERO }
    }
}

/// One source that was not asked.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Skipped {
    /// The source.
    pub source: String,
    /// Why.
    pub reason: SkipReason,
}

impl Skipped {
    /// A source that was not asked.
    pub fn new(source: impl Into<String>, reason: SkipReason) -> Self {
        Self { source: source.into(), reason }
    }
}

/// Why a source was not asked.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SkipReason {
    /// Its circuit for the data set is open.
    Open {
        /// The time until the circuit admits a probe.
        #[serde(serialize_with = "in_seconds")]
        retry_after: Duration,
    },
    /// Its circuit is half open, and the probe is in flight.
    ProbeInFlight,
    /// Our own rate limit for its host allows no request within the time of an attempt.
    Throttled {
        /// The time until it allows one, if known.
        #[serde(serialize_with = "optional_seconds")]
        retry_after: Option<Duration>,
    },
    /// Its vendor banned us: it refused us repeatedly.
    Banned {
        /// The failure domain. A ban covers all its sources and data sets.
        domain: String,
        /// The time until a probe; `None` while one is in flight.
        #[serde(serialize_with = "optional_seconds")]
        retry_after: Option<Duration>,
    },
    /// The call was one of many, and our own rate limit allowed another source to be asked sooner.
    Spread {
        /// How long the limit would have held this source back.
        #[serde(serialize_with = "in_seconds")]
        wait: Duration,
    },
    /// It is disabled.
    Disabled,
    /// It does not answer this query exactly, for this reason.
    Unsupported(Refusal),
}

impl SkipReason {
    /// The name in metrics, such as `open`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Open { .. } => "open",
            Self::ProbeInFlight => "probe_in_flight",
            Self::Throttled { .. } => "throttled",
            Self::Banned { .. } => "banned",
            Self::Spread { .. } => "spread",
            Self::Disabled => "disabled",
            Self::Unsupported(_) => "unsupported",
        }
    }
}

impl fmt::Display for Skipped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} was not asked: {}", self.source, self.reason)
    }
}

impl fmt::Display for SkipReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open { retry_after } => {
                write!(f, "its circuit is open for another {}", seconds(*retry_after))
            }
            Self::ProbeInFlight => f.write_str("its circuit is half open, and a probe is in flight"),
            Self::Throttled { retry_after: Some(wait) } => {
                write!(f, "our rate limit delays it by {}", seconds(*wait))
            }
            Self::Throttled { retry_after: None } => f.write_str("our rate limit delays it too long"),
            Self::Banned { domain, retry_after: Some(wait) } => {
                write!(f, "{domain} banned us, for about another {}", seconds(*wait))
            }
            Self::Banned { domain, retry_after: None } => {
                write!(f, "{domain} banned us, and a probe is in flight")
            }
            Self::Spread { wait } => {
                write!(
                    f,
                    "our rate limit would delay it by {}, and another source was free sooner",
                    seconds(*wait)
                )
            }
            Self::Disabled => f.write_str("it is disabled"),
            Self::Unsupported(refusal) => refusal.fmt(f),
        }
    }
}

pub(crate) fn in_seconds<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(duration.as_secs_f64())
}

fn optional_seconds<S: Serializer>(duration: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
    duration.map(|duration| duration.as_secs_f64()).serialize(serializer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    #[test]
    fn our_own_wait_is_not_shown_as_the_source_s_time() {
        let ms = Duration::from_millis;
        let mut attempt = Attempt::new("sina", None, ms(5_250));
        assert_eq!(attempt.to_string(), "sina answered in 5.2 s");
        attempt.held_back = ms(5_000);
        assert_eq!(attempt.to_string(), "sina answered in 250.0 ms and 5.0 s of our rate limit");
        attempt.error = Some(SourceError::new(ErrorKind::Upstream, "status 503"));
        assert_eq!(
            attempt.to_string(),
            "sina failed after 250.0 ms and 5.0 s of our rate limit: upstream: status 503"
        );
    }
}
