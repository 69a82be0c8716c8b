//! The vendor's name of an instrument, the secid: `1.600519`. Shenzhen, Beijing and CNI share market 0.

use finvista_core::{Symbol, Venue};

/// The families of codes: market number, what the codes start with, and the venue. The first that fits counts (eastmoney.md,
/// section 3; reference/instruments/codes.tsv). Hong Kong and all else is left out.
const FAMILIES: [(&str, &[&str], Venue); 5] = [
    // Shares, funds, and the indices 000xxx of the exchange and of CSI.
    ("1", &[""], Venue::Sh),
    // Beijing's shares, those of before October 2025 too, and its indices 899xxx.
    ("0", &["92", "4", "8"], Venue::Bj),
    ("0", &["97", "98"], Venue::Cni),
    // Shares, funds, and the indices 399xxx.
    ("0", &[""], Venue::Sz),
    ("2", &["93", "95", "H"], Venue::Csi),
];

/// The secid of a symbol, or `None` where it would name another instrument: `000001.BJ` does not exist, and `0.000001` is
/// Shenzhen's.
pub(crate) fn secid(symbol: &Symbol) -> Option<String> {
    let (market, ..) = FAMILIES.into_iter().find(|(.., venue)| *venue == symbol.venue())?;
    (from_vendor(market, symbol.code()) == Some(*symbol)).then(|| format!("{market}.{}", symbol.code()))
}

/// The symbol of a market number and a code, or `None` for a code of no family.
pub(crate) fn from_vendor(market: &str, code: &str) -> Option<Symbol> {
    let fits = |starts: &[&str]| starts.iter().any(|start| code.starts_with(start));
    let (.., venue) = FAMILIES.into_iter().find(|(of, starts, _)| *of == market && fits(starts))?;
    Symbol::new(venue, code).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secids_go_there_and_back() {
        for (symbol, expected) in [
            ("600519.SH", "1.600519"),
            ("688981.SH", "1.688981"),
            ("900901.SH", "1.900901"),
            ("510300.SH", "1.510300"),
            ("999999.SH", "1.999999"),
            ("000001.SZ", "0.000001"),
            ("300750.SZ", "0.300750"),
            ("200002.SZ", "0.200002"),
            ("159915.SZ", "0.159915"),
            ("920982.BJ", "0.920982"),
            ("830799.BJ", "0.830799"),
            ("430047.BJ", "0.430047"),
            ("000300.SH", "1.000300"),
            ("399001.SZ", "0.399001"),
            ("899050.BJ", "0.899050"),
            ("980017.CNI", "0.980017"),
            ("930955.CSI", "2.930955"),
            ("H30269.CSI", "2.H30269"),
        ] {
            let symbol: Symbol = symbol.parse().unwrap();
            assert_eq!(secid(&symbol).as_deref(), Some(expected));
            let (market, code) = expected.split_once('.').unwrap();
            assert_eq!(from_vendor(market, code), Some(symbol));
        }
    }

    #[test]
    fn symbols_that_a_secid_cannot_name_have_none() {
        for symbol in ["000001.BJ", "830799.SZ", "980017.SZ", "000300.CSI", "00700.HK", "AAPL.US"] {
            assert_eq!(secid(&symbol.parse().unwrap()), None, "{symbol}");
        }
    }

    #[test]
    fn other_markets_are_no_symbols() {
        for (market, code) in
            [("116", "00700"), ("105", "AAPL"), ("90", "BK0475"), ("2", "000300"), ("", "000001")]
        {
            assert_eq!(from_vendor(market, code), None, "{market}.{code}");
        }
    }
}
