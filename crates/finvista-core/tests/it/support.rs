//! Data sets of a third party, and sources that follow a script.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

use finvista_core::dataset::{
    Bar, BarSink, Bars, Build, Check, Dataset, Date32, Float, Int, Keep, Label, Optional, Pace, Rows, Text,
};
use finvista_core::manager::{CallOptions, FailoverConfig, Manager};
use finvista_core::{
    Board, Boards, Capability, Context, DataSource, DatasetSpec, Forecast, HK_STOCKS, Listing, Offer, Params,
    Period, Query, RecordBatch, Registry, Scope, Series, Snapshot, SourceError, SourceInfo, columns, dataset,
};
use jiff::Timestamp;
use jiff::civil::Date;

columns! {
    "hk_daily", bars,
    /// A trading day of a Hong Kong share.
    pub(crate) struct HkBar => HkColumns, HkViews {
        /// The share.
        symbol: Label, "";
        /// The trading day.
        date: Date32, "";
        ..bar;
        ..change;
    }
}

dataset! {
    /// Daily bars of a Hong Kong share.
    pub(crate) HkDaily = "hk_daily", "Daily bars of a Hong Kong share";
    selects Series with Ranged, Adjustable, Periodic;
    rows HkBar, HkColumns, HkViews built by Bars<HkColumns>;
    key [symbol, date];
    spec.universe(&HK_STOCKS)
        .periods(&[Period::Day, Period::Week])
        .keep(Keep::Days { past: 3_600, now: 60 })
        .checks(&[
            Check::Requested("symbol"),
            Check::Key,
            Check::Within("date"),
            Check::Ohlc,
            Check::UnitProof,
        ])
        .example(&[("symbol", "700")])
}

columns! {
    "hk_lots",
    /// The lot of a share.
    pub(crate) struct Lot => LotColumns, LotViews {
        /// The share.
        symbol: Text, "";
        /// The shares of a lot.
        size: Int, "shares";
        /// The value of a lot.
        value: Optional<Float>, "HKD";
    }
}

dataset! {
    /// The lots of shares.
    pub(crate) HkLots = "hk_lots", "Lots of Hong Kong shares";
    selects Snapshot;
    rows Lot, LotColumns, LotViews built by Rows<LotColumns, Snapshot>;
    key [symbol];
    spec.universe(&HK_STOCKS).keep(Keep::For(10)).checks(&[Check::Requested("symbol"), Check::Key])
}

pub(crate) const MAIN: Scope =
    Scope { name: "main", title: "the main board", boards: Boards::of(&[Board::HongKong]) };
pub(crate) const GEM: Scope = Scope { name: "gem", title: "GEM", boards: Boards::of(&[Board::HongKong]) };

columns! {
    "hk_list",
    /// A listing.
    pub(crate) struct Listed => ListColumns, ListViews {
        /// The share.
        symbol: Text, "";
        /// Its rank.
        rank: Int, "";
    }
}

dataset! {
    /// All shares, a sweep.
    pub(crate) HkList = "hk_list", "Hong Kong shares";
    selects Listing with Scoped, Dated;
    rows Listed, ListColumns, ListViews built by Rows<ListColumns, Listing>;
    key [symbol];
    spec.universe(&HK_STOCKS)
        .scopes(&[MAIN, GEM])
        .pace(Pace::Sweep { attempt: 120, call: 360 })
        .checks(&[Check::Key, Check::AtLeast("rank", 1.0)])
}

/// 16:00 in China on 28 June 2024.
pub(crate) fn wall() -> Timestamp {
    Timestamp::constant(1_719_561_600, 0)
}

