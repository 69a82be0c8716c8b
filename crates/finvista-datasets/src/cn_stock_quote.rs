//! `cn_stock_quote`: the quotes of Chinese stocks, funds and B shares, now.

use finvista_core::dataset::{Check, Keep, Quotes, Text};
use finvista_core::{CN_STOCKS, columns, dataset};

columns! {
    "cn_stock_quote", quotes,
    /// One instrument, now.
    pub struct QuoteRow => QuoteRowColumns, QuoteRowViews {
        /// The instrument, as `000001.SZ`.
        symbol: Text, "";
        ..quote;
        ..book5;
    }
}

dataset! {
    /// Quotes of Chinese stocks, funds and B shares.
    pub CnStockQuote = "cn_stock_quote", "Quotes of Chinese stocks, funds and B shares";
    selects Snapshot;
    rows QuoteRow, QuoteRowColumns, QuoteRowViews built by Quotes<QuoteRowColumns>;
    key [symbol];
    spec.universe(&CN_STOCKS)
        // The vendors' own pages ask every three seconds.
        .keep(Keep::For(3))
        .checks(&[
            Check::Requested("symbol"),
            Check::Ohlc,
            Check::Positive("pre_close"),
            Check::AtLeast("volume", 0.0),
            Check::AtLeast("amount", 0.0),
            Check::UnitProof,
        ])
        .example(&[("symbols", "000001,600519")])
}

#[cfg(test)]
mod tests;
