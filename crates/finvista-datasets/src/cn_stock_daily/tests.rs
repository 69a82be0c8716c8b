mod schema;

use super::*;
use crate::testing::{builder, check, finish, params, refused, symbol};
use finvista_core::dataset::{Bar, BarSink, Build, Columns, Dataset};
use finvista_core::{Adjust, DateRange, ErrorKind, Precision, Query, Series, Table};
use jiff::civil::{Date, date};

fn series(start: Option<Date>, adjust: Adjust) -> Series {
    let mut series = Series::new(symbol("600000.SH"), &CnStockDaily::SPEC.rules).unwrap();
    series.range = DateRange::new(start, None).unwrap();
    series.adjust = adjust;
    series
}

fn bar(day: Date, close: f64) -> Bar {
    let bar = Bar::new(day, close, close + 0.5, close - 0.5, close, 1_000);
    Bar { amount: Some(close * 1_000.0), ..bar }
}

fn built(series: &Series, bars: &[Bar]) -> Table<CnStockDaily> {
    let mut builder = builder::<CnStockDaily>(series);
    bars.iter().for_each(|&bar| builder.bar(bar));
    finish(builder)
}

#[test]
fn pages_newest_first_are_put_in_order_and_changes_derived() {
    let series = series(Some(date(2024, 1, 2)), Adjust::None);
    let table = built(
        &series,
        &[
            bar(date(2024, 1, 4), 11.0),
            bar(date(2024, 1, 5), 12.1),
            // The second page. Its last bar before the range has the previous close of the first row.
            bar(date(2023, 12, 28), 9.0),
            bar(date(2023, 12, 29), 8.0),
            bar(date(2024, 1, 2), 10.0),
        ],
    );
    let rows: Vec<DailyBar<'_>> = table.rows().collect();
    assert_eq!(rows.iter().map(|bar| bar.date.day()).collect::<Vec<_>>(), [2, 4, 5]);
    assert_eq!(rows[0].symbol, "600000.SH");
    assert_eq!((rows[0].change, rows[0].change_pct, rows[0].amplitude), (Some(2.0), Some(25.0), Some(12.5)));
    assert_eq!((rows[2].change, rows[2].change_pct), (Some(1.1), Some(10.0)));
}

/// What a vendor says of a change.
fn says(change: f64, pct: f64, amplitude: f64, bar: Bar) -> Bar {
    Bar { change: Some(change), change_pct: Some(pct), amplitude: Some(amplitude), ..bar }
}

fn changes(table: &Table<CnStockDaily>) -> Vec<(Option<f64>, Option<f64>, Option<f64>)> {
    table.rows().map(|row| (row.change, row.change_pct, row.amplitude)).collect()
}

#[test]
fn changes_follow_from_prices_whatever_the_vendor_says() {
    let (first, second) = (bar(date(2024, 1, 2), 10.0), bar(date(2024, 1, 3), 11.0));
    let all = series(None, Adjust::None);
    let follows = (Some(1.0), Some(10.0), Some(10.0));
    assert_eq!(changes(&built(&all, &[first, second])), [(None, None, None), follows]);
    // Against the reference price of an ex-date, and with one decimal.
    for vendor in [says(3.0, 37.5, 12.5, second), says(1.0, 10.0, 9.9, second)] {
        assert_eq!(changes(&built(&all, &[first, vendor])), [(None, None, None), follows]);
    }
    // The first row has the vendor's word for the close before it.
    let of_first = (Some(0.5), Some(5.26), Some(10.53));
    assert_eq!(changes(&built(&all, &[says(0.5, 5.26, 10.53, first), second])), [of_first, follows]);
    let from_second = series(Some(date(2024, 1, 3)), Adjust::None);
    assert_eq!(changes(&built(&from_second, &[first, says(0.5, 4.76, 9.52, second)])), [follows]);
}

#[test]
fn zeros_for_want_of_a_bar_before_are_null() {
    let (first, second) = (bar(date(2001, 8, 8), 4.36), bar(date(2001, 8, 9), 4.41));
    let table =
        built(&series(None, Adjust::None), &[says(0.0, 0.0, 0.0, first), says(0.05, 1.15, 22.94, second)]);
    assert_eq!(changes(&table), [(None, None, None), (Some(0.05), Some(1.15), Some(22.94))]);
}

