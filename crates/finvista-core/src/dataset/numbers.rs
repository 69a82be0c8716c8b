//! Arithmetic on prices as the vendors do it: in decimals, rounded half away from zero.

/// A difference of two prices, without the noise of binary floats: vendors print at most four decimals.
pub(crate) fn difference(left: f64, right: f64) -> f64 {
    ((left - right) * 1e4).round() / 1e4
}

/// `part` in percent of `whole`, to two decimals as the vendors print it, or `None` where `whole` is not positive, or one of
/// them is beyond all prices.
///
/// The prices are made integers first: 0.545 of 100 must give 0.55, and as binary floats it is a hair below the tie.
pub(crate) fn percent(part: f64, whole: f64) -> Option<f64> {
    // Six decimals hold every price that is printed and leave an adjusted, unprinted one with an error that two decimals
    // of a percentage do not see.
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

/// The nearest integer, away from zero on a tie, of less than [`NARROW`]. [`f64::round`] is a call where the processor is not known
/// to have SSE 4.1.
fn nearest(number: f64) -> i64 {
    (number + 0.5_f64.copysign(number)) as i64
}

/// Prices below a hundred million are reckoned in 64 bits, whose division is several times as fast as that of 128.
const NARROW: f64 = 1e14;

/// Beyond 1e27 not even 128 bits hold the product. No price is there.
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

    /// The fuzzer's quote had a price of 1e34.
    #[test]
    fn what_no_price_can_be_has_no_percentage() {
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
