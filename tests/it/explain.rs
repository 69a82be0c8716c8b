#![cfg(test)]
//! The plan of a call: it matches what the call then does, sends no request and changes nothing.

use std::sync::Arc;
use std::time::Duration;

use finvista::{
    Adjust, CallOptions, DateRange, Error, ErrorKind, FailoverConfig, Plan, Query, SkipReason, Skipped,
};
use finvista_core::manager::{CacheConfig, Manager};
use jiff::civil::date;

use crate::scripted::{Act, Scripted};
use crate::support::Bench;

fn query() -> Query {
    crate::support::ping_an()
}

/// `a` fails, `b` and `c` answer; two failures open a circuit.
fn manager() -> (Manager, [Arc<Scripted>; 3]) {
    let a = Arc::new(Scripted::new("a", 0, |_| Act::Fail(ErrorKind::Upstream)));
    let b = Arc::new(Scripted::new("b", 1, |_| Act::Answer));
    let c = Arc::new(Scripted::new("c", 2, |_| Act::Answer));
    let sources = [a, b, c];
    let mut registry = crate::support::registry();
    for source in &sources {
        registry.add_source(Arc::clone(source) as _).unwrap();
    }
    let config = FailoverConfig { failure_threshold: 2, ..FailoverConfig::default() };
    (Manager::new(registry, config).unwrap(), sources)
}

fn plan(manager: &Manager) -> Plan {
    manager.explain(&query(), &CallOptions::default()).unwrap()
}

fn asked(plan: &Plan) -> Vec<&str> {
    plan.ask.iter().map(|planned| planned.source.as_str()).collect()
}

