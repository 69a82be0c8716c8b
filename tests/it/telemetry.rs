#![cfg(test)]
//! What a program learns from its client besides the answers: events and metrics.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use finvista_core::breaker::State;
use finvista_core::manager::{CacheConfig, CallOptions, EventKind, FailoverConfig, Manager};
use metrics::{
    Counter, CounterFn, Gauge, GaugeFn, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit,
};

use finvista::{Adjust, DatasetId, ErrorKind, Query};

use crate::scripted::{Act, Scripted};
use crate::support::Bench;

/// Counts by name and labels, as text.
#[derive(Debug, Clone, Default)]
struct Counts(Arc<Mutex<BTreeMap<String, u64>>>);

struct Count(Counts, String);

impl CounterFn for Count {
    fn increment(&self, value: u64) {
        *self.0.0.lock().unwrap().entry(self.1.clone()).or_default() += value;
    }
    fn absolute(&self, value: u64) {
        self.0.0.lock().unwrap().insert(self.1.clone(), value);
    }
}

impl GaugeFn for Count {
    fn increment(&self, _: f64) {
        panic!("a state is set");
    }
    fn decrement(&self, _: f64) {
        panic!("a state is set");
    }
    fn set(&self, value: f64) {
        self.0.0.lock().unwrap().insert(self.1.clone(), value as u64);
    }
}

impl Counts {
    /// Counts a description under the kind, the name and the unit; an empty one is none.
    fn described(&self, kind: &str, name: &KeyName, unit: Option<Unit>, doc: &str) {
        if !doc.is_empty() {
            let unit = unit.map_or("none", |unit| unit.as_str());
            self.0.lock().unwrap().insert(format!("{kind} {} {unit}", name.as_str()), 1);
        }
    }
}

impl Recorder for Counts {
    fn describe_counter(&self, name: KeyName, unit: Option<Unit>, doc: SharedString) {
        self.described("counter", &name, unit, &doc);
    }
    fn describe_gauge(&self, name: KeyName, unit: Option<Unit>, doc: SharedString) {
        self.described("gauge", &name, unit, &doc);
    }
    fn describe_histogram(&self, name: KeyName, unit: Option<Unit>, doc: SharedString) {
        self.described("histogram", &name, unit, &doc);
    }
    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        let labels: Vec<&str> = key.labels().map(|label| label.value()).collect();
        Counter::from_arc(Arc::new(Count(self.clone(), format!("{} {}", key.name(), labels.join(" ")))))
    }
    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        let labels: Vec<&str> = key.labels().map(|label| label.value()).collect();
        Gauge::from_arc(Arc::new(Count(self.clone(), format!("{} {}", key.name(), labels.join(" ")))))
    }
    fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::noop()
    }
}

fn manager() -> Manager {
    let mut registry = crate::support::registry();
    registry.add_source(Arc::new(Scripted::new("a", 0, |_| Act::Fail(ErrorKind::Upstream)))).unwrap();
    registry.add_source(Arc::new(Scripted::new("b", 1, |_| Act::Answer))).unwrap();
    let config = FailoverConfig { failure_threshold: 2, ..FailoverConfig::default() };
    Manager::new(registry, config).unwrap().with_cache(CacheConfig::default())
}

fn query() -> Query {
    crate::support::ping_an()
}

