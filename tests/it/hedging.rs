#![cfg(test)]
//! Hedging a slow source, on tokio's paused clock.

use std::sync::Arc;
use std::time::Duration;

use finvista::{CallOptions, Error, ErrorKind, FailoverConfig, SourceError, Status, Table};
use finvista_core::manager::{EventKind, Manager};
use tokio::time::Instant;

use crate::scripted::{Act, Scripted};

const MS: Duration = Duration::from_millis(1);

fn after(ms: u32, act: Act) -> Act {
    Act::After(ms * MS, Box::new(act))
}

struct Bench {
    manager: Manager,
    sources: Vec<Arc<Scripted>>,
}

impl Bench {
    fn new(acts: &[Act]) -> Self {
        Self::with(acts, |_| {})
    }

    fn with(acts: &[Act], change: impl FnOnce(&mut FailoverConfig)) -> Self {
        let names = [("a", 0), ("b", 1), ("c", 2)];
        let sources: Vec<_> = (acts.iter().cloned().zip(names))
            .map(|(act, (name, priority))| Arc::new(Scripted::new(name, priority, move |_| act.clone())))
            .collect();
        let mut config = FailoverConfig { failure_threshold: 2, ..FailoverConfig::default() };
        change(&mut config);
        Self::of(sources, config)
    }

    fn of(sources: Vec<Arc<Scripted>>, config: FailoverConfig) -> Self {
        let mut registry = crate::support::registry();
        sources.iter().for_each(|source| registry.add_source(Arc::clone(source) as _).unwrap());
        Self { manager: Manager::new(registry, config).unwrap(), sources }
    }

    /// The answer, and how long it took, in milliseconds.
    async fn ask(&self, options: CallOptions) -> (Result<Table, Error>, u128) {
        let query = crate::support::ping_an();
        let start = Instant::now();
        let result = self.manager.fetch(&query, &options).await;
        (result, start.elapsed().as_millis())
    }

    fn calls(&self) -> Vec<usize> {
        self.sources.iter().map(|source| source.calls()).collect()
    }

    fn status(&self, source: &str) -> Status {
        self.manager.health().get("cn_stock_daily", source).unwrap().status
    }
}

#[tokio::test(start_paused = true)]
async fn a_slow_source_is_hedged_after_two_seconds() {
    let bench = Bench::new(&[after(9_000, Act::Answer), after(100, Act::Answer)]);
    let mut events = bench.manager.events();
    let (result, ms) = bench.ask(CallOptions::default()).await;
    let table = result.unwrap();
    assert_eq!((table.source(), ms), ("b", 2_100));
    let attempts = &table.provenance().attempts;
    assert_eq!(attempts[0].source, "a");
    assert_eq!(attempts[0].error.as_ref().map(SourceError::kind), Some(ErrorKind::Timeout));
    assert!(attempts[0].error.as_ref().unwrap().message().contains("b was faster"));
    // It had its second, so it counts as a failure: the next such call opens its circuit, and the third does not ask it.
    assert_eq!(bench.status("a"), Status::Degraded);
    assert!(
        matches!(events.next().await.unwrap().what, EventKind::Hedged { source, by, .. } if source == "a" && by == "b")
    );
    bench.ask(CallOptions::default()).await.0.unwrap();
    assert_eq!(bench.status("a"), Status::CircuitOpen);
    assert_eq!(bench.ask(CallOptions::default()).await.1, 100);
    assert_eq!(bench.calls(), [2, 3]);
}

#[tokio::test(start_paused = true)]
async fn the_first_valid_answer_wins_whatever_its_source() {
    let bench = Bench::new(&[after(2_500, Act::Answer), after(1_000, Act::Answer)]);
    let (result, ms) = bench.ask(CallOptions::default()).await;
    assert_eq!((result.unwrap().source(), ms), ("a", 2_500));
    // The second had half a second, which is too short to count against it.
    assert_eq!((bench.status("a"), bench.status("b")), (Status::Healthy, Status::Healthy));
}

#[tokio::test(start_paused = true)]
async fn a_failure_beside_a_slow_source_asks_the_next() {
    let bench =
        Bench::new(&[after(9_000, Act::Answer), Act::Fail(ErrorKind::Upstream), after(10, Act::Answer)]);
    let (result, ms) = bench.ask(CallOptions::default()).await;
    let table = result.unwrap();
    // b fails at 2 s; a has its time until it is hedged again, two seconds after the latest that is under way began.
    assert_eq!(table.source(), "c");
    assert!(ms <= 2_010, "{ms}");
    assert_eq!(bench.calls(), [1, 1, 1]);
}

