//! Turnover is a percentage of the float.

use arrow_array::Array;

use super::{Checked, first_wrong};
use crate::board::Board;
use crate::error::SourceError;
use crate::period::Period;

pub(super) fn check(table: &Checked<'_>) -> Result<(), SourceError> {
    let column = table.floats("turnover")?;
    let most = most(table);
    // A missing value is stored as zero.
    let wrong = first_wrong(column.values().iter(), |turnover| (0.0..=most).contains(turnover));
    let wrong =
        wrong.filter(|&row| column.is_valid(row)).and_then(|row| Some((row, column.values().get(row)?)));
    match wrong {
        Some((row, turnover)) => {
            Err(table.invalid(row, &format!("expected a turnover from 0 to {most} %, got {turnover}")))
        }
        None => Ok(()),
    }
}

/// The most that can be true. A share that was bought today is sold tomorrow at the earliest, so a day turns over the float once.
/// That leaves a factor of ten for a float that the vendor learns of late, and for the years before 1995, when shares changed
/// hands several times a day. Bonds and some funds still do.
fn most(table: &Checked<'_>) -> f64 {
    let is_share = |board: Board| {
        matches!(board, Board::Main | Board::Star | Board::ChiNext | Board::Beijing | Board::BShare)
    };
    let of_a_day =
        if table.selection.symbols().iter().all(|symbol| is_share(symbol.board())) { 1e3 } else { 1e4 };
    let days = match table.selection.period() {
        Some(Period::Week) => 5.0,
        Some(Period::Month) => 23.0,
        _ => 1.0,
    };
    of_a_day * days
}
