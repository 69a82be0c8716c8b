//! Sweeps: their own times, no hedging, probes that keep their slot, and progress.

use std::sync::{Arc, Mutex};

use finvista_core::dataset::Dataset;
use finvista_core::manager::{CallOptions, FailoverConfig, FailureKind, Manager};
use finvista_core::{ErrorKind, Progress, Query, SkipReason, SourceError};
use jiff::civil::date;
use tokio::time::{Instant, advance};

use crate::support::{
    HkDaily, HkList, SECOND, Scripted, bars, bars_query, list, manager, manager_with, options, query,
};

fn all() -> Query {
    query(HkList::SPEC, &[])
}

/// A source that lists two shares after this many seconds.
fn lists(name: &str, seconds: u64) -> Arc<Scripted> {
    Arc::new(Scripted::new(name, HkList::SPEC, move |_, _| (seconds, Ok(list(&["00001.HK", "00005.HK"])))))
}

#[tokio::test(start_paused = true)]
async fn a_sweep_may_take_longer_than_an_attempt_and_a_call_of_the_settings() {
    let source = lists("a", 100);
    let manager = manager(&[Arc::clone(&source)]);
    assert!(manager.config().deadline < 100 * SECOND);
    let table = manager.fetch(&all(), &options()).await.unwrap();
    assert_eq!((table.num_rows(), table.provenance().elapsed), (2, 100 * SECOND));
}

#[tokio::test(start_paused = true)]
async fn each_attempt_of_a_sweep_has_its_whole_time() {
    let (slow, good) = (lists("slow", 1_000), lists("good", 119));
    let manager = manager(&[slow, good]);
    let table = manager.fetch(&all(), &options()).await.unwrap();
    let attempts = &table.provenance().attempts;
    assert_eq!(attempts.iter().map(|a| a.elapsed).collect::<Vec<_>>(), [120 * SECOND, 119 * SECOND]);
    assert_eq!(attempts[0].error.as_ref().unwrap().kind(), ErrorKind::Timeout);
    assert_eq!(table.source(), "good");
}

#[tokio::test(start_paused = true)]
async fn a_sweep_ends_with_the_time_of_its_call() {
    let sources = ["a", "b", "c", "d"].map(|name| lists(name, 1_000));
    let began = Instant::now();
    let error = manager(&sources).fetch(&all(), &options()).await.unwrap_err();
    assert_eq!((error.kind(), began.elapsed()), (FailureKind::DeadlineExceeded, 360 * SECOND));
    assert_eq!((error.attempts().len(), sources[3].asked()), (3, 0));
}

#[tokio::test(start_paused = true)]
async fn a_caller_may_give_a_sweep_less_time_and_settings_more() {
    let source = lists("a", 100);
    let manager = manager(&[Arc::clone(&source)]);
    let short = CallOptions { deadline: Some(5 * SECOND), ..options() };
    let began = Instant::now();
    assert!(manager.fetch(&all(), &short).await.unwrap_err().is_timeout());
    assert_eq!(began.elapsed(), 5 * SECOND);
    let config = FailoverConfig {
        attempt_timeout: 200 * SECOND,
        probe_lease: Some(200 * SECOND),
        ..FailoverConfig::default()
    };
    manager.configure(config).unwrap();
    let slow = manager_with(&[lists("a", 150)], manager.config());
    assert_eq!(slow.fetch(&all(), &options()).await.unwrap().provenance().elapsed, 150 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn a_sweep_is_never_hedged_and_other_calls_are() {
    let (slow, fast) = (lists("slow", 60), lists("fast", 1));
    let manager = manager(&[slow, Arc::clone(&fast)]);
    assert_eq!(manager.fetch(&all(), &options()).await.unwrap().source(), "slow");
    assert_eq!(fast.asked(), 0);

    let daily = |name, seconds| {
        let days = [(date(2024, 6, 28), 370.0)];
        Arc::new(Scripted::new(name, HkDaily::SPEC, move |_, q| (seconds, Ok(bars(q, &days)))))
    };
    let table = crate::support::manager(&[daily("slow", 60), daily("fast", 1)])
        .fetch(&bars_query(&[]), &options())
        .await
        .unwrap();
    assert_eq!((table.source(), table.provenance().elapsed), ("fast", 3 * SECOND));
}

#[tokio::test(start_paused = true)]
async fn the_probe_of_a_sweep_keeps_its_slot_for_the_time_of_its_attempt() {
    let fails = Arc::new(std::sync::atomic::AtomicBool::new(true));
    let failing = Arc::clone(&fails);
    let source = Arc::new(Scripted::new("a", HkList::SPEC, move |_, _| {
        match failing.load(std::sync::atomic::Ordering::SeqCst) {
            true => (0, Err(SourceError::new(ErrorKind::Upstream, "503"))),
            false => (110, Ok(list(&["00001.HK"]))),
        }
    }));
    let config = FailoverConfig { failure_threshold: 1, ..FailoverConfig::default() };
    let manager: Arc<Manager> = Arc::new(manager_with(&[source], config));
    manager.fetch(&all(), &options()).await.unwrap_err();
    fails.store(false, std::sync::atomic::Ordering::SeqCst);
    advance(60 * SECOND).await;

    let probe = tokio::spawn({
        let manager = Arc::clone(&manager);
        async move { manager.fetch(&all(), &options()).await }
    });
    // Longer than the lease of the settings, which is 60 s.
    tokio::time::sleep(100 * SECOND).await;
    let error = manager.fetch(&all(), &options()).await.unwrap_err();
    assert_eq!(error.skipped()[0].reason, SkipReason::ProbeInFlight);
    assert_eq!(
        error.skipped()[0].to_string(),
        "a was not asked: its circuit is half open, and a probe is in flight"
    );
    assert_eq!(probe.await.unwrap().unwrap().source(), "a");
}

#[tokio::test(start_paused = true)]
async fn a_source_learns_that_it_sweeps_and_its_progress_reaches_the_caller() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let source = Arc::new(Scripted::new("a", HkList::SPEC, |cx, _| {
        assert!(cx.sweep);
        assert_eq!(cx.time, 120 * SECOND);
        cx.report(1, 55);
        cx.report(55, 55);
        (0, Ok(list(&["00001.HK"])))
    }));
    let progress = Progress::new({
        let seen = Arc::clone(&seen);
        move |done, known| seen.lock().unwrap().push((done, known))
    });
    let manager = manager(&[source]);
    manager.fetch(&all(), &CallOptions { progress, ..options() }).await.unwrap();
    assert_eq!(*seen.lock().unwrap(), [(1, 55), (55, 55)]);
    // Without a callback progress goes nowhere.
    manager.fetch(&all(), &options()).await.unwrap();
    assert_eq!(seen.lock().unwrap().len(), 2);
}
