#![cfg(test)]
//! Chaos: random faults at all vendors, over real HTTP, while random calls come sixteen at a time. Never a wrong row, never a
//! wait beyond the deadline, and no error while one vendor is healthy and able. In CI for some seconds; for longer:
//!
//! ```sh
//! FINVISTA_CHAOS_CALLS=1000000 cargo test --release -p finvista-tests chaos -- --nocapture
//! ```
//!
//! Time goes by in storms. Before each there is a calm: no call is under way, no fault in force, every circuit is closed.
//! In a storm each vendor is ill or not, from its beginning to its end; what exactly an ill one suffers from changes all the
//! time. A vendor is healthy if it is not ill, and able if it answered this very question before the first storm. A circuit
//! that is half open cannot carry all calls, which is why an ill vendor is not taken for healthy before the next calm.

mod questions;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use finvista::{CallOptions, Error, SkipReason, Status, Table};
use finvista_testkit::{Limits, Market, Simulator, Vendor};
use tokio::task::JoinSet;

use crate::support::{Bench, UNTIL, client, told};
use questions::{Question, questions};

const SEED: u64 = 1;
const AT_ONCE: usize = 16;
const CALLS_A_STORM: usize = 400;
const QUESTIONS: usize = 96;
/// How long it runs unless a number of calls is given.
const TIME: Duration = Duration::from_secs(20);

const DATASETS: [&str; 2] = ["cn_stock_daily", "cn_stock_quote"];
const DEADLINE: Duration = Duration::from_secs(10);
/// The delay that a busy machine may add.
const LATE: Duration = Duration::from_secs(2);

const FAULTS: [&str; 16] = [
    "reset",
    "status:429:1",
    "status:403",
    "status:456",
    "status:500",
    "status:502",
    "status:503",
    "truncated",
    "wrong-length",
    "html",
    "garbage",
    "other-symbol",
    "schema-drift",
    "lost-column",
    "empty",
    "latency:20ms",
];

#[derive(Debug, Default)]
struct Tally {
    begun: AtomicUsize,
    answered: AtomicUsize,
    failovers: AtomicUsize,
    not_found: AtomicUsize,
    errors: AtomicUsize,
    /// Calls that only one vendor could answer.
    owed: AtomicUsize,
    dropped: AtomicUsize,
    skipped_open: AtomicUsize,
    faults: Mutex<BTreeMap<&'static str, usize>>,
    slowest: Mutex<Duration>,
}

struct Chaos {
    bench: Bench,
    questions: Vec<Question>,
    tally: Tally,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn chaos() {
    let most: Option<usize> = std::env::var("FINVISTA_CHAOS_CALLS").ok().map(|calls| calls.parse().unwrap());
    // Small pages, so that a short answer has several.
    let limits = Limits { tencent_rows: 25, ..Limits::default() };
    let simulator = Simulator::builder().market(Market::new(81, UNTIL)).limits(limits).start().await.unwrap();
    let client = client(&simulator).timeout(DEADLINE).failover(|failover| {
        // Circuits open and are tried again many times in a storm. A healthy vendor has time enough on a busy machine.
        failover.circuit_timeout = Duration::from_millis(20);
        failover.attempt_timeout = Duration::from_secs(2);
    });
    let bench = Bench { fv: client.build().unwrap(), simulator };
    let questions = questions(&bench, SEED, QUESTIONS).await;
    let chaos = Arc::new(Chaos { bench, questions, tally: Tally::default() });
    let mut dice = fastrand::Rng::with_seed(SEED);
    let (began, mut storms, mut memory) = (Instant::now(), 0, None);
    let is_over = |begun: usize| most.map_or_else(|| began.elapsed() >= TIME, |most| begun >= most);
    while !is_over(chaos.tally.begun.load(Relaxed)) {
        chaos.calm().await;
        chaos.storm(&mut dice).await;
        storms += 1;
        // What the first storms leave behind is what connections and circuits need.
        if storms == 10 {
            memory = resident();
        }
    }
    chaos.calm().await;
    chaos.tell(storms, began.elapsed(), memory.zip(resident()));
    let tally = &chaos.tally;
    assert!(tally.failovers.load(Relaxed) > 0 && tally.skipped_open.load(Relaxed) > 0);
    assert!(tally.owed.load(Relaxed) > 0 && tally.errors.load(Relaxed) > 0);
    // Other tests in the same process use memory, too.
    if let (Some(_), Some((before, after))) = (most, memory.zip(resident())) {
        assert!(after < before + 64, "{before} MiB grew to {after} MiB");
    }
}

impl Chaos {
    /// Ends all faults, and sees every vendor answer for every data set.
    async fn calm(&self) {
        let fv = &self.bench.fv;
        self.bench.simulator.faults().clear();
        for (place, vendor) in Vendor::ALL.iter().enumerate() {
            let vendor = vendor.to_string();
            fv.set_source_enabled(&vendor, true).unwrap();
            for dataset in DATASETS {
                fv.reset_source_circuit(dataset, &vendor).unwrap();
                let is_its = |question: &&Question| {
                    question.query.dataset().as_str() == dataset && question.is_for(place)
                };
                let question = self.questions.iter().find(is_its).unwrap();
                let options = CallOptions { source: Some(vendor.clone()), ..CallOptions::default() };
                let result = fv.fetch_with(&question.query, &options).await;
                assert!(result.as_ref().is_ok_and(|table| question.is_right(table)), "{}", told(&result));
                let health = fv.source_health();
                assert_eq!(health.get(dataset, &vendor).unwrap().status, Status::Healthy);
            }
        }
    }

