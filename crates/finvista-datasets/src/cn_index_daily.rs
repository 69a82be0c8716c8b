//! `cn_index_daily`: daily bars of a Chinese index.

use finvista_core::dataset::{Bars, Check, Date32, Keep, Label};
use finvista_core::{CN_INDICES, Period, columns, dataset};

use crate::MOST_AMOUNT;

columns! {
    "cn_index_daily", bars,
    /// A trading day of an index; with another period, a week or month.
    pub struct IndexBar => IndexBarColumns, IndexBarViews {
        /// The index, as `000300.SH`.
        symbol: Label, "";
        /// The trading day, or the last trading day of a week or month.
        date: Date32, "";
        ..bar in "points";
        ..change in "points";
    }
}

dataset! {
    /// Daily, weekly and monthly bars of a Chinese index. Prices are points; volume and amount are those of the constituents.
    ///
    /// Indices have no adjusted prices, so this does not compile:
    ///
    /// ```compile_fail,E0277
    /// fn adjusted<D: finvista_core::dataset::Adjustable>() {}
    /// adjusted::<finvista_datasets::CnIndexDaily>();
    /// ```
    ///
    /// They have a range of days and several periods, like stocks:
    ///
    /// ```
    /// use finvista_core::dataset::{Adjustable, Periodic, Ranged};
    /// use finvista_datasets::{CnIndexDaily, CnStockDaily};
    ///
    /// fn bars<D: Ranged + Periodic>() {}
    /// bars::<CnIndexDaily>();
    /// fn adjusted<D: Ranged + Periodic + Adjustable>() {}
    /// adjusted::<CnStockDaily>();
    /// ```
    pub CnIndexDaily = "cn_index_daily", "Daily bars of a Chinese index";
    selects Series with Ranged, Periodic;
    rows IndexBar, IndexBarColumns, IndexBarViews built by Bars<IndexBarColumns>;
    key [symbol, date];
    spec.universe(&CN_INDICES)
        .periods(&[Period::Day, Period::Week, Period::Month])
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
        ])
        .example(&[("symbol", "000300"), ("start", "2024-06-03"), ("end", "2024-06-28")])
}

#[cfg(test)]
mod tests;
