//! The decoders and checks in pairs with their floor, the bare parse of the same bytes.

use finvista_bench::ours::Case;
use finvista_bench::pairs::{Ratio, timed};
use finvista_bench::{floor, naive};
use serde_json::{Value, json};

/// A table for people, and the same for programs on the last line.
pub(crate) fn table(pairs: usize) -> Result<String, String> {
    let head = format!("{pairs} pairs with the floor, the bare parse of the same bytes");
    let mut table = Table {
        pairs,
        text: format!("{head:<62} {:>10} {:>8} {:>6}\n", "best µs", "× floor", "best"),
        ways: Vec::new(),
    };
    let (daily, quotes, list) = (Case::daily()?, Case::quotes()?, Case::list()?);
    table.compare(
        "East Money, 8,053 bars",
        &daily,
        floor::bars,
        "serde_json::Value and split",
        naive::bars,
    )?;
    let usual = |body: &[u8]| naive::quotes(&encoding_rs::GB18030.decode(body).0);
    table.compare("Sina, 800 quotes", &quotes, floor::quotes, "text and split", usual)?;
    let usual = "serde_json::Value";
    table.compare("East Money, the list of all A shares", &list, floor::listings, usual, naive::listings)?;
    let summary = json!({ "pairs": pairs, "ways": table.ways });
    Ok(format!("{}{summary}", table.text))
}

struct Table {
    pairs: usize,
    text: String,
    ways: Vec<Value>,
}

impl Table {
    fn compare<F, U>(
        &mut self,
        body: &'static str,
        case: &Case,
        floor: impl Fn(&[u8]) -> F,
        usual_name: &'static str,
        usual: impl Fn(&[u8]) -> U,
    ) -> Result<(), String> {
        let decoded = case.decode()?;
        case.check(&decoded)?;
        let floor = || case.bodies.iter().map(|body| floor(body)).collect::<Vec<_>>();
        let usual = || case.bodies.iter().map(|body| usual(body)).collect::<Vec<_>>();
        self.text += &format!("{body}\n");
        self.row(body, "floor", &timed(self.pairs, floor, floor));
        self.row(body, "decode", &timed(self.pairs, floor, || case.decode()));
        self.row(body, "check", &timed(self.pairs, floor, || case.check(&decoded)));
        self.row(body, usual_name, &timed(self.pairs, floor, usual));
        Ok(())
    }

    fn row(&mut self, body: &str, way: &str, times: &[(f64, f64)]) {
        let best = times.iter().map(|pair| pair.1).fold(f64::INFINITY, f64::min) * 1e6;
        let ratio = Ratio::of(times);
        self.text += &format!("  {way:<60} {best:>10.1} {:>8.2} {:>6.2}\n", ratio.median, ratio.best);
        self.ways.push(json!({ "body": body, "way": way, "best_us": best, "x_floor": ratio.json() }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_has_every_way_and_ends_in_json() {
        let table = table(3).unwrap();
        assert_eq!(table.lines().count(), 17, "{table}");
        let summary: Value = table.lines().last().unwrap().parse().unwrap();
        let ways = summary["ways"].as_array().unwrap();
        assert_eq!(ways.len(), 12);
        assert!(ways.iter().all(|way| way["x_floor"]["median"].as_f64().is_some_and(|ratio| ratio > 0.0)));
    }
}
