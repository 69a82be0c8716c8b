#![cfg(test)]
//! The list of a whole market under the vendors' own limits: dozens of requests in an attempt of its own length, beside which
//! quotes are answered at once. The clock is paused, so that it goes on only where a limit or a vendor is waited for.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use finvista::raw::dataset::Dataset;
use finvista::{CnStockList, Error, ErrorKind, FinVista, Scope, Table};
use finvista_core::Vendor as Static;
use finvista_testkit::Vendor;
use tokio::time::Instant;

use crate::support::{Bench, failures, told};
use crate::truth::{assert_listing, assert_quote};

const S: Duration = Duration::from_secs(1);

/// The vendors with what their crates say of them.
const VENDORS: [(Vendor, &Static); 3] = [
    (Vendor::EastMoney, &finvista::eastmoney::EASTMONEY),
    (Vendor::Sina, &finvista::sina::SINA),
    (Vendor::Tencent, &finvista::tencent::TENCENT),
];

async fn bench(seed: u64) -> Bench {
    Bench::with(seed, |builder| builder.rate_limit(true)).await
}

/// The parts of the market that a vendor promises.
fn scopes(fv: &FinVista, vendor: Vendor) -> Vec<Scope> {
    let sources = fv.sources();
    let source = sources.iter().find(|source| source.info.name == vendor.to_string()).unwrap();
    let (_, capability) =
        source.capabilities.iter().find(|(dataset, _)| *dataset == CnStockList::SPEC.id()).unwrap();
    let promised = |scope: &&Scope| capability.scopes.is_none_or(|scopes| scopes.contains(&scope.name));
    CnStockList::SPEC.rules.scopes.iter().filter(promised).copied().collect()
}

/// Asks for a list, and checks it: rows, progress, attempt, and how long the plan said that it takes.
async fn sweep(bench: &Bench, (vendor, spec): (Vendor, &Static), scope: Scope) -> Duration {
    let place = format!("{vendor} {scope}");
    let steps: Arc<Mutex<Vec<(usize, usize)>>> = Arc::default();
    let log = Arc::clone(&steps);
    let call = bench.fv.cn_stock_list(scope.name).source(vendor.to_string());
    let call = call.progress(move |done, known| log.lock().unwrap().push((done, known)));
    let forecast = call.explain().unwrap().ask[0].forecast.unwrap();
    let (before, began) = (bench.simulator.calls(vendor), Instant::now());
    let result = call.await;
    let (elapsed, sent) = (began.elapsed(), bench.simulator.calls(vendor) - before);
    let table = result.as_ref().unwrap_or_else(|_| panic!("{place}: {}", told(&result)));
    assert_listing(table, vendor, bench.market(), scope);

    let [attempt] = &table.provenance().attempts[..] else { panic!("{place}: {:?}", table.provenance()) };
    assert!(attempt.error.is_none() && attempt.elapsed <= elapsed, "{place}: {attempt}");
    let steps = steps.lock().unwrap();
    let ascend = steps.iter().map(|(done, _)| *done).eq(1..=sent);
    assert!(ascend && steps.last() == Some(&(sent, sent)), "{place}: {sent} requests, {steps:?}");

    // What the market has grown or shrunk by since the vendor's crate was written, and the time of the answers.
    let off = sent.abs_diff(forecast.requests);
    assert!(off * 3 <= forecast.requests.max(3), "{place}: {sent} requests, {forecast:?}");
    let near = spec.quota.get_period() * u32::try_from(off + 1).unwrap();
    assert!(elapsed.abs_diff(forecast.wait) <= near, "{place}: {elapsed:?}, {forecast:?}");
    elapsed
}

