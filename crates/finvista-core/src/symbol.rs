//! Symbols: a venue and a code, parsed once at the edge.

mod families;
mod renamed;
mod spelling;

use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::board::Board;
use crate::error::InvalidInput;
use crate::venue::{Currency, Venue};

pub(crate) use spelling::parse;

/// An instrument: a venue and the code that it assigned. `Copy`, 16 bytes.
///
/// The code alone is ambiguous (`000001` is Ping An Bank in Shenzhen and the SSE Composite in Shanghai), so a symbol
/// always carries its venue. The canonical form is `000001.SZ`, `00700.HK`, `BRK.B.US` or `RB2510.SHFE`.
///
/// ```
/// use finvista_core::{Symbol, Venue};
///
/// let symbol: Symbol = "sz000001".parse()?;
/// assert_eq!(symbol.to_string(), "000001.SZ");
/// assert_eq!(symbol, "0.000001".parse()?);
/// assert_eq!("hk700".parse::<Symbol>()?, Symbol::new(Venue::Hk, "00700")?);
/// // Only a data set knows what a bare code means.
/// assert!("000001".parse::<Symbol>().is_err());
/// # Ok::<(), finvista_core::InvalidInput>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Symbol {
    venue: Venue,
    len: u8,
    /// Upper-case ASCII letters, digits, `.` and `-`; zero behind `len`.
    code: [u8; MOST],
}

/// The longest code, that of a futures option such as `IO2412-C-3500`, has 13 bytes.
const MOST: usize = 14;

impl Symbol {
    /// A symbol from its parts. Letters become upper case, and a Hong Kong code gets its leading zeros.
    ///
    /// # Errors
    ///
    /// When `code` is not a code of the venue, such as six digits for a mainland exchange.
    pub fn new(venue: Venue, code: &str) -> Result<Self, InvalidInput> {
        let digits = |text: &str, len: usize| text.len() == len && text.bytes().all(|b| b.is_ascii_digit());
        let (fits, expected) = match venue {
            Venue::Bj | Venue::Sh | Venue::Sz | Venue::Cni | Venue::Fund => {
                (digits(code, 6), "six digits, such as 000001")
            }
            Venue::Csi => {
                let lettered = code.strip_prefix(['H', 'h']).is_some_and(|rest| digits(rest, 5));
                (lettered || digits(code, 6), "six digits or H and five, such as 930955 or H30269")
            }
            Venue::Hk if code.len() < 5 && !code.is_empty() && digits(code, code.len()) => {
                return Self::new(venue, &format!("{code:0>5}"));
            }
            _ => {
                let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-');
                let edges = !code.starts_with(['.', '-']) && !code.ends_with(['.', '-']);
                let fits = (1..=MOST).contains(&code.len()) && code.bytes().all(plain) && edges;
                (fits, "1 to 14 letters, digits, points and hyphens, such as AAPL or RB2510")
            }
        };
        let mut bytes = [0; MOST];
        match (fits, bytes.get_mut(..code.len()), u8::try_from(code.len())) {
            (true, Some(place), Ok(len)) => {
                place.copy_from_slice(code.as_bytes());
                bytes.make_ascii_uppercase();
                Ok(Self { venue, len, code: bytes })
            }
            _ => Err(InvalidInput::new(format!("expected a code of {venue} ({expected}), got {code:?}"))),
        }
    }

    /// The venue.
    #[inline]
    pub const fn venue(&self) -> Venue {
        self.venue
    }

    /// The code, without its venue.
    pub fn code(&self) -> &str {
        // Codes are ASCII, and never longer than the array.
        std::str::from_utf8(self.code.get(..usize::from(self.len)).unwrap_or_default()).unwrap_or_default()
    }

    /// The kind of instrument that the code names, by the venue's families of codes. [`Board::Other`] is a code outside them.
    pub const fn board(&self) -> Board {
        families::board(self.venue, &self.code)
    }

