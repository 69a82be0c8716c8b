//! The spellings of symbols that are in use.

use super::Symbol;
use crate::error::InvalidInput;
use crate::exchange::Exchange;

/// Reads a symbol; `bare` tells where a bare code trades.
pub(super) fn parse(text: &str, bare: fn(&str) -> Option<Exchange>) -> Result<Symbol, InvalidInput> {
    if let Some(symbol) = from_written(text) {
        return Ok(symbol);
    }
    let text = text.trim();
    let wrong = || {
        InvalidInput::new(format!(
            "{text:?} is not a symbol: write 000001, sz000001, 000001.SZ, 600519.SH or 920982.BJ"
        ))
    };
    if text.len() == 6 && text.bytes().all(|b| b.is_ascii_digit()) {
        let exchange = bare(text).ok_or_else(|| {
                InvalidInput::new(format!(
                    "the exchange of {text:?} cannot be told from its digits: write {text}.SH, {text}.SZ or {text}.BJ"
                ))
            })?;
        return Symbol::new(exchange, text);
    }
    let (exchange, code) = match text.split_once('.') {
        // East Money's market number: 1 is Shanghai, 0 is Shenzhen and Beijing.
        Some(("1", code)) => (Exchange::Sh, code),
        Some(("0", code)) if code.starts_with(['4', '8']) || code.starts_with("92") => (Exchange::Bj, code),
        Some(("0", code)) => (Exchange::Sz, code),
        Some((left, right)) => match (Exchange::parse(left), Exchange::parse(right)) {
            (Some(exchange), None) => (exchange, right),
            (None, Some(exchange)) => (exchange, left),
            _ => return Err(wrong()),
        },
        None => {
            let (prefix, code) = text.split_at_checked(2).ok_or_else(wrong)?;
            (Exchange::parse(prefix).ok_or_else(wrong)?, code)
        }
    };
    Symbol::new(exchange, code).map_err(|_| wrong())
}

/// The symbol of a canonical form and no other.
fn from_written(text: &str) -> Option<Symbol> {
    let (code, exchange) = text.as_bytes().split_first_chunk()?;
    let exchange = match exchange {
        b".BJ" => Exchange::Bj,
        b".SH" => Exchange::Sh,
        b".SZ" => Exchange::Sz,
        _ => return None,
    };
    code.iter().all(u8::is_ascii_digit).then_some(Symbol { exchange, code: *code })
}

/// Where a bare code trades when it is a stock, a fund or a bond. A nine outside 900 and 920 is Shanghai's by the
/// vendors' own convention: such a code is sent on, and the vendors say that they do not know it.
pub(super) fn stock_exchange(code: &str) -> Option<Exchange> {
    let starts = |prefixes: &[&str]| prefixes.iter().any(|p| code.starts_with(p));
    if starts(&["920", "4", "8"]) {
        Some(Exchange::Bj)
    } else if starts(&["5", "6", "7", "9", "11", "13"]) {
        Some(Exchange::Sh)
    } else if starts(&["0", "2", "3", "12", "15", "16", "18"]) {
        Some(Exchange::Sz)
    } else {
        None
    }
}

/// Where a bare code is published when it is an index.
pub(super) fn index_exchange(code: &str) -> Option<Exchange> {
    match code.get(..3)? {
        "000" => Some(Exchange::Sh),
        "399" => Some(Exchange::Sz),
        "899" => Some(Exchange::Bj),
        _ => None,
    }
}
