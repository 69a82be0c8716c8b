//! One listing: what it is, its bars, and its ex-dates.

use jiff::civil::{Date, Time};

use super::class::Class;
use super::quote::Quote;
use super::terms::{Adjust, AdjustedBar, Bar, Event, Exchange, Kind, State};

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
