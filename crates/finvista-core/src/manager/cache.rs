//! The cache: concurrent calls for one query share a call, and later calls need none for a while.

use std::future::{Future, poll_fn};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::task::Poll;
use std::time::Duration;

use moka::sync::Cache as Store;
use tokio::time::{Instant, timeout_at};

use super::plan::Cached;
use super::shared::{Key, Role, SharedCalls};
use super::telemetry::CacheOutcome;
use super::timing::Timing;
use super::{CallOptions, Error, Manager, call, launch, weight};
use crate::provenance::Provenance;
use crate::query::Query;
use crate::table::Table;

/// The settings of the cache.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CacheConfig {
    /// The most bytes that the cache takes, keys and remembered errors included: 64 MiB by default.
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

/// After this many hits one of them lets other tasks run: a loop over cached answers never waits, and would keep a thread to
/// itself.
const HITS_AT_ONCE: u32 = 32;

/// A query, and the one source asked for.
type Asked = (Query, Option<String>);

#[derive(Debug, Clone)]
struct Entry(Arc<Kept>);

#[derive(Debug)]
struct Kept {
    /// The table, marked as cached, or a conclusive [`Error::NotFound`].
    answer: Result<Table, Error>,
    since: Instant,
    ttl: Duration,
    /// The number of changes of the routing table before the call: a caller who changed priorities expects to see the change.
    generation: u64,
    bytes: u32,
}

impl Kept {
    fn is_fresh(&self, generation: u64) -> bool {
        self.generation == generation && self.since.elapsed() < self.ttl
    }
}

/// The answers of one manager.
#[derive(Debug)]
pub(super) struct Cache {
    config: CacheConfig,
    /// The last answer to each query. Freshness is decided here and not by moka, because tests can pause tokio's clock. An
    /// answer that is no longer fresh stays until its bytes are needed, for when every source fails.
    store: Store<Asked, Entry>,
    calls: SharedCalls,
    hits: AtomicU32,
}

impl Cache {
    pub(super) fn new(config: CacheConfig) -> Self {
        let store = Store::builder()
            .max_capacity(config.max_bytes)
            .weigher(|_, Entry(kept): &Entry| kept.bytes)
            .time_to_live(LONGEST)
            .build();
        Self { config, store, calls: SharedCalls::default(), hits: AtomicU32::new(0) }
    }

    /// The bytes that it holds, after pending evictions.
    pub(super) fn bytes(&self) -> u64 {
        self.store.run_pending_tasks();
        self.store.weighted_size()
    }

    /// The fresh answer that a call would get now.
    pub(super) fn look(&self, manager: &Manager, query: &Query, options: &CallOptions) -> Option<Cached> {
        let Entry(kept) = self.fresh(query, options, manager.generation())?;
        let age = kept.since.elapsed();
        let left = kept.ttl.checked_sub(age).filter(|left| !left.is_zero())?;
        Some(Cached { age, left })
    }

    /// Answers from the cache, from a call that another caller began, or from a call of its own.
    pub(super) async fn fetch(
        &self,
        manager: &Manager,
        query: &Query,
        options: &CallOptions,
        timing: Timing,
    ) -> Result<Table, Error> {
        let result = self.fetch_or_fail(manager, query, options, timing).await;
        result.or_else(|error| self.stale(manager, query, options, error))
    }

