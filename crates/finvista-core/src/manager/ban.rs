//! Bans: a vendor that keeps refusing us has banned our address, for all its data sets and for hours. Its whole failure
//! domain is then not asked, longer each time.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::Duration;

use tokio::sync::Notify;

use super::FailoverConfig;
use crate::breaker::{Breaker, BreakerConfig, Permit, Rejected, State, Tick, Transition};
use crate::error::ConfigError;
use crate::provenance::SkipReason;

/// The ban of one failure domain: a circuit that counts only refusals ([`ErrorKind::Blocked`](crate::ErrorKind::Blocked)),
/// guards every data set of every source of the domain, and doubles its time.
#[derive(Debug)]
pub(super) struct Ban {
    domain: String,
    breaker: Breaker,
    /// Consecutive bans without an answer in between.
    times: AtomicU32,
    /// Signalled when a probe of the domain, or of a circuit of one of its sources, has ended.
    pub(super) probe_over: Notify,
}

/// The bans of all failure domains.
pub(super) type Bans = BTreeMap<String, Arc<Ban>>;

impl Ban {
    pub(super) fn new(domain: &str, config: &FailoverConfig) -> Result<Self, ConfigError> {
        let breaker = Breaker::new(settings(config)).map_err(|e| ConfigError::new(e.key, e.to_string()))?;
        Ok(Self { domain: domain.to_owned(), breaker, times: AtomicU32::new(0), probe_over: Notify::new() })
    }

    pub(super) fn domain(&self) -> &str {
        &self.domain
    }

    /// A permit for one attempt, or why the source is skipped.
    pub(super) fn acquire(&self, now: impl FnOnce() -> Tick) -> Result<Permit<'_>, SkipReason> {
        self.breaker.acquire(now).map_err(|rejected| SkipReason::Banned {
            domain: self.domain.clone(),
            retry_after: match rejected {
                Rejected::Open { retry_after } => Some(retry_after),
                Rejected::ProbeInFlight => None,
            },
        })
    }

    /// Records an answer of the domain.
    pub(super) fn answered(&self, permit: Permit<'_>) -> Option<Transition> {
        let transition = permit.success().transition;
        if transition.is_some() {
            self.times.store(0, Relaxed);
        }
        transition
    }

    /// Records a refusal. A ban that begins lasts twice as long as the previous one, plus up to a fifth of random jitter, so
    /// that many clients do not return at once.
    pub(super) fn blocked(
        &self,
        permit: Permit<'_>,
        now: impl FnOnce() -> Tick,
        config: &FailoverConfig,
    ) -> Option<Transition> {
        let doubled = config.ban_time.saturating_mul(1 << self.times.load(Relaxed).min(16));
        let transition = permit.failure(now, Some(doubled.mul_f64(1.0 + fastrand::f64() / 5.0))).transition;
        if transition.is_some_and(|transition| transition.to == State::Open) {
            self.times.fetch_add(1, Relaxed);
        }
        transition
    }

    /// The time left of a ban, zero if it admits a probe; `None` if there is no ban.
    pub(super) fn time_left(&self, now: Tick) -> Option<Duration> {
        self.breaker.snapshot(now).retry_after
    }

    pub(super) fn is_available(&self, now: impl FnOnce() -> Tick) -> bool {
        self.breaker.is_available(now)
    }

    /// Lifts the ban.
    pub(super) fn lift(&self) -> Transition {
        self.times.store(0, Relaxed);
        self.breaker.reset()
    }

    pub(super) fn configure(&self, config: &FailoverConfig) -> Result<(), ConfigError> {
        self.breaker.set_config(settings(config)).map_err(|e| ConfigError::new(e.key, e.to_string()))
    }
}

fn settings(config: &FailoverConfig) -> BreakerConfig {
    BreakerConfig {
        failure_threshold: config.ban_threshold,
        circuit_timeout: config.ban_time,
        success_threshold: 1,
        probe_lease: config.probe_lease,
        max_retry_after: config.ban_max,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    /// Records a refusal at this time and returns the ban's time left in minutes.
    fn block(ban: &Ban, at: Tick, config: &FailoverConfig) -> f64 {
        let permit = ban.acquire(|| at).unwrap();
        ban.blocked(permit, || at, config);
        ban.time_left(at).map_or(0.0, |left| left.as_secs_f64() / 60.0)
    }

    #[test]
    fn each_ban_is_twice_as_long_up_to_a_limit_and_an_answer_forgets_them() {
        let config = FailoverConfig {
            ban_threshold: 2,
            ban_time: 5 * MINUTE,
            ban_max: 15 * MINUTE,
            ..Default::default()
        };
        let ban = Ban::new("acme", &config).unwrap();
        assert_eq!(block(&ban, Tick::ZERO, &config), 0.0);
        let mut now = Tick::ZERO;
        for (least, most) in [(5.0, 6.0), (10.0, 12.0), (15.0, 15.0), (15.0, 15.0)] {
            let minutes = block(&ban, now, &config);
            assert!((least..=most).contains(&minutes), "{minutes}");
            assert!(matches!(ban.acquire(|| now), Err(SkipReason::Banned { retry_after: Some(_), .. })));
            now += MINUTE.mul_f64(minutes + 0.01);
        }
        let permit = ban.acquire(|| now).unwrap();
        assert!(
            matches!(ban.acquire(|| now), Err(SkipReason::Banned { retry_after: None, .. })),
            "one probe at a time"
        );
        assert_eq!(ban.answered(permit).map(|transition| transition.to), Some(State::Closed));
        block(&ban, now, &config);
        let minutes = block(&ban, now, &config);
        assert!((5.0..=6.0).contains(&minutes), "{minutes}");
    }
}
