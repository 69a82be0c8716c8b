//! Whole calls against a gateway, by whoever is measured. Every table is kept until the clock has stopped.

use std::time::{Duration, Instant};

use clap::ValueEnum;
use cpu_time::ProcessTime;
use finvista::Symbol;
use serde_json::{Value, json};

use crate::{ours, plain, usual};

/// Who is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum By {
    /// FinVista: rate limit and cache off, checks on.
    Finvista,
    /// The floor: plain HTTP/1.1 and the fastest parse into columns, without a check.
    Floor,
    /// reqwest, `serde_json::Value` and a list of rows.
    Reqwest,
}

/// What one table holds: rows, the sum of round(close × 100), and the volume in lots.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Sums {
    pub(crate) rows: usize,
    pub(crate) closes: i64,
    pub(crate) volume: i64,
}

impl Sums {
    pub(crate) fn add(&mut self, close: f64, volume: i64) {
        self.rows += 1;
        self.closes += cents(close);
        self.volume += volume;
    }

    fn plus(self, other: Self) -> Self {
        Self {
            rows: self.rows + other.rows,
            closes: self.closes + other.closes,
            volume: self.volume + other.volume,
        }
    }
}

fn cents(price: f64) -> i64 {
    (price * 100.0).round() as i64
}

/// The whole history of these symbols, so often, with so many calls in flight.
pub(crate) fn hist(
    by: By,
    base: &str,
    symbols: &[Symbol],
    reps: usize,
    parallel: usize,
) -> Result<Value, String> {
    let (spent, sums) = match by {
        By::Finvista => {
            let mut client = ours::Client::new(base, parallel)?;
            spent(reps, || client.histories(symbols), ours::bars)?
        }
        By::Floor => {
            let mut client = plain::Client::new(base, parallel)?;
            spent(reps, || client.histories(symbols), plain::bars)?
        }
        By::Reqwest => {
            let mut client = usual::Client::new(base, parallel)?;
            spent(reps, || client.histories(symbols), usual::bars)?
        }
    };
    let sums = sums.into_iter().fold(Sums::default(), Sums::plus);
    Ok(json!({
        "ops": symbols.len() * reps, "wall_s": spent.wall.as_secs_f64(), "cpu_s": spent.cpu.as_secs_f64(),
        "n": sums.rows, "sum_close_c": sums.closes, "sum_vol": sums.volume,
    }))
}

/// The quotes of these symbols, so often.
pub(crate) fn quote(by: By, base: &str, symbols: &[Symbol], polls: usize) -> Result<Value, String> {
    let (spent, sums) = match by {
        By::Finvista => {
            let mut client = ours::Client::new(base, 1)?;
            let symbols: Vec<String> = symbols.iter().map(Symbol::to_string).collect();
            spent(polls, || client.quotes(&symbols), ours::quotes)?
        }
        By::Floor => {
            let mut client = plain::Client::new(base, 1)?;
            spent(polls, || client.quotes(symbols), plain::quotes)?
        }
        By::Reqwest => {
            let mut client = usual::Client::new(base, 1)?;
            spent(polls, || client.quotes(symbols), usual::quotes)?
        }
    };
    let last = sums.last().copied().ok_or("--polls must be at least 1")?;
    Ok(json!({
        "ops": polls, "wall_s": spent.wall.as_secs_f64(), "cpu_s": spent.cpu.as_secs_f64(),
        "n": last.rows, "sum_close_c": last.closes,
    }))
}

/// The most memory that this process has had so far, in bytes, where the system tells.
pub(crate) fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().trim_end_matches(" kB").parse::<u64>().ok()? * 1024)
}

/// The time over the calls.
#[derive(Debug, Default)]
struct Spent {
    wall: Duration,
    cpu: Duration,
}

/// Asks so often, and looks at what came when the clock has stopped.
fn spent<T>(
    times: usize,
    mut ask: impl FnMut() -> Result<Vec<T>, String>,
    sum: impl Fn(&T) -> Result<Sums, String>,
) -> Result<(Spent, Vec<Sums>), String> {
    let (mut spent, mut sums) = (Spent::default(), Vec::new());
    for _ in 0..times {
        let (wall, cpu) = (Instant::now(), ProcessTime::now());
        let tables = ask()?;
        spent.wall += wall.elapsed();
        spent.cpu += cpu.elapsed();
        for table in &tables {
            sums.push(sum(table)?);
        }
    }
    Ok((spent, sums))
}

#[cfg(test)]
mod tests {
    use super::*;
    use finvista_testkit::{Market, Simulator};

    #[test]
    fn every_call_is_counted_and_summed_whoever_makes_it() {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let market = Market::new(7, jiff::civil::date(2024, 6, 28));
        let simulator = runtime.block_on(Simulator::builder().market(market).start()).unwrap();
        let base = simulator.origin();
        let codes = ["sz000001", "sh600519", "sh688981"];
        let symbols = codes.map(|code| Symbol::stock(code).unwrap()).to_vec();
        let shares = codes.map(|code| simulator.market().unwrap().instrument(code).unwrap());
        let bars = || shares.iter().flat_map(|share| share.bars());

        for by in [By::Finvista, By::Floor, By::Reqwest] {
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
        let nobody = [Symbol::stock("600001").unwrap()];
        let error = hist(By::Finvista, &base, &nobody, 1, 1).unwrap_err();
        assert!(error.contains("600001.SH"), "{error}");
    }
}
