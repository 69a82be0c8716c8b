//! Tables as text: the first and last rows.

use std::fmt;

use arrow_array::cast::AsArray;
use arrow_array::types::Float64Type;
use arrow_array::{Array, RecordBatch};
use unicode_width::UnicodeWidthStr;

use super::Table;
use crate::dataset::check::shown;

/// How many rows are shown at either end of a longer table.
const ENDS: usize = 5;

/// Writes the number of rows, the source, and the first and last five rows in aligned columns.
impl<D> fmt::Display for Table<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let batch = self.batch();
        let (rows, columns) = (batch.num_rows(), batch.num_columns());
        write!(f, "{rows} rows, {columns} columns")?;
        if !self.source().is_empty() {
            write!(f, " from {}", self.source())?;
        }
        let all: Vec<usize> = (0..rows).filter(|row| *row < ENDS || row + ENDS >= rows).collect();
        let columns: Vec<Vec<String>> = (0..columns).map(|index| column(batch, index, &all, rows)).collect();
        let height = columns.first().map_or(0, Vec::len);
        for line in 0..height {
            f.write_str("\n")?;
            for (place, cells) in columns.iter().enumerate() {
                let width = cells.iter().map(|cell| cell.width()).max().unwrap_or_default();
                let cell = cells.get(line).map_or("", String::as_str);
                let gap = if place == 0 { "" } else { "  " };
                write!(f, "{gap}{:1$}{cell}", "", width - cell.width())?;
            }
        }
        Ok(())
    }
}

/// The header and the cells of a column, with an ellipsis for the rows that are left out.
fn column(batch: &RecordBatch, index: usize, rows: &[usize], total: usize) -> Vec<String> {
    let schema = batch.schema_ref();
    let mut cells: Vec<String> =
        schema.fields().get(index).map(|field| field.name().clone()).into_iter().collect();
    let values = batch.columns().get(index);
    for &row in rows {
        if row > 0 && row + ENDS == total && total > 2 * ENDS {
            cells.push("…".to_owned());
        }
        cells.extend(values.map(|values| cell(values, row)));
    }
    cells
}

fn cell(values: &dyn Array, row: usize) -> String {
    if values.is_null(row) {
        return "null".to_owned();
    }
    if let Some(floats) = values.as_primitive_opt::<Float64Type>() {
        return floats.value(row).to_string();
    }
    match values.as_boolean_opt() {
        Some(truths) => truths.value(row).to_string(),
        None => shown(values, row),
    }
}
