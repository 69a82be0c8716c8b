#![cfg(test)]
//! Many queries at once: answers are independent, and dropping the stream cancels what is under way.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use finvista::raw::dataset::Dataset;
use finvista::raw::{Capability, Context, DataSource, Offer, SourceInfo, async_trait};
use finvista::{
    Adjust, CnStockDaily, DatasetId, Error, ErrorKind, FinVista, Query, RecordBatch, SourceError, Status,
    Table,
};
use jiff::civil::date;

use crate::scripted::{Act, Scripted, bars, table};
use crate::support::{Bench, days, now};
use crate::truth::assert_daily;

const DAILY: &str = "cn_stock_daily";

/// A source that takes a time of its own for each code, and counts the calls that are under way in it.
#[derive(Debug)]
struct Counting {
    info: SourceInfo,
    capability: Capability,
    asked: Mutex<Vec<String>>,
    under_way: AtomicUsize,
    most: AtomicUsize,
}

impl Counting {
    fn new() -> Arc<Self> {
        let info = SourceInfo {
            name: "counting".to_owned(),
            title: String::new(),
            version: String::new(),
            origin: "custom".to_owned(),
            failure_domain: "counting".to_owned(),
            offers: vec![Offer { dataset: CnStockDaily::SPEC.id(), priority: 0 }],
        };
        Arc::new(Self {
            info,
            capability: Capability::any(),
            asked: Mutex::default(),
            under_way: AtomicUsize::new(0),
            most: AtomicUsize::new(0),
        })
    }
}

/// One call in the source. Its drop is how a call that was cancelled leaves.
struct UnderWay<'a>(&'a AtomicUsize);

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Relaxed);
    }
}

#[async_trait]
impl DataSource for Counting {
    fn info(&self) -> &SourceInfo {
        &self.info
    }

    fn capability(&self, dataset: &DatasetId) -> Option<&Capability> {
        (*dataset == CnStockDaily::SPEC.id()).then_some(&self.capability)
    }

    /// The last two digits of the code are the time in units of 10 ms. 66 has no rows.
    async fn fetch(&self, _: &Context, query: &Query) -> Result<RecordBatch, SourceError> {
        let code = query.symbols()[0].code().to_owned();
        self.most.fetch_max(self.under_way.fetch_add(1, Relaxed) + 1, Relaxed);
        let _under_way = UnderWay(&self.under_way);
        self.asked.lock().unwrap().push(code.clone());
        let time: u64 = code.get(4..).unwrap().parse().unwrap();
        tokio::time::sleep(Duration::from_millis(10 * time)).await;
        if time == 66 {
            return Err(SourceError::new(ErrorKind::NotFound, "no such instrument"));
        }
        Ok(table(query, &bars()))
    }
}

fn client(source: Arc<dyn DataSource>) -> FinVista {
    FinVista::builder()
        .environment([])
        .cache(false)
        .without_registered()
        .wall_clock(now)
        .source(source)
        .build()
        .unwrap()
}

/// `600001`, `600002` and so on.
fn codes(range: impl Iterator<Item = u32>) -> Vec<String> {
    range.map(|number| format!("6000{number:02}")).collect()
}

#[tokio::test(start_paused = true)]
async fn answers_come_as_they_are_ready_and_no_more_than_so_many_are_under_way() {
    let source = Counting::new();
    let fv = client(Arc::clone(&source) as _);
    for (most, began) in [(1, vec!["600009", "600001", "600005"]), (3, vec!["600001", "600005", "600009"])] {
        let mut answers = fv.cn_stock_daily_many(["600009", "600001", "600005"]).concurrency(most);
        let mut order = Vec::new();
        while let Some((symbol, result)) = answers.next().await {
            assert_eq!(result.unwrap().rows().count(), 3);
            order.push(symbol);
        }
        assert_eq!(order, began, "{most} at once");
        assert!(answers.next().await.is_none(), "the end is the end");
    }
    for most in [1, 4, 0, 8] {
        source.most.store(0, Relaxed);
        let mut answers = fv.cn_stock_daily_many(codes(1..40)).concurrency(most);
        let mut count = 0;
        while answers.next().await.is_some() {
            count += 1;
        }
        assert_eq!((count, source.most.load(Relaxed)), (39, most.max(1)), "{most} at once");
    }
    // The default is eight at once.
    source.most.store(0, Relaxed);
    let mut answers = fv.fetch_many(codes(1..40).iter().map(|code| query(code)));
    while answers.next().await.is_some() {}
    assert_eq!(source.most.load(Relaxed), 8);
}

