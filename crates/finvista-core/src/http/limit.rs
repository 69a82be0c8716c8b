//! The limits of a host: how many requests in a time, and how many on their way at once.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use governor::clock::Clock;
use governor::middleware::NoOpMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{NotUntil, RateLimiter};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::Instant;

use crate::error::{ErrorKind, SourceError};
use crate::quota::Quota;

/// The limits of all hosts, of all sources of a client: two vendors that share a host share its limits.
#[derive(Debug, Default)]
pub(super) struct Limits(Mutex<BTreeMap<&'static str, Arc<HostLimit>>>);

impl Limits {
    /// The limits of a host. The first quota that it is given stands.
    pub(super) fn of(&self, host: &'static str, quota: Quota) -> Arc<HostLimit> {
        let mut limits = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(limits.entry(host).or_insert_with(|| Arc::new(HostLimit::new(host, quota))))
    }
}

/// The time that a request needs at least once it may be sent. A wait that leaves less is of no use, and the manager would
/// take it for the vendor's slowness.
const ROOM: Duration = Duration::from_millis(100);

/// The limits of one host.
#[derive(Debug)]
pub(super) struct HostLimit {
    host: &'static str,
    quota: Quota,
    /// The origin of the limiter's time.
    origin: Instant,
    rate: Mutex<RateLimiter<NotKeyed, InMemoryState, Moment, NoOpMiddleware<Duration>>>,
    in_flight: Semaphore,
}

impl HostLimit {
    fn new(host: &'static str, quota: Quota) -> Self {
        let burst = std::num::NonZeroU32::new(quota.burst).unwrap_or(std::num::NonZeroU32::MIN);
        let rate = governor::Quota::with_period(quota.period)
            .unwrap_or(governor::Quota::per_second(std::num::NonZeroU32::MIN))
            .allow_burst(burst);
        Self {
            host,
            quota,
            origin: Instant::now(),
            rate: Mutex::new(RateLimiter::direct_with_clock(rate, Moment::default())),
            in_flight: Semaphore::new(quota.in_flight as usize),
        }
    }

    /// Waits until a request may be sent. The request is on its way for as long as the permit lives.
    ///
    /// Its place is booked when it is asked for, so requests are sent in the order of asking and the wait is known at once: if
    /// it does not fit into the time left, the answer is [`Throttled`](ErrorKind::Throttled) and nothing is booked. A caller who
    /// gives up while waiting has used its place up; it is the vendor who gains.
    pub(super) async fn pass(&self, left: Duration) -> Result<SemaphorePermit<'_>, SourceError> {
        let began = Instant::now();
        let wait = self.book(left.saturating_sub(ROOM)).map_err(|wait| self.throttled(wait))?;
        if !wait.is_zero() {
            tracing::debug!(host = self.host, wait_ms = wait.as_secs_f64() * 1e3, "rate limit");
            tokio::time::sleep(wait).await;
        }
        let left = left.saturating_sub(began.elapsed()).saturating_sub(ROOM);
        match tokio::time::timeout(left, self.in_flight.acquire()).await {
            Ok(Ok(permit)) => Ok(permit),
            _ => Err(SourceError::new(
                ErrorKind::Throttled,
                format!("{} requests to {} are on their way already", self.quota.in_flight, self.host),
            )),
        }
    }

    /// Whether so many requests more can be sent in the time left at all, so that not half of them are sent in vain.
    pub(super) fn admits(&self, requests: usize, left: Duration) -> Result<(), SourceError> {
        let later = requests.saturating_sub(self.quota.burst as usize);
        let wait = self.quota.period.saturating_mul(u32::try_from(later).unwrap_or(u32::MAX));
        if wait > left.saturating_sub(ROOM) { Err(self.throttled(wait)) } else { Ok(()) }
    }

    /// Books the next place that is free, if it comes within `most`; the wait until it comes.
    fn book(&self, most: Duration) -> Result<Duration, Duration> {
        let rate = self.rate.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.origin.elapsed();
        let from_now = |not_until: NotUntil<Duration>| not_until.wait_time_from(now);
        rate.clock().set(now);
        let Err(wait) = rate.check().map_err(from_now) else { return Ok(Duration::ZERO) };
        if wait > most {
            return Err(wait);
        }
        // The limiter has no booking ahead. Asked at the moment when a place will be free, it gives that place away.
        rate.clock().set(now + wait);
        rate.check().map_err(from_now).map(|()| wait)
    }

    fn throttled(&self, wait: Duration) -> SourceError {
        let wait_s = crate::table::seconds(wait);
        SourceError::new(ErrorKind::Throttled, format!("{} may be asked again in {wait_s}", self.host))
            .with_retry_after(wait)
    }
}

