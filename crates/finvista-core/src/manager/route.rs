//! The routing table: which sources serve a data set, in which order. It is replaced as a whole, so a call keeps the order
//! that it started with.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::ban::Ban;
use super::stats::Stats;
use super::suspects::Suspects;
use super::telemetry::RouteKeys;
use crate::breaker::Breaker;
use crate::capability::Capability;
use crate::dataset::Pace;
use crate::query::DatasetId;
use crate::source::DataSource;

/// One source for one data set, with its circuit.
#[derive(Debug)]
pub(super) struct Route {
    /// The source's name, read once: no code of a source may run under the lock of the routing table.
    name: String,
    pub(super) source: Arc<dyn DataSource>,
    pub(super) capability: Capability,
    pub(super) pace: Pace,
    pub(super) breaker: Breaker,
    /// Shared by all routes of the failure domain.
    pub(super) ban: Arc<Ban>,
    pub(super) stats: Stats,
    pub(super) suspects: Suspects,
    /// The keys of the metrics that every attempt updates.
    pub(super) keys: RouteKeys,
    /// The place in the order of registration, which breaks ties of priority.
    pub(super) place: usize,
}

impl Route {
    pub(super) fn new(
        dataset: &DatasetId,
        source: &Arc<dyn DataSource>,
        capability: Capability,
        pace: Pace,
        breaker: Breaker,
        ban: Arc<Ban>,
        place: usize,
    ) -> Self {
        let (name, source) = (source.info().name.clone(), Arc::clone(source));
        let keys = RouteKeys::new(dataset, &name);
        let (stats, suspects) = (Stats::default(), Suspects::default());
        Self { name, source, capability, pace, breaker, ban, stats, suspects, keys, place }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }
}

/// A route with its current priority.
#[derive(Debug, Clone)]
pub(super) struct Ranked {
    pub(super) priority: i32,
    pub(super) route: Arc<Route>,
}

/// The routing table at one moment.
#[derive(Debug, Clone, Default)]
pub(super) struct Routes {
    by_dataset: BTreeMap<DatasetId, Vec<Ranked>>,
    disabled: BTreeSet<String>,
    forced: BTreeMap<DatasetId, String>,
}

impl Routes {
    pub(super) fn add(&mut self, dataset: DatasetId, ranked: Ranked) {
        let routes = self.by_dataset.entry(dataset).or_default();
        routes.push(ranked);
        sort(routes);
    }

    /// The sources of a data set, in the order in which they are asked.
    pub(super) fn of(&self, dataset: &DatasetId) -> &[Ranked] {
        self.by_dataset.get(dataset).map_or(&[], Vec::as_slice)
    }

    pub(super) fn find(&self, dataset: &DatasetId, source: &str) -> Option<&Ranked> {
        self.of(dataset).iter().find(|ranked| ranked.route.name() == source)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&DatasetId, &[Ranked])> {
        self.by_dataset.iter().map(|(dataset, routes)| (dataset, routes.as_slice()))
    }

    pub(super) fn is_enabled(&self, source: &str) -> bool {
        !self.disabled.contains(source)
    }

    pub(super) fn set_enabled(&mut self, source: &str, enabled: bool) {
        if enabled {
            self.disabled.remove(source);
        } else {
            self.disabled.insert(source.to_owned());
        }
    }

    pub(super) fn forced(&self, dataset: &DatasetId) -> Option<&str> {
        self.forced.get(dataset).map(String::as_str)
    }

    pub(super) fn force(&mut self, dataset: &DatasetId, source: Option<&str>) {
        match source {
            Some(source) => self.forced.insert(dataset.clone(), source.to_owned()),
            None => self.forced.remove(dataset),
        };
    }

    /// Sets the priorities of a data set's sources to those that `rank` returns; `None` keeps the priority.
    pub(super) fn set_priorities(&mut self, dataset: &DatasetId, rank: impl Fn(&str) -> Option<i32>) {
        if let Some(routes) = self.by_dataset.get_mut(dataset) {
            for ranked in routes.iter_mut() {
                ranked.priority = rank(ranked.route.name()).unwrap_or(ranked.priority);
            }
            sort(routes);
        }
    }

    pub(super) fn datasets(&self) -> Vec<DatasetId> {
        self.by_dataset.keys().cloned().collect()
    }

    /// The names of the sources of a data set, or of all, in the order of registration.
    pub(super) fn names(&self, dataset: Option<&DatasetId>) -> Vec<String> {
        let mut places: BTreeMap<usize, &str> = BTreeMap::new();
        for (id, routes) in &self.by_dataset {
            if dataset.is_none_or(|dataset| dataset == id) {
                places.extend(routes.iter().map(|ranked| (ranked.route.place, ranked.route.name())));
            }
        }
        places.into_values().map(str::to_owned).collect()
    }
}

fn sort(routes: &mut [Ranked]) {
    routes.sort_by_key(|ranked| (ranked.priority, ranked.route.place));
}
