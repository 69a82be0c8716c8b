//! What the manager tells of itself: a log, metrics, and events for the program. All three come from here, so that none of
//! them knows something that the others do not.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use jiff::Timestamp;
use metrics::{Key, Label, Metadata};
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;

use crate::breaker::{State, Transition};
use crate::error::SourceError;
use crate::metric::Metric;
use crate::provenance::Skipped;
use crate::query::DatasetId;

const ATTEMPTS: &str = "finvista_attempts_total";
const ATTEMPT_SECONDS: &str = "finvista_attempt_seconds";
const SKIPS: &str = "finvista_skips_total";
const TRANSITIONS: &str = "finvista_transitions_total";
const FAILOVERS: &str = "finvista_failovers_total";
const HEDGES: &str = "finvista_hedges_total";
const BANS: &str = "finvista_bans_total";
const CACHE: &str = "finvista_cache_total";
/// The metrics of the manager. Names that end in `_total` are counters, the others histograms.
pub const METRICS: &[Metric] = &[
    Metric {
        name: ATTEMPTS,
        labels: &["dataset", "source", "outcome"],
        doc: "sources asked; the outcome is `ok` or the kind of the failure",
    },
    Metric {
        name: ATTEMPT_SECONDS,
        labels: &["dataset", "source"],
        doc: "the time of an attempt, in seconds",
    },
    Metric { name: SKIPS, labels: &["dataset", "source", "reason"], doc: "sources not asked, by reason" },
    Metric {
        name: TRANSITIONS,
        labels: &["dataset", "source", "to"],
        doc: "transitions and resets of circuits, by the state after",
    },
    Metric {
        name: FAILOVERS,
        labels: &["dataset"],
        doc: "calls that were answered after another source had failed",
    },
    Metric {
        name: HEDGES,
        labels: &["dataset", "source"],
        doc: "slow sources that another one was faster than",
    },
    Metric { name: BANS, labels: &["domain"], doc: "bans that began" },
    Metric {
        name: CACHE,
        labels: &["dataset", "outcome"],
        doc: "calls by how they met the cache: `hit`, `joined`, `miss`, `stale`",
    },
];

/// Events that a slow subscriber has not yet read, at the most. Older ones are dropped, and it is told how many.
const BACKLOG: usize = 1_024;

/// Something that the manager did of its own accord.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Event {
    /// The number of the event, rising by one: what a subscriber missed shows in it.
    pub sequence: u64,
    /// When it happened.
    pub at: Timestamp,
    /// What happened.
    pub what: EventKind,
}

/// What happened.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum EventKind {
    /// A circuit changed its state, or was reset.
    Transition {
        /// The data set.
        dataset: DatasetId,
        /// The source.
        source: String,
        /// The state before.
        from: State,
        /// The state after.
        to: State,
        /// The epoch of the circuit afterwards: it puts the transitions of one circuit in order, whatever order they arrive in.
        epoch: u64,
    },
    /// A call was answered by another source than the first one asked.
    Failover {
        /// The data set.
        dataset: DatasetId,
        /// The sources that failed, in the order of asking.
        failed: Vec<String>,
        /// The source that answered.
        answered: String,
    },
    /// A slow source was hedged: another one, asked beside it, answered first.
    Hedged {
        /// The data set.
        dataset: DatasetId,
        /// The source that was slow.
        source: String,
        /// The source that answered.
        by: String,
    },
    /// A failure domain turned us away again and again, and is left alone; or it answered again, or the ban was lifted.
    Ban {
        /// The failure domain.
        domain: String,
        /// How long it is left alone; `None` when the ban is over.
        time: Option<Duration>,
    },
    /// Events that this subscriber was too slow to read, and that are gone.
    Missed(u64),
}

/// The events of a manager from the moment of subscribing on.
#[derive(Debug)]
pub struct Events(broadcast::Receiver<Event>);

impl Events {
    /// The next event; `None` when the manager is gone.
    pub async fn next(&mut self) -> Option<Event> {
        match self.0.recv().await {
            Ok(event) => Some(event),
            Err(RecvError::Lagged(missed)) => {
                Some(Event { sequence: 0, at: Timestamp::now(), what: EventKind::Missed(missed) })
            }
            Err(RecvError::Closed) => None,
        }
    }
}

/// How a call met the cache.
#[derive(Debug, Clone, Copy)]
pub(super) enum CacheOutcome {
    Hit,
    Joined,
    Miss,
    Stale,
}

/// The keys of the metrics that move with every call to a source, made once: making them costs as much as the rest of a call.
#[derive(Debug)]
pub(super) struct RouteKeys {
    /// Of [`ATTEMPTS`], where the outcome is a table.
    ok: Key,
    /// Of [`ATTEMPT_SECONDS`].
    seconds: Key,
}

impl RouteKeys {
    pub(super) fn new(dataset: &DatasetId, source: &str) -> Self {
        let labels =
            || vec![Label::new("dataset", dataset.to_string()), Label::new("source", source.to_owned())];
        let ok = [labels(), vec![Label::from_static_parts("outcome", "ok")]].concat();
        Self { ok: Key::from_parts(ATTEMPTS, ok), seconds: Key::from_parts(ATTEMPT_SECONDS, labels()) }
    }
}

