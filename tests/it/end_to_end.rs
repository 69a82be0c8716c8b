#![cfg(test)]
//! The story of failover over real HTTP: a vendor fails, its circuit opens, the others answer, it comes back.

use std::time::{Duration, Instant};

use finvista::{Adjust, CnStockDaily, DatasetSpec, DateRange, Error, ErrorKind, SkipReason, Status, Table};
use finvista_testkit::Vendor;
use jiff::civil::date;

use crate::support::{Bench, daily, days, failures, told};
use crate::truth::assert_daily;

const CODE: &str = "sh600036";
pub(crate) const DAILY: &str = "cn_stock_daily";

fn spring() -> DateRange {
    days(date(2024, 4, 8), date(2024, 6, 14))
}

async fn ask(bench: &Bench) -> Result<Table<CnStockDaily>, Error> {
    daily(&bench.fv, CODE, spring(), Adjust::None).await
}

/// Asserts that this source answers the call with the truth.
pub(crate) async fn answered_by(bench: &Bench, vendor: Vendor) -> Table<CnStockDaily> {
    let result = ask(bench).await;
    let table = result.unwrap_or_else(|error| panic!("{vendor} was to answer: {error}"));
    assert_daily(&table, vendor, bench.instrument(CODE), spring(), Adjust::None);
    table
}

/// Makes calls until the circuit of East Money is open.
pub(crate) async fn open_eastmoney(bench: &Bench) {
    bench.breaks(Vendor::EastMoney, "status:503");
    for _ in 0..5 {
        answered_by(bench, Vendor::Sina).await;
    }
    assert_eq!(status(bench, Vendor::EastMoney), Status::CircuitOpen);
}

fn status(bench: &Bench, vendor: Vendor) -> Status {
    bench.fv.source_health().get(DAILY, &vendor.to_string()).unwrap().status
}

#[tokio::test]
async fn five_failures_open_the_circuit_and_the_sixth_call_does_not_ask() {
    let bench = Bench::start(31).await;
    answered_by(&bench, Vendor::EastMoney).await;
    bench.breaks(Vendor::EastMoney, "status:503");
    for call in 1..=5 {
        assert_ne!(status(&bench, Vendor::EastMoney), Status::CircuitOpen, "before call {call}");
        let table = answered_by(&bench, Vendor::Sina).await;
        assert_eq!(failures(&Ok(table)), [("eastmoney".to_owned(), ErrorKind::Upstream)], "call {call}");
    }
    assert_eq!(status(&bench, Vendor::EastMoney), Status::CircuitOpen);
    assert_eq!(bench.calls(), [6, 5, 0]);
    let sixth = answered_by(&bench, Vendor::Sina).await;
    assert_eq!(bench.calls(), [6, 6, 0]);
    let provenance = sixth.provenance();
    assert_eq!((provenance.attempts.len(), provenance.skipped[0].source.as_str()), (1, "eastmoney"));
    let SkipReason::Open { retry_after } = provenance.skipped[0].reason else { panic!("{provenance:?}") };
    assert!(
        retry_after <= Duration::from_secs(60) && retry_after > Duration::from_secs(50),
        "{retry_after:?}"
    );
    // The circuit of the other data set is its own.
    let quote = bench.fv.cn_stock_quote([CODE]).source("eastmoney").await;
    assert_eq!(failures(&quote), [("eastmoney".to_owned(), ErrorKind::Upstream)]);
}

#[tokio::test]
async fn a_forced_source_with_an_open_circuit_says_when_and_how_it_comes_back() {
    let bench = Bench::start(32).await;
    open_eastmoney(&bench).await;
    let before = bench.calls();
    let forced = daily(&bench.fv, CODE, spring(), Adjust::None).source("eastmoney").await;
    assert_eq!(bench.calls(), before, "neither it nor any other was asked");
    let Err(Error::AllSourcesFailed(failed)) = forced else { panic!("{}", told(&forced)) };
    assert_eq!((failed.attempts().len(), failed.last_error().kind()), (0, ErrorKind::CircuitOpen));
    let wait = failed.recover_at().unwrap().duration_since(crate::support::now()).as_secs();
    assert!((50..=60).contains(&wait), "{wait} s");
    let text = failed.to_string();
    for word in ["eastmoney", "cn_stock_daily", "600036.SH", "retry at 16:0", "reset the circuit"] {
        assert!(text.contains(word), "{word}: {text}");
    }
    // The same for a data set whose every call is forced.
    bench.fv.force_source(DAILY, Some("eastmoney")).unwrap();
    assert!(matches!(ask(&bench).await, Err(Error::AllSourcesFailed(_))));
    bench.fv.force_source(DAILY, None).unwrap();
    answered_by(&bench, Vendor::Sina).await;
    bench.mend(Vendor::EastMoney);
    bench.fv.reset_source_circuit(DAILY, "eastmoney").unwrap();
    assert_eq!(status(&bench, Vendor::EastMoney), Status::Healthy);
    answered_by(&bench, Vendor::EastMoney).await;
}

