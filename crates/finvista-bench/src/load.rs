//! Whole calls against a gateway: rate limit and cache off, checks on, every table kept until the clock has stopped.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};

use cpu_time::ProcessTime;
use finvista::{CnStockDaily, CnStockQuote, FinVista, Symbol, Table};
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use tokio::task::JoinSet;

/// The time over the calls.
#[derive(Debug, Default)]
struct Spent {
    wall: Duration,
    cpu: Duration,
}

impl Spent {
    /// Adds the time of this work, whose result is looked at and dropped later.
    fn on<T>(&mut self, work: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
        let (wall, cpu) = (Instant::now(), ProcessTime::now());
        let result = work();
        self.wall += wall.elapsed();
        self.cpu += cpu.elapsed();
        result
    }
}

/// The whole history of these symbols, so often, with so many calls in flight.
pub(crate) fn hist(base: &str, symbols: Vec<Symbol>, reps: usize, parallel: usize) -> Result<Value, String> {
    let (client, symbols) = (client(base)?, Arc::new(symbols));
    let runtime = runtime(parallel)?;
    let mut spent = Spent::default();
    let (mut rows, mut closes, mut volume) = (0, 0, 0);
    for _ in 0..reps {
        let tables = spent.on(|| runtime.block_on(histories(&client, &symbols, parallel)))?;
        for table in &tables {
            for bar in table.rows::<CnStockDaily>().map_err(|e| e.to_string())? {
                rows += 1;
                closes += cents(bar.close);
                volume += bar.volume / 100;
            }
        }
    }
    Ok(json!({
        "ops": symbols.len() * reps, "wall_s": spent.wall.as_secs_f64(), "cpu_s": spent.cpu.as_secs_f64(),
        "n": rows, "sum_close_c": closes, "sum_vol": volume,
    }))
}

/// The quotes of these symbols, so often.
pub(crate) fn quote(base: &str, symbols: &[Symbol], polls: usize) -> Result<Value, String> {
    let client = client(base)?;
    let symbols: Vec<String> = symbols.iter().map(Symbol::to_string).collect();
    let runtime = runtime(1)?;
    let mut spent = Spent::default();
    let mut last = None;
    for _ in 0..polls {
        let poll = || runtime.block_on(async { client.cn_stock_quote(&symbols).source("sina").await });
        last = Some(spent.on(|| poll().map_err(|e| e.to_string()))?);
    }
    let table = last.ok_or("--polls must be at least 1")?;
    let quotes = table.rows::<CnStockQuote>().map_err(|e| e.to_string())?;
    let prices: i64 = quotes.filter_map(|quote| quote.price).map(cents).sum();
    Ok(json!({
        "ops": polls, "wall_s": spent.wall.as_secs_f64(), "cpu_s": spent.cpu.as_secs_f64(),
        "n": table.num_rows(), "sum_close_c": prices,
    }))
}

fn client(base: &str) -> Result<FinVista, String> {
    let builder = FinVista::builder().environment([]).gateway(base).rate_limit(false).cache(false);
    builder.build().map_err(|e| e.to_string())
}

/// One call at a time needs no second thread, and would only be handed from one to the other.
fn runtime(parallel: usize) -> Result<Runtime, String> {
    let mut builder = match parallel {
        ..=1 => tokio::runtime::Builder::new_current_thread(),
        _ => tokio::runtime::Builder::new_multi_thread(),
    };
    builder.enable_all().build().map_err(|e| e.to_string())
}

/// A table for each symbol. Each of the tasks takes the next symbol until there is none, so that tables are decoded wherever
/// there is a thread.
async fn histories(
    client: &FinVista,
    symbols: &Arc<Vec<Symbol>>,
    parallel: usize,
) -> Result<Vec<Table>, String> {
    let next = Arc::new(AtomicUsize::new(0));
    let mut tasks = JoinSet::new();
    for _ in 0..parallel.max(1) {
        let (client, symbols, next) = (client.clone(), Arc::clone(symbols), Arc::clone(&next));
        tasks.spawn(async move {
            let mut tables = Vec::new();
            while let Some(symbol) = symbols.get(next.fetch_add(1, Relaxed)) {
                let call = client.cn_stock_daily(symbol.to_string()).source("eastmoney");
                tables.push(call.await.map_err(|e| e.to_string())?);
            }
            Ok::<_, String>(tables)
        });
    }
    let mut all = Vec::with_capacity(symbols.len());
    while let Some(tables) = tasks.join_next().await {
        all.extend(tables.map_err(|e| e.to_string())??);
    }
    Ok(all)
}

fn cents(price: f64) -> i64 {
    (price * 100.0).round() as i64
}

#[cfg(test)]
mod tests {
    use super::*;
    use finvista_testkit::{Market, Simulator};

    #[test]
    fn every_call_is_counted_and_summed() {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let market = Market::new(7, jiff::civil::date(2024, 6, 28));
        let simulator = runtime.block_on(Simulator::builder().market(market).start()).unwrap();
        let base = simulator.origin();
        let codes = ["sz000001", "sh600519", "sh688981"];
        let symbols = || codes.map(|code| Symbol::stock(code).unwrap()).to_vec();
        let shares = codes.map(|code| simulator.market().unwrap().instrument(code).unwrap());
        let bars = || shares.iter().flat_map(|share| share.bars());

        for parallel in [1, 2] {
            let summary = hist(&base, symbols(), 2, parallel).unwrap();
            assert_eq!(summary["ops"], 6);
            assert_eq!(summary["n"], 2 * bars().count());
            assert_eq!(summary["sum_close_c"], 2 * bars().map(|bar| bar.close).sum::<i64>());
            assert_eq!(summary["sum_vol"], 2 * bars().map(|bar| (bar.volume + 50) / 100).sum::<i64>());
        }
        let summary = quote(&base, &symbols(), 3).unwrap();
        let prices: i64 = shares.iter().filter_map(|share| share.quote().price).sum();
        assert_eq!((&summary["ops"], &summary["n"]), (&json!(3), &json!(3)));
        assert_eq!(summary["sum_close_c"], prices);
        let error = hist(&base, vec![Symbol::stock("600001").unwrap()], 1, 1).unwrap_err();
        assert!(error.contains("600001.SH"), "{error}");
    }
}
