//! Whole calls against a gateway, by each of the clients. Every table is kept until the clock has stopped.

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::ValueEnum;
use cpu_time::ProcessTime;
use finvista_bench::requests::{self, Request};
use finvista_bench::sums::{self, Sums};
use finvista_bench::{floor, naive, ours};
use serde_json::{Value, json};

use crate::{over_reqwest, socket};

/// The clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum By {
    /// FinVista: rate limit and cache off, checks on.
    Finvista,
    /// The floor: plain HTTP/1.1 on a socket and the bare parse into columns, without a check.
    Floor,
    /// The second floor: reqwest and the same bare parse.
    ReqwestFloor,
    /// The usual way: reqwest, `serde_json::Value` or `split`, and a list of rows.
    Reqwest,
}

/// The whole history of each of these symbols, `reps` times, with `parallel` calls in flight.
pub(crate) fn hist(
    by: By,
    base: &str,
    symbols: &[String],
    reps: usize,
    parallel: usize,
) -> Result<Value, String> {
    let requests: Arc<[Request]> = symbols.iter().map(|symbol| requests::history(symbol)).collect();
    let (spent, sums) = match by {
        By::Finvista => {
            let mut client = ours::Client::new(base, parallel)?;
            let symbols = symbols.into();
            spent(reps, || client.histories(&symbols), ours::bars)?
        }
        By::Floor => {
            let mut client = socket::Client::new(base, parallel)?;
            spent(reps, || client.all(&requests, bare_bars), sums::floor_bars)?
        }
        By::ReqwestFloor => {
            let mut client = over_reqwest::Client::new(base, parallel)?;
            spent(reps, || client.all(&requests, bare_bars), sums::floor_bars)?
        }
        By::Reqwest => {
            let mut client = over_reqwest::Client::new(base, parallel)?;
            spent(reps, || client.all(&requests, usual_bars), |bars| sums::naive_bars(bars))?
        }
    };
    Ok(summary(symbols.len() * reps, &spent, sums))
}

fn bare_bars(body: &[u8]) -> Result<floor::Bars, String> {
    Ok(floor::bars(body))
}

fn usual_bars(body: &[u8]) -> Result<Vec<naive::Bar>, String> {
    naive::bars(body).ok_or_else(|| "the answer is not a history".to_owned())
}

/// The quotes of these symbols, `polls` times. The figures of the rows are those of the last.
pub(crate) fn quote(by: By, base: &str, symbols: &[String], polls: usize) -> Result<Value, String> {
    let requests: Arc<[Request]> = [requests::quotes(symbols)].into();
    let (spent, sums) = match by {
        By::Finvista => {
            let mut client = ours::Client::new(base, 1)?;
            spent(polls, || client.quotes(symbols), ours::quotes)?
        }
        By::Floor => {
            let mut client = socket::Client::new(base, 1)?;
            spent(polls, || client.all(&requests, bare_quotes), sums::floor_quotes)?
        }
        By::ReqwestFloor => {
            let mut client = over_reqwest::Client::new(base, 1)?;
            spent(polls, || client.all(&requests, bare_quotes), sums::floor_quotes)?
        }
        By::Reqwest => {
            let mut client = over_reqwest::Client::new(base, 1)?;
            spent(polls, || client.all(&requests, usual_quotes), |quotes| sums::naive_quotes(quotes))?
        }
    };
    let last = sums.last().copied().ok_or("--polls must be at least 1")?;
    Ok(json!({
        "ops": polls, "wall_s": spent.wall.as_secs_f64(), "cpu_s": spent.cpu.as_secs_f64(),
        "n": last.rows, "sum_close_c": last.closes,
    }))
}

fn bare_quotes(body: &[u8]) -> Result<floor::Quotes, String> {
    Ok(floor::quotes(body))
}

fn usual_quotes(body: &[u8]) -> Result<Vec<naive::Quote>, String> {
    let text = encoding_rs::GB18030.decode(body).0;
    naive::quotes(&text).ok_or_else(|| "the answer is not a list of quotes".to_owned())
}

/// The list of all A shares, `reps` times. FinVista decides how many pages are in flight, the others have `parallel` of them.
pub(crate) fn list(by: By, base: &str, reps: usize, parallel: usize) -> Result<Value, String> {
    let (spent, sums) = match by {
        By::Finvista => {
            let mut client = ours::Client::new(base, parallel)?;
            spent(reps, || client.list(), ours::listings)?
        }
        By::Floor => {
            let mut client = socket::Client::new(base, parallel)?;
            let all = || every_page(|requests| client.all(requests, bare_page), |page| page.total);
            spent(reps, all, sums::floor_listings)?
        }
        By::ReqwestFloor => {
            let mut client = over_reqwest::Client::new(base, parallel)?;
            let all = || every_page(|requests| client.all(requests, bare_page), |page| page.total);
            spent(reps, all, sums::floor_listings)?
        }
        By::Reqwest => {
            let mut client = over_reqwest::Client::new(base, parallel)?;
            let all = || every_page(|requests| client.all(requests, usual_page), |page| page.total);
            spent(reps, all, sums::naive_listings)?
        }
    };
    Ok(summary(reps, &spent, sums))
}