const METADATA: Metadata<'static> = Metadata::new(module_path!(), metrics::Level::INFO, Some(module_path!()));

#[derive(Debug)]
pub(super) struct Telemetry {
    events: broadcast::Sender<Event>,
    sequence: AtomicU64,
}

impl Telemetry {
    pub(super) fn new() -> Self {
        Self { events: broadcast::channel(BACKLOG).0, sequence: AtomicU64::new(1) }
    }

    pub(super) fn subscribe(&self) -> Events {
        Events(self.events.subscribe())
    }

    /// One attempt: an event of the log, a count by outcome, a time.
    pub(super) fn attempt(
        &self,
        dataset: &DatasetId,
        source: &str,
        keys: &RouteKeys,
        rows: Result<usize, &SourceError>,
        elapsed: Duration,
    ) {
        let elapsed_ms = elapsed.as_secs_f64() * 1e3;
        metrics::with_recorder(|recorder| {
            recorder.register_histogram(&keys.seconds, &METADATA).record(elapsed.as_secs_f64());
        });
        match rows {
            Ok(rows) => {
                tracing::info!(source, rows, elapsed_ms, "attempt");
                metrics::with_recorder(|recorder| {
                    recorder.register_counter(&keys.ok, &METADATA).increment(1);
                });
            }
            Err(error) => {
                tracing::warn!(source, %error, elapsed_ms, "attempt");
                let labels = [("dataset", dataset.to_string()), ("source", source.to_owned())];
                let [dataset, source] = labels;
                metrics::counter!(ATTEMPTS, &[dataset, source, ("outcome", error.kind().name().to_owned())])
                    .increment(1);
            }
        }
    }

    /// One source that was not asked.
    pub(super) fn skip(&self, dataset: &DatasetId, skipped: &Skipped) {
        tracing::debug!(source = skipped.source, reason = %skipped, "skip");
        let labels = [
            ("dataset", dataset.to_string()),
            ("source", skipped.source.clone()),
            ("reason", skipped.reason.name().to_owned()),
        ];
        metrics::counter!(SKIPS, &labels).increment(1);
    }

    /// One transition of a circuit. The epoch orders them: those of one circuit may be seen out of order.
    pub(super) fn transition(&self, dataset: &DatasetId, source: &str, transition: Transition) {
        let Transition { from, to, epoch } = transition;
        tracing::info!(%dataset, source, %from, %to, epoch, "circuit");
        let labels =
            [("dataset", dataset.to_string()), ("source", source.to_owned()), ("to", to.to_string())];
        metrics::counter!(TRANSITIONS, &labels).increment(1);
        let (dataset, source) = (dataset.clone(), source.to_owned());
        self.send(EventKind::Transition { dataset, source, from, to, epoch });
    }

    /// A call that was answered after others had failed.
    pub(super) fn failover(&self, dataset: &DatasetId, failed: Vec<String>, answered: &str) {
        metrics::counter!(FAILOVERS, &[("dataset", dataset.to_string())]).increment(1);
        self.send(EventKind::Failover { dataset: dataset.clone(), failed, answered: answered.to_owned() });
    }

    /// A source that another was faster than.
    pub(super) fn hedged(&self, dataset: &DatasetId, source: &str, by: &str) {
        let labels = [("dataset", dataset.to_string()), ("source", source.to_owned())];
        metrics::counter!(HEDGES, &labels).increment(1);
        let (source, by) = (source.to_owned(), by.to_owned());
        self.send(EventKind::Hedged { dataset: dataset.clone(), source, by });
    }

    /// The beginning of a ban, with its time, or the end of one.
    pub(super) fn ban(&self, domain: &str, time: Option<Duration>) {
        match time {
            Some(time) => {
                tracing::warn!(domain, seconds = time.as_secs(), "banned");
                metrics::counter!(BANS, &[("domain", domain.to_owned())]).increment(1);
            }
            None => tracing::info!(domain, "ban over"),
        }
        self.send(EventKind::Ban { domain: domain.to_owned(), time });
    }

    /// How a call met the cache.
    pub(super) fn cache(&self, dataset: &DatasetId, outcome: CacheOutcome) {
        let outcome = match outcome {
            CacheOutcome::Hit => "hit",
            CacheOutcome::Joined => "joined",
            CacheOutcome::Miss => "miss",
            CacheOutcome::Stale => "stale",
        };
        let labels = [("dataset", dataset.to_string()), ("outcome", outcome.to_owned())];
        metrics::counter!(CACHE, &labels).increment(1);
    }

    /// Subscribers read in their own time and on their own tasks: none of their code runs here.
    fn send(&self, what: EventKind) {
        if self.events.receiver_count() > 0 {
            let sequence = self.sequence.fetch_add(1, Relaxed);
            // Without a subscriber an event has nobody to reach.
            let _unread = self.events.send(Event { sequence, at: Timestamp::now(), what });
        }
    }
}
