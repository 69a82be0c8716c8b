//! The breaker under a model checker: every order in which two threads can meet at the word, the mutex and the counters.
//!
//! ```sh
//! RUSTFLAGS="--cfg loom" cargo test -p finvista-core --lib --target-dir target/loom loom_tests
//! ```

use loom::thread;

use super::*;

fn config(failure_threshold: u32) -> BreakerConfig {
    BreakerConfig {
        failure_threshold,
        circuit_timeout: Duration::from_secs(60),
        success_threshold: 1,
        ..BreakerConfig::default()
    }
}

/// The model's threads outlive no test, but the compiler cannot know: a breaker is left behind for each order.
fn breaker(config: BreakerConfig) -> &'static Breaker {
    Box::leak(Box::new(Breaker::new(config).unwrap()))
}

/// The start of the clock, and the moment when a circuit that opened then is due.
fn start() -> Tick {
    Tick::ZERO
}

fn due() -> Tick {
    Duration::from_secs(60)
}

fn fail(breaker: &Breaker) -> Verdict {
    breaker.acquire(start).unwrap().failure(start, None)
}

/// Every order there is, with no bound on how often a thread is interrupted.
fn in_every_order(check: impl Fn() + Sync + Send + 'static) {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = None;
    model.check(check);
}

#[test]
fn of_two_failures_at_the_threshold_one_opens_and_the_other_is_stale() {
    in_every_order(|| {
        let breaker = breaker(config(2));
        fail(breaker);
        let (one, other) = (breaker.acquire(start).unwrap(), breaker.acquire(start).unwrap());
        let thread = thread::spawn(move || one.failure(start, None));
        let verdicts = [other.failure(start, None), thread.join().unwrap()];
        let opened = |verdict: &&Verdict| verdict.effect == Effect::Counted && verdict.transition.is_some();
        assert_eq!(verdicts.iter().filter(opened).count(), 1);
        assert_eq!(verdicts.iter().filter(|verdict| verdict.effect == Effect::Stale).count(), 1);
        assert_eq!(breaker.snapshot(start()).lifetime.failures, 3);
    });
}

#[test]
fn a_success_and_a_failure_at_once_count_in_the_order_of_their_completion() {
    in_every_order(|| {
        let breaker = breaker(config(2));
        fail(breaker);
        let (good, bad) = (breaker.acquire(start).unwrap(), breaker.acquire(start).unwrap());
        let thread = thread::spawn(move || bad.failure(start, None));
        let (success, failure) = (good.success(), thread.join().unwrap());
        let snapshot = breaker.snapshot(start());
        assert_eq!(failure.effect, Effect::Counted);
        if failure.transition.is_some() {
            assert_eq!((snapshot.state, success.effect), (State::Open, Effect::Stale));
        } else {
            assert_eq!(success.effect, Effect::Counted);
            assert_eq!((snapshot.state, snapshot.failures), (State::Closed, 1));
        }
    });
}

#[test]
fn of_two_calls_that_find_it_due_one_is_the_probe() {
    in_every_order(|| {
        let breaker = breaker(config(1));
        fail(breaker);
        let calls = [(); 2].map(|()| thread::spawn(move || breaker.acquire(due)));
        let calls = calls.map(|thread| thread.join().unwrap());
        assert_eq!(calls.iter().filter(|call| call.is_ok()).count(), 1);
    });
}

#[test]
fn a_failure_is_held_against_one_threshold_while_it_is_lowered() {
    in_every_order(|| {
        let breaker = breaker(config(3));
        fail(breaker);
        let permit = breaker.acquire(start).unwrap();
        let thread = thread::spawn(move || {
            breaker.set_config(config(2)).unwrap();
            breaker.snapshot(start())
        });
        let (failure, seen) = (permit.failure(start, None), thread.join().unwrap());
        assert_eq!(failure.effect, Effect::Counted);
        // Who saw one failure after the change knows that the other came later, and so opened the circuit.
        if seen.state == State::Closed && seen.failures == 1 {
            assert!(failure.transition.is_some());
        }
        let snapshot = breaker.snapshot(start());
        match failure.transition {
            Some(_) => assert_eq!(snapshot.state, State::Open),
            None => assert_eq!((snapshot.state, snapshot.failures), (State::Closed, 2)),
        }
    });
}

