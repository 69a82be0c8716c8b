//! What reading typed rows costs, in nanoseconds a row, beside reading the same columns as slices.

use finvista_bench::ours::History;
use finvista_bench::pairs::{Ratio, timed};
use serde_json::json;

/// How often the table is read within one time.
const PASSES: usize = 20;

/// A line for people, and the same for programs on the last line.
pub(crate) fn table(pairs: usize) -> Result<String, String> {
    let history = History::new()?;
    let rows = history.num_rows();
    let slices = || (0..PASSES).map(|_| history.sum_of_slices()).sum::<Result<f64, String>>();
    let typed = || (0..PASSES).map(|_| history.sum_of_rows()).sum::<f64>();
    let times = timed(pairs, slices, typed);
    let best = |value: fn(&(f64, f64)) -> f64| {
        times.iter().map(value).fold(f64::INFINITY, f64::min) * 1e9 / (rows * PASSES) as f64
    };
    let (slices, typed, ratio) = (best(|pair| pair.0), best(|pair| pair.1), Ratio::of(&times));
    let summary = json!({
        "pairs": pairs, "rows": rows, "ns_a_row": typed, "slices_ns_a_row": slices, "x_slices": ratio.json(),
    });
    Ok(format!(
        "every field of {rows} rows, best of {pairs} pairs: {typed:.2} ns a row typed, {slices:.2} ns as slices \
         ({:.1} × in the median pair, {:.1} × best)\n{summary}",
        ratio.median, ratio.best
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line_is_for_programs() {
        let table = table(2).unwrap();
        let summary: serde_json::Value = table.lines().last().unwrap().parse().unwrap();
        assert!(summary["ns_a_row"].as_f64().is_some_and(|ns| ns > 0.0));
    }
}
