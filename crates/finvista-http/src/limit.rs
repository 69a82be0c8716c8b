//! The limits of a host: how many requests in a time, and how many on their way at once.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use finvista_core::{ErrorKind, Quota, SourceError, seconds};
use governor::clock::Clock;
use governor::middleware::NoOpMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{NotUntil, RateLimiter};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::Instant;

/// The limits of all hosts, of all sources of a client: two vendors that share a host share its limits.
#[derive(Debug)]
pub(crate) struct Limits {
    hosts: Mutex<BTreeMap<&'static str, Arc<HostLimit>>>,
    on: AtomicBool,
}

impl Limits {
    pub(crate) fn new(on: bool) -> Self {
        Self { hosts: Mutex::default(), on: AtomicBool::new(on) }
    }

    /// The limits of a host. The first quota that it is given stands.
    pub(crate) fn of(&self, host: &'static str, quota: Quota) -> Arc<HostLimit> {
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(hosts.entry(host).or_insert_with(|| Arc::new(HostLimit::new(host, quota))))
    }

    /// Whether they are kept at all.
    pub(crate) fn are_on(&self) -> bool {
        self.on.load(Relaxed)
    }

    pub(crate) fn turn(&self, on: bool) {
        self.on.store(on, Relaxed);
    }
}

/// The time that a request needs at least once it may be sent. A wait that leaves less is of no use.
const ROOM: Duration = Duration::from_millis(100);

/// The limits of one host.
#[derive(Debug)]
pub(crate) struct HostLimit {
    host: &'static str,
    quota: Quota,
    /// The origin of the limiter's time.
    origin: Instant,
    rate: Mutex<Rate>,
    in_flight: Semaphore,
}

/// A rate, which can be replaced.
#[derive(Debug)]
struct Rate {
    limiter: RateLimiter<NotKeyed, InMemoryState, Moment, NoOpMiddleware<Duration>>,
    period: Duration,
    burst: NonZeroU32,
    /// Whether nothing was booked yet.
    is_new: bool,
}

impl Rate {
    fn new(period: Duration, burst: u32) -> Self {
        let burst = NonZeroU32::new(burst).unwrap_or(NonZeroU32::MIN);
        let quota = governor::Quota::with_period(period)
            .unwrap_or(governor::Quota::per_second(NonZeroU32::MIN))
            .allow_burst(burst);
        let limiter = RateLimiter::direct_with_clock(quota, Moment::default());
        Self { limiter, period, burst, is_new: true }
    }

    /// Books the next place that is free, if it comes within `most`; the wait until it comes.
    fn book(&mut self, now: Duration, most: Duration) -> Result<Duration, Duration> {
        let from_now = |not_until: NotUntil<Duration>| not_until.wait_time_from(now);
        self.limiter.clock().set(now);
        let wait = match self.limiter.check().map_err(from_now) {
            Ok(()) => Duration::ZERO,
            Err(wait) if wait > most => return Err(wait),
            Err(wait) => {
                // The limiter has no booking ahead. Asked at the moment when a place will be free, it gives that place away.
                self.limiter.clock().set(now + wait);
                self.limiter.check().map_err(from_now)?;
                wait
            }
        };
        self.is_new = false;
        Ok(wait)
    }

    /// How long the last of so many requests would wait, if they were booked now.
    fn wait(&self, now: Duration, requests: usize) -> Duration {
        let whole_again = match self.is_new {
            true => Duration::ZERO,
            // Asked at the origin for the whole burst, of which something was booked since, the limiter books nothing and says
            // when all of it will be free.
            false => {
                self.limiter.clock().set(Duration::ZERO);
                match self.limiter.check_n(self.burst) {
                    Ok(Err(not_until)) => not_until.wait_time_from(Duration::ZERO),
                    _ => Duration::ZERO,
                }
            }
        };
        let times = |count: usize| self.period.saturating_mul(u32::try_from(count).unwrap_or(u32::MAX));
        let last = whole_again.max(now).saturating_add(times(requests));
        last.saturating_sub(times(self.burst.get() as usize)).saturating_sub(now)
    }
}

impl HostLimit {
    fn new(host: &'static str, quota: Quota) -> Self {
        Self {
            host,
            quota,
            origin: Instant::now(),
            rate: Mutex::new(Rate::new(quota.get_period(), quota.get_burst())),
            in_flight: Semaphore::new(quota.get_in_flight() as usize),
        }
    }

