//! One call for several callers: those that ask the same with the same options at the same time wait for one call.
//!
//! Only the answer is shared. Each caller has its own time: one with less of it leaves earlier, and one with more does not take
//! over a failure that only says that the time was short.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use super::timing::Timing;
use super::{CallOptions, DeadlineExceeded, Error, Report};
use crate::error::{ErrorKind, SourceError, seconds};
use crate::provenance::{Attempt, SkipReason, Skipped};
use crate::query::Query;
use crate::table::Table;

/// What callers must have in common to share a call.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Key {
    query: Query,
    source: Option<String>,
    no_hedge: bool,
    spread: bool,
    /// The number of changes of the routing table: who made a change expects to see it.
    generation: u64,
}

impl Key {
    pub(super) fn new(query: &Query, options: &CallOptions, generation: u64) -> Self {
        let CallOptions { source, no_hedge, spread, .. } = options;
        Self {
            query: query.clone(),
            source: source.clone(),
            no_hedge: *no_hedge,
            spread: *spread,
            generation,
        }
    }
}

/// The calls in flight.
#[derive(Debug, Default)]
pub(super) struct SharedCalls(Mutex<HashMap<Key, Arc<Shared>>>);

/// A call in flight.
#[derive(Debug)]
pub(super) struct Shared {
    /// The time that it had left when it began.
    time: Duration,
    trace: Trace,
    /// The result; closed without one if the leader left.
    result: watch::Receiver<Option<Result<Table, Error>>>,
}

/// The part of a caller in a call.
pub(super) enum Role<'a> {
    /// It makes the call.
    Leads(Lead<'a>),
    /// It waits for the call of another caller.
    Follows(Arc<Shared>),
}

/// The duty to make a call. If it is dropped, a follower takes over.
pub(super) struct Lead<'a> {
    calls: &'a SharedCalls,
    key: Key,
    shared: Arc<Shared>,
    result: watch::Sender<Option<Result<Table, Error>>>,
}

impl SharedCalls {
    /// Joins the call in flight, or begins one with this time left.
    pub(super) fn join(&self, key: &Key, left: Duration) -> Role<'_> {
        let mut calls = self.lock();
        if let Some(shared) = calls.get(key) {
            return Role::Follows(Arc::clone(shared));
        }
        let (result, receiver) = watch::channel(None);
        let shared = Arc::new(Shared { time: left, trace: Trace::default(), result: receiver });
        calls.insert(key.clone(), Arc::clone(&shared));
        Role::Leads(Lead { calls: self, key: key.clone(), shared, result })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Key, Arc<Shared>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lead<'_> {
    pub(super) fn trace(&self) -> &Trace {
        &self.shared.trace
    }

    /// Ends the call for all who wait for it.
    pub(super) fn landed(self, result: Result<Table, Error>) {
        self.leave();
        self.result.send_replace(Some(result));
    }

    /// Callers from now on begin a call of their own.
    fn leave(&self) {
        let mut calls = self.calls.lock();
        if calls.get(&self.key).is_some_and(|shared| Arc::ptr_eq(shared, &self.shared)) {
            calls.remove(&self.key);
        }
    }
}

impl Drop for Lead<'_> {
    fn drop(&mut self) {
        self.leave();
    }
}

impl Shared {
    /// The result, or `None` if the leader left without one.
    pub(super) async fn landed(&self) -> Option<Result<Table, Error>> {
        let mut receiver = self.result.clone();
        receiver.wait_for(Option::is_some).await.ok()?.clone()
    }

    /// Whether a caller that had this much time left when it joined can take over a failure.
    pub(super) fn fails_for(&self, left: Duration, error: &Error) -> bool {
        // Callers with the same timeout began at slightly different moments.
        self.time + Duration::from_millis(1) >= left || !is_for_want_of_time(error)
    }

    /// The error of a caller whose time is over before the call has ended.
    pub(super) fn out_of_time(&self, query: &Query, timing: Timing) -> Error {
        let (attempts, skipped) = self.trace.so_far();
        let (dataset, text) = (query.dataset().clone(), query.to_string());
        let report = Report { dataset, query: text, attempts, skipped };
        Error::DeadlineExceeded(Box::new(DeadlineExceeded { report, deadline: timing.time }))
    }
}

/// Whether a call with more time could have ended otherwise.
fn is_for_want_of_time(error: &Error) -> bool {
    let is_timeout =
        |attempt: &Attempt| attempt.error.as_ref().is_some_and(|error| error.kind() == ErrorKind::Timeout);
    let waits = |skipped: &Skipped| {
        matches!(skipped.reason, SkipReason::Throttled { .. } | SkipReason::ProbeInFlight)
    };
    matches!(error, Error::DeadlineExceeded(_))
        || error.attempts().iter().any(is_timeout)
        || error.skipped().iter().any(waits)
}

/// What a call has done so far.
#[derive(Debug, Default)]
pub(super) struct Trace(Mutex<Steps>);

#[derive(Debug, Default)]
struct Steps {
    asked: Vec<(String, Instant)>,
    attempts: Vec<Attempt>,
    skipped: Vec<Skipped>,
}

impl Trace {
    pub(super) fn asks(&self, source: &str) {
        self.lock().asked.push((source.to_owned(), Instant::now()));
    }

    pub(super) fn attempted(&self, attempt: &Attempt) {
        let mut steps = self.lock();
        steps.asked.retain(|(source, _)| *source != attempt.source);
        steps.attempts.push(attempt.clone());
    }

    pub(super) fn skips(&self, skipped: &Skipped) {
        let mut steps = self.lock();
        steps.asked.retain(|(source, _)| *source != skipped.source);
        steps.skipped.push(skipped.clone());
    }

    /// Attempts, those in flight included, and skips.
    fn so_far(&self) -> (Vec<Attempt>, Vec<Skipped>) {
        let steps = self.lock();
        let mut attempts = steps.attempts.clone();
        attempts.extend(steps.asked.iter().map(|(source, since)| {
            let elapsed = since.elapsed();
            let message = format!("no answer within {}; another call still waits for it", seconds(elapsed));
            Attempt::new(source.clone(), Some(SourceError::new(ErrorKind::Timeout, message)), elapsed)
        }));
        (attempts, steps.skipped.clone())
    }

    fn lock(&self) -> MutexGuard<'_, Steps> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
