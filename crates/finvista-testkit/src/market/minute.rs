//! Bars of minutes, and a day under way.

use jiff::civil::{Date, DateTime, Time};

use super::decimal::half_up;
use super::instrument::Instrument;
use super::tape::{SESSION, Tape, end};
use super::terms::{Adjust, Bar, Kind, MinuteBar};

impl Instrument {
    /// The bars of `size` minutes (1, 5, 15, 30 or 60) on `day`, ascending, as traded. They add up to the day's bar. During
    /// a session the last one is the bar under way. None on a day without a trade.
    pub fn minutes(&self, day: Date, size: usize) -> Vec<MinuteBar> {
        match self.bars.binary_search_by_key(&day, |bar| bar.date) {
            Ok(at) => self.minutes_at(at, size),
            Err(_) => Vec::new(),
        }
    }

    /// The newest `count` bars of `size` minutes on the newest `days` traded days, ascending.
    pub(crate) fn newest_minutes(&self, size: usize, days: usize, count: usize) -> Vec<MinuteBar> {
        let (mut found, mut chunks) = (0, Vec::new());
        for at in (self.bars.len().saturating_sub(days)..self.bars.len()).rev() {
            if found >= count {
                break;
            }
            let bars = self.minutes_at(at, size);
            found += bars.len();
            chunks.push(bars);
        }
        chunks.into_iter().rev().flatten().skip(found.saturating_sub(count)).collect()
    }

    /// What the prices of `day` are divided by (qfq) or multiplied with (hfq).
    pub(crate) fn factor(&self, day: Date, adjust: Adjust) -> f64 {
        self.factors(adjust).iter().rev().find(|step| step.0 <= day).map_or(1.0, |step| step.1)
    }

    fn minutes_at(&self, at: usize, size: usize) -> Vec<MinuteBar> {
        let Some(bar) = self.bars.get(at) else { return Vec::new() };
        let tape = Tape::of(self.kind, self.decimals);
        let minutes = match &self.running {
            Some((whole, clock)) if whole.date == bar.date => tape.until(&tape.day(whole), *clock),
            _ => tape.day(bar),
        };
        let size = size.max(1);
        let chunks = minutes.chunks(size).enumerate();
        chunks.filter_map(|(chunk, bars)| sum(end(bar.date, (chunk + 1) * size - 1), bars)).collect()
    }
}

/// The bar of a day at `clock`, put together from its minutes; `None` before the first of them.
pub(super) fn so_far(whole: &Bar, kind: Kind, decimals: u32, float: i64, clock: Time) -> Option<Bar> {
    let tape = Tape::of(kind, decimals);
    let bar = sum(end(whole.date, SESSION - 1), &tape.until(&tape.day(whole), clock))?;
    let turnover = half_up(bar.volume * 10_000, float);
    let MinuteBar { open, high, low, close, volume, amount, .. } = bar;
    Some(Bar { date: whole.date, open, high, low, close, volume, amount, turnover })
}

/// Several bars as one that ends at `end`; `None` for none.
fn sum(end: DateTime, bars: &[MinuteBar]) -> Option<MinuteBar> {
    let (first, last) = (bars.first()?, bars.last()?);
    Some(MinuteBar {
        end,
        open: first.open,
        high: bars.iter().map(|bar| bar.high).max()?,
        low: bars.iter().map(|bar| bar.low).min()?,
        close: last.close,
        volume: bars.iter().map(|bar| bar.volume).sum(),
        amount: bars.iter().map(|bar| bar.amount).sum(),
    })
}
