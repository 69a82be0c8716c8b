//! The circuit breaker: a source that fails repeatedly is not asked for a while, and then probed with one call at a time.
//!
//! CLOSED admits every call and opens after `failure_threshold` consecutive failures. OPEN rejects calls for
//! `circuit_timeout`. HALF_OPEN admits one probe at a time: `success_threshold` consecutive successes close the circuit, and
//! one failure opens it again.
//!
//! It is a pure state machine: time is passed in, nothing waits, and there are no callbacks.
//!
//! ```
//! use std::time::Duration;
//! use finvista_core::breaker::{Breaker, BreakerConfig, Rejected, State};
//!
//! let config = BreakerConfig { failure_threshold: 1, ..BreakerConfig::default() };
//! let breaker = Breaker::new(config)?;
//! let at = |seconds| move || Duration::from_secs(seconds);
//!
//! let permit = breaker.acquire(at(0))?;
//! let verdict = permit.failure(at(2), None);
//! assert_eq!(verdict.transition.map(|t| t.to), Some(State::Open));
//!
//! let rejected = breaker.acquire(at(42)).unwrap_err();
//! assert_eq!(rejected, Rejected::Open { retry_after: Duration::from_secs(20) });
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Concurrency
//!
//! A call in CLOSED touches one atomic word and a counter of its thread ([`Breaker::acquire`] is one load; a success without
//! a streak of failures is one load and one addition) and never reads the clock. Every transition happens under a short
//! mutex. A permit carries its epoch, which every transition increments: an acquire that races with the opening takes place
//! before it, and its verdict is stale. Rejections are lock-free until a probe is due. The clock is read before the lock is
//! taken, so no code of the caller runs under the lock.

mod config;
mod counters;
mod permit;
mod snapshot;
mod span;
mod verdict;
mod word;

#[cfg(all(test, loom))]
mod loom_tests;
#[cfg(test)]
mod model_tests;
#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::PoisonError;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

pub use config::{BreakerConfig, ConfigError};
pub use permit::{Permit, PermitKind};
pub use snapshot::{Lifetime, Snapshot};
pub use verdict::{Effect, Transition, Verdict};

use counters::Counters;
use span::Span;
use sync::{Mutex, MutexGuard};
use word::{AtomicWord, Word};

/// The synchronisation primitives, which the model checker replaces.
mod sync {
    #[cfg(loom)]
    pub(super) use loom::sync::{
        Mutex, MutexGuard,
        atomic::{AtomicU64, Ordering},
    };
    #[cfg(not(loom))]
    pub(super) use std::sync::{
        Mutex, MutexGuard,
        atomic::{AtomicU64, Ordering},
    };
}

/// The time since an origin that the owner of the breaker chooses, on a monotonic clock. If it goes backwards, no time has
/// passed.
pub type Tick = Duration;

/// The state of a circuit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// Every call is admitted.
    Closed,
    /// Every call is rejected.
    Open,
    /// One probe at a time is admitted.
    HalfOpen,
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Closed => "closed",
            Self::Open => "open",
            Self::HalfOpen => "half_open",
        })
    }
}

/// Why a call was not admitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Rejected {
    /// The circuit is open.
    #[error("the circuit is open, a probe is due in {retry_after:?}")]
    Open {
        /// The time until it admits a probe. Never zero.
        retry_after: Duration,
    },
    /// The circuit is half open, and its probe is in flight.
    #[error("the circuit is half open, and its probe is in flight")]
    ProbeInFlight,
}

/// The circuit breaker of one (data set, source) pair. Permits borrow it, so acquiring one updates no reference count.
#[derive(Debug)]
pub struct Breaker {
    /// The state, the streak of failures, its threshold and the epoch.
    word: AtomicWord,
    /// How long an open circuit rejects calls, for rejections without the lock.
    span: Span,
    /// Everything else. The state in the word changes only while this is locked.
    inner: Mutex<Inner>,
    counters: Counters,
}

/// What calls outside CLOSED need, under the lock.
#[derive(Debug)]
struct Inner {
    config: BreakerConfig,
    /// When the circuit last opened. It is not a deadline, so that a new timeout applies to an open circuit.
    opened_at: Tick,
    /// The `Retry-After` of the failure that opened it, uncapped, because the cap may change.
    hint: Duration,
    /// Consecutive successful probes, in HALF_OPEN.
    successes: u32,
    /// The probe in flight, in HALF_OPEN.
    probe: Option<Probe>,
    /// The id of the latest probe. It is never reset, so ids are unique.
    last_probe: u64,
}

#[derive(Debug, Clone, Copy)]
struct Probe {
    id: u64,
    since: Tick,
}

/// What identifies a permit.
#[derive(Debug, Clone, Copy)]
struct Ticket {
    epoch: u64,
    probe: Option<u64>,
}

impl Breaker {
    /// A closed circuit.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] when a value is out of range: see [`BreakerConfig::validate`].
    pub fn new(config: BreakerConfig) -> Result<Self, ConfigError> {
        config.validate()?;
        Ok(Self {
            word: AtomicWord::new(Word::closed(config.failure_threshold)),
            span: Span::default(),
            inner: Mutex::new(Inner {
                config,
                opened_at: Tick::ZERO,
                hint: Duration::ZERO,
                successes: 0,
                probe: None,
                last_probe: 0,
            }),
            counters: Counters::default(),
        })
    }

