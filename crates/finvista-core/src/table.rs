//! Tables: the result of a call, with its provenance.

mod display;

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{FieldRef, SchemaRef};

use crate::dataset::{Dataset, RowViews};
use crate::provenance::Provenance;

/// An Arrow table of a data set, with its provenance. It is immutable and cheap to clone.
///
/// `Table<D>` is a table of the data set `D` with typed rows: `for bar in &bars`. `Table` without a parameter may be of any
/// data set; [`typed`](Table::typed) turns it into a `Table<D>`.
pub struct Table<D = Any> {
    inner: Arc<Inner>,
    dataset: PhantomData<fn() -> D>,
}

/// Any data set, as the parameter of [`Table`].
#[derive(Debug, Clone, Copy)]
pub struct Any;

struct Inner {
    batch: RecordBatch,
    provenance: Provenance,
}

impl<D> Table<D> {
    /// The Arrow table.
    pub fn batch(&self) -> &RecordBatch {
        &self.inner.batch
    }

    /// Takes the Arrow table out.
    pub fn into_batch(self) -> RecordBatch {
        Arc::try_unwrap(self.inner).map_or_else(|shared| shared.batch.clone(), |inner| inner.batch)
    }

    /// The column with this name.
    pub fn column(&self, name: &str) -> Option<&ArrayRef> {
        self.batch().column_by_name(name)
    }

    /// The Arrow schema: units and docs are in each field's metadata.
    pub fn schema(&self) -> SchemaRef {
        self.batch().schema()
    }

    /// The number of rows; never 0 in the result of a call.
    pub fn num_rows(&self) -> usize {
        self.batch().num_rows()
    }

    /// The name of the source.
    pub fn source(&self) -> &str {
        &self.inner.provenance.source
    }

    /// Where the table came from.
    pub fn provenance(&self) -> &Provenance {
        &self.inner.provenance
    }

    /// Whether both are clones of one table.
    pub fn same<E>(&self, other: &Table<E>) -> bool {
        Arc::ptr_eq(&self.inner, &other.inner)
    }

    /// The same table, without the type of its data set.
    pub fn untyped(self) -> Table {
        Table { inner: self.inner, dataset: PhantomData }
    }
}

impl Table {
    /// A table without provenance, for tests. Only the manager writes provenance.
    pub fn new(batch: RecordBatch) -> Self {
        Self::with(batch, Provenance::unknown())
    }

    pub(crate) fn with(batch: RecordBatch, provenance: Provenance) -> Self {
        Self { inner: Arc::new(Inner { batch, provenance }), dataset: PhantomData }
    }

    /// The same table with another provenance.
    #[cfg(feature = "manager")]
    pub(crate) fn with_provenance(self, provenance: Provenance) -> Self {
        Self::with(self.into_batch(), provenance)
    }

    /// The same table, typed as one of the data set `D`.
    ///
    /// # Errors
    ///
    /// When it is a table of another data set, or has other columns. Units and docs may differ, as they do between two crates
    /// that define the same data set.
    pub fn typed<D: Dataset>(self) -> Result<Table<D>, WrongDataset> {
        let schema = self.batch().schema_ref();
        if Arc::ptr_eq(schema, D::schema()) || same_columns(schema, D::schema()) {
            return Ok(Table { inner: self.inner, dataset: PhantomData });
        }
        let got = schema.metadata().get("dataset").cloned().unwrap_or_default();
        Err(WrongDataset { expected: D::SPEC.id, got })
    }
}

impl<D: Dataset> Table<D> {
    /// The rows.
    pub fn rows(&self) -> Rows<'_, D> {
        // A typed table has the schema of its data set, so the columns are there.
        let views = D::Views::new(self.batch());
        let len = if views.is_some() { self.num_rows() } else { 0 };
        Rows { views, next: 0, len }
    }
}

impl<'a, D: Dataset> IntoIterator for &'a Table<D> {
    type Item = D::Row<'a>;
    type IntoIter = Rows<'a, D>;

    fn into_iter(self) -> Rows<'a, D> {
        self.rows()
    }
}

impl<D> Clone for Table<D> {
    fn clone(&self) -> Self {
        Self { inner: Arc::clone(&self.inner), dataset: PhantomData }
    }
}

/// Compares the Arrow tables, and not their provenance.
impl<D, E> PartialEq<Table<E>> for Table<D> {
    fn eq(&self, other: &Table<E>) -> bool {
        self.same(other) || self.batch() == other.batch()
    }
}

impl<D> AsRef<RecordBatch> for Table<D> {
    fn as_ref(&self) -> &RecordBatch {
        self.batch()
    }
}

impl<D> From<Table<D>> for RecordBatch {
    fn from(table: Table<D>) -> Self {
        table.into_batch()
    }
}

impl<D> fmt::Debug for Table<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Table")
            .field("rows", &self.num_rows())
            .field("provenance", self.provenance())
            .finish_non_exhaustive()
    }
}

/// The rows of a table.
pub struct Rows<'a, D: Dataset> {
    views: Option<D::Views<'a>>,
    next: usize,
    len: usize,
}

impl<D: Dataset> fmt::Debug for Rows<'_, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rows").field("next", &self.next).field("len", &self.len).finish_non_exhaustive()
    }
}

impl<'a, D: Dataset> Iterator for Rows<'a, D> {
    type Item = D::Row<'a>;

    #[inline(always)]
    fn next(&mut self) -> Option<D::Row<'a>> {
        let row = self.next;
        if row >= self.len {
            return None;
        }
        self.next += 1;
        self.views.as_ref().map(|views| views.row(row))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.len - self.next, Some(self.len - self.next))
    }

    fn nth(&mut self, skip: usize) -> Option<D::Row<'a>> {
        self.next = self.next.saturating_add(skip).min(self.len);
        self.next()
    }
}

impl<'a, D: Dataset> DoubleEndedIterator for Rows<'a, D> {
    fn next_back(&mut self) -> Option<D::Row<'a>> {
        if self.next >= self.len {
            return None;
        }
        self.len -= 1;
        self.views.as_ref().map(|views| views.row(self.len))
    }
}

impl<D: Dataset> ExactSizeIterator for Rows<'_, D> {}

/// Whether both are schemas of one data set, with the same columns.
fn same_columns(one: &SchemaRef, other: &SchemaRef) -> bool {
    let column = |field: &FieldRef| (field.name().clone(), field.data_type().clone(), field.is_nullable());
    one.metadata().get("dataset") == other.metadata().get("dataset")
        && one.fields().iter().map(column).eq(other.fields().iter().map(column))
}

/// A table has another data set than expected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected a table of {expected:?}, got one of {got:?}")]
pub struct WrongDataset {
    expected: &'static str,
    got: String,
}
