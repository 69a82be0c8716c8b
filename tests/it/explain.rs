#![cfg(test)]
//! The plan of a call: it says what the call then does, asks nobody and changes nothing.

use std::sync::Arc;

use finvista::{CallOptions, Error, ErrorKind, FailoverConfig, Plan, Query, SkipReason};
use finvista_core::Registry;
use finvista_core::dataset::CnStockDailyQuery;
use finvista_core::manager::Manager;

use crate::scripted::{Act, Scripted};

fn query() -> Query {
    let symbol = "000001.SZ".parse().unwrap();
    CnStockDailyQuery::new(symbol, Default::default(), Default::default()).unwrap().into()
}

/// `a` fails, `b` and `c` answer; two failures open a circuit.
fn manager() -> (Manager, [Arc<Scripted>; 3]) {
    let a = Arc::new(Scripted::new("a", 0, |_| Act::Fail(ErrorKind::Upstream)));
    let b = Arc::new(Scripted::new("b", 1, |_| Act::Answer));
    let c = Arc::new(Scripted::new("c", 2, |_| Act::Answer));
    let sources = [a, b, c];
    let mut registry = Registry::default();
    for source in &sources {
        registry.add_source(Arc::clone(source) as _).unwrap();
    }
    let config = FailoverConfig { failure_threshold: 2, ..FailoverConfig::default() };
    (Manager::new(registry, config).unwrap(), sources)
}

fn plan(manager: &Manager) -> Plan {
    manager.explain(&query(), &CallOptions::default()).unwrap()
}

async fn ask(manager: &Manager) -> finvista::Table {
    manager.fetch(&query(), &CallOptions::default()).await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_plan_is_what_the_call_then_does_and_asks_nobody() {
    let (manager, sources) = manager();
    manager.set_enabled("c", false).unwrap();
    assert_eq!(plan(&manager).ask, ["a", "b"]);
    assert_eq!(sources.each_ref().map(|source| source.calls()), [0, 0, 0]);
    ask(&manager).await;
    ask(&manager).await;
    let planned = plan(&manager);
    assert_eq!(planned.ask, ["b"]);
    // The order of the sources, as a call reports it, on a clock that stands still.
    let told = ask(&manager).await.provenance().clone();
    assert_eq!(told.source, "b");
    assert_eq!(planned.skipped.first(), told.skipped.first());
    let reasons: Vec<_> = planned.skipped.iter().map(|skipped| &skipped.reason).collect();
    assert!(matches!(reasons[..], [SkipReason::Open { .. }, SkipReason::Disabled]), "{reasons:?}");
    let text = planned.to_string();
    assert!(
        text.contains(
            "\n  1. b\n  -  a: its circuit is open, and tried again in 60.0 s\n  -  c: it is disabled"
        ),
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
        assert_eq!(plan(&manager).ask, ["a", "b", "c"]);
    }
    ask(&manager).await;
    assert_eq!(sources[0].calls(), 3);
}

#[test]
fn a_plan_knows_the_options_and_the_limits_of_a_call() {
    let (manager, _) = manager();
    let only = CallOptions { source: Some("c".to_owned()), ..CallOptions::default() };
    assert_eq!(manager.explain(&query(), &only).unwrap().ask, ["c"]);
    manager.force(&query().dataset(), Some("b")).unwrap();
    assert_eq!(plan(&manager).ask, ["b"]);
    manager.force(&query().dataset(), None).unwrap();
    manager.configure(FailoverConfig { max_attempts: Some(1), ..manager.config() }).unwrap();
    assert_eq!(plan(&manager).ask, ["a"]);
    let nobody = CallOptions { source: Some("d".to_owned()), ..CallOptions::default() };
    assert!(matches!(manager.explain(&query(), &nobody), Err(Error::UnknownSource { .. })));
    ["a", "b", "c"].iter().for_each(|source| manager.set_enabled(source, false).unwrap());
    assert!(matches!(manager.explain(&query(), &CallOptions::default()), Err(Error::NoSource { .. })));
}
