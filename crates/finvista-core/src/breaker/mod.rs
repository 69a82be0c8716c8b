//! The circuit breaker: a source that fails again and again is left alone for a while, then tried with one
//! call at a time.
//!
//! CLOSED lets every call through and opens after `failure_threshold` consecutive failures. OPEN rejects for
//! `circuit_timeout`. HALF_OPEN admits one probe at a time; `success_threshold` consecutive successes close the
//! circuit, one failure opens it again.
//!
//! It is a state machine and no more: time is passed in, nothing waits, nothing is called back.
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
//! # Threads
//! A call in CLOSED touches one atomic word and a counter of its thread ([`Breaker::acquire`] is one load, a success without
//! a streak to end is one load and one addition), and never reads the clock. Every transition happens under one short mutex.
//! A permit carries the epoch in which it was given, and the epoch rises with every transition: an acquire that
//! races with the opening comes before it, and its verdict is stale. A rejection takes no lock either while the
//! circuit is not due. The clock is read before the lock is taken
//! and nothing else of the caller's is ever run, so no code but this module's runs under the lock.

mod config;
mod counters;
mod permit;
mod snapshot;
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
use sync::{AtomicU64, Mutex, MutexGuard};
use word::{AtomicWord, Word};

/// What the threads meet at, in one place, so that a model checker can put its own in.
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

/// The time since an origin that the breaker's owner chose, on a clock that should not go backwards. If it does,
/// no time has passed.
pub type Tick = Duration;

/// The state of a circuit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// Calls pass.
    Closed,
    /// Calls are rejected.
    Open,
    /// One probe at a time passes.
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

/// Why a call was not let through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Rejected {
    /// The circuit is open.
    #[error("the circuit is open, a probe is due in {retry_after:?}")]
    Open {
        /// The time until it admits a probe. Never zero.
        retry_after: Duration,
    },
    /// The circuit is half-open and its one probe is under way.
    #[error("the circuit is half-open and its one probe is in flight")]
    ProbeInFlight,
}

/// The circuit breaker of one (data set, source). Its permits borrow it, so that giving one shares nothing between threads.
#[derive(Debug)]
pub struct Breaker {
    /// The state, the streak of failures, its threshold and the epoch.
    word: AtomicWord,
    /// How long an open circuit rejects, for those who are rejected and need no more.
    span: Span,
    /// All else. The word's state changes only while this is locked.
    inner: Mutex<Inner>,
    counters: Counters,
}

/// What calls outside CLOSED need, under the lock.
#[derive(Debug)]
struct Inner {
    config: BreakerConfig,
    /// When the circuit opened last. Not a deadline, so that a new timeout applies to a running OPEN.
    opened_at: Tick,
    /// The `Retry-After` of the failure that opened it, as it was given: the cap too may change.
    hint: Duration,
    /// Successful probes in a row, in HALF_OPEN.
    successes: u32,
    /// The probe under way, in HALF_OPEN.
    probe: Option<Probe>,
    /// The id of the latest probe. Never reset, so that no two probes are alike.
    last_probe: u64,
}

#[derive(Debug, Clone, Copy)]
struct Probe {
    id: u64,
    since: Tick,
}

/// What a permit holds to be recognised by.
#[derive(Debug, Clone, Copy)]
struct Ticket {
    epoch: u64,
    probe: Option<u64>,
}

impl Breaker {
    /// A closed circuit.
    ///
    /// # Errors
    /// [`ConfigError`] if a value is out of its range, see [`BreakerConfig::validate`].
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

    /// Asks for the right to make one call. `now` is not called while the circuit is closed, and never under a
    /// lock.
    ///
    /// # Errors
    /// [`Rejected`] if the circuit is open and not due, or if its probe is in flight. Being rejected changes
    /// nothing but a counter.
    #[inline]
    pub fn acquire(&self, now: impl FnOnce() -> Tick) -> Result<Permit<'_>, Rejected> {
        // The acquire takes place at this load. If the circuit opens right after, the verdict will be stale.
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

