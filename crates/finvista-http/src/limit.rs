//! The limits of a host: how many requests per time, and how many in flight.
//!
//! An interactive request books the next slot of the host's rate at once, so its wait is known before it begins. A sweep,
//! which reads a whole market page by page, would book a minute's worth of slots that way and make every quote wait behind
//! it. Its requests therefore book nothing: they queue among themselves, and the first in the queue takes a slot only at the
//! moment the slot is free. An interactive request that arrives in between gets the next slot.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use finvista_core::{ErrorKind, Quota, SourceError, seconds};
use tokio::sync::{Notify, Semaphore, SemaphorePermit};
use tokio::time::{Instant, sleep, timeout};

use crate::rate::Rate;

/// The limits of every host of a client. Vendors that share a host share its limits.
#[derive(Debug)]
pub(crate) struct Limits {
    hosts: Mutex<BTreeMap<&'static str, Arc<HostLimit>>>,
    on: AtomicBool,
}

impl Limits {
    pub(crate) fn new(on: bool) -> Self {
        Self { hosts: Mutex::default(), on: AtomicBool::new(on) }
    }

    /// The limits of a host. The first quota given for a host stands.
    pub(crate) fn of(&self, host: &'static str, quota: Quota) -> Arc<HostLimit> {
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(hosts.entry(host).or_insert_with(|| Arc::new(HostLimit::new(host, quota))))
    }

    /// Whether the limits are enforced.
    pub(crate) fn are_on(&self) -> bool {
        self.on.load(Relaxed)
    }

    pub(crate) fn turn(&self, on: bool) {
        self.on.store(on, Relaxed);
    }
}

/// The least time that a request needs once it may be sent. A wait that leaves less is useless.
const ROOM: Duration = Duration::from_millis(100);

/// The limits of one host.
#[derive(Debug)]
pub(crate) struct HostLimit {
    host: &'static str,
    quota: Quota,
    /// The origin of the rate's time.
    origin: Instant,
    rate: Mutex<Rate>,
    in_flight: Semaphore,
    /// Signalled when a place in flight may have become free, for the sweep at the head of the queue.
    landed: Notify,
    /// Held by the sweep at the head of the queue.
    sweep: tokio::sync::Mutex<()>,
}

/// A request in flight, for as long as this lives.
#[derive(Debug)]
pub(crate) struct InFlight<'a> {
    _permit: SemaphorePermit<'a>,
    /// Dropped after the permit.
    _landed: Landed<'a>,
}

#[derive(Debug)]
struct Landed<'a>(&'a Notify);

impl Drop for Landed<'_> {
    fn drop(&mut self) {
        self.0.notify_one();
    }
}

impl HostLimit {
    fn new(host: &'static str, quota: Quota) -> Self {
        Self {
            host,
            quota,
            origin: Instant::now(),
            rate: Mutex::new(Rate::new(quota.get_period(), quota.get_burst())),
            in_flight: Semaphore::new(quota.get_in_flight() as usize),
            landed: Notify::new(),
            sweep: tokio::sync::Mutex::default(),
        }
    }

