//! Changes of settings take turns.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};

use finvista_core::ConfigError;

/// One change of settings at a time, from reading the present ones until the new ones are in force.
#[derive(Debug, Default)]
pub(crate) struct Turn {
    /// Held while a change is decided. That runs code of the caller, which may read the settings, so nothing else waits for it.
    turn: Mutex<()>,
    /// The thread that has the turn.
    taken_by: Mutex<Option<ThreadId>>,
    /// Held while settings are read or replaced.
    settings: Mutex<()>,
}

/// The turn, for as long as this lives.
#[derive(Debug)]
pub(crate) struct Taken<'a> {
    turn: &'a Turn,
    _guard: MutexGuard<'a, ()>,
}

impl Turn {
    /// Waits for the turn.
    ///
    /// # Errors
    ///
    /// When this thread has it, so that it would wait for ever.
    pub(crate) fn take(&self) -> Result<Taken<'_>, ConfigError> {
        let this = thread::current().id();
        if *lock(&self.taken_by) == Some(this) {
            return Err(ConfigError::new(
                "configure",
                "expected one change at a time, got one within another",
            ));
        }
        let guard = lock(&self.turn);
        *lock(&self.taken_by) = Some(this);
        Ok(Taken { turn: self, _guard: guard })
    }

    /// Keeps settings from being read while they are replaced.
    pub(crate) fn settings(&self) -> MutexGuard<'_, ()> {
        lock(&self.settings)
    }
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        *lock(&self.turn.taken_by) = None;
    }
}

/// A change that panicked has replaced nothing.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
