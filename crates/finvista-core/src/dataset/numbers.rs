//! Arithmetic on prices as the vendors do it: in decimals, rounded half away from zero.

/// A difference of two prices, without the noise of binary floats: vendors print at most four decimals.
pub(crate) fn difference(left: f64, right: f64) -> f64 {
    ((left - right) * 1e4).round() / 1e4
}

/// `part` in percent of `whole`, to two decimals as the vendors print it, or `None` where `whole` is not positive.
///
/// The prices are made integers first: 0.545 of 100 must give 0.55, and as binary floats it is a hair below the tie.
pub(crate) fn percent(part: f64, whole: f64) -> Option<f64> {
    // Six decimals hold every price that is printed and leave an adjusted, unprinted one with an error that two decimals
    // of a percentage do not see.
    let scaled = |x: f64| (x * 1e6).round() as i128;
    let (part, whole) = (scaled(part), scaled(whole));
    if whole <= 0 {
        return None;
    }
    let doubled = part * 10_000 * 2;
    let rounded = (doubled + whole * part.signum()) / (whole * 2);
    Some(rounded as f64 / 100.0)
}

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
        assert_eq!(percent(1.0, 0.0), None);
        assert_eq!(percent(1.0, -2.0), None);
    }

    #[test]
    fn differences_are_decimal() {
        assert_eq!(difference(6.18, 6.08), 0.1);
        assert_eq!(difference(0.488, 0.491), -0.003);
    }
}
