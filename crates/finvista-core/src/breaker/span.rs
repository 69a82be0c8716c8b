//! How long an open circuit rejects calls, readable without a lock.

use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use super::Tick;
use super::sync::AtomicU64;

/// When the circuit opened and how long it rejects calls, in nanoseconds: a copy of `Inner`'s values that needs no lock.
///
/// Both are written under the lock before the word says "open", so a thread that reads "open" reads these values or later
/// ones. They can belong to different openings only while the circuit opens again, and then a rejection is right in any case.
/// A thread that finds no time left asks `Inner`, so these values alone admit no call.
#[derive(Debug, Default)]
pub(super) struct Span {
    opened_at: AtomicU64,
    open_for: AtomicU64,
}

impl Span {
    pub(super) fn set(&self, opened_at: Tick, open_for: Duration) {
        let nanos = |time: Duration| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        self.opened_at.store(nanos(opened_at), Relaxed);
        self.open_for.store(nanos(open_for), Relaxed);
    }

    /// How much longer an open circuit rejects calls, if it does.
    pub(super) fn left(&self, now: Tick) -> Option<Duration> {
        let [opened_at, open_for] =
            [&self.opened_at, &self.open_for].map(|nanos| Duration::from_nanos(nanos.load(Relaxed)));
        open_for.checked_sub(now.saturating_sub(opened_at)).filter(|left| !left.is_zero())
    }
}
