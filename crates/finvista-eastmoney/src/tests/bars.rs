use finvista_core::Endpoint;

use super::*;
use crate::{Kline, STOCK_MINUTES};

const HEAD: &str =
    r#""code":"600519","market":1,"name":"贵州茅台","decimal":2,"dktotal":3,"preKPrice":10.00"#;
const ROWS: &str = r#""2024-06-26,10.10,10.20,10.30,10.00,1234,1250000.00,3.00,2.00,0.20,0.01","2024-06-27,10.20,-10.10,10.30,-10.20,0,0.00,-,-,-,0.00","2024-06-28,10,11,12,9,5,-,-,-,-,4""#;

pub(super) fn body(head: &str, rows: &str) -> String {
    format!(
        r#"{{"rc":0,"rt":17,"svr":183641822,"lt":1,"full":0,"dlmkts":"","dsc":"0","data":{{{head},"klines":[{rows}]}}}}"#
    )
}

pub(super) fn daily(params: &str) -> Query {
    query::<CnStockDaily>(params)
}

fn all() -> Query {
    daily("symbol=600519.SH adjust=qfq")
}

pub(super) fn expected_url(params: &str) -> String {
    format!(
        "https://push2his.eastmoney.com/api/qt/stock/kline/get?{params}&fields1=f1,f2,f3,f4,f5,f6\
         &fields2=f51,f52,f53,f54,f55,f56,f57,f58,f59,f60,f61&ut=fa5fd1943c7b386f172d6893dbfba10b"
    )
}

fn rows_of(batch: &RecordBatch) -> Vec<DailyBar<'_>> {
    rows::<CnStockDaily>(batch)
}

#[test]
fn requests_name_the_secid_the_days_and_the_adjustment() {
    for (asked, params) in [
        (
            "symbol=600519.SH start=2024-01-02 end=2024-06-28",
            "secid=1.600519&klt=101&fqt=0&beg=20240102&end=20240628",
        ),
        (
            "symbol=920982.BJ start=2024-01-02 adjust=qfq",
            "secid=0.920982&klt=101&fqt=1&beg=20240102&end=20500101",
        ),
        ("symbol=900901.SH adjust=hfq", "secid=1.900901&klt=101&fqt=2&beg=0&end=20500101"),
        // Whole weeks and months, so that no bar is made of a part of its days.
        (
            "symbol=600519.SH period=week start=2024-01-03 end=2024-06-26",
            "secid=1.600519&klt=102&fqt=0&beg=20240101&end=20240630",
        ),
        (
            "symbol=600519.SH period=month start=2024-01-31 end=2024-02-01 adjust=hfq",
            "secid=1.600519&klt=103&fqt=2&beg=20240101&end=20240229",
        ),
        ("symbol=600519.SH period=month", "secid=1.600519&klt=103&fqt=0&beg=0&end=20500101"),
    ] {
        assert_eq!(url(&daily(asked)).unwrap(), expected_url(params), "{asked}");
    }
}

#[test]
fn indices_are_asked_for_by_family() {
    for (symbol, secid) in [
        ("000300", "1.000300"),
        ("399006", "0.399006"),
        ("899050", "0.899050"),
        ("930955", "2.930955"),
        ("H30269", "2.H30269"),
        ("980017", "0.980017"),
    ] {
        let asked = query::<CnIndexDaily>(&format!("symbol={symbol} period=week"));
        let params = format!("secid={secid}&klt=102&fqt=0&beg=0&end=20500101");
        assert_eq!(url(&asked).unwrap(), expected_url(&params), "{symbol}");
    }
    // An index of CSI by its own code, and the answer of a share with the same digits.
    let index = query::<CnIndexDaily>("symbol=H30269");
    let head = |code: &str, market: u8| format!("\"code\":\"{code}\",\"market\":{market},\"dktotal\":3");
    let batch = decode(&index, body(&head("H30269", 2), ROWS)).unwrap();
    let bar = rows::<CnIndexDaily>(&batch)[0];
    assert_eq!((bar.symbol, bar.volume, bar.amount), ("H30269.CSI", 123_400, Some(1_250_000.0)));
    let bank = query::<CnIndexDaily>("symbol=000001");
    assert_eq!(refused(decode(&bank, body(&head("000001", 0), ROWS))).0, ErrorKind::Invalid);
}

