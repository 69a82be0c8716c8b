#![cfg(test)]
//! A failure that is about the symbol does not open the circuit for all others; one that is about the source does.

use std::sync::Arc;
use std::time::Duration;

use finvista::{
    Adjust, CallOptions, CnStockDaily, DateRange, Error, ErrorKind, FailoverConfig, Query, SourceError,
    SourceHealth, Status, Table,
};
use finvista_core::RecordBatch;
use finvista_core::dataset::Dataset;
use finvista_core::manager::Manager;

use crate::answering::{Answering, fails, good};
use crate::scripted::{bars, table};
use crate::support::{daily_query, now};

const DAILY: &str = CnStockDaily::SPEC.id;

/// Source `a` with this answer, and `b`, which answers everything.
fn manager(
    answer: impl Fn(&Query, usize) -> Result<RecordBatch, SourceError> + Send + Sync + 'static,
) -> Manager {
    let mut registry = crate::support::registry();
    let a = Answering::new("a", 0, move |query, call| (Duration::ZERO, answer(query, call)));
    registry.add_source(a).unwrap();
    let b: Arc<_> = Answering::new("b", 1, |query, _| (Duration::ZERO, good(query)));
    registry.add_source(b).unwrap();
    Manager::new(registry, FailoverConfig::default()).unwrap().with_wall_clock(now)
}

fn query(code: &str) -> Query {
    daily_query(code, DateRange::default(), Adjust::None)
}

async fn ask(manager: &Manager, code: &str) -> Table {
    manager.fetch(&query(code), &CallOptions::default()).await.unwrap()
}

fn health(manager: &Manager) -> SourceHealth {
    manager.health().get(DAILY, "a").unwrap().clone()
}

fn code(query: &Query) -> &'static str {
    query.symbols()[0].code().to_owned().leak()
}

/// The rows of one symbol break an invariant. Its own calls fail over at once, and no other call is refused.
#[tokio::test(start_paused = true)]
async fn an_odd_symbol_never_opens_the_circuit() {
    let manager = manager(|query, _| match code(query) {
        "601999" => {
            let mut odd = bars();
            odd[1].high = odd[1].low - 1.0;
            Ok(table(query, &odd))
        }
        _ => good(query),
    });
    for _ in 0..20 {
        let table = ask(&manager, "601999").await;
        assert_eq!(table.source(), "b");
        let attempts = &table.provenance().attempts;
        assert_eq!(attempts[0].error.as_ref().map(SourceError::kind), Some(ErrorKind::Invalid));
    }
    assert_eq!((health(&manager).status, health(&manager).success_rate), (Status::Healthy, None));
    assert_eq!(ask(&manager, "600000").await.source(), "a");
}

/// Two odd symbols in turn, with a good one between them now and then, are still only odd symbols.
#[tokio::test(start_paused = true)]
async fn an_answer_in_between_clears_the_source() {
    let manager = manager(|query, _| match code(query) {
        "601991" | "601992" | "601993" | "601994" => fails(ErrorKind::Decode),
        _ => good(query),
    });
    for round in 0..10 {
        for odd in ["601991", "601992", "601993", "601994"].into_iter().skip(round % 2 * 2).take(2) {
            assert_eq!(ask(&manager, odd).await.source(), "b");
        }
        assert_eq!(ask(&manager, "600000").await.source(), "a");
    }
    assert_eq!((health(&manager).status, health(&manager).success_rate), (Status::Healthy, Some(1.0)));
}

#[tokio::test(start_paused = true)]
async fn three_different_symbols_in_a_row_count() {
    let manager = manager(|_, _| fails(ErrorKind::Decode));
    for (nth, failures) in [(0, 0), (1, 0), (2, 1), (3, 2), (4, 3), (5, 4)] {
        ask(&manager, &format!("60100{nth}")).await;
        assert_eq!(health(&manager).consecutive_failures, failures, "after {nth}");
    }
    // Once the source is at fault, a symbol that failed before counts, too.
    ask(&manager, "601000").await;
    assert_eq!(health(&manager).status, Status::CircuitOpen);
    // So does the probe, and the circuit opens again.
    tokio::time::advance(Duration::from_secs(60)).await;
    ask(&manager, "601000").await;
    assert_eq!(health(&manager).status, Status::CircuitOpen);
    assert!(!health(&manager).available);
}

