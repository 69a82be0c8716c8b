//! `cn_index_quote`: current quotes of Chinese indices.

use finvista_core::dataset::{Check, Keep, Quotes, Text};
use finvista_core::{CN_INDICES, columns, dataset};

use crate::MOST_AMOUNT;

columns! {
    "cn_index_quote", quotes,
    /// The quote of an index.
    pub struct IndexQuote => IndexQuoteColumns, IndexQuoteViews {
        /// The index, as `000300.SH`.
        symbol: Text, "";
        ..quote in "points";
    }
}

dataset! {
    /// Current quotes of Chinese indices. Prices are points; volume and amount are those of the constituents.
    pub CnIndexQuote = "cn_index_quote", "Quotes of Chinese indices";
    selects Snapshot;
    rows IndexQuote, IndexQuoteColumns, IndexQuoteViews built by Quotes<IndexQuoteColumns>;
    key [symbol];
    spec.universe(&CN_INDICES)
        .keep(Keep::For(3))
        .checks(&[
            Check::Requested("symbol"),
            Check::Session("time"),
            Check::Ohlc,
            Check::Positive("pre_close"),
            Check::AtLeast("volume", 0.0),
            Check::Between("amount", 0.0, MOST_AMOUNT),
            Check::Changes,
        ])
        .example(&[("symbols", "000001,399001")])
}

#[cfg(test)]
mod tests;
