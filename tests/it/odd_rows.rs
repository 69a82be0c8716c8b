#![cfg(test)]
//! One wrong row of a snapshot is dropped by name and the others are answered; many wrong rows are an error.

use std::time::Duration;

use finvista::raw::dataset::{Build, Dataset, Quote, QuoteSink};
use finvista::raw::{Shape, Snapshot};
use finvista::{
    CallOptions, CnStockQuote, Error, ErrorKind, FailoverConfig, Query, RecordBatch, SourceError, Status,
    Symbol, Table,
};
use finvista_core::manager::Manager;

use crate::answering::Answering;
use crate::support::{now, quote_query};

fn symbols(count: usize) -> Vec<Symbol> {
    (600_000..600_000 + count).map(|code| format!("{code}.SH").parse().unwrap()).collect()
}

/// Quotes of all symbols asked for. Those before `wrong` have a volume in lots, which the amount disproves.
fn quotes(query: &Query, wrong: usize) -> Result<RecordBatch, SourceError> {
    let snapshot = Snapshot::of(query.selection()).unwrap();
    let mut builder = <CnStockQuote as Dataset>::Builder::new(snapshot, now());
    for (place, symbol) in snapshot.symbols.iter().enumerate() {
        let volume = if place < wrong { 10_000 } else { 1_000_000 };
        let quote = Quote {
            name: "x",
            price: Some(10.0),
            pre_close: Some(10.0),
            open: Some(10.0),
            high: Some(10.0),
            low: Some(10.0),
            volume: Some(volume),
            amount: Some(10.0 * 1e6),
            ..Quote::default()
        };
        builder.quote(*symbol, &quote)?;
    }
    builder.finish()
}

/// A single source with so many wrong rows.
fn manager(wrong: usize) -> Manager {
    let mut registry = crate::support::registry();
    let a = Answering::new("a", 0, move |query, _| (Duration::ZERO, quotes(query, wrong)));
    registry.add_source(a).unwrap();
    Manager::new(registry, FailoverConfig::default()).unwrap().with_wall_clock(now)
}

async fn ask(manager: &Manager, count: usize) -> Result<Table, Error> {
    manager.fetch(&quote_query(symbols(count)), &CallOptions::default()).await
}

#[tokio::test(start_paused = true)]
async fn a_wrong_row_is_dropped_and_named() {
    let manager = manager(1);
    let table = ask(&manager, 800).await.unwrap();
    assert_eq!(table.num_rows(), 799);
    let provenance = table.provenance();
    assert_eq!(provenance.missing, symbols(1));
    let [dropped] = &provenance.dropped[..] else { panic!("{provenance:?}") };
    assert_eq!(dropped.row, "600000.SH");
    assert_eq!(
        dropped.reason,
        "expected amount 10000000 / volume 10000 between low 10 and high 10, got 1000.0000: a unit is wrong"
    );
    let json = serde_json::to_value(provenance).unwrap();
    assert_eq!(json["dropped"][0]["row"], "600000.SH");
    // The rows that are left keep their order and their values.
    let rows: Vec<_> =
        table.typed::<CnStockQuote>().unwrap().rows().map(|row| row.symbol.to_owned()).collect();
    assert_eq!(rows[..2], ["600001.SH", "600002.SH"]);
    assert_eq!(manager.health().get("cn_stock_quote", "a").unwrap().status, Status::Healthy);
}

#[tokio::test(start_paused = true)]
async fn many_wrong_rows_are_an_error_of_the_source() {
    for (count, most) in [(800, 16), (100, 3), (6, 3), (5, 2), (2, 1)] {
        let table = ask(&manager(most), count).await.unwrap();
        assert_eq!((table.num_rows(), table.provenance().dropped.len()), (count - most, most));
        let too_many = manager(most + 1);
        let error = ask(&too_many, count).await.unwrap_err();
        let kind = error.attempts()[0].error.as_ref().map(SourceError::kind);
        assert_eq!(kind, Some(ErrorKind::Invalid), "{error}");
        assert_eq!(too_many.health().get("cn_stock_quote", "a").unwrap().consecutive_failures, 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_single_wrong_quote_is_an_error_about_its_symbol() {
    let manager = manager(1);
    for _ in 0..9 {
        assert!(matches!(ask(&manager, 1).await, Err(Error::AllSourcesFailed(_))));
    }
    assert_eq!(manager.health().get("cn_stock_quote", "a").unwrap().status, Status::Healthy);
}
