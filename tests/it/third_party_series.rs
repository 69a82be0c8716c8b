#![cfg(test)]
//! A third party's data set with the shapes of ours, from a vendor of its own: it has every right that ours have.

mod mint;

use std::time::Duration;

use finvista::raw::Refusal;
use finvista::{
    Adjust, Call, Error, ErrorKind, FinVista, Period, SkipReason, Status, Symbol, Table, blocking,
};

use crate::support::{failures, told};
use mint::{CoinDaily, CoinQuote, Mint};

const S: Duration = Duration::from_secs(1);

/// The last week of the market.
fn week(fv: &FinVista, symbol: &str) -> Call<CoinDaily> {
    fv.call::<CoinDaily>(symbol).start("2024-06-25").end("2024-06-27")
}

fn closes(table: &Table<CoinDaily>) -> Vec<(i8, f64)> {
    table.rows().map(|bar| (bar.date.day(), bar.close)).collect()
}

#[tokio::test]
async fn its_calls_have_the_refinements_that_it_names() {
    let mint = Mint::start().await;
    let plain = week(&mint.fv, "600519").await.unwrap();
    assert_eq!(closes(&plain), [(25, 12.5), (26, 13.0), (27, 13.5)]);
    let first = plain.rows().next().unwrap();
    assert_eq!((first.symbol, first.change, first.change_pct), ("600519.SH", Some(0.5), Some(4.17)));
    let adjusted = week(&mint.fv, "sh600519").adjust(Adjust::Qfq).period("day").await.unwrap();
    assert_eq!(closes(&adjusted), [(25, 6.25), (26, 6.5), (27, 6.75)]);
    assert_eq!((adjusted.source(), adjusted.schema()), ("mint", plain.schema()));
    assert_eq!(
        mint.paths(),
        ["/bars/600519.SH?period=day&adjust=none", "/bars/600519.SH?period=day&adjust=qfq"]
    );
    // As text, and of no type.
    let params = [("symbol", "600519"), ("start", "2024-06-25"), ("end", "2024-06-27")];
    let params = params.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    let query = mint.fv.query("coin_daily", &params).unwrap();
    assert_eq!(query, week(&mint.fv, "600519").query().unwrap());
    let table = mint.fv.fetch(&query).await.unwrap();
    assert_eq!(closes(&table.typed::<CoinDaily>().unwrap()), closes(&plain));
}

#[tokio::test]
async fn what_its_vendor_does_not_promise_is_refused_by_facet() {
    let mint = Mint::start().await;
    let fv = &mint.fv;
    type Expected = fn(&Refusal) -> bool;
    let cases: [(Call<CoinDaily>, Expected); 5] = [
        (week(fv, "900901"), |refusal| matches!(refusal, Refusal::Board { .. })),
        (week(fv, "688981").adjust(Adjust::Qfq), |refusal| matches!(refusal, Refusal::Adjust { .. })),
        (week(fv, "600519").period(Period::Week), |refusal| *refusal == Refusal::Period(Period::Week)),
        (fv.call::<CoinDaily>("600519"), |refusal| matches!(refusal, Refusal::Bars { reach: 100, .. })),
        (week(fv, "600519").start("2020-01-02"), |refusal| matches!(refusal, Refusal::Bars { .. })),
    ];
    for (call, expected) in cases {
        let plan = call.explain().unwrap();
        let result = call.await;
        let Err(Error::Unsupported(report)) = &result else { panic!("{}", told(&result)) };
        assert_eq!(plan.skipped, report.skipped);
        let SkipReason::Unsupported(refusal) = &report.skipped[0].reason else { panic!("{report}") };
        assert!(expected(refusal), "{refusal:?}");
    }
    for (call, param) in [
        (week(fv, "600519").period("5m"), "period"),
        (week(fv, "000001.SH"), "symbol"),
        (week(fv, "600519").end("2024-06-20"), "end"),
    ] {
        let error = call.await.unwrap_err();
        assert_eq!(error.param(), Some(param), "{error}");
    }
    assert_eq!(mint.paths(), [] as [&str; 0]);
}

