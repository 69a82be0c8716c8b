//! The error of a call that no source answered.

use std::collections::BTreeSet;

use jiff::Timestamp;
use tokio::time::Instant;

use super::Error;
use super::call::{Call, Choice};
use super::probe::is_of_a_probe;
use super::report::{AllSourcesFailed, DeadlineExceeded, NotFound};
use super::route::Route;
use crate::error::{ErrorKind, SourceError};
use crate::provenance::SkipReason;

impl<'a> Call<'a> {
    pub(super) fn deadline_exceeded(&mut self) -> Error {
        self.blame_the_unreachable();
        Error::DeadlineExceeded(Box::new(DeadlineExceeded {
            report: self.report(),
            deadline: self.timing.time,
        }))
    }

    /// The error of a call without an answer. Sources are left if `max_attempts` ended the call.
    pub(super) fn failed(mut self, candidates: &[Choice<'a>], none_left: bool) -> Error {
        let able: Vec<&Route> = candidates
            .iter()
            .filter(|(r, on)| self.candidate(r, *on).able.is_ok())
            .map(|(r, _)| *r)
            .collect();
        let offline = self.is_offline();
        if offline {
            // Dropping the permits records no failure.
            self.held.clear();
        } else {
            self.blame_the_unreachable();
        }
        let out_of_time = self.timing.left(Instant::now()).is_zero() && !self.attempts.is_empty();
        let kinds: Vec<ErrorKind> =
            self.attempts.iter().filter_map(|a| a.error.as_ref()).map(SourceError::kind).collect();
        let counted =
            self.attempts.iter().rev().filter_map(|a| a.error.as_ref()).find(|e| e.kind().meaning().counts);
        let counted = counted.cloned();
        let cut = counted.as_ref().is_some_and(|error| error.kind() == ErrorKind::Timeout);
        if out_of_time && cut {
            return self.deadline_exceeded();
        }
        if counted.is_none() && able.is_empty() {
            // The capabilities alone ruled the sources out: none was asked.
            return Error::Unsupported(Box::new(self.report()));
        }
        if counted.is_some() || kinds.is_empty() {
            return self.all_failed(counted, &able, offline);
        }
        if kinds.iter().all(|kind| *kind == ErrorKind::Unsupported) {
            return Error::Unsupported(Box::new(self.report()));
        }
        // A disabled source does not take part in the call; any other that was not asked may have an answer.
        let conclusive =
            none_left && self.skipped.iter().all(|skipped| skipped.reason == SkipReason::Disabled);
        let no_data = !kinds.contains(&ErrorKind::NotFound);
        Error::NotFound(Box::new(NotFound { report: self.report(), no_data, conclusive }))
    }

    fn all_failed(&mut self, last_error: Option<SourceError>, able: &[&Route], offline: bool) -> Error {
        let now = self.manager.now();
        let snapshots: Vec<_> = able.iter().map(|route| route.breaker.snapshot(now)).collect();
        let available = able
            .iter()
            .zip(&snapshots)
            .any(|(route, snapshot)| snapshot.available && route.ban.is_available(|| now));
        let waits = self.skipped.iter().filter_map(|skipped| match skipped.reason {
            SkipReason::Throttled { retry_after } | SkipReason::Banned { retry_after, .. } => retry_after,
            _ => None,
        });
        // When the probe in flight ends is unknown. That of an open circuit would be too late.
        let probed = self.skipped.iter().any(|skipped| is_of_a_probe(&skipped.reason));
        let retry_after = if !probed && (self.attempts.is_empty() || !available) {
            snapshots.iter().filter_map(|snapshot| snapshot.retry_after).chain(waits).min()
        } else {
            None
        };
        let wall: Timestamp = (self.manager.wall)();
        let last_error = last_error
            .unwrap_or_else(|| SourceError::new(ErrorKind::CircuitOpen, "no source can be asked now"));
        Error::AllSourcesFailed(Box::new(AllSourcesFailed {
            last_error,
            retry_after,
            recover_at: retry_after.and_then(|delay| wall.checked_add(delay).ok()),
            forced: self.forced,
            offline,
            report: self.report(),
        }))
    }

    /// Whether every attempt failed to connect, to two failure domains or more. Then the local network is down, and no
    /// circuit counts it.
    fn is_offline(&self) -> bool {
        let domains: BTreeSet<&str> = self.held.iter().map(|held| held.route.ban.domain()).collect();
        domains.len() > 1 && self.held.len() == self.attempts.len()
    }
}
