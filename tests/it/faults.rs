#![cfg(test)]
//! Everything that can go wrong with an answer, at every vendor, for every data set: the right kind of error and never a
//! result, and with failover the next source's table.

use std::time::Duration;

use finvista::{
    Adjust, Call, CnStockDaily, CnStockQuote, DateRange, Error, ErrorKind, FinVista, Status, Table,
};
use finvista_testkit::Vendor;
use jiff::civil::date;

use crate::support::{Bench, daily, days, failures, told};
use crate::truth::{assert_daily, assert_quote};

const DATASETS: [&str; 2] = ["cn_stock_daily", "cn_stock_quote"];
const CODES: [&str; 3] = ["sh600036", "sz300750", "sh510300"];

/// Every fault but the hang, which takes its time.
const FAULTS: [&str; 13] = [
    "reset",
    "status:429:120",
    "status:403",
    "status:456",
    "status:500",
    "status:503",
    "truncated",
    "wrong-length",
    "html",
    "garbage",
    "other-symbol",
    "schema-drift",
    "lost-column",
];

fn expected(fault: &str, vendor: Vendor, dataset: &str) -> ErrorKind {
    match fault {
        "reset" | "status:403" | "status:456" | "html" => ErrorKind::Blocked,
        "status:429:120" => ErrorKind::RateLimited,
        "status:500" | "status:503" => ErrorKind::Upstream,
        "truncated" => ErrorKind::Transport,
        "other-symbol" => ErrorKind::Invalid,
        // Where Tencent's columns have moved by one, the code is not the one that was asked.
        "schema-drift" | "lost-column" if vendor == Vendor::Tencent && dataset == "cn_stock_quote" => {
            ErrorKind::Invalid
        }
        "wrong-length" | "garbage" | "schema-drift" | "lost-column" | "empty" => ErrorKind::Decode,
        other => panic!("expected a fault of this test, got {other}"),
    }
}

/// A range that every vendor reaches.
fn spring() -> DateRange {
    days(date(2024, 4, 8), date(2024, 6, 14))
}

fn bars(fv: &FinVista) -> Call<CnStockDaily> {
    daily(fv, CODES[0], spring(), Adjust::None)
}

fn quotes(fv: &FinVista) -> Call<CnStockQuote> {
    fv.cn_stock_quote(CODES)
}

/// One call for either data set, of one source or of whichever answers first.
async fn ask(fv: &FinVista, dataset: &str, source: Option<Vendor>) -> Result<Table, Error> {
    match (dataset, source.map(|vendor| vendor.to_string())) {
        ("cn_stock_daily", Some(source)) => bars(fv).source(source).await.map(Table::untyped),
        ("cn_stock_daily", None) => bars(fv).await.map(Table::untyped),
        (_, Some(source)) => quotes(fv).source(source).await.map(Table::untyped),
        (_, None) => quotes(fv).await.map(Table::untyped),
    }
}

fn assert_truth(bench: &Bench, dataset: &str, vendor: Vendor, table: &Table) {
    if dataset == "cn_stock_daily" {
        return assert_daily(
            &table.clone().typed().unwrap(),
            vendor,
            bench.instrument(CODES[0]),
            spring(),
            Adjust::None,
        );
    }
    assert_eq!((table.source(), table.num_rows()), (vendor.to_string().as_str(), CODES.len()));
    for (row, code) in table.clone().typed::<CnStockQuote>().unwrap().rows().zip(CODES) {
        assert_quote(&row, vendor, bench.instrument(code));
    }
}

/// The broken one first, then the one behind it.
fn ask_first(bench: &Bench, dataset: &str, vendor: Vendor) -> Vendor {
    let place = Vendor::ALL.iter().position(|v| *v == vendor).unwrap();
    let next = Vendor::ALL[(place + 1) % 3];
    bench.fv.set_source_priority(dataset, [vendor.to_string(), next.to_string()]).unwrap();
    next
}

