//! The result of a call: one Arrow table and the story of how it came.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use jiff::Timestamp;

use crate::dataset::{Dataset, RowViews};
use crate::error::{SourceError, seconds};
use crate::query::DatasetId;
use crate::symbol::Symbol;

/// One Arrow table of a data set, and where it came from. Cheap to clone: clones share everything, and nothing of it changes.
#[derive(Debug, Clone)]
pub struct Table(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    batch: RecordBatch,
    provenance: Provenance,
}

impl Table {
    /// A table as a source returns it. The manager adds the provenance: no source writes its own name on a result.
    pub fn new(batch: RecordBatch) -> Self {
        Self(Arc::new(Inner { batch, provenance: Provenance::unknown() }))
    }

    /// The Arrow table.
    pub fn batch(&self) -> &RecordBatch {
        &self.0.batch
    }

    /// The Arrow table, moved out.
    pub fn into_batch(self) -> RecordBatch {
        Arc::try_unwrap(self.0).map_or_else(|shared| shared.batch.clone(), |inner| inner.batch)
    }

    /// The Arrow schema: units and docs are in each field's metadata.
    pub fn schema(&self) -> SchemaRef {
        self.0.batch.schema()
    }

    /// The number of rows; never 0 in a result.
    pub fn num_rows(&self) -> usize {
        self.0.batch.num_rows()
    }

    /// The name of the source that answered.
    pub fn source(&self) -> &str {
        &self.0.provenance.source
    }

    /// Where the table came from.
    pub fn provenance(&self) -> &Provenance {
        &self.0.provenance
    }

    /// The rows, typed: `table.rows::<CnStockDaily>()`.
    ///
    /// # Errors
    ///
    /// When the table is one of another data set.
    pub fn rows<D: Dataset>(&self) -> Result<Rows<'_, D>, WrongDataset> {
        let views = D::Views::new(&self.0.batch)
            .ok_or_else(|| WrongDataset { asked: D::SPEC.id, is: self.0.provenance.dataset.to_string() })?;
        Ok(Rows { views, next: 0, len: self.0.batch.num_rows() })
    }

    #[cfg(feature = "manager")]
    pub(crate) fn with(batch: RecordBatch, provenance: Provenance) -> Self {
        Self(Arc::new(Inner { batch, provenance }))
    }

    /// The same table with another provenance.
    #[cfg(feature = "manager")]
    pub(crate) fn with_provenance(self, provenance: Provenance) -> Self {
        Self::with(self.into_batch(), provenance)
    }

    /// Whether two tables are one and the same.
    pub fn same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

/// Where a table came from.
#[derive(Debug, Clone)]
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
    /// From the start of the call to the table.
    pub elapsed: Duration,
    /// When the answer arrived.
    pub fetched_at: Timestamp,
    /// Symbols that were asked for and that the source does not know.
    pub missing: Vec<Symbol>,
    /// Whether it came out of the cache, or from another's call for the same that was under way already.
    pub cached: bool,
    /// How old it is, where it is older than it should be: every source failed, and the caller allowed an old answer.
    pub stale: Option<Duration>,
}

impl Provenance {
    fn unknown() -> Self {
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
#[derive(Debug, Clone)]
pub struct Attempt {
    /// The source.
    pub source: String,
    /// Why it gave no table, or `None` where it did.
    pub error: Option<SourceError>,
    /// How long it took.
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

/// One source that was not asked.
#[derive(Debug, Clone, PartialEq)]
pub struct Skipped {
    /// The source.
    pub source: String,
    /// Why.
    pub reason: SkipReason,
}

/// Why a source was not asked.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum SkipReason {
    /// Its circuit is open for this data set.
    Open {
        /// The time left until it is tried again.
        retry_after: Duration,
    },
    /// Its circuit is half open, and the one call that is let through is under way.
    ProbeInFlight,
    /// Our own rate limit for its host left no room in the time of an attempt.
    Throttled {
        /// The time until there is room, where it is known.
        retry_after: Option<Duration>,
    },
    /// Its vendor banned us: it turned us away again and again.
    Banned {
        /// The failure domain, which all its sources and data sets share.
        domain: String,
        /// The time left until one call tries again; `None` while one does.
        retry_after: Option<Duration>,
    },
    /// It is disabled.
    Disabled,
    /// It cannot answer this query exactly: why.
    Unsupported(String),
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
            Self::Unsupported(why) => f.write_str(why),
        }
    }
}

/// The rows of a table.
pub struct Rows<'a, D: Dataset> {
    views: D::Views<'a>,
    next: usize,
    len: usize,
}

impl<D: Dataset> fmt::Debug for Rows<'_, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rows").field("next", &self.next).field("len", &self.len).finish_non_exhaustive()
    }
}

impl<'a, D: Dataset> Iterator for Rows<'a, D> {
    type Item = D::Row<'a>;

    fn next(&mut self) -> Option<D::Row<'a>> {
        if self.next >= self.len {
            return None;
        }
        self.next += 1;
        Some(self.views.row(self.next - 1))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.len - self.next, Some(self.len - self.next))
    }
}

impl<D: Dataset> ExactSizeIterator for Rows<'_, D> {}

/// The rows of one data set were asked of a table of another.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the table is one of {is:?}, and rows of {asked:?} were asked of it")]
pub struct WrongDataset {
    asked: &'static str,
    is: String,
}
