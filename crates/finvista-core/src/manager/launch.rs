//! Which source is asked next, for how long, and when it is hedged.

use std::collections::VecDeque;
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;
use tokio::time::Instant;

use super::attempt::{self, Permits};
use super::call::{Call, Candidate};
use super::flight::Flights;
use super::probe::{ProbeOver, is_of_a_probe};
use super::route::Route;
use super::{DeadlinePolicy, Error};
use crate::breaker::{PermitKind, Rejected, Tick};
use crate::provenance::SkipReason;
use crate::query::Query;
use crate::source::Context;
use crate::venue::Zone;

impl<'a> Call<'a> {
    /// Starts to ask the next source that may be asked, in order of priority; as a hedge, one of another failure domain than
    /// those in flight. Returns whether there was one. Nothing here waits, so the clock is read once.
    pub(super) fn launch(
        &mut self,
        flights: &mut Flights<'a>,
        waiting: &mut VecDeque<Candidate<'a>>,
    ) -> Result<bool, Error> {
        let at = Instant::now();
        let (left, now) = (self.timing.left(at), self.manager.tick(at));
        self.spread(flights, waiting, at);
        let mut place = 0;
        while let Some(candidate) = waiting.get(place) {
            let route = candidate.route;
            if flights.asks(route.ban.domain()) {
                place += 1;
                continue;
            }
            if let Err(reason) = &candidate.able {
                self.skip(route.name(), reason.clone());
                waiting.remove(place);
                continue;
            }
            if self.config.max_attempts.is_some_and(|most| self.attempts.len() + flights.len() >= most) {
                return Ok(false);
            }
            if left.is_zero() {
                return if flights.is_empty() { Err(self.deadline_exceeded()) } else { Ok(false) };
            }
            let permits = match self.permits(route, now) {
                Ok(permits) => permits,
                Err(reason) => {
                    let is_probed = is_of_a_probe(&reason);
                    self.skip(route.name(), reason);
                    self.probed.extend(waiting.remove(place).filter(|_| is_probed));
                    continue;
                }
            };
            if let Some(transition) = permits.circuit.transition() {
                self.manager.telemetry.transition(&self.dataset, route.name(), transition);
            }
            waiting.remove(place);
            let attempt = self.pace.attempt(self.config.attempt_timeout);
            let share = self.share(left, now, waiting);
            let budget = attempt::Budget {
                time: attempt.min(share),
                cut_short: share < attempt,
                counts_after: self.config.deadline_counts_after,
            };
            let context = self.context(at, budget.time).progress(self.progress.clone());
            if let Some(trace) = self.trace {
                trace.asks(route.name());
            }
            flights.launch(self.manager, self.query, context, route, permits, budget);
            return Ok(true);
        }
        Ok(false)
    }

    /// When the source that was asked last is slow enough to be hedged. The time in which our own rate limit held it back
    /// does not count.
    pub(super) fn slow_at(&self, flights: &Flights<'a>) -> Option<Instant> {
        let flight = flights.latest()?;
        let after = self.config.hedge_after.filter(|_| self.hedges)?;
        let usual = if self.config.hedge_p95 { flight.route.stats.p95() } else { None };
        (flight.began + after.min(usual.unwrap_or(after))).checked_add(flight.held_back())
    }

    /// The context of a source that is asked at this instant.
    pub(super) fn context(&self, at: Instant, time: Duration) -> Context {
        let asked = self.now.checked_add(at.duration_since(self.timing.began)).unwrap_or(self.now);
        let mut context = Context::new(asked, time);
        context.sweep = self.pace.is_sweep();
        context
    }

    /// The permits to ask a source. They are acquired just before the attempt, because the circuit may have changed while an
    /// earlier source was slow.
    fn permits(&self, route: &'a Route, now: Tick) -> Result<Permits<'a>, SkipReason> {
        let ban = route.ban.acquire(|| now)?;
        let circuit = route.breaker.acquire(|| now).map_err(|rejected| match rejected {
            Rejected::Open { retry_after } => SkipReason::Open { retry_after },
            Rejected::ProbeInFlight => SkipReason::ProbeInFlight,
        })?;
        let is_probe = [&circuit, &ban].iter().any(|permit| permit.kind() == PermitKind::Probe);
        Ok(Permits { circuit, ban, _over: is_probe.then(|| ProbeOver::new(route)) })
    }

    /// Whether a source may be asked: it is enabled, and its capability covers the query.
    pub(super) fn candidate(&self, route: &'a Route, enabled: bool) -> Candidate<'a> {
        let able = match route.capability.answers(self.query.selection(), today(self.now, self.query)) {
            _ if !enabled => Err(SkipReason::Disabled),
            answers => answers.map_err(SkipReason::Unsupported),
        };
        Candidate { route, able }
    }

    /// The share of the time left that an attempt may use.
    fn share(&self, left: Duration, now: Tick, later: &VecDeque<Candidate<'_>>) -> Duration {
        match self.config.deadline_policy {
            // A sweep needs the whole time of its attempt; a share would be too short for any of them.
            _ if self.pace.is_sweep() => left,
            DeadlinePolicy::Greedy => left,
            DeadlinePolicy::Fair => {
                let available =
                    |route: &Route| route.ban.is_available(|| now) && route.breaker.is_available(|| now);
                let usable = later.iter().filter(|c| c.able.is_ok() && available(c.route)).count();
                left / u32::try_from(usable + 1).unwrap_or(u32::MAX)
            }
        }
    }
}

/// The day at the venue of the query's instruments, or in China if it names none.
pub(super) fn today(now: Timestamp, query: &Query) -> Date {
    query.symbols().first().map_or(Zone::Shanghai, |symbol| symbol.venue().zone()).day(now)
}
