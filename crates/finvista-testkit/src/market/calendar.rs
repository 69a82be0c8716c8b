//! Trading days: weekdays without the public holidays that close the exchanges.

use jiff::ToSpan;
use jiff::civil::{Date, Weekday, date};

/// The first day on which anything trades here.
pub(super) const FIRST_DAY: Date = date(2015, 1, 5);

/// No market goes on for ever: prices that grow without end leave the integers.
const LAST_DAY: Date = date(2099, 12, 31);

/// Month and day of the Chinese New Year, 2015 to 2035: the exchanges close from its eve for a week.
const NEW_YEARS: [(i8, i8); 21] = [
    (2, 19),
    (2, 8),
    (1, 28),
    (2, 16),
    (2, 5),
    (1, 25),
    (2, 12),
    (2, 1),
    (1, 22),
    (2, 10),
    (1, 29),
    (2, 17),
    (2, 6),
    (1, 26),
    (2, 13),
    (2, 3),
    (1, 23),
    (2, 11),
    (1, 31),
    (2, 19),
    (2, 8),
];

/// Whether the exchanges are open on `day`.
pub(super) fn is_trading_day(day: Date) -> bool {
    let weekend = matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday);
    let fixed = matches!((day.month(), day.day()), (1, 1) | (5, 1..=3) | (10, 1..=7));
    !weekend && !fixed && !is_new_year_week(day)
}

/// Every trading day from the first one up to and including `until`.
pub(super) fn trading_days(until: Date) -> Vec<Date> {
    let until = until.min(LAST_DAY);
    FIRST_DAY.series(1.day()).take_while(|day| *day <= until).filter(|day| is_trading_day(*day)).collect()
}

fn is_new_year_week(day: Date) -> bool {
    let index = usize::try_from(i32::from(day.year()) - 2015).unwrap_or(usize::MAX);
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
        ] {
            assert!(!is_trading_day(closed), "{closed}");
        }
        assert!(is_trading_day(date(2024, 2, 16)));
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
