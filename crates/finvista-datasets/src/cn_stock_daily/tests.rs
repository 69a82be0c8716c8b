use super::*;
use crate::error::ErrorKind;
use crate::table::Table;
use finvista_core::dataset::{Bar, BarSink, Build, Dataset};
use finvista_core::{Adjust, DateRange, ErrorKind, Precision, Series, Shape, Table};
use jiff::Timestamp;
use jiff::civil::date;

fn query(start: Option<Date>, adjust: Adjust) -> CnStockDailyQuery {
    let range = DateRange::new(start, None).unwrap();
    CnStockDailyQuery::new("600000.SH".parse().unwrap(), range, adjust).unwrap()
}

fn bar(day: Date, close: f64) -> Bar {
    Bar {
        date: day,
        open: close,
        high: close + 0.5,
        low: close - 0.5,
        close,
        volume: 1_000,
        amount: Some(close * 1_000.0),
        change: None,
        change_pct: None,
        amplitude: None,
        turnover: None,
    }
}

fn built(query: &CnStockDailyQuery, bars: &[Bar]) -> Table {
    let mut builder = CnStockDaily::builder(query);
    bars.iter().for_each(|&bar| builder.bar(bar));
    Table::new(CnStockDaily::finish(builder).unwrap())
}

#[test]
fn pages_newest_first_are_put_in_order_and_changes_derived() {
    let query = query(Some(date(2024, 1, 2)), Adjust::None);
    let table = built(
        &query,
        &[
            bar(date(2024, 1, 4), 11.0),
            bar(date(2024, 1, 5), 12.1),
            // The second page: the bar before the range is the previous close of the first row.
            bar(date(2023, 12, 28), 9.0),
            bar(date(2023, 12, 29), 8.0),
            bar(date(2024, 1, 2), 10.0),
        ],
    );
    let rows: Vec<DailyBar<'_>> = table.rows::<CnStockDaily>().unwrap().collect();
    assert_eq!(rows.iter().map(|bar| bar.date.day()).collect::<Vec<_>>(), [2, 4, 5]);
    assert_eq!(rows[0].symbol, "600000.SH");
    assert_eq!((rows[0].change, rows[0].change_pct, rows[0].amplitude), (Some(2.0), Some(25.0), Some(12.5)));
    assert_eq!((rows[2].change, rows[2].change_pct), (Some(1.1), Some(10.0)));
}

#[test]
fn the_first_row_without_a_bar_before_it_has_no_change_and_the_vendors_word_wins() {
    let mut second = bar(date(2024, 1, 3), 11.0);
    second.change_pct = Some(9.99);
    let table = built(&query(None, Adjust::None), &[bar(date(2024, 1, 2), 10.0), second]);
    let rows: Vec<DailyBar<'_>> = table.rows::<CnStockDaily>().unwrap().collect();
    assert_eq!((rows[0].change, rows[0].change_pct, rows[0].amplitude), (None, None, None));
    assert_eq!((rows[1].change, rows[1].change_pct), (Some(1.0), Some(9.99)));
}

#[test]
fn rescaling_reaches_the_bar_before_the_range() {
    let query = query(Some(date(2024, 1, 3)), Adjust::Qfq);
    let mut builder = CnStockDaily::builder(&query);
    builder.bar(bar(date(2024, 1, 2), 20.0));
    builder.bar(bar(date(2024, 1, 3), 10.0));
    builder.rescale(|day| if day < date(2024, 1, 3) { 0.5 } else { 1.0 });
    let table = Table::new(CnStockDaily::finish(builder).unwrap());
    let row = table.rows::<CnStockDaily>().unwrap().next().unwrap();
    assert_eq!((row.close, row.change), (10.0, Some(0.0)));
}

#[test]
fn text_becomes_a_query() {
    let params =
        |pairs: &[(&str, &str)]| pairs.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect::<Params>();
    let parsed = CnStockDaily::SPEC.parse(&params(&[
        ("symbol", "sz000001"),
        ("start", "20240102"),
        ("adjust", "qfq"),
    ]));
    assert_eq!(parsed.unwrap().to_string(), "000001.SZ, from 2024-01-02, qfq");
    for (pairs, part) in [
        (&[("symbol", "000001"), ("begin", "2024")][..], "begin"),
        (&[("start", "2024-01-01")][..], "needs symbol"),
        (&[("symbol", "sh000001")][..], "is an index"),
        (&[("symbol", "000001"), ("start", "2024-02-01"), ("end", "2024-01-01")][..], "lies after"),
    ] {
        let error = CnStockDaily::SPEC.parse(&params(pairs)).unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
    }
}

/// What each broken invariant is called. A bar that holds them all passes.
#[test]
fn every_broken_invariant_is_named() {
    let day = date(2024, 1, 2);
    let good = bar(day, 10.0);
    let query = query(Some(date(2024, 1, 1)), Adjust::None);
    let checked = |bars: &[Bar]| {
        let table = built(&query, bars);
        (CnStockDaily::SPEC.check)(&query.clone().into(), table.batch(), &Precision::default())
    };
    assert!(checked(&[good, bar(date(2024, 1, 3), 10.0)]).unwrap().is_empty());
    for (bars, part) in [
        (vec![Bar { high: 9.9, ..good }], "do not lie between"),
        (vec![Bar { low: 10.1, ..good }], "do not lie between"),
        (vec![Bar { close: f64::NAN, ..good }], "not a number"),
        (vec![Bar { open: -1.0, low: -1.0, ..good }], "not a price"),
        (vec![Bar { volume: -1, ..good }], "negative"),
        (vec![Bar { amount: Some(-1.0), ..good }], "negative"),
        (vec![Bar { volume: 100_000, ..good }], "a unit is wrong"),
        (vec![good, good], "must ascend"),
    ] {
        let error = checked(&bars).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid);
        assert!(error.message().contains(part), "{error}");
        assert!(error.message().contains("600000.SH 2024-01-02"), "{error}");
    }
}

#[test]
fn a_table_of_another_symbol_or_range_is_refused() {
    let table = built(&query(None, Adjust::None), &[bar(date(2024, 1, 2), 10.0)]);
    let other =
        CnStockDailyQuery::new("600519.SH".parse().unwrap(), DateRange::default(), Adjust::None).unwrap();
    let later = query(Some(date(2024, 1, 3)), Adjust::None);
    for (query, part) in [(other, "where 600519.SH was asked"), (later, "outside the range")] {
        let error =
            (CnStockDaily::SPEC.check)(&query.into(), table.batch(), &Precision::default()).unwrap_err();
        assert!(error.message().contains(part), "{error}");
    }
}

#[test]
fn an_adjusted_series_may_be_negative_and_proves_no_unit() {
    let query = query(None, Adjust::Qfq);
    let bar = Bar { amount: Some(60_000.0), ..bar(date(2024, 1, 2), -0.2) };
    let table = built(&query, &[bar]);
    assert!((CnStockDaily::SPEC.check)(&query.into(), table.batch(), &Precision::default()).is_ok());
}

#[test]
fn rows_to_columns_and_back_is_the_identity() {
    let table =
        built(&query(None, Adjust::None), &[bar(date(2024, 1, 2), 10.0), bar(date(2024, 1, 3), 10.5)]);
    let mut columns = DailyColumns::default();
    table.rows::<CnStockDaily>().unwrap().for_each(|row| columns.push(row));
    assert_eq!(columns.finish().unwrap(), *table.batch());
}
