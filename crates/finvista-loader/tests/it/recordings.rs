#![cfg(test)]
//! What vendors really sent, decoded natively and through the plugin: every recording of the three vendors, where the variable
//! `FINVISTA_RECORDINGS` names their folder.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use finvista_core::{
    Board, CN_INDICES, CN_STOCKS, Context, DataSource, DatasetSpec, Query, Registration, ShapeKind, Symbol,
    registered,
};
use finvista_http::HttpSource;
use finvista_testkit::{Answer, Simulator};
use jiff::civil::{Date, date};

use crate::support::{context, noon, today};
use crate::vendors::{VENDORS, failure, gateway, plugin};

/// A recording, and what can be asked of it.
struct Recording {
    file: String,
    vendor: String,
    body: Vec<u8>,
    /// Raw copies of the quote services are GBK and say so in their name; everything else was written down as UTF-8.
    content_type: &'static str,
    symbols: Vec<Symbol>,
}

/// Days of asking, each with the first day of a range: a source reaches only so far back, and the recordings are of many years.
const DAYS: [(Date, Date); 3] = [
    (date(2020, 3, 2), date(2019, 1, 2)),
    (date(2024, 12, 31), date(2023, 1, 3)),
    (date(2026, 11, 24), date(2024, 1, 2)),
];

/// What Sina sends before its factors are asked for, without the name of a share.
const BARS: &str = r#"[{"day":"2019-05-31","open":"3.040","high":"3.040","low":"3.040","close":"3.040","volume":"100"},
    {"day":"2019-06-03","open":"2.450","high":"2.450","low":"2.450","close":"2.450","volume":"100"},
    {"day":"2026-06-12","open":"10.900","high":"10.900","low":"10.900","close":"10.900","volume":"100"}]"#;

#[tokio::test]
async fn every_recording_is_the_same_through_the_plugin() {
    let Some(folder) = folder() else { return };
    let current = Arc::new(Mutex::new((Answer::ok("text/plain", ""), false)));
    let served = Arc::clone(&current);
    // Whatever is asked, the answer is the recording; factors adjust the bars that come before them.
    let simulator = Simulator::builder()
        .answers(move |request| {
            let (recorded, are_factors) = served.lock().unwrap_or_else(PoisonError::into_inner).clone();
            let is_bars = request.path.contains("getKLineData");
            if are_factors && is_bars { Answer::ok("text/plain", BARS) } else { recorded }
        })
        .start()
        .await
        .unwrap();
    let client = gateway(&simulator);
    let recordings = read(&folder);
    for (package, vendor) in VENDORS {
        let native = HttpSource::new(vendor, Arc::clone(&client));
        let loaded = plugin(package, &client);
        let (mut compared, mut answers, mut tables) = (0, 0, 0);
        for recording in recordings.iter().filter(|recording| recording.vendor == vendor.name) {
            for body in bodies(&recording.body) {
                let served = (Answer::ok(recording.content_type, body), recording.file.contains("factor"));
                *current.lock().unwrap_or_else(PoisonError::into_inner) = served;
                for (today, query) in asked(&recording.symbols) {
                    let cx = Context::new(noon(today), context().time);
                    let (one, two) = (native.fetch(&cx, &query).await, loaded.fetch(&cx, &query).await);
                    let what = format!("{package}: {}: {query}", recording.file);
                    answers += 1;
                    match (one, two) {
                        (Ok(one), Ok(two)) => {
                            assert_eq!(one, two, "{what}");
                            tables += 1;
                        }
                        (one, two) => assert_eq!(failure(one), failure(two), "{what}"),
                    }
                }
            }
            compared += 1;
        }
        println!("{}: {compared} recordings, {answers} answers, {tables} of them tables", vendor.name);
        assert!(compared > 0 && tables > 0, "{}: {compared} recordings, {tables} tables", vendor.name);
    }
}

/// The same recordings, served line by line for what is asked, as a vendor would.
#[tokio::test]
async fn replayed_recordings_are_the_same_through_the_plugin() {
    let Some(folder) = folder() else { return };
    let recordings = read(&folder);
    let simulator = Simulator::builder().replay(folder).start().await.unwrap();
    let client = gateway(&simulator);
    for (package, vendor) in VENDORS {
        let native = HttpSource::new(vendor, Arc::clone(&client));
        let loaded = plugin(package, &client);
        let (mut bars, mut quotes) = (0, 0);
        for recording in recordings.iter().filter(|recording| recording.vendor == vendor.name) {
            for (today, query) in asked(&recording.symbols) {
                let cx = Context::new(noon(today), context().time);
                match (native.fetch(&cx, &query).await, loaded.fetch(&cx, &query).await) {
                    (Ok(one), Ok(two)) => {
                        assert_eq!(one, two, "{package}: {query}");
                        let rows = if query.range().is_some() { &mut bars } else { &mut quotes };
                        *rows += one.num_rows();
                    }
                    (one, two) => assert_eq!(failure(one), failure(two), "{package}: {query}"),
                }
            }
        }
        println!("{}: {bars} bars and {quotes} quotes replayed", vendor.name);
        assert!(bars > 0 && quotes > 0, "{package}: {bars} bars, {quotes} quotes");
    }
}

