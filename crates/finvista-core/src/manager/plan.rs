//! What a call would do at this moment, without doing it.

use std::fmt;
use std::time::Duration;

use serde::Serialize;

use super::call::{self, Call};
use super::route::Route;
use super::{CallOptions, Error, Manager};
use crate::error::seconds;
use crate::provenance::{SkipReason, Skipped};
use crate::query::Query;
use crate::source::{Context, Forecast};

/// What a call for a query would do at this moment: whom it would ask, in which order, and whom not and why. Nothing was sent and
/// nothing changed to find out, so the next call may meet another moment.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Plan {
    /// The query.
    pub query: Query,
    /// The answer that the cache would give, before any source is asked.
    pub cached: Option<Cached>,
    /// The sources, in the order in which they would be asked, each if the ones before fail or are slow.
    pub ask: Vec<Planned>,
    /// The others, with what keeps each from being asked.
    pub skipped: Vec<Skipped>,
}

/// A fresh answer in the cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Cached {
    /// How old it is.
    #[serde(serialize_with = "crate::provenance::in_seconds")]
    pub age: Duration,
    /// How long it keeps.
    #[serde(serialize_with = "crate::provenance::in_seconds")]
    pub left: Duration,
}

/// A source that would be asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Planned {
    /// Its name.
    pub source: String,
    /// What asking it would take, where it can tell.
    pub forecast: Option<Forecast>,
}

impl Manager {
    /// What a call with these options would do at this moment.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownDataset`], [`Error::UnknownSource`] and [`Error::NoSource`], as the call would. A plan that asks nobody is
    /// a plan: it says why.
    pub fn explain(&self, query: &Query, options: &CallOptions) -> Result<Plan, Error> {
        let routes = self.routes_now();
        let (candidates, forced) = call::candidates(self, &routes, query, options)?;
        let pace = self.known_dataset(query.dataset())?.spec.pace;
        let call = Call::new(self, query, pace, options, forced);
        let cached = self.cache.as_ref().and_then(|cache| cache.look(self, query, options));
        let mut plan = Plan { query: query.clone(), cached, ask: Vec::new(), skipped: Vec::new() };
        let time = pace.attempt(call.config.attempt_timeout).min(call.deadline);
        for (route, enabled) in candidates {
            let source = route.name().to_owned();
            let able = call.candidate(route, enabled).able.and_then(|()| self.would_pass(route));
            let mut context = Context::new(call.now, time);
            context.sweep = pace.is_sweep();
            let forecast = route.source.forecast(&context, query);
            let wait = forecast.map_or(Duration::ZERO, |forecast| forecast.wait);
            match able {
                // The source would see that it does not fit, and say so.
                Ok(()) if wait > time => {
                    let reason = SkipReason::Throttled { retry_after: Some(wait) };
                    plan.skipped.push(Skipped { source, reason });
                }
                Ok(()) => plan.ask.push(Planned { source, forecast }),
                Err(reason) => plan.skipped.push(Skipped { source, reason }),
            }
        }
        plan.ask.truncate(call.config.max_attempts.unwrap_or(usize::MAX));
        Ok(plan)
    }

    /// What `Call::permits` would say now, without a permit.
    fn would_pass(&self, route: &Route) -> Result<(), SkipReason> {
        let now = self.now();
        if !route.ban.is_available(|| now) {
            let (domain, retry_after) = (route.ban.domain().to_owned(), route.ban.time_left(now));
            return Err(SkipReason::Banned { domain, retry_after });
        }
        let circuit = route.breaker.snapshot(now);
        match circuit.retry_after {
            _ if circuit.available => Ok(()),
            Some(retry_after) => Err(SkipReason::Open { retry_after }),
            None => Err(SkipReason::ProbeInFlight),
        }
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}:", self.query.dataset(), self.query)?;
        if let Some(Cached { age, left }) = self.cached {
            let (age, left) = (seconds(age), seconds(left));
            write!(f, "\n  answered from the cache, {age} old and kept for {left} more; and without that:")?;
        }
        for (place, Planned { source, forecast }) in (1..).zip(&self.ask) {
            write!(f, "\n  {place}. {source}")?;
            if let Some(Forecast { requests, wait }) = forecast {
                let (s, wait) = (if *requests == 1 { "" } else { "s" }, *wait);
                write!(f, ", at least {requests} request{s}")?;
                if !wait.is_zero() {
                    write!(f, ", the last held back for {} by our rate limit", seconds(wait))?;
                }
            }
        }
        if self.ask.is_empty() {
            f.write_str("\n  nobody would be asked")?;
        }
        self.skipped.iter().try_for_each(|Skipped { source, reason }| write!(f, "\n  -  {source}: {reason}"))
    }
}
