//! The rate of a host: a burst, and then one request per period.

use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use governor::clock::Clock;
use governor::middleware::NoOpMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{NotUntil, RateLimiter};

/// Slots in time, one for each request. All times are measured from the same origin.
#[derive(Debug)]
pub(crate) struct Rate {
    limiter: RateLimiter<NotKeyed, InMemoryState, Moment, NoOpMiddleware<Duration>>,
    period: Duration,
    burst: NonZeroU32,
    /// Whether no slot has been taken yet.
    is_new: bool,
}

impl Rate {
    pub(crate) fn new(period: Duration, burst: u32) -> Self {
        let burst = NonZeroU32::new(burst).unwrap_or(NonZeroU32::MIN);
        let quota = governor::Quota::with_period(period)
            .unwrap_or(governor::Quota::per_second(NonZeroU32::MIN))
            .allow_burst(burst);
        let limiter = RateLimiter::direct_with_clock(quota, Moment::default());
        Self { limiter, period, burst, is_new: true }
    }

    /// The same burst with another period. The burst counts as spent if any slot has been taken, so that a change of the
    /// rate never grants another one.
    pub(crate) fn with_period(&self, period: Duration, now: Duration) -> Self {
        let mut rate = Self::new(period, self.burst.get());
        if !self.is_new {
            while rate.take(now).is_ok() {}
        }
        rate
    }

    pub(crate) fn period(&self) -> Duration {
        self.period
    }

    /// Takes a slot that is free now.
    ///
    /// # Errors
    ///
    /// The wait until the next slot.
    pub(crate) fn take(&mut self, now: Duration) -> Result<(), Duration> {
        self.limiter.clock().set(now);
        self.limiter.check().map_err(|not_until| not_until.wait_time_from(now))?;
        self.is_new = false;
        Ok(())
    }

    /// Books the next slot if it begins within `max`, and returns the wait until then.
    ///
    /// # Errors
    ///
    /// The wait until the next slot, if it is longer.
    pub(crate) fn book(&mut self, now: Duration, max: Duration) -> Result<Duration, Duration> {
        match self.take(now) {
            Ok(()) => Ok(Duration::ZERO),
            Err(wait) if wait > max => Err(wait),
            // The limiter cannot book ahead, but it gives a slot away when asked at the moment the slot begins.
            Err(wait) => self.take(now + wait).map(|()| wait),
        }
    }

    /// How long the last of `requests` would wait if they were all booked now.
    pub(crate) fn wait(&self, now: Duration, requests: usize) -> Duration {
        let whole_again = if self.is_new { Duration::ZERO } else { self.burst_is_whole_at() };
        let times = |count: usize| self.period.saturating_mul(u32::try_from(count).unwrap_or(u32::MAX));
        let last = whole_again.max(now).saturating_add(times(requests));
        last.saturating_sub(times(self.burst.get() as usize)).saturating_sub(now)
    }

    /// When the whole burst is free again. Asked at the origin for a whole burst, part of which has been taken since, the
    /// limiter takes nothing and says when the burst is complete.
    fn burst_is_whole_at(&self) -> Duration {
        self.limiter.clock().set(Duration::ZERO);
        let from_origin = |not_until: NotUntil<Duration>| not_until.wait_time_from(Duration::ZERO);
        match self.limiter.check_n(self.burst) {
            Ok(Err(not_until)) => from_origin(not_until),
            _ => Duration::ZERO,
        }
    }
}

/// The clock of the limiter shows the moment it was last set to. Tokio's clock decides, which tests can pause.
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
