//! One call: the loop over the sources, and its result.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;
use tracing::Instrument;

use super::attempt::{Answer, Permits};
use super::flight::{Flight, Flights, outrun_after};
use super::judge::{Ended, fail, judge};
use super::route::{Ranked, Route, Routes};
use super::{CallOptions, Error, FailoverConfig, Manager, Report};
use crate::dataset::Pace;
use crate::error::{ErrorKind, SourceError};
use crate::provenance::{Attempt, Provenance, SkipReason, Skipped};
use crate::query::{DatasetId, Query};
use crate::source::Progress;
use crate::table::Table;

/// Answers a query from the first source that can.
pub(super) async fn run(manager: &Manager, query: &Query, options: &CallOptions) -> Result<Table, Error> {
    let dataset = query.dataset();
    let span = tracing::info_span!("call", %dataset, %query, source = tracing::field::Empty);
    let call = async {
        // One routing table for the whole call: changes of priority affect later calls.
        let routes = manager.routes_now();
        let pace = manager.known_dataset(dataset)?.spec.pace;
        let (candidates, forced) = candidates(manager, &routes, query, options)?;
        Call::new(manager, query, pace, options, forced).ask(&candidates).await
    };
    let result = call.instrument(span.clone()).await;
    if let Ok(table) = &result {
        span.record("source", table.source());
    }
    result
}

/// A source, and whether it may be asked.
pub(super) struct Candidate<'a> {
    pub(super) route: &'a Route,
    pub(super) able: Result<(), SkipReason>,
}

/// A source of the data set, and whether it is enabled.
pub(super) type Choice<'a> = (&'a Route, bool);

/// The sources of a call, in order, and whether it is a single forced one.
pub(super) fn candidates<'a>(
    manager: &Manager,
    routes: &'a Routes,
    query: &Query,
    options: &CallOptions,
) -> Result<(Vec<Choice<'a>>, bool), Error> {
    let dataset = query.dataset();
    manager.known_dataset(dataset)?;
    let forced = options.source.as_deref().or_else(|| routes.forced(dataset));
    let with_enabled = |ranked: &'a Ranked| (&*ranked.route, routes.is_enabled(ranked.route.name()));
    let candidates: Vec<Choice<'a>> = match forced {
        Some(name) => {
            manager.known(routes, Some(dataset), name)?;
            routes.find(dataset, name).map(with_enabled).into_iter().collect()
        }
        None => routes.of(dataset).iter().map(with_enabled).collect(),
    };
    if candidates.iter().any(|(_, enabled)| *enabled) {
        return Ok((candidates, forced.is_some()));
    }
    let disabled = candidates.iter().map(|(route, _)| route.name().to_owned()).collect();
    Err(Error::NoSource { dataset: dataset.clone(), disabled })
}

pub(super) struct Call<'a> {
    pub(super) manager: &'a Manager,
    pub(super) config: Arc<FailoverConfig>,
    pub(super) query: &'a Query,
    pub(super) dataset: DatasetId,
    pub(super) now: Timestamp,
    pub(super) pace: Pace,
    pub(super) began: Instant,
    pub(super) deadline: Duration,
    /// Whether a slow source may be hedged.
    pub(super) hedges: bool,
    pub(super) progress: Progress,
    pub(super) forced: bool,
    pub(super) attempts: Vec<Attempt>,
    pub(super) skipped: Vec<Skipped>,
    /// Attempts that could not connect. They have no verdict until another attempt shows whether the local network works.
    pub(super) held: Vec<Held<'a>>,
}

/// An attempt that could not connect.
pub(super) struct Held<'a> {
    pub(super) route: &'a Route,
    permits: Permits<'a>,
    error: SourceError,
}

impl<'a> Call<'a> {
    pub(super) fn new(
        manager: &'a Manager,
        query: &'a Query,
        pace: Pace,
        options: &CallOptions,
        forced: bool,
    ) -> Self {
        let config = manager.config_now();
        Self {
            manager,
            query,
            dataset: query.dataset().clone(),
            now: (manager.wall)(),
            pace,
            began: Instant::now(),
            deadline: options.deadline.unwrap_or_else(|| pace.call(config.deadline)),
            // Crawling two vendors side by side for one answer would be abuse.
            hedges: !options.no_hedge && !pace.is_sweep(),
            progress: options.progress.clone(),
            config,
            forced,
            attempts: Vec::new(),
            skipped: Vec::new(),
            held: Vec::new(),
        }
    }

