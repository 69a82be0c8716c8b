#![cfg(test)]
//! Bans: a vendor that blocks us repeatedly is not asked for any of its data sets until the ban ends.

use std::sync::Arc;
use std::time::Duration;

use finvista::{Error, ErrorKind, SkipReason, Status};
use finvista_core::manager::{CallOptions, EventKind, FailoverConfig, Manager};
use finvista_testkit::Vendor;

use crate::scripted::{Act, Scripted};
use crate::support::Bench;

fn query() -> finvista::Query {
    crate::support::ping_an()
}

/// A source that blocks its first calls, and a second one that answers.
fn manager(blocked: usize) -> (Manager, Arc<Scripted>) {
    let act = move |call| if call < blocked { Act::Fail(ErrorKind::Blocked) } else { Act::Answer };
    let wall = Arc::new(Scripted::new("wall", 0, act));
    let mut registry = crate::support::registry();
    registry.add_source(Arc::clone(&wall) as _).unwrap();
    registry.add_source(Arc::new(Scripted::new("honest", 1, |_| Act::Answer))).unwrap();
    // The circuit never opens, so that only the ban takes effect.
    let config = FailoverConfig { failure_threshold: 1_000, ban_threshold: 3, ..FailoverConfig::default() };
    (Manager::new(registry, config).unwrap(), wall)
}

async fn ask(manager: &Manager) -> finvista::Table {
    manager.fetch(&query(), &CallOptions::default()).await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_ban_is_left_alone_and_one_trial_call_ends_it() {
    let (manager, wall) = manager(3);
    let mut events = manager.events();
    for _ in 0..3 {
        ask(&manager).await;
    }
    let table = ask(&manager).await;
    assert_eq!((table.source(), wall.calls()), ("honest", 3));
    assert!(
        matches!(&table.provenance().skipped[0].reason, SkipReason::Banned { domain, .. } if domain == "wall")
    );
    let health = manager.health();
    let health = health.get("cn_stock_daily", "wall").unwrap();
    assert_eq!((health.status, health.available), (Status::Banned, false));
    assert!(health.banned_until.is_some());
    // Five minutes, and up to a fifth more.
    tokio::time::advance(Duration::from_secs(299)).await;
    assert_eq!(ask(&manager).await.source(), "honest");
    tokio::time::advance(Duration::from_secs(62)).await;
    assert_eq!(ask(&manager).await.source(), "wall");
    assert_eq!(manager.health().get("cn_stock_daily", "wall").unwrap().status, Status::Healthy);
    let mut bans = Vec::new();
    while bans.len() < 2 {
        if let EventKind::Ban { domain, time } = events.next().await.unwrap().what {
            bans.push((domain, time.is_some()));
        }
    }
    assert_eq!(bans, [("wall".to_owned(), true), ("wall".to_owned(), false)]);
}

#[tokio::test(start_paused = true)]
async fn a_trial_call_that_is_turned_away_doubles_the_ban() {
    let (manager, wall) = manager(5);
    for _ in 0..3 {
        ask(&manager).await;
    }
    tokio::time::advance(Duration::from_secs(361)).await;
    ask(&manager).await;
    assert_eq!(wall.calls(), 4);
    tokio::time::advance(Duration::from_secs(599)).await;
    ask(&manager).await;
    assert_eq!(wall.calls(), 4, "ten minutes now");
}

#[tokio::test(start_paused = true)]
async fn a_reset_lifts_the_ban() {
    let (manager, wall) = manager(3);
    for _ in 0..4 {
        ask(&manager).await;
    }
    manager.reset(None, "wall").unwrap();
    assert_eq!(ask(&manager).await.source(), "wall");
    assert_eq!(wall.calls(), 4);
}

#[tokio::test]
async fn a_ban_reaches_every_data_set_of_the_vendor() {
    let bench = Bench::start(1).await;
    bench.breaks(Vendor::EastMoney, "reset");
    for _ in 0..5 {
        bench.fv.cn_stock_daily("000001").await.unwrap();
    }
    let asked = bench.simulator.calls(Vendor::EastMoney);
    let error = bench.fv.cn_stock_quote(["000001"]).source("eastmoney").await.unwrap_err();
    let Error::AllSourcesFailed(failed) = &error else { panic!("{error}") };
    assert!(failed.retry_after().is_some_and(|wait| wait > Duration::from_secs(290)), "{error}");
    assert!(error.to_string().contains("eastmoney banned us"), "{error}");
    assert_eq!(bench.simulator.calls(Vendor::EastMoney), asked);
}
