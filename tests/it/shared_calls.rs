#![cfg(test)]
//! Callers that wait for one call keep their own time and options: on tokio's paused clock.

use std::sync::Arc;
use std::time::Duration;

use finvista::{CallOptions, DateRange, Error, ErrorKind, FailoverConfig, SourceError, Status, Table};
use finvista_core::manager::{CacheConfig, Manager};
use tokio::time::Instant;

use crate::scripted::{Act, Scripted};
use crate::support::{daily_query, now};

const MS: Duration = Duration::from_millis(1);
const SECOND: Duration = Duration::from_secs(1);

struct Bench {
    manager: Arc<Manager>,
    sources: Vec<Arc<Scripted>>,
}

impl Bench {
    fn new(acts: &[Act]) -> Self {
        Self::with(acts, FailoverConfig::default())
    }

    fn with(acts: &[Act], config: FailoverConfig) -> Self {
        let names = [("a", 0), ("b", 1), ("c", 2)];
        let sources: Vec<_> = (acts.iter().cloned().zip(names))
            .map(|(act, (name, priority))| Arc::new(Scripted::new(name, priority, move |_| act.clone())))
            .collect();
        let mut registry = crate::support::registry();
        sources.iter().for_each(|source| registry.add_source(Arc::clone(source) as _).unwrap());
        let manager = Manager::new(registry, config).unwrap().with_wall_clock(now);
        Self { manager: Arc::new(manager.with_cache(CacheConfig::default())), sources }
    }

    /// A call under way: its result, and how long it took.
    fn begin(&self, options: CallOptions) -> tokio::task::JoinHandle<(Result<Table, Error>, Duration)> {
        let manager = Arc::clone(&self.manager);
        tokio::spawn(async move {
            let query = daily_query("600000", DateRange::default(), finvista::Adjust::None);
            let began = Instant::now();
            let result = manager.fetch(&query, &options).await;
            (result, began.elapsed())
        })
    }

    fn calls(&self) -> Vec<usize> {
        self.sources.iter().map(|source| source.calls()).collect()
    }

    fn status(&self, source: &str) -> Status {
        self.manager.health().get("cn_stock_daily", source).unwrap().status
    }
}

fn within(deadline: Duration) -> CallOptions {
    CallOptions { deadline: Some(deadline), ..CallOptions::default() }
}

fn after(time: Duration, act: Act) -> Act {
    Act::After(time, Box::new(act))
}

fn kinds(error: &Error) -> Vec<(&str, Option<ErrorKind>)> {
    let kind = |error: &SourceError| error.kind();
    error.attempts().iter().map(|it| (it.source.as_str(), it.error.as_ref().map(kind))).collect()
}

/// The time of a call is over while its source is asked: as without a cache, it tells whom it asked, and blames it.
#[tokio::test(start_paused = true)]
async fn a_call_whose_time_is_over_tells_what_it_did() {
    for deadline in [40 * MS, 1_500 * MS] {
        let config = FailoverConfig { failure_threshold: 1, hedge_after: None, ..FailoverConfig::default() };
        let bench = Bench::with(&[after(100 * SECOND, Act::Answer)], config);
        let (result, took) = bench.begin(within(deadline)).await.unwrap();
        let error = result.unwrap_err();
        assert!(matches!(&error, Error::DeadlineExceeded(e) if e.deadline() == deadline), "{error}");
        assert_eq!((kinds(&error), took), (vec![("a", Some(ErrorKind::Timeout))], deadline));
        // A second is enough to be blamed.
        let expected = if deadline > SECOND { Status::CircuitOpen } else { Status::Healthy };
        assert_eq!(bench.status("a"), expected);
    }
}

/// One that waits for the call of another with more time tells whom that call waits for.
#[tokio::test(start_paused = true)]
async fn a_follower_whose_time_is_over_tells_whom_it_waited_for() {
    let acts = [after(500 * MS, Act::Fail(ErrorKind::Upstream)), after(8 * SECOND, Act::Answer)];
    let config = FailoverConfig { hedge_after: None, ..FailoverConfig::default() };
    let bench = Bench::with(&acts, config);
    let leader = bench.begin(within(30 * SECOND));
    tokio::time::sleep(MS).await;
    let (result, took) = bench.begin(within(2 * SECOND)).await.unwrap();
    let error = result.unwrap_err();
    assert!(matches!(&error, Error::DeadlineExceeded(e) if e.deadline() == 2 * SECOND), "{error}");
    assert_eq!(took, 2 * SECOND);
    let expected = [("a", Some(ErrorKind::Upstream)), ("b", Some(ErrorKind::Timeout))];
    assert_eq!(kinds(&error), expected);
    assert_eq!(error.attempts()[1].elapsed, 1_501 * MS);
    assert_eq!(leader.await.unwrap().0.unwrap().source(), "b");
    assert_eq!(bench.calls(), [1, 1]);
}

