//! Waiting for the verdict on a probe. A half-open circuit admits one call at a time; when all other sources have failed, the
//! calls beside it wait for its verdict instead of failing while the source is about to recover.

use std::collections::VecDeque;

use futures_util::future::select_all;
use tokio::sync::Notify;
use tokio::time::{Instant, timeout_at};

use super::call::{Call, Candidate};
use super::route::Route;
use crate::provenance::SkipReason;

/// Tells those who wait that a probe has ended, with a verdict or without one.
#[derive(Debug)]
pub(super) struct ProbeOver<'a>(&'a Notify);

impl<'a> ProbeOver<'a> {
    pub(super) fn new(route: &'a Route) -> Self {
        Self(&route.ban.probe_over)
    }
}

impl Drop for ProbeOver<'_> {
    fn drop(&mut self) {
        self.0.notify_waiters();
    }
}

/// Whether a source was skipped only because another call probes it.
pub(super) fn is_of_a_probe(reason: &SkipReason) -> bool {
    matches!(reason, SkipReason::ProbeInFlight | SkipReason::Banned { retry_after: None, .. })
}

impl<'a> Call<'a> {
    /// Waits until a probe that kept a source from being asked has ended. If there is one and the time allows it, the sources
    /// wait again for their turn, and their skips are withdrawn.
    pub(super) async fn probe_decides(&mut self, waiting: &mut VecDeque<Candidate<'a>>) -> bool {
        if self.probed.is_empty() {
            return false;
        }
        // Made before the look at the circuits, so that no verdict is missed.
        let verdicts: Vec<_> =
            self.probed.iter().map(|it| Box::pin(it.route.ban.probe_over.notified())).collect();
        let is_open = |it: &Candidate<'_>| match self.manager.would_pass(it.route) {
            Ok(()) => true,
            Err(reason) => !is_of_a_probe(&reason),
        };
        if !self.probed.iter().any(is_open) {
            // The place of a probe that never ends is free when its lease is over.
            let end = self.timing.until();
            let lease = self.config.probe_lease.map(|lease| Instant::now() + self.pace.attempt(lease));
            let until = lease.map_or(end, |lease| lease.min(end));
            _ = timeout_at(until, select_all(verdicts)).await;
            if self.timing.left(Instant::now()).is_zero() {
                return false;
            }
        }
        let probed: Vec<_> = self.probed.drain(..).collect();
        self.skipped.retain(|skipped| {
            !is_of_a_probe(&skipped.reason) || probed.iter().all(|it| it.route.name() != skipped.source)
        });
        probed.into_iter().rev().for_each(|candidate| waiting.push_front(candidate));
        true
    }
}
