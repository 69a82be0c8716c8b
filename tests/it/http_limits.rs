#![cfg(test)]
//! The limits of a request: the quota of its host, the requests in flight, the time of its attempt and the length of its
//! answer.

mod server;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;

use finvista::{Adjust, CnStockDaily, ErrorKind, RecordBatch, SkipReason, SourceError, Status};
use finvista_core::dataset::BarSink;
use finvista_core::{
    BuilderOf, Capability, Context, DataSource, Endpoint, EndpointContext, Next, Quota, Reply, Request,
    Series, Vendor,
};
use finvista_http::{HttpClient, HttpConfig, HttpSource};
use finvista_testkit::Vendor as Simulated;
use jiff::civil::date;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::scripted::bars;
use crate::support::{Bench, days, failures, told};
use server::Server;

const S: Duration = Duration::from_secs(1);

/// Asks for one path, and then for `pages` more.
struct Paged {
    path: &'static str,
    pages: u32,
}

/// The most bytes that an answer to it may have.
const MOST: usize = 100;

impl Endpoint for Paged {
    type Dataset = CnStockDaily;
    /// Whether the first answer has come.
    type State = bool;

    fn priority(&self) -> i32 {
        0
    }

    fn capability(&self) -> Capability {
        Capability::any()
    }

    fn max_body(&self) -> usize {
        MOST
    }

    fn request(&self, _: &EndpointContext, _: &Series) -> Result<Request, SourceError> {
        Ok(Request::get(format!("https://vendor.example{}", self.path)))
    }

    fn decode(
        &self,
        _: &Series,
        has_begun: &mut bool,
        _: &Reply<'_>,
        out: &mut BuilderOf<Self>,
    ) -> Result<Next, SourceError> {
        if !std::mem::replace(has_begun, true) {
            bars().into_iter().for_each(|bar| out.bar(bar));
            let page = |_| Request::get("https://vendor.example/whole");
            return Ok(if self.pages == 0 {
                Next::Done
            } else {
                Next::Pages((1..=self.pages).map(page).collect())
            });
        }
        Ok(Next::Done)
    }
}

/// A vendor with this quota, and an endpoint that asks for this path and then for `pages` pages.
fn vendor(quota: Quota, path: &'static str, pages: u32) -> &'static Vendor {
    Box::leak(Box::new(Vendor {
        name: "vendor",
        title: "A vendor",
        version: "1.0.0",
        failure_domain: "vendor",
        hosts: &["vendor.example"],
        quota,
        endpoints: Box::leak(Box::new([Box::leak(Box::new(Paged { path, pages })) as _])),
    }))
}

const PLENTY: Quota = Quota::per_second(1000).burst(1000);

async fn fetch(source: &HttpSource, time: Duration) -> Result<RecordBatch, SourceError> {
    fetch_in(source, &Context::new(crate::support::now(), time)).await
}

async fn fetch_in(source: &HttpSource, cx: &Context) -> Result<RecordBatch, SourceError> {
    let query = crate::support::ping_an();
    source.fetch(cx, &query).await
}

#[tokio::test]
async fn every_page_counts() {
    let server = Server::start().await;
    let source = server.source(vendor(Quota::per_minute(1).burst(6), "/whole", 4));
    fetch(&source, 10 * S).await.unwrap();
    assert_eq!(server.requests(), 5);
    // One request is left of the burst: the first of the next answer. Its four pages have none.
    let error = fetch(&source, 10 * S).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Throttled, "{error}");
    assert_eq!(server.requests(), 6);
    let wait = error.retry_after().unwrap();
    assert!(wait > 230 * S && wait <= 240 * S, "{error}");
    assert!(
        error.message().starts_with("the last of 4 more requests to vendor.example may be sent in "),
        "{error}"
    );
}

#[tokio::test]
async fn pages_that_cannot_all_be_sent_are_not_begun() {
    let server = Server::start().await;
    let source = server.source(vendor(Quota::per_second(1).burst(5), "/whole", 50));
    let error = fetch(&source, 10 * S).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Throttled);
    // The first took one of the burst's five.
    let wait = error.retry_after().unwrap();
    assert!(wait > 45 * S && wait <= 46 * S, "{error}");
    assert_eq!(server.requests(), 1);
}

