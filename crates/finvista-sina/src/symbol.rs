//! Sina's codes: `sh600519`, `sz000001`, `bj920982`. One way they are [`Symbol::prefixed`]; this is the way back.

use finvista_core::{Exchange, Symbol};

/// The symbol of a code. `None` for everything that is not a mainland instrument, such as `rt_hk00700` or `gb_aapl`, and
/// for any spelling that Sina does not use, so that two codes never name one symbol.
pub(crate) fn from_code(code: &str) -> Option<Symbol> {
    let (prefix, digits) = code.split_at_checked(2)?;
    let exchange = [Exchange::Bj, Exchange::Sh, Exchange::Sz].into_iter().find(|e| e.prefix() == prefix)?;
    Symbol::new(exchange, digits).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_lead_there_and_back() {
        for (canonical, code) in [
            ("600519.SH", "sh600519"),
            ("688981.SH", "sh688981"),
            ("900901.SH", "sh900901"),
            ("510300.SH", "sh510300"),
            ("000001.SZ", "sz000001"),
            ("300750.SZ", "sz300750"),
            ("200002.SZ", "sz200002"),
            ("162411.SZ", "sz162411"),
            ("920982.BJ", "bj920982"),
            ("430047.BJ", "bj430047"),
            ("999999.SH", "sh999999"),
        ] {
            let symbol: Symbol = canonical.parse().unwrap();
            assert_eq!(symbol.prefixed(), code);
            assert_eq!(from_code(code), Some(symbol));
        }
    }

    #[test]
    fn other_codes_are_no_symbols() {
        for code in
            ["", "s", "SH600519", "sh60051", "sh6005190", "600519", "s_sh600519", "rt_hk00700", "gb_aapl"]
        {
            assert_eq!(from_code(code), None, "{code:?}");
        }
    }
}
