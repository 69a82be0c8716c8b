//! The cache: concurrent calls for one query share a fetch, and later calls need none for a while.

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
    /// The most bytes of tables to keep: 64 MiB by default.
    pub max_bytes: u64,
    /// How long to remember that no source knows a symbol: 10 s by default.
    pub negative_ttl: Duration,
    /// If every source fails, an answer of at most this age is returned instead of the error, marked as stale. Off by
    /// default.
    pub stale_if_error: Option<Duration>,
}

impl Default for CacheConfig {
    fn default() -> Self {
        Self { max_bytes: 64 << 20, negative_ttl: Duration::from_secs(10), stale_if_error: None }
    }
}

/// No answer is kept longer than this, whatever its data set says.
const LONGEST: Duration = Duration::from_secs(24 * 3_600);

/// Calls with equal keys share an answer: the query, the one source asked for, and the version of the routing table, since
/// a caller who changed priorities expects to see the change.
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
    /// The table, marked as cached, or a conclusive [`Error::NotFound`].
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
        // Tables share the keys of their labels, so each counts only its own rows.
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
    /// Answers, and the flights that fetch them. Freshness is decided here and not by moka, because tests can pause tokio's
    /// clock.
    fresh: Fresh<Key, Entry>,
    /// The last good answer to each query, for when every source fails.
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

    /// The bytes that it holds, after pending evictions.
    pub(super) async fn bytes(&self) -> u64 {
        self.fresh.run_pending_tasks().await;
        self.fresh.weighted_size()
    }

    /// The fresh answer that a call would get now.
    pub(super) fn look(&self, manager: &Manager, query: &Query, options: &CallOptions) -> Option<Cached> {
        let key =
            Key { query: query.clone(), source: options.source.clone(), generation: manager.generation() };
        // It is pending only while the cache evicts entries, and a plan does not wait for that.
        let Entry(kept) = self.fresh.get(&key).now_or_never()?.filter(|_| !options.fresh)?;
        let age = kept.since.elapsed();
        let left = kept.ttl.checked_sub(age).filter(|left| !left.is_zero())?;
        Some(Cached { age, left })
    }

    /// Answers from the cache, from a flight that another caller began, or from a new flight.
    pub(super) async fn fetch(
        &self,
        manager: &Manager,
        query: &Query,
        options: &CallOptions,
    ) -> Result<Table, Error> {
        let pace = manager.known_dataset(query.dataset())?.spec.pace;
        let deadline = options.deadline.unwrap_or_else(|| pace.call(manager.config_now().deadline));
        // A flight has the deadline of the caller who began it, and each caller waits for it until its own deadline.
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
            // Set if this caller's own flight ran: the table before it is marked as cached.
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
                // Another caller's deadline ended the flight, not ours.
                (Err(error), None) if matches!(*error, Error::DeadlineExceeded(_)) => continue,
                (Err(error), _) => Err((*error).clone()),
            };
        }
    }

    /// Removes this entry, unless it has been replaced.
    async fn forget(&self, key: &Key, entry: &Entry) {
        let same = |kept: &Entry| Arc::ptr_eq(&kept.0, &entry.0);
        let compute = self.fresh.entry_by_ref(key).and_compute_with(async |kept| match kept {
            Some(kept) if same(kept.value()) => Op::Remove,
            _ => Op::Nop,
        });
        compute.await;
    }

    /// The entry to keep for an answer. An answer that is not kept is an error, which only the callers waiting for this
    /// flight share.
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

    /// An old answer instead of an error, if that is allowed and there is one.
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
                // Reports the failures, as the error would have.
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
