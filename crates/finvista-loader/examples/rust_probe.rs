//! A plugin for the tests: a source of its own that does what it is asked to. It is written as any author would write one.

#![allow(clippy::panic, reason = "it panics where a test asks it to")]

use std::sync::atomic::{AtomicI64, Ordering};

use finvista_core::dataset::{Dataset, DatasetSpec, Int, ParamSpec, Text, Texts};
use finvista_core::{
    Capability, Context, CustomQuery, DataSource, DatasetId, ErrorKind, Forecast, InvalidInput, Offer,
    Params, Precision, Query, RecordBatch, SourceError, SourceInfo, Symbol, Table, async_trait,
};
use finvista_plugin::Config;

finvista_core::columns! {
    "rust_probe",
    /// One row.
    pub struct Row => Columns, Views {
        /// A number, or the address of the first number.
        number: Int, "";
        /// A note.
        note: Text, "";
    }
}

/// The data set.
#[derive(Debug)]
pub struct Probe;

impl Dataset for Probe {
    type Query = CustomQuery;
    type Builder = Columns;
    type Row<'a> = Row<'a>;
    type Views<'a> = Views<'a>;

    const SPEC: &'static DatasetSpec = &DatasetSpec {
        id: "rust_probe",
        title: "Whatever is asked",
        params: &[ParamSpec { name: "act", required: true, doc: "what to do" }],
        columns: Columns::SPEC,
        parse,
        ttl: |_, _| std::time::Duration::from_secs(60),
        check,
    };

    fn query(query: &Query) -> Option<&CustomQuery> {
        match query {
            Query::Custom(query) => Some(query),
            _ => None,
        }
    }

    fn builder(_: &CustomQuery) -> Columns {
        Columns::default()
    }

    fn finish(columns: Columns) -> Result<RecordBatch, SourceError> {
        columns.finish()
    }
}

fn parse(params: &Params) -> Result<Query, InvalidInput> {
    Ok(Query::custom(Probe::SPEC.id(), params.clone()))
}

fn check(_: &Query, _: &RecordBatch, _: &Precision) -> Result<Vec<Symbol>, SourceError> {
    Ok(Vec::new())
}

/// How many calls hang, or did, and how many of them were dropped.
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

    fn rows(&self, numbers: Vec<i64>) -> Result<Table, SourceError> {
        let note = Texts::repeated(self.note.as_str(), numbers.len());
        Columns { number: numbers, note }.finish().map(Table::new)
    }
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
        match Probe::query(query)?.params.get("act")?.as_str() {
            "table" => Some(Forecast { requests: 2, wait: cx.time / 10 }),
            "panic" => panic!("told to panic in a forecast"),
            _ => None,
        }
    }

    async fn fetch(&self, cx: &Context, query: &Query) -> Result<Table, SourceError> {
        let act = Probe::query(query).and_then(|query| query.params.get("act")).map_or("", String::as_str);
        match act {
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

finvista_plugin::export_source!(Source::new, datasets: [Probe::SPEC]);
