//! How an argument becomes a day.

use finvista_core::{InvalidInput, date};
use jiff::civil::Date;

/// A day, or a text that names one: `2024-01-31` or `20240131`.
pub trait IntoDay {
    /// The day.
    ///
    /// # Errors
    ///
    /// When the text is not a day.
    fn into_day(self) -> Result<Date, InvalidInput>;
}

impl IntoDay for Date {
    fn into_day(self) -> Result<Date, InvalidInput> {
        Ok(self)
    }
}

impl IntoDay for &str {
    fn into_day(self) -> Result<Date, InvalidInput> {
        date::parse(self)
    }
}

impl IntoDay for String {
    fn into_day(self) -> Result<Date, InvalidInput> {
        date::parse(&self)
    }
}
