//! Quotes from small bodies.

use finvista_core::dataset::{QuoteRow, QuoteViews, RowViews};
use finvista_core::{DynEndpoint, ErrorKind, Next, RecordBatch, Reply, date as days};
use jiff::civil::date;

use super::{answer, check, first_request, kind, quotes, today};
use crate::Quote;

const BANK: &str = "var hq_str_sh600000=\"浦发银行,6.830,6.780,6.940,6.980,6.830,6.940,6.950,40237053,277525770.000,\
    71208,6.940,278600,6.930,136200,6.920,133700,6.910,261400,6.900,283009,6.950,781217,6.960,817835,6.970,902872,6.980,\
    1002106,6.990,2022-11-11,15:00:00,00,\";\n";
/// In the call auction: nothing traded, and unmatched volume at price 0.
const AUCTION: &str = "var hq_str_sz000001=\"平安银行,0.000,9.000,0.000,0.000,0.000,9.000,9.000,0,0.000,145200,9.000,\
    52900,0.000,0,0.000,0,0.000,0,0.000,145200,9.000,0,0.000,0,0.000,0,0.000,0,0.000,2026-08-31,09:22:28,00\";\n";
/// Delisted: every number is zero.
const GONE: &str = "var hq_str_bj430047=\"诺思兰德,0.000,0.000,0.000,0.000,0.000,0.000,0.000,0,0.000,0,0.000,0,0.000,0,\
    0.000,0,0.000,0,0.000,0,0.000,0,0.000,0,0.000,0,0.000,0,0.000,2026-06-25,12:20:47,-3\";\n";
const UNKNOWN: &str = "var hq_str_sh999999=\"\";\n";

fn rows(batch: &RecordBatch) -> Vec<QuoteRow<'_>> {
    let views = QuoteViews::new(batch).unwrap();
    (0..batch.num_rows()).map(|index| views.row(index)).collect()
}

#[test]
fn the_address_names_the_codes_and_the_referer_is_sinas() {
    let request = first_request(&Quote, &quotes(&["600519", "000001", "bj920982"]));
    assert_eq!(request.url, "https://hq.sinajs.cn/list=sh600519,sz000001,bj920982");
    assert_eq!(request.headers, [("Referer", "https://finance.sina.com.cn")]);
    assert_eq!(request.step, 0);
}

#[test]
fn a_line_is_read_volume_before_price() {
    let batch = answer(&Quote, &quotes(&["600000"]), &[BANK]).unwrap();
    let [row] = rows(&batch)[..] else { panic!("{batch:?}") };
    assert_eq!((row.symbol, row.name), ("600000.SH", "浦发银行"));
    assert_eq!(row.time, days::at_china(date(2022, 11, 11).at(15, 0, 0, 0)));
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
    let query = quotes(&["000001", "bj430047"]);
    let batch = answer(&Quote, &query, &[format!("{AUCTION}{GONE}")]).unwrap();
    let [auction, gone] = rows(&batch)[..] else { panic!("{batch:?}") };
    assert_eq!((auction.price, auction.open, auction.high, auction.low), (None, None, None, None));
    assert_eq!((auction.pre_close, auction.change), (Some(9.0), None));
    assert_eq!((auction.volume, auction.amount), (Some(0), Some(0.0)));
    assert_eq!((auction.bid1, auction.bid_volume1), (Some(9.0), Some(145_200)));
    assert_eq!((auction.bid2, auction.bid_volume2), (None, None));
    assert_eq!((auction.ask1, auction.ask_volume1), (Some(9.0), Some(145_200)));
    assert_eq!((gone.pre_close, gone.price, gone.bid1, gone.ask_volume1), (None, None, None, None));
}

#[test]
fn an_unknown_code_is_missing_and_never_a_row() {
    let query = quotes(&["600000", "999999"]);
    let batch = answer(&Quote, &query, &[format!("{BANK}{UNKNOWN}")]).unwrap();
    assert_eq!(batch.num_rows(), 1);
    assert_eq!(check(&Quote, &query, &batch), [finvista_core::Symbol::stock("999999").unwrap()]);
    let error = answer(&Quote, &quotes(&["999999"]), &[UNKNOWN]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.message().contains("999999.SH"), "{error}");
}

