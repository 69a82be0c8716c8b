//! Writes what the fuzzer starts from into `corpus/`: what the testkit's encoders would answer to every query, and, where
//! `FINVISTA_RECORDINGS` names a folder of them, what vendors did answer.

use std::fs;
use std::io;
use std::path::Path;

use finvista::core::{Settings, Vendor, answer_from};
use finvista_fuzz::{NEXT, TODAY, queries};
use finvista_testkit::{Limits, Market, Request, answer};

/// Longer inputs than this are slow to mutate.
const LONGEST: usize = 64 << 10;

const TEXTS: [&str; 4] = [
    "000001.SZ",
    "symbol=sz000001\nstart=2024-01-02\nend=20240628\nadjust=qfq",
    "FINVISTA_TIMEOUT=5\nFINVISTA_PRIORITY_CN_STOCK_DAILY=sina,tencent\nFINVISTA_FAILOVER_MAX_ATTEMPTS=2",
    "timeout = 10\n[failover]\nfailure_threshold = 3\n[priority]\ncn_stock_daily = [\"sina\", \"eastmoney\"]\n",
];

/// Parts of the addresses of recordings, and the target that reads the answers.
const ADDRESSES: [(&str, &str); 6] = [
    ("kline/get", "eastmoney_daily"),
    ("ulist", "eastmoney_quote"),
    ("getKLineData", "sina_daily"),
    ("hq.sinajs.cn", "sina_quote"),
    ("fqkline", "tencent_daily"),
    ("qt.gtimg.cn", "tencent_quote"),
];

fn main() -> io::Result<()> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    let market = Market::new(1, TODAY);
    for vendor in [&finvista::eastmoney::EASTMONEY, &finvista::sina::SINA, &finvista::tencent::TENCENT] {
        for dataset in ["cn_stock_daily", "cn_stock_quote"] {
            let target = format!("{}_{}", vendor.name, dataset.trim_start_matches("cn_stock_"));
            for (number, bodies) in answers(vendor, dataset, &market).into_iter().enumerate() {
                save(&corpus.join(&target), &format!("market-{number}"), &bodies)?;
            }
        }
    }
    for (number, text) in TEXTS.iter().enumerate() {
        save(&corpus.join("text"), &format!("text-{number}"), text.as_bytes())?;
    }
    match std::env::var_os("FINVISTA_RECORDINGS") {
        Some(folder) => recordings(Path::new(&folder), &corpus),
        None => Ok(()),
    }
}

/// For each query its number, and the bodies of all its requests.
fn answers(vendor: &Vendor, dataset: &str, market: &Market) -> Vec<Vec<u8>> {
    let endpoint = vendor.endpoints.iter().find(|endpoint| endpoint.dataset().id == dataset);
    let limits = Limits { tencent_rows: 40, ..Limits::default() };
    let mut inputs = Vec::new();
    for (number, query) in (0_u8..).zip(queries(dataset)) {
        let mut input = vec![number];
        let told = endpoint.map(|endpoint| {
            answer_from(*endpoint, &Settings { today: TODAY }, &query, |request| {
                let referer = request.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("referer"));
                let asked = Request::from_url(&request.url);
                let asked = referer.map_or(asked, |(_, referer)| asked.referer(referer));
                let reply = answer(market, &limits, &asked);
                if input.len() > 1 {
                    input.extend_from_slice(NEXT);
                }
                input.extend_from_slice(&reply.body);
                Some((reply.body, None))
            })
        });
        if told.is_some() {
            inputs.push(input);
        }
    }
    inputs
}

fn recordings(folder: &Path, corpus: &Path) -> io::Result<()> {
    for index in fs::read_dir(folder)?.filter_map(Result::ok) {
        let name = index.file_name().to_string_lossy().into_owned();
        if !name.starts_with("INDEX") {
            continue;
        }
        for line in fs::read_to_string(index.path())?.lines() {
            let target = ADDRESSES.iter().find(|(address, _)| line.contains(address));
            if let (Some((_, target)), Some(file)) = (target, line.split('\t').next())
                && let Ok(body) = fs::read(folder.join(file))
            {
                save(&corpus.join(target), file, &[&[0], body.as_slice()].concat())?;
            }
        }
    }
    Ok(())
}

fn save(folder: &Path, name: &str, input: &[u8]) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    fs::write(folder.join(name), input.get(..LONGEST).unwrap_or(input))
}
