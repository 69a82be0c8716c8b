#![cfg(test)]
//! The same bytes, decoded natively and through the plugin, give identical tables; and the plugin in plain C.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use arrow_array::RecordBatch;
use finvista_core::dataset::Dataset;
use finvista_core::manager::{CallOptions, FailoverConfig, Manager};
use finvista_core::{
    Adjust, Context, DataSource, ErrorKind, Forecast, Query, Registry, SourceError, Table, Vendor,
};
use finvista_datasets::{CnStockDaily, CnStockQuote};
use finvista_http::{HttpClient, HttpConfig, HttpGuest, HttpRates, HttpSource};
use finvista_loader::{Http, HttpNeeds, PluginSource, load};
use finvista_testkit::{Market, Simulator};
use jiff::civil::{Date, date};

use crate::support::{cargo_build, cc, context, noon, now, open, ours, parse, today};

pub(crate) const VENDORS: [(&str, &Vendor); 3] = [
    ("finvista-eastmoney-plugin", &finvista_eastmoney::EASTMONEY),
    ("finvista-sina-plugin", &finvista_sina::SINA),
    ("finvista-tencent-plugin", &finvista_tencent::TENCENT),
];

pub(crate) fn client(config: &HttpConfig) -> Arc<HttpClient> {
    let client = HttpClient::new(config).unwrap();
    client.set_rates(HttpRates { limited: false, ..HttpRates::default() }).unwrap();
    Arc::new(client)
}

pub(crate) fn gateway(simulator: &Simulator) -> Arc<HttpClient> {
    client(&HttpConfig { gateway: Some(simulator.origin()), ..HttpConfig::default() })
}

/// What makes the host's side of the requests of a plugin.
pub(crate) fn guest(client: &Arc<HttpClient>) -> impl FnOnce(&HttpNeeds<'_>) -> Option<Arc<dyn Http>> {
    let client = Arc::clone(client);
    move |needs| Some(Arc::new(HttpGuest::new(client, needs.name, needs.hosts, needs.quota)) as _)
}

pub(crate) fn plugin(package: &str, client: &Arc<HttpClient>) -> PluginSource {
    let source = load(&cargo_build(&["-p", package])).unwrap().open("{}", ours, guest(client)).unwrap();
    // Every data set of a vendor is one that this program has, and fits it.
    assert_eq!((source.datasets().len(), source.dropped()), (0, &[][..]));
    source
}

async fn simulator() -> Simulator {
    Simulator::builder().market(Market::new(7, today())).start().await.unwrap()
}

fn daily(symbol: &str, start: Date, adjust: Adjust) -> Query {
    let (start, adjust) = (start.to_string(), adjust.to_string());
    parse(CnStockDaily::SPEC, &[("symbol", symbol), ("start", &start), ("adjust", &adjust)])
}

fn queries() -> Vec<Query> {
    let mut queries: Vec<Query> = vec![
        daily("605999.SH", date(2024, 6, 3), Adjust::None),
        daily("000001", date(2024, 6, 29), Adjust::None),
    ];
    for symbol in ["000001", "600519", "688981", "300750", "510300", "900901"] {
        for adjust in [Adjust::None, Adjust::Qfq, Adjust::Hfq] {
            // The longer one takes several pages where a vendor has pages.
            queries.push(daily(symbol, date(2024, 6, 3), adjust));
            queries.push(daily(symbol, date(2014, 1, 1), adjust));
        }
    }
    queries.push(parse(CnStockQuote::SPEC, &[("symbols", "000001,600519,688981,300750,605999.SH")]));
    // One of every data set.
    let endpoints = VENDORS.iter().flat_map(|(_, vendor)| vendor.endpoints);
    for query in endpoints.filter_map(|endpoint| endpoint.dataset().example_query()) {
        if !queries.contains(&query) {
            queries.push(query);
        }
    }
    queries
}

