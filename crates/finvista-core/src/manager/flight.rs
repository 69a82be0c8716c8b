//! The sources of one call that are being asked at this moment: one, and another beside it when the first is slow.

use std::collections::BTreeSet;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::{BoxFuture, Either, select};
use futures_util::stream::FuturesUnordered;
use tokio::time::Instant;

use super::Manager;
use super::attempt::{self, Budget, Outcome, Permits};
use super::route::Route;
use crate::query::Query;
use crate::source::Context;

/// One source that is being asked. The permits are here and not in the future that asks: who drops the future says what it
/// means.
#[derive(Debug)]
pub(super) struct Flight {
    pub(super) route: Arc<Route>,
    pub(super) permits: Permits,
    pub(super) began: Instant,
    pub(super) budget: Budget,
}

/// All of them, in the order in which they began.
pub(super) struct Flights<'a> {
    aloft: Vec<(usize, Flight)>,
    answers: FuturesUnordered<BoxFuture<'a, (usize, Outcome)>>,
    next: usize,
}

impl<'a> Flights<'a> {
    pub(super) fn new() -> Self {
        Self { aloft: Vec::new(), answers: FuturesUnordered::new(), next: 0 }
    }

    /// Begins to ask a source.
    pub(super) fn launch(
        &mut self,
        manager: &'a Manager,
        query: &'a Query,
        context: Context,
        route: &Arc<Route>,
        permits: Permits,
        budget: Budget,
    ) {
        let (number, asked) = (self.next, Arc::clone(route));
        self.next += 1;
        self.answers.push(Box::pin(async move {
            (number, attempt::ask(manager, &asked, query, &context, budget).await)
        }));
        let flight = Flight { route: Arc::clone(route), permits, began: Instant::now(), budget };
        self.aloft.push((number, flight));
    }

    /// The next one that ends, or `None` when none has ended by this instant.
    pub(super) async fn next(&mut self, until: Option<Instant>) -> Option<(Flight, Outcome)> {
        let slow = async {
            match until {
                Some(instant) => tokio::time::sleep_until(instant).await,
                None => std::future::pending().await,
            }
        };
        let (number, outcome) = match select(self.answers.next(), pin!(slow)).await {
            Either::Left((landed, _)) => landed?,
            Either::Right(((), _)) => return None,
        };
        let place = self.aloft.iter().position(|(other, _)| *other == number)?;
        Some((self.aloft.remove(place).1, outcome))
    }

    pub(super) fn len(&self) -> usize {
        self.aloft.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.aloft.is_empty()
    }

    /// When the latest began.
    pub(super) fn latest(&self) -> Option<Instant> {
        self.aloft.last().map(|(_, flight)| flight.began)
    }

    pub(super) fn domains(&self) -> BTreeSet<&str> {
        self.aloft.iter().map(|(_, flight)| flight.route.ban.domain()).collect()
    }

    /// Ends those that are still under way: another was faster.
    pub(super) fn overtaken(self) -> impl Iterator<Item = Flight> {
        self.aloft.into_iter().map(|(_, flight)| flight)
    }
}

/// How many calls may ask a second source because the first is slow: one in ten, beyond a burst of ten. When every vendor is
/// slow, asking all of them twice would make it worse.
#[derive(Debug)]
pub(super) struct Overtakes(AtomicU32);

const PRICE: u32 = 10;
const MOST: u32 = 10 * PRICE;

impl Overtakes {
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

/// What an overtaken source is told to have failed with.
pub(super) fn overtaken_after(elapsed: Duration, by: &str) -> crate::error::SourceError {
    let message = format!("no answer in {}, and {by} was faster", crate::table::seconds(elapsed));
    crate::error::SourceError::new(crate::error::ErrorKind::Timeout, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_call_in_ten_may_overtake_beyond_a_burst() {
        let overtakes = Overtakes::new();
        assert_eq!((0..20).filter(|_| overtakes.spend()).count(), 10);
        for _ in 0..9 {
            overtakes.earn();
        }
        assert!(!overtakes.spend());
        overtakes.earn();
        assert!(overtakes.spend() && !overtakes.spend());
    }
}
