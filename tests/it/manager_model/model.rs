//! The rules of breaker and manager written down once more, for one call at a time: plain data, no locks, no futures.

use std::time::Duration;

use finvista_core::ErrorKind;
use finvista_core::breaker::State;
use finvista_core::manager::{DeadlinePolicy, FailoverConfig, Status};

/// The most of a `Retry-After` that a circuit honours.
const MOST_RETRY_AFTER: Duration = Duration::from_secs(15 * 60);

/// What a source does with one call, and after how long.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reply {
    pub(super) says: Says,
    pub(super) after: Duration,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Says {
    Rows,
    /// A table with no rows.
    Empty,
    /// The table of the other data set.
    Nonsense,
    Panic,
    Fails(ErrorKind, Option<Duration>),
}

/// One source: what it is, and for each of the two data sets where it stands.
#[derive(Debug, Clone)]
pub(super) struct Source {
    pub(super) adjusts: bool,
    pub(super) enabled: bool,
    pub(super) script: Vec<Reply>,
    pub(super) asked: usize,
    pub(super) routes: [Option<Route>; 2],
}

#[derive(Debug, Clone)]
pub(super) struct Route {
    pub(super) priority: i32,
    circuit: Circuit,
    /// Failures that counted, since the last success.
    failures: u32,
    total: u32,
    successes: u32,
    failed: u32,
    time: Duration,
    last_error: Option<ErrorKind>,
    /// Whether the query was answered before: unadjusted and adjusted.
    answered: [bool; 2],
}

#[derive(Debug, Clone, Copy)]
enum Circuit {
    Closed { failures: u32 },
    Open { since: Duration, hint: Duration },
    HalfOpen { since: Duration, successes: u32 },
}

impl Route {
    pub(super) fn new(priority: i32) -> Self {
        Self {
            priority,
            circuit: Circuit::Closed { failures: 0 },
            failures: 0,
            total: 0,
            successes: 0,
            failed: 0,
            time: Duration::ZERO,
            last_error: None,
            answered: [false; 2],
        }
    }

    /// How long an open circuit still rejects; nothing in the other states.
    fn left(&self, config: &FailoverConfig, now: Duration) -> Option<Duration> {
        let Circuit::Open { since, hint } = self.circuit else { return None };
        let whole = config.circuit_timeout.max(hint.min(MOST_RETRY_AFTER));
        Some((since + whole).saturating_sub(now))
    }

    fn is_available(&self, config: &FailoverConfig, now: Duration) -> bool {
        self.left(config, now).is_none_or(|left| left.is_zero())
    }

    fn success(&mut self, config: &FailoverConfig) {
        self.successes += 1;
        self.failures = 0;
        self.circuit = match self.circuit {
            Circuit::HalfOpen { since, successes } if successes + 1 < config.success_threshold => {
                Circuit::HalfOpen { since, successes: successes + 1 }
            }
            _ => Circuit::Closed { failures: 0 },
        };
    }

    fn failure(&mut self, config: &FailoverConfig, now: Duration, kind: ErrorKind, hint: Option<Duration>) {
        self.failed += 1;
        self.failures += 1;
        self.last_error = Some(kind);
        self.circuit = match self.circuit {
            Circuit::Closed { failures } if failures + 1 < config.failure_threshold => {
                Circuit::Closed { failures: failures + 1 }
            }
            _ => Circuit::Open { since: now, hint: hint.unwrap_or_default() },
        };
    }
}

/// Two data sets, some sources, and a clock.
#[derive(Debug)]
pub(super) struct Model {
    pub(super) config: FailoverConfig,
    pub(super) sources: Vec<Source>,
    pub(super) forced: [Option<usize>; 2],
    pub(super) now: Duration,
}

/// How a call goes.
#[derive(Debug, PartialEq)]
pub(super) struct Told {
    /// Who was asked, what went wrong, and after how long.
    pub(super) attempts: Vec<(usize, Option<ErrorKind>, Duration)>,
    pub(super) skipped: Vec<(usize, Skip)>,
    pub(super) end: End,
    /// When it is over.
    pub(super) at: Duration,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Skip {
    Open(Duration),
    ProbeInFlight,
    Disabled,
    Unsupported,
    Throttled,
}

#[derive(Debug, PartialEq)]
pub(super) enum End {
    Answered(usize),
    UnknownSource,
    NoSource,
    InvalidInput,
    Unsupported,
    NotFound { no_data: bool, conclusive: bool },
    Failed { last: ErrorKind, retry_after: Option<Duration> },
    DeadlineExceeded,
}

/// The health of one source for one data set.
#[derive(Debug, PartialEq)]
pub(super) struct Seen {
    pub(super) source: usize,
    pub(super) priority: i32,
    pub(super) status: Status,
    pub(super) circuit: State,
    pub(super) available: bool,
    pub(super) failures: u32,
    pub(super) total: u32,
    pub(super) success_rate: Option<f64>,
    pub(super) mean_time: Option<f64>,
    pub(super) opened: Option<Duration>,
    pub(super) left: Option<Duration>,
    pub(super) last_error: Option<ErrorKind>,
}

impl Model {
    /// Who has the data set, in the order in which they are asked. Sources are numbered in the order of registration.
    pub(super) fn order(&self, dataset: usize) -> Vec<usize> {
        let mut order: Vec<(i32, usize)> = (self.sources.iter().enumerate())
            .filter_map(|(source, it)| Some((it.routes[dataset].as_ref()?.priority, source)))
            .collect();
        order.sort_unstable();
        order.into_iter().map(|(_, source)| source).collect()
    }

