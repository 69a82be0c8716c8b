//! Tencent's units of volume and money.

use finvista_core::{Board, Symbol};

/// Shares in one lot (手), as the order book counts on every board.
pub(crate) const LOT: i64 = 100;

/// Shares in one unit of a traded volume: a lot, but a single share on the STAR board. sh688981 of 2026-09-29 has volume
/// 64,392 and amount 7,506,175 at a price of 116.57 (wire note, §1.1).
pub(crate) fn volume(symbol: &Symbol) -> i64 {
    match symbol.board() {
        Board::Star => 1,
        _ => LOT,
    }
}

/// Money from ten thousands of it (万元), to the cent, without the noise of the binary multiplication.
pub(crate) fn money(ten_thousands: f64) -> f64 {
    (ten_thousands * 1e6).round() / 1e2
}

/// Money from hundred millions of it (亿元), to the unit.
pub(crate) fn hundred_millions(value: f64) -> f64 {
    (value * 1e8).round()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn star_is_counted_in_shares_and_the_rest_in_lots() {
        for (code, unit) in [("688981.SH", 1), ("689009.SH", 1), ("600519.SH", 100), ("920982.BJ", 100)] {
            assert_eq!(volume(&code.parse().unwrap()), unit, "{code}");
        }
    }

    #[test]
    fn money_is_decimal() {
        assert_eq!(money(5_197_314.06), 51_973_140_600.0);
        assert_eq!(money(2_619_178.055_3), 26_191_780_553.0);
        assert_eq!(money(0.0), 0.0);
    }
}
