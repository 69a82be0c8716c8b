//! Two ways compared in pairs, one right after the other: the speed of a machine that others use changes from second to second,
//! and changes both times of most pairs alike.

use std::hint::black_box;
use std::time::Instant;

use serde_json::{Value, json};

/// What one way costs as a multiple of another.
#[derive(Debug, Clone, Copy)]
pub struct Ratio {
    /// The median of the ratios of all pairs.
    pub median: f64,
    /// The best of one over the best of the other.
    pub best: f64,
}

impl Ratio {
    /// The ratio of the second of each pair to the first.
    pub fn of(pairs: &[(f64, f64)]) -> Self {
        let best = |value: fn(&(f64, f64)) -> f64| pairs.iter().map(value).fold(f64::INFINITY, f64::min);
        let median = median(pairs.iter().map(|(one, other)| other / one).collect());
        Self { median, best: best(|pair| pair.1) / best(|pair| pair.0) }
    }

    /// Both figures, for programs.
    pub fn json(self) -> Value {
        json!({ "median": self.median, "best": self.best })
    }
}

/// The median of these values, and NaN of none.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// The seconds that each of two ways takes, in this many pairs. What a way returns is dropped within its time.
pub fn timed<T, U>(
    pairs: usize,
    mut one: impl FnMut() -> T,
    mut other: impl FnMut() -> U,
) -> Vec<(f64, f64)> {
    (0..pairs).map(|_| (seconds(&mut one), seconds(&mut other))).collect()
}

fn seconds<T>(run: &mut impl FnMut() -> T) -> f64 {
    let start = Instant::now();
    drop(black_box(run()));
    start.elapsed().as_secs_f64()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ratio_is_that_of_the_pairs_and_that_of_the_best() {
        let ratio = Ratio::of(&[(1.0, 2.0), (10.0, 15.0), (2.0, 3.0)]);
        assert_eq!((ratio.median, ratio.best), (1.5, 2.0));
        assert!(Ratio::of(&[]).median.is_nan());
    }

    #[test]
    fn the_ways_alternate() {
        let order = std::cell::RefCell::new(Vec::new());
        let pairs = timed(3, || order.borrow_mut().push(1), || order.borrow_mut().push(2));
        assert_eq!(pairs.len(), 3);
        assert_eq!(*order.borrow(), [1, 2, 1, 2, 1, 2]);
    }
}
