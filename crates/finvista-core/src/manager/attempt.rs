//! One attempt at one source: in its time, guarded against panics, checked, and with a verdict for its breaker.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use arrow_array::RecordBatch;
use futures_util::FutureExt;
use futures_util::future::{Either, select};
use tokio::time::Instant;

use super::route::Route;
use super::{Manager, log_transition};
use crate::breaker::{Effect, Permit};
use crate::error::{ErrorKind, SourceError};
use crate::query::Query;
use crate::source::Context;
use crate::symbol::Symbol;
use crate::table::{Attempt, Table};

/// The time of an attempt.
#[derive(Debug, Clone, Copy)]
pub(super) struct Budget {
    pub(super) time: Duration,
    /// Whether it is less than an attempt normally has, because the call is running out of time.
    pub(super) cut_short: bool,
    /// How long an attempt that was cut short must have run for it to be the source's failure.
    pub(super) counts_after: Duration,
}

/// How an attempt ended.
#[derive(Debug)]
pub(super) enum Ended {
    Answered { table: Table, missing: Vec<Symbol>, elapsed: Duration },
    Failed { error: SourceError, elapsed: Duration },
}

impl Ended {
    pub(super) fn attempt(&self, source: &str) -> Attempt {
        let (error, elapsed) = match self {
            Self::Answered { elapsed, .. } => (None, *elapsed),
            Self::Failed { error, elapsed } => (Some(error.clone()), *elapsed),
        };
        Attempt { source: source.to_owned(), error, elapsed }
    }
}

/// Asks the source. If this future is dropped, the permit is dropped with it, which blames nobody.
pub(super) async fn run(
    manager: &Manager,
    route: &Route,
    permit: Permit,
    query: &Query,
    context: &Context,
    budget: Budget,
) -> Ended {
    let dataset = query.dataset();
    if let Some(transition) = permit.transition() {
        log_transition(&dataset, route.name(), transition);
    }
    let began = Instant::now();
    let answer = async {
        let table = route.source.fetch(context, query).await?;
        check(manager, route, query, table)
    };
    // A panic of a source, or of a third party's check, is a failure of that source and of nothing else.
    let answer = AssertUnwindSafe(answer).catch_unwind();
    let time_over = tokio::time::sleep_until(began + budget.time);
    // The clock is looked at first: an answer that comes in the same instant as the end of its time is too late.
    let outcome = match select(std::pin::pin!(time_over), std::pin::pin!(answer)).await {
        Either::Left(((), _)) => Err(timeout(budget.time)),
        Either::Right((Ok(outcome), _)) => outcome,
        Either::Right((Err(panic), _)) => Err(panicked(panic.as_ref())),
    };
    let elapsed = began.elapsed();
    let verdict = match &outcome {
        Ok(_) => {
            route.stats.success();
            permit.success()
        }
        Err(error) if counts(error, elapsed, budget) => {
            let retry_after = error.retry_after().filter(|_| error.kind() == ErrorKind::RateLimited);
            let verdict = permit.failure(|| manager.now(), retry_after);
            if verdict.effect == Effect::Counted {
                route.stats.failure((manager.wall)(), error);
            }
            verdict
        }
        Err(_) => permit.ignored(),
    };
    route.stats.record(elapsed);
    let elapsed_ms = elapsed.as_secs_f64() * 1e3;
    match &outcome {
        Ok((table, _)) => {
            tracing::info!(source = route.name(), rows = table.num_rows(), elapsed_ms, "attempt")
        }
        Err(error) => tracing::warn!(source = route.name(), %error, elapsed_ms, "attempt"),
    }
    if let Some(transition) = verdict.transition {
        log_transition(&dataset, route.name(), transition);
    }
    match outcome {
        Ok((table, missing)) => Ended::Answered { table, missing, elapsed },
        Err(error) => Ended::Failed { error, elapsed },
    }
}

/// Whether a failure counts in the breaker. One that only says that the call was out of time counts when the source had
/// time enough: else a dead first source would eat every call's time for hours.
fn counts(error: &SourceError, elapsed: Duration, budget: Budget) -> bool {
    let cut = error.kind() == ErrorKind::Timeout && budget.cut_short && elapsed >= budget.time;
    error.kind().meaning().counts && (!cut || elapsed >= budget.counts_after)
}

fn timeout(time: Duration) -> SourceError {
    SourceError::new(ErrorKind::Timeout, format!("no answer in {}", crate::table::seconds(time)))
}

fn panicked(panic: &(dyn std::any::Any + Send)) -> SourceError {
    let message =
        panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    SourceError::new(ErrorKind::Plugin, format!("the source panicked: {}", message.unwrap_or("no message")))
}

/// The check at the boundary: schema, nulls, emptiness, and then the invariants of the data set. Returns the table under the
/// data set's own schema, so that two tables of it can always be put together, and the symbols that were asked for and are not
/// there.
fn check(
    manager: &Manager,
    route: &Route,
    query: &Query,
    table: Table,
) -> Result<(Table, Vec<Symbol>), SourceError> {
    let invalid = |what: String| Err(SourceError::new(ErrorKind::Invalid, what));
    let dataset = query.dataset();
    let Some(registered) = manager.registry().dataset(dataset.as_str()) else {
        return invalid(format!("{dataset} is not registered"));
    };
    let batch = table.into_batch();
    let columns = registered.spec.columns;
    let schema = batch.schema();
    let same = schema.fields().len() == columns.len()
        && schema
            .fields()
            .iter()
            .zip(registered.schema.fields())
            .all(|(is, should)| is.name() == should.name() && is.data_type() == should.data_type());
    if !same {
        let is: Vec<String> =
            schema.fields().iter().map(|f| format!("{} {}", f.name(), f.data_type())).collect();
        return invalid(format!("the columns are not those of {dataset}: {}", is.join(", ")));
    }
    if let Some((spec, _)) =
        columns.iter().zip(batch.columns()).find(|(spec, column)| !spec.nullable && column.null_count() > 0)
    {
        return invalid(format!("column {} has nulls", spec.name));
    }
    if batch.num_rows() == 0 {
        // An empty table is no success. Where days were asked for, the instrument may well exist.
        return Err(match query.range() {
            Some(range) => SourceError::new(ErrorKind::NoData, format!("no rows in {range}")),
            None => SourceError::new(ErrorKind::NotFound, format!("nothing known of {query}")),
        });
    }
    let batch = if *batch.schema_ref() == registered.schema {
        batch
    } else {
        RecordBatch::try_new(Arc::clone(&registered.schema), batch.columns().to_vec()).map_err(|e| {
            SourceError::new(ErrorKind::Invalid, format!("the columns make no {dataset}: {e}"))
        })?
    };
    let missing = (registered.spec.check)(query, &batch, route.capability.get_precision())?;
    Ok((Table::new(batch), missing))
}
