//! The check that every answer passes before a caller sees it, as the manager makes it.

use arrow_array::RecordBatch;
use finvista_core::dataset::{DailyBar, DailyViews, RowViews};
use finvista_core::{ErrorKind, Query, SourceError, Symbol};

use crate::bench::Offered;

/// Checks schema, nulls, emptiness and the invariants of the data set. Gives the symbols that were asked for and are not there.
pub(crate) fn check(
    offered: &Offered,
    query: &Query,
    batch: &RecordBatch,
) -> Result<Vec<Symbol>, SourceError> {
    let batch = offered.spec.adopt(&offered.spec.schema(), batch.clone())?;
    if batch.num_rows() == 0 {
        let what = "a table without rows is no answer: say NoData or NotFound";
        return Err(SourceError::new(ErrorKind::Invalid, what));
    }
    (offered.spec.check)(query, &batch, offered.capability.get_precision())
}

/// What an answer is worth: a table that breaks a rule is an error.
pub(crate) fn checked(
    offered: &Offered,
    query: &Query,
    answer: Result<RecordBatch, SourceError>,
) -> Result<RecordBatch, SourceError> {
    let batch = answer?;
    check(offered, query, &batch).map(|_| batch)
}

/// The rows of daily bars; none where it is another table.
pub(crate) fn bars(batch: &RecordBatch) -> Vec<DailyBar<'_>> {
    let rows = DailyViews::new(batch).map(|views| (0..batch.num_rows()).map(|row| views.row(row)).collect());
    rows.unwrap_or_default()
}
