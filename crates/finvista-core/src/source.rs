//! A source of data: a vendor over HTTP, a file, a socket, a plugin.

use std::fmt::Debug;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use arrow_array::RecordBatch;
use async_trait::async_trait;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;

use crate::capability::Capability;
use crate::error::SourceError;
use crate::query::{DatasetId, Query};
use crate::venue::Zone;

/// Something that answers queries. The manager asks it, guards it with a circuit breaker per data set, checks what it
/// returns, and puts its name on the result.
///
/// A vendor over HTTP is better written as a [`Vendor`](crate::Vendor) with endpoints; a source implements this itself when
/// it is a file, a socket or a licensed library.
#[async_trait]
pub trait DataSource: Debug + Send + Sync {
    /// Who it is and what it offers.
    fn info(&self) -> &SourceInfo;

    /// The promise for a data set, or `None` where it does not have it. It must not change while the source is in use.
    fn capability(&self, dataset: &DatasetId) -> Option<&Capability>;

    /// Answers a query inside the promise with a table of the data set's schema. The future may be dropped at any await:
    /// that is how a call is cancelled, and how an attempt is cut when its time is over.
    ///
    /// # Errors
    ///
    /// Why there is no table. An empty result is [`NoData`](crate::ErrorKind::NoData), never an empty table.
    async fn fetch(&self, cx: &Context, query: &Query) -> Result<RecordBatch, SourceError>;

    /// What answering a query would take at this moment, for the plan of a call; nothing is sent to find out. `None` where
    /// the source cannot know.
    fn forecast(&self, cx: &Context, query: &Query) -> Option<Forecast> {
        let _ = (cx, query);
        None
    }
}

/// Who a source is and what it offers.
#[derive(Debug, Clone, Serialize)]
pub struct SourceInfo {
    /// The name that users write: lower-case ASCII.
    pub name: String,
    /// The name for people.
    pub title: String,
    /// The version of the code behind it.
    pub version: String,
    /// Where the code came from: `built-in`, `custom`, or a plugin's file.
    pub origin: String,
    /// Sources that fail together share this.
    pub failure_domain: String,
    /// The data sets it has, each with its default priority.
    pub offers: Vec<Offer>,
}

/// A data set that a source has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Offer {
    /// The data set.
    pub dataset: DatasetId,
    /// The default priority; the lowest is asked first.
    pub priority: i32,
}

/// What a source may know about the call that it serves.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Context {
    /// The instant at which the call began.
    pub now: Timestamp,
    /// The time that the source has for its answer. When it is over the future is dropped; a source that sees beforehand
    /// that the time will not do says so at once, with [`Throttled`](crate::ErrorKind::Throttled).
    pub time: Duration,
    /// Whether the answer is a [sweep](crate::dataset::Pace::Sweep), which lets interactive calls go first.
    pub sweep: bool,
    progress: Progress,
    /// Until how many nanoseconds after the source was asked limits of our own keep it from sending.
    held_back: Arc<AtomicU64>,
}

impl Context {
    /// An interactive call that began at this instant, with this time for the source.
    pub fn new(now: Timestamp, time: Duration) -> Self {
        Self { now, time, sweep: false, progress: Progress::default(), held_back: Arc::default() }
    }

    /// Marks the call as a sweep.
    #[must_use]
    pub fn sweep(mut self) -> Self {
        self.sweep = true;
        self
    }

    /// Reports progress to this function.
    #[must_use]
    pub fn progress(mut self, progress: Progress) -> Self {
        self.progress = progress;
        self
    }

    /// The day in China when the call began.
    pub fn today(&self) -> Date {
        Zone::Shanghai.day(self.now)
    }

    /// Reports that this number of requests is answered, of those that are known.
    pub fn report(&self, done: usize, known: usize) {
        self.progress.report(done, known);
    }

    /// Says that a limit of our own, and not the vendor, keeps the source from sending until this long after it was asked. It is
    /// not taken for slow before that, nor blamed for that time.
    pub fn hold_back(&self, until: Duration) {
        self.held_back.fetch_max(until.as_nanos().try_into().unwrap_or(u64::MAX), Relaxed);
    }

    /// Until how long after it was asked the source was kept from sending. Zero where no limit met it.
    pub fn held_back(&self) -> Duration {
        Duration::from_nanos(self.held_back.load(Relaxed))
    }
}

/// What is called as the requests of an answer are answered: with the number that is done, and the number that is known.
#[derive(Clone, Default)]
pub struct Progress(Option<Arc<dyn Fn(usize, usize) + Send + Sync>>);

impl Progress {
    /// Calls this function. It must not block: it runs between two requests.
    pub fn new(report: impl Fn(usize, usize) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(report)))
    }

    /// Calls the function, if there is one.
    pub fn report(&self, done: usize, known: usize) {
        if let Some(report) = &self.0 {
            report(done, known);
        }
    }
}

impl Debug for Progress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Progress").field(&self.0.is_some()).finish()
    }
}

/// Two are equal when they are one function, or none.
impl PartialEq for Progress {
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Some(one), Some(other)) => Arc::ptr_eq(one, other),
            (None, None) => true,
            _ => false,
        }
    }
}

impl Eq for Progress {}

/// What an answer would take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Forecast {
    /// HTTP requests, as far as is known before the first answer: an answer may ask for more.
    pub requests: usize,
    /// How long our own limits would hold back the last of them, in seconds where it is serialised.
    #[serde(serialize_with = "crate::provenance::in_seconds")]
    pub wait: Duration,
}

impl Forecast {
    /// This number of requests, the last of which waits this long.
    pub const fn new(requests: usize, wait: Duration) -> Self {
        Self { requests, wait }
    }
}