/// All pages: the first says how many rows there are.
fn every_page<T>(
    mut get: impl FnMut(&Arc<[Request]>) -> Result<Vec<T>, String>,
    total: impl Fn(&T) -> usize,
) -> Result<Vec<T>, String> {
    let mut pages = get(&[requests::list_page(1)].into())?;
    let rows = pages.first().map_or(0, total);
    pages.extend(get(&(2..=rows.div_ceil(requests::PAGE)).map(requests::list_page).collect())?);
    Ok(pages)
}

fn bare_page(body: &[u8]) -> Result<floor::Listings, String> {
    Ok(floor::listings(body))
}

fn usual_page(body: &[u8]) -> Result<naive::Page, String> {
    naive::listings(body).ok_or_else(|| "the answer is not a page of a list".to_owned())
}

/// The last line for programs.
fn summary(ops: usize, spent: &Spent, sums: Vec<Sums>) -> Value {
    let sums = sums.into_iter().fold(Sums::default(), Sums::plus);
    json!({
        "ops": ops, "wall_s": spent.wall.as_secs_f64(), "cpu_s": spent.cpu.as_secs_f64(),
        "n": sums.rows, "sum_close_c": sums.closes, "sum_vol": sums.volume,
    })
}

/// The most memory that this process has used so far, in bytes, on systems that report it.
pub(crate) fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().trim_end_matches(" kB").parse::<u64>().ok()? * 1024)
}

/// The time that the calls took.
#[derive(Debug, Default)]
struct Spent {
    wall: Duration,
    cpu: Duration,
}

/// Calls `times` times, and sums each table up once the clock has stopped.
fn spent<T>(
    times: usize,
    mut call: impl FnMut() -> Result<Vec<T>, String>,
    sum: impl Fn(&T) -> Sums,
) -> Result<(Spent, Vec<Sums>), String> {
    // Some allocators return freed memory to the system each time, at the price of page faults, until a large block was freed once.
    drop(black_box(vec![0_u8; 16 << 20]));
    let (mut spent, mut sums) = (Spent::default(), Vec::new());
    for _ in 0..times {
        let (wall, cpu) = (Instant::now(), ProcessTime::now());
        let tables = call()?;
        spent.wall += wall.elapsed();
        spent.cpu += cpu.elapsed();
        sums.extend(tables.iter().map(&sum));
    }
    Ok((spent, sums))
}

#[cfg(test)]
mod tests {
    use super::*;
    use finvista_testkit::{Instrument, Kind, Market, Simulator, State};

    #[test]
    fn every_client_counts_and_sums_the_same() {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let market = Market::new(7, jiff::civil::date(2024, 6, 28));
        let simulator = runtime.block_on(Simulator::builder().market(market).start()).unwrap();
        let base = simulator.origin();
        let symbols = ["sz000001", "sh600519", "sh688981"].map(str::to_owned);
        let shares = symbols.each_ref().map(|code| simulator.market().unwrap().instrument(code).unwrap());
        let bars = || shares.iter().flat_map(|share| share.bars());

        for by in [By::Finvista, By::Floor, By::ReqwestFloor, By::Reqwest] {
            for parallel in [1, 2] {
                let summary = hist(by, &base, &symbols, 2, parallel).unwrap();
                assert_eq!(summary["ops"], 6);
                assert_eq!(summary["n"], 2 * bars().count(), "{by:?}");
                assert_eq!(summary["sum_close_c"], 2 * bars().map(|bar| bar.close).sum::<i64>());
                assert_eq!(summary["sum_vol"], 2 * bars().map(|bar| (bar.volume + 50) / 100).sum::<i64>());
            }
            let summary = quote(by, &base, &symbols, 3).unwrap();
            let prices: i64 = shares.iter().filter_map(|share| share.quote().price).sum();
            assert_eq!((&summary["ops"], &summary["n"]), (&json!(3), &json!(3)));
            assert_eq!(summary["sum_close_c"], prices);
        }

        let is_listed = |it: &&Instrument| !matches!(it.kind, Kind::Index | Kind::Fund | Kind::BShare);
        let traded = |it: &&Instrument| it.state == State::Trading && it.quote().price.is_some();
        let market = simulator.market().unwrap();
        let listed: Vec<_> = market.listed().iter().filter(is_listed).filter(traded).collect();
        for by in [By::Finvista, By::Floor, By::ReqwestFloor, By::Reqwest] {
            let summary = list(by, &base, 2, 3).unwrap();
            assert_eq!((&summary["ops"], &summary["n"]), (&json!(2), &json!(2 * listed.len())), "{by:?}");
            let prices: i64 = listed.iter().filter_map(|it| it.quote().price).sum();
            let lots: i64 = listed.iter().map(|it| (it.quote().volume + 50) / 100).sum();
            assert_eq!(
                (&summary["sum_close_c"], &summary["sum_vol"]),
                (&json!(2 * prices), &json!(2 * lots))
            );
        }
        let error = hist(By::Finvista, &base, &["sh600001".to_owned()], 1, 1).unwrap_err();
        assert!(error.contains("600001.SH"), "{error}");
    }
}
