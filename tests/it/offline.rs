#![cfg(test)]
//! A local network that is down counts against no vendor.

use std::sync::Arc;

use finvista::{CallOptions, Error, ErrorKind, FailoverConfig, Table};
use finvista_core::manager::Manager;

use crate::scripted::{Act, Scripted};

fn manager(acts: &[Act]) -> Manager {
    let mut registry = crate::support::registry();
    for (act, (name, priority)) in acts.iter().cloned().zip([("a", 0), ("b", 1), ("c", 2)]) {
        registry.add_source(Arc::new(Scripted::new(name, priority, move |_| act.clone()))).unwrap();
    }
    Manager::new(registry, FailoverConfig { failure_threshold: 2, ..FailoverConfig::default() }).unwrap()
}

async fn ask(manager: &Manager) -> Result<Table, Error> {
    let query = crate::support::ping_an();
    manager.fetch(&query, &CallOptions::default()).await
}

fn failures(manager: &Manager, source: &str) -> u32 {
    manager.health().get("cn_stock_daily", source).unwrap().consecutive_failures
}

#[tokio::test(start_paused = true)]
async fn when_no_vendor_can_be_reached_no_circuit_opens() {
    let manager = manager(&[Act::Unreachable, Act::Unreachable, Act::Unreachable]);
    for _ in 0..5 {
        let error = ask(&manager).await.unwrap_err();
        let Error::AllSourcesFailed(failed) = &error else { panic!("{error}") };
        assert!(failed.offline() && failed.attempts().len() == 3);
        assert!(error.to_string().contains("the local network seems to be down"), "{error}");
    }
    assert_eq!(["a", "b", "c"].map(|source| failures(&manager, source)), [0, 0, 0]);
}

#[tokio::test(start_paused = true)]
async fn who_alone_cannot_be_reached_is_to_blame() {
    let manager = manager(&[Act::Unreachable, Act::Unreachable, Act::Answer]);
    for _ in 0..2 {
        assert_eq!(ask(&manager).await.unwrap().source(), "c");
    }
    assert_eq!(["a", "b", "c"].map(|source| failures(&manager, source)), [2, 2, 0]);
    assert_eq!(ask(&manager).await.unwrap().provenance().attempts.len(), 1, "their circuits are open");
}

#[tokio::test(start_paused = true)]
async fn an_answer_of_any_kind_shows_that_the_network_works() {
    let manager = manager(&[Act::Unreachable, Act::Fail(ErrorKind::Upstream)]);
    let error = ask(&manager).await.unwrap_err();
    assert!(matches!(&error, Error::AllSourcesFailed(failed) if !failed.offline()), "{error}");
    assert_eq!(["a", "b"].map(|source| failures(&manager, source)), [1, 1]);
}

#[tokio::test(start_paused = true)]
async fn one_vendor_alone_says_nothing_of_the_network() {
    let manager = manager(&[Act::Unreachable]);
    let error = ask(&manager).await.unwrap_err();
    assert!(matches!(&error, Error::AllSourcesFailed(failed) if !failed.offline()), "{error}");
    assert_eq!(failures(&manager, "a"), 1);
}
