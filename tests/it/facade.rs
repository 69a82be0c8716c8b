#![cfg(test)]
//! What a client can do besides a single call: poll, wrap its sources, report events, and the same without async.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use finvista::raw::{Capability, Context, DataSource, SourceInfo, async_trait};
use finvista::{
    CnStockDaily, CnStockQuote, DatasetId, Error, ErrorKind, EventKind, FinVista, Period, Query, RecordBatch,
    SourceError, blocking,
};
use futures_util::StreamExt;
use tokio::time::Instant;

use crate::scripted::{Act, Scripted};
use crate::support::{Bench, failures, now, told};

const S: Duration = Duration::from_secs(1);

/// A client of one scripted source.
fn client(act: impl Fn(usize) -> Act + Send + Sync + 'static) -> FinVista {
    let source = Arc::new(Scripted::new("a", 0, act));
    let builder = FinVista::builder().environment([]).without_registered().wall_clock(now);
    builder.source(source).build().unwrap()
}

#[tokio::test(start_paused = true)]
async fn polls_are_a_stream_of_answers_a_period_apart() {
    let fv = client(|call| if call == 1 { Act::Fail(ErrorKind::Upstream) } else { Act::Answer });
    let began = Instant::now();
    // The cache would keep the answer for a minute.
    let polls = fv.cn_stock_daily("000001").start("2024-06-26").every(3 * S);
    let told: Vec<(bool, u64)> =
        polls.take(4).map(|answer| (answer.is_ok(), began.elapsed().as_secs())).collect().await;
    assert_eq!(told, [(true, 0), (false, 3), (true, 6), (true, 9)]);
}

#[tokio::test(start_paused = true)]
async fn a_poll_that_takes_longer_than_the_period_delays_the_next_and_overlaps_none() {
    let fv = client(|_| Act::After(2 * S, Box::new(Act::Answer)));
    let began = Instant::now();
    let polls = fv.cn_stock_daily("000001").start("2024-06-26").no_hedge().every(S);
    let times: Vec<u64> = polls.take(3).map(|_| began.elapsed().as_secs()).collect().await;
    assert_eq!(times, [2, 4, 6]);
}

#[tokio::test]
async fn polls_of_a_wrong_question_say_so_once_and_end() {
    let fv = client(|_| Act::Answer);
    let answers: Vec<_> = fv.cn_stock_daily("000001.SH").every(S).collect().await;
    let [Err(Error::InvalidInput { param, .. })] = &answers[..] else { panic!("{}", answers.len()) };
    assert_eq!(*param, Some("symbol"));
}

/// A layer that writes down its name, the source and the query of every attempt.
#[derive(Debug)]
struct Noted(&'static str, Arc<Mutex<Vec<String>>>, Arc<dyn DataSource>);

#[async_trait]
impl DataSource for Noted {
    fn info(&self) -> &SourceInfo {
        self.2.info()
    }

    fn capability(&self, dataset: &DatasetId) -> Option<&Capability> {
        self.2.capability(dataset)
    }

    async fn fetch(&self, cx: &Context, query: &Query) -> Result<RecordBatch, SourceError> {
        self.1.lock().unwrap().push(format!("{} {}", self.0, self.info().name));
        self.2.fetch(cx, query).await
    }
}

#[tokio::test]
async fn layers_see_every_attempt_the_last_one_outermost() {
    let notes: Arc<Mutex<Vec<String>>> = Arc::default();
    let layer = |name: &'static str| {
        let notes = Arc::clone(&notes);
        move |source| Arc::new(Noted(name, Arc::clone(&notes), source)) as Arc<dyn DataSource>
    };
    let act = |_| Act::Fail(ErrorKind::Upstream);
    let builder = FinVista::builder().environment([]).without_registered().wall_clock(now);
    let builder = builder.layer(layer("inner")).layer(layer("outer"));
    let builder = builder.source(Arc::new(Scripted::new("a", 0, act)));
    let fv = builder.source(Arc::new(Scripted::new("b", 1, |_| Act::Answer))).build().unwrap();
    let result = fv.cn_stock_daily("000001").start("2024-06-26").await;
    assert_eq!(failures(&result), [("a".to_owned(), ErrorKind::Upstream)], "{}", told(&result));
    assert_eq!(result.unwrap().source(), "b");
    assert_eq!(*notes.lock().unwrap(), ["outer a", "inner a", "outer b", "inner b"]);
    // An answer from the cache is not an attempt.
    fv.cn_stock_daily("000001").start("2024-06-26").await.unwrap();
    assert_eq!(notes.lock().unwrap().len(), 4);
}

