#![cfg(test)]
//! A third party's data set of bars: the same vendor linked in and as a plugin, before one manager. Refusals, requests, progress,
//! cache, checks and plans are the same, and those of FinVista's own data sets.

use std::sync::{Arc, Mutex};

use finvista_core::dataset::Dataset;
use finvista_core::manager::{CacheConfig, CallOptions, FailoverConfig, FailureKind as Failed, Manager};
use finvista_core::{DataSource, ErrorKind, Progress, Query, Registry, Table};
use finvista_http::{HttpConfig, HttpSource};
use finvista_loader::{PluginSource, load};
use finvista_testkit::{Answer, Simulator};

use self::native::{HkStockDaily, SERIES_PROBE};
use crate::support::{cargo_build, context, now, parse};
use crate::vendors::{client, guest};

/// The vendor, linked in.
#[path = "../../examples/series_probe.rs"]
#[allow(unreachable_pub, reason = "it is an author's crate of its own")]
mod native;

/// Two halves of a week; of another symbol, a bar that breaks a rule.
async fn server() -> Simulator {
    let answer = |path: &str| match path {
        path if path.contains("/second") => "2024-06-25,10.2,10.6,10,10.4,2000000,20600000\n",
        // The high is below the close.
        path if path.starts_with("/00001.HK/") => "2024-06-24,10,10.5,9.8,11,1000000,10200000\n",
        // The amount of ten times the shares.
        path if path.starts_with("/00002.HK/") => "2024-06-24,10,10.5,9.8,10.2,1000000,102000000\n",
        path => {
            assert!(path.contains("today=2024-06-28"), "{path}");
            "2024-06-24,10,10.5,9.8,10.2,1000000,10200000\n"
        }
    };
    let answer = move |path: &str| match path {
        path if path.starts_with("/09999.HK/") => {
            Answer { status: 404, ..Answer::ok("text/plain", "unknown") }
        }
        path => Answer::ok("text/plain", answer(path)),
    };
    Simulator::builder().answers(move |request| answer(request.path)).start().await.unwrap()
}

