//! The random walk: bars and ex-dates of one listing, in whole ticks.
//!
//! Only `+ - * /` on floating point numbers, so that every machine draws the same market.

use fastrand::Rng;
use jiff::civil::{Date, Time, date};

use super::calendar::FIRST_DAY;
use super::catalogue::{Dividends, Listing, Special};
use super::decimal::{half_up, limits};
use super::instrument::Instrument;
use super::minute;
use super::names::initials;
use super::quote::Quote;
use super::quoting;
use super::terms::{Bar, Event, Exchange, Kind, State};

/// Trading days that a young listing has behind it on the last day.
const YOUNG: usize = 200;
/// The long halt in the history of the listing that is halted again on the last day.
const HALT: (Date, Date) = (date(2018, 3, 1), date(2018, 9, 3));
/// The last day of the delisted one.
const DELISTED: Date = date(2022, 6, 17);

/// Draws the whole history of `listing` on `days`. With a `clock` the last day is under way.
pub(super) fn instrument(seed: u64, listing: &Listing<'_>, days: &[Date], clock: Option<Time>) -> Instrument {
    let mut walk = Walk::new(seed, listing);
    let first = match listing.special {
        Special::Young => days.len().saturating_sub(YOUNG),
        _ => 0,
    };
    let (mut bars, mut events, mut issue_price) = (Vec::with_capacity(days.len()), Vec::new(), listing.price);
    for (index, day) in days.iter().enumerate() {
        if !trades(listing, *day, index + 1 == days.len()) {
            continue;
        }
        // A young listing is drawn from the beginning too and shown from its first day on: the walk then does not
        // depend on where it is cut.
        let before = walk.close;
        let event = walk.event(*day);
        let bar = walk.bar(*day);
        if index >= first {
            if bars.is_empty() {
                issue_price = event.map_or(before, |e| e.reference);
            } else {
                events.extend(event);
            }
            bars.push(bar);
        }
    }
    if listing.special == Special::LimitUp
        && let [.., before, last] = bars.as_mut_slice()
    {
        walk.lift_to_limit(before.close, last);
    }
    let state = match listing.state() {
        State::NotListed => State::NotListed,
        State::CodeChanged => State::CodeChanged,
        _ if bars.is_empty() => State::NotListed,
        state => state,
    };
    let mut instrument = Instrument {
        exchange: listing.exchange,
        code: listing.code.to_owned(),
        name: listing.name.to_owned(),
        kind: listing.kind,
        decimals: listing.decimals(),
        listed: bars.first().map_or(FIRST_DAY, |bar| bar.date),
        state,
        issue_price,
        float_shares: walk.float,
        // Not all shares float; the ratio is the code's, so that it is the same in every market.
        total_shares: walk.float + walk.float / 100 * (walk.code % 40),
        bars,
        events,
        quote: Quote::default(),
        running: None,
        initials: initials(listing.name),
    };
    if let Some(clock) = clock
        && instrument.state == State::Trading
        && let Some(last) = instrument.bars.last_mut().filter(|bar| Some(&bar.date) == days.last())
        && let Some(now) =
            minute::so_far(last, instrument.kind, instrument.decimals, instrument.float_shares, clock)
    {
        instrument.running = Some((std::mem::replace(last, now), clock));
    }
    instrument.quote = quoting::of(&instrument, listing.limit(), days.last().copied(), walk.rng);
    instrument
}

fn trades(listing: &Listing<'_>, day: Date, is_last: bool) -> bool {
    match listing.special {
        Special::NotListed | Special::CodeChanged => false,
        Special::Delisted => day <= DELISTED,
        Special::CallAuction => !is_last,
        Special::Suspended => !is_last && (day < HALT.0 || HALT.1 <= day),
        Special::Ordinary | Special::Young | Special::LimitUp | Special::TinyVolume => true,
    }
}

struct Walk<'a> {
    rng: Rng,
    listing: &'a Listing<'a>,
    code: i64,
    close: i64,
    /// Where the price is pulled back to; it grows by 6 % a year and falls with every ex-date.
    home: f64,
    float: i64,
    /// The ex-date planned for this year.
    planned: Option<Date>,
    year: i16,
}

impl<'a> Walk<'a> {
    fn new(seed: u64, listing: &'a Listing<'a>) -> Self {
        let code: i64 = listing.code.trim_start_matches('H').parse().unwrap_or(0);
        let place = u64::from(listing.exchange.prefix().as_bytes().last().copied().unwrap_or(0));
        let own = code.unsigned_abs() + place * 1_000_000;
        Self {
            rng: Rng::with_seed(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(own)),
            listing,
            code,
            close: listing.price,
            home: listing.price as f64,
            float: listing.float * 10_000,
            planned: None,
            year: 0,
        }
    }