    /// The currency of its prices: that of its venue, except for B shares, which trade in USD in Shanghai and in HKD in
    /// Shenzhen.
    pub const fn currency(&self) -> Currency {
        match (self.venue, self.board()) {
            (Venue::Sh, Board::BShare) => Currency::Usd,
            (Venue::Sz, Board::BShare) => Currency::Hkd,
            _ => self.venue.currency(),
        }
    }

    /// The canonical form, as text on the stack.
    #[inline]
    pub fn written(&self) -> Written {
        let mut written = Written { len: 0, bytes: [0; WRITTEN] };
        if let (Some(digits), Some(place)) = (self.mainland_code(), written.bytes.first_chunk_mut()) {
            let [a, b, c, d, e, f] = digits;
            let [x, y] = match self.venue {
                Venue::Bj => *b"BJ",
                Venue::Sh => *b"SH",
                _ => *b"SZ",
            };
            *place = [a, b, c, d, e, f, b'.', x, y];
            written.len = 9;
            return written;
        }
        let parts = [self.code().as_bytes(), b".", self.venue.suffix().as_bytes()];
        for (place, &byte) in written.bytes.iter_mut().zip(parts.into_iter().flatten()) {
            *place = byte;
            written.len += 1;
        }
        written
    }

    /// The six digits of a symbol of a mainland exchange.
    #[inline]
    fn mainland_code(&self) -> Option<[u8; 6]> {
        let [a, b, c, d, e, f, ..] = self.code;
        self.venue.is_mainland().then_some([a, b, c, d, e, f])
    }

    /// The form that Sina and Tencent use for the mainland exchanges, `sz000001`; `None` for any other venue.
    pub fn prefixed(&self) -> Option<String> {
        Some([self.venue.prefix()?, self.code()].concat())
    }

    /// Whether a code is the [prefixed](Self::prefixed) form of this symbol.
    pub fn is_prefixed(&self, code: &[u8]) -> bool {
        let Some((prefix, digits)) = code.split_first_chunk::<2>() else { return false };
        self.mainland_code().is_some_and(|own| own == digits)
            && self.venue.prefix().is_some_and(|own| own.as_bytes() == prefix)
    }

    /// The inverse of [`prefixed`](Self::prefixed). It accepts no other spelling, so two different codes of a vendor never
    /// give the same symbol: `None` for `hk00700` or `s_sh600519`.
    pub fn from_prefixed(code: &str) -> Option<Self> {
        let (prefix, digits) = code.split_at_checked(2)?;
        let venue = [Venue::Bj, Venue::Sh, Venue::Sz].into_iter().find(|v| v.prefix() == Some(prefix))?;
        Self::new(venue, digits).ok()
    }
}

/// The longest canonical form: 14 bytes of code, a point, and the longest suffix.
const WRITTEN: usize = MOST + 1 + 5;

/// The canonical form of a symbol, `000001.SZ`. It derefs to `str`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Written {
    len: u8,
    bytes: [u8; WRITTEN],
}

impl std::ops::Deref for Written {
    type Target = str;

    #[inline]
    fn deref(&self) -> &str {
        // Codes, points and suffixes are ASCII.
        std::str::from_utf8(self.bytes.get(..usize::from(self.len)).unwrap_or_default()).unwrap_or_default()
    }
}

impl fmt::Display for Written {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self)
    }
}

impl fmt::Display for Symbol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.written())
    }
}

/// Hashes all 16 bytes at once, because a query may have hundreds of symbols.
impl Hash for Symbol {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let [venue, len] = [self.venue as u8, self.len];
        let [a, b, c, d, e, f, g, h, i, j, k, l, m, n] = self.code;
        state.write(&[venue, len, a, b, c, d, e, f, g, h, i, j, k, l, m, n]);
    }
}

impl fmt::Debug for Symbol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Symbol({self})")
    }
}

/// Reads the canonical form and every other common spelling that names the venue. A bare code is refused, because only a
/// data set knows its venue: see [`Universe`](crate::Universe).
impl FromStr for Symbol {
    type Err = InvalidInput;

    fn from_str(text: &str) -> Result<Self, InvalidInput> {
        parse(text, |_| None)
    }
}

impl Serialize for Symbol {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.written())
    }
}

impl<'de> Deserialize<'de> for Symbol {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests;
