//! The atomic word: the only state that a call in CLOSED reads or writes.
//!
//! ```text
//! 63            26 25        14 13         2 1     0
//! | epoch (38)    | threshold  | failures   | state |
//! ```
//!
//! It includes the failure threshold, so that one compare-and-swap is the whole decision. With a threshold read from elsewhere,
//! a failure could be counted after the threshold was lowered and still not open the circuit. At a thousand transitions per
//! second the epoch wraps around after eight years; only a permit held for as long could be mistaken for a new one.

use super::State;
use super::sync::{AtomicU64, Ordering};

const FAILURES: u32 = 2;
const THRESHOLD: u32 = 14;
const EPOCH: u32 = 26;
const STATE_MASK: u64 = 0b11;
/// Twelve bits each for the streak and its threshold, which `BreakerConfig::validate` ensures is enough.
const COUNT_MASK: u64 = super::config::MAX_FAILURE_THRESHOLD as u64;

/// A value of the word, with the steps in CLOSED as pure functions from word to word.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Word(u64);

impl Word {
    pub(super) fn closed(threshold: u32) -> Self {
        Self(0).with_threshold(threshold)
    }

    #[inline]
    pub(super) fn state(self) -> State {
        match self.0 & STATE_MASK {
            0 => State::Closed,
            1 => State::Open,
            _ => State::HalfOpen,
        }
    }

    /// The number of consecutive failures; zero outside CLOSED.
    #[inline]
    pub(super) fn failures(self) -> u32 {
        self.count(FAILURES)
    }

    #[inline]
    pub(super) fn epoch(self) -> u64 {
        self.0 >> EPOCH
    }

    /// Replaces the threshold and keeps streak and epoch: a new configuration never opens the circuit by itself.
    pub(super) fn with_threshold(self, threshold: u32) -> Self {
        self.with_count(THRESHOLD, threshold)
    }

    /// A success in CLOSED ends the streak.
    pub(super) fn succeeded(self) -> Self {
        self.with_count(FAILURES, 0)
    }

    /// A failure in CLOSED extends the streak, or opens the circuit at the threshold. A stored streak is below a valid
    /// threshold, so it fits its bits.
    pub(super) fn failed(self) -> Self {
        let failures = self.failures() + 1;
        if failures < self.count(THRESHOLD) {
            self.with_count(FAILURES, failures)
        } else {
            self.turned(State::Open)
        }
    }

    /// A transition or a reset: a new state, the next epoch, and no streak. The epoch has the highest bits, so its overflow
    /// affects no other field.
    pub(super) fn turned(self, to: State) -> Self {
        let state = match to {
            State::Closed => 0,
            State::Open => 1,
            State::HalfOpen => 2,
        };
        let cleared = self.with_count(FAILURES, 0).0 & !STATE_MASK;
        Self(cleared.wrapping_add(1 << EPOCH) | state)
    }

    #[inline]
    fn count(self, shift: u32) -> u32 {
        ((self.0 >> shift) & COUNT_MASK) as u32
    }

    fn with_count(self, shift: u32, count: u32) -> Self {
        Self(self.0 & !(COUNT_MASK << shift) | (u64::from(count) & COUNT_MASK) << shift)
    }
}

/// The word, shared between threads.
///
/// Memory order: the word publishes no other data. The data of OPEN and HALF_OPEN is accessed only under the mutex, so relaxed
/// ordering would be enough for the state machine. Acquire and release are for the lifetime counters: a verdict increments its
/// counter before it changes the word, so a thread that reads "open" also sees the failures that opened it.
#[derive(Debug)]
pub(super) struct AtomicWord(AtomicU64);

impl AtomicWord {
    pub(super) fn new(word: Word) -> Self {
        Self(AtomicU64::new(word.0))
    }

    #[inline]
    pub(super) fn load(&self) -> Word {
        Word(self.0.load(Ordering::Acquire))
    }

    /// Replaces the word with `next` of it, and tries again if another thread was faster, so that no step is lost. Returns the
    /// old word: `Ok` if it was replaced, `Err` if `next` returned `None`.
    pub(super) fn update(&self, mut next: impl FnMut(Word) -> Option<Word>) -> Result<Word, Word> {
        self.0
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, |word| next(Word(word)).map(|word| word.0))
            .map(Word)
            .map_err(Word)
    }
}

#[cfg(test)]
mod tests {
    use super::super::config::MAX_FAILURE_THRESHOLD;
    use super::*;

    fn fields(word: Word) -> (State, u32, u32, u64) {
        (word.state(), word.failures(), word.count(THRESHOLD), word.epoch())
    }

    #[test]
    fn fields_do_not_touch_each_other_at_their_limits() {
        let full = Word(u64::MAX);
        assert_eq!(fields(full.turned(State::Open)), (State::Open, 0, MAX_FAILURE_THRESHOLD, 0));
        assert_eq!(fields(full.succeeded()), (State::HalfOpen, 0, MAX_FAILURE_THRESHOLD, (1 << 38) - 1));
        assert_eq!(
            fields(full.with_threshold(1)),
            (State::HalfOpen, MAX_FAILURE_THRESHOLD, 1, (1 << 38) - 1)
        );
    }

    #[test]
    fn the_largest_threshold_is_reached_and_not_overrun() {
        let mut word = Word::closed(MAX_FAILURE_THRESHOLD);
        for failures in 1..MAX_FAILURE_THRESHOLD {
            word = word.failed();
            assert_eq!(fields(word), (State::Closed, failures, MAX_FAILURE_THRESHOLD, 0));
        }
        assert_eq!(fields(word.failed()), (State::Open, 0, MAX_FAILURE_THRESHOLD, 1));
    }
}
