//! The check that every answer passes before a caller sees it, as the manager makes it.

use std::sync::Arc;

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
    let invalid = |what: String| Err(SourceError::new(ErrorKind::Invalid, what));
    let schema = offered.spec.schema();
    let columns = |schema: &finvista_core::SchemaRef| -> Vec<String> {
        schema.fields().iter().map(|field| format!("{} {}", field.name(), field.data_type())).collect()
    };
    if columns(&batch.schema()) != columns(&schema) {
        return invalid(format!(
            "the columns are not the data set's: {}",
            columns(&batch.schema()).join(", ")
        ));
    }
    if batch.num_rows() == 0 {
        return invalid("a table without rows is no answer: say NoData or NotFound".to_owned());
    }
    let mut columns = offered.spec.columns.iter().zip(batch.columns());
    if let Some((spec, _)) = columns.find(|(spec, column)| !spec.nullable && column.null_count() > 0) {
        return invalid(format!("column {} has nulls", spec.name));
    }
    let batch = RecordBatch::try_new(Arc::clone(&schema), batch.columns().to_vec());
    let batch = batch.map_err(|e| SourceError::new(ErrorKind::Invalid, e.to_string()))?;
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
