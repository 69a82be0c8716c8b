#![cfg(test)]
//! A caller may drop a call at any point. It counts against no source, and no permit stays taken.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use finvista::{Adjust, CnStockDaily, Error, ErrorKind, FinVista, SourceHealth, Status, Table};
use finvista_testkit::Vendor;
use jiff::civil::date;

use crate::scripted::{Act, Scripted};
use crate::support::{Bench, daily, days};
use crate::truth::assert_daily;

const DAILY: &str = "cn_stock_daily";
const FOREVER: usize = 1_000;

type Call = Pin<Box<dyn Future<Output = Result<Table<CnStockDaily>, Error>> + Send>>;

fn call(fv: &FinVista) -> Call {
    daily(fv, "sh600036", days(date(2024, 6, 24), date(2024, 6, 28)), Adjust::None).into_future()
}

fn client(sources: &[&Arc<Scripted>], failure_threshold: u32) -> FinVista {
    let builder =
        FinVista::builder().environment([]).cache(false).without_registered().wall_clock(crate::support::now);
    let builder = builder.failover(move |failover| failover.failure_threshold = failure_threshold);
    sources.iter().fold(builder, |builder, source| builder.source(Arc::clone(source) as _)).build().unwrap()
}

/// Polls this many times, or until the call is over.
fn polled(call: &mut Call, times: usize) -> Option<Result<Table<CnStockDaily>, Error>> {
    let mut cx = Context::from_waker(Waker::noop());
    (0..times).find_map(|_| match call.as_mut().poll(&mut cx) {
        Poll::Ready(result) => Some(result),
        Poll::Pending => None,
    })
}

fn health(fv: &FinVista, source: &str) -> SourceHealth {
    fv.source_health().get(DAILY, source).unwrap().clone()
}

/// Until the call ends by itself: a new call each time, dropped one poll later than the one before.
fn at_every_poll(fv: &FinVista, mut look: impl FnMut(usize)) -> Result<Table<CnStockDaily>, Error> {
    for times in 0..FOREVER {
        let mut call = call(fv);
        if let Some(result) = polled(&mut call, times) {
            assert!(times > 5, "it had no points to be dropped at");
            return result;
        }
        drop(call);
        look(times);
    }
    panic!("the call never ends");
}

#[tokio::test(start_paused = true)]
async fn a_dropped_trial_call_gives_its_place_back() {
    // Opens its circuit with its first answer, and needs six polls for each later one.
    let source = Arc::new(Scripted::new("slow", 0, |call| match call {
        0 => Act::Fail(ErrorKind::Upstream),
        _ => Act::Polls(6, Box::new(Act::Answer)),
    }));
    let fv = client(&[&source], 1);
    call(&fv).await.unwrap_err();
    assert_eq!(health(&fv, "slow").status, Status::CircuitOpen);
    tokio::time::advance(Duration::from_secs(60)).await;

    // While one is under way, a second one is refused.
    let mut first = call(&fv);
    assert!(polled(&mut first, 3).is_none());
    assert_eq!((health(&fv, "slow").status, health(&fv, "slow").available), (Status::HalfOpen, false));
    let refused = call(&fv).await.unwrap_err();
    assert!(matches!(refused, Error::AllSourcesFailed(_)) && refused.attempts().is_empty(), "{refused}");
    drop(first);

    let result = at_every_poll(&fv, |times| {
        let health = health(&fv, "slow");
        assert_eq!(
            (health.status, health.available),
            (Status::HalfOpen, true),
            "dropped after {times} polls"
        );
        assert_eq!((health.consecutive_failures, health.success_rate), (1, Some(0.0)), "after {times} polls");
    });
    assert_eq!(result.unwrap().source(), "slow");
    // That was the first of three successes, however many were dropped before it.
    call(&fv).await.unwrap();
    assert_eq!(health(&fv, "slow").status, Status::HalfOpen);
    call(&fv).await.unwrap();
    assert_eq!(health(&fv, "slow").status, Status::Healthy);
}

