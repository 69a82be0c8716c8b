//! The settings of failover.

use std::time::Duration;

use crate::breaker::BreakerConfig;
use crate::dataset::Pace;
use crate::error::ConfigError;

/// How calls are routed, timed and guarded. All of it can be changed while calls run; it acts on the next event.
#[derive(Debug, Clone, PartialEq)]
pub struct FailoverConfig {
    /// Consecutive failures that open a circuit: 1 to 4095, by default 5.
    pub failure_threshold: u32,
    /// How long an open circuit rejects before it lets one call through: by default 60 s.
    pub circuit_timeout: Duration,
    /// Consecutive successes of such calls that close the circuit: at least 1, by default 3.
    pub success_threshold: u32,
    /// After this time the next call may take the place of a trial call that has not come back: by default 60 s. At least
    /// the attempt timeout, or `None` to wait for the trial call.
    pub probe_lease: Option<Duration>,
    /// The time of one attempt at one source: by default 10 s.
    pub attempt_timeout: Duration,
    /// The time of a whole call, over all sources: by default 30 s.
    pub deadline: Duration,
    /// How the time of a call is shared among the sources.
    pub deadline_policy: DeadlinePolicy,
    /// An attempt that was cut short because the time of the call was over counts as a failure if it ran at least this
    /// long: by default 1 s. Else a source that hangs would cost every call its whole time for ever.
    pub deadline_counts_after: Duration,
    /// The most sources that one call asks: by default all.
    pub max_attempts: Option<usize>,
    /// After how long without an answer the next able source, of another failure domain, is asked beside the first: by default
    /// 2 s. The first valid answer wins. `None` waits for each source to end.
    pub hedge_after: Option<Duration>,
    /// Whether the next source is asked already after the time in which 95 of the last 100 answers of this one came, where that
    /// is less than `hedge_after`: by default it is not.
    pub hedge_p95: bool,
    /// How often in a row a failure domain must turn us away (403, a login wall, a web page, a connection closed without a
    /// byte) to be left alone for all its data sets: by default 5.
    pub ban_threshold: u32,
    /// How long it is then left alone: by default 5 minutes, twice as long each time it turns the trial call away, and up to a
    /// fifth longer by chance.
    pub ban_time: Duration,
    /// The longest that it is left alone: by default 6 hours.
    pub ban_max: Duration,
}

/// How the time of a call is shared among the sources.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DeadlinePolicy {
    /// An attempt gets the time left by the number of sources left, so that a hung source cannot eat the whole call.
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
    /// Names the first key that is out of its range, and the range.
    pub fn validate(&self) -> Result<(), ConfigError> {
        self.breaker(Pace::Quick)
            .validate()
            .map_err(|e| ConfigError::new(format!("failover.{}", e.key), e.to_string()))?;
        if self.attempt_timeout.is_zero() {
            return Err(ConfigError::new(
                "failover.attempt_timeout",
                "attempt_timeout = 0: expected more than 0 seconds",
            ));
        }
        if self.probe_lease.is_some_and(|lease| lease < self.attempt_timeout) {
            return Err(ConfigError::new(
                "failover.probe_lease",
                "probe_lease is shorter than attempt_timeout: a trial call that still runs would lose its place",
            ));
        }
        if !(1..=4_095).contains(&self.ban_threshold) {
            return Err(ConfigError::new("failover.ban_threshold", "expected a number from 1 to 4095"));
        }
        if self.ban_max < self.ban_time {
            return Err(ConfigError::new("failover.ban_max", "is shorter than ban_time"));
        }
        if self.max_attempts == Some(0) {
            return Err(ConfigError::new("failover.max_attempts", "max_attempts = 0: expected 1 or more"));
        }
        Ok(())
    }

    /// What of this is the breakers'.
    /// The settings of a circuit. A probe that sweeps keeps its place for the time of its attempt.
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
