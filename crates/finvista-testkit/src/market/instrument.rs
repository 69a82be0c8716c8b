//! One listing: what it is, its bars, and its ex-dates.

use jiff::civil::{Date, Time};

use super::class::Class;
use super::quote::Quote;

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

/// One listing of the market.
#[derive(Debug, Clone)]
pub struct Instrument {
    /// Where it is listed.
    pub exchange: Exchange,
    /// Six digits, or `H` and five digits for some indices.
    pub code: String,
    /// Its Chinese name as East Money writes it; `万  科Ａ` has two blanks and a full-width letter.
    pub name: String,
    /// What it is.
    pub kind: Kind,
    /// Decimals of its price: 2, or 3 for funds and Shanghai's B shares.
    pub decimals: u32,
    /// The day of its first bar; for one without bars, the market's first day.
    pub listed: Date,
    /// How it stands on the last day.
    pub state: State,
    /// The price before the first bar (the issue price of one that was listed in the market's time), in units of
    /// `10^-decimals`.
    pub issue_price: i64,
    /// Shares in free float on the last day.
    pub float_shares: i64,
    /// Shares issued on the last day.
    pub total_shares: i64,
    pub(super) bars: Vec<Bar>,
    pub(super) events: Vec<Event>,
    pub(super) quote: Quote,
    /// During a session: the bar that today will have at its end, and the time of day. The last of `bars` is today so far.
    pub(super) running: Option<(Bar, Time)>,
    pub(super) initials: Vec<String>,
}

impl Instrument {
    /// Exchange prefix and code, such as `sz000001`.
    pub fn prefixed(&self) -> String {
        format!("{}{}", self.exchange.prefix(), self.code)
    }

    /// The initials of its name in pinyin, upper case: as the name is read, then with the other readings of its characters.
    pub fn initials(&self) -> &[String] {
        &self.initials
    }

    /// Whether it is an exchange traded fund and not another kind of listed fund.
    pub fn is_etf(&self) -> bool {
        self.class().is_etf()
    }

    pub(crate) fn class(&self) -> Class<'_> {
        Class { exchange: self.exchange, kind: self.kind, code: &self.code }
    }

    /// Whether today's session is under way.
    pub(crate) fn is_running(&self) -> bool {
        self.running.is_some()
    }

    /// Every traded day, ascending. Days of a halt have no bar.
    pub fn bars(&self) -> &[Bar] {
        &self.bars
    }

    /// Every ex-date, ascending.
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// The quote of the market's last day.
    pub fn quote(&self) -> &Quote {
        &self.quote
    }

    /// The whole history after adjustment: the truth, before any vendor rounds it.
    pub fn adjusted(&self, adjust: Adjust) -> Vec<AdjustedBar> {
        let unit = 10_f64.powi(i32::try_from(self.decimals).unwrap_or(0));
        let factors = self.factors(adjust);
        let price = |ticks: i64, factor: f64| {
            let raw = ticks as f64 / unit;
            if adjust == Adjust::Qfq { raw / factor } else { raw * factor }
        };
        let mut rows = Vec::with_capacity(self.bars.len());
        let mut current = 0;
        for bar in &self.bars {
            while factors.get(current + 1).is_some_and(|next| next.0 <= bar.date) {
                current += 1;
            }
            let factor = factors.get(current).map_or(1.0, |f| f.1);
            rows.push(AdjustedBar {
                date: bar.date,
                open: price(bar.open, factor),
                high: price(bar.high, factor),
                low: price(bar.low, factor),
                close: price(bar.close, factor),
            });
        }
        rows
    }

    /// The step function of the adjustment, ascending: from each date on, raw prices are divided (qfq) or multiplied
    /// (hfq) by the number. The first step begins with the Gregorian day 1900-01-01, as in Sina's factor files.
    pub(crate) fn factors(&self, adjust: Adjust) -> Vec<(Date, f64)> {
        let beginning = jiff::civil::date(1900, 1, 1);
        let mut steps = Vec::with_capacity(self.events.len() + 1);
        match adjust {
            Adjust::None => steps.push((beginning, 1.0)),
            Adjust::Hfq => {
                let mut product = 1.0;
                steps.push((beginning, product));
                for event in &self.events {
                    product *= event.factor;
                    steps.push((event.date, product));
                }
            }
            Adjust::Qfq => {
                let mut product = 1.0;
                for event in self.events.iter().rev() {
                    steps.push((event.date, product));
                    product *= event.factor;
                }
                steps.push((beginning, product));
                steps.reverse();
            }
        }
        steps
    }
}
