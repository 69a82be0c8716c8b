//! Checks of changes and turnovers.

use super::*;

const PRE_CLOSE: ColumnSpec = column("pre_close", ColumnType::Float);
const PRICE: ColumnSpec = column("price", ColumnType::Float);
const CHANGE: ColumnSpec = column("change", ColumnType::Float);
const CHANGE_PCT: ColumnSpec = column("change_pct", ColumnType::Float);
const AMPLITUDE: ColumnSpec = column("amplitude", ColumnType::Float);
const TURNOVER: ColumnSpec = column("turnover", ColumnType::Float);

const BARS: DatasetSpec = spec(ShapeKind::Series, &[SYMBOL, HIGH, LOW, CLOSE, CHANGE, CHANGE_PCT, AMPLITUDE])
    .adjusts()
    .checks(&[Check::Changes]);

type Said = (Option<f64>, Option<f64>, Option<f64>);

/// Bars that close at 10, 10.2 and 10.1, with these changes, percentages and amplitudes.
fn bars(said: [Said; 3]) -> RecordBatch {
    let all = |pick: fn(Said) -> Option<f64>| floats(&said.map(pick));
    table(&[
        ("symbol", texts(&["a", "b", "c"])),
        ("high", floats(&[Some(10.3), Some(10.4), Some(10.5)])),
        ("low", floats(&[Some(9.9), Some(10.0), Some(10.0)])),
        ("close", floats(&[Some(10.0), Some(10.2), Some(10.1)])),
        ("change", all(|said| said.0)),
        ("change_pct", all(|said| said.1)),
        ("amplitude", all(|said| said.2)),
    ])
}

const fn said(change: f64, pct: f64, amplitude: f64) -> Said {
    (Some(change), Some(pct), Some(amplitude))
}

const FIRST: Said = said(0.5, 5.26, 4.21);
const SECOND: Said = said(0.2, 2.0, 4.0);
const THIRD: Said = said(-0.1, -0.98, 4.9);

#[test]
fn changes_of_bars_follow_from_the_bar_before() {
    let plain = asked(&BARS, &[("symbol", "600519.SH")]);
    for right in [
        [FIRST, SECOND, THIRD],
        [(None, None, None), SECOND, THIRD],
        [(None, None, None), (None, None, Some(4.0)), (Some(-0.1), None, None)],
        // With one decimal, or from prices that were rounded later.
        [FIRST, said(0.21, 2.1, 4.0), said(-0.1, -1.0, 4.9)],
    ] {
        passes(&BARS, &plain, &bars(right));
    }
    for (wrong, message) in [
        (
            [FIRST, said(0.5, 2.0, 4.0), THIRD],
            "b: expected change 0.20 against the previous close 10, got 0.5",
        ),
        (
            [FIRST, SECOND, said(-0.1, -99_999.0, 4.9)],
            "c: expected change_pct -0.98 against the previous close 10.2, got -99999",
        ),
        (
            [(None, None, None), (None, None, Some(2.0)), THIRD],
            "b: expected amplitude 4.00 against the previous close 10, got 2",
        ),
        (
            [FIRST, said(f64::NAN, 2.0, 4.0), THIRD],
            "b: expected change 0.20 against the previous close 10, got NaN",
        ),
        // The first row refers to a close that is not there, and must be consistent.
        (
            [said(0.5, 0.5, 4.21), SECOND, THIRD],
            "a: expected change_pct 5.26 against the previous close 9.5, got 0.5",
        ),
        ([said(10.0, 0.5, 4.21), SECOND, THIRD], "a: expected a change from another price to 10, got 10"),
    ] {
        assert_eq!(fails(&BARS, &plain, &bars(wrong)), message);
    }
}

#[test]
fn percentages_of_a_negative_close_are_not_checked() {
    let negative = table(&[
        ("symbol", texts(&["a", "b"])),
        ("high", floats(&[Some(-1.0), Some(0.3)])),
        ("low", floats(&[Some(-1.2), Some(-0.1)])),
        ("close", floats(&[Some(-1.1), Some(0.2)])),
        ("change", floats(&[Some(0.1), Some(1.3)])),
        ("change_pct", floats(&[Some(8.3), Some(-118.0)])),
        ("amplitude", floats(&[None, None])),
    ]);
    passes(&BARS, &asked(&BARS, &[("symbol", "600519.SH"), ("adjust", "qfq")]), &negative);
    let message = fails(&BARS, &asked(&BARS, &[("symbol", "600519.SH")]), &negative);
    assert_eq!(message, "a: expected a change from another price to -1.1, got 0.1");
}

#[test]
fn changes_of_quotes_follow_from_the_previous_close() {
    const QUOTES: DatasetSpec =
        spec(ShapeKind::Snapshot, &[SYMBOL, PRICE, PRE_CLOSE, CHANGE, CHANGE_PCT]).checks(&[Check::Changes]);
    let asked = asked(&QUOTES, &[("symbols", "600519.SH,000001.SZ")]);
    let quotes = |price: Option<f64>, change: Option<f64>, pct: Option<f64>| {
        table(&[
            ("symbol", texts(&["a", "b"])),
            ("price", floats(&[Some(10.1), price])),
            ("pre_close", floats(&[Some(10.0), Some(20.0)])),
            ("change", floats(&[Some(0.1), change])),
            ("change_pct", floats(&[Some(1.0), pct])),
        ])
    };
    for (price, change, pct) in
        [(Some(20.5), Some(0.5), Some(2.5)), (None, None, None), (Some(20.5), None, None)]
    {
        passes(&QUOTES, &asked, &quotes(price, change, pct));
    }
    // Neither depends on the row before.
    assert_eq!(
        fails(&QUOTES, &asked, &quotes(Some(20.5), Some(10.4), Some(2.5))),
        "b: expected change 0.50 against the previous close 20, got 10.4"
    );
    assert_eq!(
        fails(&QUOTES, &asked, &quotes(Some(20.5), Some(0.5), Some(0.5))),
        "b: expected change_pct 2.50 against the previous close 20, got 0.5"
    );
}

#[test]
fn a_turnover_is_a_percentage_of_the_float() {
    const SPEC: DatasetSpec = spec(ShapeKind::Series, &[SYMBOL, TURNOVER])
        .periods(&[Period::Day, Period::Week, Period::Month])
        .checks(&[Check::Turnover]);
    let rows =
        |turnover| table(&[("symbol", texts(&["a", "b"])), ("turnover", floats(&[None, Some(turnover)]))]);
    for (symbol, period, most) in [
        ("600519.SH", "day", 1_000.0),
        ("600519.SH", "week", 5_000.0),
        ("600519.SH", "month", 23_000.0),
        ("510300.SH", "day", 10_000.0),
    ] {
        let asked = asked(&SPEC, &[("symbol", symbol), ("period", period)]);
        passes(&SPEC, &asked, &rows(0.0));
        passes(&SPEC, &asked, &rows(most));
        for wrong in [most + 1.0, -0.01, f64::NAN, f64::INFINITY] {
            let message = format!("b: expected a turnover from 0 to {most} %, got {wrong}");
            assert_eq!(fails(&SPEC, &asked, &rows(wrong)), message);
        }
    }
}
