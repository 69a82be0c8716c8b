#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod daily;
mod kline;
mod quote;
mod units;

use finvista_core::Vendor;

pub use daily::Daily;
pub use quote::Quote;

/// Tencent Finance.
pub static TENCENT: Vendor = Vendor {
    name: "tencent",
    title: "腾讯财经",
    version: env!("CARGO_PKG_VERSION"),
    failure_domain: "tencent",
    hosts: &["qt.gtimg.cn", "proxy.finance.qq.com"],
    endpoints: &[&Daily, &Quote],
};

finvista_core::register!(vendor TENCENT);

#[cfg(test)]
mod tests;
