//! One call: the loop over the sources, and what comes of it.

use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;
use tokio::time::Instant;
use tracing::Instrument;

use super::attempt::{self, Ended};
use super::route::{Ranked, Routes};
use super::{
    AllSourcesFailed, CallOptions, DeadlineExceeded, DeadlinePolicy, Error, FailoverConfig, Manager,
    NotFound, Report,
};
use crate::breaker::Rejected;
use crate::date;
use crate::error::{ErrorKind, SourceError};
use crate::query::Query;
use crate::source::Context;
use crate::table::{Attempt, Provenance, SkipReason, Skipped, Table};

/// Answers a query from the first source that can.
pub(super) async fn run(manager: &Manager, query: &Query, options: &CallOptions) -> Result<Table, Error> {
    let dataset = query.dataset();
    let span = tracing::info_span!("call", %dataset, %query, source = tracing::field::Empty);
    let call = async {
        manager.known_dataset(&dataset)?;
        let routes = manager.routes_now();
        let forced = options.source.as_deref().or_else(|| routes.forced(&dataset));
        let candidates = candidates(manager, &routes, query, forced)?;
        Call::new(manager, query, options, forced.is_some()).ask(&candidates).await
    };
    let result = call.instrument(span.clone()).await;
    if let Ok(table) = &result {
        span.record("source", table.source());
    }
    result
}

/// The sources to be asked, in order: a snapshot, so that a change of priorities acts on later calls.
fn candidates(
    manager: &Manager,
    routes: &Routes,
    query: &Query,
    forced: Option<&str>,
) -> Result<Vec<(Ranked, bool)>, Error> {
    let dataset = query.dataset();
    let with_enabled = |ranked: &Ranked| (ranked.clone(), routes.is_enabled(ranked.route.name()));
    let candidates: Vec<(Ranked, bool)> = match forced {
        Some(name) => {
            manager.known(routes, Some(&dataset), name)?;
            routes.find(&dataset, name).map(with_enabled).into_iter().collect()
        }
        None => routes.of(&dataset).iter().map(with_enabled).collect(),
    };
    if candidates.iter().any(|(_, enabled)| *enabled) {
        return Ok(candidates);
    }
    let disabled = candidates.iter().map(|(ranked, _)| ranked.route.name().to_owned()).collect();
    Err(Error::NoSource { dataset, disabled })
}

struct Call<'a> {
    manager: &'a Manager,
    config: std::sync::Arc<FailoverConfig>,
    query: &'a Query,
    today: Date,
    began: Instant,
    deadline: Duration,
    forced: bool,
    attempts: Vec<Attempt>,
    skipped: Vec<Skipped>,
}

impl<'a> Call<'a> {
    fn new(manager: &'a Manager, query: &'a Query, options: &CallOptions, forced: bool) -> Self {
        let config = manager.config_now();
        Self {
            manager,
            query,
            today: date::in_china((manager.wall)()),
            began: Instant::now(),
            deadline: options.deadline.unwrap_or(config.deadline),
            config,
            forced,
            attempts: Vec::new(),
            skipped: Vec::new(),
        }
    }

    async fn ask(mut self, candidates: &[(Ranked, bool)]) -> Result<Table, Error> {
        let able: Vec<Result<&Ranked, SkipReason>> =
            candidates.iter().map(|(ranked, enabled)| self.able(ranked, *enabled)).collect();
        for (index, (ranked, _)) in candidates.iter().enumerate() {
            let route = &ranked.route;
            if let Some(Err(reason)) = able.get(index) {
                self.skip(route.name(), reason.clone());
                continue;
            }
            if self.config.max_attempts.is_some_and(|most| self.attempts.len() >= most) {
                break;
            }
            let left = self.time_left();
            if left.is_zero() {
                return Err(self.deadline_exceeded());
            }
            // The permit is asked for at the moment of the attempt: while an earlier source was slow, this one's circuit
            // may have opened or closed.
            let permit = match route.breaker.acquire(|| self.manager.now()) {
                Ok(permit) => permit,
                Err(rejected) => {
                    self.skip(
                        route.name(),
                        match rejected {
                            Rejected::Open { retry_after } => SkipReason::Open { retry_after },
                            Rejected::ProbeInFlight => SkipReason::ProbeInFlight,
                        },
                    );
                    continue;
                }
            };
            let share = self.share(left, able.get(index + 1..).unwrap_or_default());
            let budget = attempt::Budget {
                time: self.config.attempt_timeout.min(share),
                cut_short: share < self.config.attempt_timeout,
                counts_after: self.config.deadline_counts_after,
            };
            let context = Context { today: self.today, time: budget.time };
            let ended = attempt::run(self.manager, route, permit, self.query, &context, budget).await;
            if let Ended::Failed { error, .. } = &ended
                && error.kind() == ErrorKind::Throttled
            {
                self.skip(route.name(), SkipReason::Throttled { retry_after: error.retry_after() });
                continue;
            }
            self.attempts.push(ended.attempt(route.name()));
            match ended {
                Ended::Answered { table, missing, .. } => return Ok(self.done(table, missing)),
                Ended::Failed { error, .. } if error.kind() == ErrorKind::InvalidInput => {
                    let message = error.message().to_owned();
                    return Err(Error::InvalidInput { message, report: Some(Box::new(self.report())) });
                }
                Ended::Failed { .. } => {}
            }
        }
        let able: Vec<&Ranked> = able.into_iter().flatten().collect();
        Err(self.failed(&able))
    }

