//! Boards: what kind of instrument a code names, by the venues' code ranges.

use std::fmt;

use serde::{Deserialize, Serialize};

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
    /// The Beijing exchange: 920, and until October 2025 also 43, 83 and 87.
    Beijing,
    /// B shares, traded in USD (SH 900) or HKD (SZ 200).
    BShare,
    /// Funds traded on the mainland exchanges: ETFs, LOFs, REITs and closed-end funds.
    Fund,
    /// Convertible and exchangeable bonds, which trade like shares.
    Convertible,
    /// Bonds of states and companies, and asset-backed securities.
    Bond,
    /// Pledged repos: SH 204, SZ 1318.
    Repo,
    /// Preferred shares.
    Preferred,
    /// Warrants, which expired by 2011.
    Warrant,
    /// Codes of issues, rights and votes, which are never traded.
    NotTraded,
    /// Indices of the mainland exchanges: SH 000, SZ 399, BJ 899.
    Index,
    /// Indices with a code of their publisher: CSI 93x and Hxxxxx, CNI 98x and 97x.
    PublisherIndex,
    /// Shares and funds listed in Hong Kong.
    HongKong,
    /// Shares and funds listed in the United States.
    UsStock,
    /// Futures and options of the mainland futures exchanges.
    Future,
    /// Open-end funds.
    OpenFund,
    /// Sectors and themes.
    Sector,
    /// A code outside every known family.
    Other,
}

impl Board {
    /// Every board, in the order of the declaration.
    pub const ALL: [Self; 20] = [
        Self::Main,
        Self::Star,
        Self::ChiNext,
        Self::Beijing,
        Self::BShare,
        Self::Fund,
        Self::Convertible,
        Self::Bond,
        Self::Repo,
        Self::Preferred,
        Self::Warrant,
        Self::NotTraded,
        Self::Index,
        Self::PublisherIndex,
        Self::HongKong,
        Self::UsStock,
        Self::Future,
        Self::OpenFund,
        Self::Sector,
        Self::Other,
    ];

    /// The name in columns and manifests, such as `chi_next`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Main => "main",
            Self::Star => "star",
            Self::ChiNext => "chi_next",
            Self::Beijing => "beijing",
            Self::BShare => "b_share",
            Self::Fund => "fund",
            Self::Convertible => "convertible",
            Self::Bond => "bond",
            Self::Repo => "repo",
            Self::Preferred => "preferred",
            Self::Warrant => "warrant",
            Self::NotTraded => "not_traded",
            Self::Index => "index",
            Self::PublisherIndex => "publisher_index",
            Self::HongKong => "hong_kong",
            Self::UsStock => "us_stock",
            Self::Future => "future",
            Self::OpenFund => "open_fund",
            Self::Sector => "sector",
            Self::Other => "other",
        }
    }
}

/// A noun for messages, such as `ChiNext share`.
impl Board {
    /// The noun with its article, such as `an index`.
    pub(crate) fn with_article(self) -> String {
        let noun = self.to_string();
        let article = if noun.starts_with(['a', 'e', 'i', 'o']) { "an" } else { "a" };
        format!("{article} {noun}")
    }
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
            Self::Convertible => "convertible bond",
            Self::Bond => "bond",
            Self::Repo => "pledged repo",
            Self::Preferred => "preferred share",
            Self::Warrant => "warrant",
            Self::NotTraded => "code that is not traded",
            Self::Index => "index",
            Self::PublisherIndex => "CSI or CNI index",
            Self::HongKong => "Hong Kong listing",
            Self::UsStock => "US listing",
            Self::Future => "futures contract",
            Self::OpenFund => "open-end fund",
            Self::Sector => "sector",
            Self::Other => "code of no known family",
        })
    }
}

/// A set of boards, made in a `const`.
///
/// ```
/// use finvista_core::{Board, Boards};
///
/// const A_SHARES: Boards = Boards::of(&[Board::Main, Board::Star, Board::ChiNext, Board::Beijing]);
/// assert!(A_SHARES.contains(Board::Star));
/// assert!(!A_SHARES.with(Board::Fund).without(Board::Star).contains(Board::Star));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Boards(u32);

impl Boards {
    /// No board.
    pub const NONE: Self = Self(0);

    /// The set of these boards.
    pub const fn of(boards: &[Board]) -> Self {
        let mut set = Self::NONE;
        let mut rest = boards;
        while let [board, others @ ..] = rest {
            set = set.with(*board);
            rest = others;
        }
        set
    }

    /// The set with this board.
    #[must_use]
    pub const fn with(self, board: Board) -> Self {
        Self(self.0 | 1 << board as u32)
    }

    /// The set without this board.
    #[must_use]
    pub const fn without(self, board: Board) -> Self {
        Self(self.0 & !(1 << board as u32))
    }

    /// The boards of either set.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether the board is in the set.
    #[inline]
    pub const fn contains(self, board: Board) -> bool {
        self.0 & (1 << board as u32) != 0
    }

    /// Whether the set holds no board.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The boards, in the order of their declaration.
    pub fn iter(self) -> impl Iterator<Item = Board> {
        Board::ALL.into_iter().filter(move |board| self.contains(*board))
    }
}

impl FromIterator<Board> for Boards {
    fn from_iter<I: IntoIterator<Item = Board>>(boards: I) -> Self {
        boards.into_iter().fold(Self::NONE, Self::with)
    }
}

impl fmt::Debug for Boards {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

impl Serialize for Boards {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl<'de> Deserialize<'de> for Boards {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Vec::<Board>::deserialize(deserializer).map(|boards| boards.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_has_each_board_once_and_survives_serde() {
        let set = Boards::of(&[Board::Fund, Board::Main, Board::Main]);
        assert_eq!(set.iter().collect::<Vec<_>>(), [Board::Main, Board::Fund]);
        let json = serde_json::to_string(&set).unwrap();
        assert_eq!(json, r#"["main","fund"]"#);
        assert_eq!(serde_json::from_str::<Boards>(&json).unwrap(), set);
        assert_eq!(Boards::of(&Board::ALL).iter().count(), Board::ALL.len());
        assert!(Boards::NONE.is_empty() && !set.is_empty());
        for board in Board::ALL {
            assert_eq!(serde_json::to_value(board).unwrap(), board.name());
        }
    }
}