#[tokio::test]
async fn a_vendor_and_its_plugin_give_identical_tables() {
    let simulator = simulator().await;
    let client = gateway(&simulator);
    for (package, vendor) in VENDORS {
        let native = HttpSource::new(vendor, Arc::clone(&client));
        let loaded = plugin(package, &client);
        let (own, other) = (native.info(), loaded.info());
        assert_eq!((&own.name, &own.title, &own.version), (&other.name, &other.title, &other.version));
        assert_eq!((&own.failure_domain, &own.offers), (&other.failure_domain, &other.offers));
        for offer in &own.offers {
            assert_eq!(native.capability(&offer.dataset), loaded.capability(&offer.dataset));
        }
        let (mut tables, mut asked) = (0, 0);
        for query in queries() {
            let before = simulator.requests().len();
            let one = native.fetch(&context(), &query).await;
            let between = simulator.requests();
            let two = loaded.fetch(&context(), &query).await;
            let after = simulator.requests();
            // The same requests, in the same order but for pages that are asked for at once.
            let paths = |requests: &[finvista_testkit::Seen]| {
                let mut paths: Vec<String> =
                    requests.iter().map(|seen| format!("{}{}", seen.host, seen.path)).collect();
                paths.sort();
                paths
            };
            assert_eq!(paths(&between[before..]), paths(&after[between.len()..]), "{package}: {query}");
            asked += between.len() - before;
            match (one, two) {
                (Ok(one), Ok(two)) => {
                    assert_eq!(one, two, "{package}: {query}");
                    assert_eq!(one.schema(), two.schema());
                    tables += 1;
                }
                (one, two) => assert_eq!(failure(one), failure(two), "{package}: {query}"),
            }
        }
        assert!(tables >= 15 && asked > tables, "{package}: {tables} tables of {asked} requests");
    }
}

pub(crate) fn failure(result: Result<RecordBatch, SourceError>) -> (ErrorKind, String) {
    let error = result.map(|batch| batch.num_rows()).unwrap_err();
    (error.kind(), error.message().to_owned())
}

/// The plan of a vendor and that of its plugin are the same: the requests, and the wait for limits that both share.
#[tokio::test]
async fn a_vendor_and_its_plugin_have_the_same_plan() {
    let client = Arc::new(HttpClient::new(&HttpConfig::default()).unwrap());
    let symbols: Vec<String> = (600_000..602_000).map(|code| code.to_string()).collect();
    let many = parse(CnStockQuote::SPEC, &[("symbols", &symbols.join(","))]);
    let queries: Vec<Query> = queries().into_iter().chain([many]).collect();
    let mut waits = 0;
    for (package, vendor) in VENDORS {
        let native: Arc<dyn DataSource> = Arc::new(HttpSource::new(vendor, Arc::clone(&client)));
        let loaded: Arc<dyn DataSource> = Arc::new(plugin(package, &client));
        let (mut forecasts, mut requests) = (0, 0);
        for query in &queries {
            let (one, two) = (native.forecast(&context(), query), loaded.forecast(&context(), query));
            assert_eq!(one, two, "{package}: {query}");
            let Some(Forecast { requests: some, wait, .. }) = one else { continue };
            forecasts += 1;
            requests += some;
            waits += usize::from(!wait.is_zero());
        }
        assert!(forecasts > 20 && requests > forecasts, "{package}: {forecasts}, {requests}");
        let plan = |source: &Arc<dyn DataSource>, query: &Query| {
            let mut registry = Registry::of_datasets().unwrap();
            registry.add_source(Arc::clone(source)).unwrap();
            let manager = Manager::new(registry, FailoverConfig::default()).unwrap();
            // Not every vendor has every data set.
            manager.explain(query, &CallOptions::default()).map_err(|e| e.to_string())
        };
        for query in &queries {
            assert_eq!(plan(&native, query), plan(&loaded, query), "{package}: {query}");
        }
    }
    assert!(waits > 0, "no query takes more requests than the burst of a vendor");
}

