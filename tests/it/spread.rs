#![cfg(test)]
//! Many calls at once are spread over the sources by the room that our rate limits leave, on tokio's paused clock.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use finvista::raw::{Capability, Context, DataSource, Forecast, Offer, SourceInfo, async_trait};
use finvista::{
    CallOptions, DatasetId, Error, ErrorKind, FinVista, Query, RecordBatch, SkipReason, SourceError,
};
use tokio::time::{Instant, sleep};

use crate::scripted::{bars, table};
use crate::support::{Bench, now, ping_an};

const DAILY: &str = "cn_stock_daily";
const SECOND: Duration = Duration::from_secs(1);

/// A source with a rate limit of its own: a burst, and then one request a period, in the order of arrival.
#[derive(Debug)]
struct Limited {
    info: SourceInfo,
    capability: Capability,
    period: Duration,
    burst: u32,
    latency: Duration,
    began: Instant,
    /// When the burst is whole again.
    whole: Mutex<Duration>,
    fails: bool,
}

impl Limited {
    fn new(name: &str, priority: i32, period: Duration, burst: u32) -> Self {
        let offers = vec![Offer { dataset: DatasetId::new(DAILY), priority }];
        let (name, domain) = (name.to_owned(), name.to_owned());
        Self {
            info: SourceInfo { name, failure_domain: domain, offers, ..SourceInfo::default() },
            capability: Capability::any(),
            period,
            burst,
            latency: Duration::from_millis(20),
            began: Instant::now(),
            whole: Mutex::default(),
            fails: false,
        }
    }

    /// How long a request would wait that comes after `ahead` others, and when the burst is whole again after it.
    fn next(&self, whole: Duration, ahead: usize) -> (Duration, Duration) {
        let now = self.began.elapsed();
        let whole = whole.max(now) + self.period * (u32::try_from(ahead).unwrap() + 1);
        ((whole.saturating_sub(self.period * self.burst)).saturating_sub(now), whole)
    }
}

#[async_trait]
impl DataSource for Limited {
    fn info(&self) -> &SourceInfo {
        &self.info
    }

    fn capability(&self, dataset: &DatasetId) -> Option<&Capability> {
        (dataset.as_str() == DAILY).then_some(&self.capability)
    }

    fn forecast(&self, cx: &Context, _: &Query) -> Option<Forecast> {
        Some(Forecast::new(1, self.next(*self.whole.lock().unwrap(), cx.ahead).0))
    }

    async fn fetch(&self, cx: &Context, query: &Query) -> Result<RecordBatch, SourceError> {
        let wait = {
            let mut whole = self.whole.lock().unwrap();
            let (wait, then) = self.next(*whole, 0);
            if wait > cx.time {
                return Err(SourceError::new(ErrorKind::Throttled, "no slot in time").with_retry_after(wait));
            }
            *whole = then;
            wait
        };
        cx.hold_back(wait);
        sleep(wait + self.latency).await;
        if self.fails {
            Err(SourceError::new(ErrorKind::Upstream, "scripted"))
        } else {
            Ok(table(query, &bars()))
        }
    }
}

/// Three sources with the default limits of our vendors.
fn three() -> Vec<Limited> {
    vec![
        Limited::new("a", 0, Duration::from_nanos(60_000_000_000 / 55), 4),
        Limited::new("b", 1, Duration::from_millis(500), 5),
        Limited::new("c", 2, Duration::from_millis(200), 8),
    ]
}

fn client(sources: Vec<Limited>) -> FinVista {
    let builder = FinVista::builder().environment([]).cache(false).without_registered().wall_clock(now);
    sources.into_iter().fold(builder, |builder, source| builder.source(Arc::new(source))).build().unwrap()
}

fn codes(count: u32) -> Vec<String> {
    (600_000..600_000 + count).map(|code| code.to_string()).collect()
}

/// How many queries each source answered, and the time until the last answer.
async fn run(
    mut many: finvista::Many<String, finvista::CnStockDaily>,
) -> (BTreeMap<String, usize>, Duration) {
    let (mut sources, began) = (BTreeMap::new(), Instant::now());
    while let Some((symbol, result)) = many.next().await {
        let table = result.unwrap_or_else(|error| panic!("{symbol}: {error}"));
        *sources.entry(table.source().to_owned()).or_default() += 1;
    }
    (sources, began.elapsed())
}

