//! The attempts of one call that are in flight: one, and a hedge if it is slow.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::task::Poll;
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::time::{Instant, Sleep, sleep_until};

use super::Manager;
use super::attempt::{self, Budget, Outcome, Permits};
use super::route::Route;
use crate::error::{ErrorKind, SourceError};
use crate::query::Query;
use crate::source::Context;

/// One attempt in flight. The permits are kept outside its future, so that the code that drops the future also records
/// the verdict.
#[derive(Debug)]
pub(super) struct Flight<'a> {
    pub(super) route: &'a Route,
    pub(super) permits: Permits<'a>,
    pub(super) began: Instant,
    pub(super) budget: Budget,
    /// Shared with the source, which notes in it how long our own rate limit held it back.
    context: Context,
}

impl Flight<'_> {
    /// How long after its start our own rate limit kept the source from sending.
    pub(super) fn held_back(&self) -> Duration {
        self.context.held_back()
    }

    /// The part of the elapsed time in which our own rate limit did not hold the source back.
    pub(super) fn worked(&self, elapsed: Duration) -> Duration {
        elapsed.saturating_sub(self.held_back())
    }
}

/// All attempts in flight, oldest first.
pub(super) struct Flights<'a>(Vec<(Flight<'a>, BoxFuture<'a, (Outcome, Duration)>)>);

/// An attempt that has ended, with its outcome and its time.
pub(super) type Landed<'a> = (Flight<'a>, Outcome, Duration);

impl<'a> Flights<'a> {
    pub(super) fn new() -> Self {
        Self(Vec::with_capacity(1))
    }

    /// Starts to ask a source.
    pub(super) fn launch(
        &mut self,
        manager: &'a Manager,
        query: &'a Query,
        context: Context,
        route: &'a Route,
        permits: Permits<'a>,
        budget: Budget,
    ) {
        let began = Instant::now();
        let shared = context.clone();
        let answer =
            Box::pin(async move { attempt::ask(manager, route, query, &shared, began, budget).await });
        self.0.push((Flight { route, permits, began, budget, context }, answer));
    }

    /// The next attempt to end, or `None` if none ends by this instant.
    pub(super) async fn next(&mut self, until: Option<Instant>) -> Option<Landed<'a>> {
        // A timer costs as much as a whole call without network, so it is made only once an attempt is pending.
        let mut slow = pin!(None::<Sleep>);
        poll_fn(|cx| {
            for (place, (_, answer)) in self.0.iter_mut().enumerate() {
                if let Poll::Ready((outcome, elapsed)) = answer.as_mut().poll(cx) {
                    let (flight, _) = self.0.remove(place);
                    return Poll::Ready(Some((flight, outcome, elapsed)));
                }
            }
            let Some(until) = until else { return Poll::Pending };
            if slow.is_none() {
                slow.set(Some(sleep_until(until)));
            }
            match slow.as_mut().as_pin_mut() {
                Some(timer) => timer.poll(cx).map(|()| None),
                None => Poll::Pending,
            }
        })
        .await
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The attempt that began last.
    pub(super) fn latest(&self) -> Option<&Flight<'a>> {
        self.0.last().map(|(flight, _)| flight)
    }

    /// Whether a source of this failure domain is in flight.
    pub(super) fn asks(&self, domain: &str) -> bool {
        self.0.iter().any(|(flight, _)| flight.route.ban.domain() == domain)
    }

    /// Drops the remaining attempts: another source was faster.
    pub(super) fn hedged(self) -> impl Iterator<Item = Flight<'a>> {
        self.0.into_iter().map(|(flight, _)| flight)
    }
}

/// How many calls may hedge: one in ten, after a burst of ten. When every vendor is slow, asking twice would make it worse.
#[derive(Debug)]
pub(super) struct HedgeBudget(AtomicU32);

const PRICE: u32 = 10;
const MOST: u32 = 10 * PRICE;

impl HedgeBudget {
    pub(super) fn new() -> Self {
        Self(AtomicU32::new(MOST))
    }

    /// Credits a call.
    pub(super) fn earn(&self) {
        let add = |saved: u32| (saved < MOST).then_some(saved + 1);
        // A full budget stays as it is.
        let _full = self.0.fetch_update(Relaxed, Relaxed, add);
    }

    /// Pays for one hedge, if the budget allows it.
    pub(super) fn spend(&self) -> bool {
        self.0.fetch_update(Relaxed, Relaxed, |saved| saved.checked_sub(PRICE)).is_ok()
    }
}

/// The error of a source that lost to its hedge.
pub(super) fn outrun_after(elapsed: Duration, by: &str) -> SourceError {
    let message = format!("no answer within {}, and {by} was faster", crate::error::seconds(elapsed));
    SourceError::new(ErrorKind::Timeout, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_call_in_ten_may_hedge_after_a_burst() {
        let hedge_budget = HedgeBudget::new();
        assert_eq!((0..20).filter(|_| hedge_budget.spend()).count(), 10);
        for _ in 0..9 {
            hedge_budget.earn();
        }
        assert!(!hedge_budget.spend());
        hedge_budget.earn();
        assert!(hedge_budget.spend() && !hedge_budget.spend());
    }
}
