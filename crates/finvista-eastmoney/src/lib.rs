#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod daily;
mod envelope;
mod quote;
mod symbol;
#[cfg(test)]
mod tests;

use finvista_core::{Board, Quota, Vendor};

pub use daily::Daily;
pub use quote::Quote;

/// 东方财富.
pub static EASTMONEY: Vendor = Vendor {
    name: "eastmoney",
    title: "东方财富",
    version: env!("CARGO_PKG_VERSION"),
    failure_domain: "eastmoney",
    hosts: &["push2.eastmoney.com", "push2his.eastmoney.com"],
    // Bans follow "over 5 requests/s, 10 or more at once, 200/min, or 300 in 5 minutes"; one request per second in series is
    // reported as safe (wire notes on East Money, section 11). This is at most 59 in a minute and 279 in five, for each host.
    quota: Quota::per_minute(55).burst(4).in_flight(4),
    endpoints: &[&Daily, &Quote],
};

finvista_core::register!(vendor EASTMONEY);

/// The boards whose instruments the vendor has, in lots of 100 shares. Bonds have lots of ten.
const BOARDS: [Board; 7] =
    [Board::Main, Board::Star, Board::ChiNext, Board::Beijing, Board::BShare, Board::Fund, Board::Other];

/// The shares of a lot.
const LOT: i64 = 100;
