//! Bounds of single columns.

use arrow_array::types::{ArrowPrimitiveType, Float64Type, Int64Type};
use arrow_array::{Array, PrimitiveArray};

use super::{Checked, first_wrong};
use crate::error::SourceError;

/// A bound on the values of a column.
#[derive(Debug, Clone, Copy)]
pub(super) enum Bound {
    Above(f64),
    AtLeast(f64),
    Between(f64, f64),
    Finite,
}

impl Bound {
    fn holds(self, value: f64) -> bool {
        // Ranges vectorise better than `is_finite`, which the compiler turns into integer operations.
        match self {
            Self::Above(bound) => (bound < value) & (value <= f64::MAX),
            Self::AtLeast(bound) => (bound..=f64::MAX).contains(&value),
            Self::Between(least, most) => (least..=most).contains(&value),
            Self::Finite => (f64::MIN..=f64::MAX).contains(&value),
        }
    }

    fn expected(self) -> String {
        match self {
            Self::Above(bound) => format!("a number above {bound}"),
            Self::AtLeast(bound) => format!("a number of at least {bound}"),
            Self::Between(least, most) => format!("a number from {least} to {most}"),
            Self::Finite => "a finite number".to_owned(),
        }
    }
}

pub(super) fn check(table: &Checked<'_>, name: &str, bound: Bound) -> Result<(), SourceError> {
    match table.column::<Float64Type>(name) {
        Ok(column) => each(table, name, column, bound, |value| value),
        Err(_) => each(table, name, table.column::<Int64Type>(name)?, bound, |value| value as f64),
    }
}

fn each<T: ArrowPrimitiveType>(
    table: &Checked<'_>,
    name: &str,
    column: &PrimitiveArray<T>,
    bound: Bound,
    number: impl Fn(T::Native) -> f64,
) -> Result<(), SourceError> {
    let values = column.values();
    let wrong = match column.nulls() {
        None => first_wrong(values.iter(), |value| bound.holds(number(*value))),
        Some(_) => first_wrong(column.iter(), |value| value.is_none_or(|value| bound.holds(number(value)))),
    };
    let wrong = wrong.and_then(|row| Some((row, number(*values.get(row)?))));
    match wrong {
        Some((row, value)) => {
            Err(table.invalid(row, &format!("expected {} in {name}, got {value}", bound.expected())))
        }
        None => Ok(()),
    }
}
