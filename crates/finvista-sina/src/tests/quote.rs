//! Quotes from small bodies.

use finvista_core::{Body, ErrorKind, Symbol, Zone};
use finvista_datasets::{CnStockQuote, QuoteRow};
use jiff::civil::date;

use super::{answer, answer_of, cx, endpoint, first_request, kind, missing, query, urls, utf8};

const BANK: &str = "var hq_str_sh600000=\"浦发银行,6.830,6.780,6.940,6.980,6.830,6.940,6.950,40237053,277525770.000,\
    71208,6.940,278600,6.930,136200,6.920,133700,6.910,261400,6.900,283009,6.950,781217,6.960,817835,6.970,902872,6.980,\
    1002106,6.990,2022-11-11,15:00:00,00,\";\n";
/// In the call auction: nothing traded, and unmatched volume at price 0.
const AUCTION: &str = "var hq_str_sz000001=\"平安银行,0.000,9.000,0.000,0.000,0.000,9.000,9.000,0,0.000,145200,9.000,\
    52900,0.000,0,0.000,0,0.000,0,0.000,145200,9.000,0,0.000,0,0.000,0,0.000,0,0.000,2026-08-31,09:22:28,00\";\n";
/// Delisted: every number is zero.
const GONE: &str = "var hq_str_bj430047=\"诺思兰德,0.000,0.000,0.000,0.000,0.000,0.000,0.000,0,0.000,0,0.000,0,0.000,0,\
    0.000,0,0.000,0,0.000,0,0.000,0,0.000,0,0.000,0,0.000,0,0.000,2026-06-25,12:20:47,-3\";\n";
const UNKNOWN: &str = "var hq_str_sh605999=\"\";\n";

fn quotes(codes: &str) -> finvista_core::Query {
    query::<CnStockQuote>(&format!("symbols={codes}"))
}

#[test]
fn the_address_names_the_codes_and_the_referer_is_sinas() {
    let request = first_request::<CnStockQuote>(&quotes("600519,000001,bj920982"));
    assert_eq!(request.url, "https://hq.sinajs.cn/list=sh600519,sz000001,bj920982");
    assert_eq!(request.headers, [("Referer", "https://finance.sina.com.cn")]);
}

#[test]
fn a_line_is_read_volume_before_price() {
    let table = answer::<CnStockQuote>(&quotes("600000"), &[BANK]).unwrap();
    let [row] = &table.rows().collect::<Vec<QuoteRow<'_>>>()[..] else { panic!("{table:?}") };
    assert_eq!((row.symbol, row.name), ("600000.SH", "浦发银行"));
    assert_eq!(row.time, Zone::Shanghai.instant(date(2022, 11, 11).at(15, 0, 0, 0)));
    assert_eq!((row.price, row.pre_close, row.open), (Some(6.94), Some(6.78), Some(6.83)));
    assert_eq!((row.high, row.low), (Some(6.98), Some(6.83)));
    assert_eq!((row.volume, row.amount), (Some(40_237_053), Some(277_525_770.0)));
    assert_eq!((row.change, row.change_pct), (Some(0.16), Some(2.36)));
    assert_eq!(
        (row.bid1, row.bid_volume1, row.bid5, row.bid_volume5),
        (Some(6.94), Some(71_208), Some(6.9), Some(261_400))
    );
    assert_eq!(
        (row.ask1, row.ask_volume1, row.ask5, row.ask_volume5),
        (Some(6.95), Some(283_009), Some(6.99), Some(1_002_106))
    );
}

