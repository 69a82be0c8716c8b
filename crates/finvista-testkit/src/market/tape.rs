//! The minutes of a day: a path through the day's bar that adds up to it.

use fastrand::Rng;
use jiff::ToSpan;
use jiff::civil::{Date, DateTime, Time, time};

use super::terms::{Bar, Kind, MinuteBar};

/// Minutes of trading in a day: 09:30 to 11:30 and 13:00 to 15:00.
pub(super) const SESSION: usize = 240;
/// The orders of the closing auction wait from 14:57 to 15:00: nothing trades in the two minutes before the last.
const WAITING: [usize; 2] = [237, 238];

/// The end of the minute `index` of the session.
pub(super) fn end(day: Date, index: usize) -> DateTime {
    let (begin, past) = match index.checked_sub(SESSION / 2) {
        None => (time(9, 30, 0, 0), index),
        Some(past) => (time(13, 0, 0, 0), past),
    };
    let minutes = i64::try_from(past + 1).unwrap_or(0).minutes();
    DateTime::from_parts(day, begin.saturating_add(minutes))
}

/// How an instrument trades within a day.
pub(super) struct Tape {
    kind: Kind,
    /// Ticks in one cent.
    per_fen: i64,
}

impl Tape {
    pub(super) fn of(kind: Kind, decimals: u32) -> Self {
        Self { kind, per_fen: if decimals == 3 { 10 } else { 1 } }
    }

    /// The minutes of a whole day.
    pub(super) fn day(&self, bar: &Bar) -> Vec<MinuteBar> {
        // The bar itself is the seed: a day looks the same in every market that has it.
        let seed =
            [bar.open, bar.high, bar.low, bar.close, bar.volume, bar.amount].iter().fold(0, |seed, part| {
                u64::wrapping_add(u64::wrapping_mul(seed, 0x9E37_79B9_7F4A_7C15), part.unsigned_abs())
            });
        let mut rng = Rng::with_seed(seed);
        let mut minutes = self.path(bar, &mut rng);
        let is_spread = match self.kind {
            Kind::Index => self.share(bar, &mut minutes, &mut rng),
            _ => self.trade(bar, &mut minutes, &mut rng),
        };
        if is_spread { minutes } else { single(bar) }
    }

    /// Prices from the open by way of the high and the low to the close; no volumes yet.
    fn path(&self, bar: &Bar, rng: &mut Rng) -> Vec<MinuteBar> {
        let (first, second) = (rng.usize(0..100), rng.usize(120..230));
        let (rise, fall) = if rng.bool() { (first, second) } else { (second, first) };
        let mut keys = [(rise, bar.high), (fall, bar.low)];
        keys.sort_unstable();
        let [one, two] = keys;
        let keys = [one, two, (SESSION - 4, bar.close), (SESSION - 1, bar.close)];
        let width = (bar.high - bar.low) as f64;
        let (mut from, mut last, mut minutes) = ((0, bar.open), bar.open, Vec::with_capacity(SESSION));
        for index in 0..SESSION {
            let to = keys.into_iter().find(|key| key.0 >= index).unwrap_or((SESSION - 1, bar.close));
            let way = if to.0 > from.0 { (index - from.0) as f64 / (to.0 - from.0) as f64 } else { 1.0 };
            let along = from.1 as f64 + (to.1 - from.1) as f64 * way;
            let noise = (rng.f64() - 0.5) * 0.1 * width;
            let mut close = ((along + noise).round() as i64).clamp(bar.low, bar.high);
            if index == to.0 {
                (close, from) = (to.1, to);
            }
            let mut open = last;
            let mut wick = || (rng.f64() * 0.02 * width).round() as i64;
            let (up, down) = (wick(), wick());
            if self.kind != Kind::Index && index == SESSION - 1 {
                // The closing auction has one price.
                open = close;
            }
            let is_flat = self.kind != Kind::Index && index > SESSION - 4;
            let (up, down) = if is_flat { (0, 0) } else { (up, down) };
            let close = if self.kind != Kind::Index && WAITING.contains(&index) { last } else { close };
            minutes.push(MinuteBar {
                end: end(bar.date, index),
                open,
                high: (open.max(close) + up).min(bar.high),
                low: (open.min(close) - down).max(bar.low),
                close,
                volume: 0,
                amount: 0,
            });
            last = close;
        }
        minutes
    }

    /// Shares out the volume and the amount of an index, which have nothing to do with its prices.
    fn share(&self, bar: &Bar, minutes: &mut [MinuteBar], rng: &mut Rng) -> bool {
        let weights: Vec<f64> = minutes.iter().map(|_| 0.3 + rng.f64()).collect();
        let parts = |total: i64| apportion(total, &weights);
        let lots = parts(bar.volume / 100);
        for ((minute, lots), amount) in minutes.iter_mut().zip(lots).zip(parts(bar.amount)) {
            (minute.volume, minute.amount) = (lots * 100, amount);
        }
        true
    }