#[test]
fn a_close_that_comes_apart_from_the_bars_is_that_before_the_first() {
    let given = |close: f64, bar: Bar| {
        let mut builder = builder::<CnStockDaily>(&series(None, Adjust::None));
        builder.bar(bar);
        builder.previous_close(close);
        changes(&finish(builder))
    };
    let bar = bar(date(2024, 1, 2), 10.0);
    let flat = Bar { high: 10.0, low: 10.0, ..bar };
    assert_eq!(given(8.0, bar), [(Some(2.0), Some(25.0), Some(12.5))]);
    assert_eq!(given(10.0, says(0.0, 0.0, 0.0, flat)), [(Some(0.0), Some(0.0), Some(0.0))]);
    assert_eq!(given(0.0, says(0.0, 0.0, 0.0, flat)), [(None, None, None)]);
    // They contradict each other, and the bar is consistent.
    assert_eq!(given(8.0, says(0.5, 5.26, 10.53, bar)), [(Some(0.5), Some(5.26), Some(10.53))]);
}

#[test]
fn changes_that_cannot_be_are_refused() {
    let bar = bar(date(2024, 1, 2), 10.0);
    for (says, message) in [
        (says(0.5, -99_999.0, 10.53, bar), "expected 5.26 in change_pct, got -99999"),
        (says(1e300, 5.26, 10.53, bar), "expected a change from another price to 10 in change, got 1"),
        (says(0.5, 5.26, 0.5, bar), "expected 10.53 in amplitude, got 0.5"),
    ] {
        let mut builder = builder::<CnStockDaily>(&series(None, Adjust::None));
        builder.bar(says);
        let error = Build::finish(builder).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid);
        assert!(error.message().starts_with(&format!("600000.SH 2024-01-02: {message}")), "{error}");
    }
}

/// Vendors send today's bar twice at times.
#[test]
fn the_same_bar_twice_is_one_row() {
    let (first, second) = (bar(date(2024, 1, 2), 10.0), says(1.0, 10.0, 10.0, bar(date(2024, 1, 3), 11.0)));
    let all = series(None, Adjust::None);
    let table = built(&all, &[first, second, second, second]);
    assert_eq!(table, built(&all, &[first, second]));
    assert_eq!(check(&all, &table).unwrap(), []);
    for other in [
        Bar { volume: 2_000, ..second },
        Bar { amount: None, ..second },
        Bar { turnover: Some(1.0), ..second },
    ] {
        assert!(check(&all, &built(&all, &[first, second, other])).is_err(), "{other:?}");
    }
}

#[test]
fn a_suspended_day_is_no_row() {
    let traded = [bar(date(2024, 1, 2), 10.0), bar(date(2024, 1, 5), 11.0)];
    let day = date(2024, 1, 3);
    let flat = Bar { amount: Some(0.0), turnover: Some(0.0), ..Bar::new(day, 10.0, 10.0, 10.0, 10.0, 0) };
    for suspended in [
        flat,
        Bar { amount: None, ..flat },
        says(0.0, 0.0, 0.0, flat),
        Bar { open: 0.0, high: 0.0, low: 0.0, ..flat },
        Bar::new(day, 0.0, 0.0, 0.0, 0.0, 0),
    ] {
        for adjust in [Adjust::None, Adjust::Qfq, Adjust::Hfq] {
            let series = series(None, adjust);
            let table = built(&series, &[traded[0], suspended, traded[1]]);
            assert_eq!(table, built(&series, &traded));
            assert_eq!(check(&series, &table).unwrap(), []);
        }
        // Nor is it the bar before the first row.
        let later = built(&series(Some(date(2024, 1, 4)), Adjust::None), &[traded[0], suspended, traded[1]]);
        assert_eq!(changes(&later), [(Some(1.0), Some(10.0), Some(10.0))]);
    }
    // Thirty shares are less than a lot, and were traded. A bar with a range is not of a suspended day, so its volume is missing.
    let odd = Bar { amount: Some(300.0), ..flat };
    let range = Bar { high: 10.2, ..flat };
    for row in [odd, range] {
        assert_eq!(built(&series(None, Adjust::None), &[traded[0], row, traded[1]]).batch().num_rows(), 3);
    }
}

#[test]
fn zeros_of_shares_that_were_traded_are_null() {
    let bar = bar(date(1992, 2, 21), 10.0);
    let zeros = |volume: i64| {
        let bar = Bar { volume, amount: Some(0.0), turnover: Some(0.0), ..bar };
        let table = built(&series(None, Adjust::None), &[bar]);
        table.rows().next().map(|row| (row.amount, row.turnover)).unwrap()
    };
    // A few shares of a large float round to nothing.
    assert_eq!(zeros(120_000), (None, Some(0.0)));
    assert_eq!(zeros(20_000_000), (None, None));
}

