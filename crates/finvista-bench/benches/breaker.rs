//! The circuit breaker beside the floor, one relaxed load and one addition, and beside the breakers of other crates: a call that
//! passes and succeeds, and a rejected call, in one thread and in two that share the breaker.

#![allow(clippy::unwrap_used, reason = "a bench without its setup has nothing to measure")]

use std::hint::black_box;
use std::sync::Barrier;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, criterion_group, criterion_main};
use failsafe::{CircuitBreaker, failure_policy};
use finvista::raw::breaker::{Breaker, BreakerConfig};
use futures_util::FutureExt;
use recloser::Recloser;
use tower::ServiceExt;
use tower_resilience_circuitbreaker::CircuitBreakerLayer;

const LONG: Duration = Duration::from_secs(3_600);

/// The time of `call` in this many threads at once.
fn bench<T>(
    group: &mut BenchmarkGroup<'_, WallTime>,
    name: &str,
    threads: usize,
    call: impl Fn() -> T + Sync,
) {
    group.bench_function(name, |bencher| {
        bencher.iter_custom(|calls| {
            let barrier = Barrier::new(threads);
            let timed = || {
                barrier.wait();
                let start = Instant::now();
                (0..calls).for_each(|_| drop(black_box(call())));
                start.elapsed()
            };
            std::thread::scope(|scope| {
                let others: Vec<_> = (1..threads).map(|_| scope.spawn(timed)).collect();
                let mine = timed();
                others.into_iter().map(|other| other.join().unwrap()).fold(mine, Duration::max)
            })
        });
    });
}

fn closed(criterion: &mut Criterion) {
    for threads in [1, 2] {
        let mut group = criterion.benchmark_group(format!("breaker, success, threads: {threads}"));
        let (word, counter) = (AtomicU64::new(0), AtomicU64::new(0));
        bench(&mut group, "floor", threads, || {
            black_box(word.load(Relaxed));
            counter.fetch_add(1, Relaxed)
        });
        let breaker = Breaker::new(BreakerConfig::default()).unwrap();
        bench(&mut group, "finvista", threads, || breaker.acquire(|| Duration::ZERO).unwrap().success());
        let failsafe = failsafe(5);
        bench(&mut group, "failsafe", threads, || failsafe.call(|| Ok::<_, ()>(black_box(1))).unwrap());
        let recloser = Recloser::custom().build();
        bench(&mut group, "recloser", threads, || recloser.call(|| Ok::<_, ()>(black_box(1))).unwrap());
        let tower = tower_resilience(5);
        bench(&mut group, "tower-resilience", threads, || tower(true));
        group.finish();
    }
}

fn open(criterion: &mut Criterion) {
    for threads in [1, 2] {
        let mut group = criterion.benchmark_group(format!("breaker, rejection, threads: {threads}"));
        let (word, counter) = (AtomicU64::new(0), AtomicU64::new(0));
        bench(&mut group, "floor", threads, || {
            black_box(word.load(Relaxed));
            counter.fetch_add(1, Relaxed)
        });
        let config =
            BreakerConfig { failure_threshold: 1, circuit_timeout: LONG, ..BreakerConfig::default() };
        let breaker = Breaker::new(config).unwrap();
        breaker.acquire(|| Duration::ZERO).unwrap().failure(|| Duration::ZERO, None);
        // A call reads the clock once, before it asks the breakers of its sources. The others read it each time.
        let (origin, now) = (Instant::now(), black_box(Duration::from_secs(1)));
        bench(&mut group, "finvista", threads, || breaker.acquire(|| now).unwrap_err());
        bench(&mut group, "finvista, reading the clock", threads, || {
            breaker.acquire(|| origin.elapsed()).unwrap_err()
        });
        let failsafe = failsafe(1);
        failsafe.call(|| Err::<(), _>(())).unwrap_err();
        bench(&mut group, "failsafe", threads, || failsafe.call(|| Ok::<_, ()>(1)).unwrap_err());
        let recloser = Recloser::custom().closed_len(1).error_rate(0.5).open_wait(LONG).build();
        while matches!(recloser.call(|| Err::<(), _>(())), Err(recloser::Error::Inner(()))) {}
        bench(&mut group, "recloser", threads, || recloser.call(|| Ok::<_, ()>(1)).unwrap_err());
        if threads == 1 {
            // Under contention it needs a timer, and so a runtime.
            let tower = tower_resilience(1);
            tower(false);
            assert!(!tower(true), "the circuit is open");
            bench(&mut group, "tower-resilience", threads, || tower(true));
        }
        bench(&mut group, "clock", threads, || origin.elapsed());
        group.finish();
    }
}

/// A breaker of `failsafe` with our policy: consecutive failures.
fn failsafe(failures: u32) -> impl CircuitBreaker + Sync {
    let policy = failure_policy::consecutive_failures(failures, failsafe::backoff::constant(LONG));
    failsafe::Config::new().failure_policy(policy).build()
}

/// A service behind the breaker of `tower-resilience` with the same policy. It returns whether the call succeeds.
fn tower_resilience(failures: usize) -> impl Fn(bool) -> bool + Sync {
    let layer =
        CircuitBreakerLayer::builder().consecutive_failures(failures).wait_duration_in_open(LONG).build();
    let answer = |well: bool| std::future::ready(if well { Ok(()) } else { Err(()) });
    let service = layer.unwrap().layer_fn(tower::service_fn(answer));
    // Each call clones the service, as users of tower do. Under contention it waits for a lock.
    move |well| {
        let mut call = std::pin::pin!(service.clone().oneshot(well));
        loop {
            if let Some(answer) = call.as_mut().now_or_never() {
                return answer.is_ok();
            }
            std::hint::spin_loop();
        }
    }
}

criterion_group!(benches, closed, open);
criterion_main!(benches);
