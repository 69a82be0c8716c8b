//! A whole call through the manager and the breaker, with a source that has its table of 250 rows at hand: with the check at the
//! boundary, without it, and from the cache.

#![allow(clippy::unwrap_used, reason = "a bench that cannot be set up has nothing to measure")]

use std::sync::Arc;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use finvista::core::dataset::{Bar, CnStockDaily, CnStockDailyQuery, Dataset, DatasetSpec};
use finvista::core::manager::{CacheConfig, Manager};
use finvista::core::{Capability, Context, DataSource, Offer, Registry, SourceInfo, async_trait};
use finvista::{
    Adjust, CallOptions, DatasetId, DateRange, FailoverConfig, Query, RecordBatch, SourceError, Symbol, Table,
};
use futures_util::FutureExt;
use futures_util::future::join_all;
use jiff::ToSpan;
use jiff::civil::date;

const ROWS: usize = 250;

/// The same columns under another key, with nothing that is checked row by row.
static UNCHECKED: DatasetSpec = DatasetSpec {
    id: "unchecked_daily",
    title: "Daily bars that are believed",
    check: |_, _, _| Ok(Vec::new()),
    ..*CnStockDaily::SPEC
};

/// A source that has its answer at hand.
#[derive(Debug)]
struct InMemory {
    info: SourceInfo,
    capability: Capability,
    checked: Table,
    unchecked: Table,
}

#[async_trait]
impl DataSource for InMemory {
    fn info(&self) -> &SourceInfo {
        &self.info
    }

    fn capability(&self, _: &DatasetId) -> Option<&Capability> {
        Some(&self.capability)
    }

    async fn fetch(&self, _: &Context, query: &Query) -> Result<Table, SourceError> {
        let Query::Custom(query) = query else { return Ok(self.checked.clone()) };
        if query.params.get("symbol").is_some_and(|symbol| symbol == "pending") {
            tokio::task::yield_now().await;
        }
        Ok(self.unchecked.clone())
    }
}

fn query() -> CnStockDailyQuery {
    let symbol = Symbol::stock("600519").unwrap();
    CnStockDailyQuery::new(symbol, DateRange::default(), Adjust::None).unwrap()
}

fn table() -> Table {
    let mut builder = CnStockDaily::builder(&query());
    for day in date(2023, 1, 2).series(1.day()).take(ROWS) {
        builder.bar(Bar {
            date: day,
            open: 10.0,
            high: 11.0,
            low: 9.5,
            close: 10.5,
            volume: 120_000,
            amount: Some(1_230_000.0),
            change: Some(0.1),
            change_pct: Some(0.96),
            amplitude: Some(1.2),
            turnover: Some(0.3),
        });
    }
    Table::new(CnStockDaily::finish(builder).unwrap())
}

fn manager() -> Manager {
    let offers = [CnStockDaily::SPEC, &UNCHECKED].map(|spec| Offer { dataset: spec.id(), priority: 0 });
    let info = SourceInfo {
        name: "memory".to_owned(),
        title: "In memory".to_owned(),
        version: "1".to_owned(),
        origin: "custom".to_owned(),
        failure_domain: "memory".to_owned(),
        offers: offers.to_vec(),
    };
    let mut registry = Registry::default();
    registry.add_dataset(&UNCHECKED).unwrap();
    let checked = table();
    let columns = checked.batch().columns().to_vec();
    let unchecked = Table::new(RecordBatch::try_new(UNCHECKED.schema(), columns).unwrap());
    let source = InMemory { info, capability: Capability::any(), checked, unchecked };
    registry.add_source(Arc::new(source)).unwrap();
    Manager::new(registry, FailoverConfig::default()).unwrap()
}

fn call(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    // The source never waits, so one poll is the whole call; only its timers need a runtime.
    let _guard = runtime.enter();
    let options = CallOptions::default();
    let mut group = criterion.benchmark_group("whole call, 250 rows");
    group.measurement_time(Duration::from_secs(3));
    let (checked, unchecked) =
        (Query::from(query()), Query::custom(UNCHECKED.id(), [("symbol", "600519.SH")]));
    let uncached = manager();
    let cached = manager().with_cache(CacheConfig::default());
    for (name, manager, query) in [
        ("with the check", &uncached, &checked),
        ("without", &uncached, &unchecked),
        ("cache hit", &cached, &checked),
    ] {
        // The cache may let go of the first call's future between two polls, which a hit does not.
        runtime.block_on(manager.fetch(query, &options)).unwrap();
        group.bench_function(name, |bencher| {
            bencher.iter(|| manager.fetch(query, &options).now_or_never().unwrap().unwrap());
        });
    }
    group.finish();
}

/// Equal calls at once: the source is pending once, so that all have begun when it answers.
fn coalescing(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let _guard = runtime.enter();
    let manager = manager().with_cache(CacheConfig::default());
    let query = Query::custom(UNCHECKED.id(), [("symbol", "pending")]);
    let fresh = CallOptions { fresh: true, ..CallOptions::default() };
    let mut group = criterion.benchmark_group("equal calls at once");
    group.measurement_time(Duration::from_secs(3));
    for calls in [1, 64] {
        group.bench_function(BenchmarkId::from_parameter(calls), |bencher| {
            bencher.iter(|| {
                let all = join_all((0..calls).map(|_| manager.fetch(&query, &fresh)));
                let tables = runtime.block_on(all);
                assert!(tables.iter().all(Result::is_ok));
            });
        });
    }
    group.finish();
}

criterion_group!(benches, call, coalescing);
criterion_main!(benches);
