//! The breaker against a simple model of its rules: random overlapping calls, a clock that jumps in both directions, new
//! thresholds and resets. After every step everything observable must be equal.

use std::cell::Cell;
use std::time::Duration;

use proptest::prelude::*;

use super::*;

/// The rules for a single thread, with the state as an enum.
struct Model {
    config: BreakerConfig,
    phase: Phase,
    epoch: u64,
    last_probe: u64,
    lifetime: Lifetime,
}

enum Phase {
    Closed { failures: u32 },
    Open { opened_at: Tick, hint: Duration },
    HalfOpen { opened_at: Tick, successes: u32, probe: Option<(u64, Tick)> },
}

#[derive(Clone, Copy)]
struct ModelPermit {
    epoch: u64,
    probe: Option<u64>,
}

#[derive(Clone, Copy, Debug)]
enum Outcome {
    Success,
    Failure(Option<Duration>),
    Ignored,
}

impl Model {
    fn state(&self) -> State {
        match self.phase {
            Phase::Closed { .. } => State::Closed,
            Phase::Open { .. } => State::Open,
            Phase::HalfOpen { .. } => State::HalfOpen,
        }
    }

    fn enter(&mut self, phase: Phase) -> Transition {
        let from = self.state();
        self.phase = phase;
        self.epoch += 1;
        Transition { from, to: self.state(), epoch: self.epoch }
    }

    fn time_left(&self, opened_at: Tick, hint: Duration, now: Tick) -> Duration {
        let elapsed = if now > opened_at { now - opened_at } else { Duration::ZERO };
        let total = self.config.circuit_timeout.max(hint.min(self.config.max_retry_after));
        if elapsed >= total { Duration::ZERO } else { total - elapsed }
    }

    fn slot_is_free(&self, probe: Option<(u64, Tick)>, now: Tick) -> bool {
        match (probe, self.config.probe_lease) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some((_, since)), Some(lease)) => now >= since && now - since >= lease,
        }
    }

    fn acquire(&mut self, now: Tick) -> Result<(ModelPermit, Option<Transition>), Rejected> {
        let mut transition = None;
        if let Phase::Open { opened_at, hint } = self.phase {
            let retry_after = self.time_left(opened_at, hint, now);
            if retry_after > Duration::ZERO {
                self.lifetime.rejected += 1;
                return Err(Rejected::Open { retry_after });
            }
            transition = Some(self.enter(Phase::HalfOpen { opened_at, successes: 0, probe: None }));
        }
        let mut id = None;
        if let Phase::HalfOpen { opened_at, successes, probe } = self.phase {
            if !self.slot_is_free(probe, now) {
                self.lifetime.rejected += 1;
                return Err(Rejected::ProbeInFlight);
            }
            self.last_probe += 1;
            id = Some(self.last_probe);
            self.phase = Phase::HalfOpen { opened_at, successes, probe: Some((self.last_probe, now)) };
        }
        Ok((ModelPermit { epoch: self.epoch, probe: id }, transition))
    }

    fn verdict(&mut self, permit: ModelPermit, outcome: Outcome, now: Tick) -> Verdict {
        match outcome {
            Outcome::Success => self.lifetime.successes += 1,
            Outcome::Failure(_) => self.lifetime.failures += 1,
            Outcome::Ignored => self.lifetime.ignored += 1,
        }
        let in_slot = match self.phase {
            Phase::HalfOpen { probe, .. } => probe.map(|(id, _)| id) == permit.probe,
            _ => permit.probe.is_none(),
        };
        if permit.epoch != self.epoch || !in_slot {
            self.lifetime.stale += 1;
            return Verdict { effect: Effect::Stale, transition: None };
        }
        let open = |hint: Option<Duration>| Phase::Open { opened_at: now, hint: hint.unwrap_or_default() };
        let mut transition = None;
        match (&mut self.phase, outcome) {
            (Phase::Closed { failures }, Outcome::Success) => *failures = 0,
            (Phase::Closed { failures }, Outcome::Failure(hint)) => {
                *failures += 1;
                if *failures >= self.config.failure_threshold {
                    transition = Some(self.enter(open(hint)));
                }
            }
            (Phase::HalfOpen { successes, probe, .. }, Outcome::Success) => {
                *probe = None;
                *successes += 1;
                if *successes >= self.config.success_threshold {
                    transition = Some(self.enter(Phase::Closed { failures: 0 }));
                }
            }
            (Phase::HalfOpen { .. }, Outcome::Failure(hint)) => transition = Some(self.enter(open(hint))),
            (Phase::HalfOpen { probe, .. }, Outcome::Ignored) => *probe = None,
            (Phase::Closed { .. }, Outcome::Ignored) => {}
            (Phase::Open { .. }, _) => panic!("an open circuit issues no permits"),
        }
        let effect = if matches!(outcome, Outcome::Ignored) { Effect::Neutral } else { Effect::Counted };
        Verdict { effect, transition }
    }

    fn snapshot(&self, now: Tick) -> Snapshot {
        let mut snapshot = Snapshot {
            state: self.state(),
            epoch: self.epoch,
            failures: 0,
            successes: 0,
            probe_in_flight: false,
            available: true,
            retry_after: None,
            opened_for: None,
            lifetime: self.lifetime,
        };
        match self.phase {
            Phase::Closed { failures } => snapshot.failures = failures,
            Phase::Open { opened_at, hint } => {
                let left = self.time_left(opened_at, hint, now);
                snapshot.available = left == Duration::ZERO;
                snapshot.retry_after = Some(left);
                snapshot.opened_for = Some(now.saturating_sub(opened_at));
            }
            Phase::HalfOpen { opened_at, successes, probe } => {
                snapshot.successes = successes;
                snapshot.probe_in_flight = probe.is_some();
                snapshot.available = self.slot_is_free(probe, now);
                snapshot.opened_for = Some(now.saturating_sub(opened_at));
            }
        }
        snapshot
    }
}

