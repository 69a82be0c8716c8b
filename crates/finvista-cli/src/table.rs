//! Tables for people: numbers aligned to the right, no wider than the terminal, the middle of a long table left out.

use arrow_array::cast::AsArray;
use arrow_array::types::Float64Type;
use arrow_array::{Array, RecordBatch};
use arrow_cast::display::{ArrayFormatter, FormatOptions};
use arrow_schema::DataType;
use comfy_table::presets::NOTHING;
use comfy_table::{Cell, CellAlignment, ContentArrangement, Table};
use unicode_width::UnicodeWidthStr;

/// The number of rows shown at each end of a long table.
const HEAD: usize = 5;
const TAIL: usize = 30;

/// The gap between columns.
const GAP: u16 = 2;

/// One column as text.
struct Column {
    name: String,
    /// Whether it is aligned to the right, as numbers are.
    right: bool,
    cells: Vec<String>,
}

/// The width of the terminal, where standard output is one.
pub(crate) fn terminal_width() -> Option<u16> {
    Table::new().width()
}

/// The table as text, and lines for standard error that say what was left out. Without a width nothing is left out.
pub(crate) fn render(batches: &[RecordBatch], width: Option<u16>) -> (String, Vec<String>) {
    let Some(first) = batches.first() else {
        return (String::new(), Vec::new());
    };
    let rows: usize = batches.iter().map(RecordBatch::num_rows).sum();
    let long = width.is_some() && rows > HEAD + TAIL + 1;
    let shown = |row: usize| !long || row < HEAD || row >= rows - TAIL;
    let columns: Vec<Column> = (first.schema().fields().iter().enumerate())
        .map(|(index, field)| {
            let arrays: Vec<&dyn Array> = batches.iter().map(|batch| batch.column(index).as_ref()).collect();
            let decimals = decimals(&arrays);
            let cells =
                arrays.iter().flat_map(|array| (0..array.len()).map(move |row| text(*array, row, decimals)));
            let mut cells: Vec<String> =
                cells.enumerate().filter(|(row, _)| shown(*row)).map(|(_, cell)| cell).collect();
            if long {
                cells.insert(HEAD, "…".to_owned());
            }
            let right = matches!(field.data_type(), DataType::Int64 | DataType::Float64);
            Column { name: field.name().clone(), right, cells }
        })
        .collect();
    let mut left_out = Vec::new();
    if long {
        left_out.push(format!(
            "{} rows in the middle are not shown; --format csv prints all",
            rows - HEAD - TAIL
        ));
    }
    let mut table = Table::new();
    let (fitting, rest) = columns.split_at(fitting(&columns, width));
    if !rest.is_empty() {
        let names: Vec<&str> = rest.iter().map(|column| column.name.as_str()).take(4).collect();
        let more = match rest.len().saturating_sub(names.len()) {
            0 => String::new(),
            more => format!(" and {more} more columns"),
        };
        let names = names.join(", ");
        left_out.push(format!("the terminal is too narrow for {names}{more}: --format csv prints all"));
    }
    table.load_style(NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(fitting.iter().map(|column| cell(&column.name, column.right)));
    for row in 0..fitting.first().map_or(0, |column| column.cells.len()) {
        table.add_row(
            fitting.iter().map(|column| cell(column.cells.get(row).map_or("", String::as_str), column.right)),
        );
    }
    (plain(&mut table), left_out)
}

/// A small table of texts, as wide as it needs to be.
pub(crate) fn of_texts<const N: usize>(header: [&str; N], rows: &[[String; N]]) -> String {
    let mut table = Table::new();
    table.load_style(NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(header);
    rows.iter().for_each(|row| {
        table.add_row(row);
    });
    plain(&mut table)
}

fn plain(table: &mut Table) -> String {
    table.column_iter_mut().for_each(|column| {
        column.set_padding((0, GAP));
    });
    let mut text: String = table.lines().map(|line| line.trim_end().to_owned() + "\n").collect();
    if text.is_empty() {
        text.push('\n');
    }
    text
}

fn cell(text: &str, right: bool) -> Cell {
    Cell::new(text).set_alignment(if right { CellAlignment::Right } else { CellAlignment::Left })
}

/// How many of the first columns fit into the width; at least one.
fn fitting(columns: &[Column], width: Option<u16>) -> usize {
    let Some(width) = width else {
        return columns.len();
    };
    let mut used = 0;
    for (index, Column { name, cells, .. }) in columns.iter().enumerate() {
        let widest = cells.iter().map(|cell| cell.width()).max().unwrap_or(0).max(name.width());
        used += widest + usize::from(GAP);
        // The gap after the last column may exceed the width.
        if used - usize::from(GAP) > usize::from(width) {
            return index.max(1);
        }
    }
    columns.len()
}

/// The text of a cell; empty for a missing value.
fn text(array: &dyn Array, row: usize, decimals: usize) -> String {
    if array.is_null(row) {
        return String::new();
    }
    if let Some(floats) = array.as_primitive_opt::<Float64Type>() {
        return format!("{:.decimals$}", floats.value(row));
    }
    let options = FormatOptions::default()
        .with_timestamp_tz_format(Some("%Y-%m-%d %H:%M:%S"))
        .with_date_format(Some("%Y-%m-%d"));
    ArrayFormatter::try_new(array, &options)
        .map_or_else(|_| String::new(), |cells| cells.value(row).to_string())
}

/// The decimals of a column of numbers: two, and three where a price has a third.
fn decimals(arrays: &[&dyn Array]) -> usize {
    let third = |number: f64| (number * 100.0 - (number * 100.0).round()).abs() > 0.05;
    let floats = arrays.iter().filter_map(|array| array.as_primitive_opt::<Float64Type>());
    if floats.flat_map(|array| array.iter().flatten()).any(third) { 3 } else { 2 }
}
