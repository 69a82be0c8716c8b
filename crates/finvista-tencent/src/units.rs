//! Tencent's units of volume and money.

use finvista_core::{Board, SourceError, Symbol};

use crate::answer::invalid;
use crate::json::Cell;

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

/// The fewest units that prove anything: fewer are rounded too much.
const ENOUGH: f64 = 100.0;

/// Proves the unit of volumes by the quote that comes with the bars, whose amount is exact. Adjusted bars prove none by
/// themselves, and Tencent may change a board's unit for bars and quotes together. A quote without trades, such as a short one,
/// proves nothing either.
pub(crate) fn prove(symbol: &Symbol, quote: &[Cell<'_>]) -> Result<(), SourceError> {
    let text = |index: usize| quote.get(index).map_or("", Cell::text);
    let number = |text: &str| text.parse::<f64>().ok();
    let (amount, traded) = (text(35).split('/').nth(2).and_then(number), number(text(6)));
    let (high, low) = (number(text(33)), number(text(34)));
    let (Some(amount), Some(traded), Some(high), Some(low)) = (amount, traded, high, low) else {
        return Ok(());
    };
    // Points of an index are no prices.
    if traded < ENOUGH || low <= 0.0 || matches!(symbol.board(), Board::Index | Board::PublisherIndex) {
        return Ok(());
    }
    let shares = traded * volume(symbol) as f64;
    let average = amount / shares;
    // Trades after hours are in one of both at times.
    if (low / 2.0..=high * 2.0).contains(&average) {
        return Ok(());
    }
    Err(invalid(format!(
        "{symbol}: expected amount {amount} / volume {shares} of the quote between low {low} and high {high}, got {average:.4}: a \
         unit is wrong"
    )))
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
    fn the_quote_beside_bars_proves_the_unit() {
        let proven = |code: &str, lots: &str, amount: &str| {
            let mut quote: Vec<Cell<'_>> = (0..40).map(|_| Cell::Empty).collect();
            let deal = format!("116.57/{lots}/{amount}");
            for (index, text) in [(6, lots), (33, "118.00"), (34, "115.00"), (35, deal.as_str())] {
                quote[index] = Cell::Text(text.to_owned().into());
            }
            prove(&code.parse().unwrap(), &quote).map_err(|error| error.message().to_owned())
        };
        assert_eq!(proven("688981.SH", "64392", "7506175"), Ok(()));
        assert_eq!(proven("300750.SZ", "644", "7506175"), Ok(()));
        let wrong = "688981.SH: expected amount 7506175 / volume 644 of the quote between low 115 and high 118, got 11655.5512: a \
                     unit is wrong";
        assert_eq!(proven("688981.SH", "644", "7506175"), Err(wrong.to_owned()));
        assert!(proven("300750.SZ", "64392", "7506175").is_err());
        // Too few, an index, and a quote that stops early.
        assert_eq!(proven("688981.SH", "64", "750617"), Ok(()));
        assert_eq!(proven("000001.SH", "64392", "7506175"), Ok(()));
        assert_eq!(prove(&"688981.SH".parse().unwrap(), &[]).map_err(|_| ()), Ok(()));
    }

    #[test]
    fn money_is_decimal() {
        assert_eq!(money(5_197_314.06), 51_973_140_600.0);
        assert_eq!(money(2_619_178.055_3), 26_191_780_553.0);
        assert_eq!(money(0.0), 0.0);
    }
}
