//! How often a vendor may be asked.

use std::time::Duration;

/// How many requests each host of a vendor may get. A vendor that bans is asked less often than it would bear: the numbers
/// come from what people report of its bans.
///
/// A host may get `burst` requests at once, and then one each period; whoever pauses earns a new burst, one request a
/// period. Each HTTP request counts: each page and each batch.
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

/// Bursts beyond this are no burst but no limit; and the product with a period must stay below what a clock can count.
const MOST: u32 = 10_000;

impl Quota {
    /// So many requests a second, one at a time, and four in flight.
    ///
    /// # Panics
    ///
    /// When it is 0, or more than a million. In a constant, that is an error of the compiler.
    pub const fn per_second(requests: u32) -> Self {
        Self::per(Duration::from_secs(1), requests)
    }

    /// So many requests a minute, one at a time, and four in flight.
    ///
    /// # Panics
    ///
    /// When it is 0, or more than a million. In a constant, that is an error of the compiler.
    pub const fn per_minute(requests: u32) -> Self {
        Self::per(Duration::from_secs(60), requests)
    }

    const fn per(time: Duration, requests: u32) -> Self {
        assert!(requests >= 1 && requests <= 1_000_000, "a quota is 1 to 1000000 requests");
        Self {
            period: Duration::from_nanos(time.as_nanos() as u64 / requests as u64),
            burst: 1,
            in_flight: 4,
        }
    }

    /// So many requests at once after a pause.
    ///
    /// # Panics
    ///
    /// When it is 0, or more than 10,000. In a constant, that is an error of the compiler.
    #[must_use]
    pub const fn burst(mut self, requests: u32) -> Self {
        assert!(requests >= 1 && requests <= MOST, "a burst is 1 to 10000 requests");
        self.burst = requests;
        self
    }

    /// At most so many requests on their way at the same time.
    ///
    /// # Panics
    ///
    /// When it is 0, or more than 10,000. In a constant, that is an error of the compiler.
    #[must_use]
    pub const fn in_flight(mut self, requests: u32) -> Self {
        assert!(requests >= 1 && requests <= MOST, "1 to 10000 requests can be in flight");
        self.in_flight = requests;
        self
    }

    /// A quota from its parts, as a plugin's manifest has them: so many requests a minute, so many at once after a pause, and
    /// so many on their way at the same time. `None` where one is no number of requests or beyond what the others allow.
    pub fn from_parts(per_minute: f64, burst: u32, in_flight: u32) -> Option<Self> {
        let sane = |requests: u32| (1..=MOST).contains(&requests);
        let period = Duration::try_from_secs_f64(60.0 / per_minute).ok()?;
        let whole = (1e-3..=6e7).contains(&per_minute) && sane(burst) && sane(in_flight);
        whole.then_some(Self { period, burst, in_flight })
    }

    /// The time between two requests once the burst is spent.
    pub const fn get_period(&self) -> Duration {
        self.period
    }

    /// The requests that may be sent at once after a pause.
    pub const fn get_burst(&self) -> u32 {
        self.burst
    }

    /// The most requests on their way at the same time.
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
    fn no_requests_are_no_quota() {
        for wrong in
            [|| Quota::per_second(0), || Quota::per_second(1).burst(0), || Quota::per_minute(1).in_flight(0)]
        {
            assert!(std::panic::catch_unwind(wrong).is_err());
        }
    }
}