    /// Closes the circuit, whatever its state, and forgets both streaks. Calls in flight run on, their verdicts
    /// will be stale. The transition is given back to be reported; from a closed circuit it only raises the
    /// epoch.
    pub fn reset(&self) -> Transition {
        // The slot, the hint and the successes mean nothing in CLOSED, and the next opening starts them anew.
        let _inner = self.lock();
        self.turn(State::Closed)
    }

    /// Replaces the configuration while the breaker runs. It acts at the next event: a streak that is already at
    /// a lowered threshold opens the circuit with the next failure, and a new timeout applies to a circuit that
    /// is open. Calls in flight still count.
    ///
    /// # Errors
    /// [`ConfigError`] if a value is out of its range; then all values stay as they were.
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

    /// The slow half of `acquire`, for whoever did not find it closed. Most are rejected without the lock, so that a thousand
    /// callers of a source that is down do not queue up for it. Deciding and taking the slot are one step under the lock, so of all callers
    /// that stand at the boundary one gets it.
    fn admit(&self, now: Tick) -> Result<(Ticket, Option<Transition>), Rejected> {
        if self.word.load().state() == State::Open
            && let Some(retry_after) = self.span.left(now)
        {
            return Err(Rejected::Open { retry_after });
        }
        let mut inner = self.lock();
        let word = self.word.load();
        match word.state() {
            // It closed after the first look.
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

    /// Makes a transition. The caller holds the lock.
    fn turn(&self, to: State) -> Transition {
        let word = self.replace(|word| word.turned(to));
        Transition::between(word, word.turned(to))
    }

    /// Replaces the word whatever it is, and gives the one replaced. Verdicts in CLOSED do not take the lock, so
    /// even under it a plain store could overwrite one of theirs.
    fn replace(&self, next: impl Fn(Word) -> Word) -> Word {
        match self.word.update(|word| Some(next(word))) {
            Ok(word) | Err(word) => word,
        }
    }

    /// A panic cannot leave `Inner` half-written, as no foreign code runs under the lock: poison is no news.
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// When the circuit opened and how long it rejects, in nanoseconds: what `Inner` knows, readable without its lock.
///
/// Both are written under the lock, before the word says "open", so whoever reads "open" reads these or later ones. The two may
/// belong to different openings only while the circuit opens anew, and then a rejection is right whichever they are. Whoever
/// finds no time left asks `Inner`, so nobody is let through by them.
#[derive(Debug, Default)]
struct Span {
    opened_at: AtomicU64,
    open_for: AtomicU64,
}

impl Span {
    fn set(&self, opened_at: Tick, open_for: Duration) {
        let nanos = |time: Duration| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        self.opened_at.store(nanos(opened_at), Relaxed);
        self.open_for.store(nanos(open_for), Relaxed);
    }

    /// How long an open circuit goes on to reject, if it does.
    fn left(&self, now: Tick) -> Option<Duration> {
        let [opened_at, open_for] =
            [&self.opened_at, &self.open_for].map(|nanos| Duration::from_nanos(nanos.load(Relaxed)));
        open_for.checked_sub(now.saturating_sub(opened_at)).filter(|left| !left.is_zero())
    }
}

impl Inner {
    /// Every way to HALF_OPEN leads through here, so this alone clears the successes of the last time. The slot
    /// needs no clearing: HALF_OPEN begins with a probe that takes it. It comes before the word says "open".
    fn open(&mut self, span: &Span, now: Tick, retry_after: Option<Duration>) {
        self.opened_at = now;
        self.hint = retry_after.unwrap_or_default();
        self.successes = 0;
        span.set(self.opened_at, self.open_for());
    }

    /// How long an open circuit rejects.
    fn open_for(&self) -> Duration {
        self.config.circuit_timeout.max(self.hint.min(self.config.max_retry_after))
    }

    /// How long an open circuit goes on to reject; zero when it is due.
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
