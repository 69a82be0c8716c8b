//! Building tables of complete rows.

use std::marker::PhantomData;

use arrow_array::RecordBatch;
use jiff::Timestamp;

use super::check::key;
use super::{Build, Columns, RowViews};
use crate::error::{ErrorKind, SourceError};
use crate::selection::Selection;
use crate::shape::Shape;
use crate::symbol::Symbol;

/// Builds a table of rows, which may come in any order. The table is sorted by the key of the data set. A snapshot has the
/// order of the symbols asked for, and the matches of a keyword keep the vendor's order.
#[derive(Debug)]
pub struct Rows<C, S> {
    columns: C,
    rows: usize,
    /// The number of rows that the vendor announced.
    announced: Option<usize>,
    order: Order,
    selection: PhantomData<fn() -> S>,
}

/// More rows than any market has. Room for a number that the vendor made up would be a waste.
const MOST_RESERVED: usize = 1 << 15;

/// The order of the rows of a table.
#[derive(Debug)]
enum Order {
    /// Ascending by the key of the data set.
    Key,
    /// The order of the symbols asked for.
    Asked(Vec<Symbol>),
    /// The vendor's order, best match first.
    Relevance,
}

impl<C: Columns + Keyed, S: Shape> Rows<C, S> {
    /// Adds a row.
    #[inline]
    pub fn push(&mut self, row: C::Row<'_>) {
        self.rows += 1;
        self.columns.push(row);
    }

    /// Reserves room for this many more rows.
    pub fn reserve(&mut self, rows: usize) {
        self.columns.reserve(rows);
    }

    /// The number of rows so far.
    pub fn len(&self) -> usize {
        self.rows
    }

    /// Whether there is no row so far.
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// Sets the number of rows that the vendor announced, and reserves room for them. A table with another number is an error,
    /// because a page is missing or came twice.
    pub fn expect(&mut self, rows: usize) {
        self.announced = Some(rows);
        self.columns.reserve(rows.min(MOST_RESERVED).saturating_sub(self.rows));
    }
}

/// The key of the data set that columns belong to. [`dataset!`](crate::dataset!) implements it.
pub trait Keyed {
    /// The columns that identify a row.
    const KEY: &'static [&'static str];
}

impl<C: Columns + Keyed, S: Shape> Build for Rows<C, S> {
    type Selection = S;

    fn new(selection: &S, _now: Timestamp) -> Self {
        let order = match selection.clone().erase() {
            Selection::Snapshot(snapshot) => Order::Asked(snapshot.symbols),
            Selection::Keyword(_) => Order::Relevance,
            _ => Order::Key,
        };
        Self { columns: C::default(), rows: 0, announced: None, order, selection: PhantomData }
    }

    fn finish(self) -> Result<RecordBatch, SourceError> {
        if let Some(announced) = self.announced.filter(|&announced| announced != self.rows) {
            let message = format!("expected {announced} rows, as the vendor announced, got {}", self.rows);
            return Err(SourceError::new(ErrorKind::Invalid, message));
        }
        let batch = self.columns.finish()?;
        let order = match &self.order {
            Order::Key => key::order(&batch, C::KEY),
            Order::Asked(symbols) => key::order_of(&batch, C::KEY, symbols),
            Order::Relevance => None,
        };
        let (Some(order), Some(views)) = (order, C::Views::new(&batch)) else { return Ok(batch) };
        let mut ordered = C::default();
        ordered.reserve(order.len());
        order.into_iter().for_each(|index| ordered.push(views.row(index)));
        ordered.finish()
    }
}