#[tokio::test]
async fn vendors_of_one_host_share_its_limits() {
    let server = Server::start().await;
    let config = HttpConfig { gateway: Some(server.origin.clone()), ..HttpConfig::default() };
    let client = Arc::new(HttpClient::new(&config).unwrap());
    let [one, other] =
        [(); 2].map(|()| HttpSource::new(vendor(Quota::per_minute(1), "/whole", 0), Arc::clone(&client)));
    fetch(&one, S).await.unwrap();
    assert_eq!(fetch(&other, S).await.unwrap_err().kind(), ErrorKind::Throttled);
    assert_eq!(server.requests(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_interactive_call_goes_before_a_sweep_that_waited_first() {
    let server = Server::start().await;
    let source = server.source(vendor(Quota::per_minute(1), "/whole", 0));
    fetch(&source, S).await.unwrap();
    let sweep = Context::new(crate::support::now(), 130 * S).sweep();
    // Behind the sweep, the interactive call would wait for two minutes.
    let (swept, quote) = tokio::join!(fetch_in(&source, &sweep), fetch(&source, 70 * S));
    quote.unwrap();
    swept.unwrap();
    assert!(sweep.held_back() > 110 * S, "{:?}", sweep.held_back());
}

/// The answers come in threes: with fewer than three in flight none would come, with four the count would tell.
#[tokio::test]
async fn as_many_are_in_flight_as_may_be_and_no_more() {
    let server = Server::start().await;
    let source = Arc::new(server.source(vendor(PLENTY.in_flight(3), "/together", 0)));
    let mut calls = JoinSet::new();
    for _ in 0..24 {
        let source = Arc::clone(&source);
        calls.spawn(async move { fetch(&source, 10 * S).await });
    }
    for result in calls.join_all().await {
        result.unwrap();
    }
    assert_eq!((server.requests(), server.counts.most.load(SeqCst)), (24, 3));
}

#[tokio::test(start_paused = true)]
async fn who_waits_behind_a_hung_request_is_throttled_and_not_timed_out() {
    let server = Server::start().await;
    let source = server.source(vendor(PLENTY.in_flight(1), "/hang", 0));
    let began = Instant::now();
    let (first, second) =
        tokio::join!(tokio::time::timeout(10 * S, fetch(&source, 10 * S)), fetch(&source, 10 * S));
    assert!(first.is_err());
    let error = second.unwrap_err();
    assert_eq!((error.kind(), error.retry_after()), (ErrorKind::Throttled, None));
    assert!(began.elapsed() <= 10 * S, "{:?}", began.elapsed());
    assert_eq!(server.requests(), 1);
    // The place is free again, for the one that was cut.
    let third = tokio::time::timeout(S, fetch(&source, 10 * S)).await;
    assert!(third.is_err());
    assert_eq!(server.requests(), 2);
}

#[tokio::test]
async fn a_longer_answer_than_allowed_is_not_read() {
    let server = Server::start().await;
    for path in ["/announces-more", "/sends-more"] {
        let error = fetch(&server.source(vendor(PLENTY, path, 0)), 10 * S).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode, "{path}: {error}");
        assert!(
            error.message().contains("vendor.example") && error.message().contains("100 bytes"),
            "{error}"
        );
    }
    fetch(&server.source(vendor(PLENTY, "/sends-all", 0)), 10 * S).await.unwrap();
}

/// A connection that is alive and never ends: the manager's clock ends it, whatever trickles in.
#[tokio::test(start_paused = true)]
async fn a_dripping_answer_ends_with_its_attempt() {
    let server = Server::start().await;
    let fv = finvista::FinVista::builder()
        .environment([])
        .without_registered()
        .gateway(&server.origin)
        .vendor(vendor(PLENTY, "/drip", 0))
        .build()
        .unwrap();
    let began = Instant::now();
    let result = fv.cn_stock_daily("000001").await;
    assert_eq!(failures(&result), [("vendor".to_owned(), ErrorKind::Timeout)], "{}", told(&result));
    assert_eq!(began.elapsed().as_secs(), 10);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_heard_before_its_body_has_dripped_in() {
    let server = Server::start().await;
    let began = Instant::now();
    let error = fetch(&server.source(vendor(PLENTY, "/drip-429", 0)), 10 * S).await.unwrap_err();
    assert_eq!((error.kind(), error.retry_after()), (ErrorKind::RateLimited, Some(7 * S)), "{error}");
    assert!(began.elapsed() < 2 * S);
}

/// A real vendor's quota over the whole way: what does not fit is a skip with its reason, and the next source answers.
#[tokio::test]
async fn a_throttled_source_is_skipped_and_blamed_for_nothing() {
    let slow = [("FINVISTA_RATE_LIMIT_EASTMONEY".to_owned(), "0.01".to_owned())];
    let bench = Bench::with(7, |builder| builder.rate_limit(true).environment(slow)).await;
    let range = days(date(2024, 6, 3), date(2024, 6, 14));
    let burst = finvista::eastmoney::EASTMONEY.quota.get_burst() as usize;
    let codes = ["600036", "000001", "600519", "000002", "300750", "601318"];
    for (index, code) in codes.iter().enumerate() {
        let result = crate::support::daily(&bench.fv, code, range, Adjust::None).await;
        let table = result.as_ref().unwrap_or_else(|_| panic!("{code}: {}", told(&result)));
        let skips: Vec<_> =
            table.provenance().skipped.iter().map(|s| (s.source.as_str(), &s.reason)).collect();
        if index < burst {
            assert_eq!((table.source(), skips.len()), ("eastmoney", 0), "{code}");
        } else {
            let [("eastmoney", SkipReason::Throttled { retry_after: Some(wait) })] = skips[..] else {
                panic!("{code}: {skips:?}");
            };
            assert!(*wait > 90 * S && *wait <= 100 * S, "{wait:?}");
            assert_eq!((table.source(), table.provenance().attempts.len()), ("sina", 1), "{code}");
        }
    }
    assert_eq!(bench.simulator.calls(Simulated::EastMoney), burst);
    let health = bench.fv.source_health();
    let health = health.get("cn_stock_daily", "eastmoney").unwrap();
    assert_eq!((health.status, health.consecutive_failures), (Status::Healthy, 0));
}

/// The rate of a running client is lowered, and then lifted.
#[tokio::test]
async fn rates_change_while_a_client_runs_as_a_whole_or_not_at_all() {
    let bench = Bench::with(7, |builder| builder.rate_limit(true)).await;
    let burst = finvista::eastmoney::EASTMONEY.quota.get_burst() as usize;
    let range = days(date(2024, 6, 3), date(2024, 6, 14));
    let ask = async || crate::support::daily(&bench.fv, "600036", range, Adjust::None).await.unwrap();
    let hour = |name: &str| BTreeMap::from([(name.to_owned(), Duration::from_secs(3_600))]);
    bench.fv.configure(|config| config.rates.periods = hour("eastmoney")).unwrap();
    for _ in 0..burst {
        assert_eq!(ask().await.source(), "eastmoney");
    }
    assert_eq!(ask().await.source(), "sina");
    let before = bench.fv.config();
    let error = bench.fv.configure(|config| {
        config.rates.limited = false;
        config.rates.periods = hour("eastmony");
    });
    assert!(error.unwrap_err().to_string().contains("rate_limit.eastmony"));
    let error = bench.fv.configure(|config| {
        config.rates.limited = false;
        config.failover.failure_threshold = 0;
    });
    assert!(error.unwrap_err().to_string().contains("failure_threshold"));
    assert_eq!(bench.fv.config(), before);
    assert_eq!(ask().await.source(), "sina");
    bench.fv.configure(|config| config.rates.limited = false).unwrap();
    for _ in 0..2 * burst {
        assert_eq!(ask().await.source(), "eastmoney");
    }
}

#[test]
fn a_rate_of_an_unknown_vendor_is_refused_by_name() {
    let environment = [("FINVISTA_RATE_LIMIT_SIAN".to_owned(), "1".to_owned())];
    let error = finvista::FinVista::builder().environment(environment).build().unwrap_err().to_string();
    assert!(error.contains("rate_limit.sian") && error.contains("sina"), "{error}");
}