    async fn storm(self: &Arc<Self>, dice: &mut fastrand::Rng) {
        let ill: [bool; 3] = match dice.u8(..10) {
            0 => [true; 3],
            // Exactly one healthy vendor.
            1..5 => {
                let healthy = dice.usize(..3);
                std::array::from_fn(|place| place != healthy)
            }
            _ => std::array::from_fn(|_| dice.bool()),
        };
        for place in (0..3).filter(|place| ill[*place]) {
            self.fall_ill(place, dice);
        }
        // A vendor that never answers costs seconds, so that is rare and does not last.
        if let Some(place) = ill.iter().position(|ill| *ill).filter(|_| dice.u8(..20) == 0) {
            self.bench.simulator.faults().add(format!("{}:1-10=hang", Vendor::ALL[place]).parse().unwrap());
        }
        let last = self.tally.begun.load(Relaxed) + CALLS_A_STORM;
        let mut workers = JoinSet::new();
        for _ in 0..AT_ONCE {
            let (chaos, mut dice) = (Arc::clone(self), dice.fork());
            workers.spawn(async move {
                while chaos.tally.begun.fetch_add(1, Relaxed) < last {
                    if dice.u8(..25) == 0 {
                        chaos.meddle(ill, &mut dice);
                    }
                    chaos.call(ill, &mut dice).await;
                }
                // The one that was too many.
                chaos.tally.begun.fetch_sub(1, Relaxed);
            });
        }
        while let Some(worker) = workers.join_next().await {
            worker.unwrap();
        }
    }

    /// Gives a vendor some faults in place of those that it has, each for some of its next requests or for all.
    fn fall_ill(&self, place: usize, dice: &mut fastrand::Rng) {
        let vendor = Vendor::ALL[place];
        self.bench.mend(vendor);
        for _ in 0..dice.usize(1..4) {
            let fault = FAULTS[dice.usize(..FAULTS.len())];
            let first = dice.usize(1..30);
            let calls = match dice.u8(..3) {
                0 => String::new(),
                1 => format!(":{first}-{}", first + dice.usize(..20)),
                _ => format!(":{first}-"),
            };
            self.bench.simulator.faults().add(format!("{vendor}{calls}={fault}").parse().unwrap());
        }
    }

    /// What an operator or the world may do in the middle of a storm.
    fn meddle(&self, ill: [bool; 3], dice: &mut fastrand::Rng) {
        let fv = &self.bench.fv;
        let dataset = DATASETS[dice.usize(..2)];
        let mut order = Vendor::ALL.map(|vendor| vendor.to_string());
        dice.shuffle(&mut order);
        let place = dice.usize(..3);
        let name = Vendor::ALL[place].to_string();
        match dice.u8(..4) {
            0 => fv.set_source_priority(dataset, order).unwrap(),
            // A reset forgives, and takes nothing from a healthy one.
            1 => fv.reset_source_circuit(dataset, &name).unwrap(),
            2 if ill[place] => fv.set_source_enabled(&name, dice.bool()).unwrap(),
            _ if ill[place] => self.fall_ill(place, dice),
            _ => {}
        }
    }

