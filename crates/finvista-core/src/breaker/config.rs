//! The breaker's thresholds, and the one way in which they can be wrong.

use std::time::Duration;

/// The largest `failure_threshold`: the streak and its threshold share one 64-bit word with the state and
/// the epoch, twelve bits each (see `word.rs`).
pub(super) const MAX_FAILURE_THRESHOLD: u32 = (1 << 12) - 1;

/// The thresholds and times of one [`Breaker`](super::Breaker).
///
/// All of them can be replaced while the breaker runs ([`Breaker::set_config`](super::Breaker::set_config));
/// new values act at the next event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BreakerConfig {
    /// The number of consecutive failures that opens the circuit: 1 to 4095, by default 5.
    pub failure_threshold: u32,
    /// How long an open circuit rejects before it admits a probe: by default 60 s. Zero is allowed, the next
    /// call is then the probe.
    pub circuit_timeout: Duration,
    /// The number of consecutive successful probes that closes the circuit: at least 1, by default 3.
    pub success_threshold: u32,
    /// After this time the next caller may take the slot of a probe that has not reported, whose verdict then
    /// no longer counts. It should be no shorter than the timeout of one attempt. `None`, the default, waits
    /// for the probe's permit to be used or dropped.
    pub probe_lease: Option<Duration>,
    /// The most that a `Retry-After` of the failure that opened the circuit may lengthen the open time: by
    /// default 15 minutes. Zero ignores every `Retry-After`.
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
    /// Checks all values together.
    ///
    /// # Errors
    /// [`ConfigError`] names the first key that is out of its range, and the range.
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
        // A lease of nothing would let every caller take the slot from the last one: no longer one probe.
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

/// A configuration that was refused. The one in force stays as it was.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{key} = {value}: expected {expected}")]
pub struct ConfigError {
    /// The name of the field of [`BreakerConfig`] that is out of its range.
    pub key: &'static str,
    /// The value that was given.
    pub value: String,
    /// What would be right.
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
            "failure_threshold = 0: expected a number from 1 to 4095"
        );
        assert_eq!(
            refused(BreakerConfig { failure_threshold: 4096, ..good }),
            "failure_threshold = 4096: expected a number from 1 to 4095"
        );
        assert_eq!(
            refused(BreakerConfig { success_threshold: 0, ..good }),
            "success_threshold = 0: expected a number of at least 1"
        );
        assert_eq!(
            refused(BreakerConfig { probe_lease: Some(Duration::ZERO), ..good }),
            "probe_lease = 0ns: expected none, or at least the timeout of one attempt"
        );
        let edge = BreakerConfig { failure_threshold: MAX_FAILURE_THRESHOLD, ..good };
        assert_eq!(edge.validate(), Ok(()));
    }
}
