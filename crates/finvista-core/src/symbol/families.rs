//! The families of codes: which kind of instrument a code names. A code outside every family is [`Board::Other`], which no
//! source promises.
//!
//! The mainland families follow the exchanges' rules and the lists of 2026 (Shanghai's allocation rule for the ranges of bonds
//! and of codes that are not traded, the exchanges' lists for shares). A family counts here if its instruments were seen, or two
//! sources agree on it; ranges with a single weak source are left out, except where they keep a bond from being taken for
//! something else.

use crate::board::Board;
use crate::venue::Venue;

/// The board of a code, given with zeros behind it.
pub(super) const fn board(venue: Venue, code: &[u8; super::MOST]) -> Board {
    match venue {
        Venue::Sh => shanghai(number(code)),
        Venue::Sz => shenzhen(number(code)),
        Venue::Bj => beijing(number(code)),
        Venue::Csi | Venue::Cni => Board::PublisherIndex,
        Venue::Hk => Board::HongKong,
        Venue::Us => Board::UsStock,
        Venue::Fund => Board::OpenFund,
        Venue::Sector => Board::Sector,
        Venue::Shfe | Venue::Ine | Venue::Dce | Venue::Czce | Venue::Gfex | Venue::Cffex => Board::Future,
    }
}

const fn shanghai(code: u32) -> Board {
    match code {
        600_000..=601_999 | 603_000..=603_999 | 605_000..=605_999 => Board::Main,
        688_000..=689_999 => Board::Star,
        900_900..=900_999 => Board::BShare,
        // Closed-end funds, LOFs, REITs and ETFs. 519xxx have a net asset value and no trades.
        500_000..=502_999 | 505_000..=506_999 | 508_000..=518_999 | 520_000..=520_999 => Board::Fund,
        530_000..=530_999 | 550_000..=551_999 | 560_000..=563_999 | 588_000..=589_999 => Board::Fund,
        519_000..=519_999 => Board::OpenFund,
        // Indices of the exchange and of CSI.
        0..=999 => Board::Index,
        // Convertible bonds, those of before 2010 among them, and exchangeable ones.
        100_000..=100_899 | 110_000..=110_799 | 110_900..=111_499 | 113_000..=113_999 => Board::Convertible,
        118_000..=118_999 | 132_000..=132_999 | 137_000..=137_999 => Board::Convertible,
        // Treasury bonds and those of policy banks.
        9_000..=10_999 | 18_000..=20_999 => Board::Bond,
        // Bonds of local governments.
        101_000..=101_999 | 109_000..=109_999 | 130_000..=130_999 | 140_000..=140_999 => Board::Bond,
        147_000..=147_999 | 157_000..=157_999 | 160_000..=160_999 | 171_000..=171_999 => Board::Bond,
        173_000..=173_999 => Board::Bond,
        // Enterprise and corporate bonds.
        115_000..=115_999 | 120_000..=120_999 | 122_000..=122_999 | 124_000..=129_999 => Board::Bond,
        136_000..=136_999 | 143_000..=143_999 | 152_000..=152_999 | 155_000..=155_999 => Board::Bond,
        163_000..=163_999 | 175_000..=175_999 | 184_000..=185_999 | 188_000..=188_999 => Board::Bond,
        240_000..=242_999 => Board::Bond,
        // Asset-backed securities.
        112_000..=112_999 | 121_000..=121_999 | 123_000..=123_999 => Board::Bond,
        142_000..=142_999 | 146_000..=146_999 | 149_000..=149_999 | 156_000..=156_999 => Board::Bond,
        165_000..=165_999 => Board::Bond,
        201_000..=203_999 | 204_001..=204_182 => Board::Repo,
        330_000..=330_999 | 360_000..=360_999 => Board::Preferred,
        580_000..=580_999 | 582_000..=582_999 => Board::Warrant,
        // Rights, subscriptions and votes.
        700_000..=703_999 | 714_000..=714_999 | 730_000..=730_999 | 732_000..=733_999 => Board::NotTraded,
        742_000..=744_999 | 754_000..=754_999 | 760_000..=762_999 | 764_000..=764_999 => Board::NotTraded,
        780_000..=785_999 | 787_000..=789_999 | 795_000..=795_999 | 888_880 => Board::NotTraded,
        _ => Board::Other,
    }
}

