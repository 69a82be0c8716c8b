//! Many calls at once are spread over the sources: one that our rate limit would hold back comes after one that is free.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use tokio::time::Instant;

use super::call::{Call, Candidate};
use super::flight::Flights;
use super::route::Route;
use crate::source::{Context, Forecast};

impl<'a> Call<'a> {
    /// Moves the source that can be asked soonest to the front. Priority decides between equals.
    pub(super) fn spread(
        &mut self,
        flights: &Flights<'a>,
        waiting: &mut VecDeque<Candidate<'a>>,
        at: Instant,
    ) {
        if !self.spreads {
            return;
        }
        let context = self.context(at, self.attempt_time(at));
        let can_be_asked = |it: &Candidate<'_>| {
            it.able.is_ok()
                && !flights.asks(it.route.ban.domain())
                && self.manager.would_pass(it.route).is_ok()
        };
        let waits: Vec<(usize, Duration)> = waiting
            .iter()
            .enumerate()
            .filter(|(_, it)| can_be_asked(it))
            .map(|(place, it)| (place, self.wait(it.route, &context)))
            .collect();
        // The first of several with the least wait.
        let Some(&(soonest, least)) = waits.iter().min_by_key(|(_, wait)| *wait) else { return };
        for &(place, wait) in waits.iter().filter(|(place, wait)| *place < soonest && *wait > least) {
            let Some(passed) = waiting.get(place) else { continue };
            if self.passed_over.iter().all(|(route, _)| route.name() != passed.route.name()) {
                self.passed_over.push((passed.route, wait));
            }
        }
        if let Some(first) = waiting.remove(soonest) {
            waiting.push_front(first);
        }
    }

    /// How long our rate limit would hold a source back.
    fn wait(&self, route: &Route, context: &Context) -> Duration {
        forecast(route, context, self.query).map_or(Duration::ZERO, |forecast| forecast.wait)
    }

    /// The most time of an attempt that begins now.
    pub(super) fn attempt_time(&self, at: Instant) -> Duration {
        self.pace.attempt(self.config.attempt_timeout).min(self.timing.left(at))
    }
}

/// What asking a source would take. A forecast that panics counts as absent.
pub(super) fn forecast(route: &Route, context: &Context, query: &crate::query::Query) -> Option<Forecast> {
    catch_unwind(AssertUnwindSafe(|| route.source.forecast(context, query))).ok().flatten()
}
