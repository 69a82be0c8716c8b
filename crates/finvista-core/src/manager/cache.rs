//! The cache: equal queries at once cost one fetch, and for a while afterwards none.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use futures_util::FutureExt;
use moka::future::Cache as Fresh;
use moka::ops::compute::Op;
use moka::sync::Cache as Old;
use tokio::time::Instant;

use super::plan::Cached;
use super::telemetry::CacheOutcome;
use super::{CallOptions, DeadlineExceeded, Error, Manager, Report, call, launch};
use crate::provenance::Provenance;
use crate::query::Query;
use crate::table::Table;

/// The settings of the cache.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CacheConfig {
    /// The most bytes of tables that are kept: by default 64 MiB.
    pub max_bytes: u64,
    /// How long it is remembered that nobody knows a symbol: by default 10 s.
    pub negative_ttl: Duration,
    /// When every source fails, an answer of at most this age is given in place of the error, marked as stale. By default
    /// none is.
    pub stale_if_error: Option<Duration>,
}

impl Default for CacheConfig {
    fn default() -> Self {
        Self { max_bytes: 64 << 20, negative_ttl: Duration::from_secs(10), stale_if_error: None }
    }
}

/// Nothing is kept for longer than this, whatever a data set says.
const LONGEST: Duration = Duration::from_secs(24 * 3_600);

/// What makes two calls one: the query, the one source asked for, and the routing table, since a caller who changed
/// priorities wants to see the change.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    query: Query,
    source: Option<String>,
    generation: u64,
}

#[derive(Debug, Clone)]
struct Entry(Arc<Kept>);

#[derive(Debug)]
struct Kept {
    /// The table, marked as cached, or that nobody knows the symbol.
    answer: Result<Table, Error>,
    since: Instant,
    ttl: Duration,
}

impl Entry {
    fn new(answer: Result<Table, Error>, ttl: Duration) -> Self {
        Self(Arc::new(Kept { answer, since: Instant::now(), ttl }))
    }

    fn is_fresh(&self) -> bool {
        self.0.since.elapsed() < self.0.ttl
    }

    fn bytes(&self) -> u32 {
        let columns = self.0.answer.iter().flat_map(|table| table.batch().columns());
        // Tables share the numbers of their labels, of which each counts its own rows and no more.
        let sizes = columns.map(|column| {
            column.to_data().get_slice_memory_size().unwrap_or_else(|_| column.get_array_memory_size())
        });
        u32::try_from(sizes.sum::<usize>() + 1_024).unwrap_or(u32::MAX)
    }
}

/// The answers of one manager.
#[derive(Debug)]
pub(super) struct Cache {
    config: CacheConfig,
    /// Answers, and the flights to get them. Whether one is fresh is decided here and not by the library, on the clock that
    /// tests can pause.
    fresh: Fresh<Key, Entry>,
    /// The last good answer of each query, for the day when every source fails.
    old: Old<(Query, Option<String>), Entry>,
}

impl Cache {
    pub(super) fn new(config: CacheConfig) -> Self {
        let fresh = Fresh::builder()
            .max_capacity(config.max_bytes)
            .weigher(|_, entry: &Entry| entry.bytes())
            .time_to_live(LONGEST)
            .build();
        let old = Old::builder()
            .max_capacity(config.max_bytes)
            .weigher(|_, entry: &Entry| entry.bytes())
            .time_to_live(LONGEST)
            .build();
        Self { config, fresh, old }
    }

    /// The bytes that it holds, when what is too much was dropped.
    pub(super) async fn bytes(&self) -> u64 {
        self.fresh.run_pending_tasks().await;
        self.fresh.weighted_size()
    }

    /// The fresh answer that a call would find now.
    pub(super) fn look(&self, manager: &Manager, query: &Query, options: &CallOptions) -> Option<Cached> {
        let key =
            Key { query: query.clone(), source: options.source.clone(), generation: manager.generation() };
        // It waits only while the cache tidies itself, and who only wants to know does not.
        let Entry(kept) = self.fresh.get(&key).now_or_never()?.filter(|_| !options.fresh)?;
        let age = kept.since.elapsed();
        let left = kept.ttl.checked_sub(age).filter(|left| !left.is_zero())?;
        Some(Cached { age, left })
    }

