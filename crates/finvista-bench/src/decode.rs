//! The decoders and checks beside their floor and the usual parse, as a table.

use finvista_bench::cases::Case;
use finvista_bench::turns::{Way, medians};
use finvista_bench::{floor, naive};

/// Medians over so many turns, and ratios to the floor.
pub(crate) fn table(turns: usize) -> Result<String, String> {
    let mut text = format!("{:<34} {:>10} {:>8}\n", format!("median of {turns} turns"), "µs", "× floor");
    let (daily, quotes) = (Case::daily(), Case::quotes());
    let (daily, quotes) = (daily.map_err(|e| e.to_string())?, quotes.map_err(|e| e.to_string())?);
    let bars = Way::new("floor", || floor::bars(&daily.body));
    let usual = Way::new("serde_json::Value and split", || naive::bars(&daily.body));
    text += &compared("East Money, 8,053 bars", &daily, bars, usual, turns)?;
    let lines = Way::new("floor", || floor::quotes(&quotes.body));
    let usual = Way::new("text and split", || naive::quotes(&encoding_rs::GB18030.decode(&quotes.body).0));
    text += &compared("Sina, 800 quotes", &quotes, lines, usual, turns)?;
    Ok(text.trim_end().to_owned())
}

fn compared<'a>(
    title: &str,
    case: &'a Case,
    floor: Way<'a>,
    usual: Way<'a>,
    turns: usize,
) -> Result<String, String> {
    let table = case.decode().map_err(|e| e.to_string())?;
    case.check(&table).map_err(|e| e.to_string())?;
    let ways =
        vec![floor, Way::new("decode", || case.decode()), Way::new("check", || case.check(&table)), usual];
    let medians = medians(ways, turns);
    let least = medians.first().map_or(f64::NAN, |(_, time)| time.as_secs_f64());
    let mut text = format!("{title}\n");
    for (name, time) in medians {
        let time = time.as_secs_f64();
        text += &format!("  {name:<32} {:>10.1} {:>8.2}\n", time * 1e6, time / least);
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_has_every_way() {
        let table = table(1).unwrap();
        assert_eq!(table.lines().count(), 11, "{table}");
        assert!(table.lines().filter(|line| line.starts_with("  floor")).all(|line| line.ends_with("1.00")));
    }
}