const fn shenzhen(code: u32) -> Board {
    match code {
        1..=4_999 => Board::Main,
        300_000..=302_999 => Board::ChiNext,
        200_000..=201_999 => Board::BShare,
        // ETFs, graded funds, LOFs, REITs and closed-end funds.
        150_000..=151_999 | 159_000..=169_999 | 180_000..=180_999 | 184_000..=184_999 => Board::Fund,
        399_000..=399_999 => Board::Index,
        123_000..=123_999 | 125_000..=128_999 => Board::Convertible,
        // Exchangeable bonds.
        117_000..=117_999 | 120_000..=120_999 => Board::Convertible,
        // Treasury bonds and those of local governments.
        100_000..=109_999 | 173_000..=173_999 | 190_000..=199_999 => Board::Bond,
        // Enterprise and corporate bonds, and asset-backed securities.
        111_000..=112_999 | 114_000..=116_999 | 118_000..=119_999 | 133_000..=134_999 => Board::Bond,
        148_000..=149_999 | 524_000..=524_999 => Board::Bond,
        131_800..=131_999 => Board::Repo,
        140_000..=140_999 => Board::Preferred,
        30_000..=39_999 => Board::Warrant,
        // Rights, issues and votes.
        70_000..=89_999 | 360_000..=389_999 => Board::NotTraded,
        _ => Board::Other,
    }
}

const fn beijing(code: u32) -> Board {
    match code {
        // The codes of before October 2025 are known as well.
        920_000..=920_999 | 430_000..=430_999 | 830_000..=839_999 | 870_000..=873_999 => Board::Beijing,
        899_000..=899_999 => Board::Index,
        820_000..=820_999 => Board::Preferred,
        889_000..=889_999 => Board::NotTraded,
        _ => Board::Other,
    }
}

/// The number of a code of six digits; one that is in no family for any other.
const fn number(code: &[u8; super::MOST]) -> u32 {
    let [a, b, c, d, e, f, 0, ..] = *code else { return u32::MAX };
    let thousands = (digit(a) * 10 + digit(b)) * 10 + digit(c);
    thousands * 1_000 + (digit(d) * 10 + digit(e)) * 10 + digit(f)
}

const fn digit(byte: u8) -> u32 {
    byte.wrapping_sub(b'0') as u32
}

#[cfg(test)]
mod tests {
    use crate::symbol::Symbol;
    use crate::universe::{CN_INDICES, CN_STOCKS};
    use crate::{Board, Venue};

    const EXCHANGES: [Venue; 3] = [Venue::Bj, Venue::Sh, Venue::Sz];