/// With two sources that answer after a second, 0.2 s of a leader end in an error, and 30 s of its follower in an answer.
#[tokio::test(start_paused = true)]
async fn a_follower_with_more_time_does_not_inherit_a_failure_for_want_of_it() {
    for act in [Act::Answer, Act::Fail(ErrorKind::Throttled)] {
        let bench = Bench::new(&[after(SECOND, Act::Answer), after(SECOND, act)]);
        let leader = bench.begin(within(200 * MS));
        tokio::time::sleep(MS).await;
        let followers: Vec<_> = (0..5).map(|_| bench.begin(within(30 * SECOND))).collect();
        assert!(leader.await.unwrap().0.unwrap_err().is_timeout());
        for follower in followers {
            let (result, took) = follower.await.unwrap();
            assert_eq!((result.unwrap().source(), took), ("a", 1_199 * MS));
        }
        // The followers shared one call, too.
        assert_eq!(bench.calls()[0], 2);
    }
}

/// Real failures are shared whatever the time: to ask again would only ask a broken source more often.
#[tokio::test(start_paused = true)]
async fn a_failure_that_has_nothing_to_do_with_time_is_shared() {
    let bench = Bench::new(&[after(100 * MS, Act::Fail(ErrorKind::Upstream))]);
    let leader = bench.begin(within(2 * SECOND));
    tokio::time::sleep(MS).await;
    let follower = bench.begin(within(30 * SECOND));
    assert!(matches!(leader.await.unwrap().0, Err(Error::AllSourcesFailed(_))));
    assert!(matches!(follower.await.unwrap().0, Err(Error::AllSourcesFailed(_))));
    assert_eq!(bench.calls(), [1]);
}

#[tokio::test(start_paused = true)]
async fn a_caller_that_may_hedge_does_not_wait_for_one_that_may_not() {
    let bench = Bench::new(&[after(9 * SECOND, Act::Answer), after(100 * MS, Act::Answer)]);
    let patient = bench.begin(CallOptions { no_hedge: true, ..CallOptions::default() });
    tokio::time::sleep(MS).await;
    let (result, took) = bench.begin(CallOptions::default()).await.unwrap();
    assert_eq!((result.unwrap().source(), took), ("b", 2_100 * MS));
    let (result, took) = patient.await.unwrap();
    assert_eq!((result.unwrap().source(), took), ("a", 9 * SECOND));
}

#[tokio::test(start_paused = true)]
async fn a_caller_that_pins_a_source_does_not_wait_for_another() {
    let bench = Bench::new(&[after(5 * SECOND, Act::Answer), after(100 * MS, Act::Answer)]);
    let pinned = |source: &str| CallOptions { source: Some(source.to_owned()), ..CallOptions::default() };
    let a = bench.begin(pinned("a"));
    tokio::time::sleep(MS).await;
    let (result, took) = bench.begin(pinned("b")).await.unwrap();
    assert_eq!((result.unwrap().source(), took), ("b", 100 * MS));
    assert_eq!(a.await.unwrap().0.unwrap().source(), "a");
}

/// With threads and real time: forty callers of two patiences, again and again. Whoever has time enough gets the answer.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_patient_caller_fails_with_an_impatient_one() {
    for _ in 0..20 {
        let bench = Bench::new(&[after(30 * MS, Act::Answer)]);
        let calls: Vec<_> = (0..40)
            .map(|place| {
                let time = if place % 2 == 0 { 3 * MS } else { 20 * SECOND };
                (time, bench.begin(within(time)))
            })
            .collect();
        for (time, call) in calls {
            match call.await.unwrap().0 {
                Ok(table) => assert_eq!(table.source(), "a"),
                Err(error) => {
                    assert!(time < SECOND && error.is_timeout(), "{time:?}: {error}");
                    assert!(error.attempts().len() <= 1, "{error}");
                }
            }
        }
    }
}

/// A task that only reads cached answers lets others run.
#[tokio::test]
async fn a_loop_over_cached_answers_lets_other_tasks_run() {
    let bench = Bench::new(&[Act::Answer]);
    bench.begin(CallOptions::default()).await.unwrap().0.unwrap();
    let turns = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let other = tokio::spawn({
        let turns = Arc::clone(&turns);
        async move {
            loop {
                turns.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                tokio::task::yield_now().await;
            }
        }
    });
    let query = daily_query("600000", DateRange::default(), finvista::Adjust::None);
    for _ in 0..320 {
        bench.manager.fetch(&query, &CallOptions::default()).await.unwrap();
    }
    assert!(turns.load(std::sync::atomic::Ordering::Relaxed) >= 10);
    other.abort();
}

/// With threads and real time: however a timer and the end of an attempt race, no call loses what it did.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_call_whose_time_is_over_loses_its_attempt() {
    let bench = Bench::new(&[after(SECOND, Act::Answer)]);
    for round in 0..5 {
        let calls = (0..60).map(|code| {
            let manager = Arc::clone(&bench.manager);
            tokio::spawn(async move {
                let symbol = (600_000 + round * 60 + code).to_string();
                let query = daily_query(&symbol, DateRange::default(), finvista::Adjust::None);
                manager.fetch(&query, &within(40 * MS)).await
            })
        });
        for call in calls.collect::<Vec<_>>() {
            let error = call.await.unwrap().unwrap_err();
            assert!(error.is_timeout(), "{error}");
            assert_eq!(kinds(&error), [("a", Some(ErrorKind::Timeout))], "{error}");
        }
    }
}
