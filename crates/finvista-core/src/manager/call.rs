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
use super::shared::Trace;
use super::timing::Timing;
use super::{CallOptions, Error, FailoverConfig, Manager, Report};
use crate::dataset::Pace;
use crate::error::{ErrorKind, SourceError};
use crate::provenance::{Attempt, Provenance, SkipReason, Skipped};
use crate::query::{DatasetId, Query};
use crate::source::Progress;
use crate::table::Table;

/// Answers a query from the first source that can. Callers who wait for this call read in `trace` what it has done so far.
pub(super) async fn run(
    manager: &Manager,
    query: &Query,
    options: &CallOptions,
    timing: Timing,
    trace: Option<&Trace>,
) -> Result<Table, Error> {
    let dataset = query.dataset();
    let span = tracing::info_span!("call", %dataset, %query, source = tracing::field::Empty);
    let call = async {
        // One routing table for the whole call: changes of priority affect later calls.
        let routes = manager.routes_now();
        let pace = manager.known_dataset(dataset)?.spec.pace;
        let (candidates, forced) = candidates(manager, &routes, query, options)?;
        let call = Call { trace, ..Call::new(manager, query, pace, options, timing, forced) };
        call.ask(&candidates).await
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
    pub(super) timing: Timing,
    /// Whether a slow source may be hedged.
    pub(super) hedges: bool,
    /// Whether a source that our rate limit does not hold back goes first.
    pub(super) spreads: bool,
    pub(super) progress: Progress,
    pub(super) forced: bool,
    pub(super) attempts: Vec<Attempt>,
    pub(super) skipped: Vec<Skipped>,
    pub(super) trace: Option<&'a Trace>,
    /// Sources whose probe is in flight.
    pub(super) probed: Vec<Candidate<'a>>,
    /// Sources that our rate limit would have held back for this long, while another one could be asked sooner.
    pub(super) passed_over: Vec<(&'a Route, Duration)>,
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
        timing: Timing,
        forced: bool,
    ) -> Self {
        let config = manager.config_now();
        let (wall, waited) = ((manager.wall)(), timing.began.elapsed());
        Self {
            manager,
            query,
            dataset: query.dataset().clone(),
            now: wall.checked_sub(waited).unwrap_or(wall),
            pace,
            timing,
            // Crawling two vendors side by side for one answer would be abuse.
            hedges: !options.no_hedge && !pace.is_sweep(),
            spreads: options.spread && config.spread && !forced,
            progress: options.progress.clone(),
            config,
            forced,
            attempts: Vec::new(),
            skipped: Vec::new(),
            trace: None,
            probed: Vec::new(),
            passed_over: Vec::new(),
            held: Vec::new(),
        }
    }

    async fn ask(mut self, candidates: &[Choice<'a>]) -> Result<Table, Error> {
        self.manager.hedge_budget.earn();
        let mut waiting: VecDeque<Candidate<'a>> =
            candidates.iter().map(|(route, enabled)| self.candidate(route, *enabled)).collect();
        let is_only = waiting.iter().filter(|candidate| candidate.able.is_ok()).count() == 1;
        let mut flights = Flights::new();
        loop {
            if flights.is_empty() && !self.launch(&mut flights, &mut waiting)? {
                if !is_only && self.probe_decides(&mut waiting).await {
                    continue;
                }
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
            let (elapsed, held_back) = (landed.2, landed.0.held_back());
            let (route, ended) = judge(self.manager, self.query, landed);
            match ended {
                Ended::Failed { error, .. } if error.kind() == ErrorKind::Throttled => {
                    self.skip(route.name(), SkipReason::Throttled { retry_after: error.retry_after() });
                }
                Ended::Failed { error, held: Some(permits) } => {
                    self.attempted(route, Some(error.clone()), elapsed, held_back);
                    self.held.push(Held { route, permits, error });
                }
                Ended::Failed { error, held: None } => {
                    // A vendor was reached, so the network works and the unreachable ones are to blame.
                    self.blame_the_unreachable();
                    self.attempted(route, Some(error.clone()), elapsed, held_back);
                    if error.kind() == ErrorKind::InvalidInput {
                        let (message, report) = (error.message().to_owned(), Some(Box::new(self.report())));
                        return Err(Error::InvalidInput { message, param: None, report });
                    }
                }
                Ended::Answered(answer) => {
                    self.blame_the_unreachable();
                    self.hedged(flights, route.name());
                    self.attempted(route, None, elapsed, held_back);
                    return Ok(self.done(route, answer));
                }
            }
        }
    }

    fn attempted(
        &mut self,
        route: &Route,
        error: Option<SourceError>,
        elapsed: Duration,
        held_back: Duration,
    ) {
        // A wait that the end of the attempt cut short was planned for longer.
        let held_back = held_back.min(elapsed);
        let attempt = Attempt { source: route.name().to_owned(), error, elapsed, held_back };
        if let Some(trace) = self.trace {
            trace.attempted(&attempt);
        }
        self.attempts.push(attempt);
    }

    /// Ends the flights that lost to a faster source. One that ran for `counts_after` is blamed: a source that hangs must
    /// open its circuit instead of costing every call the time until it is hedged.
    fn hedged(&mut self, flights: Flights<'a>, by: &str) {
        for flight in flights.hedged() {
            let elapsed = flight.began.elapsed();
            let (worked, held_back) = (flight.worked(elapsed), flight.held_back());
            let error = outrun_after(elapsed, by);
            let Flight { route, permits, budget, .. } = flight;
            if worked >= budget.counts_after {
                fail(self.manager, route, &self.dataset, permits, &error);
            }
            self.manager.telemetry.hedged(&self.dataset, route.name(), by);
            self.attempted(route, Some(error), elapsed, held_back);
        }
    }

    pub(super) fn blame_the_unreachable(&mut self) {
        for Held { route, permits, error } in self.held.drain(..) {
            fail(self.manager, route, &self.dataset, permits, &error);
        }
    }

    pub(super) fn skip(&mut self, source: &str, reason: SkipReason) {
        let skipped = Skipped { source: source.to_owned(), reason };
        self.manager.telemetry.skip(&self.dataset, &skipped);
        if let Some(trace) = self.trace {
            trace.skips(&skipped);
        }
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

    fn done(mut self, route: &Route, answer: Answer) -> Table {
        for (route, wait) in std::mem::take(&mut self.passed_over) {
            if self.attempts.iter().all(|attempt| attempt.source != route.name()) {
                self.skip(route.name(), SkipReason::Spread { wait });
            }
        }
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
            elapsed: self.timing.began.elapsed(),
            fetched_at: (self.manager.wall)(),
            missing: answer.missing,
            dropped: answer.dropped,
            cached: false,
            stale: None,
        };
        Table::with(answer.batch, provenance)
    }
}