    #[test]
    fn codes_of_every_family_have_its_board() {
        for (codes, board) in [
            (
                &["600519.SH", "601872.SH", "603963.SH", "605123.SH", "000001.SZ", "003816.SZ"][..],
                Board::Main,
            ),
            (&["688981.SH", "689009.SH"], Board::Star),
            (&["300750.SZ", "301269.SZ", "302132.SZ"], Board::ChiNext),
            (&["920982.BJ", "430047.BJ", "830799.BJ", "839680.BJ", "870199.BJ", "873169.BJ"], Board::Beijing),
            (&["900901.SH", "200002.SZ", "201872.SZ"], Board::BShare),
            (
                &["510300.SH", "501018.SH", "508000.SH", "588000.SH", "159915.SZ", "162411.SZ", "180101.SZ"],
                Board::Fund,
            ),
            (&["519674.SH", "000001.OF"], Board::OpenFund),
            (&["000001.SH", "000300.SH", "399006.SZ", "899050.BJ"], Board::Index),
            (
                &[
                    "110059.SH",
                    "111003.SH",
                    "113050.SH",
                    "118060.SH",
                    "132018.SH",
                    "123002.SZ",
                    "127007.SZ",
                    "128017.SZ",
                ],
                Board::Convertible,
            ),
            (
                &[
                    "019547.SH",
                    "010107.SH",
                    "020555.SH",
                    "018006.SH",
                    "122000.SH",
                    "140001.SH",
                    "190001.SZ",
                    "101303.SZ",
                ],
                Board::Bond,
            ),
            (&["204001.SH", "131810.SZ"], Board::Repo),
            (&["360001.SH", "140001.SZ"], Board::Preferred),
            (&["580001.SH", "030002.SZ"], Board::Warrant),
            (&["730519.SH", "787001.SH", "360001.SZ", "072594.SZ", "889001.BJ"], Board::NotTraded),
            (
                &["999999.SH", "204999.SH", "980017.SZ", "400001.BJ", "921000.BJ", "609001.SH", "395001.SZ"],
                Board::Other,
            ),
        ] {
            for code in codes {
                assert_eq!(code.parse::<Symbol>().unwrap().board(), board, "{code}");
            }
        }
    }

    /// The instruments that a bare code may mean, the likeliest first: shares and funds, then bonds that trade like shares, then
    /// other bonds.
    fn meanings(code: &str, tier: &[Board]) -> Vec<Symbol> {
        let symbols = EXCHANGES.map(|venue| Symbol::new(venue, code).unwrap());
        symbols.into_iter().filter(|symbol| tier.contains(&symbol.board())).collect()
    }

    #[test]
    fn every_bare_code_is_the_likeliest_instrument_or_refused() {
        use Board::{BShare, Beijing, Bond, ChiNext, Convertible, Fund, Main, Star};
        const TIERS: [&[Board]; 3] = [&[Main, Star, ChiNext, Beijing, BShare, Fund], &[Convertible], &[Bond]];
        for code in (0..1_000_000).map(|code| format!("{code:06}")) {
            let expected = TIERS.iter().map(|tier| meanings(&code, tier)).find(|symbols| !symbols.is_empty());
            let expected = expected.unwrap_or_default();
            match CN_STOCKS.symbol(&code) {
                Ok(symbol) => assert_eq!(expected, [symbol], "{code}"),
                Err(error) => {
                    assert_ne!(expected.len(), 1, "{code}: {error}");
                    let kinds =
                        meanings(&code, &Board::ALL).into_iter().filter(|s| s.board() != Board::Other);
                    for symbol in kinds {
                        assert!(error.to_string().contains(&symbol.to_string()), "{code}: {error}");
                    }
                }
            }
            if let Ok(symbol) = CN_INDICES.symbol(&code) {
                assert!(matches!(symbol.board(), Board::Index | Board::PublisherIndex), "{code}");
            }
        }
    }

    #[test]
    fn what_does_not_belong_is_named_by_its_kind() {
        for (code, said) in [
            ("204001", "204001.SH, a pledged repo"),
            ("131810", "131810.SZ, a pledged repo"),
            ("360001", "360001.SH, a preferred share"),
            ("999999", "999999"),
            ("700001.SH", "700001.SH, a code that is not traded"),
            ("000001.SH", "000001.SH, an index"),
        ] {
            let error = CN_STOCKS.symbol(code).unwrap_err().to_string();
            assert!(error.contains(said), "{code}: {error}");
        }
        for (code, canonical) in [("019547", "019547.SH"), ("010107", "010107.SH"), ("127007", "127007.SZ")] {
            assert_eq!(CN_STOCKS.symbol(code).unwrap().to_string(), canonical);
        }
    }
}