#[tokio::test]
async fn failures_are_the_same_too() {
    let simulator = simulator().await;
    let client = gateway(&simulator);
    let native = HttpSource::new(&finvista_sina::SINA, Arc::clone(&client));
    let loaded = plugin("finvista-sina-plugin", &client);
    let query = daily("000001", date(2024, 6, 3), Adjust::None);
    for fault in ["status:503", "status:429", "status:403", "html", "empty", "reset", "truncated"] {
        simulator.faults().clear();
        let Ok(rule) = format!("sina={fault}").parse() else { panic!("{fault}") };
        simulator.faults().add(rule);
        let one = native.fetch(&context(), &query).await;
        let two = loaded.fetch(&context(), &query).await;
        assert_eq!(failure(one), failure(two), "{fault}");
    }
}

/// A vendor that hangs: the plugin's call is cut like a built-in vendor's, and the plugin is asked again afterwards.
#[tokio::test]
async fn a_request_ends_with_the_call_that_it_serves() {
    let simulator = simulator().await;
    let loaded = plugin("finvista-sina-plugin", &gateway(&simulator));
    let query = daily("000001", date(2024, 6, 3), Adjust::None);
    simulator.faults().add("sina=hang".parse().unwrap());
    for _ in 0..80 {
        let cx = context();
        let mut call = loaded.fetch(&cx, &query);
        assert!(futures_util::poll!(&mut call).is_pending());
    }
    let cx = Context::new(now(), Duration::from_millis(50));
    assert_eq!(loaded.fetch(&cx, &query).await.unwrap_err().kind(), ErrorKind::Timeout);
    simulator.faults().clear();
    loaded.fetch(&context(), &query).await.unwrap();
    assert_eq!(loaded.plugin().violations(), 0);
}

/// What a plugin asks is recorded, and replayed with the recording's day.
#[tokio::test]
async fn a_plugin_is_recorded_and_replayed() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("recording");
    // What an earlier run left behind, if it ran.
    let _gone = std::fs::remove_dir_all(&folder);
    let query = daily("600519", date(2024, 1, 2), Adjust::Qfq);
    let simulator = simulator().await;
    let record = HttpConfig {
        gateway: Some(simulator.origin()),
        record: Some(folder.clone()),
        ..HttpConfig::default()
    };
    let live = plugin("finvista-tencent-plugin", &client(&record)).fetch(&context(), &query).await.unwrap();
    simulator.stop().await;
    let replay = client(&HttpConfig { replay: Some(folder), ..HttpConfig::default() });
    let later = Context::new(noon(date(2025, 1, 2)), context().time);
    let replayed = plugin("finvista-tencent-plugin", &replay).fetch(&later, &query).await.unwrap();
    assert_eq!(live, replayed);
}

#[tokio::test]
async fn the_plugin_in_plain_c_serves_bars() {
    let source = open(load(&cc("plugins/plain-c/plain.c", "plain", &[])).unwrap(), "{}").unwrap();
    let bars =
        |end: &str| parse(CnStockDaily::SPEC, &[("symbol", "600519"), ("start", "2024-06-01"), ("end", end)]);
    let query = bars("2024-07-31");
    let batch = source.fetch(&context(), &query).await.unwrap();
    // 19 sessions until today, and the table of the data set down to its invariants.
    assert_eq!(batch.num_rows(), 19);
    let batch = CnStockDaily::SPEC.adopt(&CnStockDaily::SPEC.schema(), batch).unwrap();
    let precision = source.capability(&CnStockDaily::SPEC.id()).unwrap().precision;
    CnStockDaily::SPEC.check(query.selection(), &batch, &precision, jiff::Timestamp::now()).unwrap();
    let table = Table::new(batch).typed::<CnStockDaily>().unwrap();
    let first = table.rows().next().unwrap();
    assert_eq!(
        (first.symbol, first.date, first.amount),
        ("600519.SH", date(2024, 6, 3), Some(first.volume as f64 * first.close))
    );
    let weekend = source.fetch(&context(), &bars("2024-06-02")).await.unwrap_err();
    assert_eq!(weekend.kind(), ErrorKind::NoData);
    // It offers a data set of the host's, which a host without that data set cannot take.
    let plugin = source.plugin();
    let stranger = plugin.open("{}", |_| None, |_| None).unwrap();
    assert!(stranger.info().offers.is_empty());
    assert!(
        stranger.dropped()[0].to_string().contains("cn_stock_daily is left out: this program has no such")
    );
}
