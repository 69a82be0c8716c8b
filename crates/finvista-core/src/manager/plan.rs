//! The plan of a call: what it would do now, without doing it.

use std::fmt;
use std::time::Duration;

use serde::Serialize;

use super::call::{self, Call};
use super::route::Route;
use super::spread::forecast;
use super::timing::Timing;
use super::{CallOptions, Error, Manager};
use crate::error::seconds;
use crate::provenance::{SkipReason, Skipped};
use crate::query::Query;
use crate::source::Forecast;

/// What a call would do now: which sources it would ask in which order, and which it would skip and why. Making a plan sends
/// nothing and changes nothing, so the state may differ when the call is made.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Plan {
    /// The query.
    pub query: Query,
    /// The cached answer that the call would get instead of asking a source.
    pub cached: Option<Cached>,
    /// The sources that would be asked, in order, each if the ones before it fail or are slow.
    pub ask: Vec<Planned>,
    /// The sources that would be skipped, each with the reason.
    pub skipped: Vec<Skipped>,
}

/// A fresh answer in the cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Cached {
    /// How old it is.
    #[serde(serialize_with = "crate::provenance::in_seconds")]
    pub age: Duration,
    /// How much longer it is fresh.
    #[serde(serialize_with = "crate::provenance::in_seconds")]
    pub left: Duration,
}

/// A source that would be asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Planned {
    /// The name.
    pub source: String,
    /// What asking it would take, if it knows.
    pub forecast: Option<Forecast>,
}

impl Manager {
    /// What a call with these options would do now.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownDataset`], [`Error::UnknownSource`] and [`Error::NoSource`], as the call would return. A plan in which
    /// every source is skipped is not an error.
    pub fn explain(&self, query: &Query, options: &CallOptions) -> Result<Plan, Error> {
        let routes = self.routes_now();
        let (candidates, forced) = call::candidates(self, &routes, query, options)?;
        let pace = self.known_dataset(query.dataset())?.spec.pace;
        let call = Call::new(self, query, pace, options, Timing::new(self, pace, options), forced);
        let cached = self.cache.as_ref().and_then(|cache| cache.look(self, query, options));
        let mut plan = Plan { query: query.clone(), cached, ask: Vec::new(), skipped: Vec::new() };
        let time = pace.attempt(call.config.attempt_timeout).min(call.timing.time);
        let context = call.context(call.timing.began, time);
        for (route, enabled) in candidates {
            let source = route.name().to_owned();
            let able = call.candidate(route, enabled).able.and_then(|()| self.would_pass(route));
            let forecast = forecast(route, &context, query);
            let wait = forecast.map_or(Duration::ZERO, |forecast| forecast.wait);
            match able {
                // The source would refuse, because its rate limit leaves too little time.
                Ok(()) if wait > time => {
                    let reason = SkipReason::Throttled { retry_after: Some(wait) };
                    plan.skipped.push(Skipped { source, reason });
                }
                Ok(()) => plan.ask.push(Planned { source, forecast }),
                Err(reason) => plan.skipped.push(Skipped { source, reason }),
            }
        }
        if call.spreads {
            plan.ask.sort_by_key(|planned| planned.forecast.map_or(Duration::ZERO, |forecast| forecast.wait));
        }
        plan.ask.truncate(call.config.max_attempts.unwrap_or(usize::MAX));
        Ok(plan)
    }

    /// Whether [`Call::permits`] would succeed now.
    pub(super) fn would_pass(&self, route: &Route) -> Result<(), SkipReason> {
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
            write!(f, "\n  cached, {age} old and fresh for {left} more; otherwise:")?;
        }
        for (place, Planned { source, forecast }) in (1..).zip(&self.ask) {
            write!(f, "\n  {place}. {source}")?;
            if let Some(Forecast { requests, wait }) = forecast {
                let (s, wait) = (if *requests == 1 { "" } else { "s" }, *wait);
                write!(f, ", at least {requests} request{s}")?;
                if !wait.is_zero() {
                    write!(f, ", the last one delayed {} by our rate limit", seconds(wait))?;
                }
            }
        }
        if self.ask.is_empty() {
            f.write_str("\n  no source would be asked")?;
        }
        self.skipped.iter().try_for_each(|Skipped { source, reason }| write!(f, "\n  -  {source}: {reason}"))
    }
}
