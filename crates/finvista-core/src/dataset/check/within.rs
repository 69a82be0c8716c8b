//! Days and times lie in the range of the query.

use arrow_array::Array;
use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, TimestampMillisecondType};
use arrow_schema::DataType;
use jiff::civil::{Date, Time};

use super::Checked;
use crate::date;
use crate::error::SourceError;
use crate::range::DateRange;
use crate::venue::Zone;

pub(super) fn check(table: &Checked<'_>, name: &str) -> Result<(), SourceError> {
    let day = table.selection.day();
    let range = match (table.selection.range(), DateRange::new(day, day)) {
        (Some(range), _) => range,
        (None, Ok(range)) if day.is_some() => range,
        _ => return Ok(()),
    };
    let column = table.batch.column_by_name(name).ok_or_else(|| table.misses(name))?;
    let outside = if let Some(days) = column.as_primitive_opt::<Date32Type>() {
        let bound = |day: Option<Date>, open| day.map_or(open, date::days_since_epoch);
        let range = bound(range.start(), i32::MIN)..=bound(range.end(), i32::MAX);
        first_outside(days.values(), |day| range.contains(day))
    } else if let Some(times) = column.as_primitive_opt::<TimestampMillisecondType>() {
        let zone = zone(column);
        let bound = |day: Option<Date>, time: Time, open| {
            day.and_then(|day| zone.instant(day.to_datetime(time))).map_or(open, |at| at.as_millisecond())
        };
        let end = range.end().and_then(|day| day.tomorrow().ok());
        let range = bound(range.start(), Time::midnight(), i64::MIN)..bound(end, Time::midnight(), i64::MAX);
        first_outside(times.values(), |time| range.contains(time))
    } else {
        return Err(table.misses(name));
    };
    match outside.filter(|&row| column.is_valid(row)) {
        Some(row) => Err(table.invalid(row, &format!("expected a row in the range asked for ({range})"))),
        None => Ok(()),
    }
}

/// The first value outside. Values usually ascend, so looking at both ends is enough.
fn first_outside<T: Copy + PartialOrd>(values: &[T], inside: impl Fn(&T) -> bool) -> Option<usize> {
    let ends = [values.first(), values.last()].into_iter().flatten().all(&inside);
    if ends && values.is_sorted() {
        return None;
    }
    values.iter().position(|value| !inside(value))
}

/// The time zone of a column of times.
pub(super) fn zone(column: &dyn Array) -> Zone {
    match column.data_type() {
        DataType::Timestamp(_, Some(name)) => [Zone::Shanghai, Zone::HongKong, Zone::NewYork]
            .into_iter()
            .find(|zone| zone.name() == &**name)
            .unwrap_or(Zone::Shanghai),
        _ => Zone::Shanghai,
    }
}
