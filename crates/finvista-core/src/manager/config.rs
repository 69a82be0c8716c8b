//! The settings of failover.

use std::time::Duration;

use super::timing::LONGEST;
use crate::breaker::BreakerConfig;
use crate::dataset::Pace;
use crate::error::{ConfigError, seconds};

/// How calls are routed, timed and guarded. Every setting can be changed while calls run and takes effect at the next
/// event.
#[derive(Debug, Clone, PartialEq)]
pub struct FailoverConfig {
    /// The number of consecutive failures that opens a circuit: 1 to 4095, 5 by default.
    pub failure_threshold: u32,
    /// How long an open circuit rejects calls before it admits a probe: 60 s by default.
    pub circuit_timeout: Duration,
    /// The number of consecutive successful probes that closes a circuit: at least 1, 3 by default.
    pub success_threshold: u32,
    /// How long a probe may take before the next call replaces it: 60 s by default, and at least the attempt timeout.
    /// `None` waits for the probe.
    pub probe_lease: Option<Duration>,
    /// The time of one attempt at one source: 10 s by default.
    pub attempt_timeout: Duration,
    /// The time of a whole call over all sources: 30 s by default.
    pub deadline: Duration,
    /// How the time of a call is shared among the sources.
    pub deadline_policy: DeadlinePolicy,
    /// An attempt cut short by the end of the call counts as a failure if it ran at least this long: 1 s by default.
    /// Otherwise a source that hangs would use up the whole time of every call.
    pub deadline_counts_after: Duration,
    /// The most sources that one call asks: all by default.
    pub max_attempts: Option<usize>,
    /// Hedging: after this long without an answer, the next able source of another failure domain is asked as well, and the
    /// first valid answer wins: 2 s by default. `None` never hedges.
    pub hedge_after: Option<Duration>,
    /// Whether to hedge as early as the 95th percentile of the source's last 100 response times, if that is less than
    /// `hedge_after`: off by default.
    pub hedge_p95: bool,
    /// Whether calls that [ask for it](super::CallOptions::spread), as many calls at once do, go to another able source where our
    /// own rate limit would hold the first one back: on by default.
    pub spread: bool,
    /// The number of consecutive refusals (403, a login wall, a web page, a connection closed without a byte) after which a
    /// failure domain counts as having banned us and none of its data sets is asked for: 1 to 4095, 5 by default.
    pub ban_threshold: u32,
    /// How long a ban lasts: 5 minutes by default. It doubles each time the probe is refused, plus up to a fifth of random
    /// jitter.
    pub ban_time: Duration,
    /// The longest time of a ban: 6 hours by default.
    pub ban_max: Duration,
}

/// How the time of a call is shared among the sources.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DeadlinePolicy {
    /// An attempt gets the time left divided by the number of sources left, so that a source that hangs cannot use up the
    /// whole call.
    #[default]
    Fair,
    /// An attempt gets all the time left.
    Greedy,
}

impl Default for FailoverConfig {
    fn default() -> Self {
        let breaker = BreakerConfig::default();
        Self {
            failure_threshold: breaker.failure_threshold,
            circuit_timeout: breaker.circuit_timeout,
            success_threshold: breaker.success_threshold,
            probe_lease: Some(Duration::from_secs(60)),
            attempt_timeout: Duration::from_secs(10),
            deadline: Duration::from_secs(30),
            deadline_policy: DeadlinePolicy::Fair,
            deadline_counts_after: Duration::from_secs(1),
            max_attempts: None,
            hedge_after: Some(Duration::from_secs(2)),
            hedge_p95: false,
            spread: true,
            ban_threshold: 5,
            ban_time: Duration::from_secs(300),
            ban_max: Duration::from_secs(6 * 3_600),
        }
    }
}

impl FailoverConfig {
    /// Checks all values together.
    ///
    /// # Errors
    ///
    /// The first key that is out of range, with the range.
    pub fn validate(&self) -> Result<(), ConfigError> {
        self.breaker(Pace::Quick).validate().map_err(|e| {
            let message = format!("expected {}, got {}", e.expected, e.value);
            ConfigError::new(format!("failover.{}", e.key), message)
        })?;
        let longest = LONGEST.as_secs();
        let times = [
            ("circuit_timeout", Some(self.circuit_timeout)),
            ("probe_lease", self.probe_lease),
            ("attempt_timeout", Some(self.attempt_timeout)),
            ("deadline", Some(self.deadline)),
            ("deadline_counts_after", Some(self.deadline_counts_after)),
            ("hedge_after", self.hedge_after),
            ("ban_time", Some(self.ban_time)),
            ("ban_max", Some(self.ban_max)),
        ];
        for (key, time) in times {
            if let Some(time) = time.filter(|time| *time > LONGEST) {
                let message = format!("expected at most {longest} s (a year), got {} s", time.as_secs());
                return Err(ConfigError::new(format!("failover.{key}"), message));
            }
        }
        if self.attempt_timeout.is_zero() {
            return Err(ConfigError::new("failover.attempt_timeout", "expected more than 0 s, got 0 s"));
        }
        if self.probe_lease.is_some_and(|lease| lease < self.attempt_timeout) {
            return Err(ConfigError::new(
                "failover.probe_lease",
                format!(
                    "expected at least attempt_timeout ({}), got {}: a probe in flight would be replaced",
                    seconds(self.attempt_timeout),
                    seconds(self.probe_lease.unwrap_or_default())
                ),
            ));
        }
        if !(1..=4_095).contains(&self.ban_threshold) {
            let message = format!("expected 1 to 4095, got {}", self.ban_threshold);
            return Err(ConfigError::new("failover.ban_threshold", message));
        }
        if self.ban_max < self.ban_time {
            let (least, most) = (seconds(self.ban_time), seconds(self.ban_max));
            let message = format!("expected at least ban_time ({least}), got {most}");
            return Err(ConfigError::new("failover.ban_max", message));
        }
        if self.max_attempts == Some(0) {
            return Err(ConfigError::new("failover.max_attempts", "expected 1 or more, got 0"));
        }
        Ok(())
    }

    /// The settings of a circuit. The lease of a probe that sweeps lasts at least as long as its attempt.
    pub(super) fn breaker(&self, pace: Pace) -> BreakerConfig {
        BreakerConfig {
            failure_threshold: self.failure_threshold,
            circuit_timeout: self.circuit_timeout,
            success_threshold: self.success_threshold,
            probe_lease: self.probe_lease.map(|lease| pace.attempt(lease)),
            ..BreakerConfig::default()
        }
    }
}
