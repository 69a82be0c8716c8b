//! Why a call returned no table.

use std::fmt;
use std::time::Duration;

use serde::{Serialize, Serializer};

use super::report::{AllSourcesFailed, DeadlineExceeded, NotFound, Report};
use crate::error::{ConfigError, InvalidInput};
use crate::provenance::{Attempt, Skipped};
use crate::query::DatasetId;
use crate::rules::choice;
use crate::table::WrongDataset;

/// Why a call returned no table. Every message names the data set, the query and the sources.
///
/// [`kind`](Self::kind) is enough to decide what to do next:
///
/// ```
/// use finvista_core::InvalidInput;
/// use finvista_core::manager::{Error, FailureKind};
///
/// let error = Error::from(InvalidInput::of("symbol", "expected a symbol, got \"?\""));
/// assert_eq!(error.kind(), FailureKind::InvalidInput);
/// assert_eq!(error.param(), Some("symbol"));
/// assert!(!error.is_retryable());
/// ```
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The query is wrong, whichever source would answer it.
    #[error("{message}")]
    InvalidInput {
        /// What was expected, and what came instead.
        message: String,
        /// The parameter that is wrong, if the error is about a single one.
        param: Option<&'static str>,
        /// The sources asked before one of them refused the query; `None` if no source was asked.
        report: Option<Box<Report>>,
    },
    /// No source that was asked has what the query asks for.
    #[error(transparent)]
    NotFound(Box<NotFound>),
    /// No source can answer this query exactly.
    #[error("no source can answer {0}")]
    Unsupported(Box<Report>),
    /// No source returned a table, and at least one failed or could not be asked.
    #[error(transparent)]
    AllSourcesFailed(Box<AllSourcesFailed>),
    /// No source of the data set is registered and enabled.
    #[error("no source for {dataset}: {}", match disabled.as_slice() {
        [] => "none is registered".to_owned(),
        names => format!("all are disabled ({})", names.join(", ")),
    })]
    NoSource {
        /// The data set.
        dataset: DatasetId,
        /// The sources of the data set that are disabled.
        disabled: Vec<String>,
    },
    /// The data set has no source of this name.
    #[error("expected a source of {dataset} ({}), got {name:?}", choice(known.iter()))]
    UnknownSource {
        /// The name.
        name: String,
        /// The data set, or `any data set`.
        dataset: String,
        /// The sources of the data set.
        known: Vec<String>,
    },
    /// No data set of this name is registered.
    #[error("expected a data set ({}), got {name:?}", choice(known.iter()))]
    UnknownDataset {
        /// The name.
        name: String,
        /// The registered data sets.
        known: Vec<String>,
    },
    /// The time of the call ran out.
    #[error(transparent)]
    DeadlineExceeded(Box<DeadlineExceeded>),
    /// A setting is wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
}

/// What kind of failure an [`Error`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FailureKind {
    /// The query is wrong.
    InvalidInput,
    /// No source knows the instrument.
    NotFound,
    /// The instrument is known, and the range has no rows.
    NoData,
    /// No source can answer the query exactly.
    Unsupported,
    /// No source returned a table, and at least one failed or could not be asked.
    AllSourcesFailed,
    /// No source of the data set is registered and enabled.
    NoSource,
    /// The data set has no source of this name.
    UnknownSource,
    /// No data set of this name is registered.
    UnknownDataset,
    /// The time of the call ran out.
    DeadlineExceeded,
    /// A setting is wrong.
    Config,
}

impl FailureKind {
    /// The name in reports and metrics, such as `not_found`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::InvalidInput => "invalid_input",
            Self::NotFound => "not_found",
            Self::NoData => "no_data",
            Self::Unsupported => "unsupported",
            Self::AllSourcesFailed => "all_sources_failed",
            Self::NoSource => "no_source",
            Self::UnknownSource => "unknown_source",
            Self::UnknownDataset => "unknown_dataset",
            Self::DeadlineExceeded => "deadline_exceeded",
            Self::Config => "config",
        }
    }
}

impl fmt::Display for FailureKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl Serialize for FailureKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl Error {
    /// The kind.
    pub fn kind(&self) -> FailureKind {
        match self {
            Self::InvalidInput { .. } => FailureKind::InvalidInput,
            Self::NotFound(e) if e.no_data() => FailureKind::NoData,
            Self::NotFound(_) => FailureKind::NotFound,
            Self::Unsupported(_) => FailureKind::Unsupported,
            Self::AllSourcesFailed(_) => FailureKind::AllSourcesFailed,
            Self::NoSource { .. } => FailureKind::NoSource,
            Self::UnknownSource { .. } => FailureKind::UnknownSource,
            Self::UnknownDataset { .. } => FailureKind::UnknownDataset,
            Self::DeadlineExceeded(_) => FailureKind::DeadlineExceeded,
            Self::Config(_) => FailureKind::Config,
        }
    }

    /// Whether the caller has to change something: the query, a name or a setting.
    pub fn is_caller_error(&self) -> bool {
        matches!(
            self.kind(),
            FailureKind::InvalidInput
                | FailureKind::UnknownSource
                | FailureKind::UnknownDataset
                | FailureKind::NoSource
                | FailureKind::Config
        )
    }

    /// Whether the query itself is wrong.
    pub fn is_invalid_input(&self) -> bool {
        self.kind() == FailureKind::InvalidInput
    }

    /// Whether no source that was asked knows the instrument. See [`NotFound::conclusive`].
    pub fn is_not_found(&self) -> bool {
        self.kind() == FailureKind::NotFound
    }

    /// Whether the instrument is known, and the range has no rows.
    pub fn is_no_data(&self) -> bool {
        self.kind() == FailureKind::NoData
    }

    /// Whether no source can answer the query exactly.
    pub fn is_unsupported(&self) -> bool {
        self.kind() == FailureKind::Unsupported
    }

    /// Whether the time of the call ran out.
    pub fn is_timeout(&self) -> bool {
        self.kind() == FailureKind::DeadlineExceeded
    }

    /// Whether no connection to any vendor could be made, so the local network seems to be down.
    pub fn is_offline(&self) -> bool {
        matches!(self, Self::AllSourcesFailed(e) if e.offline())
    }

    /// Whether the same call may succeed later without any change: sources failed, ran out of time, or were skipped while
    /// the others had no answer. [`retry_after`](Self::retry_after) says when, if that is known.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::AllSourcesFailed(_) | Self::DeadlineExceeded(_) => true,
            Self::NotFound(e) => !e.conclusive(),
            _ => false,
        }
    }

    /// How long until a source can be asked again; `None` if one can be asked at once, or waiting does not help.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::AllSourcesFailed(e) => e.retry_after(),
            _ => None,
        }
    }

    /// The parameter of the query that is wrong, if the error is about a single one.
    pub fn param(&self) -> Option<&'static str> {
        match self {
            Self::InvalidInput { param, .. } => *param,
            _ => None,
        }
    }

    /// The sources that were asked, in order.
    pub fn attempts(&self) -> &[Attempt] {
        self.report().map_or(&[], |report| &report.attempts)
    }

    /// The sources that were not asked, each with the reason.
    pub fn skipped(&self) -> &[Skipped] {
        self.report().map_or(&[], |report| &report.skipped)
    }

    /// What was asked of which sources; `None` if the call failed before it chose them.
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
        Self::InvalidInput { message: error.to_string(), param: error.param(), report: None }
    }
}

impl From<WrongDataset> for Error {
    fn from(error: WrongDataset) -> Self {
        Self::InvalidInput { message: error.to_string(), param: None, report: None }
    }
}

#[cfg(test)]
mod tests;