pub(crate) fn params(pairs: &[(&str, &str)]) -> Params {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

pub(crate) fn query(spec: &DatasetSpec, pairs: &[(&str, &str)]) -> Query {
    spec.parse(&params(pairs)).unwrap()
}

/// A query for daily bars of Tencent.
pub(crate) fn bars_query(pairs: &[(&str, &str)]) -> Query {
    query(HkDaily::SPEC, &[&[("symbol", "700")], pairs].concat())
}

pub(crate) fn bar(day: Date, close: f64) -> Bar {
    let bar = Bar::new(day, close, close + 1.0, close - 1.0, close, 100);
    Bar { amount: Some(close * 100.0), ..bar }
}

/// The table of these days, as an endpoint would build it for the query.
pub(crate) fn bars(query: &Query, days: &[(Date, f64)]) -> RecordBatch {
    let series = <Series as finvista_core::Shape>::of(query.selection()).unwrap();
    let mut builder = <HkDaily as Dataset>::Builder::new(series, wall());
    days.iter().for_each(|&(day, close)| builder.bar(bar(day, close)));
    builder.finish().unwrap()
}

/// The table of these listings.
pub(crate) fn list(symbols: &[&str]) -> RecordBatch {
    let mut builder = Rows::<ListColumns, Listing>::new(&Listing::new(&HkList::SPEC.rules), wall());
    for (symbol, rank) in symbols.iter().zip(1..) {
        builder.push(Listed { symbol, rank });
    }
    builder.finish().unwrap()
}

type Script = Box<dyn Fn(&Context, &Query) -> (u64, Result<RecordBatch, SourceError>) + Send + Sync>;

/// A source that answers after seconds of tokio's clock, as its script says.
pub(crate) struct Scripted {
    info: SourceInfo,
    capability: Capability,
    script: Script,
    forecast: Option<Forecast>,
    asked: AtomicUsize,
}

impl Scripted {
    /// A source of this data set.
    pub(crate) fn new(
        name: &str,
        spec: &DatasetSpec,
        script: impl Fn(&Context, &Query) -> (u64, Result<RecordBatch, SourceError>) + Send + Sync + 'static,
    ) -> Self {
        let info = SourceInfo {
            name: name.to_owned(),
            title: name.to_owned(),
            version: "1".to_owned(),
            origin: "custom".to_owned(),
            failure_domain: name.to_owned(),
            offers: vec![Offer { dataset: spec.id(), priority: 0 }],
        };
        let (capability, asked) = (Capability::any(), AtomicUsize::new(0));
        Self { info, capability, script: Box::new(script), forecast: None, asked }
    }

    pub(crate) fn capability(mut self, capability: Capability) -> Self {
        self.capability = capability;
        self
    }

    pub(crate) fn forecast(mut self, forecast: Forecast) -> Self {
        self.forecast = Some(forecast);
        self
    }

    /// How often it was asked.
    pub(crate) fn asked(&self) -> usize {
        self.asked.load(SeqCst)
    }
}

impl fmt::Debug for Scripted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Scripted").field(&self.info.name).finish()
    }
}

#[finvista_core::async_trait]
impl DataSource for Scripted {
    fn info(&self) -> &SourceInfo {
        &self.info
    }

    fn capability(&self, dataset: &finvista_core::DatasetId) -> Option<&Capability> {
        self.info.offers.iter().any(|offer| offer.dataset == *dataset).then_some(&self.capability)
    }

    async fn fetch(&self, cx: &Context, query: &Query) -> Result<RecordBatch, SourceError> {
        self.asked.fetch_add(1, SeqCst);
        let (seconds, answer) = (self.script)(cx, query);
        if seconds > 0 {
            tokio::time::sleep(Duration::from_secs(seconds)).await;
        }
        answer
    }

    fn forecast(&self, _: &Context, _: &Query) -> Option<Forecast> {
        self.forecast
    }
}

/// A manager over these sources, in this order, at a fixed time of day.
pub(crate) fn manager(sources: &[Arc<Scripted>]) -> Manager {
    manager_with(sources, FailoverConfig::default())
}

pub(crate) fn manager_with(sources: &[Arc<Scripted>], config: FailoverConfig) -> Manager {
    let mut registry = Registry::of_datasets().unwrap();
    for source in sources {
        registry.add_source(Arc::clone(source) as _).unwrap();
    }
    Manager::new(registry, config).unwrap().with_wall_clock(wall)
}

pub(crate) fn options() -> CallOptions {
    CallOptions::default()
}

pub(crate) const SECOND: Duration = Duration::from_secs(1);