    /// Waits until an interactive request may be sent. `told` learns the wait before it begins.
    ///
    /// The slot is booked at once: requests are sent in the order of arrival, and a wait that does not fit into the time left
    /// is [`Throttled`](ErrorKind::Throttled) immediately and books nothing. A caller that gives up while waiting has used
    /// its slot up.
    pub(crate) async fn pass(
        &self,
        left: Duration,
        told: impl FnOnce(Duration),
    ) -> Result<InFlight<'_>, SourceError> {
        let began = Instant::now();
        let booked = self.rate().book(self.origin.elapsed(), left.saturating_sub(ROOM));
        let wait = booked.map_err(|wait| self.throttled(wait))?;
        if !wait.is_zero() {
            tracing::debug!(host = self.host, wait_ms = wait.as_secs_f64() * 1e3, "rate limit");
            told(wait);
            sleep(wait).await;
        }
        // Made before the wait: a caller that gives up may hand back a place that was already assigned to it.
        let landed = Landed(&self.landed);
        match timeout(time_left(began, left), self.in_flight.acquire()).await {
            Ok(Ok(permit)) => Ok(InFlight { _permit: permit, _landed: landed }),
            _ => Err(self.full()),
        }
    }

    /// Waits until a request of a sweep may be sent. `told` learns each wait for a slot before it begins.
    ///
    /// Sweeps wait in the order of arrival. Interactive requests go first: they get the next slot and, if the host takes more
    /// than one request at a time, always find one place in flight that no sweep uses. A caller that gives up while waiting
    /// has used nothing.
    pub(crate) async fn pass_sweep(
        &self,
        left: Duration,
        told: impl Fn(Duration),
    ) -> Result<InFlight<'_>, SourceError> {
        let began = Instant::now();
        let fits = |wait: Duration| wait <= time_left(began, left);
        let wait = self.wait(1);
        if !fits(wait) {
            return Err(self.throttled(wait));
        }
        let _head = match self.sweep.try_lock() {
            Ok(head) => head,
            Err(_) => {
                let head = timeout(time_left(began, left), self.sweep.lock()).await;
                let head = head.map_err(|_| self.throttled(self.wait(1)))?;
                told(Duration::ZERO);
                head
            }
        };
        loop {
            let Some(permit) = self.spare_place() else {
                let landed = timeout(time_left(began, left), self.landed.notified()).await;
                landed.map_err(|_| self.full())?;
                continue;
            };
            let taken = self.rate().take(self.origin.elapsed());
            match taken {
                Ok(()) => return Ok(InFlight { _permit: permit, _landed: Landed(&self.landed) }),
                Err(wait) if !fits(wait) => return Err(self.throttled(wait)),
                Err(wait) => {
                    drop(permit);
                    told(wait);
                    sleep(wait).await;
                }
            }
        }
    }

    /// How long the last of `requests` would wait now. For a sweep this is the shortest wait possible: interactive requests
    /// that arrive meanwhile go first.
    pub(crate) fn wait(&self, requests: usize) -> Duration {
        self.rate().wait(self.origin.elapsed(), requests)
    }

    /// Checks that `requests` more can all be sent in the time left, so that a part of them is not sent in vain.
    pub(crate) fn admits(&self, requests: usize, left: Duration) -> Result<(), SourceError> {
        let wait = self.wait(requests);
        if wait <= left.saturating_sub(ROOM) {
            return Ok(());
        }
        let (host, wait_s) = (self.host, seconds(wait));
        let message = format!("the last of {requests} more requests to {host} may be sent in {wait_s}");
        Err(SourceError::new(ErrorKind::Throttled, message).with_retry_after(wait))
    }

    /// Replaces the period between two requests, or restores the one of the vendor's quota. Slots that are already booked
    /// keep their time.
    pub(crate) fn set_period(&self, period: Option<Duration>) {
        let period = period.unwrap_or_else(|| self.quota.get_period());
        let mut rate = self.rate();
        if rate.period() != period {
            *rate = rate.with_period(period, self.origin.elapsed());
        }
    }

    /// A place in flight for a sweep. If there is more than one place, the last is kept for interactive requests, and if any
    /// of those is waiting, this fails.
    fn spare_place(&self) -> Option<SemaphorePermit<'_>> {
        let keep = u32::from(self.quota.get_in_flight() > 1);
        let mut permit = self.in_flight.try_acquire_many(1 + keep).ok()?;
        drop(permit.split(keep as usize));
        Some(permit)
    }

    fn rate(&self) -> MutexGuard<'_, Rate> {
        self.rate.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn throttled(&self, wait: Duration) -> SourceError {
        let message = format!("{} may be asked again in {}", self.host, seconds(wait));
        SourceError::new(ErrorKind::Throttled, message).with_retry_after(wait)
    }

    fn full(&self) -> SourceError {
        let (host, in_flight) = (self.host, self.quota.get_in_flight());
        let message = format!("{host} has no room for another request: it takes {in_flight} at a time");
        SourceError::new(ErrorKind::Throttled, message)
    }
}

/// The time left for waiting.
fn time_left(began: Instant, left: Duration) -> Duration {
    left.saturating_sub(began.elapsed()).saturating_sub(ROOM)
}
