//! What was asked of which sources, for the errors of calls.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;

use crate::error::{SourceError, seconds};
use crate::provenance::{Attempt, Skipped};
use crate::query::DatasetId;
use crate::venue::Zone;

/// What was asked of which sources.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Report {
    /// The data set.
    pub dataset: DatasetId,
    /// The query in words.
    pub query: String,
    /// The sources that were asked, in order.
    pub attempts: Vec<Attempt>,
    /// The sources that were not asked, each with the reason.
    pub skipped: Vec<Skipped>,
}

/// `cn_stock_daily (000001.SZ, all days): sina failed after 10.0 ms: …; tencent was not asked: …`
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.dataset, self.query)?;
        let attempts = self.attempts.iter().map(Attempt::to_string);
        let skipped = self.skipped.iter().map(Skipped::to_string);
        for (index, line) in attempts.chain(skipped).enumerate() {
            write!(f, "{}{line}", if index == 0 { ": " } else { "; " })?;
        }
        Ok(())
    }
}

/// No source that was asked has what the query asks for.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{} {report}{}", if *no_data { "no rows for" } else { "not found:" }, if *conclusive { "" } else { " (not every source was asked)" })]
pub struct NotFound {
    pub(super) report: Report,
    pub(super) no_data: bool,
    pub(super) conclusive: bool,
}

impl NotFound {
    /// Whether the instrument is known, and only the range has no rows.
    pub fn no_data(&self) -> bool {
        self.no_data
    }

    /// Whether every source was asked. If not, a source that was skipped, or not reached because of `max_attempts`, may
    /// still have an answer.
    pub fn conclusive(&self) -> bool {
        self.conclusive
    }

    /// The answer of the last source that was asked.
    pub fn last_error(&self) -> Option<&SourceError> {
        self.report.attempts.last().and_then(|attempt| attempt.error.as_ref())
    }
}

/// No source returned a table, and at least one failed or could not be asked.
#[derive(Debug, Clone)]
pub struct AllSourcesFailed {
    pub(super) report: Report,
    pub(super) last_error: SourceError,
    pub(super) retry_after: Option<Duration>,
    pub(super) recover_at: Option<Timestamp>,
    pub(super) forced: bool,
    pub(super) offline: bool,
}

impl AllSourcesFailed {
    /// The last failure of a source, of kind [`CircuitOpen`](crate::ErrorKind::CircuitOpen) if no source could be asked.
    pub fn last_error(&self) -> &SourceError {
        &self.last_error
    }

    /// The sources that were asked, in order.
    pub fn attempts(&self) -> &[Attempt] {
        &self.report.attempts
    }

    /// The sources that were not asked, each with the reason.
    pub fn skipped(&self) -> &[Skipped] {
        &self.report.skipped
    }

    /// Whether no connection to any vendor could be made, so the local network seems to be down. No circuit counts such a
    /// call.
    pub fn offline(&self) -> bool {
        self.offline
    }

    /// How long until the first open circuit admits a call; `None` if a source can be asked at once.
    pub fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }

    /// The same as an instant.
    pub fn recover_at(&self) -> Option<Timestamp> {
        self.recover_at
    }
}

impl fmt::Display for AllSourcesFailed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let who = if self.forced { "the forced source failed" } else { "all sources failed" };
        write!(f, "{who} for {}", self.report)?;
        if self.offline {
            f.write_str("; no vendor could be reached, so the local network seems to be down")?;
        }
        if let (Some(delay), Some(at)) = (self.retry_after, self.recover_at) {
            let at = Zone::Shanghai.clock(at);
            write!(f, "; retry at {} (in {})", at.strftime("%H:%M:%S"), seconds(delay))?;
        }
        if self.forced && self.report.attempts.is_empty() {
            f.write_str(", or reset the circuit")?;
        }
        Ok(())
    }
}

impl std::error::Error for AllSourcesFailed {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.last_error)
    }
}

/// The time of the call ran out before a source answered.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the call took longer than {} for {report}", seconds(*deadline))]
pub struct DeadlineExceeded {
    pub(super) report: Report,
    pub(super) deadline: Duration,
}

impl DeadlineExceeded {
    /// The time that the call had.
    pub fn deadline(&self) -> Duration {
        self.deadline
    }
}
