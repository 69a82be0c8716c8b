//! Data sets: each is defined once, and everything else follows from the definition.
//!
//! [`columns!`](crate::columns) defines the columns of a data set with their types, units and docs: the Arrow schema, the
//! typed columns that endpoints fill, and the row that callers read. A [`DatasetSpec`] adds, as plain data, what a query may
//! ask for and what every table must satisfy. [`dataset!`](crate::dataset!) ties both to a marker type and registers the data
//! set, which then appears in `finvista sources`, in `finvista get` and in the docs.

mod adopt;
mod bars;
pub(crate) mod check;
mod claim;
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
pub use check::{Check, Sifted};
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

/// A data set with its Rust types. [`dataset!`](crate::dataset!) implements it.
pub trait Dataset: Debug + Send + Sync + 'static {
    /// What a query selects.
    type Selection: Shape;
    /// The builder that an endpoint fills.
    type Builder: Build<Selection = Self::Selection>;
    /// A row, as callers read it.
    type Row<'a>;
    /// The typed columns of a table.
    type Views<'a>: RowViews<'a, Row = Self::Row<'a>>;

    /// The definition.
    const SPEC: &'static DatasetSpec;

    /// The Arrow schema, made once.
    fn schema() -> &'static SchemaRef;
}

impl Query {
    /// A query of the data set `D`.
    pub fn of<D: Dataset>(selection: D::Selection) -> Self {
        Self::new(D::SPEC.id(), selection.erase())
    }
}

/// A builder of tables: [`Bars`], [`Quotes`] or [`Rows`].
pub trait Build: Send + Sized {
    /// What a query selects.
    type Selection: Shape;

    /// An empty builder for the answer to a selection, made at the instant of the call.
    fn new(selection: &Self::Selection, now: Timestamp) -> Self;

    /// Sets when an answer arrived, before it is decoded.
    fn read_at(&mut self, at: Timestamp) {
        let _ = at;
    }

    /// The table.
    ///
    /// # Errors
    ///
    /// When the rows do not form a valid table.
    fn finish(self) -> Result<RecordBatch, SourceError>;
}

/// The columns of a data set while a table is built. [`columns!`](crate::columns) implements it.
pub trait Columns: Debug + Default + Send + 'static {
    /// A row.
    type Row<'a>;
    /// The columns of a finished table.
    type Views<'a>: RowViews<'a, Row = Self::Row<'a>>;

    /// The definitions of the columns, in order.
    const SPEC: &'static [ColumnSpec];

    /// Appends a row.
    fn push(&mut self, row: Self::Row<'_>);
    /// Reserves room for this many more rows.
    fn reserve(&mut self, rows: usize);
    /// Reorders the rows by their indices.
    fn reorder(&mut self, order: &[usize]);
    /// The table.
    ///
    /// # Errors
    ///
    /// When the columns have different lengths.
    fn finish(self) -> Result<RecordBatch, SourceError>;
}

/// The typed columns of a table.
pub trait RowViews<'a>: Sized {
    /// A row.
    type Row;

    /// The columns of a table, or `None` if it has another schema.
    fn new(batch: &'a RecordBatch) -> Option<Self>;

    /// The row at an index.
    ///
    /// # Panics
    ///
    /// When the index is out of range, like a slice.
    fn row(&self, index: usize) -> Self::Row;
}
