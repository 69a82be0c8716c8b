//! Rows ascend by the key of their data set, and keys are unique.

use std::cmp::Ordering;
use std::collections::HashMap;

use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, Int64Type, TimestampMillisecondType};
use arrow_array::{Array, RecordBatch};

use super::{Checked, LabelKey, first_wrong, row_name};
use crate::error::SourceError;
use crate::selection::Selection;
use crate::symbol::Symbol;

pub(super) fn check(table: &Checked<'_>) -> Result<(), SourceError> {
    let key = table.spec.key;
    if matches!(table.selection, Selection::Snapshot(_) | Selection::Keyword(_)) {
        return unique(table);
    }
    let Some(columns) = columns(table.batch, key) else { return Err(table.misses(&key.join(", "))) };
    let Some(row) = first_unordered(&columns, table.batch.num_rows()) else { return Ok(()) };
    let before = row_name(table.batch, key, row - 1);
    Err(table.invalid(row, &format!("expected ascending and unique keys, got this one after {before}")))
}

fn unique(table: &Checked<'_>) -> Result<(), SourceError> {
    let mut rows: HashMap<String, usize> = HashMap::with_capacity(table.batch.num_rows());
    for row in 0..table.batch.num_rows() {
        if rows.insert(row_name(table.batch, table.spec.key, row), row).is_some() {
            return Err(table.invalid(row, "expected unique keys, got this one twice"));
        }
    }
    Ok(())
}

/// The order of the rows by their key, or `None` if they ascend.
pub(in crate::dataset) fn order(batch: &RecordBatch, key: &[&str]) -> Option<Vec<usize>> {
    let columns = columns(batch, key)?;
    first_unordered(&columns, batch.num_rows())?;
    let mut order: Vec<usize> = (0..batch.num_rows()).collect();
    order.sort_by(|&a, &b| compare(&columns, a, b));
    Some(order)
}

/// The order of the rows by the place of their symbol in the query, or `None` if they are sorted. The symbol is the first
/// column of the key.
pub(in crate::dataset) fn order_of(
    batch: &RecordBatch,
    key: &[&str],
    asked: &[Symbol],
) -> Option<Vec<usize>> {
    let column = batch.column_by_name(key.first()?)?;
    let places: HashMap<String, usize> = asked.iter().map(Symbol::to_string).zip(0..).collect();
    let place = |row: usize| text(column, row).and_then(|text| places.get(text)).copied();
    let mut order: Vec<(Option<usize>, usize)> = (0..batch.num_rows()).map(|row| (place(row), row)).collect();
    if order.is_sorted() {
        return None;
    }
    order.sort_unstable();
    Some(order.into_iter().map(|(_, row)| row).collect())
}

fn columns<'a>(batch: &'a RecordBatch, key: &[&str]) -> Option<Vec<&'a dyn Array>> {
    key.iter().map(|name| batch.column_by_name(name).map(|column| &**column)).collect()
}

/// The first row whose key is not greater than the one before it.
fn first_unordered(columns: &[&dyn Array], rows: usize) -> Option<usize> {
    // Usually the first columns are constant, and the last one has days or times.
    if let [constant @ .., last] = columns
        && constant.iter().all(|column| is_constant(*column))
    {
        let place = |at: Option<usize>| at.map(|at| at + 1);
        if let Some(days) = last.as_primitive_opt::<Date32Type>() {
            return place(first_not_ascending(days.values()));
        }
        if let Some(times) = last.as_primitive_opt::<TimestampMillisecondType>() {
            return place(first_not_ascending(times.values()));
        }
    }
    if let [only] = columns
        && let Some(texts) = only.as_string_opt::<i32>().filter(|texts| texts.len() == rows)
    {
        return (1..rows).find(|&row| texts.value(row - 1) >= texts.value(row));
    }
    (1..rows).find(|&row| compare(columns, row - 1, row) != Ordering::Less)
}

fn first_not_ascending<T: PartialOrd>(values: &[T]) -> Option<usize> {
    let pairs = values.iter().zip(values.get(1..).unwrap_or_default());
    first_wrong(pairs, |(one, next)| one < next)
}

/// Whether a column of labels has the same key in all rows.
fn is_constant(column: &dyn Array) -> bool {
    let Some(labels) = column.as_dictionary_opt::<LabelKey>() else { return false };
    let keys = labels.keys().values();
    let first = keys.first();
    first_wrong(keys.iter(), |key| Some(key) == first).is_none()
}

/// Compares two rows by these columns.
fn compare(columns: &[&dyn Array], one: usize, other: usize) -> Ordering {
    let compare = |column: &&dyn Array| {
        if let Some(days) = column.as_primitive_opt::<Date32Type>() {
            days.value(one).cmp(&days.value(other))
        } else if let Some(times) = column.as_primitive_opt::<TimestampMillisecondType>() {
            times.value(one).cmp(&times.value(other))
        } else if let Some(numbers) = column.as_primitive_opt::<Int64Type>() {
            numbers.value(one).cmp(&numbers.value(other))
        } else {
            text(*column, one).cmp(&text(*column, other))
        }
    };
    columns.iter().map(compare).find(|ordering| *ordering != Ordering::Equal).unwrap_or(Ordering::Equal)
}

/// The text of a row in a column of texts or labels.
pub(super) fn text(column: &dyn Array, row: usize) -> Option<&str> {
    if let Some(texts) = column.as_string_opt::<i32>() {
        return (row < texts.len()).then(|| texts.value(row));
    }
    let labels = column.as_dictionary_opt::<LabelKey>()?;
    let texts = labels.values().as_string_opt::<i32>()?;
    let key = usize::try_from(*labels.keys().values().get(row)?).ok()?;
    (key < texts.len()).then(|| texts.value(key))
}
