#![cfg(test)]
//! What the SDK does for an author who writes no unsafe. The plugin is the Rust probe.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use finvista_core::dataset::{Dataset, Keep};
use finvista_core::{Context, DataSource, ErrorKind, Forecast, Progress};
use finvista_datasets::CnStockDaily;
use finvista_loader::LoadError;

use crate::support::{ask, cargo_build, context, now, open, parse, query, rust_probe, table};

#[tokio::test]
async fn a_source_is_what_its_author_wrote() {
    let source = rust_probe(r#"{"note":"configured"}"#);
    let info = source.info();
    assert_eq!((&*info.name, &*info.version, info.offers[0].priority), ("rust_probe", "2.1.0", 7));
    let spec = source.datasets()[0];
    assert_eq!(
        (spec.id, spec.title, &*spec.list_params()[0].doc),
        ("rust_probe", "Whatever is asked", "what to do")
    );
    assert_eq!((spec.columns[1].doc, spec.key, spec.keep), ("A note.", &["number"][..], Keep::For(60)));
    let asked = spec.parse(&[("act".to_owned(), "table".to_owned())].into()).unwrap();

    let batch = source.fetch(&context(), &asked).await.unwrap();
    assert_eq!(batch.schema(), spec.schema());
    let numbers = batch.column(0).as_primitive::<Int64Type>();
    assert_eq!(numbers.value(0), numbers.values().as_ptr() as i64, "a copy was made");
    assert_eq!(batch.column(1).as_string::<i32>().value(999), "configured");
    // It knows the time that it has, when the call began, and whether it is a sweep.
    let cx = Context::new(now(), Duration::from_millis(1_234));
    for (act, cx, number) in [
        ("time", cx.clone(), 1_234),
        ("now", cx.clone(), now().as_millisecond()),
        ("sweep", cx.clone(), 0),
        ("sweep", cx.sweep(), 1),
    ] {
        let told = source.fetch(&cx, &query(&source, act)).await.unwrap();
        assert_eq!(told.column(0).as_primitive::<Int64Type>().value(0), number, "{act}");
    }
    assert_eq!(table(&source, "empty").await.unwrap().num_rows(), 0);
}

#[tokio::test]
async fn every_kind_of_error_crosses() {
    let source = rust_probe("{}");
    for (_, kind) in finvista_plugin::class::CLASSES {
        let error = table(&source, kind.name()).await.unwrap_err();
        assert_eq!((error.kind(), error.message()), (kind, "told to fail"));
        assert_eq!(error.retry_after(), Some(Duration::from_millis(1_500)));
        assert!(error.is_unreachable());
    }
    let other = parse(CnStockDaily::SPEC, &[("symbol", "000001")]);
    assert_eq!(source.fetch(&context(), &other).await.unwrap_err().kind(), ErrorKind::Unsupported);
}

#[tokio::test]
async fn a_source_forecasts_over_there() {
    let source = rust_probe("{}");
    let forecast = |act| source.forecast(&context(), &query(&source, act));
    // It knows the time of the call, and its own wait crosses.
    assert_eq!(forecast("table"), Some(Forecast::new(2, context().time / 10)));
    assert_eq!(forecast("time"), None);
    assert_eq!(forecast("panic"), None, "a panic stays over there");
    table(&source, "table").await.unwrap();
}

#[tokio::test]
async fn a_source_reports_its_progress() {
    let source = rust_probe("{}");
    let reported: Arc<Mutex<Vec<(usize, usize)>>> = Arc::default();
    let seen = Arc::clone(&reported);
    let progress = Progress::new(move |done, known| seen.lock().unwrap().push((done, known)));
    source.fetch(&context().progress(progress), &query(&source, "progress")).await.unwrap();
    assert_eq!(*reported.lock().unwrap(), [(1, 3), (2, 3), (3, 3)]);
}

#[tokio::test]
async fn a_panic_is_an_error_of_the_call() {
    let source = rust_probe("{}");
    for (act, words) in [("panic", "told to panic at once"), ("panic later", "told to panic later")] {
        let error = table(&source, act).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Plugin);
        assert!(error.message().contains(words), "{error}");
        table(&source, "table").await.unwrap();
    }
    let library = cargo_build(&["-p", "finvista-loader", "--example", "rust_probe"]);
    let plugin = finvista_loader::load(&library).unwrap();
    for (config, words) in
        [(r#"{"panic":true}"#, "told to panic"), (r#"{"note":1}"#, "configuration, line 1")]
    {
        let Err(LoadError::Create { error, .. }) = open(plugin, config) else { panic!("{config}") };
        assert!(error.message().contains(words), "{error}");
    }
}

#[tokio::test]
async fn a_call_that_is_given_up_is_dropped_over_there() {
    let source = rust_probe("{}");
    let hang = query(&source, "hang");
    let reaches = async |what: &str, count: i64| {
        let counted = async {
            while ask(&source, what).await.unwrap().0 < count {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), counted).await.unwrap();
    };
    for round in 1..=100 {
        let cx = context();
        let mut call = source.fetch(&cx, &hang);
        assert!(futures_util::poll!(&mut call).is_pending());
        reaches("started", round).await;
        drop(call);
        reaches("dropped", round).await;
    }
    assert_eq!(source.plugin().violations(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cancelling_races_the_end() {
    let source = Arc::new(rust_probe("{}"));
    let table_query = query(&source, "table");
    for round in 0..3_000_u32 {
        let (source, asked) = (Arc::clone(&source), table_query.clone());
        let call =
            tokio::spawn(async move { source.fetch(&context(), &asked).await.map(|batch| batch.num_rows()) });
        for _ in 0..round % 7 {
            tokio::task::yield_now().await;
        }
        call.abort();
        if let Ok(answer) = call.await {
            assert_eq!(answer.unwrap(), 1_000);
        }
    }
    assert_eq!(source.plugin().violations(), 0);
    // Every call that was given up has come back, or the source would not be asked.
    let all = async {
        while table(&source, "table").await.is_err() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), all).await.unwrap();
}

#[tokio::test]
async fn its_log_is_the_hosts() {
    let lines = Lines::default();
    let subscriber =
        tracing_subscriber::fmt().with_writer(lines.clone()).with_ansi(false).without_time().finish();
    let source = rust_probe("{}");
    // The plugin's runtime is another thread, so the subscriber has to be the global one.
    tracing::subscriber::set_global_default(subscriber).unwrap();
    table(&source, "log").await.unwrap();
    table(&source, "panic").await.unwrap_err();
    let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    let line =
        text.lines().find(|line| line.contains("from the plugin rows=3")).unwrap_or_else(|| panic!("{text}"));
    for word in ["WARN finvista::plugin:", "plugin=\"rust_probe\"", "module=\"rust_probe\""] {
        assert!(line.contains(word), "{word}: {line}");
    }
    assert!(text.contains("told to panic at once"), "{text}");
}

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl tracing_subscriber::fmt::MakeWriter<'_> for Lines {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}
