use super::*;
use crate::testing::{builder, check, finish, params, refused, symbol};
use finvista_core::Series;
use finvista_core::dataset::{Bar, BarSink, Dataset};
use jiff::civil::date;

#[test]
fn bars_of_an_index_have_changes_and_no_turnover() {
    let series = Series::new(symbol("000300.SH"), &CnIndexDaily::SPEC.rules).unwrap();
    let mut builder = builder::<CnIndexDaily>(&series);
    let bar = |day, close: f64| Bar {
        amount: Some(3.1e11),
        turnover: Some(1.0),
        ..Bar::new(date(2024, 6, day), close, close + 10.0, close - 10.0, close, 12_000_000_000)
    };
    builder.bar(bar(28, 3_461.66));
    builder.bar(bar(27, 3_436.26));
    let table = finish::<CnIndexDaily>(builder);
    let rows: Vec<IndexBar<'_>> = table.rows().collect();
    assert_eq!(rows.iter().map(|row| row.date.day()).collect::<Vec<_>>(), [27, 28]);
    assert_eq!((rows[1].symbol, rows[1].change, rows[1].change_pct), ("000300.SH", Some(25.4), Some(0.74)));
    assert!(table.column("turnover").is_none());
    // Index points are not prices, so amount ÷ volume is not checked.
    assert_eq!(check(&series, &table).unwrap(), []);
}

/// The archives of indices have years without a volume, and their flat days are rows.
#[test]
fn a_day_without_a_volume_is_a_row() {
    let series = Series::new(symbol("000001.SH"), &CnIndexDaily::SPEC.rules).unwrap();
    let mut builder = builder::<CnIndexDaily>(&series);
    builder.bar(Bar { amount: Some(0.0), ..Bar::new(date(1990, 12, 19), 113.1, 113.1, 113.1, 113.1, 0) });
    builder
        .bar(Bar { amount: Some(0.0), ..Bar::new(date(1990, 12, 20), 113.1, 113.5, 112.85, 113.5, 199_000) });
    // A blank one is not.
    builder.bar(Bar::new(date(1990, 12, 21), 0.0, 0.0, 0.0, 0.0, 0));
    let table = finish::<CnIndexDaily>(builder);
    assert_eq!(check(&series, &table).unwrap(), []);
    let rows: Vec<_> = table.rows().map(|row| (row.close, row.volume, row.amount, row.change)).collect();
    assert_eq!(rows, [(113.1, 0, Some(0.0), None), (113.5, 199_000, None, Some(0.4))]);
}

#[test]
fn a_query_is_about_an_index_and_has_no_adjustment() {
    let parsed = |pairs: &[(&str, &str)]| CnIndexDaily::SPEC.parse(&params(pairs));
    let query = parsed(&[("symbol", "000001"), ("period", "month"), ("adjust", "none")]).unwrap();
    assert_eq!(query.to_string(), "000001.SH, all days, month");
    assert_eq!(
        refused(parsed(&[("symbol", "000001"), ("adjust", "qfq")])),
        ("expected no adjustment for cn_index_daily, got qfq".to_owned(), Some("adjust"))
    );
    assert_eq!(
        refused(parsed(&[("symbol", "600519.SH")])),
        (
            "expected one of the Chinese indices, such as 000300.SH, got 600519.SH, a main-board share"
                .to_owned(),
            Some("symbol")
        )
    );
}