#[tokio::test]
async fn a_vendor_that_says_when_to_come_back_is_believed() {
    let bench = Bench::start(40).await;
    bench.breaks(Vendor::EastMoney, "status:429:120");
    for _ in 0..5 {
        answered_by(&bench, Vendor::Sina).await;
    }
    let forced = daily(&bench.fv, CODE, spring(), Adjust::None).source("eastmoney").await;
    let Err(Error::AllSourcesFailed(failed)) = forced else { panic!("{}", told(&forced)) };
    let wait = failed.retry_after().unwrap().as_secs();
    assert!((110..=120).contains(&wait), "twice the usual minute, not {wait} s");
}

#[tokio::test]
async fn three_trial_calls_close_a_circuit_and_one_failure_opens_it_again() {
    let bench = Bench::start(33).await;
    open_eastmoney(&bench).await;
    // With this timeout, the circuit has already been open for long enough.
    bench.fv.configure(|config| config.failover.circuit_timeout = Duration::ZERO).unwrap();
    assert_eq!(status(&bench, Vendor::EastMoney), Status::CircuitOpen, "reading changes nothing");
    bench.mend(Vendor::EastMoney);
    for _ in 0..2 {
        answered_by(&bench, Vendor::EastMoney).await;
        assert_eq!(status(&bench, Vendor::EastMoney), Status::HalfOpen);
    }
    bench.breaks(Vendor::EastMoney, "status:503");
    answered_by(&bench, Vendor::Sina).await;
    assert_eq!(status(&bench, Vendor::EastMoney), Status::CircuitOpen);
    bench.mend(Vendor::EastMoney);
    for expected in [Status::HalfOpen, Status::HalfOpen, Status::Healthy] {
        answered_by(&bench, Vendor::EastMoney).await;
        assert_eq!(status(&bench, Vendor::EastMoney), expected);
    }
}

#[tokio::test]
async fn priorities_and_switches_act_on_the_next_call() {
    let bench = Bench::start(35).await;
    bench.fv.set_source_priority(DAILY, ["sina", "eastmoney", "tencent"]).unwrap();
    answered_by(&bench, Vendor::Sina).await;
    // Sources that are not named follow in their previous order.
    bench.fv.set_source_priority(DAILY, ["tencent"]).unwrap();
    answered_by(&bench, Vendor::Tencent).await;
    bench.fv.set_source_enabled("tencent", false).unwrap();
    assert_eq!(status(&bench, Vendor::Tencent), Status::Disabled);
    let table = answered_by(&bench, Vendor::Sina).await;
    assert_eq!(table.provenance().skipped[0].reason, SkipReason::Disabled);
    bench.fv.set_source_enabled("sina", false).unwrap();
    bench.fv.set_source_enabled("eastmoney", false).unwrap();
    let before = bench.calls();
    let result = ask(&bench).await;
    let Err(Error::NoSource { ref disabled, .. }) = result else { panic!("{}", told(&result)) };
    assert_eq!(disabled, &["tencent", "sina", "eastmoney"]);
    assert_eq!(bench.calls(), before);
    bench.fv.set_source_enabled("eastmoney", true).unwrap();
    answered_by(&bench, Vendor::EastMoney).await;
}

#[tokio::test]
async fn when_all_are_broken_the_error_tells_everything() {
    let bench = Bench::start(36).await;
    for (vendor, fault) in Vendor::ALL.into_iter().zip(["reset", "status:503", "status:429:30"]) {
        bench.breaks(vendor, fault);
    }
    let result = ask(&bench).await;
    let kinds = [
        ("eastmoney".to_owned(), ErrorKind::Blocked),
        ("sina".to_owned(), ErrorKind::Upstream),
        ("tencent".to_owned(), ErrorKind::RateLimited),
    ];
    assert_eq!(failures(&result), kinds);
    let Err(Error::AllSourcesFailed(failed)) = result else { panic!("{}", told(&result)) };
    assert_eq!(failed.last_error().kind(), ErrorKind::RateLimited);
    assert_eq!(failed.recover_at(), None, "all of them may be asked again at once");
    let text = failed.to_string();
    for word in ["cn_stock_daily", "600036.SH", "2024-04-08", "eastmoney", "sina", "tencent", "503", "429"] {
        assert!(text.contains(word), "{word}: {text}");
    }
    // Until all circuits are open, and no source is asked.
    for _ in 0..4 {
        assert_eq!(failures(&ask(&bench).await), kinds);
    }
    assert_eq!(bench.calls(), [5, 5, 5]);
    let result = ask(&bench).await;
    assert_eq!(bench.calls(), [5, 5, 5]);
    let Err(Error::AllSourcesFailed(failed)) = result else { panic!("{}", told(&result)) };
    assert_eq!((failed.attempts().len(), failed.skipped().len()), (0, 3));
    assert_eq!(failed.last_error().kind(), ErrorKind::CircuitOpen);
    let wait = failed.recover_at().unwrap().duration_since(crate::support::now()).as_secs();
    assert!((50..=60).contains(&wait), "{wait} s");
}