#[test]
fn what_is_no_answer_has_its_kind() {
    let query = quotes(&["600000"]);
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
        assert_eq!(kind(&Quote, &query, &[body]), expected, "{body}");
    }
    let error = answer(&Quote, &query, &[short]).unwrap_err();
    assert!(error.message().starts_with("sh600000: 6 fields"), "{error}");
    // In UTF-16 the end of a line is none, and "abc" with it is two other letters.
    let mut run = Quote.start(&today(), &query).unwrap().1;
    let body = BANK.replace("浦发银行", "abc");
    let reply = Reply { charset: Some("utf-16le"), ..Reply::new(body.as_bytes()) };
    assert_eq!(run.feed(&reply).unwrap_err().kind(), ErrorKind::Decode);
    // Without a character set in the Content-Type, bytes that are no GB18030 are no text.
    let mut run = Quote.start(&today(), &query).unwrap().1;
    assert_eq!(
        run.feed(&Reply::new(b"var hq_str_sh600000=\"\xff\xff\";")).unwrap_err().kind(),
        ErrorKind::Decode
    );
}

#[test]
fn further_fields_and_line_ends_are_tolerated() {
    let query = quotes(&["600000"]);
    for (from, to) in [(",00,\"", ",00,D|58100|546140.00,new,9\""), ("\n", "\r\n"), (",00,\"", "\"")] {
        let batch = answer(&Quote, &query, &[BANK.replace(from, to)]).unwrap();
        assert_eq!(rows(&batch)[0].ask5, Some(6.99));
    }
}

#[test]
fn the_character_set_of_the_answer_decides_and_else_it_is_gb18030() {
    let query = quotes(&["600000"]);
    let gbk = encoding_rs::GBK.encode(BANK).0.into_owned();
    for (body, charset) in [(gbk.as_slice(), None), (&gbk, Some("GBK")), (BANK.as_bytes(), Some("utf-8"))] {
        let mut run = Quote.start(&today(), &query).unwrap().1;
        assert_eq!(run.feed(&Reply { step: 0, charset, body }).unwrap(), Next::Done);
        assert_eq!(rows(&run.finish().unwrap())[0].name, "浦发银行");
    }
}

#[test]
fn a_cut_body_is_never_fewer_rows() {
    let query = quotes(&["600000", "000001", "999999", "bj430047"]);
    let whole = format!("{BANK}{AUCTION}{UNKNOWN}{GONE}");
    assert_eq!(answer(&Quote, &query, &[&whole]).unwrap().num_rows(), 3);
    for end in 0..whole.len() - 1 {
        let error = answer(&Quote, &query, &[&whole.as_bytes()[..end]]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode, "{error}");
    }
}

#[test]
fn more_codes_than_a_batch_holds_are_asked_in_several() {
    let codes: Vec<String> = (0..1700).map(|n| format!("sh60{n:04}")).collect();
    let query = quotes(&codes.iter().map(String::as_str).collect::<Vec<_>>());
    let empty =
        |codes: &[String]| codes.iter().map(|code| format!("var hq_str_{code}=\"\";\n")).collect::<String>();
    let (first, mut run) = Quote.start(&today(), &query).unwrap();
    assert!(first.url.ends_with("sh600799"));
    let body = empty(&codes[..800]);
    let Next::Pages(rest) = run.feed(&Reply::new(body.as_bytes())).unwrap() else { panic!("no pages") };
    assert_eq!(rest.len(), 2);
    assert_eq!((rest[0].step, rest[1].step), (1, 2));
    assert!(
        rest[0].url.starts_with("https://hq.sinajs.cn/list=sh600800,") && rest[1].url.ends_with(",sh601699")
    );
    assert_eq!(rest[1].headers, first.headers);

    // The lines of one batch are no answer to another.
    let wrong = run.feed(&Reply { step: 1, charset: None, body: body.as_bytes() });
    assert_eq!(wrong.unwrap_err().kind(), ErrorKind::Invalid);
    let bank = BANK.replace("sh600000", "sh600900");
    let body = empty(&codes[800..1600]).replace("var hq_str_sh600900=\"\";\n", &bank);
    assert_eq!(
        run.feed(&Reply { step: 1, charset: Some("utf-8"), body: body.as_bytes() }).unwrap(),
        Next::Done
    );
    let body = empty(&codes[1600..]);
    assert_eq!(run.feed(&Reply { step: 2, charset: None, body: body.as_bytes() }).unwrap(), Next::Done);
    let batch = run.finish().unwrap();
    assert_eq!(rows(&batch)[0].symbol, "600900.SH");
    assert_eq!(check(&Quote, &query, &batch).len(), 1699);
}

#[test]
fn every_board_but_bonds_and_indices_is_promised() {
    let answers = |code: &str| Quote.capability().answers(&quotes(&[code]), today().today);
    for code in ["600519", "688981", "300750", "920982", "900901", "510300", "999999"] {
        assert_eq!(answers(code), Ok(()), "{code}");
    }
    assert!(answers("118060").unwrap_err().contains("bond"));
}
