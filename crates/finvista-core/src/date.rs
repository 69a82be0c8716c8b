//! Dates and times in China, with a fixed offset and without a time-zone database.

use std::sync::LazyLock;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Weekday};
use jiff::tz::Offset;

use crate::error::InvalidInput;

/// Reads a day in one of the forms `2024-01-31`, `2024-1-31`, `2024/01/31` and `20240131`.
///
/// # Errors
///
/// When the text has none of these forms, or the day does not exist. The year needs four digits.
pub fn parse(text: &str) -> Result<Date, InvalidInput> {
    let text = text.trim();
    let format = if text.contains('/') {
        Some("%Y/%m/%d")
    } else if text.contains('-') {
        Some("%Y-%m-%d")
    } else {
        (text.len() == 8).then_some("%Y%m%d")
    };
    let day = format.and_then(|format| Date::strptime(format, text).ok());
    day.filter(|day| day.year() >= FIRST_YEAR).ok_or_else(|| {
        InvalidInput::new(format!("expected a date such as 2024-01-31 or 20240131, got {text:?}"))
    })
}

/// The first year of four digits.
pub(crate) const FIRST_YEAR: i16 = 1_000;

/// The instant of a wall-clock time in China, or `None` if it is out of range of a timestamp.
pub fn at_china(time: DateTime) -> Option<Timestamp> {
    OFFSET.to_timestamp(time).ok()
}

/// The number of weekdays in `start..=end`: an upper bound of the trading days, exact except for holidays.
pub fn weekdays(start: Date, end: Date) -> i64 {
    if end < start {
        return 0;
    }
    let days = i64::from(days_since_epoch(end)) - i64::from(days_since_epoch(start)) + 1;
    let rest = (0..days % 7)
        .filter_map(|n| start.checked_add(jiff::Span::new().days(n)).ok())
        .filter(|day| !matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday))
        .count();
    days / 7 * 5 + i64::try_from(rest).unwrap_or(0)
}

/// Days since 1970-01-01, as Arrow's `Date32` counts them.
pub fn days_since_epoch(day: Date) -> i32 {
    day.duration_since(EPOCH).as_hours().div_euclid(24).try_into().unwrap_or(i32::MAX)
}

/// The day of a `Date32`, or `None` outside the years −9999 to 9999.
pub fn from_days_since_epoch(days: i32) -> Option<Date> {
    // The algorithm of Neri and Schneider (Euclidean affine functions, 2023).
    const ERAS: i32 = 82;
    let shifted = days.checked_add(719_468 + 146_097 * ERAS)?;
    let quarters = u32::try_from(shifted).ok()?.checked_mul(4)? + 3;
    let (century, rest) = (quarters / 146_097, (quarters % 146_097) | 3);
    let product = 2_939_745 * u64::from(rest);
    let (year_of_century, fraction) = ((product >> 32) as u32, product as u32);
    let day_of_year = fraction / 2_939_745 / 4;
    let month_and_day = 2_141 * day_of_year + 197_913;
    let (month, day) = (month_and_day >> 16, (month_and_day & 0xFFFF) / 2_141 + 1);
    // Its years begin in March.
    let is_next_year = day_of_year >= 306;
    let year = (100 * century + year_of_century) as i32 - 400 * ERAS + i32::from(is_next_year);
    let month = if is_next_year { month - 12 } else { month };
    Date::new(year.try_into().ok()?, month as i8, day as i8).ok()
}

/// The day of a `Date32`, clamped to the range of a date. Reading a table calls this for every row, so the days of the markets
/// are looked up: that takes a fifth of the time of the arithmetic.
#[inline]
pub(crate) fn of_row(days: i32) -> Date {
    /// 1990-01-01, the year in which the exchanges of Shanghai and Shenzhen opened.
    const FIRST: i32 = 7_305;
    /// 60 years.
    const KNOWN: i32 = 21_915;
    static DAYS: LazyLock<Vec<Date>> = LazyLock::new(|| (FIRST..FIRST + KNOWN).map(clamped).collect());
    let place = usize::try_from(days.wrapping_sub(FIRST)).ok();
    match place.and_then(|place| DAYS.get(place)) {
        Some(day) => *day,
        None => clamped(days),
    }
}

