#![cfg(test)]
//! Plugins that block where they must not: nothing of the program waits for them. The threads that they keep stay behind when this
//! program ends, which is a part of the test.

use std::sync::Arc;
use std::time::{Duration, Instant};

use finvista_core::manager::{CallOptions, Error, FailoverConfig, Manager};
use finvista_core::{
    Capability, Context, DataSource, DatasetId, DatasetSpec, ErrorKind, Offer, Query, RecordBatch, Registry,
    SourceError, SourceInfo, async_trait,
};
use finvista_loader::{PluginSource, load};

use crate::support::{PROBE, ask, c_probe, cc, context, now, query, table};

/// A second on a machine with nothing else to do; as long as a busy one may take, and less than any of these plugins does.
const SOON: Duration = Duration::from_secs(20);

/// Polls until the watchdog has named this number of breaches.
async fn late(source: &PluginSource, number: u64) {
    let named = async {
        while source.plugin().late() < number {
            table(source, "table").await.unwrap();
        }
    };
    tokio::time::timeout(SOON, named).await.unwrap();
    assert_eq!(source.plugin().late(), number);
}

#[tokio::test]
async fn a_fetch_that_blocks_undeclared_costs_its_call_alone_and_is_named() {
    let source = c_probe("blocks");
    let began = Instant::now();
    for _ in 0..4 {
        let short = Context::new(now(), Duration::from_millis(50));
        let error = source.fetch(&short, &query(&source, "block")).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Timeout);
        assert_eq!(table(&source, "table").await.unwrap().num_rows(), 1);
    }
    assert!(began.elapsed() < SOON, "{:?}", began.elapsed());
    late(&source, 4).await;
    assert_eq!(source.plugin().violations(), 0);
}

#[tokio::test]
async fn an_answer_counts_though_the_function_that_gave_it_blocks() {
    let source = c_probe("answers_and_blocks");
    assert_eq!(ask(&source, "answer_and_block").await.unwrap(), (1, "answered".to_owned()));
    late(&source, 1).await;
}

#[tokio::test]
async fn no_other_function_keeps_a_call_or_a_drop_waiting() {
    let source = c_probe("blocks_elsewhere");
    let began = Instant::now();
    // Dropped in the middle: cancel() blocks.
    let (cx, cancelled) = (context(), query(&source, "block_cancel"));
    let mut call = source.fetch(&cx, &cancelled);
    assert!(futures_util::poll!(&mut call).is_pending());
    crate::support::alive(&source, 2).await;
    drop(call);
    for act in ["block_http", "block_stream"] {
        let short = Context::new(now(), Duration::from_millis(50));
        let error = source.fetch(&short, &query(&source, act)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Timeout, "{act}");
    }
    // A late forecast counts as absent, and after a few of them the plugin is not asked again.
    for _ in 0..20 {
        assert_eq!(source.forecast(&context(), &query(&source, "block")), None);
    }
    assert!(began.elapsed() < SOON, "{:?}", began.elapsed());
    // cancel(), done(), get_next(), and four forecasts.
    late(&source, 7).await;
}

#[test]
fn a_runtime_that_is_dropped_waits_for_no_plugin() {
    let manifest = r#"{"name":"c_probe","version":"1","blocking":true,"datasets":[{"id":"c_probe","priority":0,"shape":"free","params":[{"name":"act"}],"columns":[{"name":"number","type":"int"},{"name":"note","type":"text"}]}]}"#;
    let switch = format!("-DMANIFEST=\"{}\"", manifest.replace('"', "\\\""));
    let plugin = load(&cc(PROBE, "blocks_for_ever", &[&switch])).unwrap();
    let began = Instant::now();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let error = runtime.block_on(async {
        let source = plugin.open("{}", |_| None, |_| None).unwrap();
        let short = Context::new(now(), Duration::from_millis(50));
        source.fetch(&short, &query(&source, "block")).await.unwrap_err()
    });
    drop(runtime);
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert!(began.elapsed() < SOON, "{:?}", began.elapsed());
    // It has declared that it blocks, so it breaks no rule.
    plugin.open("{}", |_| None, |_| None).unwrap();
    assert_eq!(plugin.late(), 0);
}

/// Answers the data set of the probe by copying what the probe said before.
#[derive(Debug)]
struct Other {
    info: SourceInfo,
    capability: Capability,
    batch: RecordBatch,
}

#[async_trait]
impl DataSource for Other {
    fn info(&self) -> &SourceInfo {
        &self.info
    }

    fn capability(&self, dataset: &DatasetId) -> Option<&Capability> {
        self.info.offers.iter().any(|offer| offer.dataset == *dataset).then_some(&self.capability)
    }

    async fn fetch(&self, _: &Context, _: &Query) -> Result<RecordBatch, SourceError> {
        Ok(self.batch.clone())
    }
}

fn manager(sources: Vec<Arc<dyn DataSource>>, spec: &'static DatasetSpec, config: FailoverConfig) -> Manager {
    let mut registry = Registry::empty();
    registry.add_dataset(spec).unwrap();
    sources.into_iter().for_each(|source| registry.add_source(source).unwrap());
    Manager::new(registry, config).unwrap()
}

#[tokio::test]
async fn deadline_and_hedging_work_beside_a_plugin_that_blocks() {
    let source = Arc::new(c_probe("blocks_a_manager"));
    let (spec, blocks) = (source.datasets()[0], query(&source, "block"));
    let batch = table(&source, "table").await.unwrap();
    let began = Instant::now();

    let config = FailoverConfig { deadline: Duration::from_millis(100), ..FailoverConfig::default() };
    let alone = manager(vec![Arc::clone(&source) as _], spec, config);
    for _ in 0..4 {
        let error = alone.fetch(&blocks, &CallOptions::default()).await.unwrap_err();
        assert!(matches!(error, Error::DeadlineExceeded(_) | Error::AllSourcesFailed(_)), "{error:?}");
    }

    let info = SourceInfo {
        name: "other".to_owned(),
        failure_domain: "other".to_owned(),
        offers: vec![Offer { dataset: spec.id(), priority: 9 }],
        ..source.info().clone()
    };
    let other = Other { info, capability: Capability::any(), batch };
    let config = FailoverConfig { hedge_after: Some(Duration::from_millis(20)), ..FailoverConfig::default() };
    let hedged = manager(vec![source, Arc::new(other)], spec, config);
    let answer = hedged.fetch(&blocks, &CallOptions::default()).await.unwrap();
    assert_eq!(answer.provenance().source, "other");
    assert!(began.elapsed() < SOON, "{:?}", began.elapsed());
}