#[test]
fn a_reset_comes_before_a_failure_or_after_it() {
    in_every_order(|| {
        let breaker = breaker(config(2));
        fail(breaker);
        let permit = breaker.acquire(start).unwrap();
        let thread = thread::spawn(move || breaker.reset());
        let (failure, reset) = (permit.failure(start, None), thread.join().unwrap());
        let snapshot = breaker.snapshot(start());
        assert_eq!((snapshot.state, snapshot.failures), (State::Closed, 0));
        match failure.transition {
            Some(opened) => assert_eq!((opened.epoch, reset.from, reset.epoch), (1, State::Open, 2)),
            None => {
                assert_eq!((failure.effect, reset.from, reset.epoch), (Effect::Stale, State::Closed, 1))
            }
        }
    });
}

#[test]
fn who_sees_it_open_sees_when_and_by_what() {
    in_every_order(|| {
        let later = || Duration::from_secs(100);
        let breaker = breaker(config(1));
        let permit = breaker.acquire(start).unwrap();
        let thread = thread::spawn(move || permit.failure(later, None));
        match breaker.acquire(later) {
            Err(rejected) => {
                assert_eq!(rejected, Rejected::Open { retry_after: Duration::from_secs(60) });
                assert_eq!(breaker.snapshot(due()).lifetime.failures, 1);
            }
            Ok(permit) => assert_eq!(permit.kind(), PermitKind::Normal),
        }
        thread.join().unwrap();
    });
}

#[test]
fn a_dropped_probe_gives_its_slot_to_one_caller() {
    in_every_order(|| {
        let breaker = breaker(BreakerConfig { success_threshold: 2, ..config(1) });
        fail(breaker);
        let probe = breaker.acquire(due).unwrap();
        let thread = thread::spawn(move || drop(probe));
        let next = breaker.acquire(due);
        thread.join().unwrap();
        match next {
            Ok(permit) => assert_eq!(permit.success().effect, Effect::Counted),
            Err(rejected) => assert_eq!(rejected, Rejected::ProbeInFlight),
        }
        assert!(breaker.snapshot(due()).available);
    });
}

#[test]
fn a_call_meets_the_circuit_before_it_closes_or_after() {
    in_every_order(|| {
        let breaker = breaker(config(1));
        fail(breaker);
        let probe = breaker.acquire(due).unwrap();
        let thread = thread::spawn(move || probe.success());
        let call = breaker.acquire(due);
        assert_eq!(thread.join().unwrap().transition.map(|closed| closed.to), Some(State::Closed));
        if let Ok(permit) = call {
            assert_eq!(permit.kind(), PermitKind::Normal);
            assert_eq!(permit.failure(due, None).transition.map(|opened| opened.epoch), Some(4));
        }
    });
}

#[test]
fn a_probe_whose_lease_is_over_counts_or_is_replaced() {
    in_every_order(|| {
        let lease = Some(Duration::from_secs(1));
        let breaker = breaker(BreakerConfig { probe_lease: lease, success_threshold: 2, ..config(1) });
        fail(breaker);
        let probe = breaker.acquire(due).unwrap();
        let thread = thread::spawn(move || probe.success());
        let next = breaker.acquire(|| due() + Duration::from_secs(1)).unwrap();
        let counted = thread.join().unwrap().effect == Effect::Counted;
        let snapshot = breaker.snapshot(due());
        assert_eq!((snapshot.successes, snapshot.probe_in_flight), (u32::from(counted), true));
        drop(next);
    });
}
