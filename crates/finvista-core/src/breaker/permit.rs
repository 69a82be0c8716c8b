//! Permits: the right to make one call, and the duty to report its outcome.

use std::time::Duration;

use super::{Breaker, Tick, Ticket, Transition, Verdict};

/// The kind of call that a [`Permit`] allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PermitKind {
    /// An ordinary call through a closed circuit.
    Normal,
    /// The call that tests whether a half-open circuit can close.
    Probe,
}

/// The right to make one call, acquired with [`Breaker::acquire`].
///
/// Report the outcome with [`success`](Self::success), [`failure`](Self::failure) or [`ignored`](Self::ignored). A permit that
/// is dropped without a verdict, for example with a cancelled future, counts as ignored and frees a probe's slot.
#[derive(Debug)]
#[must_use = "a permit that is dropped counts the call as ignored; keep it until the call has ended"]
pub struct Permit<'a> {
    pub(super) breaker: &'a Breaker,
    pub(super) ticket: Ticket,
    pub(super) transition: Option<Transition>,
    /// Whether a verdict is recorded, so that `drop` does not record another.
    pub(super) settled: bool,
}

impl Permit<'_> {
    /// Whether it is for an ordinary call or for the probe of a half-open circuit.
    pub fn kind(&self) -> PermitKind {
        match self.ticket.probe {
            None => PermitKind::Normal,
            Some(_) => PermitKind::Probe,
        }
    }

    /// The transition that acquiring it caused: OPEN to HALF_OPEN for the first probe, otherwise `None`.
    pub fn transition(&self) -> Option<Transition> {
        self.transition
    }

    /// Records a success: the source answered with data. It ends the streak of failures of a closed circuit, or counts towards
    /// closing a half-open one.
    #[inline]
    pub fn success(mut self) -> Verdict {
        let verdict = self.breaker.success(self.ticket);
        self.settled = true;
        verdict
    }

    /// Records a failure of the source. If it opens the circuit, the source's `retry_after` extends the open time, up to
    /// [`max_retry_after`](super::BreakerConfig::max_retry_after).
    ///
    /// `now` is called only if this failure may open the circuit, and never under the lock.
    pub fn failure(mut self, now: impl FnOnce() -> Tick, retry_after: Option<Duration>) -> Verdict {
        let verdict = self.breaker.failure(self.ticket, now, retry_after);
        // Set last: if the clock panics, dropping the permit frees the probe's slot.
        self.settled = true;
        verdict
    }

    /// Records that the call says nothing about the health of the source: the symbol is unknown, or the caller cancelled. The
    /// streaks stay as they are, and a probe's slot is freed.
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

/// A permit that is not bound violates `unused_must_use`:
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
/// The same code compiles when the permit is bound, so nothing else makes the above fail:
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