#[tokio::test(start_paused = true)]
async fn every_list_that_a_vendor_promises_is_the_truth_and_takes_as_long_as_was_said() {
    let bench = bench(61).await;
    for vendor in VENDORS {
        let scopes = scopes(&bench.fv, vendor.0);
        assert_eq!(scopes[0].name, "all", "{}", vendor.0);
        for scope in scopes {
            let elapsed = sweep(&bench, vendor, scope).await;
            let longest = bench.fv.config().failover.attempt_timeout;
            let is_long = scope.name == "all" && vendor.0 != Vendor::Tencent;
            assert!(!is_long || elapsed > longest, "{} {scope}: {elapsed:?}", vendor.0);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_part_that_only_some_promise_is_asked_of_those() {
    let bench = bench(62).await;
    let table = bench.fv.cn_stock_list("etf").await.unwrap();
    assert_eq!(table.source(), "eastmoney");
    let refused = bench.fv.cn_stock_list("etf").source("tencent").await;
    assert!(matches!(refused, Err(Error::Unsupported(_))), "{}", told(&refused));
    assert_eq!(bench.calls()[2], 0);
}

/// The first vendor takes longer than any hedge waits, and no other is asked beside it.
#[tokio::test(start_paused = true)]
async fn a_list_is_never_hedged() {
    let bench = bench(63).await;
    bench.breaks(Vendor::EastMoney, "latency:500ms");
    let began = Instant::now();
    let table = bench.fv.cn_stock_list(()).await.unwrap();
    assert!(began.elapsed() > 30 * S);
    assert_eq!((table.source(), table.provenance().attempts.len()), ("eastmoney", 1));
    assert_eq!(bench.calls()[1..], [0, 0]);
}

async fn list(bench: &Bench) -> Result<Table<CnStockList>, Error> {
    bench.fv.cn_stock_list("all").await
}

#[tokio::test(start_paused = true)]
async fn after_a_vendor_that_hangs_the_next_has_an_attempt_of_full_length() {
    let bench = bench(64).await;
    bench.breaks(Vendor::EastMoney, "hang");
    let pace = CnStockList::SPEC.pace;
    let attempt = pace.attempt(Duration::ZERO);
    let began = Instant::now();
    let result = list(&bench).await;
    assert_eq!(failures(&result), [("eastmoney".to_owned(), ErrorKind::Timeout)], "{}", told(&result));
    assert_eq!(result.unwrap().source(), "sina");
    assert!(began.elapsed() > attempt + 20 * S, "{:?}", began.elapsed());
    Vendor::ALL.into_iter().for_each(|vendor| bench.breaks(vendor, "hang"));
    let began = Instant::now();
    let result = list(&bench).await;
    assert!(
        matches!(result, Err(Error::AllSourcesFailed(_) | Error::DeadlineExceeded(_))),
        "{}",
        told(&result)
    );
    assert!(began.elapsed() <= pace.call(Duration::ZERO), "{:?}", began.elapsed());
}

/// At East Money both come from one host, and the quote goes before the pages that wait there.
#[tokio::test(start_paused = true)]
async fn a_quote_in_the_middle_of_a_list_waits_for_one_period_at_most() {
    let bench = bench(65).await;
    for (vendor, spec) in VENDORS {
        let (name, fv) = (vendor.to_string(), bench.fv.clone());
        let call = fv.cn_stock_list("all").source(&name);
        let wait = call.explain().unwrap().ask[0].forecast.unwrap().wait;
        let list = tokio::spawn(call.into_future());
        for _ in 0..3 {
            tokio::time::sleep(wait / 4).await;
            let began = Instant::now();
            let quote = bench.fv.cn_stock_quote(["600519"]).source(&name).await.unwrap();
            assert!(began.elapsed() <= spec.quota.get_period(), "{vendor}: {:?}", began.elapsed());
            assert_quote(&quote.rows().next().unwrap(), vendor, bench.instrument("sh600519"));
            assert!(!list.is_finished(), "{vendor}: it was to be asked in the middle");
        }
        assert_eq!(list.await.unwrap().unwrap().source(), name);
    }
}

/// The same on the clock of the machine, with a limit a hundred times as fast: between asking for a quote and sending it, no
/// more pages go out than were under way.
#[tokio::test]
async fn on_a_running_clock_a_quote_goes_before_the_pages_that_wait() {
    let bench = bench(66).await;
    let period = Duration::from_millis(11);
    let periods = [("eastmoney".to_owned(), period)];
    bench.fv.configure(|config| config.rates.periods.extend(periods)).unwrap();
    let call = bench.fv.cn_stock_list("all").source("eastmoney");
    let list = tokio::spawn(call.into_future());
    let is_quote = |path: &str| path.contains("ulist");
    let mut behind = Vec::new();
    for _ in 0..4 {
        let begun = bench.simulator.calls(Vendor::EastMoney);
        while bench.simulator.calls(Vendor::EastMoney) < begun + 6 && !list.is_finished() {
            tokio::task::yield_now().await;
        }
        let asked = bench.simulator.calls(Vendor::EastMoney);
        bench.fv.cn_stock_quote(["600519"]).source("eastmoney").await.unwrap();
        let requests = bench.simulator.requests();
        behind.push(requests.iter().skip(asked).position(|seen| is_quote(&seen.path)).unwrap());
        assert!(!list.is_finished());
    }
    list.await.unwrap().unwrap();
    let in_flight = finvista::eastmoney::EASTMONEY.quota.get_in_flight() as usize;
    assert!(behind.iter().all(|pages| *pages <= in_flight), "{behind:?}");
}
