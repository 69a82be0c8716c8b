//! The time of a call: when it began, and how long it may take. Everything that a caller waits for is bounded by it.

use std::time::Duration;

use tokio::time::Instant;

use super::{CallOptions, Manager};
use crate::dataset::Pace;

/// No call, attempt or circuit takes longer than this, and no clock overflows below it.
pub(super) const LONGEST: Duration = Duration::from_secs(365 * 86_400);

/// The time of one call.
#[derive(Debug, Clone, Copy)]
pub(super) struct Timing {
    pub(super) began: Instant,
    pub(super) time: Duration,
}

impl Timing {
    /// The time of a call that begins now.
    pub(super) fn new(manager: &Manager, pace: Pace, options: &CallOptions) -> Self {
        let time = options.deadline.unwrap_or_else(|| pace.call(manager.config_now().deadline));
        Self { began: Instant::now(), time: time.min(LONGEST) }
    }

    pub(super) fn left(self, now: Instant) -> Duration {
        self.time.saturating_sub(now.duration_since(self.began))
    }

    pub(super) fn until(self) -> Instant {
        self.began + self.time
    }
}