#[test]
fn minutes_are_labelled_by_their_end() {
    let asked = |params: &str| query::<CnStockMinute>(&format!("symbol=600519.SH {params}"));
    for (params, expected) in [
        ("start=2026-11-20", "secid=1.600519&klt=5&fqt=0&beg=20261120&end=20500101"),
        ("period=1 start=2026-11-20 end=2026-11-20", "secid=1.600519&klt=1&fqt=0&beg=20261120&end=20261120"),
        ("period=60m adjust=qfq", "secid=1.600519&klt=60&fqt=1&beg=0&end=20500101"),
    ] {
        assert_eq!(url(&asked(params)).unwrap(), expected_url(expected), "{params}");
    }
    assert_eq!(url(&asked("period=1 adjust=hfq")).unwrap_err().kind(), ErrorKind::Unsupported);

    let of_a_day = r#""2026-11-23 15:00,9.00,9.10,9.20,9.00,10,9100.00,-,-,-,-","2026-11-24 11:55,9.10,9.20,9.30,9.10,10,9200.00,1,2,3,4","2026-11-24 12:05,9.20,9.20,9.20,9.20,0,0.00,0.00,0.00,0.00,0.00""#;
    let asked = asked("start=2026-11-24");
    let batch = decode(&asked, body(HEAD, of_a_day)).unwrap();
    assert_eq!(check(&asked, &batch), 0);
    let [first, last] = rows::<CnStockMinute>(&batch)[..] else { panic!("two rows") };
    assert_eq!(first.time.to_string(), "2026-11-24T03:55:00Z");
    assert_eq!((first.open, first.close, first.high, first.low), (9.10, 9.20, 9.30, 9.10));
    assert_eq!(
        (first.volume, first.amount, first.finished, last.finished),
        (1_000, Some(9_200.0), true, false)
    );
    for label in ["2026-11-24", "2026-11-24 9:35", "2026-11-24 24:00", "2026-11-24 09:35:00", "09:35"] {
        let rows = format!("\"{label},9.10,9.20,9.30,9.10,10,9200.00,-,-,-,-\"");
        let (kind, message) = refused(decode(&asked, body(HEAD, &rows)));
        assert!(kind == ErrorKind::Decode && message.contains(label), "{message}");
    }
    assert_eq!(refused(decode(&asked, body(HEAD, ""))).0, ErrorKind::NoData);
    refuses_cut_answers(&asked, &body(HEAD, of_a_day));
}

#[test]
fn minutes_are_promised_as_far_back_as_they_are_kept() {
    let today = cx().today();
    let capability = Endpoint::capability(&Kline::<CnStockMinute>::new(0, STOCK_MINUTES));
    for (params, promised) in [
        ("period=1 start=2026-11-18", true),
        ("period=1 start=2026-11-17", false),
        ("period=5 start=2026-10-16 adjust=qfq", true),
        ("period=5 start=2026-10-10", false),
        ("period=60 start=2026-08-27 adjust=hfq", true),
        ("period=60 start=2026-08-26", false),
        ("period=60", false),
    ] {
        let asked = query::<CnStockMinute>(&format!("symbol=600519 {params}"));
        assert_eq!(capability.answers(asked.selection(), today).is_ok(), promised, "{params}");
    }
}

#[test]
fn columns_go_where_they_belong() {
    let batch = decode(&all(), body(HEAD, ROWS)).unwrap();
    let [first, second, third] = rows::<CnStockDaily>(&batch)[..] else { panic!("three rows") };
    assert_eq!(
        first,
        DailyBar {
            symbol: "600519.SH",
            date: jiff::civil::date(2024, 6, 26),
            open: 10.10,
            high: 10.30,
            low: 10.00,
            close: 10.20,
            volume: 123_400,
            amount: Some(1_250_000.0),
            change: Some(0.20),
            change_pct: Some(2.0),
            amplitude: Some(3.0),
            turnover: Some(0.01),
        }
    );
    // The vendor lacks what is derived, and gives a turnover of 0, which stays. Adjusted prices may be negative.
    assert_eq!((second.close, second.change, second.turnover), (-10.10, Some(-20.3), Some(0.0)));
    assert_eq!((second.volume, second.amount), (0, Some(0.0)));
    assert_eq!((third.volume, third.amount, third.turnover), (500, None, Some(4.0)));
}

#[test]
fn the_order_of_keys_and_the_wrapping_do_not_matter() {
    let plain = decode(&all(), body(HEAD, ROWS)).unwrap();
    let jsonp = format!("jQuery331_1629614861227({});", body(HEAD, ROWS));
    let turned = format!(
        "{{\"data\":{{\"klines\":[{}],\"extra\":[1,{{}}],\"market\":\"1\",\"code\":\"6005\\u00319\"}},\"rc\":0}}",
        ROWS.replace('-', "\\u002d")
    );
    for body in [jsonp, turned, format!("\u{feff}{}\n", body(HEAD, ROWS))] {
        assert_eq!(decode(&all(), &body).unwrap(), plain, "{body}");
    }
}

