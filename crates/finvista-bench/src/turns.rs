//! Times in turns: on a machine that others use, two ways are compared only when each runs beside the other.

use std::hint::black_box;
use std::time::{Duration, Instant};

/// One way to do it, and the times it took.
pub struct Way<'a> {
    name: &'static str,
    run: Box<dyn FnMut() + 'a>,
    times: Vec<Duration>,
}

impl std::fmt::Debug for Way<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Way").field("name", &self.name).finish_non_exhaustive()
    }
}

impl<'a> Way<'a> {
    /// A way and its name. What it returns is dropped within the time.
    pub fn new<T>(name: &'static str, mut run: impl FnMut() -> T + 'a) -> Self {
        Self { name, run: Box::new(move || drop(black_box(run()))), times: Vec::new() }
    }
}

/// The median time of each way, over so many turns of all of them.
pub fn medians(mut ways: Vec<Way<'_>>, turns: usize) -> Vec<(&'static str, Duration)> {
    for _ in 0..turns {
        for way in &mut ways {
            let start = Instant::now();
            (way.run)();
            way.times.push(start.elapsed());
        }
    }
    ways.into_iter().map(|mut way| (way.name, median(&mut way.times))).collect()
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_runs_in_every_turn() {
        let (mut one, mut two) = (0, 0);
        let medians = medians(vec![Way::new("one", || one += 1), Way::new("two", || two += 1)], 5);
        assert_eq!(medians.iter().map(|(name, _)| *name).collect::<Vec<_>>(), ["one", "two"]);
        assert_eq!((one, two), (5, 5));
        assert_eq!(median(&mut [3, 1, 2].map(Duration::from_secs)), Duration::from_secs(2));
    }
}