#[tokio::test(start_paused = true)]
async fn many_calls_use_the_limits_of_all_sources_and_take_the_time_of_the_plan() {
    let fv = client(three());
    let many = fv.cn_stock_daily_many(codes(300));
    let plan = many.explain().unwrap();
    let (sources, took) = run(many).await;
    // 0.92 + 2 + 5 requests a second, after a burst of 4 + 5 + 8.
    let ideal = Duration::from_secs_f64(283.0 / (55.0 / 60.0 + 2.0 + 5.0));
    assert!(plan.time >= ideal && plan.time < ideal + SECOND, "{plan}");
    assert!(took < plan.time.mul_f64(1.1) && took > plan.time.mul_f64(0.95), "{took:?}: {plan}");
    assert_eq!((plan.queries, plan.unanswered, plan.cached), (300, 0, 0));
    assert_eq!(plan.shares.iter().map(|share| share.queries).sum::<usize>(), 300);
    for share in &plan.shares {
        let is = sources[&share.source];
        assert!(is.abs_diff(share.queries) <= 1 + share.queries / 5, "{}: {is}, {plan}", share.source);
    }
    // One source alone takes its own time, and the plan says so.
    let alone = |source: &str| client(three()).cn_stock_daily_many(codes(300)).source(source);
    for (source, seconds) in [("a", 322.9), ("b", 147.5), ("c", 58.4)] {
        let plan = alone(source).explain().unwrap();
        assert!((plan.time.as_secs_f64() - seconds).abs() < 1.0, "{plan}");
    }
}

/// Equal sources are used equally: three times as fast as one.
#[tokio::test(start_paused = true)]
async fn three_equal_sources_are_three_times_as_fast() {
    let equal =
        || ["a", "b", "c"].iter().zip(0..).map(|(name, priority)| Limited::new(name, priority, SECOND, 2));
    let (sources, took) = run(client(equal().collect()).cn_stock_daily_many(codes(120))).await;
    let (_, alone) = run(client(equal().take(1).collect()).cn_stock_daily_many(codes(120))).await;
    assert!(alone.as_secs_f64() / took.as_secs_f64() > 2.8, "{alone:?}, {took:?}");
    assert!(sources.values().all(|count| (38..=42).contains(count)), "{sources:?}");
}