    /// Goes ex on the first traded day on or after the planned one.
    fn event(&mut self, day: Date) -> Option<Event> {
        if day.year() != self.year {
            self.year = day.year();
            let (month, of_month) = (self.rng.i8(5..=7), self.rng.i8(1..=28));
            let pays = self.listing.dividends != Dividends::Never;
            self.planned = pays.then(|| date(self.year, month, of_month));
        }
        if self.planned.is_none_or(|planned| day < planned) {
            return None;
        }
        self.planned = None;
        let previous_close = self.close;
        let per_fen = self.per_fen();
        // 0.5 to 3.5 percent of the price in cash, at least one cent for ten shares.
        let permille = 5 + self.rng.i64(0..=30);
        let cash_per_10 = (previous_close * permille / 100 / per_fen).max(1);
        let gives_shares = self.listing.dividends == Dividends::CashAndShares && self.rng.u8(0..8) == 0;
        let shares_per_10 = if gives_shares { self.rng.i64(2..=5) } else { 0 };
        let reference =
            half_up(10 * previous_close - cash_per_10 * per_fen, 10 + shares_per_10).min(previous_close);
        let factor = previous_close as f64 / reference as f64;
        self.close = reference;
        self.home /= factor;
        self.float += self.float / 10 * shares_per_10;
        Some(Event { date: day, cash_per_10, shares_per_10, previous_close, reference, factor })
    }

    fn bar(&mut self, day: Date) -> Bar {
        let reference = self.close;
        let (lowest, highest) = self.limits(reference);
        let sigma = match self.listing.kind {
            Kind::Index => 0.02,
            Kind::Fund => 0.025,
            Kind::Star | Kind::ChiNext | Kind::Beijing => 0.05,
            Kind::Main | Kind::BShare => 0.036,
        };
        self.home *= 1.000_24;
        let pull = 0.01 * (self.home / reference as f64 - 1.0);
        let moved = |change: f64| (reference as f64 * (1.0 + change)).round() as i64;
        let gap = self.noise() * sigma * 0.3;
        let change = self.noise() * sigma + pull;
        let (mut open, mut close) = (moved(gap).clamp(lowest, highest), moved(change).clamp(lowest, highest));
        let mut wick = || (self.rng.f64() * 0.4 * sigma * reference as f64).round() as i64;
        let (mut high, mut low) = (
            (open.max(close) + wick()).clamp(lowest, highest),
            (open.min(close) - wick()).clamp(lowest, highest),
        );
        if self.listing.kind != Kind::Index {
            // Now and then a day ends at its limit, and sometimes it knows no other price.
            match self.rng.u16(0..1000) {
                0..=4 => (close, high) = (highest, highest),
                5..=9 => (close, low) = (lowest, lowest),
                10..=11 => (open, high, low, close) = (highest, highest, highest, highest),
                _ => {}
            }
        }
        self.close = close;
        let volume = self.volume();
        let mut bar = Bar { date: day, open, high, low, close, volume, amount: 0, turnover: 0 };
        self.pay(&mut bar);
        bar
    }

    /// Shares traded; odd lots are ordinary, since holdings may be sold off.
    fn volume(&mut self) -> i64 {
        let u = self.rng.f64();
        let volume = (self.float as f64 * 0.006 * (0.3 + 2.1 * u * u)) as i64;
        match (self.listing.kind, self.listing.special) {
            (_, Special::TinyVolume) if self.rng.u8(0..5) == 0 => self.rng.i64(1..100),
            (Kind::Index, _) => volume / 100 * 100,
            _ => volume.max(1),
        }
    }

    /// Fills in amount and turnover. Shanghai books whole yuan, the others cents.
    fn pay(&mut self, bar: &mut Bar) {
        if self.listing.kind == Kind::Index {
            // An index is not traded: its amount is that of its shares, at some 15 yuan a share.
            bar.amount = bar.volume * (1400 + self.rng.i64(0..200));
        } else {
            let unit = if self.listing.exchange == Exchange::Sh { 100 } else { 1 };
            let per_unit = self.per_fen() * unit;
            let range = |bar: &Bar| {
                ((bar.low * bar.volume + per_unit - 1) / per_unit, bar.high * bar.volume / per_unit)
            };
            let (mut least, mut most) = range(bar);
            if least > most {
                // A day of one price whose amount would not be whole cents: trade round numbers instead.
                bar.volume = (bar.volume / 1000 + 1) * 1000;
                (least, most) = range(bar);
            }
            let typical = (bar.open + bar.high + bar.low + bar.close) * (bar.volume / 4) / per_unit;
            bar.amount = typical.clamp(least, most) * unit;
        }
        bar.turnover = half_up(bar.volume * 10_000, self.float);
    }

    /// Lets the last bar close at the upper limit.
    fn lift_to_limit(&mut self, before: i64, bar: &mut Bar) {
        let highest = self.limits(before).1;
        (bar.high, bar.close) = (highest, highest);
        self.pay(bar);
    }

    fn limits(&self, reference: i64) -> (i64, i64) {
        limits(reference, self.listing.limit())
    }

    /// Ticks in one cent.
    fn per_fen(&self) -> i64 {
        if self.listing.decimals() == 3 { 10 } else { 1 }
    }

    /// A number between -1.5 and 1.5 with standard deviation 0.5, bell-shaped.
    fn noise(&mut self) -> f64 {
        self.rng.f64() + self.rng.f64() + self.rng.f64() - 1.5
    }
}