#[tokio::test]
async fn events_are_a_stream_that_ends_with_the_client() {
    let fv = client(|_| Act::Fail(ErrorKind::Upstream));
    let events = fv.events();
    for _ in 0..5 {
        fv.cn_stock_daily("000001").start("2024-06-26").await.unwrap_err();
    }
    drop(fv);
    let told: Vec<String> = events
        .map(|event| match event.what {
            EventKind::Transition { source, from, to, .. } => format!("{source} {from:?} {to:?}"),
            other => panic!("{other:?}"),
        })
        .collect()
        .await;
    assert_eq!(told, ["a Closed Open"]);
}

#[tokio::test]
async fn many_calls_of_a_type_are_a_stream_of_typed_answers() {
    let bench = Bench::start(91).await;
    let many = bench.fv.call_many::<CnStockDaily, _>(["000001", "600519", "none"]);
    let many = many.start("2024-06-03").period(Period::Week);
    let mut told: Vec<(&str, bool)> = many
        .map(|(symbol, answer)| (symbol, answer.is_ok_and(|table| table.rows().len() == 4)))
        .collect()
        .await;
    told.sort_unstable();
    assert_eq!(told, [("000001", true), ("600519", true), ("none", false)]);
}

/// The cache, a flight and a plan each keep the query: none of them copies 800 symbols.
#[tokio::test]
async fn a_query_is_cloned_without_its_symbols() {
    let fv = client(|_| Act::Answer);
    let symbols: Vec<String> = (0..800).map(|number| format!("{}", 600_000 + number)).collect();
    let query = fv.cn_stock_quote(&symbols).query().unwrap();
    let copy = query.clone();
    assert_eq!(copy.symbols().len(), 800);
    assert!(std::ptr::eq(query.symbols(), copy.symbols()));
    assert!(std::ptr::eq(query.selection(), copy.selection()));
    // One that is equal and not a clone is the same question.
    let other = fv.cn_stock_quote(&symbols).query().unwrap();
    assert!(other == query && !std::ptr::eq(query.symbols(), other.symbols()));
}

#[test]
fn a_client_without_async_has_every_call() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let bench = runtime.block_on(Bench::start(92));
    let fv = blocking::FinVista::over(&bench.fv).unwrap();
    let today = "2024-06-28";
    let mut asked = Vec::new();
    let mut rows = |table: Result<finvista::Table, Error>| {
        let table = table.unwrap();
        asked.push(table.provenance().dataset.clone());
        assert!(table.num_rows() > 0);
    };
    rows(fv.cn_stock_daily("000001").start(today).send().map(|table| table.untyped()));
    rows(fv.cn_stock_minute("000001").start(today).send().map(|table| table.untyped()));
    rows(fv.cn_stock_quote(["000001"]).send().map(|table| table.untyped()));
    rows(fv.cn_stock_list("bj").send().map(|table| table.untyped()));
    rows(fv.cn_stock_search("payh").send().map(|table| table.untyped()));
    rows(fv.cn_index_daily("000300").start(today).send().map(|table| table.untyped()));
    rows(fv.cn_index_quote(["000300"]).send().map(|table| table.untyped()));
    rows(fv.fetch(&fv.cn_stock_daily("000001").start(today).query().unwrap()));
    rows(fv.call::<CnStockQuote>(["600519"]).send().map(|table| table.untyped()));
    // Every data set that a vendor of ours has was among them.
    let ours = bench.fv.sources().into_iter().flat_map(|source| source.info.offers);
    let missing: Vec<_> = ours.map(|offer| offer.dataset).filter(|id| !asked.contains(id)).collect();
    assert_eq!(missing, []);
    for (code, answer) in fv.cn_stock_minute_many(["000001", "600519"]).start(today).send().unwrap() {
        assert!(answer.unwrap().num_rows() > 0, "{code}");
    }
    for (code, answer) in fv.cn_index_daily_many(["000300", "399001"]).start(today).send().unwrap() {
        assert_eq!(answer.unwrap().num_rows(), 1, "{code}");
    }
    assert_eq!(fv.cn_stock_daily("000001").explain().unwrap().ask[0].source, "eastmoney");
    let inside = runtime.block_on(async { fv.cn_stock_daily("000001").start(today).send().map(drop) });
    assert!(matches!(inside, Err(Error::Config(_))));
}
