//! The data set of the bench: this many rows, made once, so that a fetch costs what its way costs and not what rows cost.

use std::sync::OnceLock;

use finvista_core::dataset::{Build, Columns, Float, Int};
use finvista_core::{Free, ParamSpec, RecordBatch, SourceError, columns, dataset};
use jiff::Timestamp;

columns! {
    "bench_rows",
    /// One row.
    pub(crate) struct Row => RowColumns, RowViews {
        /// Its number.
        number: Int, "";
        /// Half of it.
        half: Float, "";
    }
}

dataset! {
    /// A table with a chosen number of rows.
    pub(crate) BenchRows = "bench_rows", "A number of rows";
    selects Free;
    rows Row, RowColumns, RowViews built by Ready;
    key [number];
    spec.params(&[ParamSpec::required("rows", "5 or 1000000")])
}

/// A table that is ready: only its length is left to choose.
#[derive(Debug)]
pub(crate) struct Ready {
    rows: usize,
}

impl Build for Ready {
    type Selection = Free;

    fn new(selection: &Free, _: Timestamp) -> Self {
        Self { rows: selection.params.get("rows").and_then(|rows| rows.parse().ok()).unwrap_or(5) }
    }

    fn finish(self) -> Result<RecordBatch, SourceError> {
        static FEW: OnceLock<RecordBatch> = OnceLock::new();
        static MANY: OnceLock<RecordBatch> = OnceLock::new();
        let table = if self.rows <= 5 { &FEW } else { &MANY };
        if let Some(table) = table.get() {
            return Ok(table.clone());
        }
        let mut columns = RowColumns::default();
        for number in 0..self.rows {
            columns.push(Row { number: number as i64, half: number as f64 / 2.0 });
        }
        let made = columns.finish()?;
        Ok(table.get_or_init(|| made).clone())
    }
}
