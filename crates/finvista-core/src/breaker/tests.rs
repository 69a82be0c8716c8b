//! The breaker under threads, and what the vectors cannot express.

use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::thread;
use std::time::Duration;

use super::*;

const THREADS: usize = 8;
const ROUNDS: usize = 200;

fn breaker(config: BreakerConfig) -> Breaker {
    Breaker::new(config).unwrap()
}

fn at(seconds: u64) -> impl FnOnce() -> Tick {
    move || Duration::from_secs(seconds)
}

fn no_clock() -> Tick {
    panic!("the clock was read")
}

/// A circuit with the default thresholds that opened at second 0.
fn opened() -> Breaker {
    let breaker = breaker(BreakerConfig::default());
    for _ in 0..5 {
        breaker.acquire(no_clock).unwrap().failure(at(0), None);
    }
    assert_eq!(breaker.snapshot(Tick::ZERO).state, State::Open);
    breaker
}

/// Runs `work` on all threads at once and returns all results.
fn on_all_threads<T: Send>(work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let barrier = Barrier::new(THREADS);
    thread::scope(|scope| {
        let start = |index| {
            let (work, barrier) = (&work, &barrier);
            scope.spawn(move || {
                barrier.wait();
                work(index)
            })
        };
        let handles: Vec<_> = (0..THREADS).map(start).collect();
        handles.into_iter().map(|handle| handle.join().unwrap()).collect()
    })
}

#[test]
fn breaker_and_permit_cross_threads() {
    fn crosses<T: Send + Sync>() {}
    crosses::<Breaker>();
    crosses::<Permit<'_>>();
}

#[test]
fn one_of_all_threads_at_the_boundary_gets_the_probe() {
    for _ in 0..ROUNDS {
        let breaker = opened();
        let results = on_all_threads(|_| breaker.acquire(at(60)));
        let probes: Vec<_> = results.iter().flatten().collect();
        assert_eq!(probes.len(), 1);
        assert_eq!(probes[0].kind(), PermitKind::Probe);
        let expected = Transition { from: State::Open, to: State::HalfOpen, epoch: 2 };
        assert_eq!(probes[0].transition(), Some(expected));
        let rejected = results.iter().filter(|result| matches!(result, Err(Rejected::ProbeInFlight)));
        assert_eq!(rejected.count(), THREADS - 1);
    }
}

#[test]
fn failures_that_cross_the_threshold_together_open_the_circuit_once() {
    for _ in 0..ROUNDS {
        let breaker = breaker(BreakerConfig::default());
        let permits: Vec<_> = (0..THREADS).map(|_| Mutex::new(breaker.acquire(no_clock).ok())).collect();
        let verdicts = on_all_threads(|index| {
            let permit = permits[index].lock().unwrap().take().unwrap();
            permit.failure(at(7), None)
        });
        let with = |effect| verdicts.iter().filter(|verdict| verdict.effect == effect).count();
        assert_eq!(with(Effect::Counted), 5);
        assert_eq!(with(Effect::Stale), THREADS - 5);
        let transitions: Vec<_> = verdicts.iter().filter_map(|verdict| verdict.transition).collect();
        assert_eq!(transitions, [Transition { from: State::Closed, to: State::Open, epoch: 1 }]);
        let snapshot = breaker.snapshot(Duration::from_secs(7));
        assert_eq!((snapshot.state, snapshot.opened_for), (State::Open, Some(Duration::ZERO)));
        assert_eq!(snapshot.lifetime.failures, THREADS as u64);
    }
}

#[test]
fn a_permit_dropped_on_another_thread_frees_the_slot() {
    let breaker = opened();
    for _ in 0..ROUNDS {
        let probe = breaker.acquire(at(60)).unwrap();
        assert_eq!(breaker.acquire(at(60)).unwrap_err(), Rejected::ProbeInFlight);
        thread::scope(|scope| scope.spawn(move || drop(probe)).join().unwrap());
    }
    let snapshot = breaker.snapshot(Duration::from_secs(60));
    assert!(snapshot.available && !snapshot.probe_in_flight);
    assert_eq!(snapshot.lifetime.ignored, ROUNDS as u64);
}

