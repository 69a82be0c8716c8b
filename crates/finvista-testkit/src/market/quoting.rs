//! The quote of the last day.

use fastrand::Rng;
use jiff::civil::{Date, DateTime, time};

use super::decimal::limits;
use super::instrument::Instrument;
use super::quote::{AfterHours, Level, Quote};
use super::terms::{Exchange, Kind, State};

/// The quote of `instrument` on `today`, the last trading day.
pub(super) fn of(instrument: &Instrument, percent: Option<i64>, today: Option<Date>, mut rng: Rng) -> Quote {
    let today = today.unwrap_or(instrument.listed);
    let at = |clock| DateTime::from_parts(today, clock);
    let last = instrument.bars.last().map(|bar| bar.close);
    let band = |pre_close: i64| {
        percent.map(|_| limits(pre_close, percent)).map(|(lowest, highest)| (highest, lowest))
    };
    match instrument.state {
        State::Trading => {
            let clock = instrument.running.map_or(time(15, 0, 3, 0), |(_, clock)| clock);
            trading(instrument, at(clock), band, &mut rng)
        }
        State::CallAuction => {
            let pre_close = last.unwrap_or(instrument.issue_price);
            let matched = pre_close - rng.i64(1..=(pre_close / 200).max(1));
            let side = Level { price: matched, volume: rng.i64(50..2000) * 100 };
            let unmatched = Level { price: 0, volume: rng.i64(1..500) * 100 };
            let mut quote = Quote {
                time: at(time(9, 22, 33, 0)),
                price: Some(matched),
                pre_close: Some(pre_close),
                limits: band(pre_close),
                ..Quote::default()
            };
            quote.bids = [side, Level::default(), Level::default(), Level::default(), Level::default()];
            quote.asks = [side, unmatched, Level::default(), Level::default(), Level::default()];
            quote
        }
        State::Suspended => Quote {
            time: at(time(15, 0, 3, 0)),
            pre_close: last,
            limits: last.and_then(band),
            ..Quote::default()
        },
        State::Delisted => Quote { time: at(time(9, 0, 0, 0)), pre_close: last, ..Quote::default() },
        State::CodeChanged => {
            Quote { time: at(time(9, 0, 0, 0)), pre_close: Some(instrument.issue_price), ..Quote::default() }
        }
        State::NotListed => Quote { time: at(time(9, 0, 0, 0)), ..Quote::default() },
    }
}

fn trading(
    instrument: &Instrument,
    time: DateTime,
    band: impl Fn(i64) -> Option<(i64, i64)>,
    rng: &mut Rng,
) -> Quote {
    let (bar, before) = match instrument.bars.as_slice() {
        [.., before, bar] => (bar, before.close),
        [bar] => (bar, instrument.issue_price),
        [] => return Quote { time, ..Quote::default() },
    };
    let ex_today = instrument.events.last().filter(|event| event.date == bar.date);
    let pre_close = ex_today.map_or(before, |event| event.reference);
    let limits = band(pre_close);
    let (highest, lowest) = limits.unwrap_or((i64::MAX, 1));
    let mut quote = Quote {
        time,
        price: Some(bar.close),
        pre_close: Some(pre_close),
        open: Some(bar.open),
        high: Some(bar.high),
        low: Some(bar.low),
        volume: bar.volume,
        amount: bar.amount,
        turnover: bar.turnover,
        limits,
        ..Quote::default()
    };
    if instrument.kind == Kind::Index {
        return quote;
    }
    // At the upper limit there are no offers, at the lower one no bids.
    let best_bid = if bar.close == highest { bar.close } else { bar.close - rng.i64(0..=1) };
    let best_ask = if bar.close == lowest { bar.close } else { best_bid + 1 };
    let size = (bar.volume / 400).max(100);
    for (step, (bid, ask)) in (0..).zip(quote.bids.iter_mut().zip(quote.asks.iter_mut())) {
        if best_bid - step >= lowest && bar.close != lowest {
            *bid = Level { price: best_bid - step, volume: odd_lots(rng, size) };
        }
        if best_ask + step <= highest && bar.close != highest {
            *ask = Level { price: best_ask + step, volume: odd_lots(rng, size) };
        }
    }
    let after_hours = matches!(instrument.kind, Kind::Star | Kind::ChiNext);
    if after_hours && instrument.exchange != Exchange::Bj && instrument.running.is_none() {
        let volume = rng.i64(1..200) * 100;
        let amount = volume * bar.close;
        quote.after_hours = Some(AfterHours { volume, amount });
    }
    quote
}

/// Mostly whole lots; a remainder of shares sold off shows up now and then.
fn odd_lots(rng: &mut Rng, size: i64) -> i64 {
    let lots = rng.i64(1..=size / 50 + 1) * 100;
    if rng.u8(0..6) == 0 { lots + rng.i64(1..100) } else { lots }
}
