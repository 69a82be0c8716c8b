//! `cn_stock_daily`: daily bars of one Chinese stock, fund or B share.

use finvista_core::dataset::{Bars, Check, Date32, Float, Keep, Label, Optional};
use finvista_core::{CN_STOCKS, Period, columns, dataset};

columns! {
    "cn_stock_daily", bars,
    /// One trading day of one instrument; with another period, one week or month.
    pub struct DailyBar => DailyColumns, DailyViews {
        /// The instrument, as `000001.SZ`.
        symbol: Label, "";
        /// The trading day at the exchange, the last one of a week or month. A suspended day has no row.
        date: Date32, "";
        ..bar;
        ..change;
        /// Shares traded in percent of the float.
        turnover: Optional<Float>, "%";
    }
}

dataset! {
    /// Daily bars of one Chinese stock, fund or B share.
    pub CnStockDaily = "cn_stock_daily", "Daily bars of a Chinese stock, fund or B share";
    selects Series with Ranged, Adjustable, Periodic;
    rows DailyBar, DailyColumns, DailyViews built by Bars<DailyColumns>;
    key [symbol, date];
    spec.universe(&CN_STOCKS)
        .periods(&[Period::Day, Period::Week, Period::Month])
        // Bars of days that are over change only when a new ex-date moves an adjusted series; today's is not finished.
        .keep(Keep::Days { past: 3_600, now: 60 })
        .checks(&[
            Check::Requested("symbol"),
            Check::Key,
            Check::Within("date"),
            Check::Ohlc,
            Check::AtLeast("volume", 0.0),
            Check::AtLeast("amount", 0.0),
            Check::UnitProof,
        ])
        .example(&[("symbol", "000001"), ("start", "2024-06-03"), ("end", "2024-06-28")])
}

#[cfg(test)]
mod tests;
