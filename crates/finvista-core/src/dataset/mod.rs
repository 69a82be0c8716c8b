//! Data sets: each is defined once, and everything else follows from the definition.
//!
//! [`columns!`](crate::columns) writes the columns of a data set with their types, units and docs. From it come the Arrow
//! schema, the typed columns that endpoints fill, and the row view that callers read. A [`DatasetSpec`] adds the key, the
//! parameters and the invariants; with it the data set appears in `finvista sources`, in `finvista get`, and in the docs.

mod adopt;
mod column;
mod daily;
mod kind;
mod label;
mod numbers;
mod proof;
mod quote;
mod store;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arrow_array::RecordBatch;
use arrow_schema::{Schema, SchemaRef};
use jiff::civil::Date;

pub use column::{ColumnSpec, ColumnType};
pub use daily::{
    Bar, CnStockDaily, CnStockDailyBuilder, CnStockDailyQuery, DailyBar, DailyColumns, DailyViews,
};
pub use kind::{Date32, Float, Int, Kind, Label, Optional, Text, Time};
pub use label::Labels;
pub use quote::{
    CnStockQuote, CnStockQuoteBuilder, CnStockQuoteQuery, Level, Quote, QuoteColumns, QuoteRow, QuoteViews,
};

pub use store::{Nullable, Texts};

use crate::capability::Precision;
use crate::error::{InvalidInput, SourceError};
use crate::query::{DatasetId, Params, Query};
use crate::symbol::Symbol;

/// A data set as the library knows it without its Rust types: what it is called, what is asked, what comes back.
#[derive(Debug, Clone, Copy)]
pub struct DatasetSpec {
    /// The key.
    pub id: &'static str,
    /// One line for people.
    pub title: &'static str,
    /// The parameters of a query, in the order of the docs.
    pub params: &'static [ParamSpec],
    /// The columns, in order.
    pub columns: &'static [ColumnSpec],
    /// Reads `key=value` parameters into a query. A [`Query::Custom`] without a key gets the data set's.
    pub parse: fn(&Params) -> Result<Query, InvalidInput>,
    /// How long an answer may be kept, on this day: what is over does not change, and what goes on does. Zero is not at all.
    pub ttl: fn(&Query, Date) -> Duration,
    /// The invariants of the data, checked on every table before a caller sees it. Returns the symbols that were asked
    /// for and are not there. The schema, the nulls and the emptiness are checked before it is called.
    pub check: fn(&Query, &RecordBatch, &Precision) -> Result<Vec<Symbol>, SourceError>,
}

/// A parameter of a data set's query.
#[derive(Debug, Clone, Copy)]
pub struct ParamSpec {
    /// The name, as in `name=value`.
    pub name: &'static str,
    /// Whether a query must have it.
    pub required: bool,
    /// What it means, with the values it takes.
    pub doc: &'static str,
}

impl DatasetSpec {
    /// The key as an id.
    pub fn id(&self) -> DatasetId {
        DatasetId::new(self.id)
    }

    /// The Arrow schema: units and docs are in each field's metadata, the key is in the schema's.
    pub fn schema(&self) -> SchemaRef {
        schema(self.id, self.columns)
    }

    /// Reads `key=value` parameters into a query.
    ///
    /// # Errors
    ///
    /// When a parameter is unknown or missing, or its value cannot be read.
    pub fn parse(&self, params: &Params) -> Result<Query, InvalidInput> {
        let known = || self.params.iter().map(|p| p.name).collect::<Vec<_>>().join(", ");
        if let Some(name) = params.keys().find(|name| self.params.iter().all(|p| p.name != name.as_str())) {
            return Err(InvalidInput::new(format!(
                "{} has no parameter {name:?}: it has {}",
                self.id,
                known()
            )));
        }
        if let Some(param) = self.params.iter().find(|p| p.required && !params.contains_key(p.name)) {
            return Err(InvalidInput::new(format!("{} needs {}: {}", self.id, param.name, param.doc)));
        }
        let mut query = (self.parse)(params)?;
        if let Query::Custom(custom) = &mut query
            && custom.dataset.as_str().is_empty()
        {
            custom.dataset = self.id();
        }
        Ok(query)
    }
}

/// The Arrow schema of these columns: units and docs are in each field's metadata, the key is in the schema's. It is made once:
/// that a table has the schema of its data set is then seen without looking at its columns.
pub fn schema(key: &'static str, columns: &'static [ColumnSpec]) -> SchemaRef {
    type Known = (&'static str, &'static [ColumnSpec], SchemaRef);
    static SCHEMAS: Mutex<Vec<Known>> = Mutex::new(Vec::new());
    let mut schemas = SCHEMAS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((.., schema)) = schemas.iter().find(|(id, specs, _)| *id == key && *specs == columns) {
        return Arc::clone(schema);
    }
    let fields: Vec<_> = columns.iter().map(ColumnSpec::field).collect();
    let metadata = HashMap::from([("dataset".to_owned(), key.to_owned())]);
    let schema: SchemaRef = Schema::new_with_metadata(fields, metadata).into();
    schemas.push((key, columns, Arc::clone(&schema)));
    schema
}

/// A data set with its Rust types: what an endpoint is written against.
pub trait Dataset: Send + Sync + 'static {
    /// The query. [`CustomQuery`](crate::CustomQuery) for a third party's data set.
    type Query: std::fmt::Debug + Send + Sync + 'static;
    /// What an endpoint fills, row by row.
    type Builder: Send;
    /// A row, as callers read it.
    type Row<'a>;
    /// The columns of a table, found and typed once.
    type Views<'a>: RowViews<'a, Row = Self::Row<'a>>;

    /// The definition.
    const SPEC: &'static DatasetSpec;

    /// The typed query, or `None` when `query` asks another data set.
    fn query(query: &Query) -> Option<&Self::Query>;

    /// An empty builder for the answer to `query`.
    fn builder(query: &Self::Query) -> Self::Builder;

    /// The table that was built.
    ///
    /// # Errors
    ///
    /// When the columns do not make a table: an endpoint filled them wrongly.
    fn finish(builder: Self::Builder) -> Result<RecordBatch, SourceError>;
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
