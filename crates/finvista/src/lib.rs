#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

#[cfg(feature = "blocking")]
pub mod blocking;
mod builder;
mod call;
mod calls;
mod client;
mod day;
mod many;
mod period;
#[cfg(feature = "plugins")]
mod plugins;
mod polls;
mod priority;
mod refine;
mod selection;
mod settings;
mod turn;

pub use builder::Builder;
pub use call::Call;
pub use client::{Async, Client, Config, FinVista, SourceStatus};
pub use day::IntoDay;
pub use many::Many;
pub use period::IntoPeriod;
pub use polls::Polls;
pub use selection::{IntoSelection, IntoSymbol};
pub use settings::{KEYS, Key, PluginSettings, Settings};

pub use finvista_core::manager::{
    AllSourcesFailed, CacheConfig, Cached, CallOptions, DeadlineExceeded, DeadlinePolicy, Error, Event,
    EventKind, Events, FailoverConfig, FailureKind, Health, ManyPlan, NotFound, Plan, Planned, Report, Share,
    SourceHealth, Status,
};
pub use finvista_core::{
    Adjust, Attempt, Board, Boards, Capability, ConfigError, Currency, DatasetId, DatasetSpec, DateRange,
    Dropped, ErrorKind, Forecast, InvalidInput, Params, Period, Provenance, Query, RecordBatch, Refusal,
    Rows, SchemaRef, Scope, SkipReason, Skipped, SourceError, SourceInfo, Symbol, Table, Venue, WrongDataset,
    Zone,
};
pub use finvista_datasets::{
    CnIndexDaily, CnIndexQuote, CnStockDaily, CnStockList, CnStockMinute, CnStockQuote, CnStockSearch,
    DailyBar, Found, IndexBar, IndexQuote, Listed, MinuteBar, QuoteRow,
};

// What appears in signatures, so that a program needs no second version of it.
pub use arrow_array;
pub use arrow_schema;
pub use jiff;

#[cfg(feature = "arrow2")]
pub use finvista_arrow2 as arrow2;
/// What extensions are written with: sources, vendors, data sets.
pub use finvista_core as raw;
// Naming the crates of data sets and vendors keeps the linker from dropping them, and their registrations with them.
pub use finvista_datasets as datasets;
pub use finvista_http as http;
#[cfg(feature = "plugins")]
pub use finvista_loader as loader;

#[cfg(feature = "eastmoney")]
pub use finvista_eastmoney as eastmoney;
#[cfg(feature = "sina")]
pub use finvista_sina as sina;
#[cfg(feature = "tencent")]
pub use finvista_tencent as tencent;

/// Every metric that the library writes: the manager's and the HTTP client's.
pub fn metrics() -> impl Iterator<Item = &'static raw::Metric> {
    raw::manager::METRICS.iter().chain(http::METRICS)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A program whose sources do their own I/O needs no HTTP client, and a setting for one is not left out in silence.
    #[cfg(not(feature = "http"))]
    #[test]
    fn a_client_is_built_without_http() {
        assert!(FinVista::builder().environment([]).build().is_ok());
        for (variable, key) in [("FINVISTA_GATEWAY", "gateway"), ("FINVISTA_HTTP_PROXY", "http_proxy")] {
            let set = (variable.to_owned(), "http://127.0.0.1:1".to_owned());
            let error = FinVista::builder().environment([set]).build().unwrap_err();
            assert!(error.to_string().starts_with(&format!("{key}: ")), "{error}");
            assert!(error.to_string().contains("feature http"), "{error}");
        }
    }

    /// `cargo xtask ci` runs this with each feature alone.
    #[test]
    fn the_features_decide_which_vendors_are_registered() {
        let mut expected: Vec<&str> = [
            (cfg!(feature = "eastmoney"), "eastmoney"),
            (cfg!(feature = "sina"), "sina"),
            (cfg!(feature = "tencent"), "tencent"),
        ]
        .into_iter()
        .filter_map(|(on, name)| on.then_some(name))
        .collect();
        // As the linker has no order, they come by name.
        expected.sort_unstable();
        let finvista = FinVista::builder().environment([]).build().unwrap();
        let registered: Vec<String> = finvista.sources().into_iter().map(|source| source.info.name).collect();
        assert_eq!(registered, expected);
    }
}
