//! The breaker's thresholds and times.

use std::time::Duration;

/// The largest `failure_threshold`: the streak and its threshold have twelve bits each in the atomic word (see `word.rs`).
pub(super) const MAX_FAILURE_THRESHOLD: u32 = (1 << 12) - 1;

/// The thresholds and times of one [`Breaker`](super::Breaker).
///
/// They can be replaced while the breaker is in use ([`Breaker::set_config`](super::Breaker::set_config)), and take effect at
/// the next event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BreakerConfig {
    /// The number of consecutive failures that opens the circuit: 1 to 4095, 5 by default.
    pub failure_threshold: u32,
    /// How long an open circuit rejects calls before it admits a probe: 60 s by default. With zero the next call is the
    /// probe.
    pub circuit_timeout: Duration,
    /// The number of consecutive successful probes that closes the circuit: at least 1, 3 by default.
    pub success_threshold: u32,
    /// After this time the next caller may take the slot of a probe without a verdict, which then no longer counts. It should
    /// be at least the timeout of one attempt. `None`, the default, waits until the probe's permit is used or dropped.
    pub probe_lease: Option<Duration>,
    /// The longest open time that the `Retry-After` of the opening failure can cause: 15 minutes by default. Zero ignores
    /// `Retry-After`.
    pub max_retry_after: Duration,
}

impl Default for BreakerConfig {
    fn default() -> Self {
        Self {
            failure_threshold: 5,
            circuit_timeout: Duration::from_secs(60),
            success_threshold: 3,
            probe_lease: None,
            max_retry_after: Duration::from_secs(15 * 60),
        }
    }
}

impl BreakerConfig {
    /// Checks all values.
    ///
    /// # Errors
    ///
    /// [`ConfigError`], with the first key that is out of range, and the range.
    pub fn validate(&self) -> Result<(), ConfigError> {
        if !(1..=MAX_FAILURE_THRESHOLD).contains(&self.failure_threshold) {
            return Err(ConfigError {
                key: "failure_threshold",
                value: self.failure_threshold.to_string(),
                expected: "a number from 1 to 4095",
            });
        }
        if self.success_threshold == 0 {
            return Err(ConfigError {
                key: "success_threshold",
                value: self.success_threshold.to_string(),
                expected: "a number of at least 1",
            });
        }
        // With a lease of zero every caller could take the slot from the previous probe.
        if let Some(lease) = self.probe_lease
            && lease.is_zero()
        {
            return Err(ConfigError {
                key: "probe_lease",
                value: format!("{lease:?}"),
                expected: "none, or at least the timeout of one attempt",
            });
        }
        Ok(())
    }
}

/// A configuration was refused, and the current one stays in force.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{key}: expected {expected}, got {value}")]
pub struct ConfigError {
    /// The field of [`BreakerConfig`] that is out of range.
    pub key: &'static str,
    /// Its value.
    pub value: String,
    /// What was expected.
    pub expected: &'static str,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_those_of_the_documentation() {
        let config = BreakerConfig::default();
        assert_eq!(config.failure_threshold, 5);
        assert_eq!(config.circuit_timeout, Duration::from_secs(60));
        assert_eq!(config.success_threshold, 3);
        assert_eq!(config.probe_lease, None);
        assert_eq!(config.max_retry_after, Duration::from_secs(900));
        assert_eq!(config.validate(), Ok(()));
    }

    #[test]
    fn a_refusal_names_the_key_the_value_and_the_range() {
        let good = BreakerConfig::default();
        let refused = |config: BreakerConfig| config.validate().unwrap_err().to_string();
        assert_eq!(
            refused(BreakerConfig { failure_threshold: 0, ..good }),
            "failure_threshold: expected a number from 1 to 4095, got 0"
        );
        assert_eq!(
            refused(BreakerConfig { failure_threshold: 4096, ..good }),
            "failure_threshold: expected a number from 1 to 4095, got 4096"
        );
        assert_eq!(
            refused(BreakerConfig { success_threshold: 0, ..good }),
            "success_threshold: expected a number of at least 1, got 0"
        );
        assert_eq!(
            refused(BreakerConfig { probe_lease: Some(Duration::ZERO), ..good }),
            "probe_lease: expected none, or at least the timeout of one attempt, got 0ns"
        );
        let edge = BreakerConfig { failure_threshold: MAX_FAILURE_THRESHOLD, ..good };
        assert_eq!(edge.validate(), Ok(()));
    }
}
