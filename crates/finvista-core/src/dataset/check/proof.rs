//! The unit proof: the average price, `amount` ÷ `volume`, lies between low and high. A volume in lots, an amount in units of
//! ten thousand or in another currency, and shifted columns all fail it.
//!
//! Volume and amount are never adjusted, so of an adjusted series the average price is the factor of the adjustment away. How large
//! that may be is known where it begins: at the latest bar forward, and at the first of all backward. In between, adjustment moves
//! prices one way, since shares are split and seldom merged.

use std::iter::zip;

use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, Int64Type, TimestampMillisecondType};
use jiff::Timestamp;

use super::{Checked, first_wrong};
use crate::adjust::Adjust;
use crate::board::{Board, Boards};
use crate::date;
use crate::error::{ErrorKind, SourceError};
use crate::period::Period;
use crate::precision::Precision;
use crate::venue::Zone;

pub(super) fn check(table: &Checked<'_>, precision: &Precision) -> Result<(), SourceError> {
    match table.selection.adjust() {
        None | Some(Adjust::None) => traded(table, precision),
        Some(adjust) => adjusted(table, precision, adjust),
    }
}

fn traded(table: &Checked<'_>, precision: &Precision) -> Result<(), SourceError> {
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

/// Shares of the mainland are merged rarely, and then ten to one at most; funds are more often, several times over.
const SHARES: Boards = Boards::of(&[Board::Main, Board::Star, Board::ChiNext, Board::Beijing, Board::BShare]);

/// The boards that opened in 2019 and 2020.
const YOUNG: Boards = Boards::of(&[Board::Star, Board::Beijing]);

/// A wrong unit is a factor of a hundred in a volume, or of ten thousand in an amount.
const FACTOR: f64 = 20.0;

/// Shares of a young board may have been split since the first of them was listed, but not into fifty.
const YOUNG_FACTOR: f64 = 50.0;

/// For how many days the latest bar counts as one of today's prices. A share that is suspended for longer may have gone ex since.
const LATEST: i32 = 40;

fn adjusted(table: &Checked<'_>, precision: &Precision, adjust: Adjust) -> Result<(), SourceError> {
    let [symbol] = table.selection.symbols() else { return Ok(()) };
    let board = symbol.board();
    if !SHARES.contains(board) && board != Board::Fund {
        return Ok(());
    }
    let (amount, volume) = (table.floats("amount")?, table.column::<Int64Type>("volume")?);
    let (low, high) = (table.floats("low")?, table.floats("high")?);
    let rows = zip(zip(amount.values(), volume.values()), zip(low.values(), high.values()));
    let (is_share, is_young) = (SHARES.contains(board), YOUNG.contains(board));
    // A missing amount is stored as zero.
    let is_right = |((&amount, &volume), (&low, &high)): ((&f64, &i64), (&f64, &f64))| {
        let average = Average::new(precision, (amount, volume), (low, high));
        let is_right = match adjust {
            Adjust::Hfq => !average.is_above(FACTOR) & !(is_young & average.is_below(YOUNG_FACTOR)),
            _ => !average.is_below(FACTOR),
        };
        (amount == 0.0) | is_right
    };
    let wrong = if is_share { first_wrong(rows.clone(), is_right) } else { None };
    let is_wrong = |&row: &usize| {
        let row = rows.clone().nth(row);
        row.is_some_and(|((&amount, &volume), (&low, &high))| {
            let average = Average::new(precision, (amount, volume), (low, high));
            amount != 0.0 && (average.is_above(FACTOR) || average.is_below(FACTOR))
        })
    };
    let Some(row) = wrong.or_else(|| known(table, adjust).filter(is_wrong)) else { return Ok(()) };
    let (amount, volume) = (amount.value(row), volume.value(row));
    let (low, high, average) = (low.value(row), high.value(row), amount / volume as f64);
    Err(table.invalid(
        row,
        &format!(
            "expected amount {amount} / volume {volume} of the order of low {low} and high {high}, {adjust}, got {average:.4}: a \
             unit is wrong"
        ),
    ))
}

/// The row whose adjusted prices are about those traded: the latest forward, and the first of a whole history backward.
fn known(table: &Checked<'_>, adjust: Adjust) -> Option<usize> {
    let is_of_minutes = matches!(table.selection.period(), Some(Period::Minutes(_)));
    if adjust == Adjust::Hfq {
        let is_whole = !is_of_minutes && table.selection.range().is_some_and(|range| range.start().is_none());
        return is_whole.then_some(0);
    }
    let last = table.batch.num_rows().checked_sub(1)?;
    let column = table.batch.column_by_name(table.spec.key.last()?)?;
    let today = date::days_since_epoch(Zone::Shanghai.day(table.now));
    let day = match column.as_primitive_opt::<Date32Type>() {
        Some(days) => days.value(last),
        None => {
            let times = column.as_primitive_opt::<TimestampMillisecondType>()?;
            let time = Timestamp::from_millisecond(times.value(last)).ok()?;
            date::days_since_epoch(Zone::Shanghai.day(time))
        }
    };
    (today - day <= LATEST).then_some(last)
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
        self.is_below(2.0) || self.is_above(2.0)
    }

    /// Whether the average price is below low by more than a factor.
    #[inline]
    fn is_below(self, factor: f64) -> bool {
        self.amount + self.slack < self.least / factor
    }

    /// Whether the average price is above high by more than a factor.
    #[inline]
    fn is_above(self, factor: f64) -> bool {
        self.most * factor < self.amount - self.slack
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
