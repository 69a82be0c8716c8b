//! The result of a call: one Arrow table, and how it came.

mod display;

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::SchemaRef;

use crate::dataset::{Dataset, RowViews};
use crate::provenance::Provenance;

/// One Arrow table of a data set, and where it came from. Cheap to clone: clones share everything, and nothing changes.
///
/// `Table<D>` is a table of the data set `D`, whose rows are typed: `for bar in &bars`. A `Table` without a parameter is one of
/// any data set; [`typed`](Table::typed) makes it one of `D`.
pub struct Table<D = Any> {
    inner: Arc<Inner>,
    dataset: PhantomData<fn() -> D>,
}

/// Stands for any data set in [`Table`].
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

    /// The Arrow table, moved out.
    pub fn into_batch(self) -> RecordBatch {
        Arc::try_unwrap(self.inner).map_or_else(|shared| shared.batch.clone(), |inner| inner.batch)
    }

    /// A column of this name, or `None` when there is none.
    pub fn column(&self, name: &str) -> Option<&ArrayRef> {
        self.batch().column_by_name(name)
    }

    /// The Arrow schema: units and docs are in each field's metadata.
    pub fn schema(&self) -> SchemaRef {
        self.batch().schema()
    }

    /// The number of rows; never 0 in a result.
    pub fn num_rows(&self) -> usize {
        self.batch().num_rows()
    }

    /// The name of the source that answered.
    pub fn source(&self) -> &str {
        &self.inner.provenance.source
    }

    /// Where the table came from.
    pub fn provenance(&self) -> &Provenance {
        &self.inner.provenance
    }

    /// Whether two tables are one and the same, and not only equal.
    pub fn same<E>(&self, other: &Table<E>) -> bool {
        Arc::ptr_eq(&self.inner, &other.inner)
    }

    /// The same table as one of any data set.
    pub fn untyped(self) -> Table {
        Table { inner: self.inner, dataset: PhantomData }
    }
}

impl Table {
    /// A table without a provenance, such as a test makes. The manager alone writes the provenance of a result.
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

    /// The same table as one of the data set `D`.
    ///
    /// # Errors
    ///
    /// When it is a table of another data set.
    pub fn typed<D: Dataset>(self) -> Result<Table<D>, WrongDataset> {
        let schema = self.batch().schema_ref();
        if Arc::ptr_eq(schema, D::schema()) || schema == D::schema() {
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

/// Whether the Arrow tables are equal, wherever they came from.
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

    #[inline]
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

/// A table of one data set was expected, and it is one of another.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected a table of {expected:?}, got one of {got:?}")]
pub struct WrongDataset {
    expected: &'static str,
    got: String,
}
