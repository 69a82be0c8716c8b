#![cfg(test)]
//! The cache, on tokio's paused clock: one fetch for equal queries at once, cached answers for a while, and stale ones where allowed.

use std::sync::Arc;
use std::time::Duration;

use finvista::{Adjust, CallOptions, DateRange, Error, ErrorKind, FailoverConfig, Query, Table};
use finvista_core::manager::{CacheConfig, Manager};
use jiff::civil::date;

use crate::scripted::{Act, Scripted};
use crate::support::now;

const MS: Duration = Duration::from_millis(1);
const SECOND: Duration = Duration::from_secs(1);

/// Two sources, so that a priority can be changed.
struct Bench {
    manager: Arc<Manager>,
    source: Arc<Scripted>,
}

impl Bench {
    fn new(act: impl Fn(usize) -> Act + Send + Sync + 'static) -> Self {
        Self::with(CacheConfig::default(), act)
    }

    fn with(config: CacheConfig, act: impl Fn(usize) -> Act + Send + Sync + 'static) -> Self {
        let source = Arc::new(Scripted::new("a", 0, act));
        let mut registry = crate::support::registry();
        registry.add_source(Arc::clone(&source) as _).unwrap();
        registry.add_source(Arc::new(Scripted::new("b", 1, |_| Act::Fail(ErrorKind::Upstream)))).unwrap();
        let manager = Manager::new(registry, FailoverConfig::default()).unwrap();
        Self { manager: Arc::new(manager.with_cache(config).with_wall_clock(now)), source }
    }

    async fn ask(&self) -> Result<Table, Error> {
        self.ask_with(CallOptions::default()).await
    }

    async fn ask_with(&self, options: CallOptions) -> Result<Table, Error> {
        self.manager.fetch(&query(), &options).await
    }

    /// A call under way.
    fn begin(&self, options: CallOptions) -> tokio::task::JoinHandle<Result<Table, Error>> {
        let manager = Arc::clone(&self.manager);
        tokio::spawn(async move { manager.fetch(&query(), &options).await })
    }
}

/// The bars up to the day of [`now`], which is not over.
fn query() -> Query {
    query_until(None)
}

fn query_until(end: Option<jiff::civil::Date>) -> Query {
    let range = DateRange::new(Some(date(2024, 6, 26)), end).unwrap();
    crate::support::daily_query("000001", range, Adjust::None)
}

fn slow() -> Act {
    Act::After(100 * MS, Box::new(Act::Answer))
}