#[derive(Debug, Clone)]
enum Op {
    Acquire,
    /// A verdict for one of the permits held, chosen by the index modulo their number.
    Verdict(usize, Outcome),
    Drop(usize),
    Reset,
    SetConfig(BreakerConfig),
}

fn millis(range: std::ops::Range<u64>) -> impl Strategy<Value = Duration> {
    range.prop_map(Duration::from_millis)
}

/// Thresholds around zero, which is refused, and times in the range of the clock's steps.
fn config() -> impl Strategy<Value = BreakerConfig> {
    let lease = prop_oneof![2 => Just(None), 1 => millis(0..60).prop_map(Some)];
    (0..5_u32, millis(0..50), 0..4_u32, lease, millis(0..120)).prop_map(
        |(failure_threshold, circuit_timeout, success_threshold, probe_lease, max_retry_after)| {
            BreakerConfig {
                failure_threshold,
                circuit_timeout,
                success_threshold,
                probe_lease,
                max_retry_after,
            }
        },
    )
}

fn is_right(config: &BreakerConfig) -> bool {
    config.failure_threshold > 0
        && config.success_threshold > 0
        && config.probe_lease.is_none_or(|lease| lease > Duration::ZERO)
}

fn op() -> impl Strategy<Value = Op> {
    let outcome = prop_oneof![
        4 => Just(Outcome::Success),
        5 => proptest::option::weighted(0.3, millis(0..200)).prop_map(Outcome::Failure),
        1 => Just(Outcome::Ignored),
    ];
    prop_oneof![
        20 => Just(Op::Acquire),
        14 => (any::<usize>(), outcome).prop_map(|(index, outcome)| Op::Verdict(index, outcome)),
        2 => any::<usize>().prop_map(Op::Drop),
        1 => Just(Op::Reset),
        2 => config().prop_map(Op::SetConfig),
    ]
}

/// A step of the clock, mostly forward.
fn step() -> impl Strategy<Value = i64> {
    prop_oneof![3 => Just(0_i64), 5 => 0..30_i64, 1 => -60..0_i64, 1 => 30..300_i64]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_breaker_is_its_model(
        first in config().prop_filter("valid", is_right),
        ops in proptest::collection::vec((step(), op()), 1..150),
    ) {
        let breaker = Breaker::new(first.clone()).unwrap();
        let mut model = Model {
            config: first,
            phase: Phase::Closed { failures: 0 },
            epoch: 0,
            last_probe: 0,
            lifetime: Lifetime::default(),
        };
        let mut held: Vec<(Permit<'_>, ModelPermit)> = Vec::new();
        let mut millis = 1_000_i64;
        for (step, op) in ops {
            millis = (millis + step).max(0);
            let now = Duration::from_millis(millis.unsigned_abs());
            let clock_read = Cell::new(false);
            let clock = || { clock_read.set(true); now };
            let before = model.state();
            match op {
                Op::Acquire => match (breaker.acquire(clock), model.acquire(now)) {
                    (Ok(permit), Ok((twin, transition))) => {
                        prop_assert_eq!(permit.kind() == PermitKind::Probe, twin.probe.is_some());
                        prop_assert_eq!(permit.transition(), transition);
                        prop_assert_eq!(clock_read.get(), before != State::Closed);
                        held.push((permit, twin));
                    }
                    (real, modelled) => prop_assert_eq!(real.err(), modelled.err()),
                },
                Op::Verdict(index, outcome) if !held.is_empty() => {
                    let (permit, twin) = held.swap_remove(index % held.len());
                    let verdict = match outcome {
                        Outcome::Success => permit.success(),
                        Outcome::Failure(hint) => permit.failure(clock, hint),
                        Outcome::Ignored => permit.ignored(),
                    };
                    let expected = model.verdict(twin, outcome, now);
                    prop_assert_eq!(verdict, expected);
                    if twin.probe.is_none() {
                        prop_assert_eq!(clock_read.get(), expected.transition.is_some());
                    }
                }
                Op::Drop(index) if !held.is_empty() => {
                    let (permit, twin) = held.swap_remove(index % held.len());
                    drop(permit);
                    model.verdict(twin, Outcome::Ignored, now);
                }
                Op::Verdict(..) | Op::Drop(_) => {}
                Op::Reset => prop_assert_eq!(breaker.reset(), model.enter(Phase::Closed { failures: 0 })),
                Op::SetConfig(config) => {
                    prop_assert_eq!(breaker.set_config(config.clone()).is_ok(), is_right(&config));
                    if is_right(&config) {
                        model.config = config;
                    }
                    prop_assert_eq!(breaker.config(), model.config.clone());
                }
            }
            prop_assert_eq!(breaker.snapshot(now), model.snapshot(now));
            // A snapshot of a later time is right, too, and changes nothing.
            let later = now + Duration::from_millis(37);
            prop_assert_eq!(breaker.snapshot(later), model.snapshot(later));
        }
    }
}
