//! The manager's log, metrics and events. All three are written here, so that they agree.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use jiff::Timestamp;
use metrics::{Key, Label, Metadata};
use tokio::sync::broadcast;

use super::events::{Event, EventKind, Events};
use crate::breaker::{State, Transition};
use crate::error::SourceError;
use crate::metric::Metric;
use crate::provenance::Skipped;
use crate::query::DatasetId;

const ATTEMPTS: &str = "finvista_attempts_total";
const ATTEMPT_SECONDS: &str = "finvista_attempt_seconds";
const SKIPS: &str = "finvista_skips_total";
const TRANSITIONS: &str = "finvista_transitions_total";
const CIRCUIT: &str = "finvista_circuit_state";
const FAILOVERS: &str = "finvista_failovers_total";
const HEDGES: &str = "finvista_hedges_total";
const BANS: &str = "finvista_bans_total";
const CACHE: &str = "finvista_cache_total";
/// The metrics of the manager.
pub const METRICS: &[Metric] = &[
    Metric {
        name: ATTEMPTS,
        labels: &["dataset", "source", "outcome"],
        doc: "attempts; the outcome is `ok` or the kind of the failure",
    },
    Metric {
        name: ATTEMPT_SECONDS,
        labels: &["dataset", "source"],
        doc: "the time of an attempt in seconds",
    },
    Metric {
        name: SKIPS,
        labels: &["dataset", "source", "reason"],
        doc: "sources that were not asked, by reason",
    },
    Metric {
        name: TRANSITIONS,
        labels: &["dataset", "source", "to"],
        doc: "transitions and resets of circuits, by the new state",
    },
    Metric {
        name: CIRCUIT,
        labels: &["dataset", "source"],
        doc: "the state of a circuit: 0 closed, 1 half open, 2 open",
    },
    Metric {
        name: FAILOVERS,
        labels: &["dataset"],
        doc: "calls that were answered after another source failed",
    },
    Metric { name: HEDGES, labels: &["dataset", "source"], doc: "slow sources that lost to a hedge" },
    Metric { name: BANS, labels: &["domain"], doc: "bans that began" },
    Metric {
        name: CACHE,
        labels: &["dataset", "outcome"],
        doc: "calls by outcome of the cache: `hit`, `joined`, `miss` or `stale`",
    },
];

/// The most events that are kept for a subscriber that lags behind.
const BACKLOG: usize = 1_024;

/// What a call found in the cache.
#[derive(Debug, Clone, Copy)]
pub(super) enum CacheOutcome {
    Hit,
    Joined,
    Miss,
    Stale,
}

/// The keys of the metrics that every attempt updates, made once: making them costs as much as the rest of a call.
#[derive(Debug)]
pub(super) struct RouteKeys {
    /// [`ATTEMPTS`] with the outcome `ok`.
    ok: Key,
    /// [`ATTEMPT_SECONDS`].
    seconds: Key,
}

impl RouteKeys {
    pub(super) fn new(dataset: &DatasetId, source: &str) -> Self {
        let labels =
            || vec![Label::new("dataset", dataset.to_string()), Label::new("source", source.to_owned())];
        metrics::gauge!(CIRCUIT, labels()).set(level(State::Closed));
        let ok = [labels(), vec![Label::from_static_parts("outcome", "ok")]].concat();
        Self { ok: Key::from_parts(ATTEMPTS, ok), seconds: Key::from_parts(ATTEMPT_SECONDS, labels()) }
    }
}

const METADATA: Metadata<'static> = Metadata::new(module_path!(), metrics::Level::INFO, Some(module_path!()));

/// The value of [`CIRCUIT`].
fn level(state: State) -> f64 {
    match state {
        State::Closed => 0.0,
        State::HalfOpen => 1.0,
        State::Open => 2.0,
    }
}

#[derive(Debug)]
pub(super) struct Telemetry {
    events: broadcast::Sender<Event>,
    sequence: AtomicU64,
}

impl Telemetry {
    pub(super) fn new() -> Self {
        METRICS.iter().for_each(Metric::describe);
        Self { events: broadcast::channel(BACKLOG).0, sequence: AtomicU64::new(1) }
    }

    pub(super) fn subscribe(&self) -> Events {
        Events::new(self.events.subscribe())
    }

    /// Records an attempt: in the log, by outcome, and with its time.
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
                // That a source does not have something is an answer, and an everyday one.
                if error.kind().meaning().counts {
                    tracing::warn!(source, %error, elapsed_ms, "attempt");
                } else {
                    tracing::debug!(source, %error, elapsed_ms, "attempt");
                }
                let labels = [("dataset", dataset.to_string()), ("source", source.to_owned())];
                let [dataset, source] = labels;
                metrics::counter!(ATTEMPTS, &[dataset, source, ("outcome", error.kind().name().to_owned())])
                    .increment(1);
            }
        }
    }

    /// Records a source that was not asked.
    pub(super) fn skip(&self, dataset: &DatasetId, skipped: &Skipped) {
        tracing::debug!(source = skipped.source, reason = %skipped, "skip");
        let labels = [
            ("dataset", dataset.to_string()),
            ("source", skipped.source.clone()),
            ("reason", skipped.reason.name().to_owned()),
        ];
        metrics::counter!(SKIPS, &labels).increment(1);
    }

    /// Records a transition of a circuit.
    pub(super) fn transition(&self, dataset: &DatasetId, source: &str, transition: Transition) {
        let Transition { from, to, epoch } = transition;
        tracing::info!(%dataset, source, %from, %to, epoch, "circuit");
        let labels =
            [("dataset", dataset.to_string()), ("source", source.to_owned()), ("to", to.to_string())];
        metrics::counter!(TRANSITIONS, &labels).increment(1);
        let [of_dataset, of_source, _] = labels;
        metrics::gauge!(CIRCUIT, &[of_dataset, of_source]).set(level(to));
        let (dataset, source) = (dataset.clone(), source.to_owned());
        self.send(EventKind::Transition { dataset, source, from, to, epoch });
    }

    /// Records a call that was answered after other sources failed.
    pub(super) fn failover(&self, dataset: &DatasetId, failed: Vec<String>, answered: &str) {
        metrics::counter!(FAILOVERS, &[("dataset", dataset.to_string())]).increment(1);
        self.send(EventKind::Failover { dataset: dataset.clone(), failed, answered: answered.to_owned() });
    }

    /// Records a source that lost to a hedge.
    pub(super) fn hedged(&self, dataset: &DatasetId, source: &str, by: &str) {
        let labels = [("dataset", dataset.to_string()), ("source", source.to_owned())];
        metrics::counter!(HEDGES, &labels).increment(1);
        let (source, by) = (source.to_owned(), by.to_owned());
        self.send(EventKind::Hedged { dataset: dataset.clone(), source, by });
    }

    /// Records the beginning of a ban with its time, or its end.
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

    /// Records what a call found in the cache.
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

    /// Subscribers read on their own tasks: none of their code runs here.
    fn send(&self, what: EventKind) {
        if self.events.receiver_count() > 0 {
            let sequence = self.sequence.fetch_add(1, Relaxed);
            // The last subscriber may have left in the meantime.
            let _unread = self.events.send(Event { sequence, at: Timestamp::now(), what });
        }
    }
}
