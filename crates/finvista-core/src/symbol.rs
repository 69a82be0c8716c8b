//! Which instrument is meant: an exchange and a code, parsed once, at the edge.

mod spelling;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::error::InvalidInput;
use crate::exchange::{Board, Exchange};

/// An instrument: exchange and six-digit code. Cheap to clone.
///
/// The code alone is ambiguous (`000001` is Ping An Bank in Shenzhen and the SSE Composite in Shanghai), so a symbol
/// always carries its exchange. It is written `000001.SZ`.
///
/// ```
/// use finvista_core::Symbol;
///
/// let symbol = Symbol::stock("sz000001")?;
/// assert_eq!(symbol.to_string(), "000001.SZ");
/// assert_eq!(symbol, Symbol::stock("000001")?);
/// assert_eq!(symbol, Symbol::stock("0.000001")?);
/// # Ok::<(), finvista_core::InvalidInput>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Symbol {
    exchange: Exchange,
    /// ASCII digits.
    code: [u8; 6],
}

impl Symbol {
    /// A symbol from its parts.
    ///
    /// # Errors
    ///
    /// When `code` is not six ASCII digits.
    pub fn new(exchange: Exchange, code: &str) -> Result<Self, InvalidInput> {
        match <[u8; 6]>::try_from(code.as_bytes()) {
            Ok(digits) if digits.iter().all(u8::is_ascii_digit) => Ok(Self { exchange, code: digits }),
            _ => Err(InvalidInput::new(format!("{code:?} is not a code: six digits are, such as 000001"))),
        }
    }

    /// Reads a stock, fund or bond in any spelling in use: `000001`, `sz000001`, `SZ000001`, `sz.000001`, `000001.SZ`,
    /// `000001.XSHE`, East Money's `0.000001`. A bare code is a stock here: `000001` is `000001.SZ`.
    ///
    /// # Errors
    ///
    /// When the text is not a symbol, or a bare code whose exchange cannot be told.
    pub fn stock(text: &str) -> Result<Self, InvalidInput> {
        spelling::parse(text, spelling::stock_exchange)
    }

    /// Reads an index in any spelling in use. A bare code is an index here: `000001` is `000001.SH`, the SSE Composite.
    ///
    /// # Errors
    ///
    /// When the text is not a symbol, or a bare code outside the ranges of the exchanges' indices.
    pub fn index(text: &str) -> Result<Self, InvalidInput> {
        spelling::parse(text, spelling::index_exchange)
    }

    /// The exchange.
    pub fn exchange(&self) -> Exchange {
        self.exchange
    }

    /// The six digits.
    pub fn code(&self) -> &str {
        // Digits are text.
        std::str::from_utf8(&self.code).unwrap_or_default()
    }

    /// What the code names, by the exchanges' code ranges.
    pub fn board(&self) -> Board {
        match (self.exchange, &self.code) {
            (Exchange::Sh, [b'0', b'0', b'0', ..]) => Board::Index,
            (Exchange::Sh, [b'6', b'8', b'8' | b'9', ..]) => Board::Star,
            (Exchange::Sh, [b'6', b'0', ..]) => Board::Main,
            (Exchange::Sh, [b'9', b'0', b'0', ..]) => Board::BShare,
            (Exchange::Sh, [b'5', ..]) => Board::Fund,
            (Exchange::Sh, [b'1', b'0' | b'1' | b'3', ..]) => Board::Bond,
            (Exchange::Sz, [b'3', b'9', b'9', ..]) => Board::Index,
            (Exchange::Sz, [b'3', b'0', ..]) => Board::ChiNext,
            (Exchange::Sz, [b'0', b'0', b'0'..=b'4', ..]) => Board::Main,
            (Exchange::Sz, [b'2', b'0', b'0', ..]) => Board::BShare,
            (Exchange::Sz, [b'1', b'5' | b'6' | b'8', ..]) => Board::Fund,
            (Exchange::Sz, [b'1', b'0'..=b'4', ..]) => Board::Bond,
            (Exchange::Bj, [b'8', b'9', b'9', ..]) => Board::Index,
            (Exchange::Bj, [b'9', b'2', b'0', ..] | [b'4', b'3', ..] | [b'8', b'3' | b'7', ..]) => {
                Board::Beijing
            }
            _ => Board::Other,
        }
    }

    /// The length of the canonical form.
    pub(crate) const WRITTEN: usize = 9;

    /// The canonical form, `000001.SZ`, as the bytes that a column has.
    pub(crate) fn written(&self) -> [u8; Self::WRITTEN] {
        let [a, b, c, d, e, f] = self.code;
        let [x, y] = match self.exchange {
            Exchange::Bj => *b"BJ",
            Exchange::Sh => *b"SH",
            Exchange::Sz => *b"SZ",
        };
        [a, b, c, d, e, f, b'.', x, y]
    }

    /// The form that Sina and Tencent use: `sz000001`.
    pub fn prefixed(&self) -> String {
        [self.exchange.prefix(), self.code()].concat()
    }

    /// Whether a code is this symbol in that form.
    pub fn is_prefixed(&self, code: &[u8]) -> bool {
        let (exchange, digits) = match code.as_array::<8>() {
            Some([b'b', b'j', digits @ ..]) => (Exchange::Bj, digits),
            Some([b's', b'h', digits @ ..]) => (Exchange::Sh, digits),
            Some([b's', b'z', digits @ ..]) => (Exchange::Sz, digits),
            _ => return false,
        };
        exchange == self.exchange && *digits == self.code
    }

