//! Checks of prices, bounds and units.

use super::*;

fn prices(open: Option<f64>, high: Option<f64>, low: Option<f64>, close: Option<f64>) -> RecordBatch {
    let good = Some(10.0);
    let column = |value| floats(&[good, value]);
    table(&[
        ("symbol", texts(&["a", "b"])),
        ("open", column(open)),
        ("high", column(high)),
        ("low", column(low)),
        ("close", column(close)),
    ])
}

#[test]
fn prices_are_consistent() {
    const SPEC: DatasetSpec =
        spec(ShapeKind::Series, &[SYMBOL, OPEN, HIGH, LOW, CLOSE]).adjusts().checks(&[Check::Ohlc]);
    let plain = asked(&SPEC, &[("symbol", "00700.HK")]);
    let adjusted = asked(&SPEC, &[("symbol", "00700.HK"), ("adjust", "qfq")]);
    let backward = asked(&SPEC, &[("symbol", "00700.HK"), ("adjust", "hfq")]);
    for right in [
        prices(Some(10.0), Some(11.0), Some(9.0), Some(10.5)),
        prices(Some(10.0), Some(10.0), Some(10.0), Some(10.0)),
        prices(None, None, None, None),
        prices(None, Some(11.0), None, Some(10.0)),
    ] {
        passes(&SPEC, &plain, &right);
        passes(&SPEC, &adjusted, &right);
    }
    let negative = prices(Some(-1.0), Some(0.0), Some(-2.0), Some(-1.5));
    passes(&SPEC, &adjusted, &negative);
    assert_eq!(fails(&SPEC, &backward, &negative), "b: expected prices above zero, got -1");
    let huge = prices(Some(10.0), Some(1e12), Some(10.0), Some(10.0));
    assert_eq!(fails(&SPEC, &adjusted, &huge), "b: expected prices below 1000000000000, got 1000000000000");
    for (wrong, message) in [
        (negative, "b: expected prices above zero, got -1"),
        (prices(Some(0.0), Some(1.0), Some(0.0), Some(1.0)), "b: expected prices above zero, got 0"),
        (
            prices(Some(10.0), Some(11.0), Some(9.0), Some(11.1)),
            "b: expected open and close between low 9 and high 11, got 10 and 11.1",
        ),
        (
            prices(Some(8.9), Some(11.0), Some(9.0), Some(10.0)),
            "b: expected open and close between low 9 and high 11, got 8.9 and 10",
        ),
        (
            prices(None, Some(9.0), Some(11.0), None),
            "b: expected open and close between low 11 and high 9, got none and none",
        ),
        (prices(Some(f64::NAN), Some(11.0), Some(9.0), Some(10.0)), "b: expected finite prices, got NaN"),
        (
            prices(Some(10.0), Some(f64::INFINITY), Some(9.0), Some(10.0)),
            "b: expected finite prices, got inf",
        ),
    ] {
        assert_eq!(fails(&SPEC, &plain, &wrong), message);
    }
    assert!(
        fails(&SPEC, &adjusted, &prices(Some(1.0), Some(f64::NAN), Some(1.0), Some(1.0))).starts_with("b: ")
    );
}

#[test]
fn bounds_hold_for_values_that_are_there() {
    const POSITIVE: DatasetSpec = spec(ShapeKind::Free, &[SYMBOL, OPEN]).checks(&[Check::Positive("open")]);
    const LEAST: DatasetSpec = spec(ShapeKind::Free, &[SYMBOL, OPEN]).checks(&[Check::AtLeast("open", -1.0)]);
    const BETWEEN: DatasetSpec =
        spec(ShapeKind::Free, &[SYMBOL, OPEN]).checks(&[Check::Between("open", 0.0, 5.0)]);
    const FINITE: DatasetSpec = spec(ShapeKind::Free, &[SYMBOL, OPEN]).checks(&[Check::Finite("open")]);
    const SHARES: DatasetSpec =
        spec(ShapeKind::Free, &[SYMBOL, VOLUME]).checks(&[Check::AtLeast("volume", 0.0)]);
    let rows =
        |value: Option<f64>| table(&[("symbol", texts(&["a", "b"])), ("open", floats(&[Some(1.0), value]))]);
    for (spec, right, wrong, expected) in [
        (&POSITIVE, f64::MIN_POSITIVE, 0.0, "a number above 0"),
        (&POSITIVE, f64::MAX, f64::INFINITY, "a number above 0"),
        (&LEAST, -1.0, -1.1, "a number of at least -1"),
        (&LEAST, 0.0, f64::NAN, "a number of at least -1"),
        (&BETWEEN, 5.0, 5.1, "a number from 0 to 5"),
        (&BETWEEN, 0.0, -0.1, "a number from 0 to 5"),
        (&FINITE, f64::MIN, f64::NEG_INFINITY, "a finite number"),
        (&FINITE, -0.0, f64::NAN, "a finite number"),
    ] {
        passes(spec, &free(), &rows(Some(right)));
        passes(spec, &free(), &rows(None));
        let message = fails(spec, &free(), &rows(Some(wrong)));
        assert_eq!(message, format!("b: expected {expected} in open, got {wrong}"));
    }
    let shares = |value| table(&[("symbol", texts(&["a", "b"])), ("volume", ints(&[None, value]))]);
    passes(&SHARES, &free(), &shares(Some(0)));
    passes(&SHARES, &free(), &shares(None));
    assert_eq!(
        fails(&SHARES, &free(), &shares(Some(-1))),
        "b: expected a number of at least 0 in volume, got -1"
    );
}

#[test]
fn units_are_proven_by_the_average_price() {
    const SPEC: DatasetSpec =
        spec(ShapeKind::Series, &[SYMBOL, LOW, HIGH, VOLUME, AMOUNT]).adjusts().checks(&[Check::UnitProof]);
    let plain = asked(&SPEC, &[("symbol", "00700.HK")]);
    let rows = |amount: Option<f64>, volume: Option<i64>| {
        let price = |value| floats(&[Some(value); 2]);
        table(&[
            ("symbol", texts(&["a", "b"])),
            ("low", price(9.0)),
            ("high", price(11.0)),
            ("volume", ints(&[Some(10_000), volume])),
            ("amount", floats(&[Some(100_000.0), amount])),
        ])
    };
    passes(&SPEC, &plain, &rows(Some(100_000.0), Some(10_000)));
    passes(&SPEC, &plain, &rows(None, Some(10_000)));
    passes(&SPEC, &plain, &rows(Some(100_000.0), None));
    // Lots, and units of ten thousand.
    assert_eq!(
        fails(&SPEC, &plain, &rows(Some(100_000.0), Some(100))),
        "b: expected amount 100000 / volume 100 between low 9 and high 11, got 1000.0000: a unit is wrong"
    );
    assert!(fails(&SPEC, &plain, &rows(Some(10.0), Some(10_000))).ends_with("a unit is wrong"));
    let adjusted = asked(&SPEC, &[("symbol", "00700.HK"), ("adjust", "hfq")]);
    passes(&SPEC, &adjusted, &rows(Some(10.0), Some(10_000)));
}
