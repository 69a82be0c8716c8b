//! Days and times lie on trading days, and not in the future.

use arrow_array::Array;
use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, TimestampMillisecondType};
use jiff::Timestamp;

use super::{Checked, first_wrong, key, within};
use crate::calendar::Sessions;
use crate::date;
use crate::error::SourceError;
use crate::symbol::Symbol;
use crate::venue::Venue;

/// How far a time may lie ahead of our clock, which may be slow: and a bar of an hour that has just begun is labelled by its end.
const AHEAD: i64 = 2 * 3_600 * 1_000;

const DAY: i64 = 24 * 3_600 * 1_000;

pub(super) fn check(table: &Checked<'_>, name: &str) -> Result<(), SourceError> {
    let column = table.batch.column_by_name(name).ok_or_else(|| table.misses(name))?;
    let venue = match table.selection.symbols() {
        [one, others @ ..] if others.iter().all(|symbol| symbol.venue() == one.venue()) => Some(one.venue()),
        _ => None,
    };
    if let Some(days) = column.as_primitive_opt::<Date32Type>() {
        let latest = |venue: Venue| date::days_since_epoch(venue.zone().day(table.now));
        return match venue {
            Some(venue) => {
                let day = |day: i32| day;
                of_one(table, venue, latest(venue), days.values(), day)
            }
            None => each(table, column, |row, venue| {
                let day = *days.values().get(row)?;
                Some((day, day <= latest(venue)))
            }),
        };
    }
    let Some(times) = column.as_primitive_opt::<TimestampMillisecondType>() else {
        return Err(table.misses(name));
    };
    let zone = within::zone(column);
    let latest = table.now.as_millisecond().saturating_add(AHEAD);
    // The zones of China are eight hours ahead all year.
    let shift = match zone {
        crate::venue::Zone::NewYork => None,
        _ => Some(8 * 3_600 * 1_000),
    };
    let day = |time: i64| match shift {
        Some(shift) => i32::try_from((time.saturating_add(shift)).div_euclid(DAY)).unwrap_or(i32::MAX),
        None => {
            Timestamp::from_millisecond(time).map_or(i32::MAX, |time| date::days_since_epoch(zone.day(time)))
        }
    };
    match (venue, times.nulls()) {
        (Some(venue), None) => of_one(table, venue, latest, times.values(), day),
        _ => each(table, column, |row, _| {
            let time = *times.values().get(row)?;
            Some((day(time), time <= latest))
        }),
    }
}

/// Checks the rows of one venue.
fn of_one<T: Copy + PartialOrd>(
    table: &Checked<'_>,
    venue: Venue,
    latest: T,
    values: &[T],
    day: impl Fn(T) -> i32,
) -> Result<(), SourceError> {
    let sessions = Sessions::of(venue);
    let is_right =
        |value: &T| (*value <= latest) & sessions.is_none_or(|sessions| sessions.may_trade(day(*value)));
    match first_wrong(values.iter(), is_right) {
        None => Ok(()),
        Some(row) => Err(wrong(table, row, values.get(row).is_some_and(|value| *value <= latest))),
    }
}

/// Checks each row by the venue of its own symbol. `read` gives its day, and whether it is not in the future; nothing for a null.
fn each(
    table: &Checked<'_>,
    column: &dyn Array,
    read: impl Fn(usize, Venue) -> Option<(i32, bool)>,
) -> Result<(), SourceError> {
    let symbols = table.spec.key.first().and_then(|name| table.batch.column_by_name(name));
    for row in 0..column.len() {
        let symbol =
            symbols.and_then(|symbols| key::text(symbols, row)).and_then(|text| text.parse::<Symbol>().ok());
        let Some(venue) = symbol.map(|symbol| symbol.venue()) else { continue };
        if column.is_null(row) {
            continue;
        }
        let Some((day, is_past)) = read(row, venue) else { continue };
        if !is_past || Sessions::of(venue).is_some_and(|sessions| !sessions.may_trade(day)) {
            return Err(wrong(table, row, is_past));
        }
    }
    Ok(())
}

#[cold]
fn wrong(table: &Checked<'_>, row: usize, is_past: bool) -> SourceError {
    let what = if is_past {
        "expected a trading day, got one on which the exchange is closed"
    } else {
        "expected a time in the past, got one in the future"
    };
    table.invalid(row, what)
}
