//! How an argument becomes a period.

use finvista_core::{InvalidInput, Period};

/// A period, or a text that names one: `day`, `week`, `month`, `5m`.
pub trait IntoPeriod {
    /// The period.
    ///
    /// # Errors
    ///
    /// When the text is not a period.
    fn into_period(self) -> Result<Period, InvalidInput>;
}

impl IntoPeriod for Period {
    fn into_period(self) -> Result<Period, InvalidInput> {
        Ok(self)
    }
}

impl IntoPeriod for &str {
    fn into_period(self) -> Result<Period, InvalidInput> {
        self.parse()
    }
}