/// Calls that succeed, fail and are dropped, with resets and new thresholds, and a timeout of zero so that the circuit changes
/// as often as possible.
#[test]
fn in_a_storm_each_epoch_has_one_author_and_never_two_probes_are_in_flight() {
    let config = |failure_threshold| BreakerConfig {
        failure_threshold,
        circuit_timeout: Duration::ZERO,
        success_threshold: 2,
        ..BreakerConfig::default()
    };
    let breaker = breaker(config(2));
    let probing = AtomicBool::new(false);
    let (probes, admitted) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let work = |thread: usize| {
        let mut seen = Vec::new();
        // Every thread has its own sequence of choices, the same in each run.
        let mut choice = thread as u64 + 1;
        for round in 0..2_000 {
            choice = choice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let Ok(permit) = breaker.acquire(at(0)) else { continue };
            admitted.fetch_add(1, SeqCst);
            seen.extend(permit.transition());
            let probe = permit.kind() == PermitKind::Probe;
            if probe {
                probes.fetch_add(1, SeqCst);
                assert!(!probing.swap(true, SeqCst), "two probes in flight");
                thread::yield_now();
                probing.store(false, SeqCst);
            }
            match (choice >> 60, round % 50) {
                (0, _) => drop(permit),
                (1, _) => assert_ne!(permit.ignored().effect, Effect::Counted),
                (2..9, _) => seen.extend(permit.success().transition),
                (_, 0) => breaker.set_config(config(1 + (choice >> 50) as u32 % 3)).unwrap(),
                _ => seen.extend(permit.failure(at(0), None).transition),
            }
        }
        seen
    };
    let mut transitions: Vec<_> = on_all_threads(work).into_iter().flatten().collect();
    transitions.sort_by_key(|transition| transition.epoch);

    assert!(probes.load(SeqCst) > 0);
    let mut state = State::Closed;
    for (transition, epoch) in transitions.iter().zip(1..) {
        assert_eq!((transition.epoch, transition.from), (epoch, state));
        state = transition.to;
    }
    let snapshot = breaker.snapshot(Tick::ZERO);
    assert_eq!((snapshot.state, snapshot.epoch), (state, transitions.len() as u64));
    assert_eq!(snapshot.lifetime.total(), admitted.into_inner() as u64);
}

#[test]
fn resets_among_verdicts_leave_a_closed_circuit() {
    for _ in 0..ROUNDS {
        let breaker = breaker(BreakerConfig::default());
        on_all_threads(|_| {
            for _ in 0..4 {
                if let Ok(permit) = breaker.acquire(at(0)) {
                    permit.failure(at(0), None);
                }
            }
            breaker.reset();
        });
        let snapshot = breaker.snapshot(Tick::ZERO);
        assert_eq!(snapshot.state, State::Closed, "the last reset came after every failure");
        assert!(snapshot.epoch >= THREADS as u64);
        assert_eq!(snapshot.failures, 0);
    }
}

#[test]
fn the_closed_circuit_never_reads_the_clock() {
    let breaker = breaker(BreakerConfig::default());
    for _ in 0..4 {
        breaker.acquire(no_clock).unwrap().failure(no_clock, None);
    }
    breaker.acquire(no_clock).unwrap().ignored();
    drop(breaker.acquire(no_clock).unwrap());
    breaker.acquire(no_clock).unwrap().success();
    let stale = breaker.acquire(no_clock).unwrap();
    breaker.reset();
    assert_eq!(stale.failure(no_clock, None).effect, Effect::Stale);
}

#[test]
fn a_clock_that_panics_does_not_leave_the_probe_slot_taken() {
    let breaker = opened();
    let probe = breaker.acquire(at(60)).unwrap();
    thread::scope(|scope| scope.spawn(move || probe.failure(no_clock, None)).join()).unwrap_err();
    let snapshot = breaker.snapshot(Duration::from_secs(60));
    assert_eq!((snapshot.state, snapshot.available), (State::HalfOpen, true));
}

#[test]
fn the_clock_may_use_the_breaker() {
    let breaker = opened();
    let now = || breaker.snapshot(Tick::ZERO).opened_for.unwrap() + Duration::from_secs(60);
    assert_eq!(breaker.acquire(now).unwrap().failure(now, None).effect, Effect::Counted);
}

#[test]
fn a_refused_configuration_changes_nothing() {
    let breaker = breaker(BreakerConfig::default());
    let before = breaker.config();
    let wrong = BreakerConfig { failure_threshold: 1, success_threshold: 0, ..before };
    assert_eq!(breaker.set_config(wrong.clone()).unwrap_err().key, "success_threshold");
    assert_eq!(Breaker::new(wrong).unwrap_err().key, "success_threshold");
    assert_eq!(breaker.config(), before);
    assert_eq!(breaker.acquire(no_clock).unwrap().failure(no_clock, None).transition, None);
}

#[test]
fn a_new_cap_applies_to_the_retry_after_of_a_running_open() {
    let breaker = breaker(BreakerConfig { failure_threshold: 1, ..BreakerConfig::default() });
    let hour = Duration::from_secs(3600);
    breaker.acquire(no_clock).unwrap().failure(at(0), Some(hour));
    let left = || breaker.snapshot(Tick::ZERO).retry_after;
    assert_eq!(left(), Some(Duration::from_secs(900)));
    breaker.set_config(BreakerConfig { max_retry_after: hour, ..breaker.config() }).unwrap();
    assert_eq!(left(), Some(hour));
}

#[test]
fn states_and_rejections_have_readable_text() {
    assert_eq!(
        [State::Closed, State::Open, State::HalfOpen].map(|state| state.to_string()).join(" "),
        "closed open half_open"
    );
    assert_eq!(format!("[{:>6}]", State::Open), "[  open]");
    assert_eq!(
        Rejected::Open { retry_after: Duration::from_secs(42) }.to_string(),
        "the circuit is open, a probe is due in 42s"
    );
    assert_eq!(Rejected::ProbeInFlight.to_string(), "the circuit is half open, and its probe is in flight");
}