/// The folder, or `None` after a word that the test was skipped.
fn folder() -> Option<PathBuf> {
    let folder = std::env::var_os("FINVISTA_RECORDINGS").map(PathBuf::from);
    if folder.is_none() {
        println!("skipped: FINVISTA_RECORDINGS is not set");
    }
    folder
}

/// Every recording that an index of the folder names.
fn read(folder: &Path) -> Vec<Recording> {
    let mut recordings = Vec::new();
    for index in ["INDEX-eastmoney.tsv", "INDEX-sina-tencent.tsv"] {
        let index = std::fs::read_to_string(folder.join(index)).unwrap();
        let mut lines = index.lines().map(|line| line.split('\t').collect::<Vec<_>>());
        let header = lines.next().unwrap();
        let column = |name: &str| header.iter().position(|column| *column == name);
        for cells in lines {
            let cell = |name: &str| column(name).and_then(|at| cells.get(at)).copied().unwrap_or_default();
            let file = cell("file");
            // Folders are shared in parts.
            let Ok(body) = std::fs::read(folder.join(file)) else { continue };
            recordings.push(Recording {
                vendor: if cell("vendor").is_empty() { "eastmoney" } else { cell("vendor") }.to_owned(),
                symbols: symbols(&[file, cell("request_url"), &String::from_utf8_lossy(&body)]),
                content_type: if file.contains(".gbk.") { "text/plain" } else { "text/plain; charset=utf-8" },
                file: file.to_owned(),
                body,
            });
        }
    }
    recordings
}

/// The shares, funds and indices that are named, as `sh600519`, `1.600519` or `600519`, in the order of the texts. What only looks like one
/// is an unknown symbol, about which both have to say the same.
fn symbols(texts: &[&str]) -> Vec<Symbol> {
    let mut found: Vec<Symbol> = Vec::new();
    for text in texts {
        let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '.');
        for word in words.flat_map(|word| [word, word.rsplit('.').next().unwrap_or(word)]) {
            let Ok(symbol) = CN_STOCKS.symbol(word).or_else(|_| CN_INDICES.symbol(word)) else { continue };
            let asked_for = !matches!(symbol.board(), Board::Bond | Board::Convertible | Board::Other);
            if asked_for && !found.contains(&symbol) {
                found.push(symbol);
            }
        }
    }
    if found.is_empty() {
        found.push(CN_STOCKS.symbol("600519").unwrap());
    }
    found
}

/// The recording as it is; and rows that were written down one a line, without what stands around them, as a list.
fn bodies(body: &[u8]) -> Vec<Vec<u8>> {
    let rows = String::from_utf8_lossy(body);
    let rows: Vec<&str> = rows.lines().map(|row| row.trim().trim_end_matches(',')).collect();
    match rows.iter().all(|row| row.starts_with('{') && row.ends_with('}')) {
        true => vec![body.to_vec(), format!("[{}]", rows.join(",")).into_bytes()],
        false => vec![body.to_vec()],
    }
}

/// What is asked of each recording: series of the first symbols, which are those that the file is named after, snapshots of all
/// symbols, and the example of every other data set.
fn asked(symbols: &[Symbol]) -> Vec<(Date, Query)> {
    let specs = registered().filter_map(|registration| match registration {
        Registration::Dataset(spec) => Some(spec),
        _ => None,
    });
    let mut asked = Vec::new();
    for spec in specs {
        match spec.shape {
            ShapeKind::Series => asked.extend(series(spec, symbols)),
            // All of them, and a batch that fits into one request of every vendor.
            ShapeKind::Snapshot => asked.extend([symbols.len(), 50].into_iter().filter_map(|most| {
                let own = symbols.iter().filter(|symbol| spec.rules.universe.accept(**symbol).is_ok());
                let codes: Vec<String> = own.take(most).map(Symbol::to_string).collect();
                let params = [("symbols".to_owned(), codes.join(","))].into();
                Some((today(), spec.parse(&params).ok()?))
            })),
            _ => asked.extend(spec.example_query().map(|query| (today(), query))),
        }
    }
    asked
}

/// Every adjustment and period that a series may have.
fn series(spec: &DatasetSpec, symbols: &[Symbol]) -> Vec<(Date, Query)> {
    let adjusts: &[&str] = if spec.rules.adjusts { &["none", "qfq", "hfq"] } else { &["none"] };
    let own: Vec<&Symbol> =
        symbols.iter().filter(|symbol| spec.rules.universe.accept(**symbol).is_ok()).take(2).collect();
    let mut series = Vec::new();
    for (today, start) in DAYS {
        for (symbol, adjust) in own.iter().flat_map(|symbol| adjusts.iter().map(move |a| (symbol, a))) {
            for period in spec.rules.periods {
                let params = [
                    ("symbol", symbol.to_string()),
                    ("start", start.to_string()),
                    ("period", period.to_string()),
                    ("adjust", (*adjust).to_owned()),
                ];
                let query = spec.parse(&params.map(|(name, value)| (name.to_owned(), value)).into());
                series.extend(query.map(|query| (today, query)));
            }
        }
    }
    series
}
