//! Days and times of day, as vendors write them.

use jiff::civil::{Date, Time};

use crate::date;
use crate::error::SourceError;

/// Parses a day such as `2024-06-28`, or in another form that [`date::parse`] reads.
///
/// # Errors
///
/// [`ErrorKind::Decode`](crate::ErrorKind::Decode) when the text is not a day.
#[inline]
pub fn day(field: &str, text: &str) -> Result<Date, SourceError> {
    match plain_day(text.as_bytes()) {
        Some(day) => Ok(day),
        None => date::parse(text).map_err(|e| SourceError::decode(format!("{field}: {e}"))),
    }
}

/// Parses a time of day such as `15:00:00`.
///
/// # Errors
///
/// [`ErrorKind::Decode`](crate::ErrorKind::Decode) when the text is not a time of day.
#[inline]
pub fn time_of_day(field: &str, text: &str) -> Result<Time, SourceError> {
    let time = plain_time(text.as_bytes());
    time.or_else(|| Time::strptime("%H:%M:%S", text).ok()).ok_or_else(|| {
        SourceError::decode(format!("expected a time such as 15:00:00 in {field}, got {text:?}"))
    })
}

/// Only `15:00:00`.
#[inline]
pub(super) fn plain_time(text: &[u8]) -> Option<Time> {
    let &[h1, h2, b':', m1, m2, b':', s1, s2] = text else { return None };
    Time::new(two(h1, h2)?, two(m1, m2)?, two(s1, s2)?, 0).ok()
}

/// Only `2024-06-28`.
#[inline]
pub(super) fn plain_day(text: &[u8]) -> Option<Date> {
    let &[y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = text else { return None };
    let year = i16::from(two(y1, y2)?) * 100 + i16::from(two(y3, y4)?);
    if year < date::FIRST_YEAR {
        return None;
    }
    Date::new(year, two(m1, m2)?, two(d1, d2)?).ok()
}

/// The number of two digits.
#[inline]
fn two(tens: u8, ones: u8) -> Option<i8> {
    let (tens, ones) = (tens.wrapping_sub(b'0'), ones.wrapping_sub(b'0'));
    (tens < 10 && ones < 10).then(|| (tens * 10 + ones) as i8)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::ToSpan;

    #[test]
    fn the_fast_path_agrees_with_the_slow_one() {
        let first = jiff::civil::date(1899, 12, 30);
        for day in first.series(1.day()).take(70_000) {
            let text = day.to_string();
            assert_eq!(plain_day(text.as_bytes()), Some(day));
            assert_eq!(date::parse(&text), Ok(day));
        }
        for text in [
            "2023-02-29",
            "2024-13-01",
            "2024-00-10",
            "2024-1-05",
            "20240105",
            "2024-01-0x",
            "-024-01-05",
            "0024-01-05",
            "",
        ] {
            assert_eq!(plain_day(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn other_forms_are_read_and_other_text_is_refused() {
        assert_eq!(day("date", " 2024-1-5 ").unwrap(), jiff::civil::date(2024, 1, 5));
        assert!(
            day("date", "2023-02-29")
                .unwrap_err()
                .message()
                .contains("date: expected a date such as 2024-01-31")
        );
    }

    #[test]
    fn times_of_day_exist() {
        assert_eq!(time_of_day("time", "09:25:03").unwrap(), jiff::civil::time(9, 25, 3, 0));
        for text in ["24:00:00", "09:60:00", "09:25", "09:25:0x", ""] {
            assert!(time_of_day("time", text).unwrap_err().message().contains("in time, got"), "{text}");
        }
    }
}
