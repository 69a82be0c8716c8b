//! Rate limits of vendors.

use std::time::Duration;

/// The rate limit of each host of a vendor. For vendors that ban clients it stays below what users report as the limit.
///
/// A host gets up to `burst` requests at once and then one per period; while it gets none, the burst recovers by one request
/// per period. Every HTTP request counts, including each page and each batch.
///
/// ```
/// use finvista_core::Quota;
///
/// const GENTLE: Quota = Quota::per_second(3).burst(5).in_flight(4);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    pub(crate) period: Duration,
    pub(crate) burst: u32,
    pub(crate) in_flight: u32,
}

/// A larger burst would not be a limit, and its product with a period could overflow a clock.
const MOST: u32 = 10_000;

impl Quota {
    /// This many requests per second, in bursts of one, with at most four in flight.
    ///
    /// # Panics
    ///
    /// When it is 0 or more than a million. In a constant, that is a compile error.
    pub const fn per_second(requests: u32) -> Self {
        Self::per(Duration::from_secs(1), requests)
    }

    /// This many requests per minute, in bursts of one, with at most four in flight.
    ///
    /// # Panics
    ///
    /// When it is 0 or more than a million. In a constant, that is a compile error.
    pub const fn per_minute(requests: u32) -> Self {
        Self::per(Duration::from_secs(60), requests)
    }

    const fn per(time: Duration, requests: u32) -> Self {
        assert!(requests >= 1 && requests <= 1_000_000, "expected 1 to 1000000 requests");
        Self {
            period: Duration::from_nanos(time.as_nanos() as u64 / requests as u64),
            burst: 1,
            in_flight: 4,
        }
    }

    /// Sets how many requests may be sent at once after a pause.
    ///
    /// # Panics
    ///
    /// When it is 0 or more than 10,000. In a constant, that is a compile error.
    #[must_use]
    pub const fn burst(mut self, requests: u32) -> Self {
        assert!(requests >= 1 && requests <= MOST, "expected a burst of 1 to 10000 requests");
        self.burst = requests;
        self
    }

    /// Sets how many requests may be in flight at a time.
    ///
    /// # Panics
    ///
    /// When it is 0 or more than 10,000. In a constant, that is a compile error.
    #[must_use]
    pub const fn in_flight(mut self, requests: u32) -> Self {
        assert!(requests >= 1 && requests <= MOST, "expected 1 to 10000 requests in flight");
        self.in_flight = requests;
        self
    }

    /// A quota from the values in a plugin's manifest: requests per minute, burst, and requests in flight. `None` if one of
    /// them is out of range.
    pub fn from_parts(per_minute: f64, burst: u32, in_flight: u32) -> Option<Self> {
        let sane = |requests: u32| (1..=MOST).contains(&requests);
        let period = Duration::try_from_secs_f64(60.0 / per_minute).ok()?;
        let whole = (1e-3..=6e7).contains(&per_minute) && sane(burst) && sane(in_flight);
        whole.then_some(Self { period, burst, in_flight })
    }

    /// The time between two requests once the burst is used up.
    pub const fn get_period(&self) -> Duration {
        self.period
    }

    /// The requests that may be sent at once after a pause.
    pub const fn get_burst(&self) -> u32 {
        self.burst
    }

    /// The most requests in flight at a time.
    pub const fn get_in_flight(&self) -> u32 {
        self.in_flight
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_a_period() {
        let quota = Quota::per_second(4).burst(5).in_flight(2);
        assert_eq!(quota.get_period(), Duration::from_millis(250));
        assert_eq!((quota.get_burst(), quota.get_in_flight()), (5, 2));
        assert_eq!(Quota::per_minute(120).get_period(), Duration::from_millis(500));
    }

    #[test]
    fn parts_make_a_quota_or_none() {
        assert_eq!(Quota::from_parts(120.0, 5, 4), Some(Quota::per_second(2).burst(5)));
        for (rate, burst, in_flight) in
            [(0.0, 1, 1), (-1.0, 1, 1), (f64::NAN, 1, 1), (1e9, 1, 1), (1.0, 0, 1), (1.0, 1, 20_000)]
        {
            assert_eq!(Quota::from_parts(rate, burst, in_flight), None, "{rate} {burst} {in_flight}");
        }
    }

    #[test]
    fn zero_requests_are_refused() {
        for wrong in
            [|| Quota::per_second(0), || Quota::per_second(1).burst(0), || Quota::per_minute(1).in_flight(0)]
        {
            assert!(std::panic::catch_unwind(wrong).is_err());
        }
    }
}