fn query(code: &str) -> Query {
    crate::support::daily_query(code, days(date(2024, 6, 24), date(2024, 6, 28)), Adjust::None)
}

#[tokio::test(start_paused = true)]
async fn a_bad_symbol_harms_only_itself_and_is_never_asked_for() {
    let source = Counting::new();
    let fv = client(Arc::clone(&source) as _);
    let mut answers = fv.cn_stock_daily_many(["600001", "sixty", "600066", "", "600002"]).concurrency(2);
    let mut ends = HashMap::new();
    while let Some((symbol, result)) = answers.next().await {
        assert!(ends.insert(symbol, result).is_none());
    }
    assert_eq!(ends.len(), 5);
    assert!(ends["600001"].is_ok() && ends["600002"].is_ok());
    assert!(matches!(ends["600066"], Err(Error::NotFound(_))));
    let Err(Error::InvalidInput { message, report: None, .. }) = &ends["sixty"] else { panic!("{ends:?}") };
    assert!(message.contains("sixty"), "{message}");
    assert!(matches!(ends[""], Err(Error::InvalidInput { .. })));
    assert_eq!(*source.asked.lock().unwrap(), ["600001", "600066", "600002"]);

    // An invalid day fails every query, and so does an unknown source; neither sends a request.
    for mut answers in [
        fv.cn_stock_daily_many(["600001", "600002"]).start("2024-02-30"),
        fv.cn_stock_daily_many(["600001", "600002"]).start("2024-02-02").end("2024-02-01"),
        fv.cn_stock_daily_many(["600001", "600002"]).source("unknown"),
    ] {
        for _ in 0..2 {
            let (_, result) = answers.next().await.unwrap();
            assert!(matches!(result, Err(Error::InvalidInput { .. } | Error::UnknownSource { .. })));
        }
        assert!(answers.next().await.is_none());
    }
    assert_eq!(source.asked.lock().unwrap().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn progress_is_told_before_each_answer() {
    let fv = client(Counting::new());
    let told = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&told);
    let mut answers = fv
        .cn_stock_daily_many(["600003", "nonsense", "600066"])
        .progress(move |done, total| seen.lock().unwrap().push((done, total)));
    let mut done = 0;
    while answers.next().await.is_some() {
        done += 1;
        assert_eq!(told.lock().unwrap().last(), Some(&(done, 3)));
    }
    assert_eq!(*told.lock().unwrap(), [(1, 3), (2, 3), (3, 3)]);
}

/// The clock of an attempt runs on while the caller is busy with an answer, and so do the calls.
#[tokio::test(start_paused = true)]
async fn a_slow_reader_counts_against_no_source() {
    let fv = client(Counting::new());
    let mut answers = fv.cn_stock_daily_many(codes(1..30)).concurrency(8);
    let mut count = 0;
    while let Some((symbol, result)) = answers.next().await {
        assert!(result.is_ok(), "{symbol}: {result:?}");
        count += 1;
        tokio::time::sleep(Duration::from_secs(60)).await;
    }
    assert_eq!(count, 29);
    let health = fv.source_health();
    assert_eq!(health.get(DAILY, "counting").unwrap().success_rate, Some(1.0));
}

#[tokio::test(start_paused = true)]
async fn dropping_the_stream_drops_the_calls_under_way() {
    let source = Counting::new();
    let fv = client(Arc::clone(&source) as _);
    let mut answers = fv.cn_stock_daily_many(codes(1..60)).concurrency(5);
    for _ in 0..7 {
        answers.next().await.unwrap().1.unwrap();
    }
    // A wait for an answer may be dropped too. Every time here is a multiple of 10 ms.
    while tokio::time::timeout(Duration::from_millis(1), answers.next()).await.is_ok() {}
    assert_eq!(source.under_way.load(Relaxed), 5);
    let asked = source.asked.lock().unwrap().len();
    drop(answers);
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(source.under_way.load(Relaxed), 0);
    assert_eq!(source.asked.lock().unwrap().len(), asked, "nothing begins after the drop");
    let health = fv.source_health().get(DAILY, "counting").unwrap().clone();
    assert_eq!((health.status, health.success_rate), (Status::Healthy, Some(1.0)));
}

#[tokio::test(start_paused = true)]
async fn a_dropped_stream_gives_the_place_of_a_trial_call_back() {
    let source = Arc::new(Scripted::new("slow", 0, |call| match call {
        0..5 => Act::Fail(ErrorKind::Upstream),
        _ => Act::After(Duration::from_secs(5), Box::new(Act::Answer)),
    }));
    let fv = client(Arc::clone(&source) as _);
    let mut answers = fv.cn_stock_daily_many(codes(1..6));
    while let Some((_, result)) = answers.next().await {
        result.unwrap_err();
    }
    assert_eq!(fv.source_health().get(DAILY, "slow").unwrap().status, Status::CircuitOpen);
    tokio::time::advance(Duration::from_secs(60)).await;
    // All share the circuit: one call of the three is the trial, and the others are not let through.
    let mut answers = fv.cn_stock_daily_many(codes(1..4));
    for _ in 0..2 {
        let error = answers.next().await.unwrap().1.unwrap_err();
        assert!(error.attempts().is_empty(), "{error}");
    }
    let slow = fv.source_health().get(DAILY, "slow").unwrap().clone();
    assert_eq!((slow.status, slow.available), (Status::HalfOpen, false));
    drop(answers);
    tokio::task::yield_now().await;
    let slow = fv.source_health().get(DAILY, "slow").unwrap().clone();
    assert_eq!((slow.status, slow.available, slow.total_requests), (Status::HalfOpen, true, 6));
}

/// Over HTTP, on threads, with a vendor that fails in the middle; and the same answers without async.
#[test]
fn many_symbols_over_http_have_the_truth_of_each_with_and_without_async() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let bench = runtime.block_on(Bench::start(71));
    bench.breaks(finvista_testkit::Vendor::EastMoney, "reset");
    let range = days(date(2024, 5, 6), date(2024, 6, 14));
    let listed: Vec<_> = crate::support::stocks(bench.market()).into_iter().take(12).collect();
    let symbols: Vec<String> = listed.iter().map(|instrument| instrument.prefixed()).collect();
    let check = |symbol: &str, result: Result<Table<CnStockDaily>, Error>| {
        let place = symbols.iter().position(|listed| listed == symbol).unwrap();
        let table = result.unwrap_or_else(|error| panic!("{symbol}: {error}"));
        let vendor = table.source().parse().unwrap();
        assert_daily(&table, vendor, listed[place], range, Adjust::Qfq);
        place
    };
    let mut places = runtime.block_on(async {
        let many = bench.fv.cn_stock_daily_many(symbols.clone()).adjust(Adjust::Qfq);
        let mut many = many.start(date(2024, 5, 6)).end("2024-06-14");
        let mut places = Vec::new();
        while let Some((symbol, result)) = many.next().await {
            places.push(check(&symbol, result));
        }
        places
    });
    places.sort_unstable();
    assert_eq!(places, (0..12).collect::<Vec<_>>());

    let blocking = finvista::blocking::FinVista::over(&bench.fv).unwrap();
    let many = || blocking.cn_stock_daily_many(symbols.clone()).start("2024-05-06").end("2024-06-14");
    let answers = many().adjust(Adjust::Qfq).concurrency(3).send().unwrap();
    let mut places: Vec<usize> = answers.map(|(symbol, result)| check(&symbol, result)).collect();
    places.sort_unstable();
    assert_eq!(places, (0..12).collect::<Vec<_>>());
    let refused = runtime.block_on(async { many().send().map(drop) });
    assert!(matches!(refused, Err(Error::Config(_))));
}
