//! Arithmetic on prices in whole ticks.

/// The lowest and the highest price of a day; an index, having no limit, stays above zero.
pub(super) fn limits(reference: i64, percent: Option<i64>) -> (i64, i64) {
    match percent {
        Some(percent) => {
            let low = half_up(reference * (100 - percent), 100).max(1);
            (low, half_up(reference * (100 + percent), 100).max(low))
        }
        None => (1, i64::MAX),
    }
}

/// `a / b` rounded half up, for a non-negative `a` and a positive `b`.
pub(super) fn half_up(a: i64, b: i64) -> i64 {
    (2 * a + b).div_euclid(2 * b)
}
