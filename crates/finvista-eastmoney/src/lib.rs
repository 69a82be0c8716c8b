#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod clist;
pub mod datacenter;
mod envelope;
mod kline;
mod list;
mod suggest;
mod symbol;
#[cfg(test)]
mod tests;
mod text;
mod ulist;

use finvista_core::{Adjust, Board, Boards, Capability, Period, Precision, Quota, Vendor};
use finvista_datasets::{CnIndexDaily, CnIndexQuote, CnStockDaily, CnStockMinute, CnStockQuote};

pub use clist::Clist;
pub use kline::Kline;
pub use suggest::Suggest;
pub use ulist::Ulist;

/// 东方财富.
pub static EASTMONEY: Vendor = Vendor {
    name: "eastmoney",
    title: "东方财富",
    version: env!("CARGO_PKG_VERSION"),
    failure_domain: "eastmoney",
    hosts: &[
        "push2.eastmoney.com",
        "push2his.eastmoney.com",
        "searchapi.eastmoney.com",
        "datacenter-web.eastmoney.com",
    ],
    // Bans follow "over 5 requests/s, 10 or more at once, 200/min, or 300 in 5 minutes"; one request per second in series is
    // reported as safe (eastmoney.md, section 11). This is at most 59 in a minute and 279 in five, for each host.
    quota: Quota::per_minute(55).burst(4).in_flight(4),
    endpoints: &[
        &Kline::<CnStockDaily>::new(0, STOCK_BARS),
        &Kline::<CnStockMinute>::new(0, STOCK_MINUTES),
        &Kline::<CnIndexDaily>::new(0, INDICES.periods(DAYS)),
        &Ulist::<CnStockQuote>::new(2, STOCKS),
        &Ulist::<CnIndexQuote>::new(2, INDICES),
        &Clist,
        &Suggest,
    ],
};

finvista_core::register!(vendor EASTMONEY);

/// The boards whose volumes are counted in lots of 100 shares. Bonds have lots of ten.
const BOARDS: Boards =
    Boards::of(&[Board::Main, Board::Star, Board::ChiNext, Board::Beijing, Board::BShare, Board::Fund]);

/// The shares of a lot.
const LOT: i64 = 100;

/// Volumes are lots, and no recording shows whether an odd lot is rounded or cut. Amounts are whole yuan
/// (kline_daily_1.601872.json), prices cents. Funds have three decimals, and a tolerance of half a cent proves their units too.
const PRECISION: Precision = Precision { volume: 100.0, amount: 0.5, price: 0.005 };

const STOCKS: Capability = Capability::of_boards(BOARDS).precision(PRECISION);

const STOCK_BARS: Capability = STOCKS.adjusts(Adjust::Qfq, BOARDS).adjusts(Adjust::Hfq, BOARDS).periods(DAYS);

/// A bar of a week or month is labelled by its last trading day and adjusted like those of days (eastmoney.md, section 4).
const DAYS: &[Period] = &[Period::Day, Period::Week, Period::Month];

/// Single minutes reach back five trading days, longer bars about three months (eastmoney.md, section 5; akshare's issues 5971
/// and 5884). The labels are the ends of the bars; volumes are lots, here too (trends2_fragment_600986.txt). Five-minute bars
/// were seen with forward-adjusted prices (README of efinance: 600519 on 2021-06-16 traded above the bar's high, at 2181).
const STOCK_MINUTES: Capability = STOCKS
    .adjusts(Adjust::Qfq, BOARDS)
    .adjusts(Adjust::Hfq, BOARDS)
    .days_back(90)
    // One less than the single minutes of six weekdays, as the promise counts them: five days are in reach.
    .last_bars(1_445);

/// Lots and yuan as for shares (kline_index_daily_1.000300.json, ulist_np_index_quote_fltt1.json).
const INDICES: Capability =
    Capability::of_boards(Boards::of(&[Board::Index, Board::PublisherIndex])).precision(PRECISION);