    /// The symbol of such a code: the way back of [`prefixed`](Self::prefixed), which takes no other spelling, so that two codes
    /// of a vendor never name one symbol. `None` for what is no mainland code, such as `hk00700` or `s_sh600519`.
    pub fn from_prefixed(code: &str) -> Option<Self> {
        let (prefix, digits) = code.split_at_checked(2)?;
        let exchange =
            [Exchange::Bj, Exchange::Sh, Exchange::Sz].into_iter().find(|e| e.prefix() == prefix)?;
        Self::new(exchange, digits).ok()
    }
}

impl fmt::Display for Symbol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Digits, a point and capitals are text.
        f.write_str(std::str::from_utf8(&self.written()).unwrap_or_default())
    }
}

/// Reads the canonical form and every other spelling that names the exchange; a bare code is refused, because only a
/// data set knows what it means.
impl FromStr for Symbol {
    type Err = InvalidInput;

    fn from_str(text: &str) -> Result<Self, InvalidInput> {
        spelling::parse(text, |_| None)
    }
}

impl Serialize for Symbol {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Symbol {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_one_stock() {
        for text in [
            "000001",
            "sz000001",
            "SZ000001",
            "Sz000001",
            "sz.000001",
            "000001.SZ",
            "000001.sz",
            "000001.XSHE",
            "0.000001",
            " 000001 ",
        ] {
            assert_eq!(Symbol::stock(text).map(|s| s.to_string()), Ok("000001.SZ".to_owned()), "{text:?}");
        }
        assert_eq!(Symbol::index("000001").unwrap().to_string(), "000001.SH");
        assert_eq!(Symbol::stock("sh000001").unwrap().board(), Board::Index);
    }

    #[test]
    fn bare_codes_find_their_exchange_and_board() {
        for (code, canonical, board) in [
            ("600519", "600519.SH", Board::Main),
            ("688981", "688981.SH", Board::Star),
            ("689009", "689009.SH", Board::Star),
            ("000001", "000001.SZ", Board::Main),
            ("002594", "002594.SZ", Board::Main),
            ("300750", "300750.SZ", Board::ChiNext),
            ("301269", "301269.SZ", Board::ChiNext),
            ("920982", "920982.BJ", Board::Beijing),
            ("830799", "830799.BJ", Board::Beijing),
            ("430047", "430047.BJ", Board::Beijing),
            ("900901", "900901.SH", Board::BShare),
            ("200002", "200002.SZ", Board::BShare),
            ("510300", "510300.SH", Board::Fund),
            ("508000", "508000.SH", Board::Fund),
            ("159915", "159915.SZ", Board::Fund),
            ("162411", "162411.SZ", Board::Fund),
            ("118060", "118060.SH", Board::Bond),
            ("132018", "132018.SH", Board::Bond),
            ("127007", "127007.SZ", Board::Bond),
            ("999999", "999999.SH", Board::Other),
        ] {
            let symbol = Symbol::stock(code).unwrap();
            assert_eq!((symbol.to_string().as_str(), symbol.board()), (canonical, board));
        }
        assert_eq!(Symbol::stock("0.920982").unwrap().exchange(), Exchange::Bj);
        assert_eq!(Symbol::stock("1.600519").unwrap().exchange(), Exchange::Sh);
    }

    #[test]
    fn prefixed_codes_go_there_and_back() {
        for (canonical, code) in [
            ("600519.SH", "sh600519"),
            ("900901.SH", "sh900901"),
            ("000001.SZ", "sz000001"),
            ("920982.BJ", "bj920982"),
            ("999999.SH", "sh999999"),
        ] {
            let symbol: Symbol = canonical.parse().unwrap();
            assert_eq!(symbol.prefixed(), code);
            for other in
                ["sh600519", "sz000001", "bj920982", "sh000001", "sh60051", "sh6005190", "SH600519", ""]
            {
                assert_eq!(symbol.is_prefixed(other.as_bytes()), other == code, "{other}");
            }
            assert_eq!(Symbol::from_prefixed(code), Some(symbol));
        }
        for code in
            ["", "s", "SH600519", "sh60051", "sh6005190", "600519", "s_sh600519", "hk00700", "沪600519"]
        {
            assert_eq!(Symbol::from_prefixed(code), None, "{code:?}");
        }
    }

    #[test]
    fn what_is_not_a_symbol_is_refused_with_the_right_spelling() {
        for text in [
            "",
            "abc",
            "00001",
            "0000011",
            "sz00001x",
            "00000１",
            "HK00700",
            "000001.US",
            "sh.sz",
            "一二三四五六",
        ] {
            let error = Symbol::stock(text).unwrap_err().to_string();
            assert!(error.contains("000001.SZ"), "{text:?}: {error}");
        }
        assert!(Symbol::stock("199999").unwrap_err().to_string().contains("199999.SH"));
        assert!("000001".parse::<Symbol>().is_err());
    }

    #[test]
    fn the_canonical_form_survives_serde() {
        let symbol = Symbol::stock("600519").unwrap();
        let json = serde_json::to_string(&symbol).unwrap();
        assert_eq!(json, "\"600519.SH\"");
        assert_eq!(serde_json::from_str::<Symbol>(&json).unwrap(), symbol);
    }
}