#[test]
fn zero_prices_are_nulls_and_unmatched_volume_is_no_level() {
    let query = quotes("000001");
    let table = answer::<CnStockQuote>(&query, &[AUCTION]).unwrap();
    let [auction] = &table.rows().collect::<Vec<_>>()[..] else { panic!("{table:?}") };
    assert_eq!((auction.price, auction.open, auction.high, auction.low), (None, None, None, None));
    assert_eq!((auction.pre_close, auction.change), (Some(9.0), None));
    assert_eq!((auction.volume, auction.amount), (Some(0), Some(0.0)));
    assert_eq!((auction.bid1, auction.bid_volume1), (Some(9.0), Some(145_200)));
    assert_eq!((auction.bid2, auction.bid_volume2), (None, None));
    assert_eq!((auction.ask1, auction.ask_volume1), (Some(9.0), Some(145_200)));
}

#[test]
fn what_is_not_listed_is_missing_and_says_why() {
    let query = quotes("000001,bj430047");
    let table = answer::<CnStockQuote>(&query, &[format!("{AUCTION}{GONE}")]).unwrap();
    assert_eq!(table.num_rows(), 1);
    assert_eq!(missing::<CnStockQuote>(&query, table.batch()), ["430047.BJ".parse::<Symbol>().unwrap()]);
    for (body, said) in [
        (GONE.to_owned(), "430047.BJ (920047.BJ since 2025-10-09) is no longer listed"),
        (GONE.replace(",-3", ",-2"), "430047.BJ (920047.BJ since 2025-10-09) is not listed yet"),
    ] {
        let error = answer::<CnStockQuote>(&quotes("bj430047"), &[body]).unwrap_err();
        assert_eq!((error.kind(), error.message()), (ErrorKind::NotFound, said));
    }
}

#[test]
fn an_unknown_code_is_missing_and_never_a_row() {
    let query = quotes("600000,605999");
    let table = answer::<CnStockQuote>(&query, &[format!("{BANK}{UNKNOWN}")]).unwrap();
    assert_eq!(table.num_rows(), 1);
    assert_eq!(missing::<CnStockQuote>(&query, table.batch()), ["605999.SH".parse::<Symbol>().unwrap()]);
    let error = answer::<CnStockQuote>(&quotes("605999"), &[UNKNOWN]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.message().contains("605999.SH"), "{error}");
}

#[test]
fn bad_answers_have_their_kind() {
    let query = quotes("600000");
    let short = "var hq_str_sh600000=\"平安银行,14.840,0.480,3.343,374847,5483780.180\";\n";
    for (body, expected) in [
        ("", ErrorKind::Decode),
        ("\n\n", ErrorKind::Decode),
        ("null", ErrorKind::Decode),
        ("\u{1}\u{2}", ErrorKind::Decode),
        ("<html></html>", ErrorKind::Blocked),
        ("Forbidden", ErrorKind::Blocked),
        ("Kinsoku jikou desu!\n", ErrorKind::Blocked),
        (AUCTION, ErrorKind::Invalid),
        (&format!("{BANK}{AUCTION}"), ErrorKind::Invalid),
        (&format!("{BANK}{BANK}"), ErrorKind::Invalid),
        ("var hq_str_rt_hk00700=\"TENCENT\";", ErrorKind::Invalid),
        (short, ErrorKind::Decode),
        (&BANK.replace("40237053", "x"), ErrorKind::Decode),
        (&BANK.replace("2022-11-11", "6.990"), ErrorKind::Decode),
        (&BANK.replace(",15:00:00,00,", ""), ErrorKind::Decode),
    ] {
        assert_eq!(kind::<CnStockQuote>(&query, &[body]), expected, "{body}");
    }
    let error = answer::<CnStockQuote>(&query, &[short]).unwrap_err();
    assert!(error.message().starts_with("sh600000: expected 32 fields or more, got 6"), "{error}");
    // In UTF-16 the end of a line is none, and "abc" with it is two other letters.
    let mut utf16 = utf8(BANK.replace("浦发银行", "abc"));
    utf16.charset = Some("utf-16le".to_owned());
    // Without a character set in the Content-Type, bytes must be GB18030.
    let bytes = Body::new(b"var hq_str_sh600000=\"\xff\xff\";".to_vec());
    for body in [utf16, bytes] {
        let error = answer_of::<CnStockQuote>(&query, vec![body]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode, "{error}");
    }
}

