//! Exchanges, and the boards that their code ranges make.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A mainland Chinese exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Exchange {
    /// Beijing Stock Exchange.
    Bj,
    /// Shanghai Stock Exchange.
    Sh,
    /// Shenzhen Stock Exchange.
    Sz,
}

impl Exchange {
    /// The suffix of the canonical form: `SZ` in `000001.SZ`.
    pub fn suffix(self) -> &'static str {
        match self {
            Self::Bj => "BJ",
            Self::Sh => "SH",
            Self::Sz => "SZ",
        }
    }

    /// The lower-case prefix that Sina and Tencent write: `sz` in `sz000001`.
    pub fn prefix(self) -> &'static str {
        match self {
            Self::Bj => "bj",
            Self::Sh => "sh",
            Self::Sz => "sz",
        }
    }

    /// Reads any of the spellings in use: `SZ`, `sz`, `XSHE`, and Yahoo's `SS` for Shanghai.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let is = |spellings: &[&str]| spellings.iter().any(|spelling| text.eq_ignore_ascii_case(spelling));
        if is(&["SH", "SS", "XSHG"]) {
            Some(Self::Sh)
        } else if is(&["SZ", "XSHE"]) {
            Some(Self::Sz)
        } else if is(&["BJ", "XBSE"]) {
            Some(Self::Bj)
        } else {
            None
        }
    }
}

impl fmt::Display for Exchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.suffix())
    }
}

/// What kind of instrument a code names. Vendors differ in units by board (Tencent gives STAR volumes in shares and all
/// others in lots), so every unit conversion matches on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Board {
    /// A shares of the main boards: SH 60x, SZ 000–004.
    Main,
    /// The Shanghai STAR market: 688 and 689.
    Star,
    /// The Shenzhen ChiNext board: 30x.
    ChiNext,
    /// The Beijing exchange: 920, and the codes of before October 2025 (43, 83, 87).
    Beijing,
    /// B shares, traded in USD (SH 900) or HKD (SZ 200).
    BShare,
    /// ETFs, LOFs and REITs: SH 5x, SZ 15x, 16x and 18x.
    Fund,
    /// Convertible and other bonds: SH 10x, 11x and 13x, SZ 10x to 14x.
    Bond,
    /// Indices: SH 000, SZ 399, BJ 899.
    Index,
    /// A code outside every known range. Nothing is assumed of it: the vendor decides whether it exists.
    Other,
}

impl Board {
    /// Every board, in the order of the declaration.
    pub const ALL: [Self; 9] = [
        Self::Main,
        Self::Star,
        Self::ChiNext,
        Self::Beijing,
        Self::BShare,
        Self::Fund,
        Self::Bond,
        Self::Index,
        Self::Other,
    ];
}

impl fmt::Display for Board {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Main => "main-board share",
            Self::Star => "STAR share",
            Self::ChiNext => "ChiNext share",
            Self::Beijing => "Beijing share",
            Self::BShare => "B share",
            Self::Fund => "fund",
            Self::Bond => "bond",
            Self::Index => "index",
            Self::Other => "unknown kind of code",
        })
    }
}
