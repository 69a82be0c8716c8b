//! What the breaker says of itself. Reading changes nothing.

use std::time::Duration;

use super::{Breaker, State, Tick};

/// The breaker at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// The state. An open circuit that is due still reads open: only a call moves it.
    pub state: State,
    /// The number of transitions and resets so far.
    pub epoch: u64,
    /// The streak of consecutive failures, in CLOSED; else 0.
    pub failures: u32,
    /// The streak of successful probes, in HALF_OPEN; else 0.
    pub successes: u32,
    /// Whether the probe of a half-open circuit is under way.
    pub probe_in_flight: bool,
    /// Whether a call at this moment would be let through.
    pub available: bool,
    /// How long an open circuit will go on to reject, zero when it is due. `None` in the other states.
    pub retry_after: Option<Duration>,
    /// How long ago the circuit opened. `None` when it is closed.
    pub opened_for: Option<Duration>,
    /// The counts since the breaker was made.
    pub lifetime: Lifetime,
}

/// Counts since the breaker was made, over all states and resets: of calls that have ended, so that letting one through
/// writes nothing. Each is exact; read while calls end on other threads, they need not be of the same instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Lifetime {
    /// Calls that succeeded, stale ones included.
    pub successes: u64,
    /// Calls that failed, stale ones included.
    pub failures: u64,
    /// Calls that were ignored, among them permits dropped without a verdict, stale ones included.
    pub ignored: u64,
    /// Calls that were not let through.
    pub rejected: u64,
    /// Verdicts of any kind that came too late to count ([`Effect::Stale`](super::Effect::Stale)).
    pub stale: u64,
}

impl Lifetime {
    /// Calls that were let through and have ended.
    pub fn total(&self) -> u64 {
        self.successes + self.failures + self.ignored
    }
}

impl Breaker {
    /// The breaker as it stands at `now`. It takes the lock for a moment, so that state, times and slot belong
    /// together.
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

    /// Whether a call at this moment would be let through: [`Snapshot::available`], which costs a closed circuit one load and
    /// reads no clock.
    pub fn is_available(&self, now: impl FnOnce() -> Tick) -> bool {
        self.word.load().state() == State::Closed || self.snapshot(now()).available
    }
}
