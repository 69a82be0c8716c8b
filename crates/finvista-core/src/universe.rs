//! Universes: the instruments of a data set, and how it reads a bare code.

use crate::board::{Board, Boards};
use crate::error::InvalidInput;
use crate::symbol::{Symbol, parse};
use crate::venue::Venue;

/// The instruments of a data set: the boards that belong to it, and how a bare code is read. It is plain data, so it can
/// cross the plugin boundary.
///
/// ```
/// use finvista_core::{CN_INDICES, CN_STOCKS};
///
/// assert_eq!(CN_STOCKS.symbol("000001")?.to_string(), "000001.SZ");
/// assert_eq!(CN_INDICES.symbol("000001")?.to_string(), "000001.SH");
/// assert!(CN_STOCKS.symbol("000001.SH").is_err());
/// # Ok::<(), finvista_core::InvalidInput>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Universe {
    /// A plural noun for messages, such as `Chinese stocks, funds and bonds`.
    pub name: &'static str,
    /// The rules for bare codes. The first that matches gives the venue, if the instrument there belongs to the universe.
    pub bare: &'static [BareCode],
    /// The boards that belong to it.
    pub boards: Boards,
    /// One well-known symbol of each board, for docs, conformance tests, fuzzing and probes.
    pub known: &'static [&'static str],
    /// Symbols that no vendor has.
    pub unknown: &'static [&'static str],
}

/// A rule for bare codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BareCode {
    /// The form of the code.
    pub form: CodeForm,
    /// The prefixes of the code; empty for any.
    pub starts: &'static [&'static str],
    /// The venue of such a code.
    pub venue: Venue,
}

/// The form of a bare code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum CodeForm {
    /// Exactly this number of digits.
    Digits(u8),
    /// One to this number of digits.
    UpToDigits(u8),
    /// A letter, followed by letters, digits, points and hyphens.
    Ticker,
}

impl CodeForm {
    fn fits(self, code: &str) -> bool {
        let digits = code.bytes().all(|b| b.is_ascii_digit());
        match self {
            Self::Digits(len) => code.len() == usize::from(len) && digits,
            Self::UpToDigits(most) => (1..=usize::from(most)).contains(&code.len()) && digits,
            Self::Ticker => {
                code.starts_with(|c: char| c.is_ascii_alphabetic())
                    && code.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-'))
            }
        }
    }
}

impl Universe {
    /// Reads a symbol in any common spelling, including a bare code.
    ///
    /// # Errors
    ///
    /// When the text is not a symbol, a bare code matches no rule, or the instrument does not belong to the universe.
    pub fn symbol(&self, text: &str) -> Result<Symbol, InvalidInput> {
        match parse(text, |code| self.venue_of(code)) {
            Ok(symbol) => self.accept(symbol),
            Err(error) => Err(self.why_not(text.trim()).unwrap_or(error)),
        }
    }

    /// Returns the symbol if its instrument belongs to the universe.
    ///
    /// # Errors
    ///
    /// When the board of the symbol does not belong to the universe.
    pub fn accept(&self, symbol: Symbol) -> Result<Symbol, InvalidInput> {
        let board = symbol.board();
        if self.boards.contains(board) {
            return Ok(symbol);
        }
        Err(InvalidInput::new(format!("{}, got {symbol}, {}", self.expected(), board.with_article())))
    }

    fn expected(&self) -> String {
        let example = self.known.first().map_or(String::new(), |known| format!(", such as {known}"));
        format!("expected one of the {}{example}", self.name)
    }

    /// The venue of a bare code.
    fn venue_of(&self, code: &str) -> Option<Venue> {
        let starts =
            |rule: &BareCode| rule.starts.is_empty() || rule.starts.iter().any(|s| code.starts_with(s));
        let belongs = |venue| Symbol::new(venue, code).is_ok_and(|s| self.boards.contains(s.board()));
        let rules = self.bare.iter().filter(|rule| rule.form.fits(code) && starts(rule));
        rules.map(|rule| rule.venue).find(|&venue| belongs(venue))
    }

    /// Why a bare code of a mainland exchange is refused: what it names there.
    fn why_not(&self, code: &str) -> Option<InvalidInput> {
        let named = |venue| Symbol::new(venue, code).ok().filter(|symbol| symbol.board() != Board::Other);
        let named: Vec<Symbol> = [Venue::Sh, Venue::Sz, Venue::Bj].into_iter().filter_map(named).collect();
        let ours = named.iter().filter(|symbol| self.boards.contains(symbol.board()));
        let ours: Vec<String> = ours.map(Symbol::to_string).collect();
        if !ours.is_empty() {
            let message =
                format!("expected a code with its exchange, such as {}, got {code:?}", ours.join(" or "));
            return Some(InvalidInput::new(message));
        }
        let kinds: Vec<String> =
            named.iter().map(|symbol| format!("{symbol}, {}", symbol.board().with_article())).collect();
        (!kinds.is_empty())
            .then(|| InvalidInput::new(format!("{}, got {code:?}: {}", self.expected(), kinds.join(", or "))))
    }
}

const fn six(venue: Venue, starts: &'static [&'static str]) -> BareCode {
    BareCode { form: CodeForm::Digits(6), starts, venue }
}

