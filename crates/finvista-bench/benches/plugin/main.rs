//! What the way through a plugin costs: 5 and 1,000,000 rows in memory, from a source that is linked in, from a vendor's plugin over
//! an HTTP client that answers at once, from a source's plugin with its runtime, and from a plugin in C.
//!
//! The columns are numbers without nulls, so the cost does not depend on the rows: the values stay where the plugin has them, as
//! their address shows. The host would read every byte of a text column to verify that it is UTF-8.
//!
//! Before that, 100,000 fetches from each must leave the memory as it was.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a bench without its setup has nothing to measure"
)]

mod memory;
mod rows;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use arrow_array::Array;
use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use finvista::http::{HttpAsk, HttpReply};
use finvista::loader::{Http, load};
use finvista::raw::{Context, DataSource, Free, async_trait};
use finvista::{Query, RecordBatch, SourceError};
use jiff::Timestamp;
use memory::Memory;
use rows::BenchRows;
use tokio::runtime::Runtime;

/// Answers at once.
#[derive(Debug)]
struct Immediate;

#[async_trait]
impl Http for Immediate {
    fn now(&self) -> Option<Timestamp> {
        None
    }

    fn wait(&self, _: &str, _: usize) -> Duration {
        Duration::ZERO
    }

    async fn get(&self, _: &HttpAsk) -> Result<HttpReply, SourceError> {
        Ok(HttpReply {
            status: 200,
            content_type: None,
            charset: None,
            retry_after: None,
            at: Timestamp::UNIX_EPOCH,
            body: b"rows".to_vec(),
            refused: None,
        })
    }
}

/// The plugins are built in this bench's profile, beside it.
fn rust(example: &str) -> PathBuf {
    let program = std::env::current_exe().unwrap();
    // `<target>/release/deps/plugin-…`
    let profile = program.ancestors().nth(2).unwrap();
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(["build", "--locked", "-p", "finvista-bench", "--example", example]);
    if profile.ends_with("release") {
        command.arg("--release");
    }
    let status = command.env("CARGO_TARGET_DIR", profile.parent().unwrap()).status();
    assert!(status.unwrap().success(), "{example}");
    let (prefix, suffix) = (std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX);
    profile.join("examples").join(format!("{prefix}{example}{suffix}"))
}

fn c() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let library = Path::new(env!("CARGO_TARGET_TMPDIR")).join("libbench_rows_c.so");
    let status = Command::new("cc")
        .args(["-std=c99", "-O2", "-Wall", "-Wextra", "-Werror", "-fPIC", "-shared", "-fvisibility=hidden"])
        .arg("-I")
        .arg(here.join("../finvista-plugin/include"))
        .arg("-o")
        .arg(&library)
        .arg(here.join("benches/plugin/rows.c"))
        .status();
    assert!(status.unwrap().success());
    library
}

fn plugin(library: &Path) -> Arc<dyn DataSource> {
    Arc::new(load(library).unwrap().open("{}", |_| None, |_| Some(Arc::new(Immediate))).unwrap())
}

fn fetch(runtime: &Runtime, source: &dyn DataSource, query: &Query) -> RecordBatch {
    let cx = Context::new(Timestamp::UNIX_EPOCH, Duration::from_secs(30));
    runtime.block_on(source.fetch(&cx, query)).unwrap()
}

fn query(rows: usize) -> Query {
    Query::of::<BenchRows>(Free::new([("rows", rows.to_string())]))
}

/// The address of the values of the first column.
fn address(table: &RecordBatch) -> *const u8 {
    table.column(0).to_data().buffers().first().unwrap().as_ptr()
}

/// Fetches after which the memory must be what it was.
const FETCHES: usize = 100_000;

/// The memory of this process in kB, on systems that report it.
fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().trim_end_matches(" kB").parse().ok()
}

fn way(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let sources: [(&str, Arc<dyn DataSource>); 4] = [
        ("static", Arc::new(Memory::new())),
        ("export_vendor", plugin(&rust("bench_vendor"))),
        ("export_source", plugin(&rust("bench_source"))),
        ("c", plugin(&c())),
    ];
    for (name, source) in &sources {
        let query = query(5);
        let fetches = |count: usize| (0..count).for_each(|_| drop(fetch(&runtime, &**source, &query)));
        // Threads and caches take what they need in the first fetches.
        fetches(1_000);
        let before = resident();
        fetches(FETCHES);
        if let (Some(before), Some(after)) = (before, resident()) {
            println!("{name}: {before} kB grew to {after} kB in {FETCHES} fetches");
            assert!(after < before + 4_096, "{name} leaks with every fetch");
        }
    }
    let mut group = criterion.benchmark_group("a fetch");
    for (name, source) in &sources {
        for rows in [5_usize, 1_000_000] {
            let query = query(rows);
            let (one, other) = (fetch(&runtime, &**source, &query), fetch(&runtime, &**source, &query));
            assert_eq!((one.num_rows(), address(&one)), (rows, address(&other)), "{name} copies");
            group.bench_function(BenchmarkId::new(*name, rows), |bencher| {
                bencher.iter(|| fetch(&runtime, &**source, &query));
            });
        }
    }
    group.finish();
}

criterion_group!(benches, way);
criterion_main!(benches);