    /// Acquires a permit for one call. `now` is called only if the circuit is not closed, and never under the lock.
    ///
    /// # Errors
    ///
    /// [`Rejected`] when the circuit is open and no probe is due, or when its probe is in flight. A rejection changes only a
    /// counter.
    #[inline]
    pub fn acquire(&self, now: impl FnOnce() -> Tick) -> Result<Permit<'_>, Rejected> {
        // The permit belongs to this load: if the circuit opens right after it, the verdict is stale.
        let word = self.word.load();
        if word.state() == State::Closed {
            let ticket = Ticket { epoch: word.epoch(), probe: None };
            return Ok(Permit { breaker: self, ticket, transition: None, settled: false });
        }
        let (ticket, transition) = self.admit(now()).inspect_err(|_| {
            self.counters.here().rejected.fetch_add(1, Relaxed);
        })?;
        Ok(Permit { breaker: self, ticket, transition, settled: false })
    }

    /// Closes the circuit in any state and clears both streaks. Calls in flight go on, and their verdicts are stale. If the
    /// circuit was closed already, the returned transition only increments the epoch.
    pub fn reset(&self) -> Transition {
        // The slot, the hint and the successes have no meaning in CLOSED, and the next opening resets them.
        let _inner = self.lock();
        self.turn(State::Closed)
    }

    /// Replaces the configuration. It takes effect at the next event: a streak that has reached a lowered threshold opens the
    /// circuit with the next failure, and a new timeout also applies to an open circuit. Calls in flight still count.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] when a value is out of range. Nothing is changed then.
    pub fn set_config(&self, config: BreakerConfig) -> Result<(), ConfigError> {
        config.validate()?;
        let threshold = config.failure_threshold;
        let mut inner = self.lock();
        inner.config = config;
        self.span.set(inner.opened_at, inner.open_for());
        self.replace(|word| word.with_threshold(threshold));
        Ok(())
    }

    /// The configuration in force.
    pub fn config(&self) -> BreakerConfig {
        self.lock().config.clone()
    }

    /// The slow path of `acquire`, for a circuit that is not closed. Most calls are rejected without the lock, so that a
    /// thousand callers of a source that is down do not queue for it. The decision and the taking of the slot are one step
    /// under the lock, so exactly one caller becomes the probe.
    fn admit(&self, now: Tick) -> Result<(Ticket, Option<Transition>), Rejected> {
        if self.word.load().state() == State::Open
            && let Some(retry_after) = self.span.left(now)
        {
            return Err(Rejected::Open { retry_after });
        }
        let mut inner = self.lock();
        let word = self.word.load();
        match word.state() {
            // It closed after the first load.
            State::Closed => Ok((Ticket { epoch: word.epoch(), probe: None }, None)),
            State::Open => {
                let retry_after = inner.time_left(now);
                if !retry_after.is_zero() {
                    return Err(Rejected::Open { retry_after });
                }
                let transition = self.turn(State::HalfOpen);
                Ok((inner.take_slot(transition.epoch, now), Some(transition)))
            }
            State::HalfOpen if inner.slot_is_free(now) => Ok((inner.take_slot(word.epoch(), now), None)),
            State::HalfOpen => Err(Rejected::ProbeInFlight),
        }
    }

    /// Makes a transition. The caller must hold the lock.
    fn turn(&self, to: State) -> Transition {
        let word = self.replace(|word| word.turned(to));
        Transition::between(word, word.turned(to))
    }

    /// Replaces the word unconditionally and returns the old one. A plain store under the lock could overwrite a verdict in
    /// CLOSED, which does not take the lock.
    fn replace(&self, next: impl Fn(Word) -> Word) -> Word {
        match self.word.update(|word| Some(next(word))) {
            Ok(word) | Err(word) => word,
        }
    }

    /// Ignores poisoning: no foreign code runs under the lock, so a panic cannot leave `Inner` half written.
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// Prepares the opening, before the word says "open". Every path to HALF_OPEN leads through here, so the successes are
    /// cleared only here. The slot needs no clearing, because HALF_OPEN begins with a probe that takes it.
    fn open(&mut self, span: &Span, now: Tick, retry_after: Option<Duration>) {
        self.opened_at = now;
        self.hint = retry_after.unwrap_or_default();
        self.successes = 0;
        span.set(self.opened_at, self.open_for());
    }

    /// How long an open circuit rejects calls.
    fn open_for(&self) -> Duration {
        self.config.circuit_timeout.max(self.hint.min(self.config.max_retry_after))
    }

    /// How much longer an open circuit rejects calls; zero when a probe is due.
    fn time_left(&self, now: Tick) -> Duration {
        self.open_for().saturating_sub(now.saturating_sub(self.opened_at))
    }

    fn slot_is_free(&self, now: Tick) -> bool {
        let Some(probe) = self.probe else { return true };
        self.config.probe_lease.is_some_and(|lease| now.saturating_sub(probe.since) >= lease)
    }

    fn take_slot(&mut self, epoch: u64, now: Tick) -> Ticket {
        self.last_probe += 1;
        self.probe = Some(Probe { id: self.last_probe, since: now });
        Ticket { epoch, probe: Some(self.last_probe) }
    }
}