#[tokio::test]
async fn every_fault_has_its_kind_and_the_next_source_answers() {
    let bench = Bench::start(21).await;
    for vendor in Vendor::ALL {
        for dataset in DATASETS {
            let next = ask_first(&bench, dataset, vendor);
            for fault in FAULTS.into_iter().chain(["empty"]) {
                let place = format!("{vendor} {dataset} {fault}");
                let kind = expected(fault, vendor, dataset);
                let failed = vec![(vendor.to_string(), kind)];
                bench.breaks(vendor, fault);

                let forced = ask(&bench.fv, dataset, Some(vendor)).await;
                assert_eq!(failures(&forced), failed, "{place}: {}", told(&forced));
                let Err(Error::AllSourcesFailed(error)) = forced else {
                    panic!("{place}: {}", told(&forced))
                };
                let after =
                    if kind == ErrorKind::RateLimited { Some(Duration::from_secs(120)) } else { None };
                assert_eq!(error.last_error().retry_after(), after, "{place}");
                let health = bench.fv.source_health();
                let health = health.get(dataset, &vendor.to_string()).unwrap();
                assert_eq!((health.status, health.consecutive_failures), (Status::Degraded, 1), "{place}");

                let answered = ask(&bench.fv, dataset, None).await;
                assert_eq!(failures(&answered), failed, "{place}: {}", told(&answered));
                assert_truth(&bench, dataset, next, &answered.unwrap());

                bench.mend(vendor);
                let mended = ask(&bench.fv, dataset, None).await;
                assert_eq!(failures(&mended), [], "{place}: {}", told(&mended));
                assert_truth(&bench, dataset, vendor, &mended.unwrap());
            }
        }
    }
}

/// The bars were right, and what adjusts them was not.
#[tokio::test]
async fn a_fault_of_sinas_factor_file_is_a_fault_of_sina() {
    let bench = Bench::start(22).await;
    for adjust in [Adjust::Qfq, Adjust::Hfq] {
        for fault in FAULTS.into_iter().chain(["empty"]) {
            bench.simulator.faults().add(format!("sina:{adjust}.js={fault}").parse().unwrap());
            let forced = daily(&bench.fv, CODES[0], spring(), adjust).source("sina").await;
            let kind = expected(fault, Vendor::Sina, "cn_stock_daily");
            assert_eq!(failures(&forced), [("sina".to_owned(), kind)], "{fault}: {}", told(&forced));
            bench.simulator.faults().clear();
            let mended = daily(&bench.fv, CODES[0], spring(), adjust).source("sina").await.unwrap();
            assert_daily(&mended, Vendor::Sina, bench.instrument(CODES[0]), spring(), adjust);
        }
    }
}

/// A truncated answer is discarded: the table is the next source's, and complete.
#[tokio::test]
async fn a_fault_of_a_later_page_spoils_the_whole_answer() {
    let bench = Bench::start(23).await;
    let all = DateRange::default();
    ask_first(&bench, "cn_stock_daily", Vendor::Tencent);
    for fault in FAULTS.into_iter().chain(["empty"]) {
        // Ten years are four pages at Tencent.
        bench.simulator.faults().add(format!("tencent:3={fault}").parse().unwrap());
        let answered = daily(&bench.fv, CODES[0], all, Adjust::Qfq).await;
        let kind = expected(fault, Vendor::Tencent, "cn_stock_daily");
        assert_eq!(failures(&answered), [("tencent".to_owned(), kind)], "{fault}: {}", told(&answered));
        assert_daily(&answered.unwrap(), Vendor::EastMoney, bench.instrument(CODES[0]), all, Adjust::Qfq);
        bench.simulator.faults().clear();
        bench.fv.reset_source_circuit("cn_stock_daily", "tencent").unwrap();
    }
    ask_first(&bench, "cn_stock_quote", Vendor::EastMoney);
    let codes: Vec<String> =
        (0..250).map(|n| format!("sz00{:04}", 3000 + n)).chain(CODES.map(str::to_owned)).collect();
    for fault in FAULTS.into_iter().chain(["empty"]) {
        // 253 codes are three batches at East Money, and only the last one holds what is known.
        bench.simulator.faults().add(format!("eastmoney:1.600036={fault}").parse().unwrap());
        let answered = bench.fv.cn_stock_quote(&codes).await.map(Table::untyped);
        let kind = expected(fault, Vendor::EastMoney, "cn_stock_quote");
        assert_eq!(failures(&answered), [("eastmoney".to_owned(), kind)], "{fault}: {}", told(&answered));
        assert_truth(&bench, "cn_stock_quote", Vendor::Sina, &answered.unwrap());
        bench.simulator.faults().clear();
        bench.fv.reset_source_circuit("cn_stock_quote", "eastmoney").unwrap();
    }
}

