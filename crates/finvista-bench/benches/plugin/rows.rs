//! The data set of the bench: so many rows, made once, so that what a fetch costs is the way and not the making.

use std::sync::OnceLock;
use std::time::Duration;

use finvista_core::dataset::{Dataset, DatasetSpec, Float, Int, ParamSpec};
use finvista_core::{CustomQuery, InvalidInput, Params, Query, RecordBatch, SourceError};

finvista_core::columns! {
    "bench_rows",
    /// One row.
    pub(crate) struct Row => RowColumns, RowViews {
        /// Its number.
        number: Int, "";
        /// Half of it.
        half: Float, "";
    }
}

/// So many rows.
#[derive(Debug)]
pub(crate) struct Rows;

impl Dataset for Rows {
    type Query = CustomQuery;
    /// The table is there: only its length is left to say.
    type Builder = usize;
    type Row<'a> = Row<'a>;
    type Views<'a> = RowViews<'a>;

    const SPEC: &'static DatasetSpec = &DatasetSpec {
        id: "bench_rows",
        title: "So many rows",
        params: &[ParamSpec { name: "rows", required: true, doc: "5 or 1000000" }],
        columns: RowColumns::SPEC,
        parse,
        ttl: |_, _| Duration::ZERO,
        check: |_, _, _| Ok(Vec::new()),
    };

    fn query(query: &Query) -> Option<&CustomQuery> {
        match query {
            Query::Custom(query) => Some(query),
            _ => None,
        }
    }

    fn builder(query: &CustomQuery) -> usize {
        query.params.get("rows").and_then(|rows| rows.parse().ok()).unwrap_or(5)
    }

    fn finish(rows: usize) -> Result<RecordBatch, SourceError> {
        static FEW: OnceLock<RecordBatch> = OnceLock::new();
        static MANY: OnceLock<RecordBatch> = OnceLock::new();
        let table = if rows <= 5 { &FEW } else { &MANY };
        if let Some(table) = table.get() {
            return Ok(table.clone());
        }
        let mut columns = RowColumns::default();
        for number in 0..rows {
            columns.push(Row { number: number as i64, half: number as f64 / 2.0 });
        }
        let made = columns.finish()?;
        Ok(table.get_or_init(|| made).clone())
    }
}

fn parse(params: &Params) -> Result<Query, InvalidInput> {
    Ok(Query::custom(Rows::SPEC.id(), params.clone()))
}
