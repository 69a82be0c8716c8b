use std::time::Duration;

use finvista_core::{ErrorKind, Quota, SourceError};
use futures_util::FutureExt;
use futures_util::future::{join, join_all};
use tokio::time::{Instant, sleep};

use super::{HostLimit, InFlight, Limits, ROOM};

const S: Duration = Duration::from_secs(1);
const MS: Duration = Duration::from_millis(1);

fn limit(quota: Quota) -> HostLimit {
    HostLimit::new("vendor.example", quota)
}

async fn timed(limit: &HostLimit, left: Duration) -> (Result<(), SourceError>, Duration) {
    let began = Instant::now();
    let passed = limit.pass(left, |_| {}).await.map(drop);
    (passed, began.elapsed())
}

async fn swept(limit: &HostLimit, left: Duration) -> Result<InFlight<'_>, SourceError> {
    limit.pass_sweep(left, |_| {}).await
}

#[tokio::test(start_paused = true)]
async fn a_burst_and_then_one_each_period() {
    let limit = limit(Quota::per_second(4).burst(3));
    let mut waits = Vec::new();
    for _ in 0..6 {
        let (passed, wait) = timed(&limit, 10 * S).await;
        passed.unwrap();
        waits.push(wait.as_millis());
    }
    assert_eq!(waits, [0, 0, 0, 250, 250, 250]);
    sleep(10 * S).await;
    for expected in [0, 0, 0, 250] {
        assert_eq!(timed(&limit, 10 * S).await.1.as_millis(), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn interactive_requests_are_sent_in_order() {
    let limit = limit(Quota::per_second(1));
    let mut waits = Vec::new();
    for (passed, wait) in join_all((0..4).map(|_| timed(&limit, 10 * S))).await {
        passed.unwrap();
        waits.push(wait.as_secs());
    }
    assert_eq!(waits, [0, 1, 2, 3]);
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_does_not_fit_fails_at_once_and_books_nothing() {
    let limit = limit(Quota::per_second(1));
    timed(&limit, S).await.0.unwrap();
    for _ in 0..3 {
        let (passed, waited) = timed(&limit, S).await;
        let error = passed.unwrap_err();
        assert_eq!((error.kind(), error.retry_after()), (ErrorKind::Throttled, Some(S)));
        assert_eq!(error.message(), "vendor.example may be asked again in 1.0 s");
        assert_eq!(waited, Duration::ZERO);
    }
    // With a little more time, for the request itself, the same wait fits.
    let (passed, waited) = timed(&limit, S + ROOM).await;
    passed.unwrap();
    assert_eq!(waited, S);
}

#[tokio::test(start_paused = true)]
async fn a_full_host_throttles() {
    let limit = limit(Quota::per_second(100).burst(100).in_flight(2));
    let first = limit.pass(S, |_| {}).await.unwrap();
    let _second = limit.pass(S, |_| {}).await.unwrap();
    let (passed, waited) = timed(&limit, S).await;
    let error = passed.unwrap_err();
    assert_eq!((error.kind(), error.retry_after()), (ErrorKind::Throttled, None));
    assert_eq!(error.message(), "vendor.example has no room for another request: it takes 2 at a time");
    assert_eq!(waited, S - ROOM);
    drop(first);
    assert_eq!(timed(&limit, S).await.1, Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn pages_that_do_not_fit_are_not_begun() {
    let limit = limit(Quota::per_second(1).burst(3));
    limit.admits(3, Duration::ZERO).unwrap();
    limit.admits(13, 10 * S + ROOM).unwrap();
    let error = limit.admits(14, 10 * S + ROOM).unwrap_err();
    assert_eq!((error.kind(), error.retry_after()), (ErrorKind::Throttled, Some(11 * S)));
}

#[tokio::test(start_paused = true)]
async fn a_forecast_is_the_wait_and_books_nothing() {
    let limit = limit(Quota::per_second(4).burst(3));
    let forecast = |requests| limit.wait(requests).as_millis();
    assert_eq!([1, 3, 4, 7].map(forecast), [0, 0, 250, 1_000]);
    for _ in 0..5 {
        let (expected, _) = (forecast(1), forecast(9));
        assert_eq!(timed(&limit, S).await.1.as_millis(), expected);
    }
    assert_eq!([1, 2].map(forecast), [250, 500]);
    sleep(100 * MS).await;
    assert_eq!([1, 2].map(forecast), [150, 400]);
    sleep(S).await;
    assert_eq!([3, 4].map(forecast), [0, 250]);
}

#[tokio::test(start_paused = true)]
async fn a_new_rate_takes_effect_at_once_and_grants_no_burst() {
    let limit = limit(Quota::per_second(4).burst(2));
    limit.set_period(Some(S));
    let waits = async |requests: usize| {
        let mut waits = Vec::new();
        for _ in 0..requests {
            let (passed, wait) = timed(&limit, 10 * S).await;
            passed.unwrap();
            waits.push(wait.as_millis());
        }
        waits
    };
    assert_eq!(waits(4).await, [0, 0, 1_000, 1_000]);
    limit.set_period(Some(100 * MS));
    assert_eq!(waits(2).await, [100, 100]);
    limit.set_period(Some(100 * MS));
    limit.set_period(None);
    assert_eq!(waits(2).await, [250, 250]);
}

#[tokio::test(start_paused = true)]
async fn a_host_has_one_limit() {
    let limits = Limits::new(true);
    let (a, b) = (limits.of("a", Quota::per_second(1)), limits.of("a", Quota::per_second(9)));
    assert!(std::sync::Arc::ptr_eq(&a, &b));
    assert!(!std::sync::Arc::ptr_eq(&a, &limits.of("b", Quota::per_second(1))));
    timed(&a, MS).await.0.unwrap();
    assert!(timed(&b, S).await.0.is_err());
}

/// The times at which the pages of a sweep are sent, all of them waiting at once.
async fn sweep(limit: &HostLimit, pages: usize, began: Instant) -> Vec<u128> {
    let page = async |_| {
        swept(limit, 100 * S).await.unwrap();
        began.elapsed().as_millis()
    };
    join_all((0..pages).map(page)).await
}

#[tokio::test(start_paused = true)]
async fn a_quote_takes_the_next_slot_of_a_sweep_and_the_sweep_loses_one() {
    let limit = limit(Quota::per_second(1));
    let began = Instant::now();
    // The forecast is the shortest time possible.
    assert_eq!(limit.wait(40), 39 * S);
    limit.admits(40, 39 * S + ROOM).unwrap();
    let quote = async {
        sleep(20 * S + 300 * MS).await;
        // No page has booked ahead, so the forecast of the quote is right, too.
        assert_eq!(limit.wait(1), 700 * MS);
        let (passed, waited) = timed(&limit, 2 * S).await;
        passed.unwrap();
        waited
    };
    let (pages, waited) = join(sweep(&limit, 40, began), quote).await;
    assert_eq!(waited, 700 * MS);
    let expected: Vec<u128> = (0..=40).filter(|second| *second != 21).map(|second| second * 1_000).collect();
    assert_eq!(pages, expected);
}

#[tokio::test(start_paused = true)]
async fn a_quote_that_does_not_wait_is_unaffected_by_a_sweep_that_does() {
    let limit = limit(Quota::per_second(1).burst(5));
    let began = Instant::now();
    let quotes = async {
        let mut waits = Vec::new();
        for _ in 0..10 {
            sleep(1_500 * MS).await;
            let (passed, waited) = timed(&limit, 2 * S).await;
            passed.unwrap();
            waits.push(waited);
        }
        waits
    };
    let (pages, waits) = join(sweep(&limit, 20, began), quotes).await;
    assert!(waits.iter().all(|wait| *wait <= S), "{waits:?}");
    // 5 at once, then 25 more: 15 pages and 10 quotes.
    assert_eq!((pages[4], pages[19]), (0, 25_000));
}

#[tokio::test(start_paused = true)]
async fn sweeps_wait_in_order_and_report_each_wait() {
    let limit = limit(Quota::per_second(1));
    let told = std::sync::Mutex::new(Vec::new());
    let page = async |name: usize| {
        limit.pass_sweep(10 * S, |wait| told.lock().unwrap().push((name, wait))).await.map(drop).unwrap();
    };
    join_all((0..3).map(page)).await;
    assert_eq!(*told.lock().unwrap(), [(1, S), (2, Duration::ZERO), (2, S)]);
}

#[tokio::test(start_paused = true)]
async fn a_sweep_without_a_slot_in_time_is_throttled_and_takes_none() {
    let limit = limit(Quota::per_second(1));
    timed(&limit, S).await.0.unwrap();
    let error = swept(&limit, S).await.unwrap_err();
    assert_eq!((error.kind(), error.retry_after()), (ErrorKind::Throttled, Some(S)));
    // The quote that arrives in between makes the wait too long for the sweep.
    let (first, (quote, waited)) = join(swept(&limit, 1_500 * MS), timed(&limit, 2 * S)).await;
    quote.unwrap();
    assert_eq!(waited, S);
    assert_eq!(first.map(drop).unwrap_err().kind(), ErrorKind::Throttled);
    // Given up while waiting, a sweep has used nothing.
    assert!(tokio::time::timeout(500 * MS, swept(&limit, 10 * S)).await.is_err());
    assert_eq!(limit.wait(1), 500 * MS);
}

#[tokio::test(start_paused = true)]
async fn a_sweep_leaves_one_place_in_flight() {
    let limit = limit(Quota::per_second(100).burst(100).in_flight(3));
    let _one = swept(&limit, S).await.unwrap();
    let two = swept(&limit, S).await.unwrap();
    assert_eq!(swept(&limit, S).await.unwrap_err().retry_after(), None);
    let quote = limit.pass(Duration::from_millis(101), |_| {}).await.unwrap();
    // A sweep goes on as soon as a place beyond the last is free.
    let ended = async {
        sleep(300 * MS).await;
        drop(quote);
        sleep(300 * MS).await;
        drop(two);
    };
    let began = Instant::now();
    let (third, ()) = join(swept(&limit, 2 * S), ended).await;
    third.unwrap();
    assert_eq!(began.elapsed(), 600 * MS);
}

#[tokio::test(start_paused = true)]
async fn a_host_with_one_place_lets_sweeps_use_it() {
    let limit = limit(Quota::per_second(100).burst(100).in_flight(1));
    let page = swept(&limit, S).await.unwrap();
    let ended = async {
        sleep(200 * MS).await;
        drop(page);
    };
    let ((quote, waited), ()) = join(timed(&limit, S), ended).await;
    quote.unwrap();
    assert_eq!(waited, 200 * MS);
}

/// The place of a quote that gives up in the very moment it gets one goes to the sweep that waits.
#[tokio::test(start_paused = true)]
async fn a_place_that_is_handed_back_wakes_a_sweep() {
    let limit = limit(Quota::per_second(100).burst(100).in_flight(1));
    let page = swept(&limit, S).await.unwrap();
    let mut quote = Box::pin(limit.pass(10 * S, |_| {}));
    let mut next = Box::pin(swept(&limit, 10 * S));
    assert!(quote.as_mut().now_or_never().is_none());
    assert!(next.as_mut().now_or_never().is_none());
    drop(page);
    assert!(next.as_mut().now_or_never().is_none());
    drop(quote);
    let began = Instant::now();
    next.await.unwrap();
    assert_eq!(began.elapsed(), Duration::ZERO);
}