#[test]
fn rescaling_includes_the_bar_before_the_range() {
    let series = series(Some(date(2024, 1, 3)), Adjust::Qfq);
    let mut builder = builder::<CnStockDaily>(&series);
    builder.bar(bar(date(2024, 1, 2), 20.0));
    builder.bar(bar(date(2024, 1, 3), 10.0));
    builder.rescale(&|day| if day < date(2024, 1, 3) { 0.5 } else { 1.0 });
    let table = finish::<CnStockDaily>(builder);
    let row = table.rows().next().unwrap();
    assert_eq!((row.close, row.change), (10.0, Some(0.0)));
}

#[test]
fn a_builder_counts_the_bars_in_the_range() {
    let mut builder = builder::<CnStockDaily>(&series(Some(date(2024, 1, 3)), Adjust::None));
    builder.bar(bar(date(2024, 1, 2), 20.0));
    assert!(builder.is_empty());
    builder.bar(bar(date(2024, 1, 3), 10.0));
    assert_eq!(builder.len(), 1);
}

#[test]
fn text_becomes_a_query() {
    let parsed = |pairs: &[(&str, &str)]| CnStockDaily::SPEC.parse(&params(pairs));
    let query = parsed(&[("symbol", "sz000001"), ("start", "20240102"), ("adjust", "qfq")]).unwrap();
    assert_eq!(query.to_string(), "000001.SZ, from 2024-01-02, qfq");
    let weekly = parsed(&[("symbol", "000001"), ("period", "week")]).unwrap();
    assert_eq!(
        (weekly.to_string().as_str(), weekly.period()),
        ("000001.SZ, all days, week", Some(Period::Week))
    );
    for (pairs, message, param) in [
        (
            &[("symbol", "000001"), ("begin", "2024")][..],
            "expected a parameter of cn_stock_daily (symbol, start, end, period or adjust), got \"begin\"",
            None,
        ),
        (
            &[("start", "2024-01-01")],
            "expected symbol for cn_stock_daily (the instrument, such as 600519.SH), got none",
            Some("symbol"),
        ),
        (
            &[("symbol", "sh000001")],
            "expected one of the Chinese stocks, funds and bonds, such as 600519.SH, got 000001.SH, an index",
            Some("symbol"),
        ),
        (
            &[("symbol", "000001"), ("start", "2024-02-01"), ("end", "2024-01-01")],
            "expected a start on or before the end 2024-01-01, got 2024-02-01",
            Some("start"),
        ),
        (
            &[("symbol", "000001"), ("period", "5m")],
            "expected a period of cn_stock_daily (day, week or month), got 5m",
            Some("period"),
        ),
        (
            &[("symbol", "000001"), ("period", "year")],
            "expected a period such as day, week, month or 5m, got \"year\"",
            Some("period"),
        ),
        (
            &[("symbol", "000001"), ("adjust", "full")],
            "expected an adjustment (none, qfq or hfq), got \"full\"",
            Some("adjust"),
        ),
    ] {
        assert_eq!(refused(parsed(pairs)), (message.to_owned(), param));
    }
}

/// Each broken invariant fails with the name of the row. A bar without any passes.
#[test]
fn every_broken_invariant_is_named() {
    let good = bar(date(2024, 1, 2), 10.0);
    let series = series(Some(date(2024, 1, 1)), Adjust::None);
    let checked = |bars: &[Bar]| check(&series, &built(&series, bars));
    assert!(checked(&[good, bar(date(2024, 1, 3), 10.0)]).unwrap().is_empty());
    for (bars, message) in [
        (
            vec![Bar { high: 9.9, ..good }],
            "expected open and close between low 9.5 and high 9.9, got 10 and 10",
        ),
        (
            vec![Bar { low: 10.1, ..good }],
            "expected open and close between low 10.1 and high 10.5, got 10 and 10",
        ),
        (vec![Bar { close: f64::NAN, ..good }], "expected finite prices, got NaN"),
        (vec![Bar { open: -1.0, low: -1.0, ..good }], "expected prices above zero, got -1"),
        (vec![Bar { volume: -1, ..good }], "expected a number of at least 0 in volume, got -1"),
        (
            vec![Bar { amount: Some(-1.0), ..good }],
            "expected a number from 0 to 1000000000000000 in amount, got -1",
        ),
        (vec![Bar { turnover: Some(-5e9), ..good }], "expected a turnover from 0 to 1000 %, got -5000000000"),
        (vec![Bar { turnover: Some(1_001.0), ..good }], "expected a turnover from 0 to 1000 %, got 1001"),
        (
            vec![Bar { volume: 100_000, ..good }],
            "expected amount 10000 / volume 100000 between low 9.5 and high 10.5, got 0.1000: a unit is wrong",
        ),
        (
            vec![good, Bar { close: 10.1, ..good }],
            "expected ascending and unique keys, got this one after 600000.SH 2024-01-02",
        ),
    ] {
        let error = checked(&bars).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid);
        assert_eq!(error.message(), format!("600000.SH 2024-01-02: {message}"));
    }
}

