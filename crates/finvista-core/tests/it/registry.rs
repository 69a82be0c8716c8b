//! Registering sources and data sets.

use std::sync::Arc;

use finvista_core::dataset::{Check, ColumnSpec, ColumnType, Dataset};
use finvista_core::{DatasetSpec, Registry, ShapeKind};

use crate::support::{HkDaily, Scripted, bars};

const DAY: ColumnSpec =
    ColumnSpec { name: "day", ty: ColumnType::Date, nullable: false, unit: "", doc: "The day." };
const HEIGHT: ColumnSpec =
    ColumnSpec { name: "height", ty: ColumnType::Float, nullable: true, unit: "m", doc: "The height." };
const OTHER_DOCS: ColumnSpec = ColumnSpec { doc: "In metres.", unit: "metres", ..HEIGHT };
const OTHER_TYPE: ColumnSpec = ColumnSpec { ty: ColumnType::Int, ..HEIGHT };
const NOT_NULL: ColumnSpec = ColumnSpec { nullable: false, ..HEIGHT };

const fn tides(columns: &'static [ColumnSpec]) -> DatasetSpec {
    DatasetSpec::new("tides", "Tides", ShapeKind::Free, columns)
}

#[test]
fn a_data_set_may_be_defined_again_with_the_same_columns() {
    static FIRST: DatasetSpec = tides(&[DAY, HEIGHT]);
    static SAME: DatasetSpec = tides(&[DAY, OTHER_DOCS]);
    static TYPE: DatasetSpec = tides(&[DAY, OTHER_TYPE]);
    static NULLS: DatasetSpec = tides(&[DAY, NOT_NULL]);
    static FEWER: DatasetSpec = tides(&[DAY]);
    static ORDER: DatasetSpec = tides(&[HEIGHT, DAY]);
    let mut registry = Registry::empty();
    registry.add_dataset(&FIRST).unwrap();
    registry.add_dataset(&FIRST).unwrap();
    registry.add_dataset(&SAME).unwrap();
    assert!(std::ptr::eq(registry.dataset("tides").unwrap().spec, &FIRST));
    for other in [&TYPE, &NULLS, &FEWER, &ORDER] {
        assert!(!FIRST.same_columns(other));
        assert_eq!(
            registry.add_dataset(other).unwrap_err().to_string(),
            "data set tides: a data set of this id is registered already, with other columns"
        );
    }
    assert_eq!(registry.datasets().count(), 1);
}

#[test]
fn contradictions_are_refused() {
    static CASE: DatasetSpec = DatasetSpec::new("Tides", "Tides", ShapeKind::Free, &[DAY]);
    static TWICE: DatasetSpec = tides(&[DAY, HEIGHT, DAY]);
    static KEY: DatasetSpec = tides(&[DAY]).key(&["day", "port"]);
    static NO_KEY: DatasetSpec = tides(&[DAY]).checks(&[Check::Key]);
    static FLOAT_KEY: DatasetSpec = tides(&[DAY, HEIGHT]).key(&["height"]).checks(&[Check::Key]);
    static WITHIN: DatasetSpec = tides(&[DAY, HEIGHT]).checks(&[Check::Within("height")]);
    static REQUESTED: DatasetSpec = tides(&[DAY]).checks(&[Check::Requested("symbol")]);
    static POSITIVE: DatasetSpec = tides(&[DAY]).checks(&[Check::Positive("day")]);
    static FINITE: DatasetSpec = tides(&[OTHER_TYPE]).checks(&[Check::Finite("height")]);
    static OHLC: DatasetSpec = tides(&[DAY]).checks(&[Check::Ohlc]);
    static PROOF: DatasetSpec = tides(&[DAY]).checks(&[Check::UnitProof]);
    for (spec, message) in [
        (&CASE, "expected a name of lower-case ASCII letters, digits and _, got \"Tides\""),
        (&TWICE, "expected unique columns, got day twice"),
        (&KEY, "expected a key of columns, got port"),
        (&NO_KEY, "check Key: expected a key, got none"),
        (&FLOAT_KEY, "check Key: expected column height of type Text, Label, Date or Int, got Float"),
        (&WITHIN, "check Within(\"height\"): expected column height of type Date, got Float"),
        (&REQUESTED, "check Requested(\"symbol\"): expected a column symbol, got none"),
        (&POSITIVE, "check Positive(\"day\"): expected column day of type Float or Int, got Date"),
        (&FINITE, "check Finite(\"height\"): expected column height of type Float, got Int"),
        (&OHLC, "check Ohlc: expected a column open, got none"),
        (&PROOF, "check UnitProof: expected a column amount, got none"),
    ] {
        assert_eq!(spec.validate(), Err(message.to_owned()));
        let error = Registry::empty().add_dataset(spec).unwrap_err();
        assert_eq!(error.to_string(), format!("data set {}: {message}", spec.id));
    }
    static RIGHT: DatasetSpec = tides(&[DAY, HEIGHT]).key(&["day"]).checks(&[
        Check::Key,
        Check::Within("day"),
        Check::Finite("height"),
        Check::AtLeast("height", 0.0),
    ]);
    assert_eq!(RIGHT.validate(), Ok(()));
}

#[test]
fn registered_data_sets_are_found_and_a_source_has_one_name() {
    let mut registry = Registry::of_datasets().unwrap();
    let ids: Vec<_> = registry.datasets().map(|known| known.spec.id).collect();
    assert_eq!(ids, ["hk_daily", "hk_list", "hk_lots"]);
    let known = registry.dataset("hk_daily").unwrap();
    assert!(Arc::ptr_eq(&known.schema, HkDaily::schema()));
    let source = || Arc::new(Scripted::new("a", HkDaily::SPEC, |_, query| (0, Ok(bars(query, &[])))));
    registry.add_source(source()).unwrap();
    assert_eq!(
        registry.add_source(source()).unwrap_err().to_string(),
        "source a: a source of this name is registered already: give it another name, or disable the default sources"
    );
    assert_eq!(registry.sources().len(), 1);
}
