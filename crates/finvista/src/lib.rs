#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

#[cfg(feature = "blocking")]
pub mod blocking;
mod builder;
mod call;
mod client;
mod many;
#[cfg(feature = "plugins")]
mod plugins;
mod settings;

pub use builder::Builder;
pub use call::{Call, IntoDay};
pub use client::{Config, FinVista, SourceStatus};
pub use many::Many;
pub use settings::{KEYS, Key, PluginSettings, Settings};

#[cfg(feature = "arrow2")]
pub use finvista_arrow2 as arrow2;
pub use finvista_core as core;
pub use finvista_core::dataset::{CnStockDaily, CnStockQuote, DailyBar, QuoteRow};
pub use finvista_core::manager::{
    AllSourcesFailed, CacheConfig, CallOptions, DeadlineExceeded, DeadlinePolicy, Error, FailoverConfig,
    Health, NotFound, Plan, Report, SourceHealth, Status,
};
pub use finvista_core::{
    Adjust, Attempt, ConfigError, DatasetId, DateRange, ErrorKind, Provenance, Query, RecordBatch,
    SkipReason, Skipped, SourceError, Symbol, Table,
};
pub use finvista_http as http;
#[cfg(feature = "plugins")]
pub use finvista_loader as loader;

// Naming the vendors' crates is what keeps the linker from dropping them, and their registrations with them.
#[cfg(feature = "eastmoney")]
pub use finvista_eastmoney as eastmoney;
#[cfg(feature = "sina")]
pub use finvista_sina as sina;
#[cfg(feature = "tencent")]
pub use finvista_tencent as tencent;

/// Every metric that the library writes: the manager's and the HTTP client's.
pub fn metrics() -> impl Iterator<Item = &'static core::Metric> {
    core::manager::METRICS.iter().chain(http::METRICS)
}

#[cfg(test)]
mod tests {
    use super::*;

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
