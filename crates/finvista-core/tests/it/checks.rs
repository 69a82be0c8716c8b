//! Each check: a right table passes, and a wrong one fails with the name of its row.

mod changes;
mod values;

use std::sync::Arc;

use arrow_array::types::Int32Type;
use arrow_array::{
    ArrayRef, Date32Array, DictionaryArray, Float64Array, Int64Array, StringArray, TimestampMillisecondArray,
};
use finvista_core::dataset::{Check, ColumnSpec, ColumnType};
use finvista_core::{
    DatasetSpec, ErrorKind, Free, Period, Precision, RecordBatch, Selection, Shape, ShapeKind, Symbol, Zone,
    date,
};

use crate::support::params;

const SYMBOL: ColumnSpec = column("symbol", ColumnType::Label);
const DAY: ColumnSpec = column("day", ColumnType::Date);
const TIME: ColumnSpec = column("time", ColumnType::Time(Zone::NewYork));
const NUMBER: ColumnSpec = column("number", ColumnType::Int);
const OPEN: ColumnSpec = column("open", ColumnType::Float);
const HIGH: ColumnSpec = column("high", ColumnType::Float);
const LOW: ColumnSpec = column("low", ColumnType::Float);
const CLOSE: ColumnSpec = column("close", ColumnType::Float);
const VOLUME: ColumnSpec = column("volume", ColumnType::Int);
const AMOUNT: ColumnSpec = column("amount", ColumnType::Float);

const fn column(name: &'static str, ty: ColumnType) -> ColumnSpec {
    ColumnSpec { name, ty, nullable: true, unit: "", doc: "" }
}

const fn spec(shape: ShapeKind, columns: &'static [ColumnSpec]) -> DatasetSpec {
    DatasetSpec::new("checked", "Checked", shape, columns).key(&["symbol"])
}

/// Days after 2024-06-26.
fn day(after: i32) -> i32 {
    19_900 + after
}

fn table(columns: &[(&str, ArrayRef)]) -> RecordBatch {
    RecordBatch::try_from_iter(columns.iter().cloned()).unwrap()
}

fn labels(texts: &[&str]) -> ArrayRef {
    Arc::new(texts.iter().copied().collect::<DictionaryArray<Int32Type>>())
}

fn texts(texts: &[&str]) -> ArrayRef {
    Arc::new(StringArray::from(texts.to_vec()))
}

fn floats(values: &[Option<f64>]) -> ArrayRef {
    Arc::new(Float64Array::from(values.to_vec()))
}

fn ints(values: &[Option<i64>]) -> ArrayRef {
    Arc::new(Int64Array::from(values.to_vec()))
}

fn days(values: &[i32]) -> ArrayRef {
    Arc::new(Date32Array::from(values.to_vec()))
}

fn times(values: &[&str]) -> ArrayRef {
    let ms = values.iter().map(|text| text.parse::<jiff::Timestamp>().unwrap().as_millisecond());
    Arc::new(TimestampMillisecondArray::from_iter_values(ms).with_timezone("America/New_York"))
}

fn free() -> Selection {
    Free::new([("a", "b")]).erase()
}

fn asked(spec: &DatasetSpec, pairs: &[(&str, &str)]) -> Selection {
    spec.parse(&params(pairs)).unwrap().selection().clone()
}

