//! What the tests of the data sets share.

use finvista_core::dataset::{Build, Dataset};
use finvista_core::{InvalidInput, Params, Precision, Query, SourceError, Symbol, Table};
use jiff::Timestamp;

/// After every day in these tests.
pub(crate) const LATER: Timestamp = Timestamp::constant(1_800_000_000, 0);

pub(crate) fn symbol(text: &str) -> Symbol {
    text.parse().unwrap()
}

pub(crate) fn params(pairs: &[(&str, &str)]) -> Params {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// The message and the parameter of a refusal.
pub(crate) fn refused(query: Result<Query, InvalidInput>) -> (String, Option<&'static str>) {
    let error = query.unwrap_err();
    (error.to_string(), error.param())
}

/// A builder for the answer to a selection.
pub(crate) fn builder<D: Dataset>(selection: &D::Selection) -> D::Builder {
    D::Builder::new(selection, LATER)
}

pub(crate) fn finish<D: Dataset>(builder: D::Builder) -> Table<D> {
    Table::new(builder.finish().unwrap()).typed().unwrap()
}

/// The symbols that are missing in a table that passes the checks.
pub(crate) fn check<D: Dataset>(
    selection: &D::Selection,
    table: &Table<D>,
) -> Result<Vec<Symbol>, SourceError> {
    check_with(selection, table, Precision::default())
}

pub(crate) fn check_with<D: Dataset>(
    selection: &D::Selection,
    table: &Table<D>,
    precision: Precision,
) -> Result<Vec<Symbol>, SourceError> {
    let now = Timestamp::now();
    D::SPEC.check(Query::of::<D>(selection.clone()).selection(), table.batch(), &precision, now)
}
