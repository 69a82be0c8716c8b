#![cfg(test)]
//! Building plugins, and asking them.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use finvista_core::dataset::Dataset;
use finvista_core::{
    Context, DataSource, DatasetSpec, ErrorKind, Params, Query, RecordBatch, Registration, SourceError,
    async_trait, registered,
};
use finvista_http::{HttpAsk, HttpReply};
use finvista_loader::{Http, LoadError, Plugin, PluginSource, load};
use jiff::Timestamp;
use jiff::civil::{Date, date};

/// Builds a target of this workspace into the folder that this test was built into, and gives the shared library. Where another
/// build's folder is named, such as that of `cargo xtask next-arrow`, the library there is taken.
pub(crate) fn cargo_build(arguments: &[&str]) -> PathBuf {
    if let Some(folder) = std::env::var_os("FINVISTA_TEST_PLUGINS") {
        return built_elsewhere(Path::new(&folder), arguments);
    }
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(["build", "--locked", "--message-format=json"]).args(arguments);
    command.env("CARGO_TARGET_DIR", target_dir()).current_dir(root());
    let output = command.output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    let messages = String::from_utf8(output.stdout).unwrap();
    let mut artifacts = messages.lines().filter_map(|line| {
        let message: serde_json::Value = serde_json::from_str(line).ok()?;
        let file = message.get("filenames")?.as_array()?.first()?.as_str()?;
        is_library(file).then(|| PathBuf::from(file))
    });
    artifacts.next_back().unwrap_or_else(|| panic!("{arguments:?} made no shared library"))
}

fn built_elsewhere(folder: &Path, arguments: &[&str]) -> PathBuf {
    let folder = if arguments.contains(&"--example") { folder.join("examples") } else { folder.to_owned() };
    let name = arguments.last().unwrap().replace('-', "_");
    let (prefix, suffix) = (std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX);
    let library = folder.join(format!("{prefix}{name}{suffix}"));
    assert!(library.is_file(), "{} is not there", library.display());
    library
}

fn is_library(file: &str) -> bool {
    [".so", ".dylib", ".dll"].iter().any(|extension| file.ends_with(extension))
}

/// `<target>/debug/deps/it-…` is this program.
fn target_dir() -> PathBuf {
    std::env::current_exe().unwrap().ancestors().nth(3).unwrap().to_owned()
}

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

/// Compiles a C plugin into a library of this name: each has its own variables.
pub(crate) fn cc(source: &str, name: &str, switches: &[&str]) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::create_dir_all(&folder).unwrap();
    let library = folder.join(format!("lib{name}.so"));
    let output = Command::new("cc")
        .args([
            "-std=c99",
            "-pedantic",
            "-Wall",
            "-Wextra",
            "-Werror",
            "-fPIC",
            "-shared",
            "-fvisibility=hidden",
        ])
        .arg("-I")
        .arg(root().join("crates/finvista-plugin/include"))
        .args(switches)
        .arg("-o")
        .arg(&library)
        .arg(root().join(source))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    library
}

pub(crate) const PROBE: &str = "crates/finvista-loader/tests/it/probe.c";

/// The C probe, with variables of its own.
pub(crate) fn c_probe(name: &str) -> PluginSource {
    load(&cc(PROBE, name, &[])).unwrap().open("{}", ours, |_| Some(Arc::new(Canned))).unwrap()
}

/// The Rust probe. Its variables are shared by all tests.
pub(crate) fn rust_probe(config: &str) -> PluginSource {
    let library = cargo_build(&["-p", "finvista-loader", "--example", "rust_probe"]);
    open(load(&library).unwrap(), config).unwrap()
}

/// A source without an HTTP client.
pub(crate) fn open(plugin: &'static Plugin, config: &str) -> Result<PluginSource, LoadError> {
    plugin.open(config, ours, |_| None)
}

/// The definition that FinVista has of a data set.
pub(crate) fn ours(id: &str) -> Option<&'static DatasetSpec> {
    // Linked, so that it is registered.
    let _linked = finvista_datasets::CnStockDaily::SPEC;
    let mut specs = registered().filter_map(|registration| match registration {
        Registration::Dataset(spec) => Some(spec),
        _ => None,
    });
    specs.find(|spec| spec.id == id)
}

/// Answers every request but that for `never` at once with its address, and with the status at its end, if there is one.
#[derive(Debug)]
pub(crate) struct Canned;

#[async_trait]
impl Http for Canned {
    fn now(&self) -> Option<Timestamp> {
        None
    }

    fn wait(&self, host: &str, requests: usize) -> Duration {
        assert_eq!(host, "c.example");
        Duration::from_millis(100) * u32::try_from(requests).unwrap()
    }

    async fn get(&self, ask: &HttpAsk) -> Result<HttpReply, SourceError> {
        assert_eq!(ask.headers, [("Referer".to_owned(), "https://c.example".to_owned())]);
        assert_eq!((ask.max_body, ask.pages, ask.today), (100, 1, today()));
        assert_eq!(ask.reads, [404, 418]);
        let last = ask.url.rsplit('/').next().unwrap();
        if last == "never" {
            std::future::pending::<()>().await;
        }
        let status = last.parse().unwrap_or(200);
        let is_answer = status == 200 || ask.reads.contains(&status);
        Ok(HttpReply {
            status,
            content_type: None,
            charset: None,
            retry_after: None,
            at: Timestamp::from_millisecond(7).unwrap(),
            body: ask.url.clone().into_bytes(),
            refused: (!is_answer).then(|| SourceError::new(ErrorKind::Upstream, "told to fail")),
        })
    }
}

pub(crate) fn today() -> Date {
    date(2024, 6, 28)
}

pub(crate) fn now() -> Timestamp {
    noon(today())
}

/// Noon of a day in China.
pub(crate) fn noon(day: Date) -> Timestamp {
    format!("{day}T04:00:00Z").parse().unwrap()
}

pub(crate) fn context() -> Context {
    Context::new(now(), Duration::from_secs(10))
}

/// A query of a data set.
pub(crate) fn parse(spec: &DatasetSpec, params: &[(&str, &str)]) -> Query {
    let params: Params =
        params.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    spec.parse(&params).unwrap()
}

/// Asks a probe for something; its number and its note.
pub(crate) async fn ask(source: &PluginSource, act: &str) -> Result<(i64, String), SourceError> {
    table(source, act).await.map(|batch| {
        let number = batch.column(0).as_primitive::<Int64Type>().value(0);
        (number, batch.column(1).as_string::<i32>().value(0).to_owned())
    })
}

/// Waits until this number of streams, batches, handles and instances of the C probe is alive. The host releases them on threads of
/// its own, a moment after it has dropped them.
pub(crate) async fn alive(source: &PluginSource, number: i64) {
    let mut is = 0;
    let settled = async {
        while is != number {
            is = ask(source, "alive").await.unwrap().0 / 1000;
            tokio::task::yield_now().await;
        }
    };
    let in_time = tokio::time::timeout(Duration::from_secs(10), settled).await;
    assert!(in_time.is_ok(), "expected {number} to be alive, got {is}");
}

/// Asks a probe for something; the whole table.
pub(crate) async fn table(source: &PluginSource, act: &str) -> Result<RecordBatch, SourceError> {
    source.fetch(&context(), &query(source, act)).await
}

pub(crate) fn query(source: &PluginSource, act: &str) -> Query {
    parse(source.datasets()[0], &[("act", act)])
}
