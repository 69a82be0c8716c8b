//! Sources of data: a vendor over HTTP, a file, a socket, a plugin.

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

/// A source that answers queries. The manager guards it with a circuit breaker per data set, checks its tables, and records
/// its name in their provenance.
///
/// Implement this for a file, a socket or a licensed library. A vendor over HTTP is better written as a
/// [`Vendor`](crate::Vendor) with endpoints.
#[async_trait]
pub trait DataSource: Debug + Send + Sync {
    /// Its identity, and the data sets that it offers.
    fn info(&self) -> &SourceInfo;

    /// The queries of a data set that it answers exactly; `None` if it does not have the data set. It must not change while
    /// the source is in use.
    fn capability(&self, dataset: &DatasetId) -> Option<&Capability>;

    /// Answers a query that its capability covers, with a table of the data set's schema. The future may be dropped at any
    /// await, when the call is cancelled or the attempt times out.
    ///
    /// # Errors
    ///
    /// Why there is no table. An empty result is [`NoData`](crate::ErrorKind::NoData), never an empty table.
    async fn fetch(&self, cx: &Context, query: &Query) -> Result<RecordBatch, SourceError>;

    /// What answering a query would take now, for the plan of a call. It sends nothing. `None` if the source cannot know.
    fn forecast(&self, cx: &Context, query: &Query) -> Option<Forecast> {
        let _ = (cx, query);
        None
    }
}

/// The identity of a source, and the data sets that it offers.
#[derive(Debug, Clone, Default, Serialize)]
pub struct SourceInfo {
    /// The name that users write: lower-case ASCII.
    pub name: String,
    /// The name for people.
    pub title: String,
    /// The version of the code behind it.
    pub version: String,
    /// Where the code comes from: `built-in`, `custom`, or a plugin's file.
    pub origin: String,
    /// Sources that fail together share this.
    pub failure_domain: String,
    /// The data sets that it has, each with its default priority.
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

/// What a source knows about the call that it answers.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Context {
    /// The instant at which the source was asked, by the wall clock of the manager.
    pub now: Timestamp,
    /// The time for the answer. Afterwards the future is dropped. A source whose own rate limit leaves too little time
    /// should return [`Throttled`](crate::ErrorKind::Throttled) at once.
    pub time: Duration,
    /// Whether the answer is a [sweep](crate::dataset::Pace::Sweep), which lets interactive calls go first.
    pub sweep: bool,
    /// For a forecast: how many requests of other calls will be sent before those of this one.
    pub ahead: usize,
    progress: Progress,
    /// How many nanoseconds after the start of the attempt our own rate limit delays its last request.
    held_back: Arc<AtomicU64>,
}

impl Context {
    /// An interactive call that began at this instant, with this time for the source.
    pub fn new(now: Timestamp, time: Duration) -> Self {
        Self { now, time, sweep: false, ahead: 0, progress: Progress::default(), held_back: Arc::default() }
    }

    /// Marks the call as a sweep.
    #[must_use]
    pub fn sweep(mut self) -> Self {
        self.sweep = true;
        self
    }

    /// Sets how many requests will be sent before those of this call, for a forecast.
    #[must_use]
    pub fn after(mut self, requests: usize) -> Self {
        self.ahead = requests;
        self
    }

    /// Sets where progress is reported.
    #[must_use]
    pub fn progress(mut self, progress: Progress) -> Self {
        self.progress = progress;
        self
    }

    /// The day in China when the source was asked.
    pub fn today(&self) -> Date {
        Zone::Shanghai.day(self.now)
    }

    /// Reports how many requests are answered, out of those known so far.
    pub fn report(&self, done: usize, known: usize) {
        self.progress.report(done, known);
    }

    /// Reports that our own rate limit, not the vendor, delays a request until this long after the start of the attempt. The
    /// source is neither hedged before that nor blamed for that time.
    pub fn hold_back(&self, until: Duration) {
        self.held_back.fetch_max(until.as_nanos().try_into().unwrap_or(u64::MAX), Relaxed);
    }

    /// How long after the start of the attempt our own rate limit delayed the source; zero if it did not.
    pub fn held_back(&self) -> Duration {
        Duration::from_nanos(self.held_back.load(Relaxed))
    }
}

/// A callback that receives how many requests of a call are answered, and how many are known so far.
#[derive(Clone, Default)]
pub struct Progress(Option<Arc<dyn Fn(usize, usize) + Send + Sync>>);

impl Progress {
    /// Reports to this function. It must not block, because it runs between requests.
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

/// Equal if both share one function, or both have none.
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
    /// The number of HTTP requests, as far as is known before the first answer.
    pub requests: usize,
    /// How long our own rate limit would delay the last of them; in seconds when serialised.
    #[serde(serialize_with = "crate::provenance::in_seconds")]
    pub wait: Duration,
}

impl Forecast {
    /// This many requests, the last of which is delayed for this long.
    pub const fn new(requests: usize, wait: Duration) -> Self {
        Self { requests, wait }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;

    #[test]
    fn a_context_tells_the_day_and_reports_progress() {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let progress = Progress::new({
            let seen = Arc::clone(&seen);
            move |done, known| seen.lock().unwrap().push((done, known))
        });
        let plain = Context::new("2024-06-27T16:00:00Z".parse().unwrap(), Duration::from_secs(10));
        assert_eq!((plain.today(), plain.sweep), (jiff::civil::date(2024, 6, 28), false));
        plain.report(1, 1);
        let cx = plain.sweep().progress(progress.clone());
        assert!(cx.sweep);
        cx.report(1, 55);
        cx.report(55, 55);
        assert_eq!(*seen.lock().unwrap(), [(1, 55), (55, 55)]);
        assert!(progress == progress.clone() && progress != Progress::default());
        assert!(Progress::default() == Progress::default());
        assert!(progress != Progress::new(|_, _| {}));
    }

    #[test]
    fn clones_of_a_context_share_how_long_it_is_held_back() {
        let cx = Context::new(Timestamp::UNIX_EPOCH, Duration::from_secs(10));
        let clone = cx.clone();
        assert_eq!(cx.held_back(), Duration::ZERO);
        clone.hold_back(Duration::from_secs(3));
        clone.hold_back(Duration::from_secs(2));
        assert_eq!(cx.held_back(), Duration::from_secs(3));
    }
}
