#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod daily;
mod envelope;
mod quote;
mod symbol;
#[cfg(test)]
mod tests;

use finvista_core::{Board, Vendor};

pub use daily::Daily;
pub use quote::Quote;

/// 东方财富.
pub static EASTMONEY: Vendor = Vendor {
    name: "eastmoney",
    title: "东方财富",
    version: env!("CARGO_PKG_VERSION"),
    failure_domain: "eastmoney",
    hosts: &["push2.eastmoney.com", "push2his.eastmoney.com"],
    endpoints: &[&Daily, &Quote],
};

finvista_core::register!(vendor EASTMONEY);

/// The boards whose instruments the vendor has, in lots of 100 shares. Bonds have lots of ten.
const BOARDS: [Board; 7] =
    [Board::Main, Board::Star, Board::ChiNext, Board::Beijing, Board::BShare, Board::Fund, Board::Other];

/// The shares of a lot.
const LOT: i64 = 100;
