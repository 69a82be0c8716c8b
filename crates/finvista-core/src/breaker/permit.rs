//! The right to make one call, and the duty to say how it went.

use std::time::Duration;

use super::{Breaker, Tick, Ticket, Transition, Verdict};

/// Which kind of call a [`Permit`] allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PermitKind {
    /// A call through a closed circuit, one of any number.
    Normal,
    /// The one call that tests whether a half-open circuit may close.
    Probe,
}

/// The right to make one call, given by [`Breaker::acquire`].
///
/// Report how the call went with [`success`](Self::success), [`failure`](Self::failure) or
/// [`ignored`](Self::ignored). A permit that is dropped without a verdict, as it is when the future that holds
/// it is cancelled, counts as ignored: it gives a probe's slot back and says nothing about the source.
#[derive(Debug)]
#[must_use = "a permit that is dropped at once counts the call as ignored; keep it until the call has ended"]
pub struct Permit<'a> {
    pub(super) breaker: &'a Breaker,
    pub(super) ticket: Ticket,
    pub(super) transition: Option<Transition>,
    /// Set when a verdict has been recorded, so that `drop` does not record another.
    pub(super) settled: bool,
}

impl Permit<'_> {
    /// Whether this is an ordinary call or the probe of a half-open circuit.
    pub fn kind(&self) -> PermitKind {
        match self.ticket.probe {
            None => PermitKind::Normal,
            Some(_) => PermitKind::Probe,
        }
    }

    /// The transition that this acquire made: OPEN to HALF_OPEN by the first probe, else `None`.
    pub fn transition(&self) -> Option<Transition> {
        self.transition
    }

    /// The source answered with data. It ends the streak of failures of a closed circuit, and is one of the
    /// successes that close a half-open one. No success depends on the time.
    #[inline]
    pub fn success(mut self) -> Verdict {
        let verdict = self.breaker.success(self.ticket);
        self.settled = true;
        verdict
    }

    /// The source failed in a way that counts against it. `retry_after` is the time that it asked to be left
    /// alone for; it lengthens the open time if this failure opens the circuit, up to
    /// [`max_retry_after`](super::BreakerConfig::max_retry_after).
    ///
    /// `now` is called only where this failure may open the circuit, and never under a lock.
    pub fn failure(mut self, now: impl FnOnce() -> Tick, retry_after: Option<Duration>) -> Verdict {
        let verdict = self.breaker.failure(self.ticket, now, retry_after);
        // Only now: should the clock panic, the unwinding drops the permit and so frees the probe's slot.
        self.settled = true;
        verdict
    }

    /// The call says nothing about the source's health: the symbol is unknown, the caller was wrong or left.
    /// The streaks stay as they are, a probe's slot is free again.
    pub fn ignored(mut self) -> Verdict {
        let verdict = self.breaker.ignored(self.ticket);
        self.settled = true;
        verdict
    }
}

impl Drop for Permit<'_> {
    #[inline]
    fn drop(&mut self) {
        if !self.settled {
            self.breaker.ignored(self.ticket);
        }
    }
}

/// A permit that nobody keeps does not pass the compiler's `unused_must_use`:
///
/// ```compile_fail
/// #![deny(unused_must_use)]
/// use finvista_core::breaker::{Breaker, Rejected};
/// fn call(breaker: &Breaker) -> Result<(), Rejected> {
///     breaker.acquire(|| std::time::Duration::ZERO)?;
///     Ok(())
/// }
/// ```
///
/// The same call passes when the permit is bound, so the above fails for no other reason:
///
/// ```
/// #![deny(unused_must_use)]
/// use finvista_core::breaker::{Breaker, Rejected};
/// fn call(breaker: &Breaker) -> Result<(), Rejected> {
///     let _permit = breaker.acquire(|| std::time::Duration::ZERO)?;
///     Ok(())
/// }
/// ```
#[cfg(doctest)]
struct PermitIsMustUse;