/// The message of a table that fails.
fn fails(spec: &DatasetSpec, selection: &Selection, table: &RecordBatch) -> String {
    assert_eq!(spec.validate(), Ok(()));
    let error = spec.check(selection, table, &Precision::default(), jiff::Timestamp::now()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    error.message().to_owned()
}

fn passes(spec: &DatasetSpec, selection: &Selection, table: &RecordBatch) -> Vec<Symbol> {
    assert_eq!(spec.validate(), Ok(()));
    spec.check(selection, table, &Precision::default(), jiff::Timestamp::now()).unwrap()
}

#[test]
fn keys_ascend() {
    const SPEC: DatasetSpec =
        spec(ShapeKind::Free, &[SYMBOL, DAY, NUMBER]).key(&["symbol", "day", "number"]).checks(&[Check::Key]);
    let rows = |symbols: &[&str], on: &[i32], numbers: &[i64]| {
        let numbers: Vec<_> = numbers.iter().copied().map(Some).collect();
        table(&[("symbol", labels(symbols)), ("day", days(on)), ("number", ints(&numbers))])
    };
    passes(&SPEC, &free(), &rows(&["a", "a", "a", "b"], &[day(0), day(0), day(1), day(0)], &[1, 2, 1, 1]));
    passes(&SPEC, &free(), &rows(&[], &[], &[]));
    for (symbols, on, numbers) in [
        (["a", "a"], [0, 0], [1, 1]),
        (["a", "a"], [1, 0], [1, 2]),
        (["b", "a"], [0, 0], [1, 2]),
        (["a", "a"], [0, 0], [2, 1]),
    ] {
        let message = fails(&SPEC, &free(), &rows(&symbols, &on.map(day), &numbers));
        let row = |at: usize| format!("{} 2024-06-{} {}", symbols[at], 26 + on[at], numbers[at]);
        assert_eq!(
            message,
            format!("{}: expected ascending and unique keys, got this one after {}", row(1), row(0))
        );
    }
}

#[test]
fn keys_of_one_series_ascend_by_day_or_time() {
    const DAYS: DatasetSpec =
        spec(ShapeKind::Free, &[SYMBOL, DAY]).key(&["symbol", "day"]).checks(&[Check::Key]);
    const TIMES: DatasetSpec =
        spec(ShapeKind::Free, &[SYMBOL, TIME]).key(&["symbol", "time"]).checks(&[Check::Key]);
    let same = labels(&["a"; 3]);
    let by_day = |on: [i32; 3]| table(&[("symbol", Arc::clone(&same)), ("day", days(&on.map(day)))]);
    passes(&DAYS, &free(), &by_day([0, 1, 5]));
    let message = fails(&DAYS, &free(), &by_day([0, 1, 1]));
    assert_eq!(message, "a 2024-06-27: expected ascending and unique keys, got this one after a 2024-06-27");
    let by_time = |at: [&str; 3]| table(&[("symbol", Arc::clone(&same)), ("time", times(&at))]);
    let noon = "2024-06-28T16:00:00Z";
    passes(&TIMES, &free(), &by_time(["2024-06-28T14:30:00Z", noon, "2024-06-28T20:00:00Z"]));
    let message = fails(&TIMES, &free(), &by_time([noon, "2024-06-28T14:30:00Z", "2024-06-28T20:00:00Z"]));
    assert_eq!(
        message,
        "a 2024-06-28 10:30: expected ascending and unique keys, got this one after a 2024-06-28 12:00"
    );
}

#[test]
fn keys_of_a_search_are_unique_in_any_order() {
    const SPEC: DatasetSpec = spec(ShapeKind::Keyword, &[SYMBOL]).checks(&[Check::Key]);
    let selection = asked(&SPEC, &[("text", "x")]);
    passes(&SPEC, &selection, &table(&[("symbol", labels(&["b", "a"]))]));
    let message = fails(&SPEC, &selection, &table(&[("symbol", labels(&["b", "a", "b"]))]));
    assert_eq!(message, "b: expected unique keys, got this one twice");
}

#[test]
fn days_lie_within_the_range() {
    const SPEC: DatasetSpec = spec(ShapeKind::Events, &[SYMBOL, DAY]).checks(&[Check::Within("day")]);
    let rows = |on: [i32; 3]| table(&[("symbol", labels(&["a", "b", "c"])), ("day", days(&on.map(day)))]);
    let june = asked(&SPEC, &[("start", "2024-06-26"), ("end", "2024-06-28")]);
    passes(&SPEC, &june, &rows([0, 1, 2]));
    passes(&SPEC, &june, &rows([2, 0, 1]));
    passes(&SPEC, &asked(&SPEC, &[]), &rows([-9_000, 0, 9_000]));
    let range = "expected a row in the range asked for (2024-06-26 to 2024-06-28)";
    assert_eq!(fails(&SPEC, &june, &rows([0, 1, 3])), format!("c: {range}"));
    assert_eq!(fails(&SPEC, &june, &rows([-1, 1, 2])), format!("a: {range}"));
    assert_eq!(fails(&SPEC, &june, &rows([0, 9, 2])), format!("b: {range}"));
    // A listing as of a day has rows of that day alone, and one of the latest day any.
    const DATED: DatasetSpec =
        spec(ShapeKind::Listing, &[SYMBOL, DAY]).dated().checks(&[Check::Within("day")]);
    let on = asked(&DATED, &[("day", "2024-06-26")]);
    passes(&DATED, &on, &rows([0, 0, 0]));
    assert!(fails(&DATED, &on, &rows([0, 0, 1])).starts_with("c: expected a row in the range"));
    passes(&DATED, &asked(&DATED, &[]), &rows([0, 0, 1]));
}

#[test]
fn times_lie_within_the_range_in_their_zone() {
    const SPEC: DatasetSpec = spec(ShapeKind::Events, &[SYMBOL, TIME]).checks(&[Check::Within("time")]);
    let friday = asked(&SPEC, &[("start", "2024-06-28"), ("end", "2024-06-28")]);
    let at = |time| table(&[("symbol", labels(&["a"])), ("time", times(&[time]))]);
    // Midnight in New York is 04:00 UTC in summer.
    passes(&SPEC, &friday, &at("2024-06-28T04:00:00Z"));
    passes(&SPEC, &friday, &at("2024-06-29T03:59:59Z"));
    for outside in ["2024-06-28T03:59:59Z", "2024-06-29T04:00:00Z"] {
        assert!(fails(&SPEC, &friday, &at(outside)).starts_with("a: expected a row in the range"));
    }
}

#[test]
fn days_are_trading_days_and_not_in_the_future() {
    const SPEC: DatasetSpec = spec(ShapeKind::Series, &[SYMBOL, DAY]).checks(&[Check::Session("day")]);
    let rows = |symbol: &str, on: &[&str]| {
        let on: Vec<i32> = on.iter().map(|day| date::days_since_epoch(day.parse().unwrap())).collect();
        table(&[("symbol", labels(&vec![symbol; on.len()])), ("day", days(&on))])
    };
    let closed = "expected a trading day, got one on which the exchange is closed";
    let future = "expected a time in the past, got one in the future";
    for (symbol, on, expected) in [
        ("600519.SH", &["2024-06-07", "2024-06-11"][..], None),
        // The Dragon Boat Festival, and a Saturday.
        ("600519.SH", &["2024-06-07", "2024-06-10"], Some(format!("600519.SH: {closed}"))),
        ("000001.SZ", &["2024-06-08"], Some(format!("000001.SZ: {closed}"))),
        ("000001.SZ", &["9999-12-31"], Some(format!("000001.SZ: {future}"))),
        // It is not known when Hong Kong trades.
        ("00700.HK", &["2024-06-10"], None),
        ("00700.HK", &["9999-12-31"], Some(format!("00700.HK: {future}"))),
    ] {
        let selection = asked(&SPEC, &[("symbol", symbol)]);
        match expected {
            None => assert_eq!(passes(&SPEC, &selection, &rows(symbol, on)), []),
            Some(message) => assert_eq!(fails(&SPEC, &selection, &rows(symbol, on)), message),
        }
    }
}

#[test]
fn times_are_on_trading_days_and_not_in_the_future() {
    const SPEC: DatasetSpec = spec(ShapeKind::Snapshot, &[SYMBOL, TIME]).checks(&[Check::Session("time")]);
    let both = asked(&SPEC, &[("symbols", "600519.SH,00700.HK")]);
    let rows = |at: [Option<&str>; 2]| {
        let at = at.map(|at| at.map(|at| at.parse::<jiff::Timestamp>().unwrap().as_millisecond()));
        let times = TimestampMillisecondArray::from_iter(at).with_timezone("Asia/Shanghai");
        table(&[("symbol", labels(&["600519.SH", "00700.HK"])), ("time", Arc::new(times) as ArrayRef)])
    };
    passes(&SPEC, &both, &rows([Some("2024-06-07T07:00:00Z"), Some("2024-06-10T07:00:00Z")]));
    passes(&SPEC, &both, &rows([None, None]));
    // 00:30 on Monday in China is Sunday in UTC.
    passes(&SPEC, &both, &rows([Some("2024-06-16T16:30:00Z"), None]));
    for wrong in ["1969-12-31T00:00:00Z", "2024-06-10T07:00:00Z", "2286-11-20T17:46:40Z"] {
        assert!(
            fails(&SPEC, &both, &rows([Some(wrong), None])).starts_with("600519.SH: expected a t"),
            "{wrong}"
        );
    }
    assert!(fails(&SPEC, &both, &rows([None, Some("2286-11-20T17:46:40Z")])).contains("in the future"));
    // An hour's bar that has just begun is labelled by its end.
    let soon = jiff::Timestamp::now() + jiff::SignedDuration::from_mins(60);
    let later = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(3);
    passes(&SPEC, &both, &rows([None, Some(&soon.to_string())]));
    fails(&SPEC, &both, &rows([None, Some(&later.to_string())]));
}

#[test]
fn rows_belong_to_the_symbols_asked_for() {
    const SERIES: DatasetSpec = spec(ShapeKind::Series, &[SYMBOL]).checks(&[Check::Requested("symbol")]);
    let one = asked(&SERIES, &[("symbol", "00700.HK")]);
    let rows = |all: &[&str]| [labels(all), texts(all)].map(|column| table(&[("symbol", column)]));
    for rows in rows(&["00700.HK", "00700.HK"]) {
        assert_eq!(passes(&SERIES, &one, &rows), []);
    }
    for rows in rows(&["00700.HK", "00005.HK"]) {
        assert_eq!(fails(&SERIES, &one, &rows), "00005.HK: expected rows of 00700.HK, got \"00005.HK\"");
    }
    const SNAPSHOT: DatasetSpec = spec(ShapeKind::Snapshot, &[SYMBOL]).checks(&[Check::Requested("symbol")]);
    let three = asked(&SNAPSHOT, &[("symbols", "00700.HK,00005.HK,00001.HK")]);
    let missing = |all: &[&str]| {
        let [labels, texts] = rows(all);
        let missing = passes(&SNAPSHOT, &three, &labels);
        assert_eq!(passes(&SNAPSHOT, &three, &texts), missing);
        missing.iter().map(Symbol::to_string).collect::<Vec<_>>()
    };
    assert_eq!(missing(&["00700.HK", "00005.HK", "00001.HK"]), [""; 0]);
    assert_eq!(missing(&["00005.HK"]), ["00700.HK", "00001.HK"]);
    assert_eq!(missing(&["00001.HK", "00700.HK"]), ["00005.HK"]);
    assert_eq!(missing(&[]).len(), 3);
    for wrong in [&["00700.HK", "00002.HK"][..], &["00700.HK", "00700.HK"]] {
        let message = fails(&SNAPSHOT, &three, &rows(wrong)[0]);
        assert_eq!(message, format!("{}: expected a symbol that was asked for, once", wrong[1]));
    }
    // Without a symbol in the query any row is right.
    assert_eq!(passes(&SERIES, &free(), &rows(&["x"])[0]), []);
}

#[test]
fn a_missing_column_and_a_check_in_code_fail_too() {
    fn even(_: &Selection, batch: &RecordBatch, _: &Precision) -> Result<(), finvista_core::SourceError> {
        match batch.num_rows() % 2 {
            0 => Ok(()),
            _ => Err(finvista_core::SourceError::new(
                ErrorKind::Invalid,
                "expected an even number of rows, got 1",
            )),
        }
    }
    const SPEC: DatasetSpec =
        spec(ShapeKind::Free, &[SYMBOL, OPEN]).checks(&[Check::Finite("open")]).extra(even);
    let without = table(&[("symbol", texts(&["a"]))]);
    assert_eq!(fails(&SPEC, &free(), &without), "expected a column open as checked defines it, got none");
    let odd = table(&[("symbol", texts(&["a"])), ("open", floats(&[Some(1.0)]))]);
    assert_eq!(fails(&SPEC, &free(), &odd), "expected an even number of rows, got 1");
    const NO_KEY: DatasetSpec =
        DatasetSpec::new("a", "A", ShapeKind::Free, &[OPEN]).checks(&[Check::Positive("open")]);
    let second = table(&[("open", floats(&[Some(1.0), Some(-1.0)]))]);
    assert_eq!(fails(&NO_KEY, &free(), &second), "row 2: expected a number above 0 in open, got -1");
}

#[test]
fn checks_cross_the_plugin_boundary_as_text() {
    let json = serde_json::to_value(Check::AtLeast("volume", 0.0)).unwrap();
    assert_eq!(json, serde_json::json!({"at_least": ["volume", 0.0]}));
    assert_eq!(serde_json::to_value(Check::Key).unwrap(), "key");
}
