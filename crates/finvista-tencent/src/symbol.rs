//! Tencent's codes: a lower-case exchange prefix and six digits, `sz000001`. A symbol writes itself that way with
//! [`Symbol::prefixed`]; here is the way back.

use finvista_core::{Exchange, Symbol};

/// The symbol of a code, or `None` for what is no mainland instrument (`hk00700`, `s_sh600519`). Case matters to Tencent.
pub(crate) fn parse(code: &str) -> Option<Symbol> {
    let (prefix, digits) = code.split_at_checked(2)?;
    let exchange = [Exchange::Bj, Exchange::Sh, Exchange::Sz]
        .into_iter()
        .find(|exchange| exchange.prefix() == prefix)?;
    Symbol::new(exchange, digits).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_go_there_and_back() {
        for (canonical, code) in [
            ("000001.SZ", "sz000001"),
            ("600519.SH", "sh600519"),
            ("688981.SH", "sh688981"),
            ("920982.BJ", "bj920982"),
            ("900901.SH", "sh900901"),
        ] {
            let symbol: Symbol = canonical.parse().unwrap();
            assert_eq!(symbol.prefixed(), code);
            assert_eq!(parse(code), Some(symbol));
        }
    }

    #[test]
    fn what_is_no_mainland_code_is_none() {
        for code in ["", "sh", "SH600519", "hk00700", "usAAPL", "s_sh600519", "sh60051x", "沪600519"] {
            assert_eq!(parse(code), None, "{code:?}");
        }
    }
}
