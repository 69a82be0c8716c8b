//! Bars held against the testkit's market, of which they tell.

use arrow_array::RecordBatch;
use finvista_core::{Adjust, Period, Query, Zone};
use finvista_testkit::Instrument;
use jiff::civil::Date;

use crate::bench::{Bench, Offered, World};
use crate::report::{Checked, fail};
use crate::table;

/// A bar of the market: its label as the data set has it, prices in ticks, and shares.
struct Truth {
    at: i64,
    day: Date,
    prices: [i64; 4],
    volume: i64,
}

/// The unadjusted bars of an answer are those of the market, in the currency of the instrument and in shares.
pub(super) fn check(bench: &Bench, offered: &Offered, query: &Query, batch: &RecordBatch) -> Checked {
    let rows = table::bars(batch);
    let (Some(instrument), false) = (instrument(bench, query), rows.is_empty()) else { return Ok(()) };
    let inside = |day| query.range().is_none_or(|range| range.contains(day));
    let mut truth = bars(instrument, query);
    truth.retain(|bar| inside(bar.day));
    if rows.len() != truth.len() {
        return fail(format!("{query}: expected the {} bars of the market, got {}", truth.len(), rows.len()));
    }
    let unit = unit(instrument);
    let precision = offered.capability.precision;
    let near = |is: f64, should: f64, tolerance: f64| (is - should).abs() <= tolerance + 1e-9 * should.abs();
    for (row, bar) in rows.iter().zip(&truth) {
        let mut prices = row.prices.iter().zip(bar.prices);
        let right = prices.all(|(&is, ticks)| near(is, ticks as f64 / unit, precision.price))
            && near(row.volume as f64, bar.volume as f64, precision.volume);
        if row.at != bar.at || !right {
            let prices = bar.prices.map(|ticks| ticks as f64 / unit);
            return fail(format!("{query}: expected {} {prices:?} {}, got {row:?}", bar.day, bar.volume));
        }
    }
    Ok(())
}

/// Within a cent, the coarsest rounding of any vendor, the closes are the market's own adjusted ones.
pub(super) fn check_adjusted(bench: &Bench, query: &Query, batch: &RecordBatch) -> Checked {
    let (Some(instrument), Period::Day) = (instrument(bench, query), query.period().unwrap_or_default())
    else {
        return Ok(());
    };
    let adjust = match query.adjust() {
        Some(Adjust::Qfq) => finvista_testkit::Adjust::Qfq,
        _ => finvista_testkit::Adjust::Hfq,
    };
    let adjusted = instrument.adjusted(adjust);
    let truth = instrument.bars().iter().zip(&adjusted);
    let inside = |day| query.range().is_none_or(|range| range.contains(day));
    let truth: Vec<_> =
        truth.filter(|(bar, _)| inside(bar.date)).map(|(bar, price)| (bar.date, price)).collect();
    let rows = table::bars(batch);
    for (row, (day, price)) in rows.iter().zip(&truth) {
        let [.., close] = row.prices;
        if row.day != *day || (close - price.close).abs() > 0.0101 {
            return fail(format!("{query}: expected a close of {} on {day}, got {row:?}", price.close));
        }
    }
    match rows.len() == truth.len() {
        true => Ok(()),
        false => fail(format!("{query}: expected {} bars, got {}", truth.len(), rows.len())),
    }
}

/// The instrument that a query names, where the testkit's market has it.
fn instrument<'a>(bench: &'a Bench, query: &Query) -> Option<&'a Instrument> {
    let market = bench.market().ok().filter(|_| bench.world == World::Market)?;
    market.instrument(&query.symbols().first()?.prefixed()?)
}

fn bars(instrument: &Instrument, query: &Query) -> Vec<Truth> {
    let of_day = |bar: finvista_testkit::Bar| Truth {
        at: finvista_core::date::days_since_epoch(bar.date).into(),
        day: bar.date,
        prices: [bar.open, bar.high, bar.low, bar.close],
        volume: bar.volume,
    };
    match query.period().unwrap_or_default() {
        Period::Week => instrument.bars_by(finvista_testkit::Period::Week).into_iter().map(of_day).collect(),
        Period::Month => {
            instrument.bars_by(finvista_testkit::Period::Month).into_iter().map(of_day).collect()
        }
        Period::Minutes(minutes) => {
            let inside = |day: &Date| query.range().is_none_or(|range| range.contains(*day));
            let days = instrument.bars().iter().map(|bar| bar.date).filter(inside);
            let bars = days.flat_map(|day| instrument.minutes(day, minutes.into()));
            bars.map(|bar| Truth {
                at: Zone::Shanghai.instant(bar.end).map_or(0, |end| end.as_millisecond()),
                day: bar.end.date(),
                prices: [bar.open, bar.high, bar.low, bar.close],
                volume: bar.volume,
            })
            .collect()
        }
        _ => instrument.bars().iter().copied().map(of_day).collect(),
    }
}

/// Ticks in a unit of the currency.
fn unit(instrument: &Instrument) -> f64 {
    10_f64.powi(i32::try_from(instrument.decimals).unwrap_or_default())
}
