#![cfg(test)]
//! A recording is a folder of requests and answers, and replays the same answers without a server.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use finvista::{Adjust, Error, ErrorKind, FinVista, RecordBatch, Table};
use finvista_testkit::{Simulator, Vendor};
use jiff::civil::date;
use tokio::task::JoinSet;

use crate::support::{Bench, daily, days, failures, now, told};

/// A temporary folder, removed on drop.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let dir =
            Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("record-{name}-{}", std::process::id()));
        assert!(!dir.exists(), "{}", dir.display());
        Self(dir)
    }

    fn names(&self) -> BTreeSet<String> {
        let entries = std::fs::read_dir(&self.0).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    fn text(&self, name: &str) -> String {
        std::fs::read_to_string(self.0.join(name)).unwrap()
    }

    /// A client that answers from it, two weeks later: the day of the recording is what addresses depend on.
    fn replay(&self) -> FinVista {
        let later = || now() + jiff::SignedDuration::from_hours(14 * 24);
        FinVista::builder().environment([]).wall_clock(later).replay(&self.0).build().unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _gone = std::fs::remove_dir_all(&self.0);
    }
}

async fn recording(folder: &Folder) -> Bench {
    Bench::with(31, |builder| builder.record(&folder.0)).await
}

/// A quote and a series from each vendor: every form and every character set that there is.
async fn everything(fv: &FinVista) -> Vec<RecordBatch> {
    let mut batches = Vec::new();
    for source in ["eastmoney", "sina", "tencent"] {
        let range = days(date(2024, 6, 3), date(2024, 6, 14));
        for adjust in [Adjust::None, Adjust::Qfq] {
            let bars = daily(fv, "600036", range, adjust).source(source).await.unwrap();
            batches.push(bars.batch().clone());
        }
        let quotes = fv.cn_stock_quote(["600036", "000001"]).source(source).await.unwrap();
        batches.push(quotes.batch().clone());
    }
    batches
}

#[tokio::test]
async fn what_was_recorded_is_answered_without_a_server() {
    let folder = Folder::new("whole");
    let bench = recording(&folder).await;
    let live = everything(&bench.fv).await;
    let requests = bench.simulator.requests();
    bench.simulator.stop().await;

    assert_eq!(everything(&folder.replay()).await, live);

    // The folder, as people read it: one head and one body for each request, in the order of asking.
    let names = folder.names();
    assert_eq!(names.len(), 2 * requests.len(), "{names:?}");
    let heads: Vec<&String> = names.iter().filter(|name| name.ends_with(".http")).collect();
    for ((number, request), name) in (1..).zip(&requests).zip(heads) {
        assert!(name.starts_with(&format!("{number:04}-{}-", request.host)), "{name}: {request}");
        let head = folder.text(name);
        let url = format!("GET https://{}{}\n", request.host, request.path);
        assert!(head.starts_with(&url), "{head}");
        for line in ["at ", "took ", "< 200", "< Content-Type: ", "body "] {
            assert!(head.lines().any(|l| l.starts_with(line)), "{line}: {head}");
        }
    }
    let quote = names.iter().find(|name| name.contains("hq.sinajs.cn") && name.ends_with(".http")).unwrap();
    assert!(folder.text(quote).contains("\n> Referer: https://finance.sina.com.cn\n"));
    // Sina's quotes are GBK, and the bytes are unchanged.
    let body = std::fs::read(folder.0.join(quote.replace(".http", ".body"))).unwrap();
    assert!(String::from_utf8(body).is_err());
}

