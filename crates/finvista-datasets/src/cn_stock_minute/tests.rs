use super::*;
use crate::testing::{builder, check, finish, params, refused, symbol};
use finvista_core::dataset::{Bar, BarSink, Build, Dataset};
use finvista_core::{DateRange, Series, Table, Zone};
use jiff::Timestamp;
use jiff::civil::{Date, DateTime, date};

const FRIDAY: Date = date(2024, 6, 28);

fn series(start: Option<Date>, end: Option<Date>) -> Series {
    let mut series = Series::new(symbol("600000.SH"), &CnStockMinute::SPEC.rules).unwrap();
    series.range = DateRange::new(start, end).unwrap();
    series
}

fn bar(at: DateTime) -> Bar<DateTime> {
    Bar { amount: Some(10_000.0), ..Bar::new(at, 10.0, 10.5, 9.5, 10.1, 1_000) }
}

fn clock(row: &MinuteBar<'_>) -> String {
    Zone::Shanghai.clock(row.time).strftime("%F %H:%M").to_string()
}

fn instant(at: DateTime) -> Timestamp {
    Zone::Shanghai.instant(at).unwrap()
}

fn built(series: &Series, bars: &[Bar<DateTime>]) -> Table<CnStockMinute> {
    let mut builder = builder::<CnStockMinute>(series);
    bars.iter().for_each(|&bar| builder.bar(bar));
    finish(builder)
}

#[test]
fn unordered_pages_are_put_in_order_and_labelled_by_the_end_of_the_bar() {
    let thursday = date(2024, 6, 27);
    let series = series(Some(thursday), Some(FRIDAY));
    let ends =
        [FRIDAY.at(9, 35, 0, 0), FRIDAY.at(15, 0, 0, 0), thursday.at(14, 55, 0, 0), thursday.at(15, 0, 0, 0)];
    let table = built(&series, &ends.map(bar));
    let labels: Vec<String> = table.rows().map(|row| clock(&row)).collect();
    assert_eq!(labels, ["2024-06-27 14:55", "2024-06-27 15:00", "2024-06-28 09:35", "2024-06-28 15:00"]);
    assert_eq!(table.rows().nth(2).unwrap().time.to_string(), "2024-06-28T01:35:00Z");
    assert_eq!(check(&series, &table).unwrap(), []);
}

#[test]
fn bars_outside_the_range_are_dropped() {
    let (before, after) = (date(2024, 6, 27), date(2024, 7, 1));
    let table = built(
        &series(Some(FRIDAY), Some(FRIDAY)),
        &[bar(before.at(15, 0, 0, 0)), bar(FRIDAY.at(9, 35, 0, 0)), bar(after.at(9, 35, 0, 0))],
    );
    assert_eq!(table.rows().map(|row| clock(&row)).collect::<Vec<_>>(), ["2024-06-28 09:35"]);
    // The check refuses a table that has such bars anyway.
    let later = series(Some(date(2024, 6, 29)), None);
    let error = check(&later, &table).unwrap_err();
    assert_eq!(
        error.message(),
        "600000.SH 2024-06-28 09:35: expected a row in the range asked for (from 2024-06-29)"
    );
}

#[test]
fn a_bar_is_finished_once_its_end_has_passed() {
    let series = series(None, None);
    let finished = |asked: DateTime, arrived: Option<DateTime>| {
        let mut builder = <CnStockMinute as Dataset>::Builder::new(&series, instant(asked));
        if let Some(at) = arrived {
            builder.read_at(instant(at));
        }
        builder.bar(bar(FRIDAY.at(10, 30, 0, 0)));
        builder.bar(bar(FRIDAY.at(10, 35, 0, 0)));
        finish::<CnStockMinute>(builder).rows().map(|row| row.finished).collect::<Vec<_>>()
    };
    assert_eq!(finished(FRIDAY.at(10, 32, 0, 0), None), [true, false]);
    assert_eq!(finished(FRIDAY.at(10, 35, 0, 0), None), [true, true]);
    // A recording replayed a year later still has an unfinished bar: the time of the answer decides.
    assert_eq!(finished(date(2025, 6, 28).at(9, 0, 0, 0), Some(FRIDAY.at(10, 34, 59, 0))), [true, false]);
}

#[test]
fn a_minute_without_a_trade_is_a_row_and_a_blank_one_is_not() {
    let series = series(None, None);
    let waiting = Bar { amount: Some(0.0), ..Bar::new(FRIDAY.at(14, 58, 0, 0), 10.1, 10.1, 10.1, 10.1, 0) };
    let blank = Bar::new(FRIDAY.at(14, 59, 0, 0), 0.0, 0.0, 0.0, 0.0, 0);
    let table = built(&series, &[waiting, blank, bar(FRIDAY.at(15, 0, 0, 0))]);
    assert_eq!(check(&series, &table).unwrap(), []);
    assert_eq!(
        table.rows().map(|row| clock(&row)).collect::<Vec<_>>(),
        ["2024-06-28 14:58", "2024-06-28 15:00"]
    );
}

#[test]
fn duplicate_bars_are_refused() {
    let series = series(None, None);
    let noon = FRIDAY.at(11, 30, 0, 0);
    let other = Bar { close: 10.2, ..bar(noon) };
    let error = check(&series, &built(&series, &[bar(noon), other])).unwrap_err();
    assert!(
        error.message().starts_with("600000.SH 2024-06-28 11:30: expected ascending and unique keys"),
        "{error}"
    );
}

#[test]
fn the_period_is_five_minutes_unless_named() {
    let parsed = |pairs: &[(&str, &str)]| CnStockMinute::SPEC.parse(&params(pairs));
    let period = |text: &str| parsed(&[("symbol", "000001"), ("period", text)]);
    assert_eq!(parsed(&[("symbol", "000001")]).unwrap().period(), Some(Period::Minutes(5)));
    assert_eq!(period("60").unwrap().period(), Some(Period::Minutes(60)));
    for (text, got) in [("week", "week"), ("7", "7m")] {
        let message = format!("expected a period of cn_stock_minute (5m, 1m, 15m, 30m or 60m), got {got}");
        assert_eq!(refused(period(text)), (message, Some("period")));
    }
}
