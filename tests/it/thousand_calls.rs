#![cfg(test)]
//! A thousand calls, sixteen at a time, while vendors are broken and mended in the middle of them: no call fails as long as
//! one vendor is healthy.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use finvista::{Adjust, CnStockQuote, Status, Table};
use finvista_testkit::Vendor;
use jiff::civil::date;
use tokio::task::JoinSet;

use crate::support::{Bench, daily, days, stocks};
use crate::truth::{assert_daily, assert_quote};

const AT_ONCE: usize = 16;
const DATASETS: [&str; 2] = ["cn_stock_daily", "cn_stock_quote"];

use Vendor::{EastMoney, Sina, Tencent};

/// What is broken, and how, in each turn; everything else is healthy. A turn lasts for [`CALLS`] calls. No vendor blocks us
/// here: the ban would outlast the turn.
const STORY: [&[(Vendor, &str)]; 10] = [
    &[],
    &[(EastMoney, "status:500")],
    &[],
    &[(Sina, "status:503")],
    &[(Tencent, "wrong-length")],
    // From here on there is one healthy vendor at a time.
    &[(EastMoney, "garbage"), (Sina, "truncated")],
    &[],
    &[(Tencent, "empty"), (Sina, "status:502")],
    &[(EastMoney, "schema-drift"), (Tencent, "status:429")],
    &[],
];
const CALLS: usize = 100;

/// The calls so far, and who answered them.
#[derive(Debug, Default)]
struct Tally {
    begun: AtomicUsize,
    answered: [AtomicUsize; 3],
    failovers: AtomicUsize,
    /// How many calls each worker has ended.
    ended: [AtomicUsize; AT_ONCE],
    is_over: AtomicBool,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_call_fails_while_one_vendor_is_healthy() {
    let bench = Arc::new(
        // A circuit that is open is tried again at once, so that the mended are back before others break.
        Bench::with(41, |builder| builder.failover(|failover| failover.circuit_timeout = Duration::ZERO))
            .await,
    );
    let tally = Arc::new(Tally::default());
    let mut workers = JoinSet::new();
    for worker in 0..AT_ONCE {
        let (bench, tally) = (Arc::clone(&bench), Arc::clone(&tally));
        workers.spawn(async move {
            while !tally.is_over.load(Ordering::Relaxed) {
                call(&bench, &tally).await;
                tally.ended[worker].fetch_add(1, Ordering::Relaxed);
            }
        });
    }
    for broken in STORY {
        turn(&bench, &tally, broken).await;
        let last = tally.begun.load(Ordering::Relaxed) + CALLS;
        while tally.begun.load(Ordering::Relaxed) < last {
            call(&bench, &tally).await;
        }
    }
    tally.is_over.store(true, Ordering::Relaxed);
    while let Some(worker) = workers.join_next().await {
        worker.unwrap();
    }
    let answered = tally.answered.each_ref().map(|count| count.load(Ordering::Relaxed));
    assert!(answered.iter().sum::<usize>() >= 1_000, "{answered:?}");
    assert!(answered.iter().all(|count| *count > 20), "each vendor had its time: {answered:?}");
    assert!(tally.failovers.load(Ordering::Relaxed) > 20);
    all_healthy(&bench, &tally).await;
}

/// The next turn of the story, while sixteen calls are under way.
async fn turn(bench: &Bench, tally: &Tally, broken: &[(Vendor, &str)]) {
    bench.simulator.faults().clear();
    // A vendor that is healthy again, and whose circuit is still tried with one call at a time, cannot carry all calls.
    all_healthy(bench, tally).await;
    // A call that still met such a circuit goes on to the others, so they stay until it is over.
    let now = || tally.ended.each_ref().map(|ended| ended.load(Ordering::Relaxed));
    let (before, mut calls) = (now(), 0);
    while now().iter().zip(before).any(|(ended, before)| *ended <= before) {
        call(bench, tally).await;
        calls += 1;
        assert!(calls < 2_000, "a worker is gone");
    }
    for (vendor, fault) in broken {
        bench.breaks(*vendor, fault);
    }
    // The broken ones are asked first, so that calls meet them.
    for dataset in DATASETS {
        let order = broken.iter().map(|(vendor, _)| vendor.to_string());
        bench.fv.set_source_priority(dataset, order).unwrap();
    }
}

/// Makes calls to each vendor that is being tried again, until none is.
async fn all_healthy(bench: &Bench, tally: &Tally) {
    for vendor in Vendor::ALL {
        for dataset in DATASETS {
            let is_open = || {
                let health = bench.fv.source_health();
                let status = health.get(dataset, &vendor.to_string()).unwrap().status;
                matches!(status, Status::CircuitOpen | Status::HalfOpen)
            };
            let mut calls = 0;
            while is_open() {
                bench.fv.set_source_priority(dataset, [vendor.to_string()]).unwrap();
                call(bench, tally).await;
                calls += 1;
                assert!(calls < 1_000, "{vendor} was mended and does not come back for {dataset}");
            }
        }
    }
}

/// One call, checked against the truth. Every second one asks for quotes.
async fn call(bench: &Bench, tally: &Tally) {
    let number = tally.begun.fetch_add(1, Ordering::Relaxed);
    let listed = stocks(bench.market());
    let instrument = listed[number / 2 % 8];
    let code = instrument.prefixed();
    let range = days(date(2024, 5, 6), date(2024, 6, 14));
    let is_quote = number.is_multiple_of(2);
    let result = match is_quote {
        true => bench.fv.cn_stock_quote([&code]).await.map(Table::untyped),
        false => daily(&bench.fv, &code, range, Adjust::None).await.map(Table::untyped),
    };
    let table = result.unwrap_or_else(|error| panic!("call {number}: {error}"));
    let vendor: Vendor = table.source().parse().unwrap();
    if is_quote {
        let quotes = table.clone().typed::<CnStockQuote>().unwrap();
        quotes.rows().for_each(|row| assert_quote(&row, vendor, instrument));
    } else {
        assert_daily(&table.clone().typed().unwrap(), vendor, instrument, range, Adjust::None);
    }
    let place = Vendor::ALL.iter().position(|v| *v == vendor).unwrap();
    tally.answered[place].fetch_add(1, Ordering::Relaxed);
    if table.provenance().attempts.len() > 1 {
        tally.failovers.fetch_add(1, Ordering::Relaxed);
    }
}
