//! A whole call through the manager and the breaker, to a source with its table of 250 rows in memory: with the check at the
//! boundary, without it, and from the cache.

#![allow(clippy::unwrap_used, reason = "a bench without its setup has nothing to measure")]

use std::sync::Arc;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use finvista::raw::dataset::{Bar, BarSink, Build, Dataset};
use finvista::raw::manager::Manager;
use finvista::raw::{Capability, Context, DataSource, Offer, Registry, Series, Shape, async_trait};
use finvista::{
    CacheConfig, CallOptions, CnStockDaily, DatasetId, DatasetSpec, FailoverConfig, Params, Query,
    RecordBatch, SourceError, SourceInfo,
};
use futures_util::FutureExt;
use futures_util::future::join_all;
use jiff::civil::date;
use jiff::{Timestamp, ToSpan};

const ROWS: usize = 250;

/// The same columns under another id, without checks of the rows.
static UNCHECKED: DatasetSpec = {
    let mut spec = *CnStockDaily::SPEC;
    spec.id = "unchecked_daily";
    spec.title = "Daily bars without checks";
    spec.checks = &[];
    spec.extra = None;
    spec
};

/// The symbol whose answer takes a second poll.
const PENDING: &str = "600000";

/// A source with its answer in memory.
#[derive(Debug)]
struct InMemory {
    info: SourceInfo,
    capability: Capability,
    checked: RecordBatch,
    unchecked: RecordBatch,
}

#[async_trait]
impl DataSource for InMemory {
    fn info(&self) -> &SourceInfo {
        &self.info
    }

    fn capability(&self, _: &DatasetId) -> Option<&Capability> {
        Some(&self.capability)
    }

    async fn fetch(&self, _: &Context, query: &Query) -> Result<RecordBatch, SourceError> {
        if query.dataset().as_str() != UNCHECKED.id {
            return Ok(self.checked.clone());
        }
        if query.symbols().first().is_some_and(|symbol| symbol.code() == PENDING) {
            tokio::task::yield_now().await;
        }
        Ok(self.unchecked.clone())
    }
}

fn query(spec: &DatasetSpec, symbol: &str) -> Query {
    spec.parse(&Params::from([("symbol".to_owned(), symbol.to_owned())])).unwrap()
}

fn table() -> RecordBatch {
    let query = query(CnStockDaily::SPEC, "600519");
    let series = Series::of(query.selection()).unwrap();
    let mut builder = <CnStockDaily as Dataset>::Builder::new(series, Timestamp::UNIX_EPOCH);
    for day in date(2023, 1, 2).series(1.day()).take(ROWS) {
        builder.bar(Bar {
            amount: Some(1_230_000.0),
            change: Some(0.1),
            change_pct: Some(0.96),
            amplitude: Some(1.2),
            turnover: Some(0.3),
            ..Bar::new(day, 10.0, 11.0, 9.5, 10.5, 120_000)
        });
    }
    builder.finish().unwrap()
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
    let mut registry = Registry::empty();
    registry.add_dataset(CnStockDaily::SPEC).unwrap();
    registry.add_dataset(&UNCHECKED).unwrap();
    let checked = table();
    let unchecked = RecordBatch::try_new(UNCHECKED.schema(), checked.columns().to_vec()).unwrap();
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
    let (checked, unchecked) = (query(CnStockDaily::SPEC, "600519"), query(&UNCHECKED, "600519"));
    let uncached = manager();
    let cached = manager().with_cache(CacheConfig::default());
    for (name, manager, query) in [
        ("with the check", &uncached, &checked),
        ("without", &uncached, &unchecked),
        ("cache hit", &cached, &checked),
    ] {
        // The first call may yield between two polls; a hit does not.
        runtime.block_on(manager.fetch(query, &options)).unwrap();
        group.bench_function(name, |bencher| {
            bencher.iter(|| manager.fetch(query, &options).now_or_never().unwrap().unwrap());
        });
    }
    group.finish();
}

/// Equal calls at once: the source is pending once, so all calls have begun when it answers.
fn coalescing(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let _guard = runtime.enter();
    let manager = manager().with_cache(CacheConfig::default());
    let query = query(&UNCHECKED, PENDING);
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
