//! Arithmetic on prices as vendors do it: decimal, and rounded half away from zero.

/// The difference of two prices, rounded to the four decimals that vendors print at most.
pub(crate) fn difference(left: f64, right: f64) -> f64 {
    ((left - right) * 1e4).round() / 1e4
}

/// `part` in percent of `whole`, to two decimals as vendors print it; `None` if `whole` is not positive, or either is far
/// beyond any price.
///
/// The prices are converted to integers first: 0.545 of 100 must give 0.55, but as a binary float it lies just below the tie.
pub(crate) fn percent(part: f64, whole: f64) -> Option<f64> {
    // Six decimals represent every printed price exactly, and an adjusted one closely enough for a percentage with two
    // decimals.
    let (part, whole) = (part * 1e6, whole * 1e6);
    if part.abs() < NARROW && whole.abs() < NARROW {
        let (part, whole) = (nearest(part), nearest(whole));
        return (whole > 0).then(|| ((part * 20_000 + whole * part.signum()) / (whole * 2)) as f64 / 100.0);
    }
    if part.abs() >= WIDE || whole.abs() >= WIDE {
        return None;
    }
    let (part, whole) = (part.round() as i128, whole.round() as i128);
    (whole > 0).then(|| ((part * 20_000 + whole * part.signum()) / (whole * 2)) as f64 / 100.0)
}

/// The nearest integer, away from zero on a tie, of a number below [`NARROW`]. Without SSE 4.1, [`f64::round`] would be a
/// function call.
fn nearest(number: f64) -> i64 {
    (number + 0.5_f64.copysign(number)) as i64
}

/// Prices below a hundred million fit into 64 bits, which divide several times as fast as 128 bits.
const NARROW: f64 = 1e14;

/// For prices above 1e27 the product overflows even 128 bits.
const WIDE: f64 = 1e33;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_go_away_from_zero() {
        assert_eq!(percent(0.545, 100.0), Some(0.55));
        assert_eq!(percent(-0.545, 100.0), Some(-0.55));
        assert_eq!(percent(0.10, 6.08), Some(1.64));
        assert_eq!(percent(-0.09, 6.18), Some(-1.46));
        assert_eq!(percent(0.0, 6.18), Some(0.0));
        assert_eq!(percent(0.545e9, 100.0e9), Some(0.55));
        assert_eq!(percent(-0.545e9, 100.0e9), Some(-0.55));
        assert_eq!(percent(1.0, -1e12), None);
        assert_eq!(percent(1.0, 0.0), None);
        assert_eq!(percent(1.0, -2.0), None);
    }

    /// Fuzzing found a price of 1e34.
    #[test]
    fn numbers_beyond_any_price_have_no_percentage() {
        assert_eq!(percent(9.9e26, 9.9e26), Some(100.0));
        for huge in [1e34, 1e40, f64::MAX, f64::INFINITY] {
            assert_eq!(percent(huge, huge), None);
            assert_eq!(percent(-huge, huge), None);
            assert_eq!(percent(1.0, huge), None);
        }
    }

    #[test]
    fn differences_are_decimal() {
        assert_eq!(difference(6.18, 6.08), 0.1);
        assert_eq!(difference(0.488, 0.491), -0.003);
    }
}