#[tokio::test]
async fn a_source_that_hangs_costs_its_attempts_time() {
    let hang = |vendor: Vendor, dataset: &'static str| async move {
        let bench = Bench::with(24, |builder| {
            builder.failover(|failover| failover.attempt_timeout = Duration::from_millis(200))
        })
        .await;
        let next = ask_first(&bench, dataset, vendor);
        bench.breaks(vendor, "hang");
        let failed = vec![(vendor.to_string(), ErrorKind::Timeout)];
        // Both at once, so that the test waits once.
        let (forced, answered) =
            tokio::join!(ask(&bench.fv, dataset, Some(vendor)), ask(&bench.fv, dataset, None));
        assert!(matches!(forced, Err(Error::AllSourcesFailed(_))), "{vendor} {dataset}: {}", told(&forced));
        assert_eq!(failures(&forced), failed, "{vendor} {dataset}");
        assert_eq!(failures(&answered), failed, "{vendor} {dataset}: {}", told(&answered));
        assert_truth(&bench, dataset, next, &answered.unwrap());
    };
    let [daily, quote] = DATASETS;
    let began = std::time::Instant::now();
    tokio::join!(
        hang(Vendor::EastMoney, daily),
        hang(Vendor::EastMoney, quote),
        hang(Vendor::Sina, daily),
        hang(Vendor::Sina, quote),
        hang(Vendor::Tencent, daily),
        hang(Vendor::Tencent, quote),
    );
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
}

#[tokio::test]
async fn an_unknown_symbol_counts_against_no_source() {
    let bench = Bench::start(25).await;
    let unknown = |result: Result<Table, Error>, sources: &[&str]| {
        let expected: Vec<_> =
            sources.iter().map(|source| ((*source).to_owned(), ErrorKind::NotFound)).collect();
        assert_eq!(failures(&result), expected, "{}", told(&result));
        let Err(error @ Error::NotFound(_)) = result else { panic!("{}", told(&result)) };
        let text = error.to_string();
        assert!(text.contains("605999.SH") && sources.iter().all(|source| text.contains(source)), "{text}");
        let Error::NotFound(not_found) = error else { unreachable!() };
        assert!(not_found.conclusive() && !not_found.no_data(), "{text}");
    };
    // More often than it takes to open a circuit.
    for _ in 0..6 {
        for source in ["eastmoney", "sina", "tencent"] {
            unknown(
                daily(&bench.fv, "605999", spring(), Adjust::None).source(source).await.map(Table::untyped),
                &[source],
            );
            unknown(bench.fv.cn_stock_quote(["605999"]).source(source).await.map(Table::untyped), &[source]);
        }
        let all = daily(&bench.fv, "605999", spring(), Adjust::None).await.map(Table::untyped);
        unknown(all, &["eastmoney", "sina", "tencent"]);
        unknown(
            bench.fv.cn_stock_quote(["605999"]).await.map(Table::untyped),
            &["sina", "tencent", "eastmoney"],
        );
    }
    let health = bench.fv.source_health();
    for dataset in DATASETS {
        for vendor in Vendor::ALL {
            let health = health.get(dataset, &vendor.to_string()).unwrap();
            assert_eq!(
                (health.status, health.consecutive_failures),
                (Status::Healthy, 0),
                "{vendor} {dataset}"
            );
            // An answer without data does not count as a success either.
            assert_eq!((health.total_requests, health.success_rate), (12, None), "{vendor} {dataset}");
        }
    }
}

#[tokio::test]
async fn days_without_a_bar_are_no_data_and_count_against_no_source() {
    let bench = Bench::start(26).await;
    let weekend = days(date(2024, 6, 1), date(2024, 6, 2));
    let result = daily(&bench.fv, CODES[0], weekend, Adjust::None).await;
    let kinds: Vec<ErrorKind> = failures(&result).into_iter().map(|(_, kind)| kind).collect();
    assert_eq!(kinds, [ErrorKind::NoData; 3]);
    let Err(Error::NotFound(not_found)) = result else { panic!("{}", told(&result)) };
    assert!(not_found.no_data() && not_found.conclusive(), "{not_found}");
    let health = bench.fv.source_health();
    assert!(
        Vendor::ALL
            .iter()
            .all(|v| { health.get("cn_stock_daily", &v.to_string()).unwrap().status == Status::Healthy })
    );
}
