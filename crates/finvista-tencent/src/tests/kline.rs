//! Requests and made-up answers of bars.

use std::sync::Mutex;

use finvista_core::{Adjust, Body, ErrorKind, Query, Request};

use super::{answer, bars, cut_anywhere, cx, daily, endpoint, first, kind};

pub(super) const HOST: &str = "https://proxy.finance.qq.com/ifzqgtimg/appstock/app/newfqkline/get?param=";
const KNOWN: &str =
    r#""qt":{"sz000001":["51","\u5e73\u5b89\u94f6\u884c","000001"],"market":["2024-06-28|\/"]}"#;
pub(super) const UNKNOWN: &[u8] =
    br#"{"code":0,"msg":"","data":{"sz000001":{"qt":{"sz000001":[],"market":[]}}}}"#;

fn query(start: &str, end: &str, adjust: Adjust) -> Query {
    daily("000001.SZ", start, end, adjust)
}

/// An answer about sz000001 with this array.
pub(super) fn body(key: &str, rows: &str) -> Vec<u8> {
    format!(r#"{{"code":0,"msg":"","data":{{"sz000001":{{"{key}":[{rows}],{KNOWN},"version":"18"}}}}}}"#)
        .into_bytes()
}

pub(super) fn row(day: &str) -> String {
    format!(r#"["{day}","10.00","10.20","10.30","9.90","1000.000",{{}},"0.01","101.00","","0.00"]"#)
}

#[test]
fn the_request_begins_before_the_range_for_the_previous_close() {
    for (query, param) in [
        (query("2024-01-20", "2024-06-28", Adjust::None), "sz000001,day,2024-01-05,2024-06-28,640,bfq"),
        (query("2024-01-20", "", Adjust::Qfq), "sz000001,day,2024-01-05,,640,qfq"),
        (query("", "2024-06-28", Adjust::Hfq), "sz000001,day,,2024-06-28,640,hfq"),
        (daily("688981.SH", "", "", Adjust::None), "sh688981,day,,,640,bfq"),
    ] {
        assert_eq!(first(&query), Request::get(format!("{HOST}{param}")));
    }
}

#[test]
fn a_row_is_read_in_tencents_order_and_units() {
    let rows = format!("{},{}", row("2024-01-04"), row("2024-01-05"));
    let batch = answer(&query("2024-01-05", "", Adjust::None), &[&body("day", &rows)]).unwrap();
    let [bar] = bars(&batch).try_into().unwrap();
    assert_eq!((bar.open, bar.close, bar.high, bar.low), (10.0, 10.2, 10.3, 9.9));
    assert_eq!((bar.volume, bar.amount, bar.turnover), (100_000, Some(1_010_000.0), Some(0.01)));
    assert_eq!((bar.symbol, bar.change, bar.amplitude), ("000001.SZ", Some(0.0), Some(3.92)));
}

#[test]
fn rows_may_be_short_or_long_and_numbers_need_no_quotes() {
    let before = row("2024-01-04");
    for (row, amount, turnover) in [
        (r#"["2024-01-05","10.00","10.20","10.30","9.90","1000.000"]"#, None, None),
        (r#"["2024-01-05",10,10.2,10.3,9.9,1000]"#, None, None),
        (r#"["2024-01-05","10","10.2","10.3","9.9","1000",{"nd":"2023","fh_sh":"2.49"}]"#, None, None),
        (r#"["2024-01-05","10","10.2","10.3","9.9","1000",[],"","",""]"#, None, None),
        (r#"["2024-01-05","10","10.2","10.3","9.9","1000",{},null,101,1,[2],{"x":"y"}]"#, Some(1.01e6), None),
        (r#"["2024-01-05","10","10.2","10.3","9.9","1000",{},"0.01","0.00"]"#, None, Some(0.01)),
    ] {
        let body = body("day", &format!("{before},{row}"));
        let batch = answer(&query("2024-01-05", "", Adjust::None), &[&body]).unwrap();
        let [bar] = bars(&batch).try_into().unwrap();
        assert_eq!((bar.close, bar.volume, bar.amount, bar.turnover), (10.2, 100_000, amount, turnover));
    }
}

/// The turnover stands where the dividend should, so a value before it is missing.
#[test]
fn a_row_that_lost_a_value_is_refused() {
    let lost = row("2024-01-05").replace(r#""10.00","#, "");
    let lost = body("day", &format!("{},{lost}", row("2024-01-04")));
    assert_eq!(kind(&query("2024-01-05", "", Adjust::None), &[&lost]), ErrorKind::Decode);
}

#[test]
fn suspended_days_are_no_rows() {
    let traded = row("2024-01-05");
    for suspended in [
        r#"["2024-01-08","10.20","10.20","10.20","10.20","0.00",{},"0.00","0.00","","0.00"]"#,
        r#"["2024-01-08","0.00","10.20","0.00","0.00","0.00",{},"0.00","0.00","","0.00"]"#,
        r#"["2024-01-08","0.00","0.00","0.00","0.00","0.00",{},"0.00","0.00","","0.00"]"#,
        r#"["2024-01-08","10.20","10.20","10.20","10.20","0"]"#,
    ] {
        for (adjust, key) in [(Adjust::None, "day"), (Adjust::Qfq, "qfqday"), (Adjust::Hfq, "hfqday")] {
            let rows = format!("{},{traded},{suspended}", row("2024-01-04"));
            let batch = answer(&query("2024-01-05", "", adjust), &[&body(key, &rows)]).unwrap();
            let [bar] = bars(&batch).try_into().unwrap();
            assert_eq!(bar.date.to_string(), "2024-01-05", "{suspended}");
        }
    }
}

#[test]
fn backward_adjusted_prices_are_above_zero_and_forward_adjusted_ones_may_not_be() {
    let rows = [row("2024-01-04"), row("2024-01-05")].join(",");
    let negative = rows
        .replace("10.00", "-1.70")
        .replace("10.20", "-1.60")
        .replace("10.30", "-1.50")
        .replace("9.90", "-1.80");
    let batch = answer(&query("2024-01-05", "", Adjust::Qfq), &[&body("qfqday", &negative)]).unwrap();
    let [bar] = bars(&batch).try_into().unwrap();
    // There is no percentage of a price below zero.
    assert_eq!((bar.close, bar.change, bar.change_pct, bar.amplitude), (-1.6, Some(0.0), None, None));
    assert_eq!(
        kind(&query("2024-01-05", "", Adjust::Hfq), &[&body("hfqday", &negative)]),
        ErrorKind::Invalid
    );
}

#[test]
fn star_volumes_are_shares_and_all_others_lots() {
    let rows = r#"["2024-01-04","10","10","10","10","1000",{},"","1"],["2024-01-05","10","10","10","10","1000",{},"","1"]"#;
    let of = |symbol: &str, amount: &str| {
        let code = symbol.parse::<finvista_core::Symbol>().unwrap().prefixed().unwrap();
        let rows = rows.replace("\"1\"", &format!("\"{amount}\""));
        let body = format!(r#"{{"code":0,"data":{{"{code}":{{"day":[{rows}]}}}}}}"#);
        let batch = answer(&daily(symbol, "2024-01-05", "", Adjust::None), &[body.as_bytes()]).unwrap();
        bars(&batch)[0].volume
    };
    assert_eq!(of("688981.SH", "1.00"), 1000);
    for symbol in ["600519.SH", "300750.SZ", "920982.BJ", "900901.SH", "510300.SH"] {
        assert_eq!(of(symbol, "100.00"), 100_000, "{symbol}");
    }
}

#[test]
fn a_variable_name_and_other_keys_are_no_hindrance() {
    let rows = format!("{},{}", row("2024-01-04"), row("2024-01-05"));
    let plain = String::from_utf8(body("day", &rows)).unwrap();
    let reordered =
        format!(r#"{{"data":{{"sz000001":{{{KNOWN},"x":[1],"day":[{rows}]}}}},"msg":"","code":"0"}}"#);
    for body in [format!("kline_day={plain}"), format!("kline_day={plain};\n"), reordered] {
        let batch = answer(&query("2024-01-05", "", Adjust::None), &[body.as_bytes()]).unwrap();
        assert_eq!(batch.num_rows(), 1, "{body}");
    }
}

#[test]
fn pages_go_back_until_the_start_or_an_empty_page() {
    let query = query("2024-01-20", "2024-06-28", Adjust::None);
    let pages = [
        body("day", &format!("{},{}", row("2024-06-27"), row("2024-06-28"))),
        body("day", &format!("{},{}", row("2024-01-22"), row("2024-06-26"))),
        body("day", &row("2024-01-19")),
    ];
    let asked = Mutex::new(Vec::new());
    let batch = finvista_core::answer_from(endpoint(&query), &cx(), &query, |request| {
        let mut asked = asked.lock().unwrap();
        asked.push(request.url.clone());
        pages.get(asked.len() - 1).cloned().map(Body::new)
    })
    .unwrap();
    let asked = asked.into_inner().unwrap();
    let days: Vec<String> = bars(&batch).iter().map(|bar| bar.date.to_string()).collect();
    assert_eq!(days, ["2024-01-22", "2024-06-26", "2024-06-27", "2024-06-28"]);
    assert_eq!(bars(&batch)[0].change, Some(0.0));
    let ends = ["2024-06-28", "2024-06-26", "2024-01-21"];
    assert_eq!(asked, ends.map(|end| format!("{HOST}sz000001,day,2024-01-05,{end},640,bfq")));
    // A share that was listed after the start, or was suspended for long before it.
    assert_eq!(answer(&query, &[&pages[0], &body("day", "")]).unwrap().num_rows(), 2);
    for last in [UNKNOWN, br#"{"code":0,"msg":"","data":{"sz000001":[]}}"#] {
        assert_eq!(answer(&query, &[&pages[0], last]).unwrap().num_rows(), 2);
    }
}

#[test]
fn a_page_that_is_not_older_than_the_one_before_is_refused() {
    let query = query("", "", Adjust::None);
    let page = body("day", &row("2024-06-28"));
    assert_eq!(kind(&query, &[&page, &page]), ErrorKind::Invalid);
}

#[test]
fn pages_of_one_row_are_not_asked_for_ever() {
    let query = query("", "", Adjust::None);
    let asked = Mutex::new((0, jiff::civil::date(2024, 6, 28)));
    let error = finvista_core::answer_from(endpoint(&query), &cx(), &query, |_| {
        let mut asked = asked.lock().unwrap();
        *asked = (asked.0 + 1, asked.1.yesterday().unwrap());
        Some(Body::new(body("day", &row(&asked.1.to_string()))))
    })
    .unwrap_err();
    assert_eq!((error.kind(), asked.into_inner().unwrap().0), (ErrorKind::Invalid, 100), "{error}");
}

#[test]
fn a_later_page_must_still_be_about_the_symbol() {
    let query = query("", "", Adjust::None);
    let page = body("day", &row("2024-06-28"));
    assert_eq!(kind(&query, &[&page, br#"{"code":0,"msg":"","data":[]}"#]), ErrorKind::Invalid);
    assert_eq!(kind(&query, &[&page, br#"{"code":1,"msg":"bad params"}"#]), ErrorKind::Upstream);
}

#[test]
fn rows_under_an_unknown_name_are_a_change_of_format() {
    let query = query("", "", Adjust::None);
    let page = body("day", &row("2024-06-28"));
    let renamed = body("bars", &row("2024-06-27"));
    assert_eq!(kind(&query, &[&renamed]), ErrorKind::Decode);
    assert_eq!(kind(&query, &[&page, &renamed]), ErrorKind::Decode);
}

#[test]
fn bars_outside_the_range_are_no_data() {
    let query = query("2024-06-01", "2024-06-02", Adjust::None);
    assert_eq!(kind(&query, &[&body("day", &row("2024-05-31"))]), ErrorKind::NoData);
    assert_eq!(kind(&query, &[&body("day", "")]), ErrorKind::NoData);
}

#[test]
fn an_unknown_symbol_is_not_found() {
    let query = query("", "", Adjust::None);
    for body in [
        UNKNOWN,
        br#"{"code":0,"msg":"","data":{"sz000001":{"day":[],"qt":{"sz000001":[]}}}}"#,
        br#"{"code":0,"msg":"","data":{"sz000001":{"day":[],"qt":[]}}}"#,
        br#"{"code":0,"msg":"","data":{"sz000001":[]}}"#,
        br#"{"code":0,"msg":"","data":{"sz000001":{}}}"#,
        br#"{"code":0,"msg":"param error","data":[]}"#,
        br#"{"code":0,"msg":"","data":{}}"#,
        br#"{"code":0,"msg":""}"#,
    ] {
        assert_eq!(kind(&query, &[body]), ErrorKind::NotFound, "{}", String::from_utf8_lossy(body));
    }
}

#[test]
fn bars_of_another_symbol_are_invalid() {
    let other = r#"{"code":0,"msg":"","data":{"sh600000":{"day":[]}}}"#;
    let quote =
        String::from_utf8(body("day", &row("2024-06-28"))).unwrap().replace("\"000001\"", "\"600000\"");
    for body in [other, &quote] {
        assert_eq!(kind(&query("", "", Adjust::None), &[body.as_bytes()]), ErrorKind::Invalid, "{body}");
    }
}

#[test]
fn unadjusted_bars_are_never_passed_off_as_adjusted() {
    let start = "2024-01-05";
    let plain = body("day", &format!("{},{}", row("2024-01-04"), row("2024-01-05")));
    let event = row("2024-01-05").replace("{}", r#"{"nd":"2023","FHcontent":"10\u6d3e2.49\u5143"}"#);
    let with_event = body("day", &format!("{},{event}", row("2024-01-04")));
    // It never went ex: unadjusted is adjusted. Forward, what comes after the range counts as well, and backward what came
    // before it.
    assert_eq!(answer(&query(start, "", Adjust::Qfq), &[&plain]).unwrap().num_rows(), 1);
    assert_eq!(answer(&query("", "2024-01-05", Adjust::Hfq), &[&plain, UNKNOWN]).unwrap().num_rows(), 2);
    for (start, end, adjust) in
        [(start, "2024-01-05", Adjust::Qfq), ("", "2024-01-05", Adjust::Qfq), (start, "", Adjust::Hfq)]
    {
        assert_eq!(kind(&query(start, end, adjust), &[&plain]), ErrorKind::Unsupported, "{adjust}");
    }
    for adjust in [Adjust::Qfq, Adjust::Hfq] {
        assert_eq!(kind(&query(start, "", adjust), &[&with_event]), ErrorKind::Unsupported);
    }
    for symbol in ["920982.BJ", "159915.SZ"] {
        let query = daily(symbol, start, "", Adjust::Qfq);
        let code = if symbol == "159915.SZ" { "sz159915" } else { "bj920982" };
        let body = format!(r#"{{"code":0,"msg":"","data":{{"{code}":{{"day":[{}]}}}}}}"#, row(start));
        let error = answer(&query, &[body.as_bytes()]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
        assert!(error.message().contains("unadjusted") && error.message().contains(symbol), "{error}");
    }
}

#[test]
fn a_history_is_adjusted_as_a_whole_or_not_at_all() {
    let query = query("", "", Adjust::Hfq);
    let page = |key, day| body(key, &row(day));
    for key in ["day", "hfqday"] {
        let pages = [page(key, "2024-06-28"), page(key, "2024-06-27")];
        assert_eq!(answer(&query, &[&pages[0], &pages[1], UNKNOWN]).unwrap().num_rows(), 2);
        let other = page(if key == "day" { "hfqday" } else { "day" }, "2024-06-27");
        assert_eq!(kind(&query, &[&pages[0], &other]), ErrorKind::Unsupported, "{key}");
    }
}

#[test]
fn the_array_of_another_adjustment_is_invalid() {
    let rows = format!("{},{}", row("2024-01-04"), row("2024-01-05"));
    for (asked, sent) in
        [(Adjust::None, "qfqday"), (Adjust::None, "hfqday"), (Adjust::Qfq, "hfqday"), (Adjust::Hfq, "qfqday")]
    {
        let query = query("2024-01-05", "", asked);
        assert_eq!(kind(&query, &[&body(sent, &rows)]), ErrorKind::Invalid, "{asked} {sent}");
    }
    // Where both are there, the adjusted one is read.
    let both = format!(r#"{}],"qfqday":[{}"#, row("2024-01-05"), rows.replace("10.20", "9.95"));
    let batch = answer(&query("2024-01-05", "", Adjust::Qfq), &[&body("day", &both)]).unwrap();
    assert_eq!(bars(&batch)[0].close, 9.95);
}

#[test]
fn a_vendors_error_is_upstream_with_its_words() {
    for body in [r#"{"code":1,"msg":"bad params"}"#, r#"{"code":"-1","msg":"bad params","data":null}"#] {
        let error = answer(&query("", "", Adjust::None), &[body.as_bytes()]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Upstream);
        assert!(error.message().contains("bad params"), "{error}");
    }
}

#[test]
fn what_is_no_answer_is_blocked_or_decode() {
    for body in ["<html><body>501</body></html>", "\r\n<!DOCTYPE html>"] {
        assert_eq!(kind(&query("", "", Adjust::None), &[body.as_bytes()]), ErrorKind::Blocked);
    }
    let rows = |row: &str| String::from_utf8(body("day", row)).unwrap();
    for body in [
        String::new(),
        "null".to_owned(),
        "[]".to_owned(),
        "{}".to_owned(),
        "\u{1}\u{2}garbage{\u{3}}".to_owned(),
        r#"{"code":0,"data":"x"}"#.to_owned(),
        r#"{"code":0,"data":{"sz000001":7}}"#.to_owned(),
        rows(r#"["2024-01-05","10","10.2","10.3","9.9"]"#),
        rows(r#"["2024-01-05","10","-","10.3","9.9","1000"]"#),
        rows(r#"["2024-01-05","10",{"a":1},"10.3","9.9","1000"]"#),
        rows(r#"["2024-01-35","10","10.2","10.3","9.9","1000"]"#),
        rows(r#"["2024-01-05","10","10.2","10.3","9.9","1000",{},"x","1"]"#),
        rows(r#"["2024-01-05","10","10.2","10.3","9.9","1e300"]"#),
        rows(r#"{"date":"2024-01-05"}"#),
    ] {
        let error = answer(&query("", "", Adjust::None), &[body.as_bytes()]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode, "{body}: {error}");
    }
    assert_eq!(kind(&query("", "", Adjust::None), &[b"\xff\xfe{\x80}"]), ErrorKind::Decode);
}

#[test]
fn a_cut_body_is_never_a_shorter_table() {
    let rows = format!("{},{},{}", row("2024-01-04"), row("2024-01-05"), row("2024-01-08"));
    for whole in [body("day", &rows), [b"kline_day=".as_slice(), &body("day", &rows)].concat()] {
        let query = query("2024-01-05", "", Adjust::None);
        assert_eq!(answer(&query, &[&whole]).unwrap().num_rows(), 2);
        cut_anywhere(&query, &whole, &[ErrorKind::Decode]);
    }
}
