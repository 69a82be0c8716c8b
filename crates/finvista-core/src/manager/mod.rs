//! The manager decides which sources to ask, in which order and for how long, and what their answers mean.
//!
//! A call uses the routing table as it was when the call began. It asks each able source at most once, in order of
//! priority, guarded by the circuit breaker of the (data set, source) pair: failing over replaces retrying. Every answer
//! must pass the checks of its data set before it becomes a result.
//!
//! No lock is held across an await, and no code of a source or a caller runs under one: the table is read by cloning an
//! `Arc`, and the breaker is a state machine without callbacks.

mod attempt;
mod ban;
mod cache;
mod call;
mod config;
mod control;
mod error;
mod events;
mod failure;
mod flight;
mod health;
mod judge;
mod launch;
mod many;
mod plan;
mod probe;
mod report;
mod route;
mod shared;
mod spread;
mod stats;
mod suspects;
mod telemetry;
mod timing;
mod weight;

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

pub use cache::CacheConfig;
pub use config::{DeadlinePolicy, FailoverConfig};
pub use error::{Error, FailureKind};
pub use events::{Event, EventKind, Events};
pub use health::{Health, SourceHealth, Status};
pub use many::{ManyPlan, Share};
pub use plan::{Cached, Plan, Planned};
pub use report::{AllSourcesFailed, DeadlineExceeded, NotFound, Report};
pub use telemetry::METRICS;

use crate::breaker::{Breaker, Tick};
use crate::error::ConfigError;
use crate::query::{DatasetId, Query};
use crate::registry::Registry;
use crate::source::Progress;
use crate::table::Table;
use ban::{Ban, Bans};
use flight::HedgeBudget;
use route::{Ranked, Route, Routes};
use telemetry::Telemetry;
use timing::Timing;

/// Routes queries to sources. Share it in an `Arc`; every method takes `&self`.
///
/// It runs on tokio's clock, so tests can pause time.
#[derive(Debug)]
pub struct Manager {
    registry: Registry,
    routes: RwLock<Arc<Routes>>,
    config: RwLock<Arc<FailoverConfig>>,
    /// The origin of the breakers' clock.
    origin: Instant,
    wall: fn() -> Timestamp,
    cache: Option<cache::Cache>,
    telemetry: Telemetry,
    bans: Bans,
    hedge_budget: HedgeBudget,
    /// The number of changes of the routing table, so that a caller who changed it gets no answer from before the change.
    changes: AtomicU64,
}

/// The options of one call.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CallOptions {
    /// Asks only this source. Its circuit still guards it.
    pub source: Option<String>,
    /// The time of the whole call, instead of the configured one.
    pub deadline: Option<Duration>,
    /// Never hedges: a slow source is waited for.
    pub no_hedge: bool,
    /// Asks the source that our rate limits allow to be asked soonest, and among equals the one with the best priority. For one
    /// call of many: see [`FailoverConfig::spread`].
    pub spread: bool,
    /// Asks the sources even if the cache has a fresh answer. A call in flight for the same query and with the same options is
    /// still joined.
    pub fresh: bool,
    /// Is called after each request of the answer. Listing a market takes dozens.
    pub progress: Progress,
    /// Accepts a cached answer of at most this age if every source fails, instead of the configured limit. The table is
    /// marked as stale.
    pub stale_if_error: Option<Duration>,
}

impl Manager {
    /// A manager over these sources.
    ///
    /// # Errors
    ///
    /// When the settings are out of range, or a source offers a data set that is not registered.
    pub fn new(registry: Registry, config: FailoverConfig) -> Result<Self, ConfigError> {
        config.validate()?;
        let mut routes = Routes::default();
        let mut bans = Bans::new();
        for (place, source) in registry.sources().iter().enumerate() {
            let info = source.info();
            let ban = match bans.get(&info.failure_domain) {
                Some(ban) => Arc::clone(ban),
                None => Arc::new(Ban::new(&info.failure_domain, &config)?),
            };
            bans.insert(info.failure_domain.clone(), Arc::clone(&ban));
            for offer in &info.offers {
                let key = || format!("source {}", info.name);
                let Some(known) = registry.dataset(offer.dataset.as_str()) else {
                    return Err(ConfigError::new(
                        key(),
                        format!("expected offers of registered data sets, got {}", offer.dataset),
                    ));
                };
                let pace = known.spec.pace;
                let capability = source.capability(&offer.dataset).copied().ok_or_else(|| {
                    let message =
                        format!("expected a capability for {}, which it offers, got none", offer.dataset);
                    ConfigError::new(key(), message)
                })?;
                let breaker =
                    Breaker::new(config.breaker(pace)).map_err(|e| ConfigError::new(e.key, e.to_string()))?;
                let route =
                    Route::new(&offer.dataset, source, capability, pace, breaker, Arc::clone(&ban), place);
                routes
                    .add(offer.dataset.clone(), Ranked { priority: offer.priority, route: Arc::new(route) });
            }
        }
        Ok(Self {
            registry,
            routes: RwLock::new(Arc::new(routes)),
            config: RwLock::new(Arc::new(config)),
            origin: Instant::now(),
            wall: Timestamp::now,
            cache: None,
            telemetry: Telemetry::new(),
            bans,
            hedge_budget: HedgeBudget::new(),
            changes: AtomicU64::new(0),
        })
    }

