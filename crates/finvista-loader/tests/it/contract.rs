#![cfg(test)]
//! What the host does when a plugin keeps its contract, and when it breaks it. The plugin is the C probe.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use finvista_core::manager::{CacheConfig, CallOptions, FailoverConfig, Manager};
use finvista_core::{Context, DataSource, ErrorKind, Forecast, Progress, Registry};

use crate::support::{alive, ask, c_probe, context, now, query, table};

#[tokio::test]
async fn a_table_crosses_without_a_copy() {
    let source = c_probe("copy");
    let batch = table(&source, "table").await.unwrap();
    let numbers = batch.column(0).as_primitive::<Int64Type>();
    assert_eq!(numbers.value(0), numbers.values().as_ptr() as i64);
    assert_eq!(batch.column(1).as_string::<i32>().value(0), "table");
}

#[tokio::test]
async fn a_data_set_of_its_own_is_cached_like_any_other() {
    let source = c_probe("cached");
    let query = query(&source, "table");
    let mut registry = Registry::empty();
    source.datasets().iter().for_each(|spec| registry.add_dataset(spec).unwrap());
    registry.add_source(Arc::new(source)).unwrap();
    let manager = Manager::new(registry, FailoverConfig::default()).unwrap();
    let manager = manager.with_cache(CacheConfig::default());
    let first = manager.fetch(&query, &CallOptions::default()).await.unwrap();
    let again = manager.fetch(&query, &CallOptions::default()).await.unwrap();
    assert_eq!((first.provenance().cached, again.provenance().cached), (false, true));
    assert_eq!(first.batch(), again.batch());
}

#[tokio::test]
async fn several_batches_are_put_together_and_none_is_empty() {
    let source = c_probe("batches");
    let batch = table(&source, "batches").await.unwrap();
    assert_eq!(batch.column(0).as_primitive::<Int64Type>().values(), &[7, 7, 7]);
    assert!(batch.column(1).as_string::<i32>().iter().all(|note| note == Some("part")));
    assert_eq!(table(&source, "none").await.unwrap().num_rows(), 0);
}

#[tokio::test]
async fn what_is_no_table_is_the_plugins_failure() {
    let source = c_probe("broken");
    for (act, words) in [
        ("no_format", "column 1: expected a format, got null"),
        ("negative_fields", "children of the schema, got -1"),
        ("null_children", "expected 2 children of the array, got null"),
        ("null_child", "child 1 of the array is null"),
        ("null_buffers", "column 1: expected 2 buffers, got null"),
        ("null_values", "column 1: expected a buffer for 1 values, got null"),
        ("null_text", "column 2: expected 5 bytes of text, got null"),
        ("length", "column 1: expected a length and an offset of at most 2147483647, got -1 and 0"),
        ("rows", "column 1: expected 2 values, got 1"),
        ("offset", "got 1 and -1"),
        ("nulls", "column 1: expected a validity buffer for 1 nulls, got null"),
        ("n_buffers", "column 1: expected 2 buffers, got 3"),
        ("n_children", "children of the array, got -1"),
        ("huge", "expected at most 1000 children of the array, got 9223372036854775807"),
        ("utf8", "UTF8"),
        ("offsets", "offset"),
        ("no_struct", "stream"),
        ("format", "no format"),
        ("stream_error", "the stream broke"),
        ("neither", "an error or a table"),
        ("unknown", "unknown class 99: as planned"),
    ] {
        let error = table(&source, act).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Plugin, "{act}: {error}");
        assert!(error.message().to_lowercase().contains(&words.to_lowercase()), "{act}: {error}");
    }
    let error = table(&source, "unknown").await.unwrap_err();
    assert_eq!(error.retry_after(), Some(Duration::from_millis(1_500)));
    // Nothing of all that was left behind but the instance.
    drop(table(&source, "table").await);
    alive(&source, 1).await;
}

#[tokio::test]
async fn a_second_end_of_a_call_is_noticed_and_dropped() {
    let source = c_probe("ends_twice");
    assert_eq!(ask(&source, "twice").await.unwrap(), (1, "first".to_owned()));
    assert_eq!(source.plugin().violations(), 1);
    alive(&source, 1).await;
}

#[tokio::test]
async fn a_plugin_that_never_ends_a_call_costs_its_time_and_no_more() {
    let source = c_probe("never");
    let short = Context::new(now(), Duration::from_millis(50));
    let error = source.fetch(&short, &query(&source, "never")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    // The end comes after all. It is dropped, is not a violation, and does not confuse the next call.
    assert_eq!(ask(&source, "late").await.unwrap(), (1, "in time".to_owned()));
    assert_eq!(source.plugin().violations(), 0);
    // Now it has been ended twice.
    assert_eq!(ask(&source, "late").await.unwrap().1, "in time");
    assert_eq!(source.plugin().violations(), 1);
    alive(&source, 1).await;
}

#[tokio::test]
async fn a_plugin_that_hangs_for_ever_is_left_alone() {
    let source = c_probe("hangs");
    let hang = query(&source, "never");
    for calls in 1..=64 {
        let cx = context();
        let mut call = source.fetch(&cx, &hang);
        assert!(futures_util::poll!(&mut call).is_pending());
        // Dropped once it was asked: the instance and the handle of this call are alive.
        alive(&source, 2).await;
        drop(call);
        if calls < 64 {
            alive(&source, 1).await;
        }
    }
    let error = table(&source, "table").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Plugin);
    assert!(error.message().contains("it hangs"), "{error}");
    // One that comes back makes room.
    drop(source);
}

