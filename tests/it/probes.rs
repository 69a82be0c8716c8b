#![cfg(test)]
//! A half-open circuit while every other source is broken: the calls beside the probe wait for its verdict.

use std::sync::Arc;
use std::time::Duration;

use finvista::{
    Adjust, CallOptions, DateRange, Error, ErrorKind, FailoverConfig, Query, SkipReason, SourceError, Table,
};
use finvista_core::manager::Manager;
use tokio::task::JoinHandle;
use tokio::time::{Instant, advance};

use crate::answering::{Answering, fails, good};
use crate::support::{daily_query, now};

const MS: Duration = Duration::from_millis(1);
const SECOND: Duration = Duration::from_secs(1);

/// Source `a` fails once and then does this after 100 ms; `b` always fails. One failure opens a circuit.
fn manager(then: impl Fn(&Query, usize) -> Result<(), ErrorKind> + Send + Sync + 'static) -> Arc<Manager> {
    let mut registry = crate::support::registry();
    let a = Answering::new("a", 0, move |query, call| match call {
        0 => (Duration::ZERO, fails(ErrorKind::Upstream)),
        _ => match then(query, call) {
            Ok(()) => (100 * MS, good(query)),
            Err(kind) => (100 * MS, fails(kind)),
        },
    });
    registry.add_source(a).unwrap();
    let b = Answering::new("b", 1, |_, _| (Duration::ZERO, fails(ErrorKind::Upstream)));
    registry.add_source(b).unwrap();
    let config = FailoverConfig { failure_threshold: 1, ..FailoverConfig::default() };
    Arc::new(Manager::new(registry, config).unwrap().with_wall_clock(now))
}

/// Opens the circuit of `a`, waits until a probe is due, and opens that of `b` again.
async fn half_open(manager: &Manager) {
    call(manager, CallOptions::default()).await.unwrap_err();
    advance(60 * SECOND).await;
    let only_b = CallOptions { source: Some("b".to_owned()), ..CallOptions::default() };
    call(manager, only_b).await.unwrap_err();
}

async fn call(manager: &Manager, options: CallOptions) -> Result<Table, Error> {
    manager.fetch(&daily_query("600000", DateRange::default(), Adjust::None), &options).await
}

/// Calls at the same moment, and how long each takes.
fn burst(
    manager: &Arc<Manager>,
    calls: usize,
    options: &CallOptions,
) -> Vec<JoinHandle<(Result<Table, Error>, Duration)>> {
    let begin = |_| {
        let (manager, options) = (Arc::clone(manager), options.clone());
        tokio::spawn(async move {
            let began = Instant::now();
            (call(&manager, options).await, began.elapsed())
        })
    };
    (0..calls).map(begin).collect()
}

#[tokio::test(start_paused = true)]
async fn a_whole_burst_is_answered_once_the_probe_is() {
    let manager = manager(|_, _| Ok(()));
    half_open(&manager).await;
    let mut times = Vec::new();
    for task in burst(&manager, 20, &CallOptions::default()) {
        let (result, took) = task.await.unwrap();
        let table = result.unwrap();
        assert_eq!(table.source(), "a");
        // What was only a wait is no skip.
        let probed = |skipped: &finvista::Skipped| skipped.reason == SkipReason::ProbeInFlight;
        assert!(!table.provenance().skipped.iter().any(probed), "{:?}", table.provenance());
        times.push(took);
    }
    times.sort_unstable();
    // Three successes, one after the other, close the circuit, and the other seventeen go at once.
    let expected: Vec<_> = [1, 2, 3].into_iter().chain([4; 17]).map(|nth| nth * 100 * MS).collect();
    assert_eq!(times, expected);
}

