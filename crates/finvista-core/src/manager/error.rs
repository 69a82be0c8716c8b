//! What a caller learns when there is no table.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;

use crate::date;
use crate::error::{ConfigError, InvalidInput, SourceError, seconds};
use crate::provenance::{Attempt, Skipped};
use crate::query::DatasetId;

/// Why a call gave no table. Every message names the data set, what was asked, and the sources.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The query cannot be meant.
    #[error("{message}")]
    InvalidInput {
        /// What was wrong, and what is right.
        message: String,
        /// The sources that were asked before one of them said so; `None` when nobody was asked.
        report: Option<Box<Report>>,
    },
    /// Every source that was asked knows nothing of it.
    #[error(transparent)]
    NotFound(Box<NotFound>),
    /// No source can answer this query exactly.
    #[error("no source can answer {0}")]
    Unsupported(Box<Report>),
    /// No source gave a table, and at least one failed or could not be asked.
    #[error(transparent)]
    AllSourcesFailed(Box<AllSourcesFailed>),
    /// No source for the data set is registered and enabled.
    #[error("no source for {dataset}: {}", match disabled.as_slice() {
        [] => "none is registered".to_owned(),
        names => format!("all are disabled ({})", names.join(", ")),
    })]
    NoSource {
        /// The data set.
        dataset: DatasetId,
        /// The sources that have it and are disabled.
        disabled: Vec<String>,
    },
    /// There is no such source for the data set.
    #[error("no source {name:?} for {dataset}: there {}", list(known))]
    UnknownSource {
        /// What was asked for.
        name: String,
        /// The data set, or `any data set`.
        dataset: String,
        /// The sources that there are.
        known: Vec<String>,
    },
    /// There is no such data set.
    #[error("no data set {name:?}: there {}", list(known))]
    UnknownDataset {
        /// What was asked for.
        name: String,
        /// The data sets that there are.
        known: Vec<String>,
    },
    /// The time of the call was over.
    #[error(transparent)]
    DeadlineExceeded(Box<DeadlineExceeded>),
    /// A setting is wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
}

fn list(known: &[String]) -> String {
    match known {
        [] => "is none".to_owned(),
        [one] => format!("is {one}"),
        many => format!("are {}", many.join(", ")),
    }
}

impl Error {
    /// The sources that were asked, in order.
    pub fn attempts(&self) -> &[Attempt] {
        self.report().map_or(&[], |report| &report.attempts)
    }

    /// The sources that were not asked, with the reason.
    pub fn skipped(&self) -> &[Skipped] {
        self.report().map_or(&[], |report| &report.skipped)
    }

    /// Who was asked for what, where the call came that far.
    pub fn report(&self) -> Option<&Report> {
        match self {
            Self::InvalidInput { report, .. } => report.as_deref(),
            Self::NotFound(e) => Some(&e.report),
            Self::Unsupported(report) => Some(report),
            Self::AllSourcesFailed(e) => Some(&e.report),
            Self::DeadlineExceeded(e) => Some(&e.report),
            _ => None,
        }
    }
}

impl From<InvalidInput> for Error {
    fn from(error: InvalidInput) -> Self {
        Self::InvalidInput { message: error.to_string(), report: None }
    }
}

/// Who was asked for what.
#[derive(Debug, Clone)]
pub struct Report {
    /// The data set.
    pub dataset: DatasetId,
    /// What was asked, in words.
    pub query: String,
    /// The sources that were asked, in order.
    pub attempts: Vec<Attempt>,
    /// The sources that were not asked, with the reason.
    pub skipped: Vec<Skipped>,
}

/// `cn_stock_daily (000001.SZ, all days): sina failed after 0.010 s: …; tencent was not asked: …`
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

/// Every source that was asked knows nothing of what was asked.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{} {report}{}", if *no_data { "no rows for" } else { "not found:" }, if *conclusive { "" } else { " (not every source was asked)" })]
pub struct NotFound {
    pub(super) report: Report,
    pub(super) no_data: bool,
    pub(super) conclusive: bool,
}

impl NotFound {
    /// Whether the instrument is known and only the range holds no rows.
    pub fn no_data(&self) -> bool {
        self.no_data
    }

    /// Whether every source was asked. If not, one that was skipped, or left unasked by `max_attempts`, might know more.
    pub fn conclusive(&self) -> bool {
        self.conclusive
    }

    /// The answer of the last source that was asked.
    pub fn last_error(&self) -> Option<&SourceError> {
        self.report.attempts.last().and_then(|attempt| attempt.error.as_ref())
    }
}

/// No source gave a table.
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
    /// The last failure of a source. Of kind [`CircuitOpen`](crate::ErrorKind::CircuitOpen) when nobody could be asked.
    pub fn last_error(&self) -> &SourceError {
        &self.last_error
    }

    /// The sources that were asked, in order.
    pub fn attempts(&self) -> &[Attempt] {
        &self.report.attempts
    }

    /// The sources that were not asked, with the reason.
    pub fn skipped(&self) -> &[Skipped] {
        &self.report.skipped
    }

    /// Whether no connection to any vendor came about: the network here seems to be down. No circuit counted it.
    pub fn offline(&self) -> bool {
        self.offline
    }

    /// How long until the first open circuit lets a call through; `None` when a source can be asked again at once.
    pub fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }

    /// The same as a time of day.
    pub fn recover_at(&self) -> Option<Timestamp> {
        self.recover_at
    }
}

impl fmt::Display for AllSourcesFailed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let who = if self.forced { "the source asked for failed" } else { "all sources failed" };
        write!(f, "{who} for {}", self.report)?;
        if self.offline {
            f.write_str("; no vendor could be reached, so the network here seems to be down")?;
        }
        if let (Some(delay), Some(at)) = (self.retry_after, self.recover_at) {
            let at = date::clock_in_china(at);
            write!(f, "; come back at {} (in {})", at.strftime("%H:%M:%S"), seconds(delay))?;
        }
        if self.forced && self.report.attempts.is_empty() {
            write!(f, ", or reset the circuit")?;
        }
        Ok(())
    }
}

impl std::error::Error for AllSourcesFailed {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.last_error)
    }
}

/// The time of the call was over before a source answered.
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
