//! A third party's data set of the shape series: the same refusals, checks and messages as ours.

use std::sync::Arc;

use finvista_core::dataset::{Adjustable, Dataset, Periodic, Ranged};
use finvista_core::manager::FailureKind;
use finvista_core::{
    Adjust, Board, Boards, Capability, DateRange, ErrorKind, HK_STOCKS, Period, Query, Refusal, Series,
    SkipReason, SourceError, Table,
};
use jiff::civil::date;

use crate::support::{HkBar, HkDaily, Scripted, bars, bars_query, manager, options, params};

const HK: Boards = Boards::of(&[Board::HongKong]);

#[test]
fn text_is_refused_with_the_parameter() {
    let refused = |pairs: &[(&str, &str)]| {
        let error = HkDaily::SPEC.parse(&params(pairs)).unwrap_err();
        (error.to_string(), error.param())
    };
    let symbol = "symbol";
    for (pairs, message, param) in [
        (&[][..], "expected symbol for hk_daily (the instrument, such as 00700.HK), got none", Some(symbol)),
        (
            &[(symbol, "600519.SH")],
            "expected one of the Hong Kong listings, such as 00700.HK, got 600519.SH, a main-board share",
            Some(symbol),
        ),
        (
            &[(symbol, "700"), ("period", "month")],
            "expected a period of hk_daily (day or week), got month",
            Some("period"),
        ),
        (
            &[(symbol, "700"), ("start", "yesterday")],
            "expected a date such as 2024-01-31 or 20240131, got \"yesterday\"",
            Some("start"),
        ),
        (
            &[(symbol, "700"), ("market", "main")],
            "expected a parameter of hk_daily (symbol, start, end, period or adjust), got \"market\"",
            None,
        ),
    ] {
        assert_eq!(refused(pairs), (message.to_owned(), param));
    }
}

#[test]
fn facets_reach_the_fields_of_a_selection() {
    fn refine<D: Ranged + Adjustable + Periodic>(mut selection: D::Selection) -> D::Selection {
        *D::range_mut(&mut selection) = DateRange::new(Some(date(2024, 6, 3)), None).unwrap();
        *D::adjust_mut(&mut selection) = Adjust::Qfq;
        *D::period_mut(&mut selection) = Period::Week;
        selection
    }
    let series = Series::new(HK_STOCKS.symbol("700").unwrap(), &HkDaily::SPEC.rules).unwrap();
    let query = Query::of::<HkDaily>(refine::<HkDaily>(series));
    assert_eq!(query.to_string(), "00700.HK, from 2024-06-03, week, qfq");
    assert_eq!(query, bars_query(&[("start", "2024-06-03"), ("adjust", "qfq"), ("period", "week")]));
}

#[tokio::test]
async fn what_a_capability_leaves_out_is_not_sent() {
    const CAPABILITY: Capability =
        Capability::of_boards(HK).adjusts(Adjust::Qfq, HK).periods(&[Period::Day]).last_bars(20);
    let days = [(date(2024, 6, 27), 370.0), (date(2024, 6, 28), 372.0)];
    let source = Arc::new(
        Scripted::new("a", HkDaily::SPEC, move |_, query| (0, Ok(bars(query, &days)))).capability(CAPABILITY),
    );
    let manager = manager(&[Arc::clone(&source)]);
    let start = ("start", "2024-06-24");
    for (pairs, why) in [
        (&[start, ("adjust", "hfq")][..], "has no hfq prices of 00700.HK, a Hong Kong listing"),
        (&[start, ("period", "week")], "does not serve week bars"),
        (&[], "has the latest 20 bars, and the query has no start"),
        (&[("start", "2024-01-02")], "has the latest 20 bars, and from 2024-01-02 may need more"),
    ] {
        let error = manager.fetch(&bars_query(pairs), &options()).await.unwrap_err();
        assert_eq!(error.kind(), FailureKind::Unsupported);
        assert_eq!(error.skipped()[0].to_string(), format!("a was not asked: {why}"));
        assert!(error.to_string().starts_with("no source can answer hk_daily (00700.HK, "), "{error}");
    }
    assert_eq!(source.asked(), 0);
    let table = manager.fetch(&bars_query(&[start, ("adjust", "qfq")]), &options()).await.unwrap();
    let table: Table<HkDaily> = table.typed().unwrap();
    let rows: Vec<HkBar<'_>> = table.rows().collect();
    assert_eq!((rows.len(), rows[1].change, rows[1].change_pct), (2, Some(2.0), Some(0.54)));
    assert_eq!((table.source(), table.provenance().dataset.as_str()), ("a", "hk_daily"));
}

