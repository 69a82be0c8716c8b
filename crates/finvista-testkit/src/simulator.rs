//! The running server and its settings.

use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::fault::{Fault, FaultRule, Faults};
use crate::market::Market;
use crate::replay::Recordings;
use crate::server;
use crate::wire::{self, Answer, Limits, Request, Vendor};

/// Requests that the log remembers; older ones are forgotten, but stay counted.
const LOG: usize = 10_000;

/// A server on 127.0.0.1 that answers for the vendors. Dropping it stops it, as [`Simulator::stop`] does.
#[derive(Debug)]
pub struct Simulator {
    port: u16,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

impl Simulator {
    /// Starts with the default settings.
    pub fn builder() -> SimulatorBuilder {
        SimulatorBuilder::default()
    }

    /// Where it listens, such as `http://127.0.0.1:8080`: what FinVista takes as a gateway.
    pub fn origin(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The port it listens on.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The rules of what goes wrong, to be changed at any time.
    pub fn faults(&self) -> &Faults {
        &self.shared.faults
    }

    /// The last requests, oldest first; at most 10,000 are remembered.
    pub fn requests(&self) -> Vec<Seen> {
        self.shared.log().seen.iter().cloned().collect()
    }

    /// How many requests `vendor` got so far, failed ones included.
    pub fn calls(&self, vendor: Vendor) -> usize {
        self.shared.log().calls.iter().filter(|(v, _)| *v == vendor).map(|(_, n)| n).sum()
    }

    /// The market behind it; `None` for a replay and for the caller's own answers.
    pub fn market(&self) -> Option<&Arc<Market>> {
        match &self.shared.world {
            World::Market(market) => Some(market),
            World::Replay(_) | World::Own(_) => None,
        }
    }

    /// Stops it: open connections are cut in the middle of what they do, and the port is free afterwards.
    pub async fn stop(mut self) {
        self.task.abort();
        // The task was aborted, so it ends with an error that says just that.
        let _aborted = (&mut self.task).await;
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// One request as the simulator saw it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Whose host it named; `None` for a host of no vendor.
    pub vendor: Option<Vendor>,
    /// The `Host` header.
    pub host: String,
    /// Path and query as sent.
    pub path: String,
    /// The status that was sent; `None` where none was.
    pub status: Option<u16>,
    /// The fault that struck, latency aside.
    pub fault: Option<Fault>,
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{} → ", self.host, self.path)?;
        match (&self.status, &self.fault) {
            (Some(status), None) => write!(f, "{status}"),
            (Some(status), Some(fault)) => write!(f, "{status} ({fault})"),
            (None, Some(fault)) => write!(f, "{fault}"),
            (None, None) => f.write_str("nothing"),
        }
    }
}

/// Sets up a [`Simulator`]. Without a market or a replay it serves the market of seed 1 as of 2026-09-30.
#[derive(Debug, Default)]
#[must_use]
pub struct SimulatorBuilder {
    market: Option<Market>,
    replay: Option<PathBuf>,
    own: Option<Own>,
    port: u16,
    limits: Limits,
    faults: Faults,
}

impl SimulatorBuilder {
    /// Serves this market.
    pub fn market(self, market: Market) -> Self {
        Self { market: Some(market), ..self }
    }

    /// Serves the recorded answers of this folder instead of a market. The folder holds `INDEX-*.tsv` files whose
    /// first line names the columns, `file` and `request_url` among them.
    pub fn replay(self, dir: impl Into<PathBuf>) -> Self {
        Self { replay: Some(dir.into()), ..self }
    }

    /// Answers with this function, for all hosts: for a vendor whose formats the testkit does not know. Faults strike its
    /// answers like any others.
    pub fn answers(self, answer: impl Fn(&Request<'_>) -> Answer + Send + Sync + 'static) -> Self {
        Self { own: Some(Own(Box::new(answer))), ..self }
    }

    /// Listens on this port; without it, on a free one.
    pub fn port(self, port: u16) -> Self {
        Self { port, ..self }
    }

    /// Cuts answers at these limits.
    pub fn limits(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    /// Adds a fault from the start.
    pub fn fault(self, rule: FaultRule) -> Self {
        self.faults.add(rule);
        self
    }

    /// Starts the server on the current tokio runtime.
    ///
    /// # Errors
    ///
    /// When the port cannot be bound, or the folder of recordings cannot be read.
    pub async fn start(self) -> io::Result<Simulator> {
        let world = match (self.own, self.replay, self.market) {
            (Some(own), ..) => World::Own(own),
            (None, Some(dir), _) => World::Replay(Box::new(Recordings::read(&dir)?)),
            (None, None, Some(market)) => World::Market(Arc::new(market)),
            (None, None, None) => World::Market(Arc::new(Market::new(1, jiff::civil::date(2026, 9, 30)))),
        };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, self.port)).await.map_err(|cause| {
            io::Error::new(cause.kind(), format!("cannot listen on 127.0.0.1:{}: {cause}", self.port))
        })?;
        let port = listener.local_addr()?.port();
        let shared =
            Arc::new(Shared { world, limits: self.limits, faults: self.faults, log: Mutex::default() });
        let task = tokio::spawn(server::accept(listener, Arc::clone(&shared)));
        Ok(Simulator { port, shared, task })
    }
}

/// What the connections share.
#[derive(Debug)]
pub(crate) struct Shared {
    world: World,
    limits: Limits,
    pub(crate) faults: Faults,
    log: Mutex<Log>,
}

#[derive(Debug)]
enum World {
    Market(Arc<Market>),
    Replay(Box<Recordings>),
    Own(Own),
}

/// Answers of the caller's own.
struct Own(Box<dyn Fn(&Request<'_>) -> Answer + Send + Sync>);

impl fmt::Debug for Own {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Own")
    }
}

#[derive(Debug, Default)]
struct Log {
    seen: VecDeque<Seen>,
    calls: Vec<(Vendor, usize)>,
}

impl Shared {
    pub(crate) fn answer(&self, request: &Request<'_>) -> Answer {
        match &self.world {
            World::Market(market) => wire::answer(market, &self.limits, request),
            World::Replay(recordings) => {
                wire::respond(wire::World::Replay(recordings), &self.limits, request)
            }
            World::Own(Own(answer)) => answer(request),
        }
    }

    pub(crate) fn record(&self, seen: Seen) {
        let mut log = self.log();
        if let Some(vendor) = seen.vendor {
            match log.calls.iter_mut().find(|(v, _)| *v == vendor) {
                Some((_, calls)) => *calls += 1,
                None => log.calls.push((vendor, 1)),
            }
        }
        if log.seen.len() == LOG {
            log.seen.pop_front();
        }
        log.seen.push_back(seen);
    }

    fn log(&self) -> std::sync::MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
