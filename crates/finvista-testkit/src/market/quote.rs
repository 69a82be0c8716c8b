//! What a quote screen shows of an instrument, with five levels of book.

use jiff::civil::DateTime;

/// One price level of the order book.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Level {
    /// Price in units of `10^-decimals`; 0 for an empty level.
    pub price: i64,
    /// Shares waiting.
    pub volume: i64,
}

/// After-hours trading at the closing price (STAR and ChiNext).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AfterHours {
    /// Shares, always whole lots.
    pub volume: i64,
    /// Amount in 1/100 of the currency.
    pub amount: i64,
}

/// What a quote screen shows of an instrument. Prices are in units of `10^-decimals`, `None` where there is none.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Quote {
    /// Beijing time.
    pub time: DateTime,
    /// Last price; in the call auction the matched price; `None` where nothing traded today.
    pub price: Option<i64>,
    /// The price the day's change is reckoned from: the ex-reference price on an ex-date.
    pub pre_close: Option<i64>,
    /// First price of the day.
    pub open: Option<i64>,
    /// Highest price of the day.
    pub high: Option<i64>,
    /// Lowest price of the day.
    pub low: Option<i64>,
    /// Shares traded today.
    pub volume: i64,
    /// Amount of today in 1/100 of the currency.
    pub amount: i64,
    /// Turnover of today in 1/100 of a percent of the float.
    pub turnover: i64,
    /// The best five bids, best first.
    pub bids: [Level; 5],
    /// The best five asks, best first.
    pub asks: [Level; 5],
    /// Trading after the close, where the board has it.
    pub after_hours: Option<AfterHours>,
    /// Today's highest and lowest permitted price.
    pub limits: Option<(i64, i64)>,
}
