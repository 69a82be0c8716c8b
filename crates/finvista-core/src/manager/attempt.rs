//! One attempt at a source: limited in time, guarded against panics, and checked.

use std::future::{Future, poll_fn};
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use arrow_array::RecordBatch;
use futures_util::FutureExt;
use jiff::Timestamp;
use tokio::time::{Instant, Sleep, sleep_until};

use super::Manager;
use super::probe::ProbeOver;
use super::route::Route;
use crate::breaker::Permit;
use crate::dataset::Sifted;
use crate::error::{ErrorKind, SourceError};
use crate::query::Query;
use crate::source::Context;

/// The time budget of an attempt.
#[derive(Debug, Clone, Copy)]
pub(super) struct Budget {
    pub(super) time: Duration,
    /// Whether it is shorter than the attempt timeout, because the call is running out of time.
    pub(super) cut_short: bool,
    /// How long an attempt that was cut short must have run to count as a failure of the source.
    pub(super) counts_after: Duration,
}

/// The permits for one attempt: from the circuit and from the failure domain. Dropping them records no failure.
#[derive(Debug)]
pub(super) struct Permits<'a> {
    pub(super) circuit: Permit<'a>,
    pub(super) ban: Permit<'a>,
    /// Dropped after them.
    pub(super) _over: Option<ProbeOver<'a>>,
}

/// A checked answer.
pub(super) type Answer = Sifted;

pub(super) type Outcome = Result<Answer, SourceError>;

/// Asks a source within its budget. Also returns the time that it took.
pub(super) async fn ask(
    manager: &Manager,
    route: &Route,
    query: &Query,
    context: &Context,
    began: Instant,
    budget: Budget,
) -> (Outcome, Duration) {
    let answer = async {
        let batch = route.source.fetch(context, query).await?;
        check(manager, route, query, batch, context.now)
    };
    // A panic in a source or in a third party's check is a failure of that source.
    let mut answer = pin!(AssertUnwindSafe(answer).catch_unwind());
    // The timer is made only if the source does not answer at once.
    let mut time_over = pin!(None::<Sleep>);
    poll_fn(|cx| {
        if let Poll::Ready(outcome) = answer.as_mut().poll(cx) {
            let elapsed = began.elapsed();
            // An answer at the very end of the budget is too late.
            let outcome = match outcome {
                _ if elapsed >= budget.time => Err(timeout(budget.time)),
                Ok(outcome) => outcome,
                Err(panic) => Err(panicked(panic.as_ref())),
            };
            return Poll::Ready((outcome, elapsed));
        }
        if time_over.is_none() {
            time_over.set(Some(sleep_until(began + budget.time)));
        }
        match time_over.as_mut().as_pin_mut() {
            Some(timer) => timer.poll(cx).map(|()| (Err(timeout(budget.time)), began.elapsed())),
            None => Poll::Pending,
        }
    })
    .await
}

fn timeout(time: Duration) -> SourceError {
    SourceError::new(ErrorKind::Timeout, format!("no answer within {}", crate::error::seconds(time)))
}

fn panicked(panic: &(dyn std::any::Any + Send)) -> SourceError {
    let message =
        panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    SourceError::new(ErrorKind::Plugin, format!("the source panicked: {}", message.unwrap_or("no message")))
}

/// Checks an answer: schema, nulls, emptiness, and then the checks of the data set. Returns the table with the data set's own
/// schema, so that tables of one data set can always be concatenated.
fn check(manager: &Manager, route: &Route, query: &Query, batch: RecordBatch, now: Timestamp) -> Outcome {
    let invalid = |what: String| Err(SourceError::new(ErrorKind::Invalid, what));
    let dataset = query.dataset();
    let Some(registered) = manager.registry().dataset(dataset.as_str()) else {
        return invalid(format!("{dataset} is not registered"));
    };
    let batch = registered.spec.adopt(&registered.schema, batch)?;
    if batch.num_rows() == 0 {
        // An empty table is not a success. If the query has a range, the instrument may still exist.
        return Err(match query.range() {
            Some(range) => SourceError::new(ErrorKind::NoData, format!("no rows in {range}")),
            None => SourceError::new(ErrorKind::NotFound, format!("no rows for {query}")),
        });
    }
    let sifted = registered.spec.sift(query.selection(), batch, &route.capability.precision, now)?;
    for dropped in &sifted.dropped {
        tracing::warn!(source = route.name(), "{dropped}");
    }
    Ok(sifted)
}
