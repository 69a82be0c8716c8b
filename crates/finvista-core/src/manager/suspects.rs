//! Failures that may be about the symbol and not about the source. A few odd symbols must not open a circuit and so take all
//! others from a healthy source, and a source whose format has changed must not pass for healthy.

use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::error::{About, ErrorKind, SourceError};
use crate::query::Query;

/// The number of different symbols that must fail in a row before the source is at fault.
const DIFFERENT: usize = 3;

/// The number of queries whose success is remembered.
const KNOWN: usize = 64;

/// What a source answered, and for which symbols it failed since, for one data set.
#[derive(Debug)]
pub(super) struct Suspects {
    /// Queries that the source has answered, each in the place of its fingerprint. A newer one may replace it.
    answered: [AtomicU64; KNOWN],
    /// Different symbols that failed since the last answer.
    failed: Mutex<Vec<u64>>,
    /// Whether there are any, so that an answer takes no lock.
    any: AtomicBool,
}

impl Default for Suspects {
    fn default() -> Self {
        Self {
            answered: std::array::from_fn(|_| AtomicU64::new(0)),
            failed: Mutex::default(),
            any: AtomicBool::new(false),
        }
    }
}

impl Suspects {
    /// Records an answer: the failures before it were about their symbols.
    pub(super) fn answered(&self, query: &Query) {
        let fingerprint = query.fingerprint();
        if let Some(place) = self.place(fingerprint)
            && place.load(Relaxed) != fingerprint
        {
            place.store(fingerprint, Relaxed);
        }
        if self.any.load(Relaxed) {
            self.reset();
        }
    }

    /// Whether a failure counts against the source.
    pub(super) fn counts(&self, query: &Query, error: &SourceError) -> bool {
        let symbols = query.symbols();
        let unmarked = matches!(error.kind(), ErrorKind::Decode | ErrorKind::Invalid);
        match (error.about(), symbols) {
            (Some(About::Source), _) | (_, []) => true,
            (Some(About::Symbol), _) => self.has_answered(query),
            (None, [symbol]) if unmarked => {
                let symbol = BuildHasherDefault::<DefaultHasher>::default().hash_one(symbol);
                self.has_answered(query) || self.is_one_of_several(symbol)
            }
            (None, _) => true,
        }
    }

    pub(super) fn reset(&self) {
        self.failed().clear();
        self.any.store(false, Relaxed);
    }

    /// Whether the source has answered this very query. What differs now is then the source and not the question.
    fn has_answered(&self, query: &Query) -> bool {
        let fingerprint = query.fingerprint();
        self.place(fingerprint).is_some_and(|place| place.load(Relaxed) == fingerprint)
    }

    /// Notes a symbol that failed. Whether several different ones have failed in a row.
    fn is_one_of_several(&self, symbol: u64) -> bool {
        let mut failed = self.failed();
        if failed.len() < DIFFERENT && !failed.contains(&symbol) {
            failed.push(symbol);
            self.any.store(true, Relaxed);
        }
        failed.len() >= DIFFERENT
    }

    fn place(&self, fingerprint: u64) -> Option<&AtomicU64> {
        self.answered.get(fingerprint as usize % KNOWN)
    }

    fn failed(&self) -> MutexGuard<'_, Vec<u64>> {
        self.failed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
