//! One attempt at one source: in its time, guarded against panics, checked, and with a verdict for its breaker.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use arrow_array::RecordBatch;
use futures_util::FutureExt;
use futures_util::future::{Either, select};

use super::Manager;
use super::route::Route;
use crate::breaker::{Effect, Permit, Transition};
use crate::error::{ErrorKind, SourceError};
use crate::query::{DatasetId, Query};
use crate::source::Context;
use crate::symbol::Symbol;
use crate::table::Table;

/// The time of an attempt.
#[derive(Debug, Clone, Copy)]
pub(super) struct Budget {
    pub(super) time: Duration,
    /// Whether it is less than an attempt normally has, because the call is running out of time.
    pub(super) cut_short: bool,
    /// How long an attempt that was cut short must have run for it to be the source's failure.
    pub(super) counts_after: Duration,
}

/// The rights to one call: of the source's circuit for the data set, and of its failure domain. Dropped, they blame nobody.
#[derive(Debug)]
pub(super) struct Permits {
    pub(super) circuit: Permit,
    pub(super) ban: Permit,
}

/// How an attempt ended.
#[derive(Debug)]
pub(super) enum Ended {
    Answered {
        table: Table,
        missing: Vec<Symbol>,
        elapsed: Duration,
    },
    /// `held` is what has no verdict yet: whether nobody being there is the source's failure shows when the next one is asked.
    Failed {
        error: SourceError,
        elapsed: Duration,
        held: Option<Permits>,
    },
}

/// What a source answered, checked.
pub(super) type Outcome = Result<(Table, Vec<Symbol>), SourceError>;

/// Asks the source, in its time.
pub(super) async fn ask(
    manager: &Manager,
    route: &Route,
    query: &Query,
    context: &Context,
    budget: Budget,
) -> Outcome {
    let answer = async {
        let table = route.source.fetch(context, query).await?;
        check(manager, route, query, table)
    };
    // A panic of a source, or of a third party's check, is a failure of that source and of nothing else.
    let answer = AssertUnwindSafe(answer).catch_unwind();
    let time_over = tokio::time::sleep(budget.time);
    // The clock is looked at first: an answer that comes in the same instant as the end of its time is too late.
    match select(std::pin::pin!(time_over), std::pin::pin!(answer)).await {
        Either::Left(((), _)) => Err(timeout(budget.time)),
        Either::Right((Ok(outcome), _)) => outcome,
        Either::Right((Err(panic), _)) => Err(panicked(panic.as_ref())),
    }
}

/// The verdict on an attempt, to the circuit and to the failure domain.
pub(super) fn judge(
    manager: &Manager,
    route: &Route,
    permits: Permits,
    dataset: &DatasetId,
    outcome: Outcome,
    (elapsed, budget): (Duration, Budget),
) -> Ended {
    route.stats.record(elapsed);
    manager.telemetry.attempt(dataset, route.name(), outcome.as_ref().map(|(table, _)| table), elapsed);
    match outcome {
        Ok((table, missing)) => {
            route.stats.success();
            let circuit = permits.circuit.success().transition;
            let ban = route.ban.answered(permits.ban);
            tell(manager, route, dataset, circuit, ban);
            Ended::Answered { table, missing, elapsed }
        }
        Err(error) if error.is_unreachable() => Ended::Failed { error, elapsed, held: Some(permits) },
        Err(error) => {
            if counts(&error, elapsed, budget) {
                fail(manager, route, dataset, permits, &error);
            }
            Ended::Failed { error, elapsed, held: None }
        }
    }
}

/// Blames a source for a failure.
pub(super) fn fail(
    manager: &Manager,
    route: &Route,
    dataset: &DatasetId,
    permits: Permits,
    error: &SourceError,
) {
    let retry_after = error.retry_after().filter(|_| error.kind() == ErrorKind::RateLimited);
    let verdict = permits.circuit.failure(|| manager.now(), retry_after);
    if verdict.effect == Effect::Counted {
        route.stats.failure((manager.wall)(), error);
    }
    let ban = match error.kind() {
        ErrorKind::Blocked => route.ban.blocked(permits.ban, || manager.now(), &manager.config_now()),
        _ => None,
    };
    tell(manager, route, dataset, verdict.transition, ban);
}

/// Tells of what a verdict moved.
fn tell(
    manager: &Manager,
    route: &Route,
    dataset: &DatasetId,
    circuit: Option<Transition>,
    ban: Option<Transition>,
) {
    if let Some(transition) = circuit {
        manager.telemetry.transition(dataset, route.name(), transition);
    }
    if ban.is_some() {
        manager.telemetry.ban(route.ban.domain(), route.ban.time_left(manager.now()));
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