async fn ask(manager: &Manager, fresh: bool) {
    manager.fetch(&query(), &CallOptions { fresh, ..CallOptions::default() }).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn failovers_and_transitions_are_events_in_their_order() {
    let manager = manager();
    let mut events = manager.events();
    for _ in 0..3 {
        ask(&manager, true).await;
    }
    manager.reset(Some(&DatasetId::new("cn_stock_daily")), "a").unwrap();
    let mut seen = Vec::new();
    for sequence in 1..=4 {
        let event = events.next().await.unwrap();
        assert_eq!(event.sequence, sequence);
        seen.push(match event.what {
            EventKind::Failover { failed, answered, .. } => format!("{} to {answered}", failed.join(",")),
            EventKind::Transition { source, from, to, epoch, .. } => format!("{source} {from} {to} {epoch}"),
            other => panic!("{other:?}"),
        });
    }
    // The third call skipped the open circuit, which does not count as a failover of that call.
    assert_eq!(seen, ["a to b", "a closed open 1", "a to b", "a open closed 2"]);
    assert_eq!(to_state(&manager), State::Closed);
    drop(manager);
    assert!(events.next().await.is_none());
}

fn to_state(manager: &Manager) -> State {
    manager.health().get("cn_stock_daily", "a").unwrap().circuit
}

#[tokio::test(start_paused = true)]
async fn a_slow_subscriber_is_told_how_much_it_missed() {
    let manager = manager();
    let mut events = manager.events();
    for _ in 0..1_100 {
        manager.reset(None, "a").unwrap();
    }
    assert!(matches!(events.next().await.unwrap().what, EventKind::Missed(76)));
    assert_eq!(events.next().await.unwrap().sequence, 77);
}

#[test]
fn circuits_have_a_gauge_and_every_metric_a_description() {
    let counts = Counts::default();
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    let circuit = |source: &str| {
        let counts = counts.0.lock().unwrap();
        counts[&format!("finvista_circuit_state cn_stock_daily {source}")]
    };
    metrics::with_local_recorder(&counts, || {
        let manager = manager();
        assert_eq!((circuit("a"), circuit("b")), (0, 0));
        runtime.block_on(async { ask(&manager, true).await });
        assert_eq!(circuit("a"), 0);
        runtime.block_on(async { ask(&manager, true).await });
        assert_eq!((circuit("a"), circuit("b")), (2, 0));
        manager.reset(None, "a").unwrap();
        assert_eq!(circuit("a"), 0);
        finvista::FinVista::builder().environment([]).build().unwrap();
    });
    let counts = counts.0.lock().unwrap();
    let described: Vec<_> = counts.keys().filter(|key| !key.starts_with("finvista")).collect();
    assert_eq!(described.len(), finvista::metrics().count(), "{described:?}");
    for line in [
        "counter finvista_attempts_total count",
        "counter finvista_requests_total count",
        "gauge finvista_circuit_state none",
        "histogram finvista_attempt_seconds seconds",
        "histogram finvista_limit_seconds seconds",
    ] {
        assert!(counts.contains_key(line), "{line}: {described:?}");
    }
}

#[test]
fn metrics_count_attempts_skips_transitions_failovers_and_the_cache() {
    let counts = Counts::default();
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    metrics::with_local_recorder(&counts, || {
        runtime.block_on(async {
            let manager = manager();
            for fresh in [false, false, true, true] {
                ask(&manager, fresh).await;
            }
        });
    });
    let mut counts = counts.0.lock().unwrap().clone();
    // Without the descriptions.
    counts.retain(|name, _| name.starts_with("finvista"));
    let expected = [
        ("finvista_attempts_total cn_stock_daily a upstream", 2),
        ("finvista_attempts_total cn_stock_daily b ok", 3),
        ("finvista_cache_total cn_stock_daily hit", 1),
        ("finvista_cache_total cn_stock_daily miss", 3),
        ("finvista_circuit_state cn_stock_daily a", 2),
        ("finvista_circuit_state cn_stock_daily b", 0),
        ("finvista_failovers_total cn_stock_daily", 2),
        ("finvista_skips_total cn_stock_daily a open", 1),
        ("finvista_transitions_total cn_stock_daily a open", 1),
    ];
    assert_eq!(counts, expected.map(|(name, count)| (name.to_owned(), count)).into());
}

#[test]
fn requests_are_counted_by_host() {
    let counts = Counts::default();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    metrics::with_local_recorder(&counts, || {
        runtime.block_on(async {
            let bench = Bench::start(1).await;
            bench.fv.cn_stock_daily("000001").source("eastmoney").await.unwrap();
            // The series and the factors that adjust it.
            let adjusted = bench.fv.cn_stock_daily("000001").start("2024-01-02").adjust(Adjust::Qfq);
            adjusted.source("sina").await.unwrap();
        });
    });
    let counts = counts.0.lock().unwrap().clone();
    let hosts = counts
        .iter()
        .filter_map(|(name, count)| Some((name.strip_prefix("finvista_requests_total ")?, *count)));
    let expected = [("finance.sina.com.cn", 1), ("push2his.eastmoney.com", 1), ("quotes.sina.cn", 1)];
    assert_eq!(hosts.collect::<Vec<_>>(), expected);
}