#[test]
fn further_fields_and_line_ends_are_tolerated() {
    let query = quotes("600000");
    for (from, to) in [(",00,\"", ",00,D|58100|546140.00,new,9\""), ("\n", "\r\n"), (",00,\"", "\"")] {
        let table = answer::<CnStockQuote>(&query, &[BANK.replace(from, to)]).unwrap();
        assert_eq!(table.rows().next().unwrap().ask5, Some(6.99));
    }
}

#[test]
fn the_character_set_of_the_answer_decides_and_else_it_is_gb18030() {
    let gbk = encoding_rs::GBK.encode(BANK).0.into_owned();
    for (body, charset) in [(gbk.as_slice(), None), (&gbk, Some("GBK")), (BANK.as_bytes(), Some("utf-8"))] {
        let mut body = Body::new(body.to_vec());
        body.charset = charset.map(str::to_owned);
        let table = answer_of::<CnStockQuote>(&quotes("600000"), vec![body]).unwrap();
        assert_eq!(table.rows().next().unwrap().name, "浦发银行");
    }
}

#[test]
fn a_cut_body_is_never_fewer_rows() {
    let query = quotes("600000,000001,605999,bj430047");
    let whole = format!("{BANK}{AUCTION}{UNKNOWN}{GONE}");
    assert_eq!(answer::<CnStockQuote>(&query, &[&whole]).unwrap().num_rows(), 2);
    for end in 0..whole.len() - 1 {
        let error = answer::<CnStockQuote>(&query, &[&whole.as_bytes()[..end]]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode, "{error}");
    }
}

#[test]
fn more_codes_than_a_batch_holds_are_asked_for_in_several() {
    let codes: Vec<String> = (0..1700).map(|n| format!("sh60{n:04}")).collect();
    let query = quotes(&codes.join(","));
    assert_eq!(endpoint::<CnStockQuote>().requests(&cx(), &query), 3);
    let empty = |code: &str| format!("var hq_str_{code}=\"\";\n");
    let body = |url: &str| -> String { url.split("list=").nth(1).unwrap().split(',').map(empty).collect() };
    let asked = urls::<CnStockQuote>(&query, |url| Some(utf8(body(url))));
    let lists: Vec<String> =
        codes.chunks(800).map(|codes| format!("https://hq.sinajs.cn/list={}", codes.join(","))).collect();
    assert_eq!(asked, lists);

    let bodies: Vec<String> = lists.iter().map(|url| body(url)).collect();
    assert_eq!(kind::<CnStockQuote>(&query, &bodies), ErrorKind::NotFound);
    // The lines of one batch are no answer to another.
    let wrong = [&bodies[0], &bodies[0], &bodies[2]];
    assert_eq!(kind::<CnStockQuote>(&query, &wrong), ErrorKind::Invalid);
    let bank = BANK.replace("sh600000", "sh600900");
    let one = [&bodies[0], &bodies[1].replace(&empty("sh600900"), &bank), &bodies[2]];
    let table = answer::<CnStockQuote>(&query, &one).unwrap();
    assert_eq!(table.rows().map(|row| row.symbol).collect::<Vec<_>>(), ["600900.SH"]);
    assert_eq!(missing::<CnStockQuote>(&query, table.batch()).len(), 1699);
}

#[test]
fn every_board_but_bonds_is_promised() {
    let answers =
        |code: &str| endpoint::<CnStockQuote>().capability().answers(quotes(code).selection(), cx().today());
    for code in ["600519", "688981", "300750", "920982", "900901", "510300", "605999"] {
        assert_eq!(answers(code), Ok(()), "{code}");
    }
    assert!(answers("118060").unwrap_err().to_string().contains("bond"));
}
