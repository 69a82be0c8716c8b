//! `cn_stock_daily`: daily bars of a Chinese stock, fund or B share.

use finvista_core::dataset::{Bars, Check, Date32, Float, Keep, Label, Optional};
use finvista_core::{CN_STOCKS, Period, columns, dataset};

use crate::MOST_AMOUNT;

columns! {
    "cn_stock_daily", bars,
    /// A trading day of an instrument; with another period, a week or month.
    pub struct DailyBar => DailyColumns, DailyViews {
        /// The instrument, as `000001.SZ`.
        symbol: Label, "";
        /// The trading day, or the last trading day of a week or month. A suspended day has no row.
        date: Date32, "";
        ..bar;
        ..change;
        /// Shares traded in percent of the float; null if the vendor does not know the float.
        turnover: Optional<Float>, "%";
    }
}

dataset! {
    /// Daily, weekly and monthly bars of a Chinese stock, fund or B share.
    pub CnStockDaily = "cn_stock_daily", "Daily bars of a Chinese stock, fund or B share";
    selects Series with Ranged, Adjustable, Periodic;
    rows DailyBar, DailyColumns, DailyViews built by Bars<DailyColumns>;
    key [symbol, date];
    spec.universe(&CN_STOCKS)
        .periods(&[Period::Day, Period::Week, Period::Month])
        // Past bars change only when a new ex-date adjusts the series; today's bar changes all day.
        .keep(Keep::Days { past: 3_600, now: 60 })
        .checks(&[
            Check::Requested("symbol"),
            Check::Key,
            Check::Within("date"),
            Check::Session("date"),
            Check::Ohlc,
            Check::AtLeast("volume", 0.0),
            Check::Between("amount", 0.0, MOST_AMOUNT),
            Check::Changes,
            Check::Turnover,
            Check::UnitProof,
        ])
        .example(&[("symbol", "000001"), ("start", "2024-06-03"), ("end", "2024-06-28")])
}

#[cfg(test)]
mod tests;
