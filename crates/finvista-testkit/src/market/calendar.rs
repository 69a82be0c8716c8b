//! Trading days: weekdays without the public holidays that close the exchanges.

use jiff::ToSpan;
use jiff::civil::{Date, Weekday, date};

/// The first day on which anything trades here.
pub(super) const FIRST_DAY: Date = date(2015, 1, 5);

/// No market goes on for ever: prices that grow without end leave the integers.
const LAST_DAY: Date = date(2099, 12, 31);

/// The weekdays on which the exchanges were closed, as month and day. None is published for later years.
const CLOSED: [(i16, &str); 12] = [
    (2015, "0101 0102 0218 0219 0220 0223 0224 0406 0501 0622 0903 0904 1001 1002 1005 1006 1007"),
    (2016, "0101 0208 0209 0210 0211 0212 0404 0502 0609 0610 0915 0916 1003 1004 1005 1006 1007"),
    (2017, "0102 0127 0130 0131 0201 0202 0403 0404 0501 0529 0530 1002 1003 1004 1005 1006"),
    (2018, "0101 0215 0216 0219 0220 0221 0405 0406 0430 0501 0618 0924 1001 1002 1003 1004 1005 1231"),
    (2019, "0101 0204 0205 0206 0207 0208 0405 0501 0502 0503 0607 0913 1001 1002 1003 1004 1007"),
    (2020, "0101 0124 0127 0128 0129 0130 0131 0406 0501 0504 0505 0625 0626 1001 1002 1005 1006 1007 1008"),
    (2021, "0101 0211 0212 0215 0216 0217 0405 0503 0504 0505 0614 0920 0921 1001 1004 1005 1006 1007"),
    (2022, "0103 0131 0201 0202 0203 0204 0404 0405 0502 0503 0504 0603 0912 1003 1004 1005 1006 1007"),
    (2023, "0102 0123 0124 0125 0126 0127 0405 0501 0502 0503 0622 0623 0929 1002 1003 1004 1005 1006"),
    (
        2024,
        "0101 0209 0212 0213 0214 0215 0216 0404 0405 0501 0502 0503 0610 0916 0917 1001 1002 1003 1004 1007",
    ),
    (2025, "0101 0128 0129 0130 0131 0203 0204 0404 0501 0502 0505 0602 1001 1002 1003 1006 1007 1008"),
    (2026, "0101 0102 0216 0217 0218 0219 0220 0223 0406 0501 0504 0505 0619 0925 1001 1002 1005 1006 1007"),
];

/// Month and day of the Chinese New Year, 2027 to 2035: the exchanges close from its eve for a week.
const NEW_YEARS: [(i8, i8); 9] =
    [(2, 6), (1, 26), (2, 13), (2, 3), (1, 23), (2, 11), (1, 31), (2, 19), (2, 8)];

/// Whether the exchanges are open on `day`.
pub(super) fn is_trading_day(day: Date) -> bool {
    if matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday) {
        return false;
    }
    if let Some((_, closed)) = CLOSED.iter().find(|(year, _)| *year == day.year()) {
        let written = format!("{:02}{:02}", day.month(), day.day());
        return !closed.split(' ').any(|closed| closed == written);
    }
    let fixed = matches!((day.month(), day.day()), (1, 1) | (5, 1..=3) | (10, 1..=7));
    !fixed && !is_new_year_week(day)
}

/// Every trading day from the first one up to and including `until`.
pub(super) fn trading_days(until: Date) -> Vec<Date> {
    let until = until.min(LAST_DAY);
    FIRST_DAY.series(1.day()).take_while(|day| *day <= until).filter(|day| is_trading_day(*day)).collect()
}

fn is_new_year_week(day: Date) -> bool {
    let index = usize::try_from(i32::from(day.year()) - 2027).unwrap_or(usize::MAX);
    let Some((month, first)) = NEW_YEARS.get(index).copied() else { return false };
    let Ok(festival) = Date::new(day.year(), month, first) else { return false };
    let days = festival.until(day).map_or(i32::MAX, |span| span.get_days());
    (-1..=5).contains(&days)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weekends_and_holidays_are_closed() {
        assert!(is_trading_day(date(2024, 1, 2)));
        for closed in [
            date(2024, 1, 1),
            date(2024, 1, 6),
            date(2024, 2, 9),
            date(2024, 2, 15),
            date(2024, 5, 1),
            date(2023, 10, 6),
            // The Dragon Boat Festival.
            date(2024, 6, 10),
        ] {
            assert!(!is_trading_day(closed), "{closed}");
        }
        assert!(is_trading_day(date(2024, 2, 19)));
    }

    #[test]
    fn days_ascend_from_the_first_one() {
        let days = trading_days(date(2016, 1, 4));
        assert_eq!(days.first(), Some(&FIRST_DAY));
        assert_eq!(days.last(), Some(&date(2016, 1, 4)));
        assert!(days.is_sorted());
        assert!((240..260).contains(&days.len()), "{}", days.len());
        assert!(trading_days(date(2014, 12, 31)).is_empty());
    }
}
