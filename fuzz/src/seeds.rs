//! Writes what the fuzzer starts from into `corpus/`: what the testkit's encoders answer to every sample, and, where
//! `FINVISTA_RECORDINGS` names a folder of recorded answers, what vendors did answer.

use std::fs;
use std::io;
use std::path::Path;
use std::sync::Mutex;

use finvista::Query;
use finvista::raw::{Body, DynEndpoint, Vendor, answer_from};
use finvista_fuzz::{NEXT, TODAY, Target, context};
use finvista_testkit::{Limits, Market, Request, answer};

/// Longer inputs than this are slow to mutate.
const LONGEST: usize = 64 << 10;

const TEXTS: [&str; 5] = [
    "000001.SZ",
    "symbol=sz000001\nstart=2024-01-02\nend=20240628\nadjust=qfq\nperiod=week",
    "symbols=000300,399001",
    "FINVISTA_TIMEOUT=5\nFINVISTA_PRIORITY_CN_STOCK_DAILY=sina,tencent\nFINVISTA_FAILOVER_MAX_ATTEMPTS=2",
    "timeout = 10\n[failover]\nfailure_threshold = 3\n[priority]\ncn_stock_daily = [\"sina\", \"eastmoney\"]\n",
];

fn main() -> io::Result<()> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    let market = Market::new(1, TODAY);
    let vendors: [&'static Vendor; 3] =
        [&finvista::eastmoney::EASTMONEY, &finvista::sina::SINA, &finvista::tencent::TENCENT];
    let targets = vendors.map(|vendor| (vendor.name, Target::new(vendor)));
    for (name, Target(endpoints)) in &targets {
        for (place, (endpoint, queries)) in (0_u8..).zip(endpoints) {
            for (number, query) in (0_u8..).zip(queries) {
                let input = [&[place, number], answered(*endpoint, query, &market).as_slice()].concat();
                save(&corpus.join(name), &format!("market-{place}-{number}"), &input)?;
            }
        }
    }
    for (number, text) in TEXTS.iter().enumerate() {
        save(&corpus.join("text"), &format!("text-{number}"), text.as_bytes())?;
    }
    match std::env::var_os("FINVISTA_RECORDINGS") {
        Some(folder) => recordings(Path::new(&folder), &corpus, &targets),
        None => Ok(()),
    }
}

/// The bodies of all requests of a query.
fn answered(endpoint: &dyn DynEndpoint, query: &Query, market: &Market) -> Vec<u8> {
    let limits = Limits { tencent_rows: 40, ..Limits::default() };
    let bodies = Mutex::new(Vec::new());
    let sent = |request: &finvista::raw::Request| {
        let referer = request.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("referer"));
        let asked = Request::from_url(&request.url);
        let asked = referer.map_or(asked, |(_, referer)| asked.referer(referer));
        let body = answer(market, &limits, &asked).body;
        bodies.lock().ok()?.push(body.clone());
        Some(Body::new(body))
    };
    // A failure is a seed as well.
    drop(answer_from(endpoint, &context(), query, sent));
    bodies.into_inner().unwrap_or_default().join(NEXT)
}

/// The recorded answers of the services that an endpoint asks first, for a query of the symbol that was recorded if there is one.
fn recordings(folder: &Path, corpus: &Path, targets: &[(&str, Target)]) -> io::Result<()> {
    for index in fs::read_dir(folder)?.filter_map(Result::ok) {
        if !index.file_name().to_string_lossy().starts_with("INDEX") {
            continue;
        }
        for line in fs::read_to_string(index.path())?.lines() {
            let mut fields = line.split('\t');
            let (Some(file), Some(url)) = (fields.next(), fields.find(|field| field.starts_with("http")))
            else {
                continue;
            };
            let Ok(body) = fs::read(folder.join(file)) else { continue };
            for (name, Target(endpoints)) in targets {
                for (place, (_, queries)) in
                    (0_u8..).zip(endpoints).filter(|(_, (e, queries))| asks(*e, queries, url))
                {
                    let is_of =
                        |query: &Query| query.symbols().iter().any(|symbol| url.contains(symbol.code()));
                    let number = queries.iter().position(is_of).unwrap_or(0);
                    let number = u8::try_from(number).unwrap_or(0);
                    save(
                        &corpus.join(name),
                        &format!("{place}-{file}"),
                        &[&[place, number], body.as_slice()].concat(),
                    )?;
                }
            }
        }
    }
    Ok(())
}

/// Whether an endpoint's first request goes to the service of this address.
fn asks(endpoint: &dyn DynEndpoint, queries: &[Query], url: &str) -> bool {
    let first = queries.first().and_then(|query| endpoint.start(&context(), query).ok());
    first.is_some_and(|(request, _)| service(&request.url) == service(url))
}

/// The name of a service: `kline/get`, `CN_MarketDataService.getKLineData`, `list`. Tencent has the same service under two names.
fn service(url: &str) -> String {
    let path = url.split('?').next().unwrap_or(url).trim_end_matches('/');
    let mut segments = path.rsplit('/');
    let last = segments.next().unwrap_or_default();
    match last.split('=').next().unwrap_or_default() {
        "get" => format!("{}/get", segments.next().unwrap_or_default().trim_start_matches("new")),
        name => name.to_owned(),
    }
}

fn save(folder: &Path, name: &str, input: &[u8]) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    fs::write(folder.join(name), input.get(..LONGEST).unwrap_or(input))
}