    /// Answers from the cache, from a flight under way, or by a flight of its own.
    pub(super) async fn fetch(
        &self,
        manager: &Manager,
        query: &Query,
        options: &CallOptions,
    ) -> Result<Table, Error> {
        let pace = manager.known_dataset(query.dataset())?.spec.pace;
        let deadline = options.deadline.unwrap_or_else(|| pace.call(manager.config_now().deadline));
        // A flight has the time of the caller who began it; nobody waits for one longer than the own time.
        match tokio::time::timeout(deadline, self.fetch_in_time(manager, query, options)).await {
            Ok(result) => result.or_else(|error| self.stale(manager, query, options, error)),
            Err(_) => {
                let report = Report {
                    dataset: query.dataset().clone(),
                    query: query.to_string(),
                    attempts: Vec::new(),
                    skipped: Vec::new(),
                };
                let error = Error::DeadlineExceeded(Box::new(DeadlineExceeded { report, deadline }));
                self.stale(manager, query, options, error)
            }
        }
    }

    async fn fetch_in_time(
        &self,
        manager: &Manager,
        query: &Query,
        options: &CallOptions,
    ) -> Result<Table, Error> {
        let key =
            Key { query: query.clone(), source: options.source.clone(), generation: manager.generation() };
        loop {
            if let Some(entry) = self.fresh.get(&key).await {
                if entry.is_fresh() && !options.fresh {
                    manager.telemetry.cache(key.query.dataset(), CacheOutcome::Hit);
                    return entry.0.answer.clone();
                }
                self.forget(&key, &entry).await;
            }
            // Set by a flight of our own: the answer as it came, which is not one out of the cache.
            let own: OnceLock<Option<Table>> = OnceLock::new();
            let flight = self.fresh.try_get_with_by_ref(&key, async {
                let answer = call::run(manager, query, options).await;
                own.get_or_init(|| answer.as_ref().ok().cloned());
                self.keep(manager, query, options, answer)
            });
            let landed = flight.await;
            let own = own.into_inner();
            let outcome = if own.is_some() { CacheOutcome::Miss } else { CacheOutcome::Joined };
            manager.telemetry.cache(key.query.dataset(), outcome);
            return match (landed, own) {
                (Ok(_), Some(Some(table))) => Ok(table),
                (Ok(entry), _) => entry.0.answer.clone(),
                // Another caller's time was over, and ours is not.
                (Err(error), None) if matches!(*error, Error::DeadlineExceeded(_)) => continue,
                (Err(error), _) => Err((*error).clone()),
            };
        }
    }

    /// Drops this entry, unless it was replaced since.
    async fn forget(&self, key: &Key, entry: &Entry) {
        let same = |kept: &Entry| Arc::ptr_eq(&kept.0, &entry.0);
        let compute = self.fresh.entry_by_ref(key).and_compute_with(async |kept| match kept {
            Some(kept) if same(kept.value()) => Op::Remove,
            _ => Op::Nop,
        });
        compute.await;
    }

    /// What is to be kept of an answer, as an entry; what is not, as an error, which all who wait for this flight share and
    /// nobody after them.
    fn keep(
        &self,
        manager: &Manager,
        query: &Query,
        options: &CallOptions,
        answer: Result<Table, Error>,
    ) -> Result<Entry, Error> {
        match answer {
            Ok(table) => {
                let today = launch::today((manager.wall)(), query);
                let keep = manager.known_dataset(query.dataset())?.spec.keep;
                let provenance = Provenance { cached: true, ..table.provenance().clone() };
                let entry =
                    Entry::new(Ok(table.with_provenance(provenance)), keep.time(query.selection(), today));
                self.old.insert((query.clone(), options.source.clone()), entry.clone());
                Ok(entry)
            }
            Err(Error::NotFound(not_found)) if not_found.conclusive() => {
                Ok(Entry::new(Err(Error::NotFound(not_found)), self.config.negative_ttl))
            }
            Err(error) => Err(error),
        }
    }

    /// An old answer in place of an error, where that is allowed and there is one.
    fn stale(
        &self,
        manager: &Manager,
        query: &Query,
        options: &CallOptions,
        error: Error,
    ) -> Result<Table, Error> {
        let allowed = options.stale_if_error.or(self.config.stale_if_error);
        let (Some(allowed), Error::AllSourcesFailed(_) | Error::DeadlineExceeded(_)) = (allowed, &error)
        else {
            return Err(error);
        };
        let Some(entry) = self.old.get(&(query.clone(), options.source.clone())) else { return Err(error) };
        let age = entry.0.since.elapsed();
        match &entry.0.answer {
            Ok(table) if age <= allowed => {
                manager.telemetry.cache(query.dataset(), CacheOutcome::Stale);
                // Who failed is told, as in the error that this stands in for.
                Ok(table.clone().with_provenance(Provenance {
                    stale: Some(age),
                    attempts: error.attempts().to_vec(),
                    skipped: error.skipped().to_vec(),
                    ..table.provenance().clone()
                }))
            }
            _ => Err(error),
        }
    }
}