    pub(super) fn has(&self, source: usize, dataset: usize) -> bool {
        self.sources[source].routes[dataset].is_some()
    }

    fn route(&mut self, source: usize, dataset: usize) -> &mut Route {
        self.sources[source].routes[dataset].as_mut().unwrap()
    }

    pub(super) fn reset(&mut self, dataset: Option<usize>, source: usize) {
        for (of, route) in self.sources[source].routes.iter_mut().enumerate() {
            if let Some(route) = route.as_mut().filter(|_| dataset.is_none_or(|dataset| dataset == of)) {
                (route.circuit, route.failures) = (Circuit::Closed { failures: 0 }, 0);
            }
        }
    }

    pub(super) fn call(
        &mut self,
        dataset: usize,
        adjusted: bool,
        source: Option<usize>,
        deadline: Option<Duration>,
    ) -> Told {
        let over = self.now + deadline.unwrap_or(self.config.deadline);
        let mut told = Told { attempts: Vec::new(), skipped: Vec::new(), end: End::NoSource, at: self.now };
        let candidates = match source.or(self.forced[dataset]) {
            Some(forced) if !self.has(forced, dataset) => {
                told.end = End::UnknownSource;
                return told;
            }
            Some(forced) => vec![forced],
            None => self.order(dataset),
        };
        if !candidates.iter().any(|source| self.sources[*source].enabled) {
            return told;
        }
        let able: Vec<usize> = candidates
            .iter()
            .copied()
            .filter(|source| self.sources[*source].enabled && (self.sources[*source].adjusts || !adjusted))
            .collect();
        let (mut asked, mut none_left) = (0, true);
        for &source in &candidates {
            if !self.sources[source].enabled {
                told.skipped.push((source, Skip::Disabled));
                continue;
            }
            let Some(place) = able.iter().position(|able| *able == source) else {
                told.skipped.push((source, Skip::Unsupported));
                continue;
            };
            if self.config.max_attempts == Some(asked) {
                none_left = false;
                break;
            }
            if self.now >= over {
                return Told { end: End::DeadlineExceeded, at: self.now, ..told };
            }
            let (config, now) = (self.config.clone(), self.now);
            if let Some(left) = self.route(source, dataset).left(&config, now).filter(|left| !left.is_zero())
            {
                told.skipped.push((source, Skip::Open(left)));
                continue;
            }
            let later = &able[place + 1..];
            let usable = later.iter().filter(|later| {
                self.sources[**later].routes[dataset].as_ref().unwrap().is_available(&config, now)
            });
            let sharers = u32::try_from(usable.count() + 1).unwrap();
            let share = match config.deadline_policy {
                DeadlinePolicy::Fair => (over - now) / sharers,
                DeadlinePolicy::Greedy => over - now,
            };
            asked += 1;
            let (kind, took) = self.attempt(source, dataset, adjusted, share);
            told.attempts.push((source, kind, took));
            match kind {
                None => return Told { end: End::Answered(source), at: self.now, ..told },
                Some(ErrorKind::InvalidInput) => {
                    return Told { end: End::InvalidInput, at: self.now, ..told };
                }
                Some(_) => {}
            }
        }
        let end = self.end(dataset, &able, &told, self.now >= over, none_left);
        Told { end, at: self.now, ..told }
    }