#[tokio::test]
async fn what_was_not_recorded_is_said_with_folder_and_address() {
    let folder = Folder::new("unrecorded");
    let bench = recording(&folder).await;
    let range = days(date(2024, 6, 3), date(2024, 6, 14));
    daily(&bench.fv, "600036", range, Adjust::None).source("eastmoney").await.unwrap();
    let fv = folder.replay();
    let before = bench.simulator.requests().len();
    let error = daily(&fv, "000001", range, Adjust::None).source("eastmoney").await.unwrap_err();
    assert_eq!(error.attempts()[0].error.as_ref().unwrap().kind(), ErrorKind::Transport);
    let text = error.to_string();
    for part in [folder.0.to_str().unwrap(), "no answer to GET https://push2his.eastmoney.com/", "0.000001"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert_eq!(bench.simulator.requests().len(), before);
}

/// Failures are exchanges too, with and without an answer; what was asked twice is answered twice, and the last lasts.
#[tokio::test]
async fn failures_and_repetitions_are_replayed_in_their_order() {
    let folder = Folder::new("failures");
    let bench = recording(&folder).await;
    let range = days(date(2024, 6, 3), date(2024, 6, 14));
    let rules =
        ["eastmoney:kline:1=status:429:120", "eastmoney:kline:2=reset", "eastmoney:kline:3=truncated"];
    rules.into_iter().for_each(|rule| bench.simulator.faults().add(rule.parse().unwrap()));
    let mut live = Vec::new();
    for _ in 0..4 {
        live.push(end(&daily(&bench.fv, "600036", range, Adjust::None).source("eastmoney").await));
    }
    bench.simulator.stop().await;
    assert!(live[0].contains("429") && live[1].contains("closed the connection"), "{live:?}");
    assert!(live[2].contains("broke off") && live[3].contains("9 rows"), "{live:?}");

    let fv = folder.replay();
    for (index, live) in live.iter().chain([&live[3]]).enumerate() {
        let result = daily(&fv, "600036", range, Adjust::None).source("eastmoney").await;
        if index == 0 {
            let error = result.as_ref().unwrap_err().attempts()[0].error.as_ref().unwrap();
            assert_eq!(
                (error.kind(), error.retry_after()),
                (ErrorKind::RateLimited, Some(Duration::from_secs(120)))
            );
        }
        assert_eq!(end(&result), *live, "{index}");
    }
}

/// The end of a call, without what differs from day to day: times and the gateway.
fn end<D>(result: &Result<Table<D>, Error>) -> String {
    match result {
        Ok(table) => format!("{} rows", table.num_rows()),
        Err(error) => {
            let message = error.attempts()[0].error.as_ref().unwrap().to_string();
            match message.split_once(" (through ") {
                Some((before, after)) => {
                    format!("{before}{}", after.split_once(')').map_or(after, |(_, rest)| rest))
                }
                None => message,
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_abandoned_request_is_a_timeout_in_the_recording() {
    let folder = Folder::new("hung");
    let bench = recording(&folder).await;
    bench.breaks(Vendor::EastMoney, "hang");
    let range = days(date(2024, 6, 3), date(2024, 6, 14));
    let live = daily(&bench.fv, "600036", range, Adjust::None).source("eastmoney").await;
    assert_eq!(failures(&live), [("eastmoney".to_owned(), ErrorKind::Timeout)], "{}", told(&live));
    let names = folder.names();
    let [head] = Vec::from_iter(&names)[..] else { panic!("{names:?}") };
    assert!(folder.text(head).ends_with("! timeout: given up after 10.0 s\n"), "{}", folder.text(head));
    let began = tokio::time::Instant::now();
    let replayed = daily(&folder.replay(), "600036", range, Adjust::None).source("eastmoney").await;
    assert_eq!(failures(&replayed), failures(&live));
    assert_eq!(began.elapsed(), Duration::ZERO);
}

#[tokio::test]
async fn many_at_once_and_one_after_the_other_leave_no_gap() {
    let folder = Folder::new("many");
    let bench = recording(&folder).await;
    let codes = ["600036", "000001", "600519", "000002", "300750", "601318"];
    let mut calls = JoinSet::new();
    for code in codes {
        let fv = bench.fv.clone();
        calls.spawn(async move {
            daily(&fv, code, days(date(2024, 6, 3), date(2024, 6, 14)), Adjust::None).await
        });
    }
    calls.join_all().await.into_iter().for_each(|result| drop(result.unwrap()));
    // A second client adds to what is there.
    let again = crate::support::client(&bench.simulator).record(&folder.0).build().unwrap();
    again.cn_stock_quote(["600036"]).await.unwrap();
    let numbers: Vec<String> =
        folder.names().iter().map(|name| name.split('-').next().unwrap().to_owned()).collect();
    let expected: Vec<String> =
        (1..=7).flat_map(|number| [format!("{number:04}"), format!("{number:04}")]).collect();
    assert_eq!(numbers, expected);
}

#[tokio::test]
async fn what_cannot_be_recorded_is_an_error_of_the_call() {
    let folder = Folder::new("lost");
    let bench = recording(&folder).await;
    std::fs::remove_dir_all(&folder.0).unwrap();
    let result = bench.fv.cn_stock_quote(["600036"]).await;
    let error = result.unwrap_err().to_string();
    assert!(
        error.contains("cannot record the exchange in") && error.contains(folder.0.to_str().unwrap()),
        "{error}"
    );
}

#[tokio::test]
async fn a_folder_that_is_no_recording_is_refused() {
    let folder = Folder::new("none");
    let refused = |why: &str| {
        let error = FinVista::builder().environment([]).replay(&folder.0).build().unwrap_err();
        assert!(matches!(error, Error::Config(_)), "{error}");
        let error = error.to_string();
        assert!(error.contains(folder.0.to_str().unwrap()) && error.contains(why), "{why}: {error}");
    };
    refused("No such file");
    std::fs::create_dir(&folder.0).unwrap();
    refused("expected a recording");
    let head = folder.0.join("0001-a.http");
    std::fs::write(&head, "GET https://a/b\nat noon\n").unwrap();
    refused("line 2");
    std::fs::write(
        &head,
        "GET https://a/b\nat 2024-06-28T08:00:00Z\ntoday 2024-06-28\ntook 1 s\n< 200\nbody 3\n",
    )
    .unwrap();
    refused("0001-a.body");
    std::fs::write(folder.0.join("0001-a.body"), "four").unwrap();
    refused("expected 3 bytes");
    std::fs::write(folder.0.join("0001-a.body"), "333").unwrap();
    FinVista::builder().environment([]).replay(&folder.0).build().unwrap();

    let simulator = Simulator::builder().market(finvista_testkit::Market::new(31, date(2024, 6, 28)));
    let simulator = simulator.start().await.unwrap();
    let both = crate::support::client(&simulator).record(&folder.0).replay(&folder.0).build();
    assert!(both.unwrap_err().to_string().contains("expected one of record and replay"));
}
