//! The vendor's name of an instrument, the secid: `1.600519`. Market 1 is Shanghai; Shenzhen and Beijing share market 0.

use finvista_core::{ErrorKind, SourceError, Symbol, Venue};

/// The secid of a symbol, or `None` where it would name another instrument: `000001.BJ` does not exist, and `0.000001` is
/// Shenzhen's.
pub(crate) fn secid(symbol: &Symbol) -> Option<String> {
    let market = match symbol.venue() {
        Venue::Sh => "1",
        Venue::Sz | Venue::Bj => "0",
        _ => return None,
    };
    (from_vendor(market, symbol.code()) == Some(*symbol)).then(|| format!("{market}.{}", symbol.code()))
}

/// The symbol of a market number and a code, or `None` for another market than those above (116 is Hong Kong).
pub(crate) fn from_vendor(market: &str, code: &str) -> Option<Symbol> {
    let venue = match (market, code.as_bytes()) {
        ("1", _) => Venue::Sh,
        // Beijing's codes since October 2025, and those before (eastmoney.md, section 3).
        ("0", [b'9', b'2', ..] | [b'4' | b'8', ..]) => Venue::Bj,
        ("0", _) => Venue::Sz,
        _ => return None,
    };
    Symbol::new(venue, code).ok()
}

/// The error for symbols that the vendor does not have.
pub(crate) fn unknown(symbols: &[Symbol]) -> SourceError {
    let message = match symbols {
        [one] => format!("does not know {one}"),
        all => format!("knows none of the {} symbols", all.len()),
    };
    SourceError::new(ErrorKind::NotFound, message)
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
        ] {
            let symbol: Symbol = symbol.parse().unwrap();
            assert_eq!(secid(&symbol).as_deref(), Some(expected));
            let (market, code) = expected.split_once('.').unwrap();
            assert_eq!(from_vendor(market, code), Some(symbol));
        }
    }

    #[test]
    fn symbols_that_a_secid_cannot_name_have_none() {
        for symbol in ["000001.BJ", "830799.SZ", "00700.HK", "AAPL.US"] {
            assert_eq!(secid(&symbol.parse().unwrap()), None, "{symbol}");
        }
    }

    #[test]
    fn other_markets_are_no_symbols() {
        for (market, code) in [("116", "00700"), ("105", "AAPL"), ("90", "BK0475"), ("", "000001")] {
            assert_eq!(from_vendor(market, code), None, "{market}.{code}");
        }
    }
}
