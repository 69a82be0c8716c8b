//! The unit proof: the average price, `amount` ÷ `volume`, lies between low and high. A volume in lots, an amount in units of
//! ten thousand or in another currency, and shifted columns all fail it.

use std::iter::zip;

use arrow_array::types::Int64Type;

use super::{Checked, first_wrong};
use crate::adjust::Adjust;
use crate::error::{ErrorKind, SourceError};
use crate::precision::Precision;

pub(super) fn check(table: &Checked<'_>, precision: &Precision) -> Result<(), SourceError> {
    if table.selection.adjust().is_some_and(|adjust| adjust != Adjust::None) {
        return Ok(());
    }
    let (amount, volume) = (table.floats("amount")?, table.column::<Int64Type>("volume")?);
    let (low, high) = (table.floats("low")?, table.floats("high")?);
    // If all rows pass, nulls included, then so do the rows without nulls.
    let rows = zip(zip(amount.values(), volume.values()), zip(low.values(), high.values()));
    let proven = |((&amount, &volume), (&low, &high)): ((&f64, &i64), (&f64, &f64))| {
        Average::new(precision, (amount, volume), (low, high)).is_between()
    };
    if first_wrong(rows, proven).is_none() {
        return Ok(());
    }
    // The number of rows that may fail depends on the number of rows, so all are counted.
    let mut proof = UnitProof::new(precision);
    let rows = zip(zip(amount, volume), zip(low, high)).enumerate();
    for (row, ((amount, volume), (low, high))) in rows {
        if let (Some(amount), Some(volume), Some(low), Some(high)) = (amount, volume, low, high) {
            proof.row(|| super::row_name(table.batch, table.spec.key, row), (amount, volume), (low, high))?;
        }
    }
    proof.finish()
}

/// Proves the units of a table, row by row.
///
/// A wrong unit is a factor of ten or more (a wrong currency, of seven), so a row that is off by a factor of two fails the
/// table. A row that is off by less is an error in the vendor's archive, or a trade that low and high leave out. One row in a
/// hundred may be, because a check that is too strict would be an outage.
#[derive(Debug)]
struct UnitProof<'a> {
    precision: &'a Precision,
    rows: usize,
    off: usize,
    first: Option<SourceError>,
}

impl<'a> UnitProof<'a> {
    fn new(precision: &'a Precision) -> Self {
        Self { precision, rows: 0, off: 0, first: None }
    }

    /// Checks a row. `row` is its name in the error.
    #[inline]
    fn row(
        &mut self,
        row: impl Fn() -> String,
        (amount, volume): (f64, i64),
        (low, high): (f64, f64),
    ) -> Result<(), SourceError> {
        self.rows += 1;
        let average = Average::new(self.precision, (amount, volume), (low, high));
        if average.is_between() { Ok(()) } else { self.is_off(&row(), average, volume, (low, high)) }
    }

    #[cold]
    fn is_off(
        &mut self,
        row: &str,
        average: Average,
        volume: i64,
        (low, high): (f64, f64),
    ) -> Result<(), SourceError> {
        let amount = average.amount;
        let error = SourceError::new(
            ErrorKind::Invalid,
            format!(
                "{row}: expected amount {amount} / volume {volume} between low {low} and high {high}, got {:.4}: a unit is wrong",
                amount / volume as f64
            ),
        );
        if average.is_far_off() {
            return Err(error);
        }
        self.off += 1;
        self.first.get_or_insert(error);
        Ok(())
    }

    /// The result for the whole table.
    fn finish(self) -> Result<(), SourceError> {
        match self.first {
            Some(error) if self.off * 100 > self.rows => Err(error),
            _ => Ok(()),
        }
    }
}

/// The amount of a row, and the bounds that volume and prices give it.
#[derive(Debug, Clone, Copy)]
struct Average {
    least: f64,
    amount: f64,
    most: f64,
    slack: f64,
}

impl Average {
    #[inline]
    fn new(precision: &Precision, (amount, volume): (f64, i64), (low, high): (f64, f64)) -> Self {
        let volume = volume as f64;
        Self {
            least: (low - precision.price) * (volume - precision.volume).max(0.0),
            amount,
            most: (high + precision.price) * (volume + precision.volume),
            // Vendors print binary floats, such as East Money's 90282023753.45999.
            slack: precision.amount + 1e-9 * amount.abs(),
        }
    }

    #[inline]
    fn is_between(self) -> bool {
        (self.least <= self.amount + self.slack) & (self.amount - self.slack <= self.most)
    }

    /// Whether it is off by a factor of two, which rounding cannot explain.
    fn is_far_off(self) -> bool {
        self.amount + self.slack < self.least / 2.0 || self.most * 2.0 < self.amount - self.slack
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXACT: Precision = Precision { volume: 0.0, amount: 0.0, price: 0.0 };

    /// The verdict on a table of these rows: amount, volume, low, high.
    fn proven(precision: &Precision, rows: &[(f64, i64, f64, f64)]) -> bool {
        let mut proof = UnitProof::new(precision);
        let all = rows.iter().try_for_each(|&(amount, volume, low, high)| {
            proof.row(|| "row".to_owned(), (amount, volume), (low, high))
        });
        all.and_then(|()| proof.finish()).is_ok()
    }

    #[test]
    fn lots_and_ten_thousands_do_not_pass() {
        assert!(proven(&EXACT, &[(542_829_495.0, 84_274_300, 6.10, 6.50)]));
        assert!(!proven(&EXACT, &[(542_829_495.0, 842_743, 6.10, 6.50)]));
        assert!(!proven(&EXACT, &[(54_282.95, 84_274_300, 6.10, 6.50)]));
        // 64,392 STAR shares read as lots would be 100 times too many.
        assert!(!proven(&Precision::default(), &[(7_506_175.0, 6_439_200, 115.0, 118.0)]));
    }

    #[test]
    fn rounding_passes() {
        // 30 shares at 10.00 are printed as 0 lots and 300 yuan.
        assert!(!proven(&EXACT, &[(300.0, 0, 10.0, 10.0)]));
        assert!(proven(&Precision { volume: 100.0, ..EXACT }, &[(300.0, 0, 10.0, 10.0)]));
    }

    #[test]
    fn a_slip_in_a_hundred_rows_passes_and_a_wrong_unit_never_does() {
        let good = (10_000.0, 1_000, 9.0, 11.0);
        let slip = (12_000.0, 1_000, 9.0, 11.0);
        let lots = (10_000.0, 10, 9.0, 11.0);
        let with = |row| (0..199).map(|_| good).chain([row]).collect::<Vec<_>>();
        assert!(proven(&EXACT, &with(slip)));
        assert!(!proven(&EXACT, &with(lots)));
        assert!(!proven(&EXACT, &[good, slip]));
    }
}
