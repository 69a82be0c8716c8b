//! The plan of many calls: how they would be spread over the sources, and how long our rate limits make them take.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde::Serialize;

use super::call::{self, Call};
use super::spread::forecast;
use super::timing::Timing;
use super::{CallOptions, Error, Manager};
use crate::error::seconds;
use crate::query::Query;

/// How many calls would be spread over the sources. Making a plan sends nothing and changes nothing.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ManyPlan {
    /// The number of queries.
    pub queries: usize,
    /// How many of them the cache would answer.
    pub cached: usize,
    /// How many of them no source could be asked for.
    pub unanswered: usize,
    /// The sources that would be asked, the most important first.
    pub shares: Vec<Share>,
    /// The time that our rate limits alone make the calls take: until the last request is sent; in seconds when serialised.
    #[serde(serialize_with = "crate::provenance::in_seconds")]
    pub time: Duration,
}

/// The part of one source in many calls.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Share {
    /// The name.
    pub source: String,
    /// The number of queries that it would be asked.
    pub queries: usize,
    /// The number of requests, as far as it is known before the first answer.
    pub requests: usize,
    /// How long our rate limit would delay the last of them; in seconds when serialised.
    #[serde(serialize_with = "crate::provenance::in_seconds")]
    pub wait: Duration,
}

impl Manager {
    /// How calls for these queries would be spread over the sources now, if each is answered by the source that is asked first.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownDataset`], [`Error::UnknownSource`] and [`Error::NoSource`], as the first such call would return.
    pub fn explain_many(&self, queries: &[Query], options: &CallOptions) -> Result<ManyPlan, Error> {
        let routes = self.routes_now();
        // By name, with the place in the order in which the sources appear.
        let mut shares: BTreeMap<String, (usize, Share)> = BTreeMap::new();
        let (mut cached, mut unanswered) = (0, 0);
        for query in queries {
            let (candidates, forced) = call::candidates(self, &routes, query, options)?;
            if self.cache.as_ref().is_some_and(|cache| cache.look(self, query, options).is_some()) {
                cached += 1;
                continue;
            }
            let pace = self.known_dataset(query.dataset())?.spec.pace;
            let timing = Timing::new(self, pace, options);
            let call = Call::new(self, query, pace, options, timing, forced);
            let mut best = None;
            for (route, enabled) in candidates {
                let able = call.candidate(route, enabled).able.and_then(|()| self.would_pass(route));
                if able.is_err() {
                    continue;
                }
                let places = shares.len();
                let share = |source: &str| {
                    let source = source.to_owned();
                    (places, Share { source, queries: 0, requests: 0, wait: Duration::ZERO })
                };
                let (_, share) = shares.entry(route.name().to_owned()).or_insert_with(|| share(route.name()));
                let context = call.context(timing.began, timing.time).after(share.requests);
                let forecast = forecast(route, &context, query);
                let (requests, wait) = forecast.map_or((1, Duration::ZERO), |it| (it.requests, it.wait));
                if best.as_ref().is_none_or(|(_, _, least)| wait < *least) {
                    best = Some((route.name(), requests, wait));
                }
                if !call.spreads {
                    break;
                }
            }
            match best.and_then(|(name, requests, wait)| Some((shares.get_mut(name)?, requests, wait))) {
                Some(((_, share), requests, wait)) => {
                    share.queries += 1;
                    share.requests += requests;
                    share.wait = share.wait.max(wait);
                }
                None => unanswered += 1,
            }
        }
        let mut shares: Vec<_> = shares.into_values().filter(|(_, share)| share.queries > 0).collect();
        shares.sort_by_key(|(place, _)| *place);
        let shares: Vec<Share> = shares.into_iter().map(|(_, share)| share).collect();
        let time = shares.iter().map(|share| share.wait).max().unwrap_or_default();
        Ok(ManyPlan { queries: queries.len(), cached, unanswered, shares, time })
    }
}

impl fmt::Display for ManyPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { queries, cached, unanswered, shares, time } = self;
        write!(f, "{queries} queries, at least {}:", seconds(*time))?;
        if *cached > 0 {
            write!(f, "\n  {cached} cached")?;
        }
        for Share { source, queries, requests, wait } in shares {
            write!(f, "\n  {source}: {queries} queries, {requests} requests")?;
            if !wait.is_zero() {
                write!(f, ", the last one delayed {} by our rate limit", seconds(*wait))?;
            }
        }
        if *unanswered > 0 {
            write!(f, "\n  no source can be asked for {unanswered}")?;
        }
        Ok(())
    }
}