#[tokio::test(start_paused = true)]
async fn a_hit_is_the_same_table_and_says_so() {
    let bench = Bench::new(|_| Act::Answer);
    let first = bench.ask().await.unwrap();
    assert!(!first.provenance().cached);
    let second = bench.ask().await.unwrap();
    let third = bench.ask().await.unwrap();
    assert!(second.provenance().cached && second.same(&third));
    assert_eq!((second.source(), second.batch()), ("a", first.batch()));
    assert_eq!(bench.source.calls(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_goes_on_is_kept_for_a_minute_and_what_is_over_for_an_hour() {
    let bench = Bench::new(|_| Act::Answer);
    let over = query_until(Some(date(2024, 6, 27)));
    for (query, ttl) in [(query(), 60 * SECOND), (over, 3_600 * SECOND)] {
        let before = bench.source.calls();
        let ask = || async { bench.manager.fetch(&query, &CallOptions::default()).await.unwrap() };
        ask().await;
        tokio::time::advance(ttl - MS).await;
        ask().await;
        assert_eq!(bench.source.calls(), before + 1, "{query}");
        tokio::time::advance(MS).await;
        assert!(!ask().await.provenance().cached);
        assert_eq!(bench.source.calls(), before + 2, "{query}");
    }
}

#[tokio::test(start_paused = true)]
async fn equal_queries_at_once_cost_one_fetch() {
    let bench = Bench::new(|_| slow());
    let calls: Vec<_> = (0..64).map(|_| bench.begin(CallOptions::default())).collect();
    let mut cached = 0;
    for call in calls {
        cached += usize::from(call.await.unwrap().unwrap().provenance().cached);
    }
    assert_eq!((bench.source.calls(), cached), (1, 63), "one asked, and the others got what it got");
}

#[tokio::test(start_paused = true)]
async fn the_leader_leaves_and_another_takes_over() {
    let bench = Bench::new(|_| slow());
    let leader = bench.begin(CallOptions::default());
    tokio::time::sleep(50 * MS).await;
    let follower = bench.begin(CallOptions::default());
    tokio::time::sleep(10 * MS).await;
    leader.abort();
    assert_eq!(follower.await.unwrap().unwrap().source(), "a");
    assert_eq!(bench.source.calls(), 2);
}

#[tokio::test(start_paused = true)]
async fn an_error_is_shared_by_the_waiting_calls_and_not_kept() {
    let bench = Bench::new(|call| match call {
        0 => Act::After(100 * MS, Box::new(Act::Fail(ErrorKind::Transport))),
        _ => Act::Answer,
    });
    let calls: Vec<_> = (0..8).map(|_| bench.begin(CallOptions::default())).collect();
    for call in calls {
        assert!(matches!(call.await.unwrap(), Err(Error::AllSourcesFailed(_))));
    }
    assert_eq!(bench.source.calls(), 1);
    assert_eq!(bench.ask().await.unwrap().source(), "a");
}

#[tokio::test(start_paused = true)]
async fn a_panic_of_the_source_is_not_kept() {
    let bench = Bench::new(|call| if call == 0 { Act::Panic } else { Act::Answer });
    assert!(matches!(bench.ask().await, Err(Error::AllSourcesFailed(_))));
    assert_eq!(bench.ask().await.unwrap().source(), "a");
}

#[tokio::test(start_paused = true)]
async fn no_call_waits_for_another_beyond_its_own_deadline() {
    let bench = Bench::new(|_| Act::After(8 * SECOND, Box::new(Act::Answer)));
    let leader = bench.begin(CallOptions::default());
    tokio::time::sleep(MS).await;
    let start = tokio::time::Instant::now();
    let error =
        bench.ask_with(CallOptions { deadline: Some(SECOND), ..CallOptions::default() }).await.unwrap_err();
    assert!(matches!(error, Error::DeadlineExceeded(_)), "{error}");
    assert_eq!(start.elapsed(), SECOND);
    assert_eq!(leader.await.unwrap().unwrap().source(), "a");
}

#[tokio::test(start_paused = true)]
async fn the_short_time_of_a_leader_is_not_that_of_the_others() {
    let bench = Bench::new(|_| Act::After(2 * SECOND, Box::new(Act::Answer)));
    let options = |deadline| CallOptions {
        deadline: Some(deadline),
        source: Some("a".to_owned()),
        ..CallOptions::default()
    };
    let leader = bench.begin(options(SECOND));
    tokio::time::sleep(MS).await;
    let follower = bench.begin(options(9 * SECOND));
    assert!(matches!(leader.await.unwrap(), Err(Error::DeadlineExceeded(_))));
    assert_eq!(follower.await.unwrap().unwrap().source(), "a");
}

#[tokio::test(start_paused = true)]
async fn another_source_or_another_order_is_another_answer() {
    let bench = Bench::new(|_| Act::Answer);
    bench.ask().await.unwrap();
    let forced = CallOptions { source: Some("b".to_owned()), ..CallOptions::default() };
    assert!(bench.ask_with(forced).await.is_err());
    bench.manager.set_source_priority("a", 5).unwrap();
    assert!(!bench.ask().await.unwrap().provenance().cached);
    assert_eq!(bench.source.calls(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_caller_can_ask_past_the_cache() {
    let bench = Bench::new(|_| Act::Answer);
    bench.ask().await.unwrap();
    let fresh = CallOptions { fresh: true, ..CallOptions::default() };
    assert!(!bench.ask_with(fresh).await.unwrap().provenance().cached);
    assert!(bench.ask().await.unwrap().provenance().cached);
    assert_eq!(bench.source.calls(), 2);
}

#[tokio::test(start_paused = true)]
async fn an_unknown_symbol_is_remembered_for_ten_seconds() {
    let bench = Bench::new(|_| Act::Fail(ErrorKind::NotFound));
    bench.manager.set_enabled("b", false).unwrap();
    for calls in [1, 1, 2] {
        assert!(matches!(bench.ask().await, Err(Error::NotFound(_))));
        assert_eq!(bench.source.calls(), calls);
        tokio::time::advance(6 * SECOND).await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_old_answer_stands_in_where_it_is_allowed() {
    let bench = Bench::new(|call| if call == 0 { Act::Answer } else { Act::Fail(ErrorKind::Transport) });
    let first = bench.ask().await.unwrap();
    tokio::time::advance(600 * SECOND).await;
    assert!(matches!(bench.ask().await, Err(Error::AllSourcesFailed(_))), "off by default");
    let allowed = |age| CallOptions { stale_if_error: Some(age), ..CallOptions::default() };
    let old = bench.ask_with(allowed(3_600 * SECOND)).await.unwrap();
    assert_eq!(old.batch(), first.batch());
    assert_eq!(old.provenance().stale, Some(600 * SECOND));
    assert_eq!(old.provenance().attempts.len(), 2, "the failures are told");
    assert!(bench.ask_with(allowed(599 * SECOND)).await.is_err(), "too old");
}

#[tokio::test(start_paused = true)]
async fn the_cache_is_bound_by_bytes() {
    let config = CacheConfig { max_bytes: 100_000, ..CacheConfig::default() };
    let bench = Bench::with(config, |_| Act::Answer);
    let day = |n: i64| date(2000, 1, 1).checked_add(jiff::Span::new().days(n)).unwrap();
    for n in 0..500 {
        let range = DateRange::new(Some(day(n)), None).unwrap();
        let query = crate::support::daily_query("000001", range, Adjust::None);
        bench.manager.fetch(&query, &CallOptions::default()).await.unwrap();
        // Some bytes a row, and about a thousand for the rest, twice: as an answer and as an old one.
        assert!(n > 0 || bench.manager.cached_bytes().await < 4_096);
    }
    assert!(bench.manager.cached_bytes().await <= 100_000);
}
