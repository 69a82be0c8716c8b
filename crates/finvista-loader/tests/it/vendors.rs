#![cfg(test)]
//! The same bytes, decoded natively and through the plugin, give identical tables; and the plugin in plain C.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use arrow_array::RecordBatch;
use finvista_core::dataset::{CnStockDaily, CnStockDailyQuery, CnStockQuoteQuery, Dataset};
use finvista_core::manager::{CallOptions, FailoverConfig, Manager};
use finvista_core::{
    Adjust, Context, DataSource, DateRange, ErrorKind, Forecast, Query, Registry, Symbol, Table, Vendor,
};
use finvista_http::{HttpClient, HttpConfig, HttpGuest, HttpRates, HttpSource};
use finvista_loader::{HttpNeeds, PluginSource, load};
use finvista_testkit::{Market, Simulator};
use jiff::civil::{Date, date};

use crate::support::{cargo_build, cc, context, today};

pub(crate) const VENDORS: [(&str, &Vendor); 3] = [
    ("finvista-eastmoney-plugin", &finvista_eastmoney::EASTMONEY),
    ("finvista-sina-plugin", &finvista_sina::SINA),
    ("finvista-tencent-plugin", &finvista_tencent::TENCENT),
];

fn client(config: &HttpConfig) -> Arc<HttpClient> {
    let client = HttpClient::new(config).unwrap();
    client.set_rates(HttpRates { limited: false, ..HttpRates::default() }).unwrap();
    Arc::new(client)
}

pub(crate) fn gateway(simulator: &Simulator) -> Arc<HttpClient> {
    client(&HttpConfig { gateway: Some(simulator.origin()), ..HttpConfig::default() })
}

pub(crate) fn plugin(package: &str, client: &Arc<HttpClient>) -> PluginSource {
    let client = Arc::clone(client);
    let guest = |needs: &HttpNeeds<'_>| {
        Some(Arc::new(HttpGuest::new(client, needs.name, needs.hosts, needs.quota)) as _)
    };
    load(&cargo_build(&["-p", package])).unwrap().open("{}", guest).unwrap()
}

async fn simulator() -> Simulator {
    Simulator::builder().market(Market::new(7, today())).start().await.unwrap()
}

fn daily(symbol: &str, start: Date, adjust: Adjust) -> Query {
    let range = DateRange::new(Some(start), None).unwrap();
    CnStockDailyQuery::new(Symbol::stock(symbol).unwrap(), range, adjust).unwrap().into()
}

fn queries() -> Vec<Query> {
    let mut queries: Vec<Query> = vec![
        daily("999999.SH", date(2024, 6, 3), Adjust::None),
        daily("000001", date(2024, 6, 29), Adjust::None),
    ];
    for symbol in ["000001", "600519", "688981", "300750", "510300", "900901"] {
        for adjust in [Adjust::None, Adjust::Qfq, Adjust::Hfq] {
            // The longer one takes several pages where a vendor has pages.
            queries.push(daily(symbol, date(2024, 6, 3), adjust));
            queries.push(daily(symbol, date(2014, 1, 1), adjust));
        }
    }
    let symbols = ["000001", "600519", "688981", "300750", "999999.SH"].map(|s| Symbol::stock(s).unwrap());
    queries.push(CnStockQuoteQuery::new(symbols).unwrap().into());
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
                    assert_eq!(one.batch(), two.batch(), "{package}: {query}");
                    assert_eq!(one.schema(), two.schema());
                    tables += 1;
                }
                (one, two) => assert_eq!(told(one), told(two), "{package}: {query}"),
            }
        }
        assert!(tables >= 15 && asked > tables, "{package}: {tables} tables of {asked} requests");
    }
}

pub(crate) fn told(result: Result<Table, finvista_core::SourceError>) -> (ErrorKind, String) {
    let error = result.map(|table| table.num_rows()).unwrap_err();
    (error.kind(), error.message().to_owned())
}

/// What a plan says of a vendor it says of its plugin: the requests, and the wait for limits that both share.
#[tokio::test]
async fn a_vendor_and_its_plugin_have_the_same_plan() {
    let client = Arc::new(HttpClient::new(&HttpConfig::default()).unwrap());
    let symbols = (600_000..602_000).map(|code| Symbol::stock(&code.to_string()).unwrap());
    let many: Query = CnStockQuoteQuery::new(symbols).unwrap().into();
    let queries: Vec<Query> = queries().into_iter().chain([many]).collect();
    let mut waits = 0;
    for (package, vendor) in VENDORS {
        let native: Arc<dyn DataSource> = Arc::new(HttpSource::new(vendor, Arc::clone(&client)));
        let loaded: Arc<dyn DataSource> = Arc::new(plugin(package, &client));
        let (mut forecasts, mut requests) = (0, 0);
        for query in &queries {
            let (one, two) = (native.forecast(&context(), query), loaded.forecast(&context(), query));
            assert_eq!(one, two, "{package}: {query}");
            let Some(Forecast { requests: some, wait }) = one else { continue };
            forecasts += 1;
            requests += some;
            waits += usize::from(!wait.is_zero());
        }
        assert!(forecasts > 20 && requests > forecasts, "{package}: {forecasts}, {requests}");
        let plan = |source: &Arc<dyn DataSource>, query: &Query| {
            let mut registry = Registry::default();
            registry.add_source(Arc::clone(source)).unwrap();
            let manager = Manager::new(registry, FailoverConfig::default()).unwrap();
            manager.explain(query, &CallOptions::default()).unwrap()
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
        assert_eq!(told(one), told(two), "{fault}");
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
    let cx = Context::new(today(), Duration::from_millis(50));
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
    let later = Context::new(date(2025, 1, 2), context().time);
    let replayed = plugin("finvista-tencent-plugin", &replay).fetch(&later, &query).await.unwrap();
    assert_eq!(live.batch(), replayed.batch());
}

#[tokio::test]
async fn the_plugin_in_plain_c_serves_bars() {
    let source = load(&cc("plugins/plain-c/plain.c", "plain", &[])).unwrap().open("{}", |_| None).unwrap();
    let query = daily("600519", date(2024, 6, 1), Adjust::None);
    let batch: RecordBatch = source.fetch(&context(), &query).await.unwrap().into_batch();
    // 20 weekdays, and the table of the data set down to its invariants.
    assert_eq!(batch.num_rows(), 20);
    let batch = CnStockDaily::SPEC.adopt(&CnStockDaily::SPEC.schema(), batch).unwrap();
    let precision = *source.capability(&CnStockDaily::SPEC.id()).unwrap().get_precision();
    (CnStockDaily::SPEC.check)(&query, &batch, &precision).unwrap();
    let rows: Vec<_> = Table::new(batch.clone())
        .rows::<CnStockDaily>()
        .unwrap()
        .map(|row| (row.symbol.to_owned(), row.date, row.amount))
        .collect();
    assert_eq!(rows[0], ("600519.SH".to_owned(), date(2024, 6, 3), None));
    let weekend = DateRange::new(Some(date(2024, 6, 1)), Some(date(2024, 6, 2))).unwrap();
    let weekend = CnStockDailyQuery::new(Symbol::stock("600519").unwrap(), weekend, Adjust::None).unwrap();
    assert_eq!(source.fetch(&context(), &weekend.into()).await.unwrap_err().kind(), ErrorKind::NoData);
}
