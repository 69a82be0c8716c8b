//! How precise the numbers of a source are.

/// How a source rounds: a value differs from the exact one by at most this much.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Precision {
    /// Of a volume, in shares.
    pub volume: f64,
    /// Of an amount, in its currency.
    pub amount: f64,
    /// Of a price, in its currency.
    pub price: f64,
}

impl Precision {
    /// The coarsest rounding of any vendor, for a source that does not say: a lot of shares, 5,000 for amounts (Tencent
    /// rounds to 10,000 yuan), and a cent for prices.
    pub const COARSEST: Self = Self { volume: 100.0, amount: 5_000.0, price: 0.01 };
}

impl Default for Precision {
    fn default() -> Self {
        Self::COARSEST
    }
}
