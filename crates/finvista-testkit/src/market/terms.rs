//! The values that describe a market: where a listing trades, what it is, and its bars.

use jiff::civil::{Date, DateTime};

/// Where an instrument is listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Exchange {
    /// Shanghai.
    Sh,
    /// Shenzhen.
    Sz,
    /// Beijing.
    Bj,
    /// None: an index that China Securities Index publishes by itself. Only East Money quotes it.
    Csi,
}

impl Exchange {
    /// The prefix that Sina and Tencent put before a code: `sh`, `sz` or `bj`; `csi` for an index on no exchange.
    pub fn prefix(self) -> &'static str {
        match self {
            Self::Sh => "sh",
            Self::Sz => "sz",
            Self::Bj => "bj",
            Self::Csi => "csi",
        }
    }
}

/// What an instrument is: it decides price limits, decimals, and the unit in which some vendors count volume.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A share of the main boards: daily limit 10 %.
    Main,
    /// A share of the STAR market (688, 689): limit 20 %; Tencent counts it in shares, not in lots.
    Star,
    /// A share of ChiNext (300, 301): limit 20 %.
    ChiNext,
    /// A share of the Beijing exchange: limit 30 %.
    Beijing,
    /// A share for foreign currency: USD with 3 decimals in Shanghai, HKD with 2 in Shenzhen.
    BShare,
    /// An exchange traded fund, a listed open fund or a REIT: 3 decimals.
    Fund,
    /// An index: no limit, no order book, no dividends.
    Index,
}

/// How an instrument stands on the market's last day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// It traded today.
    Trading,
    /// Halted for the whole day; its last bar is of an earlier day.
    Suspended,
    /// Gone; the bars of its time remain.
    Delisted,
    /// It has a code and has never traded.
    NotListed,
    /// It is 09:22 for this one: orders are matched, nothing has traded today yet.
    CallAuction,
    /// An old code of the Beijing exchange, replaced by a 920 code.
    CodeChanged,
}

/// One day's trading. Prices are integers in units of `10^-decimals` of the currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bar {
    /// The trading day.
    pub date: Date,
    /// First price.
    pub open: i64,
    /// Highest price.
    pub high: i64,
    /// Lowest price.
    pub low: i64,
    /// Last price.
    pub close: i64,
    /// Volume in shares, odd lots included.
    pub volume: i64,
    /// Amount in 1/100 of the currency. `amount / volume` lies within `low ..= high` exactly, except for an index.
    pub amount: i64,
    /// Turnover in 1/100 of a percent of the float.
    pub turnover: i64,
}

/// An ex-date: from this day on the price is without the dividend.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Event {
    /// The first day without the right.
    pub date: Date,
    /// Cash for ten shares, in 1/100 of the currency.
    pub cash_per_10: i64,
    /// Bonus shares for ten shares.
    pub shares_per_10: i64,
    /// Close of the day before, in units of `10^-decimals`.
    pub previous_close: i64,
    /// The price the exchange reckons the day's change from, in units of `10^-decimals`.
    pub reference: i64,
    /// `previous_close / reference`, at least 1.
    pub factor: f64,
}

/// Which prices a series shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Adjust {
    /// As traded.
    None,
    /// Forward (前复权): the newest price is as traded, older ones are divided by the factors that came after them.
    Qfq,
    /// Backward (后复权): the oldest price is as traded, newer ones are multiplied by the factors that came before.
    Hfq,
}

/// A bar's prices after adjustment, in the currency, unrounded.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AdjustedBar {
    /// The trading day.
    pub date: Date,
    /// First price.
    pub open: f64,
    /// Highest price.
    pub high: f64,
    /// Lowest price.
    pub low: f64,
    /// Last price.
    pub close: f64,
}

/// One bar of minutes. Prices are integers in units of `10^-decimals` of the currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MinuteBar {
    /// The end of the bar, in Beijing time. Of a running bar it lies ahead.
    pub end: DateTime,
    /// First price. A bar without a trade has the last price of the bar before in all four.
    pub open: i64,
    /// Highest price.
    pub high: i64,
    /// Lowest price.
    pub low: i64,
    /// Last price.
    pub close: i64,
    /// Volume in shares, odd lots included.
    pub volume: i64,
    /// Amount in 1/100 of the currency.
    pub amount: i64,
}
