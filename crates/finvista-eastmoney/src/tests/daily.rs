use finvista_core::{Adjust, Endpoint, ErrorKind};

use super::*;

const HEAD: &str =
    r#""code":"600519","market":1,"name":"贵州茅台","decimal":2,"dktotal":3,"preKPrice":10.00"#;
const ROWS: &str = r#""2024-06-26,10.10,10.20,10.30,10.00,1234,1250000.00,3.00,2.00,0.20,0.01","2024-06-27,10.20,-10.10,10.30,-10.20,0,0.00,-,-,-,0.00","2024-06-28,10,11,12,9,5,-,1,2,3,4,5,6""#;

fn body(head: &str, rows: &str) -> String {
    format!(
        r#"{{"rc":0,"rt":17,"svr":183641822,"lt":1,"full":0,"dlmkts":"","dsc":"0","data":{{{head},"klines":[{rows}]}}}}"#
    )
}

fn all() -> CnStockDailyQuery {
    bars_of("600519.SH", "", "", Adjust::Qfq)
}

#[test]
fn requests_name_the_secid_the_days_and_the_adjustment() {
    for (query, params) in [
        (
            bars_of("600519.SH", "2024-01-02", "2024-06-28", Adjust::None),
            "secid=1.600519&klt=101&fqt=0&beg=20240102&end=20240628",
        ),
        (
            bars_of("920982.BJ", "2024-01-02", "", Adjust::Qfq),
            "secid=0.920982&klt=101&fqt=1&beg=20240102&end=20500101",
        ),
        (bars_of("900901.SH", "", "", Adjust::Hfq), "secid=1.900901&klt=101&fqt=2&beg=0&end=20500101"),
    ] {
        let request = Daily.request(&settings(), &query).unwrap();
        let url = format!(
            "https://push2his.eastmoney.com/api/qt/stock/kline/get?{params}&fields1=f1,f2,f3,f4,f5,f6\
             &fields2=f51,f52,f53,f54,f55,f56,f57,f58,f59,f60,f61&ut=fa5fd1943c7b386f172d6893dbfba10b"
        );
        assert_eq!(request, Request::get(url));
    }
    let nowhere = Daily.request(&settings(), &bars_of("000001.BJ", "", "", Adjust::None)).unwrap_err();
    assert_eq!(nowhere.kind(), ErrorKind::NotFound);
}

#[test]
fn columns_go_where_they_belong() {
    let batch = decode_daily(&all(), body(HEAD, ROWS).as_bytes()).unwrap();
    let [first, second, third] = bars(&batch)[..] else { panic!("three rows") };
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
    // Further columns are welcome.
    assert_eq!((third.volume, third.amount, third.turnover), (500, None, Some(4.0)));
}

#[test]
fn the_order_of_keys_and_the_wrapping_do_not_matter() {
    let plain = decode_daily(&all(), body(HEAD, ROWS).as_bytes()).unwrap();
    let jsonp = format!("jQuery331_1629614861227({});", body(HEAD, ROWS));
    let turned = format!(
        "{{\"data\":{{\"klines\":[{}],\"extra\":[1,{{}}],\"market\":\"1\",\"code\":\"6005\\u00319\"}},\"rc\":0}}",
        ROWS.replace('-', "\\u002d")
    );
    for body in [jsonp, turned, format!("\u{feff}{}\n", body(HEAD, ROWS))] {
        assert_eq!(decode_daily(&all(), body.as_bytes()).unwrap(), plain, "{body}");
    }
}

#[test]
fn refusals_have_their_kinds() {
    let null = |rc: i32| format!(r#"{{"rc":{rc},"rt":1,"svr":181669693,"lt":1,"full":1,"data":null}}"#);
    let empty = |dktotal: i32| body(&HEAD.replace("\"dktotal\":3", &format!("\"dktotal\":{dktotal}")), "");
    let ranged = bars_of("600519.SH", "2024-06-26", "2024-06-28", Adjust::None);
    let late = bars_of("600519.SH", "2024-07-01", "", Adjust::None);
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
        (bars_of("600520.SH", "", "", Adjust::None), body(HEAD, ROWS), ErrorKind::Invalid),
        (bars_of("600519.SZ", "", "", Adjust::None), body(HEAD, ROWS), ErrorKind::Invalid),
        (all(), body(&HEAD.replace("\"market\":1", "\"market\":0"), ROWS), ErrorKind::Invalid),
        (all(), body(&HEAD.replace("\"market\":1", "\"market\":116"), ""), ErrorKind::Invalid),
        (all(), body(&HEAD.replace("\"market\":1,", ""), ROWS), ErrorKind::Decode),
        (all(), body(HEAD, ROWS).replace("klines", "bars"), ErrorKind::Decode),
    ] {
        assert_eq!(refused(decode_daily(&query, body.as_bytes())).0, kind, "{query:?}: {body}");
    }
}

#[test]
fn a_broken_row_is_named() {
    for (row, named) in [
        ("2024-06-26,10.10,10.20,10.30,10.00,1234", "amount"),
        ("2024-06-26,10.10,-,10.30,10.00,1234,1.00", "close"),
        ("2024-06-26,,10.20,10.30,10.00,1234,1.00", "open"),
        ("2024-06-26,10.10,10.20,10.30,10.00,-,1.00", "volume"),
        ("2024-06-26,10.10,10.20,10.30,10.00,1234,1.00,3.00,x", "change_pct"),
        ("2024-06-26 14:40,10.10,10.20,10.30,10.00,1234,1.00", "not a date"),
        ("", "not a date"),
    ] {
        let rows = format!("{ROWS},\"{row}\"");
        let (kind, message) = refused(decode_daily(&all(), body(HEAD, &rows).as_bytes()));
        assert_eq!(kind, ErrorKind::Decode);
        assert!(message.contains(named) && message.contains(&format!("{row:?}")), "{message}");
    }
}

#[test]
fn a_cut_body_is_never_a_shorter_table() {
    let bare = body(HEAD, ROWS);
    for end in 0..bare.len() {
        let (kind, _) = refused(decode_daily(&all(), &bare.as_bytes()[..end]));
        assert_eq!(kind, ErrorKind::Decode, "cut at {end}");
    }
    let whole = decode_daily(&all(), bare.as_bytes()).unwrap();
    let jsonp = format!("cb({bare});");
    for end in 0..jsonp.len() {
        match decode_daily(&all(), &jsonp.as_bytes()[..end]) {
            Ok(batch) => assert_eq!(batch, whole, "cut at {end}"),
            Err(error) => assert_eq!(error.kind(), ErrorKind::Decode, "cut at {end}"),
        }
    }
}

#[test]
fn what_is_no_answer_is_told() {
    for (body, kind) in [
        (&b""[..], ErrorKind::Decode),
        (b"null", ErrorKind::Decode),
        (b"{}", ErrorKind::Decode),
        (b"[]", ErrorKind::Decode),
        (b"{\"rc\":0,\"data\":[]}", ErrorKind::Decode),
        (b"{\"rc\":0,\"data\":\"\"}", ErrorKind::Decode),
        (b"\xff\xfe{\x00\x01}\xff", ErrorKind::Decode),
        (b"{\"rc\":0,\"data\":{\"code\":\"\xff\"}}", ErrorKind::Decode),
        (b"<html><head><title>502 Bad Gateway</title></head></html>", ErrorKind::Blocked),
    ] {
        assert_eq!(refused(decode_daily(&all(), body)).0, kind, "{}", String::from_utf8_lossy(body));
    }
}