#[tokio::test]
async fn a_plugin_that_panics_again_and_again_is_not_asked_again() {
    let source = c_probe("panics");
    for _ in 0..4 {
        assert_eq!(table(&source, "panic").await.unwrap_err().message(), "as planned");
    }
    // An answer in between begins the count anew.
    table(&source, "table").await.unwrap();
    for _ in 0..5 {
        assert_eq!(table(&source, "panic").await.unwrap_err().message(), "as planned");
    }
    let error = table(&source, "table").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Plugin);
    assert!(error.message().contains("5 times in a row"), "{error}");
}

#[tokio::test]
async fn a_request_is_sent_by_the_host_and_ends_with_its_call() {
    let source = c_probe("http");
    // The status, and the instant of the answer in thousands.
    assert_eq!(ask(&source, "http").await.unwrap(), (7_200, "https://c.example/x".to_owned()));
    // A status that the plugin reads itself is an answer; any other is an error that is ready to be handed on.
    assert_eq!(ask(&source, "http_418").await.unwrap(), (7_418, "https://c.example/418".to_owned()));
    assert_eq!(ask(&source, "http_503").await.unwrap_err().message(), "told to fail");
    // Cancelled, and cancelled again: one answer.
    let error = table(&source, "http_cancel").await.unwrap_err();
    assert!(error.message().contains("the call is over"), "{error}");
    assert_eq!(ask(&source, "alive").await.unwrap().0 % 1000, 1);
    // A request for a call that is over is not sent.
    let cx = context();
    let hang = query(&source, "never");
    let mut call = source.fetch(&cx, &hang);
    assert!(futures_util::poll!(&mut call).is_pending());
    alive(&source, 2).await;
    drop(call);
    ask(&source, "late").await.unwrap();
    ask(&source, "http_late").await.unwrap();
    alive(&source, 1).await;
    assert_eq!(ask(&source, "alive").await.unwrap().0 % 1000, 2);
}

#[tokio::test]
async fn a_call_has_so_many_requests_and_no_more() {
    let source = c_probe("many");
    assert_eq!(ask(&source, "many").await.unwrap(), (2, "refused".to_owned()));
    // Each of the others has heard of its end, whether it was sent or came too late.
    let all = async {
        while ask(&source, "alive").await.unwrap().0 != 1_200 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), all).await.unwrap();
}

#[tokio::test]
async fn a_blocking_plugin_is_called_on_a_thread_that_may_wait() {
    let manifest =
        r#"{"name":"c_probe","version":"1","blocking":true,"datasets":[{"id":"c_probe","priority":0,"shape":"free",
        "params":[{"name":"act"}],"columns":[{"name":"number","type":"int"},{"name":"note","type":"text"}]}]}"#
            .replace('\n', "");
    let switch = format!("-DMANIFEST=\"{}\"", manifest.replace('"', "\\\""));
    let library = crate::support::cc(crate::support::PROBE, "blocking", &[&switch]);
    let source = finvista_loader::load(&library).unwrap().open("{}", |_| None, |_| None).unwrap();
    assert_eq!(ask(&source, "table").await.unwrap().1, "table");
    // Given up before its thread is there: it is never called, or it is and its end is dropped.
    let cx = context();
    let query = query(&source, "table");
    let mut call = source.fetch(&cx, &query);
    let _either = futures_util::poll!(&mut call);
    drop(call);
    assert_eq!(source.plugin().violations(), 0);
}

#[tokio::test]
async fn a_forecast_is_what_the_plugin_tells_and_the_wait_for_our_limits() {
    let source = c_probe("forecast");
    let forecast = |act| source.forecast(&context(), &query(&source, act));
    // 1.5 s of its own, and 0.1 s of ours for each request.
    assert_eq!(forecast("table"), Some(Forecast::new(3, Duration::from_millis(1_800))));
    assert_eq!(forecast("none"), None, "it says that it does not know");
    assert_eq!(forecast("http"), None, "it names a host that is not in its manifest");
    let library = crate::support::cc(crate::support::PROBE, "no_forecast", &["-DNO_FORECAST"]);
    let silent = finvista_loader::load(&library).unwrap().open("{}", |_| None, |_| None).unwrap();
    assert_eq!(silent.forecast(&context(), &query(&silent, "table")), None);
    table(&silent, "table").await.unwrap();
}

#[tokio::test]
async fn progress_is_reported_to_the_caller_and_a_sweep_is_marked() {
    let source = c_probe("progress");
    let reported: Arc<Mutex<Vec<(usize, usize)>>> = Arc::default();
    let seen = Arc::clone(&reported);
    let progress = Progress::new(move |done, known| seen.lock().unwrap().push((done, known)));
    for (cx, flag) in [(context(), 0), (context().sweep(), 1)] {
        reported.lock().unwrap().clear();
        let cx = cx.progress(progress.clone());
        let batch = source.fetch(&cx, &query(&source, "progress")).await.unwrap();
        // It reports the address of the number where that is 0.
        let number = batch.column(0).as_primitive::<Int64Type>().value(0);
        assert_eq!(number == 1, flag == 1);
        assert_eq!(*reported.lock().unwrap(), [(1, 2), (2, 2)]);
    }
}