    async fn fetch_or_fail(
        &self,
        manager: &Manager,
        query: &Query,
        options: &CallOptions,
        timing: Timing,
    ) -> Result<Table, Error> {
        let told = |outcome| manager.telemetry.cache(query.dataset(), outcome);
        loop {
            let generation = manager.generation();
            if let Some(Entry(kept)) = self.fresh(query, options, generation) {
                told(CacheOutcome::Hit);
                if self.hits.fetch_add(1, Relaxed) % HITS_AT_ONCE == HITS_AT_ONCE - 1 {
                    let_others_run().await;
                }
                return kept.answer.clone();
            }
            let left = timing.left(Instant::now());
            let shared = match self.calls.join(&Key::new(query, options, generation), left) {
                // The call before this one may have ended between the look and the lead.
                Role::Leads(_) if self.fresh(query, options, generation).is_some() => continue,
                Role::Leads(lead) => {
                    let answer = call::run(manager, query, options, timing, Some(lead.trace())).await;
                    told(CacheOutcome::Miss);
                    lead.landed(self.keep(manager, query, options, generation, &answer));
                    return answer;
                }
                Role::Follows(shared) => shared,
            };
            match timeout_at(timing.until(), shared.landed()).await {
                Ok(Some(Ok(table))) => {
                    told(CacheOutcome::Joined);
                    return Ok(table);
                }
                Ok(Some(Err(error))) if shared.fails_for(left, &error) => {
                    told(CacheOutcome::Joined);
                    return Err(error);
                }
                // The leader left, or had too little time.
                Ok(_) => {}
                Err(_) => {
                    told(CacheOutcome::Joined);
                    return Err(shared.out_of_time(query, timing));
                }
            }
        }
    }

    fn fresh(&self, query: &Query, options: &CallOptions, generation: u64) -> Option<Entry> {
        if options.fresh {
            return None;
        }
        self.store.get(&asked(query, options)).filter(|Entry(kept)| kept.is_fresh(generation))
    }

    /// Keeps an answer for as long as its data set says, and returns it as those get it who waited for this call.
    fn keep(
        &self,
        manager: &Manager,
        query: &Query,
        options: &CallOptions,
        generation: u64,
        answer: &Result<Table, Error>,
    ) -> Result<Table, Error> {
        let (answer, ttl) = match answer {
            Ok(table) => {
                let today = launch::today((manager.wall)(), query);
                let keep = manager.known_dataset(query.dataset())?.spec.keep;
                let provenance = Provenance { cached: true, ..table.provenance().clone() };
                (Ok(table.clone().with_provenance(provenance)), keep.time(query.selection(), today))
            }
            Err(Error::NotFound(not_found)) if not_found.conclusive() => {
                (Err(Error::NotFound(not_found.clone())), self.config.negative_ttl)
            }
            Err(error) => return Err(error.clone()),
        };
        let stands_in = answer.is_ok() && self.stands_in_for(options).is_some();
        if !ttl.is_zero() || stands_in {
            let bytes = weight::bytes(query, options.source.as_deref(), &answer);
            let kept = Kept { answer: answer.clone(), since: Instant::now(), ttl, generation, bytes };
            self.store.insert(asked(query, options), Entry(Arc::new(kept)));
            // Otherwise dozens of tables would wait for their eviction.
            self.store.run_pending_tasks();
        }
        answer
    }

    /// The greatest age of an answer that may stand in for an error.
    fn stands_in_for(&self, options: &CallOptions) -> Option<Duration> {
        options.stale_if_error.or(self.config.stale_if_error)
    }

    /// An old answer instead of an error, if that is allowed and there is one.
    fn stale(
        &self,
        manager: &Manager,
        query: &Query,
        options: &CallOptions,
        error: Error,
    ) -> Result<Table, Error> {
        let (Some(allowed), Error::AllSourcesFailed(_) | Error::DeadlineExceeded(_)) =
            (self.stands_in_for(options), &error)
        else {
            return Err(error);
        };
        let Some(Entry(kept)) = self.store.get(&asked(query, options)) else { return Err(error) };
        let age = kept.since.elapsed();
        match &kept.answer {
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

fn asked(query: &Query, options: &CallOptions) -> Asked {
    (query.clone(), options.source.clone())
}

/// Is pending once, so that the runtime polls other tasks.
fn let_others_run() -> impl Future<Output = ()> {
    let mut let_run = false;
    poll_fn(move |cx| {
        if std::mem::replace(&mut let_run, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
}
