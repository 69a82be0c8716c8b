//! `cn_stock_quote`: current quotes of Chinese stocks, funds and B shares.

use finvista_core::dataset::{Check, Keep, Quotes, Text};
use finvista_core::{CN_STOCKS, columns, dataset};

use crate::MOST_AMOUNT;

columns! {
    "cn_stock_quote", quotes,
    /// The quote of an instrument.
    pub struct QuoteRow => QuoteRowColumns, QuoteRowViews {
        /// The instrument, as `000001.SZ`.
        symbol: Text, "";
        ..quote;
        ..book5;
    }
}

dataset! {
    /// Current quotes of Chinese stocks, funds and B shares, with five levels of the order book.
    pub CnStockQuote = "cn_stock_quote", "Quotes of Chinese stocks, funds and B shares";
    selects Snapshot;
    rows QuoteRow, QuoteRowColumns, QuoteRowViews built by Quotes<QuoteRowColumns>;
    key [symbol];
    spec.universe(&CN_STOCKS)
        // The vendors' own pages refresh every three seconds.
        .keep(Keep::For(3))
        .checks(&[
            Check::Requested("symbol"),
            Check::Session("time"),
            Check::Ohlc,
            Check::Positive("pre_close"),
            Check::AtLeast("volume", 0.0),
            Check::Between("amount", 0.0, MOST_AMOUNT),
            Check::Changes,
            Check::UnitProof,
        ])
        .example(&[("symbols", "000001,600519")])
}

#[cfg(test)]
mod tests;
