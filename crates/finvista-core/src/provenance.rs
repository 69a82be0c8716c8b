//! How a table came, or why there is none: the sources that were asked, and those that were not.

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
    /// Every source that was asked, in order, the last one being the one that answered.
    pub attempts: Vec<Attempt>,
    /// The sources that were not asked, with the reason.
    pub skipped: Vec<Skipped>,
    /// From the start of the call to the table, in seconds where it is serialised.
    #[serde(serialize_with = "in_seconds")]
    pub elapsed: Duration,
    /// When the answer arrived.
    pub fetched_at: Timestamp,
    /// Symbols that were asked for and that the source does not know.
    pub missing: Vec<Symbol>,
    /// Whether it came out of the cache, or from another's call for the same that was under way already.
    pub cached: bool,
    /// How old it is, where it is older than it should be: every source failed, and the caller allowed an old answer.
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
            cached: false,
            stale: None,
        }
    }
}

/// One source that was asked.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Attempt {
    /// The source.
    pub source: String,
    /// Why it gave no table, or `None` where it did.
    pub error: Option<SourceError>,
    /// How long it took, in seconds where it is serialised.
    #[serde(serialize_with = "in_seconds")]
    pub elapsed: Duration,
}

impl fmt::Display for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.error {
            None => write!(f, "{} answered in {}", self.source, seconds(self.elapsed)),
            Some(error) => write!(f, "{} failed after {}: {error}", self.source, seconds(self.elapsed)),
        }
    }
}

impl Attempt {
    /// An attempt at a source.
    pub fn new(source: impl Into<String>, error: Option<SourceError>, elapsed: Duration) -> Self {
        Self { source: source.into(), error, elapsed }
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
    /// Its circuit is open for this data set.
    Open {
        /// The time left until it is tried again.
        #[serde(serialize_with = "in_seconds")]
        retry_after: Duration,
    },
    /// Its circuit is half open, and the one call that is let through is under way.
    ProbeInFlight,
    /// Our own rate limit for its host left no room in the time of an attempt.
    Throttled {
        /// The time until there is room, where it is known.
        #[serde(serialize_with = "optional_seconds")]
        retry_after: Option<Duration>,
    },
    /// Its vendor banned us: it turned us away again and again.
    Banned {
        /// The failure domain, which all its sources and data sets share.
        domain: String,
        /// The time left until one call tries again; `None` while one does.
        #[serde(serialize_with = "optional_seconds")]
        retry_after: Option<Duration>,
    },
    /// It is disabled.
    Disabled,
    /// It cannot answer this query exactly: why.
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
                write!(f, "its circuit is open, and tried again in {}", seconds(*retry_after))
            }
            Self::ProbeInFlight => f.write_str("its circuit is half open, and a trial call is under way"),
            Self::Throttled { retry_after: Some(wait) } => {
                write!(f, "our rate limit leaves room for it in {}", seconds(*wait))
            }
            Self::Throttled { retry_after: None } => {
                f.write_str("our rate limit leaves no room for it in time")
            }
            Self::Banned { domain, retry_after: Some(wait) } => {
                write!(f, "{domain} turned us away again and again, and is tried again in {}", seconds(*wait))
            }
            Self::Banned { domain, retry_after: None } => {
                write!(f, "{domain} turned us away again and again, and a trial call is under way")
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