#[tokio::test]
async fn settings_change_while_calls_run_as_a_whole_or_not_at_all() {
    let bench = Bench::start(37).await;
    bench.breaks(Vendor::EastMoney, "status:503");
    for _ in 0..3 {
        answered_by(&bench, Vendor::Sina).await;
    }
    // While a call is under way, the threshold falls below the number of past failures; that alone opens no circuit.
    let (table, ()) = tokio::join!(answered_by(&bench, Vendor::Sina), async {
        bench.fv.configure(|config| config.failover.failure_threshold = 4).unwrap();
    });
    assert_eq!(failures(&Ok(table)).len(), 1);
    assert_eq!(status(&bench, Vendor::EastMoney), Status::CircuitOpen, "the fourth failure opened it");
    let before = bench.fv.config();
    let refused = bench.fv.configure(|config| {
        config.failover.circuit_timeout = Duration::from_secs(1);
        config.failover.success_threshold = 0;
    });
    assert!(refused.unwrap_err().to_string().contains("success_threshold"));
    assert_eq!(bench.fv.config(), before);
    bench.fv.configure(|config| config.failover.failure_threshold = 1).unwrap();
    bench.breaks(Vendor::Sina, "status:503");
    answered_by(&bench, Vendor::Tencent).await;
    assert_eq!(status(&bench, Vendor::Sina), Status::CircuitOpen);
}

#[tokio::test]
async fn what_is_unknown_is_refused_with_what_is_known() {
    let bench = Bench::start(38).await;
    let fv = &bench.fv;
    for error in [
        daily(fv, CODE, spring(), Adjust::None).source("yahoo").await.unwrap_err(),
        fv.set_source_priority(DAILY, ["sina", "yahoo"]).unwrap_err(),
        fv.reset_source_circuit(DAILY, "yahoo").unwrap_err(),
        fv.set_source_enabled("yahoo", false).unwrap_err(),
        fv.force_source(DAILY, Some("yahoo")).unwrap_err(),
    ] {
        let Error::UnknownSource { name, known, .. } = &error else { panic!("{error}") };
        assert_eq!((name.as_str(), known.join(" ").as_str()), ("yahoo", "eastmoney sina tencent"));
        let text = error.to_string();
        assert!(text.contains("yahoo") && text.contains("eastmoney, sina or tencent"), "{text}");
    }
    const WEEKLY: DatasetSpec = DatasetSpec::new("cn_stock_weekly", "", finvista::raw::ShapeKind::Free, &[]);
    let custom = WEEKLY.parse(&Default::default()).unwrap();
    for error in [
        fv.fetch(&custom).await.unwrap_err(),
        fv.query("cn_stock_weekly", &Default::default()).unwrap_err(),
        fv.set_source_priority("cn_stock_weekly", ["sina"]).unwrap_err(),
        fv.reset_source_circuit("cn_stock_weekly", "sina").unwrap_err(),
        fv.force_source("cn_stock_weekly", Some("sina")).unwrap_err(),
    ] {
        let Error::UnknownDataset { known, .. } = &error else { panic!("{error}") };
        let datasets: Vec<&str> = fv.datasets().map(|spec| spec.id).collect();
        assert_eq!(*known, datasets);
        assert!(error.to_string().contains("cn_stock_weekly"), "{error}");
    }
    assert_eq!(bench.calls(), [0, 0, 0]);
}

#[tokio::test]
async fn when_all_hang_the_call_ends_with_its_deadline() {
    let bench = Bench::start(39).await;
    for vendor in Vendor::ALL {
        bench.breaks(vendor, "hang");
    }
    let began = Instant::now();
    let result = daily(&bench.fv, CODE, spring(), Adjust::None).timeout(Duration::from_millis(240)).await;
    let elapsed = began.elapsed();
    let Err(Error::DeadlineExceeded(ref exceeded)) = result else { panic!("{}", told(&result)) };
    assert_eq!(exceeded.deadline(), Duration::from_millis(240));
    // Each got its share, so that one that hangs cannot keep the call from the others.
    assert_eq!(failures(&result).len(), 3, "{}", told(&result));
    assert!(elapsed >= Duration::from_millis(240) && elapsed < Duration::from_secs(3), "{elapsed:?}");
    // They were cut off early, which is not their failure.
    assert_eq!(status(&bench, Vendor::EastMoney), Status::Healthy);
}
