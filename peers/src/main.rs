//! The crate `akshare` as `finvista-bench versus` wants it: the arguments of `finvista-bench hist` and its last line.
//!
//! ```sh
//! cargo build --release --manifest-path peers/Cargo.toml
//! cargo run --release -p finvista-bench -- versus --peer akshare=peers/target/release/finvista-peers
//! ```

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};

use akshare::AkShareClient;
use clap::Parser;
use cpu_time::ProcessTime;
use serde_json::json;

/// The exit code that says "this is not offered".
const NOT_OFFERED: u8 = 3;

#[derive(Debug, Parser)]
enum Args {
    Hist {
        #[arg(long)]
        base: String,
        #[arg(long)]
        symbols: PathBuf,
        #[arg(long, default_value_t = 1)]
        reps: usize,
        #[arg(long, default_value_t = 1)]
        parallel: usize,
    },
    /// There is no call for many quotes.
    #[command(hide = true)]
    Quote {
        #[arg(allow_hyphen_values = true, trailing_var_arg = true)]
        rest: Vec<String>,
    },
}

fn main() -> ExitCode {
    let Args::Hist { base, symbols, reps, parallel } = Args::parse() else {
        return ExitCode::from(NOT_OFFERED);
    };
    let text = std::fs::read_to_string(symbols).expect("a list of symbols");
    let symbols: Arc<[String]> =
        text.lines().map(str::trim).filter(|it| !it.is_empty()).map(str::to_owned).collect();
    let mut builder = match parallel {
        ..=1 => tokio::runtime::Builder::new_current_thread(),
        _ => tokio::runtime::Builder::new_multi_thread(),
    };
    let runtime = builder.enable_all().build().expect("a runtime");
    let client = Arc::new(AkShareClient::with_mock(base));
    let (mut wall, mut cpu) = (Duration::ZERO, Duration::ZERO);
    let (mut rows, mut closes, mut volume) = (0, 0, 0);
    for _ in 0..reps {
        let (began, began_cpu) = (Instant::now(), ProcessTime::now());
        let next = Arc::new(AtomicUsize::new(0));
        let mut tasks = Vec::new();
        for _ in 0..parallel.max(1) {
            let (client, symbols, next) = (Arc::clone(&client), Arc::clone(&symbols), Arc::clone(&next));
            tasks.push(runtime.spawn(async move {
                let mut tables = Vec::new();
                while let Some(symbol) = symbols.get(next.fetch_add(1, Relaxed)) {
                    tables.push(client.eastmoney_klines(symbol, "none", 1_000_000).await.expect("a history"));
                }
                tables
            }));
        }
        let tables: Vec<_> = runtime.block_on(async {
            let mut all = Vec::new();
            for task in tasks {
                all.extend(task.await.expect("no panic"));
            }
            all
        });
        wall += began.elapsed();
        cpu += began_cpu.elapsed();
        for bar in tables.iter().flatten() {
            rows += 1;
            closes += (bar.close * 100.0).round() as i64;
            volume += bar.volume as i64;
        }
    }
    if let Some(peak) = peak_memory() {
        eprintln!("peak memory, bytes: {peak}");
    }
    println!(
        "{}",
        json!({
            "ops": symbols.len() * reps, "wall_s": wall.as_secs_f64(), "cpu_s": cpu.as_secs_f64(),
            "n": rows, "sum_close_c": closes, "sum_vol": volume,
        })
    );
    ExitCode::SUCCESS
}

fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().trim_end_matches(" kB").parse::<u64>().ok()? * 1024)
}