#[tokio::test]
async fn a_wrong_table_is_the_failure_of_its_source() {
    let day = date(2024, 6, 28);
    let late = Arc::new(Scripted::new("late", HkDaily::SPEC, move |_, _| {
        (0, Ok(bars(&bars_query(&[]), &[(date(2024, 7, 1), 370.0)])))
    }));
    let other = Arc::new(Scripted::new("other", HkDaily::SPEC, move |_, _| {
        let query = HkDaily::SPEC.parse(&params(&[("symbol", "5")]));
        (0, Ok(bars(&query.unwrap(), &[(day, 60.0)])))
    }));
    let right = Arc::new(Scripted::new("right", HkDaily::SPEC, move |_, query| {
        (0, Ok(bars(query, &[(day, 370.0)])))
    }));
    let manager = manager(&[late, other, right]);
    let query = bars_query(&[("end", "2024-06-28")]);
    let table = manager.fetch(&query, &options()).await.unwrap();
    let failures: Vec<_> = table.provenance().attempts.iter().filter_map(|a| a.error.as_ref()).collect();
    assert_eq!(failures.iter().map(|error| error.kind()).collect::<Vec<_>>(), [ErrorKind::Invalid; 2]);
    assert_eq!(
        failures.iter().map(|error| error.message()).collect::<Vec<_>>(),
        [
            "00700.HK 2024-07-01: expected a row in the range asked for (until 2024-06-28)",
            "00005.HK 2024-06-28: expected rows of 00700.HK, got \"00005.HK\"",
        ]
    );
    let health = manager.health();
    // One symbol does not decide about the source.
    assert_eq!(health.get("hk_daily", "late").unwrap().consecutive_failures, 0);
    assert_eq!(table.source(), "right");
}

#[tokio::test]
async fn an_empty_table_means_that_the_range_has_no_rows() {
    let source = Arc::new(Scripted::new("a", HkDaily::SPEC, |_, query| (0, Ok(bars(query, &[])))));
    let manager = manager(&[source]);
    let error = manager.fetch(&bars_query(&[("start", "2024-06-29")]), &options()).await.unwrap_err();
    assert!(error.is_no_data() && !error.is_retryable(), "{error}");
    assert!(error.to_string().starts_with("no rows for hk_daily (00700.HK, from 2024-06-29)"), "{error}");
}

#[tokio::test]
async fn a_refusal_serialises_as_its_message() {
    let refused = |_: &finvista_core::Context, _: &Query| {
        (0, Err(SourceError::new(ErrorKind::Unsupported, "no licence for Hong Kong")))
    };
    let source = Arc::new(Scripted::new("a", HkDaily::SPEC, refused));
    let error = manager(&[source]).fetch(&bars_query(&[]), &options()).await.unwrap_err();
    assert_eq!(error.kind(), FailureKind::Unsupported);
    let report = serde_json::to_value(error.report().unwrap()).unwrap();
    assert_eq!(report["attempts"][0]["error"]["message"], "no licence for Hong Kong");
    let reason = SkipReason::Unsupported(Refusal::Period(Period::Week));
    assert_eq!(
        serde_json::to_value(&reason).unwrap(),
        serde_json::json!({"unsupported": "does not serve week bars"})
    );
}