    /// One attempt in its share of the time: what went wrong, and how long it took.
    fn attempt(
        &mut self,
        source: usize,
        dataset: usize,
        adjusted: bool,
        share: Duration,
    ) -> (Option<ErrorKind>, Duration) {
        let config = self.config.clone();
        let it = &mut self.sources[source];
        let reply = it.script[it.asked % it.script.len()];
        it.asked += 1;
        let time = share.min(config.attempt_timeout);
        // The clock's timers go off at whole milliseconds; an answer in the same instant is too late.
        let cut = Duration::from_millis(u64::try_from(time.as_nanos().div_ceil(1_000_000)).unwrap());
        let is_cut = reply.after >= cut;
        let took = if is_cut { cut } else { reply.after };
        let (kind, hint) = match reply.says {
            _ if is_cut => (Some(ErrorKind::Timeout), None),
            Says::Rows => (None, None),
            Says::Empty if dataset == 0 => (Some(ErrorKind::NoData), None),
            Says::Empty => (Some(ErrorKind::NotFound), None),
            Says::Nonsense => (Some(ErrorKind::Invalid), None),
            Says::Panic => (Some(ErrorKind::Plugin), None),
            Says::Fails(kind, hint) => (Some(kind), hint.filter(|_| kind == ErrorKind::RateLimited)),
        };
        self.now += took;
        let now = self.now;
        let route = self.route(source, dataset);
        if let Circuit::Open { since, .. } = route.circuit {
            route.circuit = Circuit::HalfOpen { since, successes: 0 };
        }
        route.total += 1;
        route.time += took;
        // What only says that the call was out of time counts if the source had time enough.
        let excused = is_cut && share < config.attempt_timeout && took < config.deadline_counts_after;
        // Every query has the same symbol, so what may be about the symbol counts only where the query was answered before.
        let answered = &mut route.answered[usize::from(adjusted)];
        let excused = excused || kind == Some(ErrorKind::Decode) && !*answered;
        *answered |= kind.is_none();
        match kind {
            None => route.success(&config),
            Some(kind) if counts(kind) && !excused => route.failure(&config, now, kind, hint),
            Some(_) => {}
        }
        (kind, took)
    }

    /// The outcome of a call that no source answered.
    fn end(&self, dataset: usize, able: &[usize], told: &Told, is_over: bool, none_left: bool) -> End {
        let kinds: Vec<ErrorKind> = told.attempts.iter().filter_map(|(_, kind, _)| *kind).collect();
        let counted = kinds.iter().rev().copied().find(|kind| counts(*kind));
        if is_over && counted == Some(ErrorKind::Timeout) {
            return End::DeadlineExceeded;
        }
        let none_could_be_asked = kinds.is_empty() && !able.is_empty();
        if counted.is_some() || none_could_be_asked {
            let of = |source: &usize| self.sources[*source].routes[dataset].as_ref().unwrap();
            let is_available = able.iter().any(|source| of(source).is_available(&self.config, self.now));
            let soonest = able.iter().filter_map(|source| of(source).left(&self.config, self.now)).min();
            return End::Failed {
                last: counted.unwrap_or(ErrorKind::CircuitOpen),
                retry_after: soonest.filter(|_| !is_available),
            };
        }
        if kinds.iter().all(|kind| *kind == ErrorKind::Unsupported) {
            return End::Unsupported;
        }
        End::NotFound {
            no_data: !kinds.contains(&ErrorKind::NotFound),
            conclusive: none_left && told.skipped.iter().all(|(_, reason)| *reason == Skip::Disabled),
        }
    }

    pub(super) fn health(&self, dataset: usize) -> Vec<Seen> {
        let order = self.order(dataset).into_iter();
        order
            .map(|source| {
                let (it, config) = (&self.sources[source], &self.config);
                let route = it.routes[dataset].as_ref().unwrap();
                let (circuit, since) = match route.circuit {
                    Circuit::Closed { .. } => (State::Closed, None),
                    Circuit::Open { since, .. } => (State::Open, Some(since)),
                    Circuit::HalfOpen { since, .. } => (State::HalfOpen, Some(since)),
                };
                let decided = route.successes + route.failed;
                Seen {
                    source,
                    priority: route.priority,
                    status: match circuit {
                        _ if !it.enabled => Status::Disabled,
                        State::Open => Status::CircuitOpen,
                        State::HalfOpen => Status::HalfOpen,
                        State::Closed if route.failures > 0 => Status::Degraded,
                        State::Closed => Status::Healthy,
                    },
                    circuit,
                    available: it.enabled && route.is_available(config, self.now),
                    failures: route.failures,
                    total: route.total,
                    success_rate: (decided > 0).then(|| f64::from(route.successes) / f64::from(decided)),
                    mean_time: (route.total > 0).then(|| route.time.as_secs_f64() / f64::from(route.total)),
                    opened: since.map(|since| self.now - since),
                    left: route.left(config, self.now),
                    last_error: route.last_error,
                }
            })
            .collect()
    }
}

/// The faults; the rest are answers without data, or the caller's mistake.
fn counts(kind: ErrorKind) -> bool {
    use ErrorKind::{Decode, Invalid, Plugin, RateLimited, Timeout, Upstream};
    matches!(kind, RateLimited | Timeout | Upstream | Decode | Invalid | Plugin)
}
