//! The trading days of the mainland exchanges, as far as they are published: see `calendar.txt`.

use std::sync::LazyLock;

use jiff::civil::{Date, Weekday, date};

use crate::date::{days_since_epoch, from_days_since_epoch};
use crate::venue::Venue;

/// The last day that the exchanges have published.
pub const HORIZON: Date = date(2026, 12, 31);

/// Whether a venue trades on a day. `None` where it is not known: for weekdays after [`HORIZON`], and for other venues than the
/// mainland exchanges and their indices.
///
/// ```
/// use finvista_core::{Venue, calendar};
/// use jiff::civil::date;
///
/// assert_eq!(calendar::is_session(Venue::Sh, date(2024, 6, 7)), Some(true));
/// // The Dragon Boat Festival.
/// assert_eq!(calendar::is_session(Venue::Sh, date(2024, 6, 10)), Some(false));
/// assert_eq!(calendar::is_session(Venue::Us, date(2024, 6, 10)), None);
/// ```
pub fn is_session(venue: Venue, day: Date) -> Option<bool> {
    let sessions = Sessions::of(venue)?;
    let may = sessions.may_trade(days_since_epoch(day));
    if may && (day > HORIZON || day < sessions.known_from) { None } else { Some(may) }
}

/// The days of an exchange.
#[derive(Debug)]
pub(crate) struct Sessions {
    /// Days since 1970-01-01 of the first of the following.
    first: i32,
    /// Whether the exchange may have traded on each day, up to the horizon.
    may_trade: Vec<bool>,
    /// The day from which they are known.
    known_from: Date,
}

/// The day on which the first exchange opened.
const FIRST: Date = date(1990, 12, 19);

impl Sessions {
    /// The days of a venue, if they are known.
    pub(crate) fn of(venue: Venue) -> Option<&'static Self> {
        static SHANGHAI: LazyLock<Sessions> = LazyLock::new(|| Sessions::read("sse", FIRST));
        static SHENZHEN: LazyLock<Sessions> = LazyLock::new(|| Sessions::read("szse", date(1991, 4, 3)));
        match venue {
            Venue::Sh | Venue::Bj | Venue::Csi => Some(&SHANGHAI),
            Venue::Sz | Venue::Cni => Some(&SHENZHEN),
            _ => None,
        }
    }

    /// Whether the exchange may have traded on a day, given in days since 1970-01-01. No exchange has traded on a weekend since
    /// 1993, so those after the horizon are closed.
    #[inline]
    pub(crate) fn may_trade(&self, day: i32) -> bool {
        let known = usize::try_from(day - self.first).ok().map(|place| self.may_trade.get(place));
        // 1970-01-01 was a Thursday.
        known.is_some_and(|known| known.copied().unwrap_or_else(|| (day + 3).rem_euclid(7) < 5))
    }

    fn read(exchange: &str, known_from: Date) -> Self {
        let first = days_since_epoch(FIRST);
        let weekday = |day: i32| {
            let day = from_days_since_epoch(day).map(Date::weekday);
            !matches!(day, None | Some(Weekday::Saturday | Weekday::Sunday))
        };
        let mut sessions =
            Self { first, may_trade: (first..=days_since_epoch(HORIZON)).map(weekday).collect(), known_from };
        for (day, is_open) in
            lines().filter(|line| matches!(line.0, "both") || line.0 == exchange).flat_map(|line| line.1)
        {
            let place = usize::try_from(days_since_epoch(day) - first).ok();
            if let Some(place) = place.and_then(|place| sessions.may_trade.get_mut(place)) {
                *place = is_open;
            }
        }
        sessions
    }
}

/// The lines of the list: the exchange, and its days with whether they are open.
fn lines() -> impl Iterator<Item = (&'static str, Vec<(Date, bool)>)> {
    let lines = include_str!("calendar.txt").lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| {
        let mut words = line.split(' ');
        let (exchange, open, year) = (words.next()?, words.next()? == "open", words.next()?.parse().ok()?);
        let day = |text: &str| {
            let (month, day) = text.split_at_checked(2)?;
            Some((Date::new(year, month.parse().ok()?, day.parse().ok()?).ok()?, open))
        };
        Some((exchange, words.filter_map(day).collect()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_day_of_the_list_is_read() {
        let words = include_str!("calendar.txt").lines().filter(|line| !line.starts_with('#'));
        let written: usize = words.map(|line| line.split(' ').count() - 3).sum();
        assert_eq!(lines().map(|line| line.1.len()).sum::<usize>(), written);
        assert_eq!(written, 669);
        for (exchange, days) in lines() {
            assert!(["both", "sse", "szse"].contains(&exchange), "{exchange}");
            let is_weekend = |day: Date| matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday);
            assert!(days.iter().all(|&(day, open)| open || !is_weekend(day)), "{days:?}");
        }
    }

    #[test]
    fn sessions_and_closures_are_told_apart() {
        for (venue, day, expected) in [
            (Venue::Sh, date(1990, 12, 18), Some(false)),
            (Venue::Sh, date(1990, 12, 19), Some(true)),
            (Venue::Sz, date(1991, 4, 2), None),
            (Venue::Sz, date(1991, 4, 6), Some(true)),
            (Venue::Sh, date(1991, 4, 6), Some(false)),
            (Venue::Sh, date(2015, 9, 3), Some(false)),
            (Venue::Sz, date(2018, 12, 31), Some(false)),
            (Venue::Bj, date(2024, 2, 9), Some(false)),
            (Venue::Csi, date(2024, 2, 19), Some(true)),
            (Venue::Sh, date(2020, 2, 3), Some(true)),
            (Venue::Sz, date(1994, 7, 5), Some(true)),
            (Venue::Sh, date(2026, 12, 31), Some(true)),
            (Venue::Sh, date(2027, 1, 4), None),
            (Venue::Sh, date(2027, 1, 2), Some(false)),
            (Venue::Hk, date(2024, 6, 8), None),
        ] {
            assert_eq!(is_session(venue, day), expected, "{venue} {day}");
        }
    }
}
