//! `cn_stock_minute`: minute bars of a Chinese stock, fund or B share.

use finvista_core::dataset::{Bars, Bool, Check, Keep, Label, Time};
use finvista_core::{CN_STOCKS, Period, columns, dataset};

use crate::MOST_AMOUNT;

columns! {
    "cn_stock_minute", bars,
    /// A bar of one or more minutes. One without a trade repeats the last price and has a volume of 0.
    pub struct MinuteBar => MinuteColumns, MinuteViews {
        /// The instrument, as `000001.SZ`.
        symbol: Label, "";
        /// The end of the bar: the first five minutes of a day are labelled 09:35.
        time: Time, "";
        ..bar;
        /// Whether the bar had ended when the answer arrived. The last bar of a running session has not.
        finished: Bool, "";
    }
}

dataset! {
    /// Minute bars of a Chinese stock, fund or B share, labelled by the end of the bar.
    pub CnStockMinute = "cn_stock_minute", "Minute bars of a Chinese stock, fund or B share";
    selects Series with Ranged, Adjustable, Periodic;
    rows MinuteBar, MinuteColumns, MinuteViews built by Bars<MinuteColumns>;
    key [symbol, time];
    spec.universe(&CN_STOCKS)
        .periods(&[
            Period::Minutes(5),
            Period::Minutes(1),
            Period::Minutes(15),
            Period::Minutes(30),
            Period::Minutes(60),
        ])
        .keep(Keep::Days { past: 3_600, now: 20 })
        .checks(&[
            Check::Requested("symbol"),
            Check::Key,
            Check::Within("time"),
            Check::Session("time"),
            Check::Ohlc,
            Check::AtLeast("volume", 0.0),
            Check::Between("amount", 0.0, MOST_AMOUNT),
            Check::UnitProof,
        ])
        .example(&[("symbol", "000001"), ("period", "5m")])
}

#[cfg(test)]
mod tests;