    /// Waits until a request may be sent, and says beforehand how long that will be. The request is on its way for as long as the
    /// permit lives.
    ///
    /// Its place is booked when it is asked for, so requests are sent in the order of asking and the wait is known at once: if
    /// it does not fit into the time left, the answer is [`Throttled`](ErrorKind::Throttled) and nothing is booked. A caller who
    /// gives up while waiting has used its place up; it is the vendor who gains.
    pub(crate) async fn pass(
        &self,
        left: Duration,
        told: impl FnOnce(Duration),
    ) -> Result<SemaphorePermit<'_>, SourceError> {
        let began = Instant::now();
        let booked = self.rate().book(self.origin.elapsed(), left.saturating_sub(ROOM));
        let wait = booked.map_err(|wait| self.throttled(wait))?;
        if !wait.is_zero() {
            tracing::debug!(host = self.host, wait_ms = wait.as_secs_f64() * 1e3, "rate limit");
            told(wait);
            tokio::time::sleep(wait).await;
        }
        let left = left.saturating_sub(began.elapsed()).saturating_sub(ROOM);
        match tokio::time::timeout(left, self.in_flight.acquire()).await {
            Ok(Ok(permit)) => Ok(permit),
            _ => Err(SourceError::new(
                ErrorKind::Throttled,
                format!("{} requests to {} are on their way already", self.quota.get_in_flight(), self.host),
            )),
        }
    }

    /// How long the last of so many requests would wait now.
    pub(crate) fn wait(&self, requests: usize) -> Duration {
        self.rate().wait(self.origin.elapsed(), requests)
    }

    /// Whether so many requests more can be sent in the time left at all, so that not half of them are sent in vain.
    pub(crate) fn admits(&self, requests: usize, left: Duration) -> Result<(), SourceError> {
        let wait = self.wait(requests);
        if wait <= left.saturating_sub(ROOM) {
            return Ok(());
        }
        let (host, wait_s) = (self.host, seconds(wait));
        let message = format!("the last of {requests} more requests to {host} may be sent in {wait_s}");
        Err(SourceError::new(ErrorKind::Throttled, message).with_retry_after(wait))
    }

    /// Replaces the time between two requests; without one, by that of the vendor's own quota. The burst counts as spent then, so
    /// that no change of the rate gives a burst away. Who waits already keeps the place.
    pub(crate) fn set_period(&self, period: Option<Duration>) {
        let period = period.unwrap_or(self.quota.get_period());
        let mut rate = self.rate();
        if rate.period != period {
            let (now, is_new) = (self.origin.elapsed(), rate.is_new);
            *rate = Rate::new(period, self.quota.get_burst());
            for _ in 0..if is_new { 0 } else { self.quota.get_burst() } {
                // A place that is free at once is all that is to be taken here.
                let _taken = rate.book(now, Duration::ZERO);
            }
        }
    }

    fn rate(&self) -> MutexGuard<'_, Rate> {
        self.rate.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn throttled(&self, wait: Duration) -> SourceError {
        let wait_s = seconds(wait);
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
        let passed = limit.pass(left, |_| {}).await.map(drop);
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
        let first = limit.pass(S, |_| {}).await.unwrap();
        let _second = limit.pass(S, |_| {}).await.unwrap();
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
    async fn a_forecast_is_what_the_wait_then_is_and_books_nothing() {
        let limit = limit(Quota::per_second(4).burst(3));
        let forecast = |requests| limit.wait(requests).as_millis();
        assert_eq!([1, 3, 4, 7].map(forecast), [0, 0, 250, 1_000]);
        for _ in 0..5 {
            let (expected, _) = (forecast(1), forecast(9));
            assert_eq!(timed(&limit, S).await.1.as_millis(), expected);
        }
        assert_eq!([1, 2].map(forecast), [250, 500]);
        tokio::time::sleep(100 * MS).await;
        assert_eq!([1, 2].map(forecast), [150, 400]);
        tokio::time::sleep(S).await;
        assert_eq!([3, 4].map(forecast), [0, 250]);
    }

    #[tokio::test(start_paused = true)]
    async fn another_rate_acts_at_once_and_gives_no_burst_away() {
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
    async fn a_host_has_one_limit_however_often_it_is_named() {
        let limits = Limits::new(true);
        let (a, b) = (limits.of("a", Quota::per_second(1)), limits.of("a", Quota::per_second(9)));
        assert!(Arc::ptr_eq(&a, &b) && !Arc::ptr_eq(&a, &limits.of("b", Quota::per_second(1))));
        timed(&a, MS).await.0.unwrap();
        assert!(timed(&b, S).await.0.is_err());
    }
}