#[tokio::test(start_paused = true)]
async fn a_probe_that_fails_ends_the_wait_with_the_right_time() {
    let manager = manager(|_, _| Err(ErrorKind::Upstream));
    half_open(&manager).await;
    for task in burst(&manager, 20, &CallOptions::default()) {
        let (result, took) = task.await.unwrap();
        let error = result.unwrap_err();
        assert_eq!(took, 100 * MS);
        // `b` opened 100 ms earlier than `a` did again.
        assert_eq!(error.retry_after(), Some(60 * SECOND - 100 * MS), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_wait_ends_with_the_time_of_the_call_and_names_no_false_time() {
    let manager = manager(|_, _| Ok(()));
    half_open(&manager).await;
    let probe = burst(&manager, 1, &CallOptions::default());
    tokio::time::sleep(MS).await;
    let hasty = CallOptions { deadline: Some(50 * MS), ..CallOptions::default() };
    for task in burst(&manager, 5, &hasty) {
        let (result, took) = task.await.unwrap();
        let error = result.unwrap_err();
        assert_eq!((took, error.retry_after()), (50 * MS, None), "{error}");
        assert!(error.is_retryable() && matches!(error, Error::AllSourcesFailed(_)), "{error}");
        assert!(error.skipped().iter().any(|it| it.reason == SkipReason::ProbeInFlight), "{error}");
        assert!(!error.to_string().contains("retry at"), "{error}");
    }
    for task in probe {
        assert_eq!(task.await.unwrap().0.unwrap().source(), "a");
    }
}

/// The place of a probe whose caller leaves goes to one who waits.
#[tokio::test(start_paused = true)]
async fn a_dropped_probe_wakes_those_who_wait() {
    let manager = manager(|_, _| Ok(()));
    half_open(&manager).await;
    let probe = burst(&manager, 1, &CallOptions::default()).remove(0);
    tokio::time::sleep(50 * MS).await;
    let waiting = burst(&manager, 1, &CallOptions::default()).remove(0);
    tokio::time::sleep(10 * MS).await;
    probe.abort();
    let (result, took) = waiting.await.unwrap();
    assert_eq!((result.unwrap().source(), took), ("a", 110 * MS));
}

/// While another source can answer, nobody waits: that is what failover is for.
#[tokio::test(start_paused = true)]
async fn a_call_that_another_source_answers_does_not_wait() {
    let manager = manager(|_, _| Ok(()));
    half_open(&manager).await;
    let mut registry = crate::support::registry();
    let slow = Answering::new("a", 0, |query, call| match call {
        0 => (Duration::ZERO, fails(ErrorKind::Upstream)),
        _ => (5 * SECOND, good(query)),
    });
    registry.add_source(slow).unwrap();
    registry.add_source(Answering::new("b", 1, |query, _| (10 * MS, good(query)))).unwrap();
    let config = FailoverConfig { failure_threshold: 1, hedge_after: None, ..FailoverConfig::default() };
    let manager = Arc::new(Manager::new(registry, config).unwrap());
    call(&manager, CallOptions::default()).await.unwrap();
    advance(60 * SECOND).await;
    let mut ends = Vec::new();
    for task in burst(&manager, 3, &CallOptions::default()) {
        let (result, took) = task.await.unwrap();
        ends.push((result.unwrap().source().to_owned(), took));
    }
    let b = || ("b".to_owned(), 10 * MS);
    assert_eq!(ends, [("a".to_owned(), 5 * SECOND), b(), b()]);
}

/// An odd symbol is no verdict: the next of those who wait probes.
#[tokio::test(start_paused = true)]
async fn an_ignored_probe_hands_its_place_on() {
    let manager = manager(|_, call| if call == 1 { Err(ErrorKind::NotFound) } else { Ok(()) });
    half_open(&manager).await;
    let mut ends = Vec::new();
    for task in burst(&manager, 3, &CallOptions::default()) {
        let (result, took) = task.await.unwrap();
        let kind = |error: &SourceError| error.kind();
        let end = result.map(|table| table.source().to_owned());
        ends.push((end.map_err(|e| e.attempts()[0].error.as_ref().map(kind)), took));
    }
    assert_eq!(
        ends,
        [
            (Err(Some(ErrorKind::NotFound)), 100 * MS),
            (Ok("a".to_owned()), 200 * MS),
            (Ok("a".to_owned()), 300 * MS)
        ]
    );
}