fn sources(simulator: &Simulator) -> [(&'static str, Arc<dyn DataSource>); 2] {
    let client = client(&HttpConfig { gateway: Some(simulator.origin()), ..HttpConfig::default() });
    let library = cargo_build(&["-p", "finvista-loader", "--example", "series_probe"]);
    // As in a program that has never heard of the data set.
    let loaded: PluginSource = load(&library).unwrap().open("{}", |_| None, guest(&client)).unwrap();
    assert_eq!((loaded.datasets().len(), loaded.dropped()), (1, &[][..]));
    let native = HttpSource::new(&SERIES_PROBE, client);
    [("native", Arc::new(native)), ("plugin", Arc::new(loaded))]
}

fn query(params: &[(&str, &str)]) -> Query {
    parse(HkStockDaily::SPEC, params)
}

fn manager(source: &Arc<dyn DataSource>) -> Manager {
    let mut registry = Registry::empty();
    registry.add_dataset(HkStockDaily::SPEC).unwrap();
    registry.add_source(Arc::clone(source)).unwrap();
    let manager = Manager::new(registry, FailoverConfig::default()).unwrap();
    manager.with_wall_clock(now).with_cache(CacheConfig::default())
}

/// The definition that the plugin brings reads the same parameters into the same queries, with the same words where it cannot.
#[tokio::test]
async fn the_definition_is_the_same() {
    let library = cargo_build(&["-p", "finvista-loader", "--example", "series_probe"]);
    let loaded = load(&library).unwrap().open("{}", |_| None, |_| None).unwrap();
    let (ours, theirs) = (HkStockDaily::SPEC, loaded.datasets()[0]);
    let read = |spec: &finvista_core::DatasetSpec, params: &[(&str, &str)]| {
        let params = params.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        spec.parse(&params).map(|query| query.to_params()).map_err(|e| e.to_string())
    };
    let good = read(ours, &[("symbol", "700"), ("adjust", "qfq"), ("start", "2024-06-24")]).unwrap();
    assert_eq!(good["symbol"], "00700.HK");
    let cases: [&[(&str, &str)]; 6] = [
        &[("symbol", "700"), ("adjust", "qfq"), ("start", "2024-06-24")],
        &[("symbol", "700"), ("period", "month")],
        &[("symbol", "600519.SH")],
        &[("symbol", "700"), ("start", "2024-06-24"), ("end", "2024-06-21")],
        &[("symbol", "700"), ("depth", "5")],
        &[],
    ];
    for params in cases {
        assert_eq!(read(ours, params), read(theirs, params), "{params:?}");
    }
    assert_eq!(ours.list_params(), theirs.list_params());
    assert_eq!(ours.example_query(), theirs.example_query());
    assert_eq!(ours.schema(), theirs.schema());
}

#[tokio::test]
async fn refusals_are_the_same_and_send_nothing() {
    let simulator = server().await;
    let cases: [(&[(&str, &str)], &str); 4] = [
        (&[("symbol", "000001.OF"), ("start", "2024-06-24")], "000001.OF"),
        (&[("symbol", "700"), ("start", "2024-06-24"), ("adjust", "hfq")], "hfq"),
        (&[("symbol", "700"), ("start", "2024-06-24"), ("period", "week")], "week"),
        (&[("symbol", "700")], "100 bars"),
    ];
    let [(_, native), (_, plugin)] = sources(&simulator);
    for (params, words) in cases {
        let mut messages = Vec::new();
        for source in [&native, &plugin] {
            let query = query(params);
            let error = source.fetch(&context(), &query).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
            let failed = manager(source).fetch(&query, &CallOptions::default()).await.unwrap_err();
            assert_eq!(failed.kind(), Failed::Unsupported, "{failed}");
            messages.push((error.message().to_owned(), failed.to_string()));
        }
        assert_eq!(messages[0], messages[1]);
        assert!(messages[0].0.contains(words), "{messages:?}");
    }
    assert_eq!(simulator.requests().len(), 0);
}

#[tokio::test]
async fn tables_requests_progress_and_plans_are_the_same() {
    let simulator = server().await;
    let query = query(&[("symbol", "700"), ("start", "2024-06-24"), ("adjust", "qfq")]);
    let mut answers = Vec::new();
    for (name, source) in sources(&simulator) {
        let before = simulator.requests().len();
        let reported: Arc<Mutex<Vec<(usize, usize)>>> = Arc::default();
        let seen = Arc::clone(&reported);
        let progress = Progress::new(move |done, known| seen.lock().unwrap().push((done, known)));
        let batch = source.fetch(&context().progress(progress), &query).await.unwrap();
        let paths: Vec<_> = simulator.requests()[before..].iter().map(|seen| seen.path.clone()).collect();
        assert_eq!(*reported.lock().unwrap(), [(1, 1), (2, 2)], "{name}");
        let forecast = source.forecast(&context(), &query).unwrap();
        let explained = manager(&source).explain(&query, &CallOptions::default()).unwrap();
        answers.push((batch, paths, forecast, explained));
    }
    assert_eq!(answers[0], answers[1]);
    let table = Table::new(answers[1].0.clone()).typed::<HkStockDaily>().unwrap();
    let closes: Vec<f64> = table.rows().map(|bar| bar.close).collect();
    assert_eq!((closes, answers[1].2.requests), (vec![10.2, 10.4], 2));
    assert!(answers[1].1[0].starts_with("/00700.HK/qfq/first"));
}

#[tokio::test]
async fn the_cache_and_the_checks_are_the_same() {
    let simulator = server().await;
    for (name, source) in sources(&simulator) {
        let manager = manager(&source);
        let options = CallOptions::default();
        let call = async |params: &[(&str, &str)]| {
            let before = simulator.requests().len();
            let result = manager.fetch(&query(params), &options).await;
            (result, simulator.requests().len() - before)
        };
        let start = ("start", "2024-06-24");
        // The key is what is selected, whatever its spelling.
        assert_eq!(call(&[("symbol", "700"), start]).await.1, 2, "{name}");
        let (again, sent) = call(&[("symbol", "hk00700"), start, ("adjust", "none")]).await;
        assert_eq!((again.unwrap().provenance().cached, sent), (true, 0), "{name}");
        for other in [("adjust", "qfq"), ("end", "2024-06-24")] {
            assert_eq!(call(&[("symbol", "700"), start, other]).await.1, 2, "{name}: {other:?}");
        }
        // A status that the endpoint reads itself.
        let (unknown, sent) = call(&[("symbol", "9999"), start]).await;
        assert_eq!((unknown.unwrap_err().kind(), sent), (Failed::NotFound, 1), "{name}");
        // The declarative checks: prices in order, and the unit of the volume.
        for (symbol, words) in [("1", "high"), ("2", "unit")] {
            let error = call(&[("symbol", symbol), start]).await.0.unwrap_err();
            let text = format!("{error:?}");
            assert!(text.contains("Invalid") && text.contains(words), "{name}: {text}");
        }
    }
}
