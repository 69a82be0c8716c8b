//! Data sets: each is defined once, and everything else follows from the definition.
//!
//! [`columns!`](crate::columns) writes the columns of a data set with their types, units and docs. From it come the Arrow
//! schema, the typed columns that endpoints fill, and the row that callers read. A [`DatasetSpec`] adds what a query may ask
//! and what every table must satisfy, as plain data. [`dataset!`](crate::dataset) ties both to a marker type and registers
//! the data set: it then appears in `finvista sources`, in `finvista get`, and in the docs.

mod adopt;
mod bars;
pub(crate) mod check;
mod column;
mod define;
#[doc(hidden)]
pub mod derived;
mod facets;
mod group;
mod keep;
mod kind;
mod label;
mod numbers;
mod quotes;
mod rows;
mod schema;
mod spec;
mod store;

use std::fmt::Debug;

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use jiff::Timestamp;

pub use bars::{Bar, BarColumns, BarSink, BarTime, Bars};
pub use check::Check;
pub use column::{ColumnSpec, ColumnType};
pub use facets::{Adjustable, Dated, Limited, Periodic, Ranged, Scoped};
pub use keep::{Keep, Pace};
pub use kind::{Bool, Date32, Float, Int, Kind, Label, LabelView, Optional, Text, Time};
pub use label::Labels;
pub use quotes::{Level, Quote, QuoteColumns, QuoteSink, Quotes};
pub use rows::{Keyed, Rows};
pub use schema::schema;
pub use spec::{DatasetSpec, ExtraCheck};
pub use store::{Nullable, Texts};

use crate::error::SourceError;
use crate::query::Query;
use crate::shape::Shape;

/// A data set with its Rust types: what an endpoint is written against. [`dataset!`](crate::dataset) implements it.
pub trait Dataset: Debug + Send + Sync + 'static {
    /// What a query selects.
    type Selection: Shape;
    /// What an endpoint fills, row by row.
    type Builder: Build<Selection = Self::Selection>;
    /// A row, as callers read it.
    type Row<'a>;
    /// The columns of a table, found and typed once.
    type Views<'a>: RowViews<'a, Row = Self::Row<'a>>;

    /// The definition.
    const SPEC: &'static DatasetSpec;

    /// The Arrow schema, made once.
    fn schema() -> &'static SchemaRef;
}

impl Query {
    /// A query of a data set.
    pub fn of<D: Dataset>(selection: D::Selection) -> Self {
        Self::new(D::SPEC.id(), selection.erase())
    }
}

/// How a table is put together from what an endpoint hands in: [`Bars`], [`Quotes`] or [`Rows`].
pub trait Build: Send + Sized {
    /// What the table answers.
    type Selection: Shape;

    /// An empty builder for the answer to a selection, asked for at the instant `now`.
    fn new(selection: &Self::Selection, now: Timestamp) -> Self;

    /// Notes when an answer arrived, before it is read into the builder.
    fn read_at(&mut self, at: Timestamp) {
        let _ = at;
    }

    /// The table.
    ///
    /// # Errors
    ///
    /// When what was handed in makes no table.
    fn finish(self) -> Result<RecordBatch, SourceError>;
}

/// The columns of a data set while a table is built. [`columns!`](crate::columns) implements it.
pub trait Columns: Debug + Default + Send + 'static {
    /// A row.
    type Row<'a>;
    /// The columns of a finished table.
    type Views<'a>: RowViews<'a, Row = Self::Row<'a>>;

    /// The columns, in order.
    const SPEC: &'static [ColumnSpec];

    /// Appends a row.
    fn push(&mut self, row: Self::Row<'_>);
    /// Makes room for further rows.
    fn reserve(&mut self, rows: usize);
    /// Puts the rows into this order of their indices.
    fn reorder(&mut self, order: &[usize]);
    /// The table.
    ///
    /// # Errors
    ///
    /// When the columns have different lengths.
    fn finish(self) -> Result<RecordBatch, SourceError>;
}

/// The typed columns of one table.
pub trait RowViews<'a>: Sized {
    /// A row.
    type Row;

    /// Finds the columns, or `None` when the table has another schema.
    fn new(batch: &'a RecordBatch) -> Option<Self>;

    /// The row at an index below the number of rows.
    ///
    /// # Panics
    ///
    /// When the index is out of range, as a slice does.
    fn row(&self, index: usize) -> Self::Row;
}