async fn ask(manager: &Manager) -> finvista::Table {
    manager.fetch(&query(), &CallOptions::default()).await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_plan_is_what_the_call_then_does_and_sends_nothing() {
    let (manager, sources) = manager();
    manager.set_enabled("c", false).unwrap();
    assert_eq!(asked(&plan(&manager)), ["a", "b"]);
    assert_eq!(sources.each_ref().map(|source| source.calls()), [0, 0, 0]);
    ask(&manager).await;
    ask(&manager).await;
    let planned = plan(&manager);
    assert_eq!(asked(&planned), ["b"]);
    // The order of the sources, as a call reports it, on a clock that stands still.
    let told = ask(&manager).await.provenance().clone();
    assert_eq!(told.source, "b");
    assert_eq!(planned.skipped.first(), told.skipped.first());
    let reasons: Vec<_> = planned.skipped.iter().map(|skipped| &skipped.reason).collect();
    assert!(matches!(reasons[..], [SkipReason::Open { .. }, SkipReason::Disabled]), "{reasons:?}");
    let text = planned.to_string();
    assert!(
        text.contains("\n  1. b\n  -  a: its circuit is open for another 60.0 s\n  -  c: it is disabled"),
        "{text}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_plan_does_not_take_the_one_call_of_a_half_open_circuit() {
    let (manager, sources) = manager();
    ask(&manager).await;
    ask(&manager).await;
    tokio::time::advance(manager.config().circuit_timeout).await;
    for _ in 0..3 {
        assert_eq!(asked(&plan(&manager)), ["a", "b", "c"]);
    }
    ask(&manager).await;
    assert_eq!(sources[0].calls(), 3);
}

#[test]
fn a_plan_knows_the_options_and_the_limits_of_a_call() {
    let (manager, _) = manager();
    let only = CallOptions { source: Some("c".to_owned()), ..CallOptions::default() };
    assert_eq!(asked(&manager.explain(&query(), &only).unwrap()), ["c"]);
    manager.force(query().dataset(), Some("b")).unwrap();
    assert_eq!(asked(&plan(&manager)), ["b"]);
    manager.force(query().dataset(), None).unwrap();
    manager.configure(FailoverConfig { max_attempts: Some(1), ..manager.config() }).unwrap();
    assert_eq!(asked(&plan(&manager)), ["a"]);
    let unknown = CallOptions { source: Some("d".to_owned()), ..CallOptions::default() };
    assert!(matches!(manager.explain(&query(), &unknown), Err(Error::UnknownSource { .. })));
    ["a", "b", "c"].iter().for_each(|source| manager.set_enabled(source, false).unwrap());
    assert!(matches!(manager.explain(&query(), &CallOptions::default()), Err(Error::NoSource { .. })));
}

#[tokio::test(start_paused = true)]
async fn a_plan_tells_of_a_fresh_answer_in_the_cache() {
    let (manager, _) = manager();
    let manager = manager.with_cache(CacheConfig::default());
    assert_eq!(plan(&manager).cached, None);
    ask(&manager).await;
    tokio::time::advance(Duration::from_secs(20)).await;
    let planned = plan(&manager);
    let (age, left) = (Duration::from_secs(20), Duration::from_secs(40));
    assert_eq!(planned.cached.map(|cached| (cached.age, cached.left)), Some((age, left)));
    assert!(planned.to_string().contains("cached, 20.0 s old and fresh for 40.0 s more"), "{planned}");
    let fresh = CallOptions { fresh: true, ..CallOptions::default() };
    assert_eq!(manager.explain(&query(), &fresh).unwrap().cached, None);
    let from_c = CallOptions { source: Some("c".to_owned()), ..CallOptions::default() };
    assert_eq!(manager.explain(&query(), &from_c).unwrap().cached, None);
    tokio::time::advance(Duration::from_secs(40)).await;
    assert_eq!(plan(&manager).cached, None);
}

/// Requests and waits of the vendors' own quotas, before and after some of them are used up.
#[tokio::test]
async fn a_plan_counts_the_requests_and_the_wait_for_our_limits() {
    let bench = Bench::with(7, |builder| builder.rate_limit(true)).await;
    let day = date(2024, 6, 28);
    let daily = |start, adjust| -> Query {
        let range = DateRange::new(start, Some(day)).unwrap();
        crate::support::daily_query("600036", range, adjust)
    };
    let explain = |query: &Query| bench.fv.explain(query, &CallOptions::default()).unwrap();
    let requests = |query: &Query| -> Vec<(String, usize)> {
        explain(query).ask.into_iter().map(|it| (it.source, it.forecast.unwrap().requests)).collect()
    };
    let of = |numbers: &[(&str, usize)]| -> Vec<(String, usize)> {
        numbers.iter().map(|(name, number)| ((*name).to_owned(), *number)).collect()
    };
    let recent = daily(Some(date(2024, 6, 3)), Adjust::None);
    assert_eq!(requests(&recent), of(&[("eastmoney", 1), ("sina", 1), ("tencent", 1)]));
    let adjusted = daily(Some(date(2024, 6, 3)), Adjust::Hfq);
    assert!(requests(&adjusted).contains(&("sina".to_owned(), 2)), "bars and factors");
    // 1,174 weekdays in pages of 640, and more than Sina has.
    assert_eq!(
        requests(&daily(Some(date(2020, 1, 1)), Adjust::None)),
        of(&[("eastmoney", 1), ("tencent", 2)])
    );
    let codes = (600_000..601_000).map(|code| format!("{code}.SH").parse().unwrap());
    let quotes: Query = crate::support::quote_query(codes);
    assert!(
        requests(&quotes).iter().all(|(_, requests)| (2..=20).contains(requests)),
        "{:?}",
        explain(&quotes)
    );

    bench
        .fv
        .configure(|config| {
            config.rates.periods.insert("eastmoney".to_owned(), Duration::from_secs(4));
            config.rates.periods.insert("sina".to_owned(), Duration::from_secs(3_600));
        })
        .unwrap();
    let first = |plan: Plan| plan.ask.into_iter().next().unwrap();
    let mut sent = 0;
    while first(explain(&recent)).forecast.unwrap().wait.is_zero() {
        assert_eq!(first(explain(&recent)).source, "eastmoney");
        bench.fv.fetch(&recent).await.unwrap();
        sent += 1;
    }
    assert_eq!(bench.calls(), [sent, 0, 0]);
    let planned = explain(&recent);
    let wait = first(planned.clone()).forecast.unwrap().wait;
    assert!(wait > Duration::from_secs(1) && wait <= Duration::from_secs(4), "{wait:?}");
    assert!(
        planned.to_string().contains("1. eastmoney, at least 1 request, the last one delayed "),
        "{planned}"
    );

    // A wait that is longer than an attempt is a skip, as in the call.
    bench
        .fv
        .configure(|config| _ = config.rates.periods.insert("eastmoney".to_owned(), Duration::from_secs(60)))
        .unwrap();
    let planned = explain(&recent);
    assert_eq!(asked(&planned), ["sina", "tencent"]);
    let [Skipped { source, reason: SkipReason::Throttled { retry_after: Some(_) }, .. }] =
        &planned.skipped[..]
    else {
        panic!("{planned}");
    };
    assert_eq!(source, "eastmoney");
    assert_eq!(bench.fv.fetch(&recent).await.unwrap().source(), "sina");
}
