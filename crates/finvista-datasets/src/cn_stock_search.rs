//! `cn_stock_search`: Chinese stocks and funds by code, name or pinyin initials.

use finvista_core::dataset::{Check, Keep, Label, Optional, Rows, Text};
use finvista_core::{CN_STOCKS, Keyword, columns, dataset};

columns! {
    "cn_stock_search",
    /// A match.
    pub struct Found => FoundColumns, FoundViews {
        /// The instrument, as `000001.SZ`.
        symbol: Text, "";
        /// The name, as the vendor writes it.
        name: Text, "";
        /// The board: `main`, `star`, `chi_next`, `beijing`, `b_share`, `fund` or `bond`.
        board: Label, "";
        /// The pinyin initials of the name in capitals, such as `PAYH`, as the vendor reads them; null if it has none.
        initials: Optional<Text>, "";
    }
}

dataset! {
    /// Chinese stocks and funds whose code, name or pinyin initials match a text, in the vendor's order of relevance.
    pub CnStockSearch = "cn_stock_search", "Chinese stocks and funds by code, name or pinyin initials";
    selects Keyword with Limited;
    rows Found, FoundColumns, FoundViews built by Rows<FoundColumns, Keyword>;
    key [symbol];
    spec.universe(&CN_STOCKS)
        .keep(Keep::For(3_600))
        .checks(&[Check::Key])
        .example(&[("text", "payh")])
}

#[cfg(test)]
mod tests;
