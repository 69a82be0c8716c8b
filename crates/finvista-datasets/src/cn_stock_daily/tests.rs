use super::*;
use crate::testing::{builder, check, finish, params, refused, symbol};
use finvista_core::dataset::{Bar, BarSink, ColumnType, Columns, Dataset};
use finvista_core::{Adjust, DateRange, ErrorKind, Query, Series, Table};
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

#[test]
fn the_first_row_without_a_bar_before_it_has_no_change_and_values_of_the_vendor_are_kept() {
    let mut second = bar(date(2024, 1, 3), 11.0);
    second.change_pct = Some(9.99);
    let table = built(&series(None, Adjust::None), &[bar(date(2024, 1, 2), 10.0), second]);
    let rows: Vec<DailyBar<'_>> = table.rows().collect();
    assert_eq!((rows[0].change, rows[0].change_pct, rows[0].amplitude), (None, None, None));
    assert_eq!((rows[1].change, rows[1].change_pct), (Some(1.0), Some(9.99)));
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
        (vec![Bar { amount: Some(-1.0), ..good }], "expected a number of at least 0 in amount, got -1"),
        (
            vec![Bar { volume: 100_000, ..good }],
            "expected amount 10000 / volume 100000 between low 9.5 and high 10.5, got 0.1000: a unit is wrong",
        ),
        (vec![good, good], "expected ascending and unique keys, got this one after 600000.SH 2024-01-02"),
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
fn an_adjusted_series_may_be_negative_and_proves_no_unit() {
    let series = series(None, Adjust::Qfq);
    let bar = Bar { amount: Some(60_000.0), ..bar(date(2024, 1, 2), -0.2) };
    assert_eq!(check(&series, &built(&series, &[bar])).unwrap(), []);
}

#[test]
fn rows_to_columns_and_back_is_the_identity() {
    let table =
        built(&series(None, Adjust::None), &[bar(date(2024, 1, 2), 10.0), bar(date(2024, 1, 3), 10.5)]);
    let mut columns = DailyColumns::default();
    table.rows().for_each(|row| columns.push(row));
    assert_eq!(columns.finish().unwrap(), *table.batch());
}

#[test]
fn groups_expand_to_their_columns_with_units() {
    let columns: Vec<_> =
        CnStockDaily::SPEC.columns.iter().map(|c| (c.name, c.ty, c.nullable, c.unit)).collect();
    let price = "currency of the instrument";
    assert_eq!(
        columns,
        [
            ("symbol", ColumnType::Label, false, ""),
            ("date", ColumnType::Date, false, ""),
            ("open", ColumnType::Float, false, price),
            ("high", ColumnType::Float, false, price),
            ("low", ColumnType::Float, false, price),
            ("close", ColumnType::Float, false, price),
            ("volume", ColumnType::Int, false, "shares"),
            ("amount", ColumnType::Float, true, "CNY"),
            ("change", ColumnType::Float, true, price),
            ("change_pct", ColumnType::Float, true, "%"),
            ("amplitude", ColumnType::Float, true, "%"),
            ("turnover", ColumnType::Float, true, "%"),
        ]
    );
    let metadata = CnStockDaily::schema().field_with_name("volume").unwrap().metadata().clone();
    assert_eq!(metadata["unit"], "shares");
    assert!(metadata["description"].starts_with("Shares traded. Never adjusted."));
    let query = Query::of::<CnStockDaily>(series(None, Adjust::None));
    assert_eq!(query.dataset().as_str(), CnStockDaily::schema().metadata()["dataset"]);
}
