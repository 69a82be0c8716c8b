//! A source of data: a vendor over HTTP, a file, a socket, a plugin.

use std::fmt::Debug;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use async_trait::async_trait;
use jiff::civil::Date;

use crate::capability::Capability;
use crate::error::SourceError;
use crate::query::{DatasetId, Query};
use crate::table::Table;

/// Something that answers queries. The manager asks it, guards it with a circuit breaker per data set, checks what it
/// returns, and puts its name on the result.
///
/// Write a vendor over HTTP as a [`Vendor`](crate::Vendor) with endpoints. Implement this trait for anything else: a file, a
/// socket, or a licensed library.
#[async_trait]
pub trait DataSource: Debug + Send + Sync {
    /// Who it is and what it offers.
    fn info(&self) -> &SourceInfo;

    /// The promise for a data set, or `None` if the source does not have it. It must not change while the source is in use.
    fn capability(&self, dataset: &DatasetId) -> Option<&Capability>;

    /// Answers a query inside the promise with a table of the data set's schema. The future may be dropped at any await, when
    /// the call is cancelled or the attempt runs out of time.
    ///
    /// # Errors
    ///
    /// The reason why there is no table. An empty result is [`NoData`](crate::ErrorKind::NoData), never an empty table.
    async fn fetch(&self, cx: &Context, query: &Query) -> Result<Table, SourceError>;

    /// What it would take to answer a query now, for the plan of a call. Sends nothing. `None` if the source cannot tell.
    fn forecast(&self, cx: &Context, query: &Query) -> Option<Forecast> {
        let _ = (cx, query);
        None
    }
}

/// Who a source is and what it offers.
#[derive(Debug, Clone)]
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
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// The data set.
    pub dataset: DatasetId,
    /// The default priority; the lowest is asked first.
    pub priority: i32,
}

/// What a source knows about the call it serves.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Context {
    /// The day in China when the call began.
    pub today: Date,
    /// The time that the source has for its answer, after which the future is dropped. A source that can tell in advance that
    /// its rate limit leaves too little time returns [`Throttled`](crate::ErrorKind::Throttled) at once.
    pub time: Duration,
    /// Whether the call reads a whole market or history page by page. Its requests let interactive requests to the same host
    /// go first.
    pub sweep: bool,
    /// Nanoseconds from the moment the source was asked until our own limits let it send.
    held_back: Arc<AtomicU64>,
}

impl Context {
    /// The context of an interactive call that gives the source this much time.
    pub fn new(today: Date, time: Duration) -> Self {
        Self { today, time, sweep: false, held_back: Arc::default() }
    }

    /// Marks the call as a sweep.
    ///
    /// ```
    /// use std::time::Duration;
    /// use finvista_core::Context;
    ///
    /// let cx = Context::new("2024-06-28".parse()?, Duration::from_secs(90)).sweep();
    /// assert!(cx.sweep);
    /// # Ok::<(), jiff::Error>(())
    /// ```
    #[must_use]
    pub fn sweep(mut self) -> Self {
        self.sweep = true;
        self
    }

    /// Reports that a limit of our own, and not the vendor, keeps the source from sending until this long after it was asked.
    /// The source does not count as slow before that, and is not blamed for that time.
    pub fn hold_back(&self, until: Duration) {
        self.held_back.fetch_max(until.as_nanos().try_into().unwrap_or(u64::MAX), Relaxed);
    }

    /// How long after it was asked a limit of our own kept the source from sending. Zero if none did.
    pub fn held_back(&self) -> Duration {
        Duration::from_nanos(self.held_back.load(Relaxed))
    }
}

/// What it would take to answer a query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Forecast {
    /// HTTP requests, as far as can be told before the first answer: an answer may ask for more.
    pub requests: usize,
    /// How long our own limits would hold back the last of them. A minimum for a sweep, because interactive requests go first.
    pub wait: Duration,
}