    /// Reads the time of day from this function, for tests that need a fixed day. Only "today" and the timestamps in
    /// reports come from it; every decision uses the monotonic clock.
    #[must_use]
    pub fn with_wall_clock(mut self, wall: fn() -> Timestamp) -> Self {
        self.wall = wall;
        self
    }

    /// Caches answers, and lets concurrent calls for the same query share one. Without a cache every call asks the sources.
    #[must_use]
    pub fn with_cache(mut self, config: CacheConfig) -> Self {
        self.cache = Some(cache::Cache::new(config));
        self
    }

    /// The size of the cache in bytes.
    pub async fn cached_bytes(&self) -> u64 {
        match &self.cache {
            Some(cache) => cache.bytes(),
            None => 0,
        }
    }

    /// Answers a query from the cache, or from the first source that can.
    ///
    /// # Errors
    ///
    /// See [`Error`]. Most say which sources were asked, which were not, and why.
    pub async fn fetch(&self, query: &Query, options: &CallOptions) -> Result<Table, Error> {
        let timing = Timing::new(self, self.known_dataset(query.dataset())?.spec.pace, options);
        match &self.cache {
            Some(cache) => cache.fetch(self, query, options, timing).await,
            None => call::run(self, query, options, timing, None).await,
        }
    }

    /// The sources and the data sets.
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// The health of every source for each of its data sets. Reading it changes nothing.
    pub fn health(&self) -> Health {
        let (routes, now, wall) = (self.routes_now(), self.now(), (self.wall)());
        Health::new(routes.iter().map(|(dataset, ranked)| {
            let sources = ranked.iter().map(|ranked| {
                let name = ranked.route.name();
                (name.to_owned(), health::of(ranked, routes.is_enabled(name), now, wall))
            });
            (dataset.clone(), sources.collect())
        }))
    }

    /// The events from now on: transitions, failovers, hedges and bans. A subscriber that lags behind loses the oldest
    /// events and receives their number as [`EventKind::Missed`].
    pub fn events(&self) -> Events {
        self.telemetry.subscribe()
    }

    fn generation(&self) -> u64 {
        self.changes.load(Relaxed)
    }

    fn now(&self) -> Tick {
        self.tick(Instant::now())
    }

    /// An instant on the breakers' clock.
    fn tick(&self, at: Instant) -> Tick {
        at.duration_since(self.origin)
    }

    fn routes_now(&self) -> Arc<Routes> {
        Arc::clone(&self.routes.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn config_now(&self) -> Arc<FailoverConfig> {
        Arc::clone(&self.config.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Refuses an unknown data set or source, with the names of the known ones.
    fn known(&self, routes: &Routes, dataset: Option<&DatasetId>, source: &str) -> Result<(), Error> {
        if let Some(dataset) = dataset {
            self.known_dataset(dataset)?;
        }
        let known = routes.names(dataset);
        if known.iter().any(|name| name == source) {
            return Ok(());
        }
        let dataset = dataset.map_or_else(|| "any data set".to_owned(), DatasetId::to_string);
        Err(Error::UnknownSource { name: source.to_owned(), dataset, known })
    }

    fn known_dataset(&self, dataset: &DatasetId) -> Result<&crate::registry::RegisteredDataset, Error> {
        self.registry.dataset(dataset.as_str()).ok_or_else(|| Error::UnknownDataset {
            name: dataset.to_string(),
            known: self.registry.datasets().map(|known| known.spec.id.to_owned()).collect(),
        })
    }
}
