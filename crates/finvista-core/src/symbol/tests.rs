use super::*;
use crate::universe::{CN_INDICES, CN_STOCKS};

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
        "000001.SZSE",
        "SZSE.000001",
        "0.000001",
        " 000001 ",
    ] {
        assert_eq!(CN_STOCKS.symbol(text).map(|s| s.to_string()), Ok("000001.SZ".to_owned()), "{text:?}");
    }
    for (text, canonical) in [
        ("600519.SSE", "600519.SH"),
        ("SHSE.600519", "600519.SH"),
        ("600519.shse", "600519.SH"),
        ("920982.BJSE", "920982.BJ"),
        ("BJSE.920982", "920982.BJ"),
        ("920982.BSE", "920982.BJ"),
    ] {
        assert_eq!(CN_STOCKS.symbol(text).map(|s| s.to_string()), Ok(canonical.to_owned()), "{text}");
    }
    assert_eq!(CN_INDICES.symbol("000001").unwrap().to_string(), "000001.SH");
    assert_eq!("sh000001".parse::<Symbol>().unwrap().board(), Board::Index);
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
        ("118060", "118060.SH", Board::Convertible),
        ("132018", "132018.SH", Board::Convertible),
        ("127007", "127007.SZ", Board::Convertible),
        ("019547", "019547.SH", Board::Bond),
        ("190001", "190001.SZ", Board::Bond),
    ] {
        let symbol = CN_STOCKS.symbol(code).unwrap();
        assert_eq!((symbol.to_string().as_str(), symbol.board()), (canonical, board));
    }
    assert_eq!(CN_STOCKS.symbol("0.920982").unwrap().venue(), Venue::Bj);
    assert_eq!(CN_STOCKS.symbol("1.600519").unwrap().venue(), Venue::Sh);
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
        assert_eq!(symbol.prefixed().as_deref(), Some(code));
        for other in ["sh600519", "sz000001", "bj920982", "sh000001", "sh60051", "sh6005190", "SH600519", ""]
        {
            assert_eq!(symbol.is_prefixed(other.as_bytes()), other == code, "{other}");
        }
        assert_eq!(Symbol::from_prefixed(code), Some(symbol));
    }
    for code in ["", "s", "SH600519", "sh60051", "sh6005190", "600519", "s_sh600519", "hk00700", "沪600519"]
    {
        assert_eq!(Symbol::from_prefixed(code), None, "{code:?}");
    }
}

#[test]
fn other_text_is_refused_with_an_example() {
    for text in ["", "abc", "00001", "0000011", "sz00001x", "00000１", "000001.XX", "sh.sz", "一二三四五六"]
    {
        let error = CN_STOCKS.symbol(text).unwrap_err().to_string();
        assert!(error.contains("000001.SZ"), "{text:?}: {error}");
    }
    assert!(CN_STOCKS.symbol("112001").unwrap_err().to_string().contains("112001.SH or 112001.SZ"));
    assert!("000001".parse::<Symbol>().is_err());
}

#[test]
fn the_canonical_form_survives_serde() {
    let symbol = CN_STOCKS.symbol("600519").unwrap();
    let json = serde_json::to_string(&symbol).unwrap();
    assert_eq!(json, "\"600519.SH\"");
    assert_eq!(serde_json::from_str::<Symbol>(&json).unwrap(), symbol);
}

#[test]
fn other_venues_are_named_and_written() {
    for (text, canonical, board, currency) in [
        ("hk00700", "00700.HK", Board::HongKong, Currency::Hkd),
        ("700.HK", "00700.HK", Board::HongKong, Currency::Hkd),
        ("116.00700", "00700.HK", Board::HongKong, Currency::Hkd),
        ("1.HK", "00001.HK", Board::HongKong, Currency::Hkd),
        ("116.HK", "00116.HK", Board::HongKong, Currency::Hkd),
        ("SS.US", "SS.US", Board::UsStock, Currency::Usd),
        ("aapl.us", "AAPL.US", Board::UsStock, Currency::Usd),
        ("105.AAPL", "AAPL.US", Board::UsStock, Currency::Usd),
        ("BRK.B.US", "BRK.B.US", Board::UsStock, Currency::Usd),
        ("rb2510.SHFE", "RB2510.SHFE", Board::Future, Currency::Cny),
        ("IO2412-C-3500.CFFEX", "IO2412-C-3500.CFFEX", Board::Future, Currency::Cny),
        ("930955.CSI", "930955.CSI", Board::PublisherIndex, Currency::Cny),
        ("2.H30269", "H30269.CSI", Board::PublisherIndex, Currency::Cny),
        ("980017.CNI", "980017.CNI", Board::PublisherIndex, Currency::Cny),
        ("000001.OF", "000001.OF", Board::OpenFund, Currency::Cny),
        ("90.BK0475", "BK0475.BK", Board::Sector, Currency::Cny),
        ("900901.SH", "900901.SH", Board::BShare, Currency::Usd),
        ("200002.SZ", "200002.SZ", Board::BShare, Currency::Hkd),
    ] {
        let symbol: Symbol = text.parse().unwrap();
        assert_eq!(symbol.to_string(), canonical);
        assert_eq!((symbol.board(), symbol.currency()), (board, currency), "{text}");
        assert_eq!(canonical.parse(), Ok(symbol));
    }
    for text in ["123456.HK7", ".US", "AAPL.B-.US", "ABCDEFGHIJKLMNO.US", "12345.CSI", "AB CD.US", "00700.SZ"]
    {
        assert!(text.parse::<Symbol>().is_err(), "{text}");
    }
    assert_eq!(size_of::<Symbol>(), 16);
}
