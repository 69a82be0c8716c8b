//! Statistics of a source for a data set, besides those of its breaker.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

use crate::error::SourceError;

/// The number of response times kept: enough for a percentile, and few enough to follow changes during a day.
const RECENT: usize = 100;

/// The fewest response times that a percentile is computed from.
const ENOUGH: u64 = 20;

#[derive(Debug)]
pub(super) struct Stats {
    failures_in_a_row: AtomicU32,
    ended: AtomicU64,
    nanos: AtomicU64,
    answers: AtomicU64,
    /// The last response times in microseconds, as a ring buffer.
    recent: [AtomicU32; RECENT],
    last_error: Mutex<Option<(Timestamp, String)>>,
}

impl Default for Stats {
    fn default() -> Self {
        Self {
            failures_in_a_row: AtomicU32::new(0),
            ended: AtomicU64::new(0),
            nanos: AtomicU64::new(0),
            answers: AtomicU64::new(0),
            recent: std::array::from_fn(|_| AtomicU32::new(0)),
            last_error: Mutex::new(None),
        }
    }
}

impl Stats {
    /// Records the time of an attempt, whatever its outcome.
    pub(super) fn ended(&self, elapsed: Duration) {
        self.ended.fetch_add(1, Relaxed);
        self.nanos.fetch_add(elapsed.as_nanos().try_into().unwrap_or(u64::MAX), Relaxed);
    }

    /// Records a successful attempt.
    pub(super) fn answered(&self, elapsed: Duration) {
        self.failures_in_a_row.store(0, Relaxed);
        let place = self.answers.fetch_add(1, Relaxed) as usize % RECENT;
        if let Some(recent) = self.recent.get(place) {
            recent.store(elapsed.as_micros().try_into().unwrap_or(u32::MAX), Relaxed);
        }
    }

    /// Records a failure that counts.
    pub(super) fn failed(&self, at: Timestamp, error: &SourceError) {
        self.failures_in_a_row.fetch_add(1, Relaxed);
        *self.last_error.lock().unwrap_or_else(PoisonError::into_inner) = Some((at, error.to_string()));
    }

    pub(super) fn reset(&self) {
        self.failures_in_a_row.store(0, Relaxed);
    }

    pub(super) fn failures_in_a_row(&self) -> u32 {
        self.failures_in_a_row.load(Relaxed)
    }

    /// The mean time of an attempt, in seconds.
    pub(super) fn mean(&self) -> Option<f64> {
        let ended = self.ended.load(Relaxed);
        (ended > 0).then(|| self.nanos.load(Relaxed) as f64 / 1e9 / ended as f64)
    }

    /// The 95th percentile of the last 100 response times; `None` if there are too few.
    pub(super) fn p95(&self) -> Option<Duration> {
        let answers = self.answers.load(Relaxed);
        let known = usize::try_from(answers).unwrap_or(RECENT).min(RECENT);
        let mut times: Vec<u32> = self.recent.iter().take(known).map(|time| time.load(Relaxed)).collect();
        times.sort_unstable();
        let slow = times.get((known * 95).div_ceil(100).saturating_sub(1))?;
        (answers >= ENOUGH).then(|| Duration::from_micros(u64::from(*slow)))
    }

    /// The last failure, and when it happened.
    pub(super) fn last_error(&self) -> Option<(Timestamp, String)> {
        self.last_error.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_percentile_is_of_the_last_hundred_answers() {
        let (stats, ms) = (Stats::default(), Duration::from_millis);
        assert_eq!((stats.p95(), stats.mean()), (None, None));
        for time in 1..=19 {
            stats.answered(ms(time));
        }
        assert_eq!(stats.p95(), None, "too few");
        stats.answered(ms(20));
        assert_eq!(stats.p95(), Some(ms(19)));
        for time in 1..=100 {
            stats.answered(ms(time));
        }
        assert_eq!(stats.p95(), Some(ms(95)));
        for _ in 0..95 {
            stats.answered(ms(7));
        }
        assert_eq!(stats.p95(), Some(ms(7)));
    }
}
