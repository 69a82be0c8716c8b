#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod daily;
mod factor;
mod quote;
mod script;

use finvista_core::{Precision, Quota, Vendor};

pub use daily::Daily;
pub use quote::Quote;

/// 新浪财经.
pub static SINA: Vendor = Vendor {
    name: "sina",
    title: "新浪财经",
    version: env!("CARGO_PKG_VERSION"),
    failure_domain: "sina",
    hosts: &["hq.sinajs.cn", "quotes.sina.cn", "finance.sina.com.cn"],
    // Whoever pages too fast gets 456 for about ten minutes; 0.45 s between pages is what a careful client keeps (wire
    // notes on Sina, "Blocks and limits reported").
    quota: Quota::per_second(2).burst(5).in_flight(4),
    endpoints: &[&Daily, &Quote],
};

finvista_core::register!(vendor SINA);

/// Sina prints whole shares, prices with three decimals, and Shanghai's amounts without decimals, cut or rounded.
const PRECISION: Precision = Precision { volume: 0.5, amount: 1.0, price: 0.0005 };

#[cfg(test)]
mod tests;