#[test]
fn a_bar_belongs_to_the_range_by_its_label() {
    let weeks = r#""2024-06-21,10.10,10.20,10.30,10.00,1234,1250000.00,-,-,-,-","2024-06-28,10.20,10.30,10.40,10.10,1234,1260000.00,-,-,-,-""#;
    let week = |range: &str| daily(&format!("symbol=600519.SH period=week {range}"));
    let batch = decode(&week("start=2024-06-26 end=2024-06-30"), body(HEAD, weeks)).unwrap();
    let [bar] = rows::<CnStockDaily>(&batch)[..] else { panic!("one row") };
    assert_eq!((bar.date, bar.change), (jiff::civil::date(2024, 6, 28), Some(0.1)));
    let (kind, _) = refused(decode(&week("start=2024-06-24 end=2024-06-27"), body(HEAD, weeks)));
    assert_eq!(kind, ErrorKind::NoData);
}

#[test]
fn refusals_have_their_kinds() {
    let empty = |dktotal: i32| body(&HEAD.replace("\"dktotal\":3", &format!("\"dktotal\":{dktotal}")), "");
    let ranged = daily("symbol=600519.SH start=2024-06-26 end=2024-06-28");
    let late = daily("symbol=600519.SH start=2024-07-01");
    for (query, body, kind) in [
        (all(), null(100), ErrorKind::NotFound),
        (all(), null(0), ErrorKind::NotFound),
        (all(), null(102), ErrorKind::Upstream),
        (all(), null(7), ErrorKind::Upstream),
        (all(), empty(3), ErrorKind::Blocked),
        (all(), empty(0), ErrorKind::NoData),
        (all(), r#"{"rc":0,"data":{"code":"600519","dktotal":0,"klines":[]}}"#.to_owned(), ErrorKind::NoData),
        (ranged, empty(3), ErrorKind::NoData),
        (late, body(HEAD, ROWS), ErrorKind::NoData),
        (daily("symbol=600520.SH"), body(HEAD, ROWS), ErrorKind::Invalid),
        (all(), body(&HEAD.replace("\"market\":1", "\"market\":0"), ROWS), ErrorKind::Invalid),
        (all(), body(&HEAD.replace("\"market\":1", "\"market\":116"), ""), ErrorKind::Invalid),
        (all(), body(&HEAD.replace("\"market\":1,", ""), ROWS), ErrorKind::Decode),
        (all(), body(HEAD, ROWS).replace("klines", "bars"), ErrorKind::Decode),
    ] {
        assert_eq!(refused(decode(&query, &body)).0, kind, "{query}: {body}");
    }
}

#[test]
fn a_broken_row_is_named() {
    for (row, named) in [
        ("2024-06-26,10.10,-,10.30,10.00,1234,1.00,-,-,-,-", "close"),
        ("2024-06-26,,10.20,10.30,10.00,1234,1.00,-,-,-,-", "open"),
        ("2024-06-26,10.10,10.20,10.30,10.00,-,1.00,-,-,-,-", "volume"),
        ("2024-06-26,10.10,10.20,10.30,10.00,1234,1.00,3.00,x,-,-", "change_pct"),
        ("2024-06-26 14:40,10.10,10.20,10.30,10.00,1234,1.00,-,-,-,-", "date"),
        // A column is gone, or there is one more, so nothing says which is which.
        ("2024-06-26,10.10,10.20,10.30,10.00,1234,1.00,2.00,0.20,0.01", "11 columns"),
        ("2024-06-26,10.10,10.20,10.30,10.00,1234,1.00,3.00,2.00,0.20,0.01,0", "11 columns"),
        ("2024-06-26,10.10,10.20,10.30,10.00,1234", "11 columns"),
        ("", "11 columns"),
    ] {
        let (kind, message) = refused(decode(&all(), body(HEAD, &format!("{ROWS},\"{row}\""))));
        assert_eq!(kind, ErrorKind::Decode);
        assert!(message.contains(named) && message.contains(&format!("{row:?}")), "{message}");
    }
}

#[test]
fn a_shifted_column_does_not_pass_the_checks() {
    let query = daily("symbol=600519.SH");
    let right = r#""2024-06-26,10.10,10.20,10.30,10.00,1234,1250000.00,3.00,2.00,0.20,0.01""#;
    check(&query, &decode(&query, body(HEAD, right)).unwrap());
    let shifted = right.replace("10.10,10.20", "10.20").replace("1250000.00", "1250000.00,5.00");
    assert_eq!(refused(decode(&query, body(HEAD, &shifted))).0, ErrorKind::Invalid);
    // The vendor says nothing of changes, so the prices themselves must tell.
    let batch = decode(&query, body(HEAD, &shifted.replace("3.00,2.00,0.20,", "-,-,-,"))).unwrap();
    let precision = endpoint(&query).capability().precision;
    let now = jiff::Timestamp::now();
    assert!(CnStockDaily::SPEC.check(query.selection(), &batch, &precision, now).is_err());
}

/// The amplitude is gone, all behind it have moved, and there are as many columns as before.
#[test]
fn a_moved_percentage_is_refused() {
    let query = daily("symbol=600519.SH");
    for moved in
        ["2.00,0.20,0.36,0", "-99999,2.00,0.20,0.01", "3.00,-99999,0.20,0.01", "3.00,2.00,1e300,0.01"]
    {
        let row = format!("\"2024-06-26,10.10,10.20,10.30,10.00,1234,1250000.00,{moved}\"");
        let (kind, message) = refused(decode(&query, body(HEAD, &row)));
        assert!(
            kind == ErrorKind::Invalid && message.starts_with("600519.SH 2024-06-26: expected "),
            "{message}"
        );
    }
}

#[test]
fn the_close_before_the_first_row_stands_in_the_head() {
    // On the listing day of 600028 change, percentage and amplitude are 0.00, and so is the close before it.
    let rows = r#""2001-08-08,4.60,4.36,4.72,4.30,4060000,1830000000.00,0.00,0.00,0.00,14.50","2001-08-09,4.36,4.41,4.48,4.30,810000,356000000.00,4.13,1.15,0.05,2.90""#;
    let changes = |pre_close: &str, rows: &str| {
        let query = daily("symbol=600519.SH");
        let batch = decode(&query, body(&HEAD.replace("10.00", pre_close), rows)).unwrap();
        check(&query, &batch);
        let changes = |row: &DailyBar<'_>| (row.change, row.change_pct, row.amplitude);
        rows_of(&batch).iter().map(changes).collect::<Vec<_>>()
    };
    let second = (Some(0.05), Some(1.15), Some(4.13));
    assert_eq!(changes("0.0", rows), [(None, None, None), second]);
    assert_eq!(changes("4.22", rows), [(Some(0.14), Some(3.32), Some(9.95)), second]);
    assert_eq!(changes("\"-\"", rows), [(None, None, None), second]);
    // A flat day without a change is one only if the close before it was the same.
    let flat = r#""2001-08-08,4.36,4.36,4.36,4.36,4060,1770160.00,0.00,0.00,0.00,0.01""#;
    assert_eq!(changes("0.0", flat), [(None, None, None)]);
    assert_eq!(changes("4.36", flat), [(Some(0.0), Some(0.0), Some(0.0))]);
}

#[test]
fn suspended_days_are_no_rows() {
    let traded = r#""2026-11-25,11.80,11.73,11.90,11.70,30000,35300000.00,1.69,-0.59,-0.07,0.5""#;
    for suspended in [
        r#""2026-11-26,11.73,11.73,11.73,11.73,0,0.00,0.00,0.00,0.00,0.00""#,
        r#""2026-11-26,0.00,11.73,0.00,0.00,0,0.00,0.00,0.00,0.00,0.00""#,
        r#""2026-11-26,0.00,0.00,0.00,0.00,0,0.00,0.00,0.00,0.00,0.00""#,
        r#""2026-11-26,0.00,0.00,0.00,0.00,0,-,-,-,-,-""#,
    ] {
        for adjust in ["none", "qfq", "hfq"] {
            let query = daily(&format!("symbol=600519.SH adjust={adjust}"));
            let all = decode(&query, body(HEAD, &format!("{traded},{suspended}"))).unwrap();
            assert_eq!(all, decode(&query, body(HEAD, traded)).unwrap());
            check(&query, &all);
            let (kind, _) = refused(decode(&query, body(HEAD, suspended)));
            assert_eq!(kind, ErrorKind::NoData);
        }
    }
}

#[test]
fn an_old_day_with_shares_and_no_amount_has_none() {
    let rows = r#""1992-02-21,0.750,0.754,0.760,0.745,1200,0.00,0.00,0.00,0.000,0.10","1992-02-24,0.754,0.752,0.760,0.750,1100,82720.00,1.33,-0.27,-0.002,0.10""#;
    let query = daily("symbol=600519.SH");
    let batch = decode(&query, body(HEAD, rows)).unwrap();
    check(&query, &batch);
    let amounts: Vec<_> = rows_of(&batch).iter().map(|row| (row.volume, row.amount)).collect();
    assert_eq!(amounts, [(120_000, None), (110_000, Some(82_720.0))]);
}

#[test]
fn a_cut_body_is_never_a_shorter_table() {
    refuses_cut_answers(&all(), &body(HEAD, ROWS));
    refuses_cut_answers(&all(), &format!("cb({});", body(HEAD, ROWS)));
}

#[test]
fn other_bodies_are_no_answers() {
    for (body, kind) in NO_ANSWERS {
        assert_eq!(refused(decode(&all(), body)).0, kind, "{}", String::from_utf8_lossy(body));
    }
    assert_eq!(refused(decode(&all(), b"{\"rc\":0,\"data\":{\"code\":\"\xff\"}}")).0, ErrorKind::Decode);
}