fn clamped(days: i32) -> Date {
    from_days_since_epoch(days).unwrap_or(if days < 0 { Date::MIN } else { Date::MAX })
}

const EPOCH: Date = Date::constant(1970, 1, 1);
const OFFSET: Offset = Offset::constant(8);

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn common_forms_of_days_are_read() {
        for text in ["2024-01-05", "2024-1-5", "2024/01/05", "2024/1/5", "20240105", " 2024-01-05 "] {
            assert_eq!(parse(text), Ok(date(2024, 1, 5)), "{text:?}");
        }
        for text in [
            "",
            "2024-02-30",
            "2024-13-01",
            "20241301",
            "240105",
            "yesterday",
            "2024-01-05x",
            "2024-01-05T00:00",
            "24-01-05",
            "0024-01-05",
            "-2-2-2",
            "-2024-01-05",
        ] {
            assert!(parse(text).unwrap_err().to_string().contains("2024-01-31"), "{text:?}");
        }
    }

    #[test]
    fn clocks_in_china_are_eight_hours_ahead() {
        let instant = at_china(date(2022, 11, 22).at(11, 30, 0, 0)).unwrap();
        assert_eq!(instant.to_string(), "2022-11-22T03:30:00Z");
    }

    #[test]
    fn weekdays_are_counted_inclusively() {
        assert_eq!(weekdays(date(2024, 1, 1), date(2024, 1, 5)), 5);
        assert_eq!(weekdays(date(2024, 1, 6), date(2024, 1, 7)), 0);
        assert_eq!(weekdays(date(2024, 1, 5), date(2024, 1, 8)), 2);
        assert_eq!(weekdays(date(2024, 1, 2), date(2024, 1, 1)), 0);
        assert_eq!(weekdays(date(2023, 1, 1), date(2023, 12, 31)), 260);
    }

    #[test]
    fn date32_round_trips() {
        for day in [date(1970, 1, 1), date(1990, 12, 19), date(1969, 12, 31), date(2026, 11, 24)] {
            assert_eq!(from_days_since_epoch(days_since_epoch(day)), Some(day));
        }
        assert_eq!(days_since_epoch(date(1970, 1, 2)), 1);
    }

    #[test]
    fn every_day_follows_the_one_before() {
        let first = days_since_epoch(Date::MIN);
        let mut expected = Date::MIN;
        for days in first..first + 100_000 {
            assert_eq!(from_days_since_epoch(days), Some(expected));
            expected = expected.tomorrow().unwrap();
        }
        let mut expected = date(1850, 1, 1);
        for days in days_since_epoch(expected)..days_since_epoch(date(2150, 1, 1)) {
            assert_eq!(from_days_since_epoch(days), Some(expected));
            expected = expected.tomorrow().unwrap();
        }
        let last = days_since_epoch(Date::MAX);
        assert_eq!((from_days_since_epoch(last), from_days_since_epoch(last + 1)), (Some(Date::MAX), None));
        assert_eq!(from_days_since_epoch(first - 1), None);
        assert_eq!((from_days_since_epoch(i32::MIN), from_days_since_epoch(i32::MAX)), (None, None));
    }

    #[test]
    fn days_of_rows_are_the_same_and_clamped() {
        for days in -40_000..60_000 {
            assert_eq!(Some(of_row(days)), from_days_since_epoch(days));
        }
        assert_eq!((of_row(7_305), of_row(7_305 + 21_914)), (date(1990, 1, 1), date(2049, 12, 31)));
        assert_eq!((of_row(i32::MIN), of_row(i32::MAX)), (Date::MIN, Date::MAX));
    }
}
