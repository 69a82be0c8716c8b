//! The verdict on an attempt: for the circuit of its source, and for its failure domain.

use std::time::Duration;

use super::Manager;
use super::attempt::{Answer, Budget, Permits};
use super::flight::{Flight, Landed};
use super::route::Route;
use crate::breaker::{Effect, Transition};
use crate::error::{ErrorKind, SourceError};
use crate::query::{DatasetId, Query};

/// How an attempt ended.
#[derive(Debug)]
pub(super) enum Ended<'a> {
    Answered(Answer),
    /// `held` keeps the permits of an attempt that could not connect: only the next source shows whether the vendor or the
    /// local network is to blame.
    Failed {
        error: SourceError,
        held: Option<Permits<'a>>,
    },
}

/// Records the outcome of an attempt.
pub(super) fn judge<'a>(
    manager: &Manager,
    query: &Query,
    (flight, outcome, elapsed): Landed<'a>,
) -> (&'a Route, Ended<'a>) {
    let dataset = query.dataset();
    let worked = flight.worked(elapsed);
    let Flight { route, permits, budget, .. } = flight;
    route.stats.ended(elapsed);
    let rows = outcome.as_ref().map(|answer| answer.batch.num_rows());
    manager.telemetry.attempt(dataset, route.name(), &route.keys, rows, elapsed);
    let ended = match outcome {
        Ok(answer) => {
            route.stats.answered(elapsed);
            route.suspects.answered(query);
            let circuit = permits.circuit.success().transition;
            let ban = route.ban.answered(permits.ban);
            publish(manager, route, dataset, circuit, ban);
            Ended::Answered(answer)
        }
        Err(error) if error.is_unreachable() => Ended::Failed { error, held: Some(permits) },
        Err(error) => {
            if counts(&error, elapsed, worked, budget) && route.suspects.counts(query, &error) {
                fail(manager, route, dataset, permits, &error);
            }
            Ended::Failed { error, held: None }
        }
    };
    (route, ended)
}

/// Records a failure of a source.
pub(super) fn fail(
    manager: &Manager,
    route: &Route,
    dataset: &DatasetId,
    permits: Permits<'_>,
    error: &SourceError,
) {
    let retry_after = error.retry_after().filter(|_| error.kind() == ErrorKind::RateLimited);
    let verdict = permits.circuit.failure(|| manager.now(), retry_after);
    if verdict.effect == Effect::Counted {
        route.stats.failed((manager.wall)(), error);
    }
    let ban = match error.kind() {
        ErrorKind::Blocked => route.ban.blocked(permits.ban, || manager.now(), &manager.config_now()),
        _ => None,
    };
    publish(manager, route, dataset, verdict.transition, ban);
}

/// Publishes the transitions that a verdict caused.
fn publish(
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

/// Whether a failure counts in the breaker. A timeout does not count if the call had little time left or our own rate
/// limit used it up, unless the source ran for `counts_after`: otherwise a dead first source would use up the time of every
/// call for hours.
fn counts(error: &SourceError, elapsed: Duration, worked: Duration, budget: Budget) -> bool {
    let cut_short = budget.cut_short || worked < elapsed;
    let cut = error.kind() == ErrorKind::Timeout && cut_short && elapsed >= budget.time;
    error.kind().meaning().counts && (!cut || worked >= budget.counts_after)
}