    /// Shares out volume and amount so that each minute's amount per share lies between its low and its high. Whether
    /// that was possible: on a day with hardly any trade it is not.
    fn trade(&self, bar: &Bar, minutes: &mut [MinuteBar], rng: &mut Rng) -> bool {
        let lots = bar.volume / 100;
        if lots < i64::try_from(10 * SESSION).unwrap_or(i64::MAX) {
            return false;
        }
        let weight = |index: usize| match index {
            index if WAITING.contains(&index) => 0.0,
            0 => 6.0,
            index if index == SESSION - 1 => 5.0,
            _ => 0.3 + rng.f64(),
        };
        let mut weights: Vec<f64> = (0..minutes.len()).map(weight).collect();
        let paid = bar.amount as f64 * self.per_fen as f64 / bar.volume as f64;
        balance(&mut weights, &minutes.iter().map(typical).collect::<Vec<_>>(), paid);
        for (minute, lots) in minutes.iter_mut().zip(apportion(lots, &weights)) {
            minute.volume = lots * 100;
        }
        // An odd lot needs room between low and high, since its product may be no whole cent.
        if let Some(widest) = minutes.iter_mut().max_by_key(|m| (m.high - m.low, m.volume)) {
            widest.volume += bar.volume % 100;
        }
        let mut left = bar.amount;
        for minute in minutes.iter_mut() {
            minute.amount = self.amount(minute);
            left -= minute.amount;
        }
        for minute in minutes.iter_mut() {
            let (least, most) = self.range(minute);
            let step = left.clamp((least - minute.amount).min(0), (most - minute.amount).max(0));
            minute.amount += step;
            left -= step;
        }
        left == 0
    }

    /// The minutes that have begun by `clock`. The last one holds what has traded in it so far.
    pub(super) fn until(&self, minutes: &[MinuteBar], clock: Time) -> Vec<MinuteBar> {
        let left = |minute: &MinuteBar| seconds(minute.end.time()) - seconds(clock);
        let begun = minutes.iter().take_while(|minute| left(minute) < 60);
        begun
            .map(|minute| if left(minute) <= 0 { *minute } else { self.part(minute, 60 - left(minute)) })
            .collect()
    }

    /// What a minute looks like after the first `seconds` of it.
    fn part(&self, minute: &MinuteBar, seconds: i64) -> MinuteBar {
        let close = minute.open + (minute.close - minute.open) * seconds / 60;
        let (high, low) = (minute.open.max(close), minute.open.min(close));
        let volume = match minute.volume * seconds / 60 {
            odd @ ..100 => odd.max(minute.volume.min(1)),
            volume => volume / 100 * 100,
        };
        let part = MinuteBar { high, low, close, volume, ..*minute };
        let amount = match self.kind {
            Kind::Index => minute.amount / 60 * seconds,
            _ => self.amount(&part),
        };
        MinuteBar { amount, ..part }
    }

    /// The amount at the typical price, where that is possible.
    fn amount(&self, minute: &MinuteBar) -> i64 {
        let (least, most) = self.range(minute);
        let amount = typical(minute) * minute.volume as f64 / self.per_fen as f64;
        (amount.round() as i64).clamp(least, most.max(least))
    }

    /// The amounts at the low and at the high.
    fn range(&self, minute: &MinuteBar) -> (i64, i64) {
        let least = (minute.low * minute.volume + self.per_fen - 1) / self.per_fen;
        (least, minute.high * minute.volume / self.per_fen)
    }
}

/// The whole day in its first minute, and none after it.
fn single(bar: &Bar) -> Vec<MinuteBar> {
    let Bar { open, high, low, close, volume, amount, .. } = *bar;
    let first = MinuteBar { end: end(bar.date, 0), open, high, low, close, volume, amount };
    let flat = |index| MinuteBar {
        end: end(bar.date, index),
        open: close,
        high: close,
        low: close,
        close,
        volume: 0,
        amount: 0,
    };
    std::iter::once(first).chain((1..SESSION).map(flat)).collect()
}

fn typical(minute: &MinuteBar) -> f64 {
    (minute.open + minute.high + minute.low + minute.close) as f64 / 4.0
}

/// Scales the weights of the dear and of the cheap minutes until the mean price is `paid`, if both kinds exist.
fn balance(weights: &mut [f64], prices: &[f64], paid: f64) {
    let total = |is_dear: bool| {
        let chosen = weights.iter().zip(prices).filter(|(_, price)| (**price >= paid) == is_dear);
        chosen.fold((0.0, 0.0), |(weight, value), (w, price)| (weight + w, value + w * price))
    };
    let ((dear, dear_value), (cheap, cheap_value)) = (total(true), total(false));
    if dear <= 0.0 || cheap <= 0.0 {
        return;
    }
    let (above, below) = (dear_value / dear, cheap_value / cheap);
    let share = if above > below { (paid - below) / (above - below) } else { 0.5 };
    for (weight, price) in weights.iter_mut().zip(prices) {
        *weight *= if *price >= paid { share / dear } else { (1.0 - share) / cheap };
    }
}

/// `total` in whole parts by weight. Only `+ - * /`, so that every machine rounds alike.
fn apportion(total: i64, weights: &[f64]) -> Vec<i64> {
    let whole: f64 = weights.iter().sum();
    let (mut reached, mut given, mut parts) = (0.0, 0, Vec::with_capacity(weights.len()));
    for (index, weight) in weights.iter().enumerate() {
        reached += weight;
        let is_last = index + 1 == weights.len();
        let upto = if is_last { total } else { ((reached / whole * total as f64) as i64).min(total) };
        parts.push(upto - given);
        given = upto;
    }
    parts
}

fn seconds(time: Time) -> i64 {
    i64::from(time.hour()) * 3600 + i64::from(time.minute()) * 60 + i64::from(time.second())
}