#[tokio::test(start_paused = true)]
async fn a_dropped_call_is_no_failure_and_no_success() {
    let source = Arc::new(Scripted::new("slow", 0, |call| match call {
        0..4 => Act::Fail(ErrorKind::Timeout),
        _ => Act::Polls(6, Box::new(Act::Fail(ErrorKind::Timeout))),
    }));
    let fv = client(&[&source], 5);
    for _ in 0..4 {
        call(&fv).await.unwrap_err();
    }
    let result = at_every_poll(&fv, |times| {
        let health = health(&fv, "slow");
        assert_eq!(
            (health.status, health.consecutive_failures),
            (Status::Degraded, 4),
            "after {times} polls"
        );
    });
    // The streak went on where it was: the fifth failure opens the circuit.
    assert!(matches!(result, Err(Error::AllSourcesFailed(_))));
    assert_eq!(health(&fv, "slow").status, Status::CircuitOpen);
}

#[tokio::test(start_paused = true)]
async fn only_what_was_over_before_the_drop_counts() {
    let broken =
        Arc::new(Scripted::new("broken", 0, |_| Act::Polls(4, Box::new(Act::Fail(ErrorKind::Upstream)))));
    let sound = Arc::new(Scripted::new("sound", 1, |_| Act::Polls(4, Box::new(Act::Answer))));
    let fv = client(&[&broken, &sound], 1_000);
    let mut failures = 0;
    let result = at_every_poll(&fv, |times| {
        // The first source is over with the fifth poll, in which the second one begins.
        failures += u32::from(times >= 5);
        assert_eq!(health(&fv, "broken").consecutive_failures, failures, "dropped after {times} polls");
        let sound = health(&fv, "sound");
        assert_eq!(
            (sound.total_requests, sound.success_rate),
            (failures.into(), None),
            "after {times} polls"
        );
    });
    assert_eq!(result.unwrap().source(), "sound");
    assert_eq!(health(&fv, "sound").success_rate, Some(1.0));
}

#[tokio::test(start_paused = true)]
async fn a_callers_own_timeout_counts_against_no_source() {
    let source =
        Arc::new(Scripted::new("slow", 0, |_| Act::After(Duration::from_secs(8), Box::new(Act::Answer))));
    let fv = client(&[&source], 1);
    // Longer than what would count against the source, had the call's own time been over.
    assert!(tokio::time::timeout(Duration::from_secs(5), call(&fv)).await.is_err());
    let task = tokio::spawn(call(&fv));
    tokio::time::sleep(Duration::from_secs(5)).await;
    task.abort();
    assert!(task.await.unwrap_err().is_cancelled());
    let slow = health(&fv, "slow");
    assert_eq!((slow.status, slow.total_requests, slow.success_rate), (Status::Healthy, 2, None));
    assert_eq!(call(&fv).await.unwrap().source(), "slow");
}

/// The same over real HTTP, where a drop also closes a connection in the middle of an answer.
#[tokio::test]
async fn calls_over_http_are_dropped_at_any_point_too() {
    let bench = Bench::with(61, |builder| builder.failover(|failover| failover.failure_threshold = 1)).await;
    let mut times = 0;
    let table = loop {
        let mut call = call(&bench.fv);
        let mut result = None;
        for _ in 0..times {
            // The server has its turns between two polls.
            for _ in 0..3 {
                tokio::task::yield_now().await;
            }
            result = result.or_else(|| polled(&mut call, 1));
            if result.is_some() {
                break;
            }
        }
        if let Some(result) = result {
            break result.unwrap();
        }
        let health = health(&bench.fv, "eastmoney");
        assert_eq!(
            (health.status, health.success_rate),
            (Status::Healthy, None),
            "dropped after {times} polls"
        );
        times += 1;
        assert!(times < FOREVER, "the call never ends");
    };
    assert!(times > 3, "{times} polls");
    let range = days(date(2024, 6, 24), date(2024, 6, 28));
    assert_daily(&table, Vendor::EastMoney, bench.instrument("sh600036"), range, Adjust::None);
}
