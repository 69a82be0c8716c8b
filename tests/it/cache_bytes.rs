#![cfg(test)]
//! The bound of the cache counts what the cache takes: whole allocations, keys, and errors that it remembers.

use std::sync::Arc;
use std::time::Duration;

use arrow_array::{ArrayRef, Float64Array};
use finvista::{Adjust, CallOptions, DateRange, ErrorKind, FailoverConfig, Query, RecordBatch, Symbol};
use finvista_core::manager::{CacheConfig, Manager};
use jiff::civil::date;

use crate::answering::{Answering, fails, good};
use crate::scripted::{Act, Scripted, bars, table};
use crate::support::{daily_query, now, quote_query};

fn manager(config: CacheConfig, source: Arc<dyn finvista::raw::DataSource>) -> Manager {
    let mut registry = crate::support::registry();
    registry.add_source(source).unwrap();
    Manager::new(registry, FailoverConfig::default()).unwrap().with_cache(config).with_wall_clock(now)
}

fn query(n: i64) -> Query {
    let start = date(2000, 1, 1).checked_add(jiff::Span::new().days(n)).unwrap();
    daily_query("600000", DateRange::new(Some(start), None).unwrap(), Adjust::None)
}

async fn ask(manager: &Manager, query: &Query) -> bool {
    manager.fetch(query, &CallOptions::default()).await.is_ok()
}

/// An answer takes its bytes once, whether it may stand in for an error later or not.
#[tokio::test(start_paused = true)]
async fn an_answer_is_kept_once() {
    let bytes = async |stale_if_error| {
        let config = CacheConfig { stale_if_error, ..CacheConfig::default() };
        let manager = manager(config, Answering::new("a", 0, |query, _| (Duration::ZERO, good(query))));
        assert!(ask(&manager, &query(0)).await);
        manager.cached_bytes().await
    };
    let (off, on) = (bytes(None).await, bytes(Some(Duration::from_secs(60))).await);
    assert!(off == on && (1_000..8_000).contains(&off), "{off} {on}");
}

/// Three rows in columns with room for a hundred thousand take the room.
#[tokio::test(start_paused = true)]
async fn a_whole_allocation_counts() {
    let roomy = |column: &Float64Array| -> ArrayRef {
        let mut values = Vec::with_capacity(100_000);
        values.extend(column.iter().map(Option::unwrap));
        Arc::new(Float64Array::from(values))
    };
    let plain = table(&query(0), &bars());
    let columns = plain.columns().iter().zip(plain.schema_ref().fields()).map(|(column, field)| {
        let floats = column.as_any().downcast_ref::<Float64Array>();
        match floats.filter(|_| field.name() == "open" || field.name() == "close") {
            Some(floats) => roomy(floats),
            None => Arc::clone(column),
        }
    });
    let columns: Vec<ArrayRef> = columns.collect();
    let batch = RecordBatch::try_new(plain.schema(), columns).unwrap();
    let source = Scripted::new("a", 0, move |_| Act::Return(batch.clone()));
    let manager = manager(CacheConfig::default(), Arc::new(source));
    assert!(ask(&manager, &query(0)).await);
    let bytes = manager.cached_bytes().await;
    assert!((1_600_000..1_700_000).contains(&bytes), "{bytes}");
}

/// That no source knows 800 symbols takes the room of 800 symbols.
#[tokio::test(start_paused = true)]
async fn keys_and_remembered_errors_count() {
    let unknown = || Answering::new("a", 0, |_, _| (Duration::ZERO, fails(ErrorKind::NotFound)));
    let one = manager(CacheConfig::default(), unknown());
    let symbols: Vec<Symbol> = (600_000..600_800).map(|code| format!("{code}.SH").parse().unwrap()).collect();
    assert!(!ask(&one, &quote_query(symbols)).await);
    let bytes = one.cached_bytes().await;
    assert!(bytes >= 800 * 16, "{bytes}");

    let config = CacheConfig { max_bytes: 100_000, ..CacheConfig::default() };
    let source = unknown();
    let many = manager(config, Arc::clone(&source) as _);
    for n in 0..2_000 {
        assert!(!ask(&many, &query(n)).await);
    }
    let bytes = many.cached_bytes().await;
    assert!(bytes > 0 && bytes <= 100_000, "{bytes}");
}

/// The bound holds after every answer, and not only now and then.
#[tokio::test(start_paused = true)]
async fn the_bound_holds_at_every_moment() {
    let config = CacheConfig {
        max_bytes: 20_000,
        stale_if_error: Some(Duration::from_secs(60)),
        ..CacheConfig::default()
    };
    let manager = manager(config, Answering::new("a", 0, |query, _| (Duration::ZERO, good(query))));
    for n in 0..100 {
        assert!(ask(&manager, &query(n)).await);
        assert!(manager.cached_bytes().await <= 20_000, "after {n}");
    }
}
