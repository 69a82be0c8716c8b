#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod answer;
mod code;
mod json;
mod kline;
mod list;
mod minute;
mod quote;
mod search;
mod units;

use finvista_core::{Adjust, Board, Boards, Capability, Precision, Quota, Vendor};
use finvista_datasets::{CnIndexDaily, CnIndexQuote, CnStockDaily, CnStockQuote};

pub use kline::{Kline, KlinePage};
pub use list::RankList;
pub use minute::Minutes;
pub use quote::Quotes;
pub use search::{Smartbox, SmartboxSearch};

/// Shares and funds. The units of bonds are not proven.
const STOCKS: Boards =
    Boards::of(&[Board::Main, Board::Star, Board::ChiNext, Board::Beijing, Board::BShare, Board::Fund]);

/// Tencent adjusts no Beijing share: it answers `day` whatever is asked (wire notes on Tencent, §2).
const ADJUSTED: Boards = STOCKS.without(Board::Beijing);

/// Indices of the exchanges; `code.rs` has the families. Their volumes are lots (sh000001 of 2026-09-28 has 452,350,675, and
/// Sina 45,235,067,500 shares: company notes, §1), their amounts yuan as those of shares.
const INDICES: Boards = Boards::of(&[Board::Index]);

/// Tencent Finance.
pub static TENCENT: Vendor = Vendor {
    name: "tencent",
    title: "腾讯财经",
    version: env!("CARGO_PKG_VERSION"),
    failure_domain: "tencent",
    hosts: &["qt.gtimg.cn", "proxy.finance.qq.com", "ifzq.gtimg.cn", "smartbox.gtimg.cn"],
    // The most tolerant of the three: 8 requests in about a second went well, and 12 pages of bars at once did not (wire
    // notes on Tencent, "Limits / blocks").
    quota: Quota::per_second(5).burst(8).in_flight(6),
    endpoints: &[
        &Kline::<CnStockDaily>::new(2, STOCK_BARS),
        &Minutes,
        // Volumes are whole lots, amounts whole yuan, prices two or three decimals of one.
        &Quotes::<CnStockQuote>::new(
            1,
            Capability::of_boards(STOCKS).precision(Precision { volume: 100.0, amount: 1.0, price: 0.005 }),
        ),
        &RankList,
        &Smartbox,
        &Kline::<CnIndexDaily>::new(2, Capability::of_boards(INDICES)),
        &Quotes::<CnIndexQuote>::new(1, Capability::of_boards(INDICES)),
    ],
};

/// Volumes are whole lots, amounts have two decimals of 10,000 yuan, prices two or three of a yuan.
const STOCK_BARS: Capability = Capability::of_boards(STOCKS)
    .adjusts(Adjust::Qfq, ADJUSTED)
    .adjusts(Adjust::Hfq, ADJUSTED)
    .precision(Precision { volume: 100.0, amount: 100.0, price: 0.005 });

finvista_core::register!(vendor TENCENT);

#[cfg(test)]
mod tests;
