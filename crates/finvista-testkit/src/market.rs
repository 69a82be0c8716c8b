//! A market made from a seed: the truth that each form writes in its vendor's way.

mod calendar;
mod catalogue;
mod class;
mod decimal;
mod instrument;
mod listed;
mod minute;
mod names;
mod period;
mod quote;
mod quoting;
mod search;
mod tape;
mod terms;
mod walk;

use std::sync::OnceLock;

use jiff::ToSpan;
use jiff::civil::{Date, DateTime, Time, time};

pub(crate) use class::Class;
pub use instrument::Instrument;
pub use period::Period;
pub use quote::{AfterHours, Level, Quote};
pub use terms::{Adjust, AdjustedBar, Bar, Event, Exchange, Kind, MinuteBar, State};

/// A deterministic market of Shanghai, Shenzhen and Beijing.
///
/// The same seed gives the same bars, events and quotes. `until` is the market's today and only truncates: a bar of 2020
/// does not depend on it. Four listings are exceptions by design, because they show a state *of today*: the young
/// listing begins about 200 trading days before `until`, the suspended one and the one in its call auction have no bar
/// on the last day, and the one at its limit closes there on the last day. So are the listings that only
/// [`Market::listed`] has, whose history is a few days long.
///
/// ```
/// use finvista_testkit::Market;
/// let market = Market::new(1, "2024-03-29".parse()?);
/// let bank = market.instrument("sz000001").ok_or("listed")?;
/// assert_eq!(bank.name, "平安银行");
/// assert_eq!(bank.bars().last().ok_or("bars")?.date, market.until());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Market {
    seed: u64,
    until: Date,
    clock: Option<Time>,
    instruments: Vec<Instrument>,
    /// Made when it is first asked for.
    listed: OnceLock<Vec<Instrument>>,
}

impl Market {
    /// Makes the market of `seed` as it stands after the close of the last trading day up to and including `until`.
    ///
    /// The first trading day is 2015-01-05; with an earlier `until` nothing has traded yet. The last one is that of
    /// 2099.
    pub fn new(seed: u64, until: Date) -> Self {
        Self::with_clock(seed, until, None)
    }

    /// Makes the market of `seed` as it stands at a moment, in Beijing time. During a session, today's bars and quotes
    /// hold what has traded so far. Before 09:30 the market is that of the day before.
    ///
    /// ```
    /// use finvista_testkit::Market;
    /// let market = Market::at(1, "2024-03-29T10:17:30".parse()?);
    /// let bank = market.instrument("sz000001").ok_or("listed")?;
    /// let bars = bank.minutes(market.until(), 5);
    /// assert_eq!(bars.last().ok_or("bars")?.end, "2024-03-29T10:20:00".parse()?);
    /// assert_eq!(bars.iter().map(|bar| bar.volume).sum::<i64>(), bank.quote().volume);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn at(seed: u64, now: DateTime) -> Self {
        if now.time() <= time(9, 30, 0, 0) {
            return Self::new(seed, now.date().checked_sub(1.day()).unwrap_or_else(|_| now.date()));
        }
        Self::with_clock(seed, now.date(), (now.time() < time(15, 0, 0, 0)).then_some(now.time()))
    }

    fn with_clock(seed: u64, until: Date, clock: Option<Time>) -> Self {
        let days = calendar::trading_days(until);
        // On a day without trading the clock means nothing.
        let clock = clock.filter(|_| days.last() == Some(&until));
        let listings = catalogue::LISTINGS.iter();
        let instruments = listings.map(|listing| walk::instrument(seed, listing, &days, clock)).collect();
        Self { seed, until, clock, instruments, listed: OnceLock::new() }
    }

    /// Every instrument with a history, in a fixed order.
    pub fn instruments(&self) -> &[Instrument] {
        &self.instruments
    }

    /// The instrument with this exchange prefix and code, such as `sz000001`, `bj920982` or `csi930955`.
    pub fn instrument(&self, code: &str) -> Option<&Instrument> {
        self.instruments.iter().find(|i| code.strip_prefix(i.exchange.prefix()) == Some(i.code.as_str()))
    }

    /// The same without the indices that are on no exchange: Sina and Tencent do not quote them.
    pub(crate) fn on_exchange(&self, code: &str) -> Option<&Instrument> {
        self.instrument(code).filter(|instrument| instrument.exchange != Exchange::Csi)
    }

    /// Every share and fund listed on the last day, by exchange and code: those of [`Market::instruments`] that are not gone,
    /// and some thousand more, whose bars are those of the newest few days. The vendors' lists and searches know all of
    /// them, the services for bars and quotes only the former.
    ///
    /// ```
    /// use finvista_testkit::{Exchange, Market};
    /// let market = Market::new(1, "2024-03-29".parse()?);
    /// assert!(market.listed().len() > 6000);
    /// let beijing = market.listed().iter().filter(|share| share.exchange == Exchange::Bj);
    /// assert!(beijing.count() > 280);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn listed(&self) -> &[Instrument] {
        self.listed.get_or_init(|| {
            listed::all(self.seed, &self.instruments, &calendar::trading_days(self.until), self.clock)
        })
    }

    /// Whether the exchanges are open on `day`: on weekdays that are not public holidays, future ones included.
    pub fn is_trading_day(&self, day: Date) -> bool {
        calendar::is_trading_day(day)
    }

    /// The market's today.
    pub fn until(&self) -> Date {
        self.until
    }
}

#[cfg(test)]
mod tests;
