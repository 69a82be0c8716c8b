//! The common spellings of symbols.

use super::Symbol;
use crate::error::InvalidInput;
use crate::venue::Venue;

/// Reads a symbol. `bare` gives the venue of a bare code.
pub(crate) fn parse(text: &str, bare: impl Fn(&str) -> Option<Venue>) -> Result<Symbol, InvalidInput> {
    if let Some(symbol) = usual(text) {
        return Ok(symbol);
    }
    let text = text.trim();
    // With a point it may be a ticker (`BRK.B`) or end in a venue, which takes precedence.
    if let Some(venue) = bare(text).filter(|_| !text.contains('.')) {
        return Symbol::new(venue, text);
    }
    let wrong = || {
        InvalidInput::new(format!(
            "expected a symbol such as 000001, sz000001, 000001.SZ, 600519.SH or 920982.BJ, got {text:?}"
        ))
    };
    if text.len() == 6 && text.bytes().all(|b| b.is_ascii_digit()) {
        return Err(InvalidInput::new(format!(
            "expected a code with its exchange, such as {text}.SH, {text}.SZ or {text}.BJ, got {text:?}"
        )));
    }
    let named = match (text.split_once('.'), text.rsplit_once('.')) {
        (Some((left, right)), Some((code, suffix))) => {
            // What ends in a venue is the canonical form: `1.HK` and `SS.US` are read as that.
            match (Venue::parse(suffix), from_market_number(left, right), Venue::parse(left)) {
                (Some(venue), ..) => Some((venue, code)),
                (None, Some(venue), _) | (None, None, Some(venue)) => Some((venue, right)),
                (None, None, None) => None,
            }
        }
        // Only venues whose codes are digits have a prefix without a point, as other letters may belong to a ticker.
        _ => text.split_at_checked(2).and_then(|(prefix, code)| {
            let venue = Venue::parse(prefix).filter(|v| v.is_mainland() || *v == Venue::Hk)?;
            Some((venue, code))
        }),
    };
    let named = named.or_else(|| bare(text).map(|venue| (venue, text)));
    let (venue, code) = named.ok_or_else(wrong)?;
    Symbol::new(venue, code).map_err(|_| wrong())
}

/// The venue of East Money's market number, as in `1.600519`.
fn from_market_number(market: &str, code: &str) -> Option<Venue> {
    match market {
        "1" => Some(Venue::Sh),
        "0" if code.starts_with(['4', '8']) || code.starts_with("92") => Some(Venue::Bj),
        "0" => Some(Venue::Sz),
        "2" => Some(Venue::Csi),
        "90" => Some(Venue::Sector),
        "105" | "106" | "107" => Some(Venue::Us),
        "116" => Some(Venue::Hk),
        _ => None,
    }
}

/// The fast path: `600519.SH` and `sh600519`.
#[inline]
fn usual(text: &str) -> Option<Symbol> {
    let (venue, code) = match text.as_bytes() {
        [code @ .., b'.', b'B', b'J'] | [b'b', b'j', code @ ..] => (Venue::Bj, code),
        [code @ .., b'.', b'S', b'H'] | [b's', b'h', code @ ..] => (Venue::Sh, code),
        [code @ .., b'.', b'S', b'Z'] | [b's', b'z', code @ ..] => (Venue::Sz, code),
        _ => return None,
    };
    let &[a, b, c, d, e, f] = code else { return None };
    let is_code = code.iter().all(u8::is_ascii_digit);
    is_code.then_some(Symbol { venue, len: 6, code: [a, b, c, d, e, f, 0, 0, 0, 0, 0, 0, 0, 0] })
}
