//! The sources of one call that are being asked at this moment: one, and another beside it when the first is slow.

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

/// One source that is being asked. The permits are here and not in the future that asks: who drops the future says what it
/// means.
#[derive(Debug)]
pub(super) struct Flight<'a> {
    pub(super) route: &'a Route,
    pub(super) permits: Permits<'a>,
    pub(super) began: Instant,
    pub(super) budget: Budget,
    /// What the source was told, and what it says of our own limits.
    context: Context,
}

impl Flight<'_> {
    /// Until how long after its beginning our own limits kept the source from sending.
    pub(super) fn held_back(&self) -> Duration {
        self.context.held_back()
    }

    /// How long the source had to itself, out of so much time.
    pub(super) fn worked(&self, elapsed: Duration) -> Duration {
        elapsed.saturating_sub(self.held_back())
    }
}

/// All of them, in the order in which they began.
pub(super) struct Flights<'a>(Vec<(Flight<'a>, BoxFuture<'a, (Outcome, Duration)>)>);

/// A source that has ended: how, and after how long.
pub(super) type Landed<'a> = (Flight<'a>, Outcome, Duration);

impl<'a> Flights<'a> {
    pub(super) fn new() -> Self {
        Self(Vec::with_capacity(1))
    }

    /// Begins to ask a source.
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
        let told = context.clone();
        let answer = Box::pin(async move { attempt::ask(manager, route, query, &told, began, budget).await });
        self.0.push((Flight { route, permits, began, budget, context }, answer));
    }

    /// The next one that ends, or `None` when none has ended by this instant.
    pub(super) async fn next(&mut self, until: Option<Instant>) -> Option<Landed<'a>> {
        // A timer costs as much as a whole call without a network, so it is made only when there is something to wait for.
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

    /// The latest that began.
    pub(super) fn latest(&self) -> Option<&Flight<'a>> {
        self.0.last().map(|(flight, _)| flight)
    }

    /// Whether a source of this failure domain is being asked.
    pub(super) fn asks(&self, domain: &str) -> bool {
        self.0.iter().any(|(flight, _)| flight.route.ban.domain() == domain)
    }

    /// Ends those that are still under way: another was faster.
    pub(super) fn hedged(self) -> impl Iterator<Item = Flight<'a>> {
        self.0.into_iter().map(|(flight, _)| flight)
    }
}

/// How many calls may ask a second source because the first is slow: one in ten, beyond a burst of ten. When every vendor is
/// slow, asking all of them twice would make it worse.
#[derive(Debug)]
pub(super) struct HedgeBudget(AtomicU32);

const PRICE: u32 = 10;
const MOST: u32 = 10 * PRICE;

impl HedgeBudget {
    pub(super) fn new() -> Self {
        Self(AtomicU32::new(MOST))
    }

    /// A call was made.
    pub(super) fn earn(&self) {
        let add = |saved: u32| (saved < MOST).then_some(saved + 1);
        // At the most there is nothing to add.
        let _full = self.0.fetch_update(Relaxed, Relaxed, add);
    }

    /// Takes the right to one overtaking.
    pub(super) fn spend(&self) -> bool {
        self.0.fetch_update(Relaxed, Relaxed, |saved| saved.checked_sub(PRICE)).is_ok()
    }
}

/// What an hedged source is told to have failed with.
pub(super) fn outrun_after(elapsed: Duration, by: &str) -> SourceError {
    let message = format!("no answer in {}, and {by} was faster", crate::error::seconds(elapsed));
    SourceError::new(ErrorKind::Timeout, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_call_in_ten_may_overtake_beyond_a_burst() {
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