#[tokio::test(start_paused = true)]
async fn a_query_that_was_answered_before_counts_at_once() {
    let manager = manager(|query, call| if call == 0 { good(query) } else { fails(ErrorKind::Decode) });
    assert_eq!(ask(&manager, "600000").await.source(), "a");
    for failures in 1..5 {
        ask(&manager, "600000").await;
        assert_eq!(health(&manager).consecutive_failures, failures);
    }
    ask(&manager, "600000").await;
    assert_eq!(health(&manager).status, Status::CircuitOpen);
}

/// A source that knows that the symbol is to blame says so, and then no number of different symbols counts.
#[tokio::test(start_paused = true)]
async fn what_the_source_marks_as_about_the_symbol_does_not_count() {
    let manager = manager(|query, _| match code(query) {
        code if code.starts_with("6019") => {
            Err(SourceError::new(ErrorKind::Upstream, "an empty factor file").about_symbol())
        }
        _ => good(query),
    });
    for nth in 10..40 {
        assert_eq!(ask(&manager, &format!("6019{nth}")).await.source(), "b");
    }
    assert_eq!(health(&manager).status, Status::Healthy);
    assert_eq!(ask(&manager, "600000").await.source(), "a");
}

#[tokio::test(start_paused = true)]
async fn changed_columns_and_outages_count_at_once() {
    let without_a_column = |query: &Query| Ok(table(query, &bars()).project(&[0, 1, 2]).unwrap());
    let schema = manager(move |query, _| without_a_column(query));
    let outage = manager(|_, _| fails(ErrorKind::Upstream));
    for manager in [schema, outage] {
        for _ in 0..5 {
            ask(&manager, "600000").await;
        }
        assert_eq!(health(&manager).status, Status::CircuitOpen);
    }
}

/// In a half-open circuit an odd symbol is neither a success nor a failure, and gives its place back.
#[tokio::test(start_paused = true)]
async fn an_odd_symbol_does_not_decide_a_half_open_circuit() {
    let manager = manager(|query, call| match (call, code(query)) {
        (0..5, _) => fails(ErrorKind::Upstream),
        (_, "601999") => fails(ErrorKind::Invalid),
        _ => good(query),
    });
    for _ in 0..5 {
        ask(&manager, "600000").await;
    }
    assert_eq!(health(&manager).status, Status::CircuitOpen);
    tokio::time::advance(Duration::from_secs(60)).await;
    for _ in 0..4 {
        assert_eq!(ask(&manager, "601999").await.source(), "b");
        assert_eq!((health(&manager).status, health(&manager).available), (Status::HalfOpen, true));
    }
    for _ in 0..3 {
        assert_eq!(ask(&manager, "600000").await.source(), "a");
    }
    assert_eq!(health(&manager).status, Status::Healthy);
}

/// If no source answers, the error is that of the failures, whoever is to blame for them.
#[tokio::test(start_paused = true)]
async fn an_odd_symbol_of_every_source_is_still_an_error() {
    let mut registry = crate::support::registry();
    let only = Answering::new("a", 0, |_, _| (Duration::ZERO, fails(ErrorKind::Invalid)));
    registry.add_source(only).unwrap();
    let manager = Manager::new(registry, FailoverConfig::default()).unwrap();
    let error = manager.fetch(&query("601999"), &CallOptions::default()).await.unwrap_err();
    assert!(matches!(error, Error::AllSourcesFailed(_)), "{error}");
    assert_eq!(error.retry_after(), None);
}
