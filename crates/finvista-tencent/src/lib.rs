#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod daily;
mod kline;
mod quote;
mod units;

use finvista_core::{Quota, Vendor};

pub use daily::Daily;
pub use quote::Quote;

/// Tencent Finance.
pub static TENCENT: Vendor = Vendor {
    name: "tencent",
    title: "腾讯财经",
    version: env!("CARGO_PKG_VERSION"),
    failure_domain: "tencent",
    hosts: &["qt.gtimg.cn", "proxy.finance.qq.com"],
    // The most tolerant of the three: 8 requests in about a second went well, and 12 pages of bars at once did not (wire
    // notes on Tencent, "Limits / blocks").
    quota: Quota::per_second(5).burst(8).in_flight(6),
    endpoints: &[&Daily, &Quote],
};

finvista_core::register!(vendor TENCENT);

#[cfg(test)]
mod tests;
