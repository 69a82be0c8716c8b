//! Verdicts: how the outcome of a call affects the breaker.

use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use super::{Breaker, State, Tick, Ticket, Word};

/// The effect of a verdict on the breaker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    /// Whether it counted.
    pub effect: Effect,
    /// The transition that it caused, if any.
    pub transition: Option<Transition>,
}

/// Whether a verdict counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// It counted towards a streak.
    Counted,
    /// It was ignored: no streak changed, and a probe's slot was freed.
    Neutral,
    /// It was too late: the circuit has changed since the permit was acquired, or another caller has taken the probe's slot.
    /// Only the lifetime counters include it.
    Stale,
}

/// A change of the circuit's state, or a reset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Transition {
    /// The old state.
    pub from: State,
    /// The new state.
    pub to: State,
    /// The new epoch. Every transition and reset increments it, so it orders transitions from several threads.
    pub epoch: u64,
}

impl Transition {
    pub(super) fn between(from: Word, to: Word) -> Self {
        Self { from: from.state(), to: to.state(), epoch: to.epoch() }
    }
}

impl Verdict {
    const COUNTED: Self = Self { effect: Effect::Counted, transition: None };
    const NEUTRAL: Self = Self { effect: Effect::Neutral, transition: None };
    const STALE: Self = Self { effect: Effect::Stale, transition: None };

    fn counted(transition: Option<Transition>) -> Self {
        Self { effect: Effect::Counted, transition }
    }
}

/// Each verdict increments its lifetime counter before it reads the word (see `AtomicWord`).
///
/// Every transition increments the epoch in the word. If it equals the ticket's epoch, the state is therefore still the one in
/// which the ticket was issued: CLOSED for a normal call, HALF_OPEN for a probe.
impl Breaker {
    #[inline]
    pub(super) fn success(&self, ticket: Ticket) -> Verdict {
        self.counters.here().successes.fetch_add(1, Relaxed);
        let word = self.word.load();
        if ticket.probe.is_none() && word.epoch() == ticket.epoch && word.failures() == 0 {
            // A healthy source has no streak to end.
            return Verdict::COUNTED;
        }
        self.noted(match ticket.probe {
            None => self.normal_success(ticket.epoch),
            Some(probe) => self.probe_success(ticket.epoch, probe),
        })
    }

    pub(super) fn failure(
        &self,
        ticket: Ticket,
        now: impl FnOnce() -> Tick,
        retry_after: Option<Duration>,
    ) -> Verdict {
        self.counters.here().failures.fetch_add(1, Relaxed);
        self.noted(match ticket.probe {
            None => self.normal_failure(ticket.epoch, now, retry_after),
            Some(probe) => self.probe_failure(ticket.epoch, probe, now(), retry_after),
        })
    }

    pub(super) fn ignored(&self, ticket: Ticket) -> Verdict {
        self.counters.here().ignored.fetch_add(1, Relaxed);
        self.noted(match ticket.probe {
            None if self.word.load().epoch() == ticket.epoch => Verdict::NEUTRAL,
            None => Verdict::STALE,
            Some(probe) => self.probe_ignored(ticket.epoch, probe),
        })
    }

    fn normal_success(&self, epoch: u64) -> Verdict {
        let ended =
            self.word.update(|word| (word.epoch() == epoch && word.failures() > 0).then(|| word.succeeded()));
        match ended {
            Ok(_) => Verdict::COUNTED,
            Err(word) if word.epoch() == epoch => Verdict::COUNTED,
            Err(_) => Verdict::STALE,
        }
    }

    /// A failure below the threshold is one compare-and-swap without the clock. At the threshold it reads the clock, takes the
    /// lock and decides again: in between, a success may have ended the streak, another failure may have opened the circuit,
    /// or the threshold may have changed.
    fn normal_failure(
        &self,
        epoch: u64,
        now: impl FnOnce() -> Tick,
        retry_after: Option<Duration>,
    ) -> Verdict {
        let added = self.word.update(|word| {
            let next = word.failed();
            (word.epoch() == epoch && next.state() == State::Closed).then_some(next)
        });
        match added {
            Ok(_) => return Verdict::COUNTED,
            Err(word) if word.epoch() != epoch => return Verdict::STALE,
            Err(_) => {}
        }
        let now = now();
        let mut inner = self.lock();
        // Compare and swap even under the lock, because verdicts in CLOSED do not take it.
        let next = |word: Word| (word.epoch() == epoch).then(|| word.failed());
        let opens = |word: &Word| word.state() == State::Open;
        let updated = self.word.update(|word| {
            let next = next(word);
            if next.as_ref().is_some_and(opens) {
                inner.open(&self.span, now, retry_after);
            }
            next
        });
        let Ok(word) = updated else { return Verdict::STALE };
        let opened = next(word).filter(opens).map(|next| Transition::between(word, next));
        Verdict::counted(opened)
    }

    fn probe_success(&self, epoch: u64, probe: u64) -> Verdict {
        let mut inner = self.lock();
        if !self.free_slot(&mut inner, epoch, probe) {
            return Verdict::STALE;
        }
        inner.successes = inner.successes.saturating_add(1);
        let close = inner.successes >= inner.config.success_threshold;
        Verdict::counted(close.then(|| self.turn(State::Closed)))
    }

    fn probe_failure(&self, epoch: u64, probe: u64, now: Tick, retry_after: Option<Duration>) -> Verdict {
        let mut inner = self.lock();
        if !self.free_slot(&mut inner, epoch, probe) {
            return Verdict::STALE;
        }
        inner.open(&self.span, now, retry_after);
        Verdict::counted(Some(self.turn(State::Open)))
    }

    fn probe_ignored(&self, epoch: u64, probe: u64) -> Verdict {
        let mut inner = self.lock();
        if self.free_slot(&mut inner, epoch, probe) { Verdict::NEUTRAL } else { Verdict::STALE }
    }

    /// Frees the slot if this probe holds it, and returns whether it does. It no longer does if the epoch has changed, or if its
    /// lease expired and another caller took the slot.
    fn free_slot(&self, inner: &mut super::Inner, epoch: u64, probe: u64) -> bool {
        let holds = self.word.load().epoch() == epoch && inner.probe.is_some_and(|slot| slot.id == probe);
        if holds {
            inner.probe = None;
        }
        holds
    }

    fn noted(&self, verdict: Verdict) -> Verdict {
        if verdict.effect == Effect::Stale {
            self.counters.here().stale.fetch_add(1, Relaxed);
        }
        verdict
    }
}
