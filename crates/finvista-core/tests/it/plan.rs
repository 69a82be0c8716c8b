//! What a plan says before a call is made.

use std::sync::Arc;
use std::time::Duration;

use finvista_core::dataset::Dataset;
use finvista_core::manager::FailureKind;
use finvista_core::{Boards, Capability, DatasetId, Forecast, SkipReason};

use crate::support::{HkDaily, HkList, SECOND, Scripted, bars, bars_query, list, manager, options, query};

fn lists(name: &str, forecast: Forecast) -> Arc<Scripted> {
    Arc::new(Scripted::new(name, HkList::SPEC, |_, _| (0, Ok(list(&["00001.HK"])))).forecast(forecast))
}

#[tokio::test]
async fn the_plan_of_a_sweep_says_how_long_it_takes() {
    let (fits, slow) = (Forecast::new(55, 54 * SECOND), Forecast::new(200, 130 * SECOND));
    let sources = [lists("a", fits), lists("b", slow), lists("c", Forecast::new(1, Duration::ZERO))];
    let plan = manager(&sources).explain(&query(HkList::SPEC, &[]), &options()).unwrap();
    assert_eq!(plan.ask.iter().map(|planned| planned.source.as_str()).collect::<Vec<_>>(), ["a", "c"]);
    assert_eq!(plan.ask[0].forecast, Some(fits));
    let reason = SkipReason::Throttled { retry_after: Some(130 * SECOND) };
    assert_eq!((plan.skipped[0].source.as_str(), &plan.skipped[0].reason), ("b", &reason));
    assert_eq!(
        plan.to_string(),
        "hk_list the main board:\n  \
         1. a, at least 55 requests, the last one delayed 54.0 s by our rate limit\n  \
         2. c, at least 1 request\n  \
         -  b: our rate limit delays it by 130.0 s"
    );
    let json = serde_json::to_value(&plan).unwrap();
    assert_eq!(json["query"], serde_json::json!({"dataset": "hk_list", "market": "main"}));
    assert_eq!(
        json["ask"][0],
        serde_json::json!({"source": "a", "forecast": {"requests": 55, "wait": 54.0}})
    );
    assert_eq!(
        json["skipped"][0],
        serde_json::json!({"source": "b", "reason": {"throttled": {"retry_after": 130.0}}})
    );
    assert!(sources.iter().all(|source| source.asked() == 0));
}

#[tokio::test]
async fn a_plan_without_a_source_to_ask_is_no_error() {
    let none = Scripted::new("a", HkDaily::SPEC, |_, query| (0, Ok(bars(query, &[]))))
        .capability(Capability::of_boards(Boards::NONE));
    let manager = manager(&[Arc::new(none)]);
    let plan = manager.explain(&bars_query(&[]), &options()).unwrap();
    assert_eq!(
        plan.to_string(),
        "hk_daily 00700.HK, all days:\n  no source would be asked\n  \
         -  a: does not serve 00700.HK, a Hong Kong listing"
    );
}

#[tokio::test]
async fn unknown_names_are_answered_with_the_known_ones() {
    let source = |name| Arc::new(Scripted::new(name, HkDaily::SPEC, |_, query| (0, Ok(bars(query, &[])))));
    let manager = manager(&[source("a"), source("b")]);
    let options = finvista_core::manager::CallOptions { source: Some("c".to_owned()), ..options() };
    let error = manager.explain(&bars_query(&[]), &options).unwrap_err();
    assert_eq!(error.kind(), FailureKind::UnknownSource);
    assert_eq!(error.to_string(), "expected a source of hk_daily (a or b), got \"c\"");
    let error = manager.set_priority(&DatasetId::new("hk_minute"), &["a"]).unwrap_err();
    assert_eq!(error.kind(), FailureKind::UnknownDataset);
    assert_eq!(error.to_string(), "expected a data set (hk_daily, hk_list or hk_lots), got \"hk_minute\"");
    let list = manager.fetch(&query(HkList::SPEC, &[]), &crate::support::options()).await.unwrap_err();
    assert_eq!(list.to_string(), "no source for hk_list: none is registered");
}