/// Stocks, funds, bonds and B shares of the mainland exchanges. A bare `000001` is `000001.SZ`.
///
/// Where a bare code names an instrument on each of two exchanges, a share or fund comes before a convertible bond, and that
/// before any other bond. A code that names two of the same kind, such as `112001`, is refused.
pub static CN_STOCKS: Universe = Universe {
    name: "Chinese stocks, funds and bonds",
    bare: &[
        six(Venue::Bj, &["920", "43", "83", "87"]),
        // Shares, funds and convertible bonds.
        six(Venue::Sz, &["00", "2", "30", "15", "16", "18", "117", "120", "123", "125", "126", "127", "128"]),
        six(
            Venue::Sh,
            &[
                "0", "5", "6", "9", "100", "110", "111", "113", "118", "121", "122", "124", "129", "130",
                "132", "136", "137", "140", "142", "143", "146", "147", "15", "16", "171", "175", "18", "24",
            ],
        ),
        // Other bonds.
        six(
            Venue::Sz,
            &[
                "100", "102", "103", "104", "105", "106", "107", "108", "111", "114", "116", "118", "119",
                "133", "134", "148", "19", "524",
            ],
        ),
    ],
    boards: Boards::of(&[
        Board::Main,
        Board::Star,
        Board::ChiNext,
        Board::Beijing,
        Board::BShare,
        Board::Fund,
        Board::Convertible,
        Board::Bond,
    ]),
    known: &[
        "600519.SH",
        "000001.SZ",
        "688981.SH",
        "300750.SZ",
        "920982.BJ",
        "900901.SH",
        "510300.SH",
        "113050.SH",
        "019547.SH",
    ],
    unknown: &["605999.SH", "004999.SZ"],
};

/// Indices of the mainland exchanges and of the index publishers. A bare `000001` is `000001.SH`, the SSE Composite.
pub static CN_INDICES: Universe = Universe {
    name: "Chinese indices",
    bare: &[
        six(Venue::Sh, &["000"]),
        six(Venue::Sz, &["399"]),
        six(Venue::Bj, &["899"]),
        six(Venue::Csi, &["93", "95"]),
        six(Venue::Cni, &["98", "97"]),
        BareCode {
            form: CodeForm::Ticker,
            starts: &["H0", "H1", "H2", "H3", "h0", "h1", "h2", "h3"],
            venue: Venue::Csi,
        },
    ],
    boards: Boards::of(&[Board::Index, Board::PublisherIndex]),
    known: &["000300.SH", "399001.SZ", "899050.BJ", "930955.CSI", "980017.CNI"],
    unknown: &["000778.SH", "399999.SZ"],
};

/// Listings of Hong Kong. A bare `700` is `00700.HK`.
pub static HK_STOCKS: Universe = Universe {
    name: "Hong Kong listings",
    bare: &[BareCode { form: CodeForm::UpToDigits(5), starts: &[], venue: Venue::Hk }],
    boards: Boards::of(&[Board::HongKong]),
    known: &["00700.HK"],
    unknown: &["99999.HK"],
};

/// Listings of the United States. A bare `AAPL` is `AAPL.US`.
pub static US_STOCKS: Universe = Universe {
    name: "US listings",
    bare: &[BareCode { form: CodeForm::Ticker, starts: &[], venue: Venue::Us }],
    boards: Boards::of(&[Board::UsStock]),
    known: &["AAPL.US"],
    unknown: &["ZZZZZZ.US"],
};

/// Instruments of every venue. Bare codes are refused.
pub static ANY: Universe = Universe {
    name: "instruments of any venue",
    bare: &[],
    boards: Boards::of(&Board::ALL),
    known: &[],
    unknown: &[],
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_belongs_and_covers_every_board() {
        for universe in [&CN_STOCKS, &CN_INDICES, &HK_STOCKS, &US_STOCKS] {
            let known: Boards =
                universe.known.iter().map(|text| universe.symbol(text).unwrap().board()).collect();
            assert_eq!(known, universe.boards, "{}", universe.name);
            assert!(universe.unknown.iter().all(|text| universe.symbol(text).is_ok()));
        }
    }

    #[test]
    fn bare_codes_follow_the_universe() {
        for (universe, code, canonical) in [
            (&CN_INDICES, "399006", "399006.SZ"),
            (&CN_INDICES, "899050", "899050.BJ"),
            (&CN_INDICES, "930955", "930955.CSI"),
            (&CN_INDICES, "h30269", "H30269.CSI"),
            (&CN_INDICES, "980017", "980017.CNI"),
            (&HK_STOCKS, "700", "00700.HK"),
            (&US_STOCKS, "brk.b", "BRK.B.US"),
        ] {
            assert_eq!(universe.symbol(code).map(|s| s.to_string()).as_deref(), Ok(canonical));
        }
    }

    #[test]
    fn what_does_not_belong_is_named() {
        let error = CN_STOCKS.symbol("000001.SH").unwrap_err().to_string();
        assert_eq!(
            error,
            "expected one of the Chinese stocks, funds and bonds, such as 600519.SH, got 000001.SH, an index"
        );
        assert!(CN_INDICES.symbol("600519").unwrap_err().to_string().contains("600519.SH"));
    }
}
