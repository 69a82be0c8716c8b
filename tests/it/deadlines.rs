#![cfg(test)]
//! How the time of a call is shared, on tokio's paused clock: the vectors run with the greedy policy, these with the fair one.

use std::sync::Arc;
use std::time::Duration;

use finvista::{
    CallOptions, DeadlinePolicy, Error, ErrorKind, FailoverConfig, FinVista, Query, SourceError, Status,
    Table,
};
use finvista::{CnStockDaily, RecordBatch};
use finvista_core::dataset::Dataset;
use finvista_core::{Capability, Context, DataSource, DatasetId, Offer, SourceInfo, async_trait};
use tokio::time::Instant;

use crate::scripted::{bars, table};

/// A source that answers after this time, or never.
#[derive(Debug)]
struct Slow {
    info: SourceInfo,
    capability: Capability,
    latency: Option<Duration>,
}

impl Slow {
    fn new(name: &str, priority: i32, latency: Option<Duration>) -> Arc<Self> {
        let info = SourceInfo {
            name: name.to_owned(),
            title: name.to_owned(),
            version: "1".to_owned(),
            origin: "custom".to_owned(),
            failure_domain: name.to_owned(),
            offers: vec![Offer { dataset: CnStockDaily::SPEC.id(), priority }],
        };
        Arc::new(Self { info, capability: Capability::any(), latency })
    }
}

#[async_trait]
impl DataSource for Slow {
    fn info(&self) -> &SourceInfo {
        &self.info
    }

    fn capability(&self, _: &DatasetId) -> Option<&Capability> {
        Some(&self.capability)
    }

    async fn fetch(&self, _: &Context, query: &Query) -> Result<RecordBatch, SourceError> {
        match self.latency {
            Some(latency) => tokio::time::sleep(latency).await,
            None => std::future::pending().await,
        }
        Ok(table(query, &bars()))
    }
}

/// A client that waits for each source to end, so that the shares are seen.
fn client(
    latencies: &[Option<Duration>],
    change: impl FnOnce(&mut FailoverConfig) + Send + 'static,
) -> FinVista {
    let change = |failover: &mut FailoverConfig| {
        failover.hedge_after = None;
        change(failover);
    };
    let mut builder = FinVista::builder().environment([]).cache(false).without_registered().failover(change);
    for (latency, (name, priority)) in latencies.iter().zip([("a", 0), ("b", 1), ("c", 2)]) {
        builder = builder.source(Slow::new(name, priority, *latency));
    }
    builder.build().unwrap()
}

async fn ask(fv: &FinVista, deadline: Duration) -> (Result<Table, Error>, Duration) {
    let query = crate::support::ping_an();
    let start = Instant::now();
    let result =
        fv.fetch_with(&query, &CallOptions { deadline: Some(deadline), ..CallOptions::default() }).await;
    (result, start.elapsed())
}

const MS: Duration = Duration::from_millis(1);

fn status(fv: &FinVista, source: &str) -> (Status, u32) {
    let health = fv.source_health();
    let health = health.get("cn_stock_daily", source).unwrap();
    (health.status, health.consecutive_failures)
}

#[tokio::test(start_paused = true)]
async fn a_hung_source_leaves_the_others_their_share() {
    let fv = client(&[None, None, Some(10 * MS)], |_| {});
    let (result, elapsed) = ask(&fv, Duration::from_secs(6)).await;
    // 6 s by three, then 4 s by two.
    assert_eq!((result.unwrap().source(), elapsed), ("c", 4_010 * MS));
    assert_eq!(status(&fv, "a"), (Status::Degraded, 1));
    assert_eq!(status(&fv, "b"), (Status::Degraded, 1));
}

#[tokio::test(start_paused = true)]
async fn an_attempt_never_gets_more_than_its_own_timeout() {
    let fv = client(&[None, Some(10 * MS)], |failover| failover.attempt_timeout = Duration::from_secs(2));
    let (result, elapsed) = ask(&fv, Duration::from_secs(30)).await;
    assert_eq!((result.unwrap().source(), elapsed), ("b", 2_010 * MS));
}

#[tokio::test(start_paused = true)]
async fn an_open_circuit_has_no_share() {
    let fv = client(&[None, Some(10 * MS), Some(10 * MS)], |failover| failover.failure_threshold = 1);
    ask(&fv, Duration::from_secs(6)).await.0.unwrap();
    assert_eq!(status(&fv, "a").0, Status::CircuitOpen);
    fv.set_source_priority("cn_stock_daily", ["b", "a", "c"]).unwrap();
    // b is asked first now, beside c alone: 3 s of 6, and it needs only 10 ms.
    let (result, elapsed) = ask(&fv, Duration::from_secs(6)).await;
    assert_eq!((result.unwrap().source(), elapsed), ("b", 10 * MS));
}

#[tokio::test(start_paused = true)]
async fn a_share_of_less_than_a_second_counts_against_no_source() {
    let fv = client(&[None, None, None], |failover| failover.failure_threshold = 1);
    let (result, elapsed) = ask(&fv, 1_500 * MS).await;
    let error = result.unwrap_err();
    assert!(matches!(error, Error::DeadlineExceeded(_)), "{error}");
    assert_eq!(elapsed, 1_500 * MS);
    assert_eq!(error.attempts().len(), 3);
    for (source, attempt) in ["a", "b", "c"].into_iter().zip(error.attempts()) {
        assert_eq!(attempt.error.as_ref().map(SourceError::kind), Some(ErrorKind::Timeout));
        assert_eq!(status(&fv, source), (Status::Healthy, 0), "{source}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_share_of_a_second_or_more_counts() {
    let fv = client(&[None, None], |failover| failover.failure_threshold = 1);
    let (result, elapsed) = ask(&fv, Duration::from_secs(2)).await;
    assert!(matches!(result.unwrap_err(), Error::DeadlineExceeded(_)));
    assert_eq!(elapsed, Duration::from_secs(2));
    assert_eq!(status(&fv, "a").0, Status::CircuitOpen);
    assert_eq!(status(&fv, "b").0, Status::CircuitOpen);
}

#[tokio::test(start_paused = true)]
async fn the_greedy_policy_gives_the_first_all() {
    let fv = client(&[None, Some(10 * MS)], |failover| failover.deadline_policy = DeadlinePolicy::Greedy);
    let (result, elapsed) = ask(&fv, Duration::from_secs(6)).await;
    assert!(matches!(result.unwrap_err(), Error::DeadlineExceeded(_)));
    assert_eq!(elapsed, Duration::from_secs(6));
}
