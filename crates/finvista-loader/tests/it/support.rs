#![cfg(test)]
//! Building plugins, and asking them.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use finvista_core::{Context, DataSource, DatasetId, Query, RecordBatch, SourceError, async_trait};
use finvista_http::{HttpAsk, HttpReply};
use finvista_loader::{Http, PluginSource, load};
use jiff::civil::{Date, date};

/// Builds what cargo knows, into the folder that this test was built into, and gives the shared library. Where another build's
/// folder is named, such as that of `cargo xtask next-arrow`, it is taken from there, as it is.
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
    load(&cc(PROBE, name, &[])).unwrap().open("{}", |_| Some(Arc::new(Canned))).unwrap()
}

/// The Rust probe. Its variables are shared by all tests.
pub(crate) fn rust_probe(config: &str) -> PluginSource {
    let library = cargo_build(&["-p", "finvista-loader", "--example", "rust_probe"]);
    load(&library).unwrap().open(config, |_| None).unwrap()
}

/// Answers every request at once: with its path, as the status 418 where the path says so.
#[derive(Debug)]
pub(crate) struct Canned;

#[async_trait]
impl Http for Canned {
    fn today(&self) -> Option<Date> {
        None
    }

    fn wait(&self, host: &str, requests: usize) -> Duration {
        assert_eq!(host, "c.example");
        Duration::from_millis(100) * u32::try_from(requests).unwrap()
    }

    async fn get(&self, ask: &HttpAsk) -> Result<HttpReply, SourceError> {
        assert_eq!(ask.headers, [("Referer".to_owned(), "https://c.example".to_owned())]);
        assert_eq!((ask.max_body, ask.pages, ask.today), (100, 1, today()));
        Ok(HttpReply {
            status: 200,
            content_type: None,
            charset: None,
            retry_after: None,
            body: ask.url.clone().into_bytes(),
            refused: None,
        })
    }
}

pub(crate) fn today() -> Date {
    date(2024, 6, 28)
}

pub(crate) fn context() -> Context {
    Context::new(today(), Duration::from_secs(10))
}

/// Asks a probe for something; its number and its note.
pub(crate) async fn ask(source: &PluginSource, act: &str) -> Result<(i64, String), SourceError> {
    table(source, act).await.map(|batch| {
        let number = batch.column(0).as_primitive::<Int64Type>().value(0);
        (number, batch.column(1).as_string::<i32>().value(0).to_owned())
    })
}

/// Asks a probe for something; the whole table.
pub(crate) async fn table(source: &PluginSource, act: &str) -> Result<RecordBatch, SourceError> {
    source.fetch(&context(), &query(source, act)).await.map(finvista_core::Table::into_batch)
}

pub(crate) fn query(source: &PluginSource, act: &str) -> Query {
    let dataset: DatasetId = source.info().offers[0].dataset.clone();
    Query::custom(dataset, [("act", act)])
}
