//! A source of data, whatever it is behind: a vendor over HTTP, a file, a socket, a plugin.

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
    async fn fetch(&self, cx: &Context, query: &Query) -> Result<Table, SourceError>;

    /// What answering a query would take at this moment, for the plan of a call; nothing is sent to find out. `None` where
    /// nobody can tell.
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

/// What a source may know of the call it serves.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Context {
    /// The day in China when the call began.
    pub today: Date,
    /// The time that the source has for its answer. When it is over the future is dropped; a source that can tell beforehand
    /// that the time will not do says so at once, with [`Throttled`](crate::ErrorKind::Throttled).
    pub time: Duration,
    /// Until how many nanoseconds after the source was asked limits of our own keep it from sending.
    held_back: Arc<AtomicU64>,
}

impl Context {
    /// A source that is asked with so much time.
    pub fn new(today: Date, time: Duration) -> Self {
        Self { today, time, held_back: Arc::default() }
    }

    /// Says that a limit of our own, and not whom it asks, keeps the source from sending until so long after it was asked. It is
    /// not taken for slow before that, nor blamed for that time.
    pub fn hold_back(&self, until: Duration) {
        self.held_back.fetch_max(until.as_nanos().try_into().unwrap_or(u64::MAX), Relaxed);
    }

    /// Until how long after it was asked the source was kept from sending. Zero where no limit met it.
    pub fn held_back(&self) -> Duration {
        Duration::from_nanos(self.held_back.load(Relaxed))
    }
}

/// What an answer would take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Forecast {
    /// HTTP requests, as far as can be told before the first answer: an answer may ask for more.
    pub requests: usize,
    /// How long our own limits would hold back the last of them.
    pub wait: Duration,
}