#[test]
fn a_table_of_another_symbol_or_range_is_refused() {
    let table = built(&series(None, Adjust::None), &[bar(date(2024, 1, 2), 10.0)]);
    let other = Series::new(symbol("600519.SH"), &CnStockDaily::SPEC.rules).unwrap();
    let later = series(Some(date(2024, 1, 3)), Adjust::None);
    for (series, message) in [
        (other, "expected rows of 600519.SH, got \"600000.SH\""),
        (later, "expected a row in the range asked for (from 2024-01-03)"),
    ] {
        let error = check(&series, &table).unwrap_err();
        assert_eq!(error.message(), format!("600000.SH 2024-01-02: {message}"));
    }
}

#[test]
fn only_forward_adjustment_makes_prices_of_zero_and_below() {
    let adjusted = |adjust: Adjust, close: f64| {
        let series = series(None, adjust);
        let bar = Bar { amount: Some(60_000.0), ..bar(date(2024, 1, 2), close) };
        check(&series, &built(&series, &[bar])).map_err(|error| error.message().to_owned())
    };
    for close in [-0.2, 0.5, -5.0] {
        assert_eq!(adjusted(Adjust::Qfq, close), Ok(Vec::new()));
    }
    for (close, low) in [(-3.05, "-3.05"), (0.5, "0")] {
        let message = format!("600000.SH 2024-01-02: expected prices above zero, got {low}");
        assert_eq!(adjusted(Adjust::Hfq, close), Err(message));
    }
}

/// A vendor that multiplies prices cannot make one that is not above zero.
#[test]
fn prices_are_above_zero_before_they_are_multiplied() {
    let mut builder = builder::<CnStockDaily>(&series(None, Adjust::Qfq));
    builder.bar(bar(date(2024, 1, 2), -5.0));
    builder.rescale(&|_| 0.5);
    let error = Build::finish(builder).unwrap_err();
    assert_eq!(error.message(), "expected prices of 600000.SH above zero before they are adjusted, got -5");
}

/// Volume and amount are not adjusted, so the factor between the average price and the adjusted one must be plausible.
#[test]
fn units_of_adjusted_bars_are_of_the_right_order() {
    let (today, now) = (date(2024, 6, 28), "2024-06-28T08:00:00Z".parse().unwrap());
    let (old, start) = (date(2015, 1, 5), Some(date(2014, 1, 1)));
    // The average price of a thousand shares is ten.
    let checked = |adjust: Adjust, start: Option<Date>, day: Date, close: f64| {
        let series = series(start, adjust);
        let bar = Bar { amount: Some(1_000_000.0), ..Bar::new(day, close, close, close, close, 100_000) };
        let mut builder = builder::<CnStockDaily>(&series);
        builder.bar(bar);
        let table = finish::<CnStockDaily>(builder);
        let query = Query::of::<CnStockDaily>(series);
        CnStockDaily::SPEC.check(query.selection(), table.batch(), &Precision::default(), now)
    };
    for (adjust, start, day, close) in [
        (Adjust::Qfq, start, today, 10.0),
        (Adjust::Qfq, start, old, 0.6),
        (Adjust::Qfq, start, old, -3.0),
        (Adjust::Hfq, start, old, 1_000.0),
        (Adjust::Hfq, None, old, 10.0),
    ] {
        assert_eq!(
            checked(adjust, start, day, close).unwrap_or_else(|e| panic!("{e}")),
            [],
            "{adjust} {close}"
        );
    }
    for (adjust, start, day, close) in [
        // Lots in place of shares, and shares in place of lots, near today.
        (Adjust::Qfq, start, today, 0.1),
        (Adjust::Qfq, start, today, 1_000.0),
        (Adjust::Qfq, start, old, 1_000.0),
        (Adjust::Hfq, start, old, 0.1),
        (Adjust::Hfq, None, old, 1_000.0),
    ] {
        let error = checked(adjust, start, day, close).unwrap_err();
        assert!(error.message().ends_with("a unit is wrong"), "{error}");
    }
}

#[test]
fn rows_to_columns_and_back_is_the_identity() {
    let table =
        built(&series(None, Adjust::None), &[bar(date(2024, 1, 2), 10.0), bar(date(2024, 1, 3), 10.5)]);
    let mut columns = DailyColumns::default();
    table.rows().for_each(|row| columns.push(row));
    assert_eq!(columns.finish().unwrap(), *table.batch());
}