    async fn ask(mut self, candidates: &[Choice<'a>]) -> Result<Table, Error> {
        self.manager.hedge_budget.earn();
        let mut waiting: VecDeque<Candidate<'a>> =
            candidates.iter().map(|(route, enabled)| self.candidate(route, *enabled)).collect();
        let mut flights = Flights::new();
        loop {
            if flights.is_empty() && !self.launch(&mut flights, &mut waiting)? {
                return Err(self.failed(candidates, waiting.is_empty()));
            }
            let slow = self.slow_at(&flights);
            let Some(landed) = flights.next(slow).await else {
                // Our own rate limit may have moved that moment in the meantime.
                let is_slow = self.slow_at(&flights).is_some_and(|at| at <= Instant::now());
                // Hedge once. If no other source can be asked, this one keeps all its time.
                if is_slow
                    && !(self.manager.hedge_budget.spend() && self.launch(&mut flights, &mut waiting)?)
                {
                    self.hedges = false;
                }
                continue;
            };
            let elapsed = landed.2;
            let (route, ended) = judge(self.manager, &self.dataset, landed);
            match ended {
                Ended::Failed { error, .. } if error.kind() == ErrorKind::Throttled => {
                    self.skip(route.name(), SkipReason::Throttled { retry_after: error.retry_after() });
                }
                Ended::Failed { error, held: Some(permits) } => {
                    self.attempted(route, Some(error.clone()), elapsed);
                    self.held.push(Held { route, permits, error });
                }
                Ended::Failed { error, held: None } => {
                    // A vendor was reached, so the network works and the unreachable ones are to blame.
                    self.blame_the_unreachable();
                    self.attempted(route, Some(error.clone()), elapsed);
                    if error.kind() == ErrorKind::InvalidInput {
                        let (message, report) = (error.message().to_owned(), Some(Box::new(self.report())));
                        return Err(Error::InvalidInput { message, param: None, report });
                    }
                }
                Ended::Answered(answer) => {
                    self.blame_the_unreachable();
                    self.hedged(flights, route.name());
                    self.attempted(route, None, elapsed);
                    return Ok(self.done(route, answer));
                }
            }
        }
    }

    fn attempted(&mut self, route: &Route, error: Option<SourceError>, elapsed: Duration) {
        self.attempts.push(Attempt { source: route.name().to_owned(), error, elapsed });
    }

    /// Ends the flights that lost to a faster source. One that ran for `counts_after` is blamed: a source that hangs must
    /// open its circuit instead of costing every call the time until it is hedged.
    fn hedged(&mut self, flights: Flights<'a>, by: &str) {
        for flight in flights.hedged() {
            let elapsed = flight.began.elapsed();
            let (worked, error) = (flight.worked(elapsed), outrun_after(elapsed, by));
            let Flight { route, permits, budget, .. } = flight;
            if worked >= budget.counts_after {
                fail(self.manager, route, &self.dataset, permits, &error);
            }
            self.manager.telemetry.hedged(&self.dataset, route.name(), by);
            self.attempted(route, Some(error), elapsed);
        }
    }

    pub(super) fn blame_the_unreachable(&mut self) {
        for Held { route, permits, error } in self.held.drain(..) {
            fail(self.manager, route, &self.dataset, permits, &error);
        }
    }

    pub(super) fn time_left(&self, now: Instant) -> Duration {
        self.deadline.saturating_sub(now.duration_since(self.began))
    }

    pub(super) fn skip(&mut self, source: &str, reason: SkipReason) {
        let skipped = Skipped { source: source.to_owned(), reason };
        self.manager.telemetry.skip(&self.dataset, &skipped);
        self.skipped.push(skipped);
    }

    pub(super) fn report(&mut self) -> Report {
        Report {
            dataset: self.dataset.clone(),
            query: self.query.to_string(),
            attempts: std::mem::take(&mut self.attempts),
            skipped: std::mem::take(&mut self.skipped),
        }
    }

    fn done(self, route: &Route, (batch, missing): Answer) -> Table {
        let source = route.name().to_owned();
        if self.attempts.len() > 1 {
            let failed = self.attempts.iter().filter(|attempt| attempt.error.is_some());
            let failed = failed.map(|attempt| attempt.source.clone()).collect();
            self.manager.telemetry.failover(&self.dataset, failed, &source);
        }
        let provenance = Provenance {
            dataset: self.dataset,
            source,
            attempts: self.attempts,
            skipped: self.skipped,
            elapsed: self.began.elapsed(),
            fetched_at: (self.manager.wall)(),
            missing,
            cached: false,
            stale: None,
        };
        Table::with(batch, provenance)
    }
}