#[tokio::test(start_paused = true)]
async fn days_that_are_over_are_kept_for_longer_than_today() {
    let mint = Mint::with(|builder| builder.cache(true)).await;
    let open = || mint.fv.call::<CoinDaily>("600519").start("2024-06-25");
    let requests = || mint.paths().len();
    week(&mint.fv, "600519").await.unwrap();
    open().await.unwrap();
    assert_eq!(requests(), 2);
    tokio::time::advance(59 * S).await;
    assert!(week(&mint.fv, "600519").await.unwrap().provenance().cached);
    assert!(open().await.unwrap().provenance().cached);
    tokio::time::advance(2 * S).await;
    let cached = week(&mint.fv, "600519").explain().unwrap().cached.unwrap();
    assert_eq!((cached.age, cached.left), (61 * S, (3_600 - 61) * S));
    assert!(week(&mint.fv, "600519").await.unwrap().provenance().cached);
    assert!(!open().await.unwrap().provenance().cached);
    assert_eq!(requests(), 3);
    tokio::time::advance(3_600 * S).await;
    assert!(!week(&mint.fv, "600519").await.unwrap().provenance().cached);
}

#[tokio::test]
async fn no_rows_of_a_known_symbol_are_no_data_and_an_unknown_one_is_not_found() {
    let mint = Mint::start().await;
    let weekend = mint.fv.call::<CoinDaily>("600519").start("2024-06-22").end("2024-06-23").await;
    assert!(weekend.as_ref().is_err_and(Error::is_no_data), "{}", told(&weekend));
    assert_eq!(failures(&weekend), [("mint".to_owned(), ErrorKind::NoData)]);
    let unknown = week(&mint.fv, "600000").await;
    assert!(unknown.as_ref().is_err_and(Error::is_not_found), "{}", told(&unknown));
    for error in [weekend.unwrap_err(), unknown.unwrap_err()] {
        let Error::NotFound(error) = error else { panic!("{error}") };
        assert!(error.conclusive(), "{error}");
    }
    let health = mint.fv.source_health();
    assert_eq!(health.get("coin_daily", "mint").unwrap().consecutive_failures, 0);
}

#[tokio::test]
async fn tables_that_break_its_rules_are_failures_and_take_no_other_symbol_from_it() {
    let mint = Mint::start().await;
    for (symbol, word) in [("600036", "between low"), ("601318", "ascending")] {
        let result = week(&mint.fv, symbol).await;
        assert_eq!(failures(&result), [("mint".to_owned(), ErrorKind::Invalid)], "{}", told(&result));
        let error = result.unwrap_err();
        assert!(error.to_string().contains(word), "{error}");
    }
    for _ in 0..3 {
        week(&mint.fv, "600036").await.unwrap_err();
    }
    assert_eq!(mint.fv.source_health().get("coin_daily", "mint").unwrap().status, Status::Healthy);
    assert_eq!(week(&mint.fv, "600519").explain().unwrap().ask[0].forecast.unwrap().requests, 1);
    week(&mint.fv, "600519").await.unwrap();
}

#[tokio::test]
async fn its_batches_name_what_is_missing_and_keep_their_order() {
    let mint = Mint::start().await;
    let quotes = mint.fv.call::<CoinQuote>(["601318", "600000", "600519"]).await.unwrap();
    let rows: Vec<(&str, f64)> = quotes.rows().map(|row| (row.symbol, row.price)).collect();
    assert_eq!(rows, [("601318.SH", 40.0), ("600519.SH", 14.0)]);
    let missing: Vec<String> = quotes.provenance().missing.iter().map(Symbol::to_string).collect();
    assert_eq!(missing, ["600000.SH"]);
    let unknown = mint.fv.call::<CoinQuote>(["600000"]).await;
    assert!(unknown.as_ref().is_err_and(Error::is_not_found), "{}", told(&unknown));
}

#[test]
fn it_is_called_without_async_as_well() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let mint = runtime.block_on(Mint::start());
    let fv = blocking::FinVista::over(&mint.fv).unwrap();
    let call = fv.call::<CoinDaily>("600519").start("2024-06-25").end("2024-06-27").adjust(Adjust::Qfq);
    assert_eq!(closes(&call.send().unwrap()), [(25, 6.25), (26, 6.5), (27, 6.75)]);
    let many = fv.call_many::<CoinDaily, _>(["600519", "600000", "x"]).start("2024-06-25").end("2024-06-27");
    let mut answers: Vec<(&str, Option<usize>)> =
        many.send().unwrap().map(|(key, result)| (key, result.ok().map(|table| table.num_rows()))).collect();
    answers.sort_unstable();
    assert_eq!(answers, [("600000", None), ("600519", Some(3)), ("x", None)]);
}
