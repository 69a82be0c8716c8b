//! A snapshot with a few wrong rows: they are dropped by name, and the others are returned. One odd instrument among 800 must
//! not lose the answer, and a source with many wrong rows must not pass.

use arrow_array::{RecordBatch, make_array};
use arrow_data::transform::MutableArrayData;
use arrow_schema::ArrowError;
use jiff::Timestamp;

use super::{Check, Checked, row_name};
use crate::dataset::DatasetSpec;
use crate::error::SourceError;
use crate::precision::Precision;
use crate::provenance::Dropped;
use crate::selection::Selection;
use crate::symbol::Symbol;

/// A table that satisfies its data set, after [`DatasetSpec::sift`].
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Sifted {
    /// The rows that pass every check.
    pub batch: RecordBatch,
    /// The symbols asked for that have no row.
    pub missing: Vec<Symbol>,
    /// The rows that were dropped.
    pub dropped: Vec<Dropped>,
}

/// How many rows of a table may be wrong: three or 2 %, but never more than half.
fn allowed(rows: usize) -> usize {
    (rows / 50).max(3).min(rows / 2)
}

impl DatasetSpec {
    /// Checks a table as [`check`](Self::check) does, and drops rows of a snapshot that fail while the others pass. If more than
    /// three rows and more than 2 % fail, or more than half, the table fails. Other tables are never changed.
    ///
    /// # Errors
    ///
    /// [`Invalid`](crate::ErrorKind::Invalid), with the first row that fails a check.
    pub fn sift(
        &self,
        selection: &Selection,
        batch: RecordBatch,
        precision: &Precision,
        now: Timestamp,
    ) -> Result<Sifted, SourceError> {
        let first = match self.check(selection, &batch, precision, now) {
            Ok(missing) => return Ok(Sifted { batch, missing, dropped: Vec::new() }),
            Err(error) => error,
        };
        let limit = allowed(batch.num_rows());
        if !matches!(selection, Selection::Snapshot(_)) || limit == 0 {
            return Err(first);
        }
        let (mut batch, mut dropped) = (batch, Vec::new());
        for check in self.checks.iter().filter(|check| check.is_of_a_row()) {
            let fails = |batch: &RecordBatch| {
                let table = Checked { spec: self, selection, batch, now };
                super::one(check, &table, precision).err()
            };
            batch = self.drop_rows(batch, &mut dropped, fails);
        }
        if let Some(extra) = self.extra {
            batch = self.drop_rows(batch, &mut dropped, |batch| extra(selection, batch, precision).err());
        }
        if dropped.len() > limit {
            return Err(first);
        }
        let missing = self.check(selection, &batch, precision, now)?;
        Ok(Sifted { batch, missing, dropped })
    }

    /// Drops the rows that fail a check by themselves, if the table fails it.
    fn drop_rows(
        &self,
        batch: RecordBatch,
        dropped: &mut Vec<Dropped>,
        fails: impl Fn(&RecordBatch) -> Option<SourceError>,
    ) -> RecordBatch {
        if fails(&batch).is_none() {
            return batch;
        }
        let mut kept = Vec::with_capacity(batch.num_rows());
        let before = dropped.len();
        for row in 0..batch.num_rows() {
            match fails(&batch.slice(row, 1)) {
                None => kept.push(row),
                Some(error) => {
                    let row = row_name(&batch, self.key, row);
                    let reason =
                        error.message().strip_prefix(&format!("{row}: ")).unwrap_or_else(|| error.message());
                    dropped.push(Dropped { reason: reason.to_owned(), row });
                }
            }
        }
        match only(&batch, &kept) {
            Some(rest) => rest,
            None => {
                dropped.truncate(before);
                batch
            }
        }
    }
}

impl Check {
    /// Whether it can fail for one row of a snapshot while the others are right. A key that comes twice, or a symbol that was
    /// not asked for, makes the whole answer doubtful.
    fn is_of_a_row(&self) -> bool {
        !matches!(self, Self::Key | Self::Requested(_) | Self::Within(_))
    }
}

/// A table of these rows; `None` if the columns do not form one.
fn only(batch: &RecordBatch, rows: &[usize]) -> Option<RecordBatch> {
    let columns = batch.columns().iter().map(|column| {
        let data = column.to_data();
        let mut kept = MutableArrayData::new(vec![&data], false, rows.len());
        rows.iter().try_for_each(|&row| kept.try_extend(0, row, row + 1))?;
        Ok(make_array(kept.freeze()))
    });
    let columns = columns.collect::<Result<Vec<_>, ArrowError>>().ok()?;
    RecordBatch::try_new(batch.schema(), columns).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_rows_may_be_wrong_and_never_most_of_them() {
        let limits =
            [(0, 0), (1, 0), (2, 1), (3, 1), (5, 2), (6, 3), (100, 3), (199, 3), (200, 4), (800, 16)];
        for (rows, limit) in limits {
            assert_eq!(allowed(rows), limit, "{rows} rows");
        }
    }
}
