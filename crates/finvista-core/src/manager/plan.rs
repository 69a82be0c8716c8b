//! What a call would do at this moment, without doing it.

use std::fmt;

use super::call::{self, Call};
use super::route::Route;
use super::{CallOptions, Error, Manager};
use crate::query::Query;
use crate::table::{SkipReason, Skipped};

/// What a call for a query would do at this moment: whom it would ask, in which order, and whom not and why. Nothing was sent and
/// nothing changed to find out, so the next call may meet another moment. An answer in the cache is not looked for.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Plan {
    /// The query.
    pub query: Query,
    /// The sources, in the order in which they would be asked, each if the ones before fail or are slow.
    pub ask: Vec<String>,
    /// The others, with what keeps each from being asked. [`SkipReason::Throttled`] is not among the reasons: a limit is met when a
    /// request is sent.
    pub skipped: Vec<Skipped>,
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
        let call = Call::new(self, query, options, forced);
        let mut plan = Plan { query: query.clone(), ask: Vec::new(), skipped: Vec::new() };
        for (ranked, enabled) in &candidates {
            let source = ranked.route.name().to_owned();
            match call.candidate(ranked, *enabled).able.and_then(|()| self.would_pass(&ranked.route)) {
                Ok(()) => plan.ask.push(source),
                Err(reason) => plan.skipped.push(Skipped { source, reason }),
            }
        }
        plan.ask.truncate(call.config.max_attempts.unwrap_or(usize::MAX));
        Ok(plan)
    }

    /// What `Call::permits` would say now, without a permit.
    fn would_pass(&self, route: &Route) -> Result<(), SkipReason> {
        let now = self.now();
        if !route.ban.is_available(now) {
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
        for (place, source) in (1..).zip(&self.ask) {
            write!(f, "\n  {place}. {source}")?;
        }
        if self.ask.is_empty() {
            f.write_str("\n  nobody would be asked")?;
        }
        self.skipped.iter().try_for_each(|Skipped { source, reason }| write!(f, "\n  -  {source}: {reason}"))
    }
}
