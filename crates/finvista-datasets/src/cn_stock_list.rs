//! `cn_stock_list`: all listings of a market.

use finvista_core::dataset::{Check, Float, Int, Keep, Label, Optional, Pace, Rows, Text};
use finvista_core::{Board, Boards, CN_STOCKS, Listing, Scope, columns, dataset};

columns! {
    "cn_stock_list",
    /// A listing, with its figures of the day.
    pub struct Listed => ListedColumns, ListedViews {
        /// The instrument, as `000001.SZ`.
        symbol: Text, "";
        /// The name, as the vendor writes it.
        name: Text, "";
        /// The board: `main`, `star`, `chi_next`, `beijing`, `b_share` or `fund`.
        board: Label, "";
        /// The last price traded today; null on a suspended day.
        price: Optional<Float>, "currency of the instrument";
        /// Price minus the close of the day before.
        change: Optional<Float>, "currency of the instrument";
        /// Change in percent of the close of the day before, to two decimals: 1.5 is 1.5 %.
        change_pct: Optional<Float>, "%";
        /// Shares traded today. Vendors that count in lots round it to 100.
        volume: Optional<Int>, "shares";
        /// Value traded today, in CNY (B shares: USD in Shanghai, HKD in Shenzhen).
        amount: Optional<Float>, "CNY";
        /// Shares traded in percent of the float.
        turnover: Optional<Float>, "%";
        /// The market value of all shares.
        market_cap: Optional<Float>, "CNY";
        /// The market value of the float.
        float_cap: Optional<Float>, "CNY";
    }
}

const SHANGHAI: Boards = Boards::of(&[Board::Main, Board::Star]);
const SHENZHEN: Boards = Boards::of(&[Board::Main, Board::ChiNext]);

/// The parts of the market, the default first.
const SCOPES: &[Scope] = &[
    Scope {
        name: "all",
        title: "all A shares",
        boards: Boards::of(&[Board::Main, Board::Star, Board::ChiNext, Board::Beijing]),
    },
    Scope { name: "sh", title: "A shares of Shanghai", boards: SHANGHAI },
    Scope { name: "sz", title: "A shares of Shenzhen", boards: SHENZHEN },
    Scope { name: "bj", title: "shares of Beijing", boards: Boards::of(&[Board::Beijing]) },
    Scope { name: "star", title: "the STAR market", boards: Boards::of(&[Board::Star]) },
    Scope { name: "chinext", title: "ChiNext", boards: Boards::of(&[Board::ChiNext]) },
    Scope { name: "etf", title: "ETFs", boards: Boards::of(&[Board::Fund]) },
    Scope { name: "b", title: "B shares", boards: Boards::of(&[Board::BShare]) },
];

dataset! {
    /// All listings of a market, with their prices of the day. Suspended listings have a row without prices.
    pub CnStockList = "cn_stock_list", "Listed Chinese stocks and funds";
    selects Listing with Scoped;
    rows Listed, ListedColumns, ListedViews built by Rows<ListedColumns, Listing>;
    key [symbol];
    spec.universe(&CN_STOCKS)
        .scopes(SCOPES)
        .keep(Keep::For(60))
        // East Money's 60 pages take a minute under its limit, Sina's 70 take 35 seconds.
        .pace(Pace::Sweep { attempt: 120, call: 360 })
        .checks(&[
            Check::Key,
            Check::Positive("price"),
            Check::AtLeast("volume", 0.0),
            Check::AtLeast("amount", 0.0),
            Check::AtLeast("turnover", 0.0),
            Check::AtLeast("market_cap", 0.0),
            Check::AtLeast("float_cap", 0.0),
        ])
        .example(&[("market", "bj")])
}

#[cfg(test)]
mod tests;