#[tokio::test(start_paused = true)]
async fn it_can_be_turned_off() {
    let acts = [after(5_000, Act::Answer), Act::Answer];
    let bench = Bench::new(&acts);
    let (result, ms) = bench.ask(CallOptions { no_hedge: true, ..CallOptions::default() }).await;
    assert_eq!((result.unwrap().source(), ms), ("a", 5_000));
    let bench = Bench::with(&acts, |config| config.hedge_after = None);
    assert_eq!(bench.ask(CallOptions::default()).await.0.unwrap().source(), "a");
    assert_eq!(bench.calls(), [1, 0]);
}

#[tokio::test(start_paused = true)]
async fn what_our_own_limit_takes_is_not_the_sources_slowness() {
    let held = |ms, act| Act::HeldBack(ms * MS, Box::new(act));
    let bench = Bench::new(&[held(5_000, after(1_900, Act::Answer)), Act::Answer]);
    let (result, ms) = bench.ask(CallOptions::default()).await;
    let table = result.unwrap();
    assert_eq!((table.source(), ms), ("a", 6_900));
    let attempt = &table.provenance().attempts[0];
    assert_eq!((attempt.elapsed, attempt.held_back), (6_900 * MS, 5_000 * MS));
    assert_eq!(attempt.to_string(), "a answered in 1.9 s and 5.0 s of our rate limit");
    // It had its two seconds, so they count against it.
    let bench = Bench::new(&[held(5_000, after(2_100, Act::Answer)), Act::Answer]);
    let (result, ms) = bench.ask(CallOptions::default()).await;
    assert_eq!((result.unwrap().source(), ms, bench.status("a")), ("b", 7_000, Status::Degraded));
    // It had half a second of its attempt's time, which is too short to count against it.
    let bench = Bench::new(&[held(9_500, after(9_000, Act::Answer)), Act::Answer]);
    let (result, ms) = bench.ask(CallOptions::default()).await;
    assert_eq!((result.unwrap().source(), ms, bench.status("a")), ("b", 10_000, Status::Healthy));
}

#[tokio::test(start_paused = true)]
async fn a_source_slower_than_it_usually_is_can_be_hedged() {
    for (p95, took) in [(true, 110), (false, 2_010)] {
        let usual = |calls| if calls < 20 { after(100, Act::Answer) } else { after(9_000, Act::Answer) };
        let a = Arc::new(Scripted::new("a", 0, usual));
        let b = Arc::new(Scripted::new("b", 1, |_| after(10, Act::Answer)));
        let config = FailoverConfig { hedge_p95: p95, ..FailoverConfig::default() };
        let bench = Bench::of(vec![a, b], config);
        for _ in 0..20 {
            assert_eq!(bench.ask(CallOptions::default()).await.0.unwrap().source(), "a");
        }
        let (result, ms) = bench.ask(CallOptions::default()).await;
        assert_eq!((result.unwrap().source(), ms), ("b", took));
        // A tenth of a second counts against no source.
        assert_eq!(bench.status("a"), if p95 { Status::Healthy } else { Status::Degraded });
    }
}

#[tokio::test(start_paused = true)]
async fn a_forced_source_is_not_hedged() {
    let bench = Bench::new(&[after(5_000, Act::Answer), Act::Answer]);
    let forced = CallOptions { source: Some("a".to_owned()), ..CallOptions::default() };
    assert_eq!(bench.ask(forced).await.0.unwrap().source(), "a");
    assert_eq!(bench.calls(), [1, 0]);
}

#[tokio::test(start_paused = true)]
async fn a_dropped_call_counts_against_no_source() {
    let bench = Bench::new(&[after(9_000, Act::Answer), after(9_000, Act::Answer)]);
    let call = tokio::time::timeout(5_000 * MS, bench.ask(CallOptions::default())).await;
    assert!(call.is_err());
    assert_eq!((bench.status("a"), bench.status("b")), (Status::Healthy, Status::Healthy));
    assert_eq!(bench.calls(), [1, 1]);
}

#[tokio::test(start_paused = true)]
async fn when_everybody_is_slow_one_call_in_ten_asks_twice() {
    let slow = || after(3_000, Act::Answer);
    let bench = Bench::with(&[slow(), slow()], |config| config.failure_threshold = 1_000);
    for _ in 0..100 {
        bench.ask(CallOptions::default()).await.0.unwrap();
    }
    let overtakes = bench.calls()[1];
    assert!((10..=20).contains(&overtakes), "a burst of ten and a tenth of the calls: {overtakes}");
}