#[tokio::test(start_paused = true)]
async fn priority_decides_while_there_is_room() {
    let fv = client(three());
    for _ in 0..3 {
        let (sources, _) = run(fv.cn_stock_daily_many(codes(4))).await;
        assert_eq!(sources, BTreeMap::from([("a".to_owned(), 4)]));
        sleep(10 * SECOND).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_pinned_a_forced_or_a_switched_off_spread_stays_with_its_source() {
    let only_a = |count| BTreeMap::from([("a".to_owned(), count)]);
    assert_eq!(run(client(three()).cn_stock_daily_many(codes(9)).source("a")).await.0, only_a(9));
    assert_eq!(run(client(three()).cn_stock_daily_many(codes(9)).spread(false)).await.0, only_a(9));
    let fv = client(three());
    fv.force_source(DAILY, Some("a")).unwrap();
    assert_eq!(run(fv.cn_stock_daily_many(codes(9))).await.0, only_a(9));
    let fv = client(three());
    fv.configure(|config| config.failover.spread = false).unwrap();
    let plan = fv.cn_stock_daily_many(codes(9)).explain().unwrap();
    assert_eq!((plan.shares.len(), plan.shares[0].source.as_str()), (1, "a"));
    assert_eq!(run(fv.cn_stock_daily_many(codes(9))).await.0, only_a(9));
    assert!(finvista::Settings::from_toml("[failover]\nspread = false").is_ok_and(|it| !it.failover.spread));
}

/// The report says which source was passed over and for how long it would have waited, and the plan of a call agrees.
#[tokio::test(start_paused = true)]
async fn plan_and_report_show_the_spread() {
    let fv = client(three());
    let spread = CallOptions { spread: true, ..CallOptions::default() };
    for _ in 0..4 {
        assert_eq!(fv.fetch_with(&ping_an(), &spread).await.unwrap().source(), "a");
    }
    let plan = fv.explain(&ping_an(), &spread).unwrap();
    let asked: Vec<&str> = plan.ask.iter().map(|planned| planned.source.as_str()).collect();
    assert_eq!(asked, ["b", "c", "a"]);
    let table = fv.fetch_with(&ping_an(), &spread).await.unwrap();
    assert_eq!(table.source(), "b");
    let [skipped] = &table.provenance().skipped[..] else { panic!("{:?}", table.provenance()) };
    let SkipReason::Spread { wait } = skipped.reason else { panic!("{skipped}") };
    assert_eq!((skipped.source.as_str(), Some(wait)), ("a", plan.ask[2].forecast.map(|it| it.wait)));
    assert!(skipped.to_string().contains("another source was free sooner"), "{skipped}");
    // A single call keeps to the priorities, and waits.
    let plan = fv.explain(&ping_an(), &CallOptions::default()).unwrap();
    assert_eq!(plan.ask[0].source, "a");
    assert_eq!(fv.fetch(&ping_an()).await.unwrap().source(), "a");
}

/// A source that fails costs its share once and then nothing.
#[tokio::test(start_paused = true)]
async fn a_broken_source_is_left_out() {
    let mut sources = three();
    sources[1].fails = true;
    let fv = client(sources);
    let (sources, took) = run(fv.cn_stock_daily_many(codes(100))).await;
    assert_eq!(sources.get("b"), None);
    assert_eq!(sources.values().sum::<usize>(), 100);
    assert!(took < 20 * SECOND, "{took:?}");
    let plan = fv.cn_stock_daily_many(codes(10)).explain().unwrap();
    assert!(plan.shares.iter().all(|share| share.source != "b"), "{plan}");
}

/// An interactive call beside a bulk of calls waits no longer for its source than before the spread.
#[tokio::test(start_paused = true)]
async fn a_single_call_is_not_kept_waiting_by_many() {
    let fv = client(three());
    let bulk = tokio::spawn(run(fv.cn_stock_daily_many(codes(300))));
    for _ in 0..5 {
        sleep(3 * SECOND).await;
        let began = Instant::now();
        fv.fetch(&ping_an()).await.unwrap();
        assert!(began.elapsed() < 3 * SECOND, "{:?}", began.elapsed());
    }
    assert_eq!(bulk.await.unwrap().0.values().sum::<usize>(), 300);
}

#[tokio::test(start_paused = true)]
async fn the_plan_of_many_counts_what_nobody_can_answer() {
    let fv = client(three());
    assert!(matches!(
        fv.cn_stock_daily_many(codes(2)).source("x").explain(),
        Err(Error::UnknownSource { .. })
    ));
    ["a", "b", "c"].iter().for_each(|name| fv.set_source_enabled(name, false).unwrap());
    assert!(matches!(fv.cn_stock_daily_many(codes(2)).explain(), Err(Error::NoSource { .. })));
    let none = fv.cn_stock_daily_many(["sixty"]).explain().unwrap();
    assert_eq!((none.queries, none.time, none.shares.len()), (0, Duration::ZERO, 0));
}

/// Over real HTTP, with the vendors' own quotas: the plan knows them, and the calls keep to it.
#[tokio::test]
async fn the_quotas_of_vendors_are_spread_over() {
    let bench = Bench::with(7, |builder| builder.rate_limit(true)).await;
    let june = jiff::civil::date(2024, 6, 3);
    // Shares that every vendor has, and that were traded in that month.
    let is_traded = |it: &&finvista_testkit::Instrument| {
        it.prefixed().starts_with("sh60") && it.bars().iter().any(|bar| bar.date >= june)
    };
    let stocks = crate::support::stocks(bench.market());
    let symbols: Vec<String> =
        stocks.into_iter().filter(is_traded).map(|it| it.prefixed()).cycle().take(25).collect();
    let many = bench.fv.cn_stock_daily_many(symbols).start("2024-06-03").end("2024-06-28");
    let plan = many.explain().unwrap();
    let names: Vec<&str> = plan.shares.iter().map(|share| share.source.as_str()).collect();
    assert_eq!(names, ["eastmoney", "sina", "tencent"]);
    assert!(plan.time < 3 * SECOND, "{plan}");
    let (sources, took) = run(many).await;
    assert_eq!(sources.len(), 3, "{sources:?}");
    assert!(took < plan.time + 3 * SECOND, "{took:?}: {plan}");
}