    async fn call(&self, ill: [bool; 3], dice: &mut fastrand::Rng) {
        let question = &self.questions[dice.usize(..self.questions.len())];
        let mut options = CallOptions::default();
        let (mut patience, mut is_owed) = (Duration::MAX, (0..3).any(|it| !ill[it] && question.is_for(it)));
        match dice.u8(..40) {
            0 => {
                let place = dice.usize(..3);
                options.source = Some(Vendor::ALL[place].to_string());
                is_owed = !ill[place] && question.is_for(place);
            }
            1 => {
                options.deadline = Some(Duration::from_millis(dice.u64(..40)));
                is_owed = false;
            }
            2 => patience = Duration::from_millis(dice.u64(..20)),
            _ => {}
        }
        let (began, deadline) = (Instant::now(), options.deadline.unwrap_or(DEADLINE));
        let call = self.bench.fv.fetch_with(&question.query, &options);
        let Ok(result) = tokio::time::timeout(patience, call).await else {
            self.tally.dropped.fetch_add(1, Relaxed);
            return;
        };
        let elapsed = began.elapsed();
        let place = || format!("{options:?} {}, ill: {ill:?}: {}", question.query, told(&result));
        assert!(elapsed < deadline + LATE, "{elapsed:?}: {}", place());
        match &result {
            Ok(table) => assert!(question.is_right(table), "a wrong row: {}", place()),
            Err(_) => assert!(!is_owed, "an error while a vendor is healthy and able: {}", place()),
        }
        self.tally.count(&result, elapsed, is_owed);
    }

    fn tell(&self, storms: usize, took: Duration, memory: Option<(u64, u64)>) {
        let tally = &self.tally;
        let of = |count: &AtomicUsize| count.load(Relaxed);
        let faults = tally.faults.lock().unwrap();
        let faults: Vec<String> = faults.iter().map(|(kind, count)| format!("{kind} {count}")).collect();
        let memory = memory.map_or_else(String::new, |(before, after)| format!("; {before} → {after} MiB"));
        println!(
            "chaos: {} calls in {storms} storms, {:.1} s; {} answered (a healthy vendor was there for {}), {} failovers, {} open \
             circuits skipped, {} not found, {} errors without a healthy vendor, {} dropped; faults: {}; slowest {:.2} s{memory}; \
             wrong rows = 0",
            of(&tally.begun),
            took.as_secs_f64(),
            of(&tally.answered),
            of(&tally.owed),
            of(&tally.failovers),
            of(&tally.skipped_open),
            of(&tally.not_found),
            of(&tally.errors),
            of(&tally.dropped),
            faults.join(", "),
            tally.slowest.lock().unwrap().as_secs_f64(),
        );
    }
}

impl Tally {
    fn count(&self, result: &Result<Table, Error>, elapsed: Duration, is_owed: bool) {
        let one = |count: &AtomicUsize| count.fetch_add(1, Relaxed);
        let (attempts, skipped) = match result {
            Ok(table) => (table.provenance().attempts.as_slice(), table.provenance().skipped.as_slice()),
            Err(error) => (error.attempts(), error.skipped()),
        };
        match result {
            Ok(_) if attempts.len() > 1 => _ = (one(&self.answered), one(&self.failovers)),
            Ok(_) => _ = one(&self.answered),
            Err(Error::NotFound(_)) => _ = one(&self.not_found),
            Err(_) => _ = one(&self.errors),
        }
        if is_owed {
            one(&self.owed);
        }
        let open =
            |reason: &SkipReason| matches!(reason, SkipReason::Open { .. } | SkipReason::ProbeInFlight);
        self.skipped_open.fetch_add(skipped.iter().filter(|it| open(&it.reason)).count(), Relaxed);
        let kinds = attempts.iter().filter_map(|attempt| attempt.error.as_ref()).map(|error| error.kind());
        let mut faults = self.faults.lock().unwrap();
        kinds
            .filter(|kind| kind.meaning().counts)
            .for_each(|kind| *faults.entry(kind.name()).or_default() += 1);
        let mut slowest = self.slowest.lock().unwrap();
        *slowest = elapsed.max(*slowest);
    }
}

/// The memory of this process in MiB, where the system tells.
fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    Some(line.trim().trim_end_matches(" kB").parse::<u64>().ok()? / 1024)
}
