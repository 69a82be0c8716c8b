//! A plugin for the tests: a source of its own that does what it is asked to. It is written as an author would write one.

#![allow(clippy::panic, reason = "it panics where a test asks it to")]

use std::sync::atomic::{AtomicI64, Ordering};

use finvista_core::dataset::{Columns as _, Dataset, Int, Keep, Rows, Text, Texts};
use finvista_core::{
    Capability, Context, DataSource, DatasetId, ErrorKind, Forecast, Free, Offer, ParamSpec, Query,
    RecordBatch, Selection, SourceError, SourceInfo, async_trait, columns, dataset,
};
use finvista_plugin::Config;

columns! {
    "rust_probe",
    /// One row.
    pub struct Row => Columns, Views {
        /// A number, or the address of the first number.
        number: Int, "";
        /// A note.
        note: Text, "";
    }
}

static PARAMS: [ParamSpec; 1] = [ParamSpec::required("act", "what to do")];

dataset! {
    /// The data set.
    pub Probe = "rust_probe", "Whatever is asked";
    selects Free;
    rows Row, Columns, Views built by Rows<Columns, Free>;
    key [number];
    spec.params(&PARAMS).keep(Keep::For(60))
}

/// The number of calls that hang, or did, and the number of them that were dropped.
static STARTED: AtomicI64 = AtomicI64::new(0);
static DROPPED: AtomicI64 = AtomicI64::new(0);

struct CountDrop;

impl Drop for CountDrop {
    fn drop(&mut self) {
        DROPPED.fetch_add(1, Ordering::SeqCst);
    }
}

#[derive(Debug)]
struct Source {
    info: SourceInfo,
    capability: Capability,
    note: String,
}

#[derive(serde::Deserialize)]
struct Settings {
    #[serde(default)]
    note: String,
    #[serde(default)]
    panic: bool,
}

impl Source {
    fn new(config: &Config) -> Result<Self, SourceError> {
        let Settings { note, panic } = config.read()?;
        assert!(!panic, "told to panic");
        let info = SourceInfo {
            name: "rust_probe".to_owned(),
            title: "A probe in Rust".to_owned(),
            version: "2.1.0".to_owned(),
            origin: String::new(),
            failure_domain: "rust_probe".to_owned(),
            offers: vec![Offer { dataset: Probe::SPEC.id(), priority: 7 }],
        };
        Ok(Self { info, capability: Capability::any(), note })
    }

    fn rows(&self, numbers: Vec<i64>) -> Result<RecordBatch, SourceError> {
        let note = Texts::repeated(self.note.as_str(), numbers.len());
        Columns { number: numbers, note }.finish()
    }
}

/// What a query tells the probe to do.
fn act(query: &Query) -> &str {
    let Selection::Free(free) = query.selection() else { return "" };
    free.params.get("act").map_or("", String::as_str)
}

#[async_trait]
impl DataSource for Source {
    fn info(&self) -> &SourceInfo {
        &self.info
    }

    fn capability(&self, dataset: &DatasetId) -> Option<&Capability> {
        (*dataset == Probe::SPEC.id()).then_some(&self.capability)
    }

    fn forecast(&self, cx: &Context, query: &Query) -> Option<Forecast> {
        match act(query) {
            "table" => Some(Forecast::new(2, cx.time / 10)),
            "panic" => panic!("told to panic in a forecast"),
            _ => None,
        }
    }

    async fn fetch(&self, cx: &Context, query: &Query) -> Result<RecordBatch, SourceError> {
        match act(query) {
            "table" => {
                // Its first number is where it lies.
                let mut numbers: Vec<i64> = vec![0; 1_000];
                let address = numbers.as_ptr() as i64;
                if let Some(first) = numbers.first_mut() {
                    *first = address;
                }
                self.rows(numbers)
            }
            "time" => self.rows(vec![i64::try_from(cx.time.as_millis()).unwrap_or(-1)]),
            "now" => self.rows(vec![cx.now.as_millisecond()]),
            "sweep" => self.rows(vec![i64::from(cx.sweep)]),
            "progress" => {
                for done in 1..=3 {
                    cx.report(done, 3);
                }
                self.rows(vec![1])
            }
            "panic" => panic!("told to panic at once"),
            "panic later" => {
                tokio::task::yield_now().await;
                panic!("told to panic later")
            }
            "hang" => {
                let _count = CountDrop;
                STARTED.fetch_add(1, Ordering::SeqCst);
                std::future::pending().await
            }
            "started" => self.rows(vec![STARTED.load(Ordering::SeqCst)]),
            "dropped" => self.rows(vec![DROPPED.load(Ordering::SeqCst)]),
            "log" => {
                tracing::warn!(rows = 3, "from the plugin");
                self.rows(vec![1])
            }
            "empty" => self.rows(Vec::new()),
            kind => Err(SourceError::new(
                serde_json::from_value(kind.into()).unwrap_or(ErrorKind::InvalidInput),
                "told to fail",
            )
            .with_unreachable()
            .with_retry_after(std::time::Duration::from_millis(1_500))),
        }
    }
}

finvista_plugin::export_source!(Source::new);