/// The limiter's clock: whatever moment it is asked about. Tokio's clock decides, which tests can pause.
#[derive(Debug, Default)]
struct Moment(AtomicU64);

impl Moment {
    fn set(&self, moment: Duration) {
        self.0.store(u64::try_from(moment.as_nanos()).unwrap_or(u64::MAX), Relaxed);
    }
}

impl Clock for Moment {
    type Instant = Duration;

    fn now(&self) -> Duration {
        Duration::from_nanos(self.0.load(Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: Duration = Duration::from_secs(1);
    const MS: Duration = Duration::from_millis(1);

    fn limit(quota: Quota) -> HostLimit {
        HostLimit::new("vendor.example", quota)
    }

    async fn timed(limit: &HostLimit, left: Duration) -> (Result<(), SourceError>, Duration) {
        let began = Instant::now();
        let passed = limit.pass(left).await.map(drop);
        (passed, began.elapsed())
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
        tokio::time::sleep(10 * S).await;
        for expected in [0, 0, 0, 250] {
            assert_eq!(timed(&limit, 10 * S).await.1.as_millis(), expected);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn who_waits_is_served_in_the_order_of_asking() {
        let limit = limit(Quota::per_second(1));
        let mut waits = Vec::new();
        for (passed, wait) in futures_util::future::join_all((0..4).map(|_| timed(&limit, 10 * S))).await {
            passed.unwrap();
            waits.push(wait.as_secs());
        }
        assert_eq!(waits, [0, 1, 2, 3]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_wait_that_does_not_fit_is_told_at_once_and_books_nothing() {
        let limit = limit(Quota::per_second(1));
        timed(&limit, S).await.0.unwrap();
        for _ in 0..3 {
            let (passed, waited) = timed(&limit, S).await;
            let error = passed.unwrap_err();
            assert_eq!((error.kind(), error.retry_after()), (ErrorKind::Throttled, Some(S)));
            assert_eq!(error.message(), "vendor.example may be asked again in 1.0 s");
            assert_eq!(waited, Duration::ZERO);
        }
        // With a little more time, for the request itself too, the same wait fits.
        let (passed, waited) = timed(&limit, S + ROOM).await;
        passed.unwrap();
        assert_eq!(waited, S);
    }

    #[tokio::test(start_paused = true)]
    async fn a_full_host_is_nobodys_failure() {
        let limit = limit(Quota::per_second(100).burst(100).in_flight(2));
        let first = limit.pass(S).await.unwrap();
        let _second = limit.pass(S).await.unwrap();
        let (passed, waited) = timed(&limit, S).await;
        let error = passed.unwrap_err();
        assert_eq!((error.kind(), error.retry_after()), (ErrorKind::Throttled, None));
        assert_eq!(error.message(), "2 requests to vendor.example are on their way already");
        assert_eq!(waited, S - ROOM);
        drop(first);
        assert_eq!(timed(&limit, S).await.1, Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn pages_that_can_never_fit_are_not_begun() {
        let limit = limit(Quota::per_second(1).burst(3));
        limit.admits(3, Duration::ZERO).unwrap();
        limit.admits(13, 10 * S + ROOM).unwrap();
        let error = limit.admits(14, 10 * S + ROOM).unwrap_err();
        assert_eq!((error.kind(), error.retry_after()), (ErrorKind::Throttled, Some(11 * S)));
    }

    #[tokio::test(start_paused = true)]
    async fn a_host_has_one_limit_however_often_it_is_named() {
        let limits = Limits::default();
        let (a, b) = (limits.of("a", Quota::per_second(1)), limits.of("a", Quota::per_second(9)));
        assert!(Arc::ptr_eq(&a, &b) && !Arc::ptr_eq(&a, &limits.of("b", Quota::per_second(1))));
        timed(&a, MS).await.0.unwrap();
        assert!(timed(&b, S).await.0.is_err());
    }
}
