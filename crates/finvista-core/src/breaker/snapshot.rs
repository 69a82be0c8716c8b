//! Snapshots of a breaker. Taking one changes nothing.

use std::time::Duration;

use super::{Breaker, State, Tick};

/// The breaker at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// The state. An open circuit stays open until a call becomes its probe, even if one is due.
    pub state: State,
    /// The number of transitions and resets so far.
    pub epoch: u64,
    /// The number of consecutive failures in CLOSED; otherwise 0.
    pub failures: u32,
    /// The number of consecutive successful probes in HALF_OPEN; otherwise 0.
    pub successes: u32,
    /// Whether the probe of a half-open circuit is in flight.
    pub probe_in_flight: bool,
    /// Whether a call would be admitted now.
    pub available: bool,
    /// How much longer an open circuit rejects calls, zero if a probe is due; `None` in other states.
    pub retry_after: Option<Duration>,
    /// How long ago the circuit opened; `None` if it is closed.
    pub opened_for: Option<Duration>,
    /// The counters since the breaker was created.
    pub lifetime: Lifetime,
}

/// Counters since the breaker was created, across all states and resets. They count calls that have ended, so that admitting a
/// call writes nothing. Each is exact, but they may be of different instants if calls end meanwhile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Lifetime {
    /// Successful calls, including stale ones.
    pub successes: u64,
    /// Failed calls, including stale ones.
    pub failures: u64,
    /// Ignored calls, including stale ones and permits that were dropped without a verdict.
    pub ignored: u64,
    /// Rejected calls.
    pub rejected: u64,
    /// Verdicts of any kind that were too late to count ([`Effect::Stale`](super::Effect::Stale)).
    pub stale: u64,
}

impl Lifetime {
    /// Calls that were admitted and have ended.
    pub fn total(&self) -> u64 {
        self.successes + self.failures + self.ignored
    }
}

impl Breaker {
    /// The state of the breaker at `now`. It takes the lock, so that state, times and slot are consistent.
    pub fn snapshot(&self, now: Tick) -> Snapshot {
        let inner = self.lock();
        let word = self.word.load();
        let state = word.state();
        let left = inner.time_left(now);
        Snapshot {
            state,
            epoch: word.epoch(),
            failures: word.failures(),
            successes: if state == State::HalfOpen { inner.successes } else { 0 },
            probe_in_flight: state == State::HalfOpen && inner.probe.is_some(),
            available: match state {
                State::Closed => true,
                State::Open => left.is_zero(),
                State::HalfOpen => inner.slot_is_free(now),
            },
            retry_after: (state == State::Open).then_some(left),
            opened_for: (state != State::Closed).then(|| now.saturating_sub(inner.opened_at)),
            lifetime: self.counters.read(),
        }
    }

    /// Whether a call would be admitted: [`Snapshot::available`], with a single load and without reading the clock if the
    /// circuit is closed.
    pub fn is_available(&self, now: impl FnOnce() -> Tick) -> bool {
        self.word.load().state() == State::Closed || self.snapshot(now()).available
    }
}