    /// Whether a candidate may be asked: enabled, and with a promise that this query lies in.
    fn able<'r>(&self, ranked: &'r Ranked, enabled: bool) -> Result<&'r Ranked, SkipReason> {
        if !enabled {
            return Err(SkipReason::Disabled);
        }
        let answers = ranked.route.capability.answers(self.query, self.today);
        answers.map(|()| ranked).map_err(SkipReason::Unsupported)
    }

    /// The time that an attempt may take out of what is left of the call.
    fn share(&self, left: Duration, later: &[Result<&Ranked, SkipReason>]) -> Duration {
        match self.config.deadline_policy {
            DeadlinePolicy::Greedy => left,
            DeadlinePolicy::Fair => {
                let now = self.manager.now();
                let later = later.iter().flatten();
                let usable = later.filter(|ranked| ranked.route.breaker.snapshot(now).available).count();
                left / u32::try_from(usable + 1).unwrap_or(u32::MAX)
            }
        }
    }

    fn time_left(&self) -> Duration {
        self.deadline.saturating_sub(self.began.elapsed())
    }

    fn skip(&mut self, source: &str, reason: SkipReason) {
        let skipped = Skipped { source: source.to_owned(), reason };
        tracing::debug!(source, reason = %skipped, "skip");
        self.skipped.push(skipped);
    }

    fn report(&mut self) -> Report {
        Report {
            dataset: self.query.dataset(),
            query: self.query.to_string(),
            attempts: std::mem::take(&mut self.attempts),
            skipped: std::mem::take(&mut self.skipped),
        }
    }

    fn done(mut self, table: Table, missing: Vec<crate::symbol::Symbol>) -> Table {
        let source = self.attempts.last().map(|attempt| attempt.source.clone()).unwrap_or_default();
        let Report { dataset, attempts, skipped, .. } = self.report();
        table.with_provenance(Provenance {
            dataset,
            source,
            attempts,
            skipped,
            elapsed: self.began.elapsed(),
            fetched_at: (self.manager.wall)(),
            missing,
        })
    }

    fn deadline_exceeded(&mut self) -> Error {
        Error::DeadlineExceeded(Box::new(DeadlineExceeded { report: self.report(), deadline: self.deadline }))
    }

    /// What it means that nobody answered.
    fn failed(mut self, able: &[&Ranked]) -> Error {
        let out_of_time = self.time_left().is_zero() && !self.attempts.is_empty();
        let kinds: Vec<ErrorKind> =
            self.attempts.iter().filter_map(|a| a.error.as_ref()).map(SourceError::kind).collect();
        let counted =
            self.attempts.iter().rev().filter_map(|a| a.error.as_ref()).find(|e| e.kind().meaning().counts);
        let counted = counted.cloned();
        let cut = counted.as_ref().is_some_and(|error| error.kind() == ErrorKind::Timeout);
        if out_of_time && cut {
            return self.deadline_exceeded();
        }
        if counted.is_none() && able.is_empty() {
            // Only the promises decided: nobody was asked, and nobody is ill.
            return Error::Unsupported(Box::new(self.report()));
        }
        if counted.is_some() || kinds.is_empty() {
            return self.all_failed(counted, able);
        }
        if kinds.iter().all(|kind| *kind == ErrorKind::Unsupported) {
            return Error::Unsupported(Box::new(self.report()));
        }
        // A disabled source is no source of this call; whoever else was not asked might know more.
        let conclusive = self.skipped.iter().all(|skipped| skipped.reason == SkipReason::Disabled);
        let no_data = !kinds.contains(&ErrorKind::NotFound);
        Error::NotFound(Box::new(NotFound { report: self.report(), no_data, conclusive }))
    }

    fn all_failed(&mut self, last_error: Option<SourceError>, able: &[&Ranked]) -> Error {
        let now = self.manager.now();
        let snapshots: Vec<_> = able.iter().map(|ranked| ranked.route.breaker.snapshot(now)).collect();
        let throttled = self.skipped.iter().filter_map(|skipped| match skipped.reason {
            SkipReason::Throttled { retry_after } => retry_after,
            _ => None,
        });
        let retry_after = if self.attempts.is_empty() || !snapshots.iter().any(|snapshot| snapshot.available)
        {
            snapshots.iter().filter_map(|snapshot| snapshot.retry_after).chain(throttled).min()
        } else {
            None
        };
        let wall: Timestamp = (self.manager.wall)();
        let last_error = last_error
            .unwrap_or_else(|| SourceError::new(ErrorKind::CircuitOpen, "no source could be asked now"));
        Error::AllSourcesFailed(Box::new(AllSourcesFailed {
            last_error,
            retry_after,
            recover_at: retry_after.and_then(|delay| wall.checked_add(delay).ok()),
            forced: self.forced,
            report: self.report(),
        }))
    }
}
