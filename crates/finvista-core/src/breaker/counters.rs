//! The lifetime counters, sharded by thread.

use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;

use super::snapshot::Lifetime;
use super::sync::AtomicU64;

/// The number of shards. More threads than this share some of them.
const PLACES: usize = 8;

/// The counters, apart from the word so that counting does not slow down its readers. Each thread has a shard, because
/// contention for a cache line costs more than a whole verdict. Reading sums up the shards.
#[derive(Debug, Default)]
pub(super) struct Counters([Place; PLACES]);

/// The counters of one shard.
#[derive(Debug, Default)]
#[repr(align(128))]
pub(super) struct Place {
    pub(super) successes: AtomicU64,
    pub(super) failures: AtomicU64,
    pub(super) ignored: AtomicU64,
    pub(super) rejected: AtomicU64,
    pub(super) stale: AtomicU64,
}

impl Counters {
    /// The shard of this thread.
    #[inline]
    pub(super) fn here(&self) -> &Place {
        static THREADS: AtomicUsize = AtomicUsize::new(0);
        thread_local! {
            static PLACE: usize = THREADS.fetch_add(1, Relaxed) % PLACES;
        }
        let [first, ..] = &self.0;
        self.0.get(PLACE.with(|place| *place)).unwrap_or(first)
    }

    /// The sums of all shards.
    pub(super) fn read(&self) -> Lifetime {
        let sum =
            |count: fn(&Place) -> &AtomicU64| self.0.iter().map(|place| count(place).load(Relaxed)).sum();
        Lifetime {
            successes: sum(|place| &place.successes),
            failures: sum(|place| &place.failures),
            ignored: sum(|place| &place.ignored),
            rejected: sum(|place| &place.rejected),
            stale: sum(|place| &place.stale),
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_lost_with_more_threads_than_shards() {
        let counters = Counters::default();
        std::thread::scope(|scope| {
            for _ in 0..3 * PLACES {
                scope.spawn(|| {
                    for _ in 0..1_000 {
                        counters.here().successes.fetch_add(1, Relaxed);
                        counters.here().rejected.fetch_add(2, Relaxed);
                    }
                });
            }
        });
        let thousands = 3 * PLACES as u64;
        let expected =
            Lifetime { successes: 1_000 * thousands, rejected: 2_000 * thousands, ..Lifetime::default() };
        assert_eq!(counters.read(), expected);
        assert!(counters.0.iter().filter(|place| place.successes.load(Relaxed) > 0).count() > 1);
    }
}
