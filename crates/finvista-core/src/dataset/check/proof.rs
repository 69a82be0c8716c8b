//! The unit proof: the average price, amount by volume, lies between low and high. A volume in lots, an amount in ten
//! thousands or in another currency, or a shifted column cannot pass it.

use std::iter::zip;

use arrow_array::types::Int64Type;

use super::{Checked, first_wrong};
use crate::adjust::Adjust;
use crate::capability::Precision;
use crate::error::{ErrorKind, SourceError};

pub(super) fn check(table: &Checked<'_>, precision: &Precision) -> Result<(), SourceError> {
    if table.selection.adjust().is_some_and(|adjust| adjust != Adjust::None) {
        return Ok(());
    }
    let (amount, volume) = (table.floats("amount")?, table.column::<Int64Type>("volume")?);
    let (low, high) = (table.floats("low")?, table.floats("high")?);
    // What holds for all values of a row holds for those of them that are there, so nulls do not matter here.
    let rows = zip(zip(amount.values(), volume.values()), zip(low.values(), high.values()));
    let proven = |((&amount, &volume), (&low, &high)): ((&f64, &i64), (&f64, &f64))| {
        Average::new(precision, (amount, volume), (low, high)).is_between()
    };
    if first_wrong(rows, proven).is_none() {
        return Ok(());
    }
    // How many rows may be off depends on how many there are, so all are counted.
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
/// A wrong unit is a factor of ten or more (a currency: of seven), so a row that is off by a factor of two breaks the table.
/// A row that is off by less is a slip of the vendor's archive or a trade that its low and high leave out; one row in a
/// hundred may be so, because a check stricter than the truth would be an outage.
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

    /// Looks at a row. `row` is its name in the error.
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
                "{}: amount {amount} by volume {volume} gives {:.4} a share, outside low {low} and high {high}: a unit is wrong",
                row,
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

    /// The verdict on the table.
    fn finish(self) -> Result<(), SourceError> {
        match self.first {
            Some(error) if self.off * 100 > self.rows => Err(error),
            _ => Ok(()),
        }
    }
}

/// The average price of a row, times its volume, beside its bounds.
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
            // A relative hair for the binary floats of vendors: East Money prints 90282023753.45999.
            slack: precision.amount + 1e-9 * amount.abs(),
        }
    }

    #[inline]
    fn is_between(self) -> bool {
        (self.least <= self.amount + self.slack) & (self.amount - self.slack <= self.most)
    }

    /// By a factor of two, which no rounding explains.
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
