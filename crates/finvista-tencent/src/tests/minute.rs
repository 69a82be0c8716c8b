//! Bars of minutes.

use finvista_core::dataset::Dataset;
use finvista_core::{ErrorKind, Query, Refusal, Request, Zone};
use finvista_datasets::{CnStockMinute, MinuteBar};
use finvista_testkit::{Limits, State};
use jiff::civil::{DateTime, date};

use super::simulated::{ask, market, stocks, symbol};
use super::{answer, cut_anywhere, endpoint, first, kind, query, recording, rows_of};

fn minutes(symbol: &str, period: &str, start: &str) -> Query {
    query(CnStockMinute::SPEC, &[("symbol", symbol), ("period", period), ("start", start)])
}

fn bars(batch: &finvista_core::RecordBatch) -> Vec<MinuteBar<'_>> {
    rows_of::<CnStockMinute>(batch)
}

/// An answer about sz000001, whose float is one million shares.
fn body(rows: &str) -> String {
    let mut quote = vec!["\"\""; 88];
    (quote[2], quote[72]) = ("\"000001\"", "\"1000000\"");
    let quote = quote.join(",");
    format!(
        r#"{{"code":0,"msg":"","data":{{"sz000001":{{"qt":{{"sz000001":[{quote}]}},"m5":[{rows}],"prec":"9.9"}}}}}}"#
    )
}

/// A bar of 10 lots, which are 10/10,000 of the float.
fn row(time: &str) -> String {
    format!(r#"["{time}","10.00","10.20","10.30","9.90","10.00",{{}},"10.00"]"#)
}

#[test]
fn the_request_names_the_period_and_takes_all_that_tencent_sends() {
    let url =
        |param: &str| Request::get(format!("https://ifzq.gtimg.cn/appstock/app/kline/mkline?param={param}"));
    assert_eq!(first(&minutes("000001.SZ", "", "")), url("sz000001,m5,,320"));
    for (period, param) in [("1m", "m1"), ("15m", "m15"), ("30m", "m30"), ("60m", "m60")] {
        let param = format!("sh688981,{param},,320");
        assert_eq!(first(&minutes("688981.SH", period, "2024-06-28")), url(&param));
    }
}

#[test]
fn the_promise_reaches_back_320_bars() {
    let today = date(2024, 6, 28);
    let answers = |symbol, period, start| {
        let query = minutes(symbol, period, start);
        endpoint(&query).capability().answers(query.selection(), today)
    };
    for (period, near, far) in [
        ("1m", "2024-06-28", "2024-06-27"),
        ("5m", "2024-06-21", "2024-06-20"),
        ("15m", "2024-06-05", "2024-06-04"),
        ("30m", "2024-05-13", "2024-05-10"),
        ("60m", "2024-04-02", "2024-04-01"),
    ] {
        assert_eq!(answers("000001.SZ", period, near), Ok(()), "{period}");
        for start in [far, ""] {
            let refusal = answers("000001.SZ", period, start).unwrap_err();
            assert!(matches!(refusal, Refusal::Bars { reach: 320, .. }), "{period} {start}");
        }
    }
    for symbol in ["920982.BJ", "900901.SH", "113050.SH"] {
        assert!(matches!(answers(symbol, "5m", "2024-06-28"), Err(Refusal::Board { .. })), "{symbol}");
    }
    let params = [("symbol", "000001.SZ"), ("start", "2024-06-28"), ("adjust", "qfq")];
    let adjusted = query(CnStockMinute::SPEC, &params);
    assert!(endpoint(&adjusted).capability().answers(adjusted.selection(), today).is_err());
}

#[test]
fn a_row_is_read_in_tencents_order_and_labelled_by_its_end() {
    let body = body(&format!("{},{}", row("202406271500"), row("202406280935")));
    let batch = answer(&minutes("000001.SZ", "5m", "2024-06-28"), &[body.as_bytes()]).unwrap();
    let [bar] = bars(&batch).try_into().unwrap();
    assert_eq!((bar.symbol, bar.time.to_string().as_str()), ("000001.SZ", "2024-06-28T01:35:00Z"));
    assert_eq!((bar.open, bar.close, bar.high, bar.low), (10.0, 10.2, 10.3, 9.9));
    assert_eq!((bar.volume, bar.amount, bar.finished), (1_000, None, true));
    cut_anywhere(&minutes("000001.SZ", "5m", "2024-06-28"), body.as_bytes(), &[ErrorKind::Decode]);
}

#[test]
fn volumes_that_do_not_fit_the_turnover_are_refused() {
    let query = minutes("000001.SZ", "5m", "");
    for volume in ["1000.00", "0.10"] {
        let body = body(&row("202406280935").replace(r#""10.00",{}"#, &format!(r#""{volume}",{{}}"#)));
        assert_eq!(kind(&query, &[body.as_bytes()]), ErrorKind::Invalid, "{volume}");
    }
    // A turnover that is rounded to nothing, and a quote without a float, prove nothing.
    for body in [body(&row("202406280935").replace(r#"{},"10.00""#, r#"{},"0.00""#)), {
        body(&row("202406280935").replace(r#""10.00",{}"#, r#""1000.00",{}"#)).replace("1000000", "")
    }] {
        assert_eq!(answer(&query, &[body.as_bytes()]).unwrap().num_rows(), 1, "{body}");
    }
}

#[test]
fn what_is_missing_is_told_apart() {
    let query = minutes("000001.SZ", "5m", "2024-06-28");
    let empty = |rows| kind(&query, &[body(rows).as_bytes()]);
    assert_eq!(empty(""), ErrorKind::NoData);
    assert_eq!(empty(&row("202406271500")), ErrorKind::NoData);
    for unknown in [
        r#"{"code":0,"msg":"","data":{"sz000001":{"qt":{"sz000001":[],"market":["x"]}}}}"#,
        r#"{"code":0,"msg":"","data":{"sz000001":[]}}"#,
        r#"{"code":0,"msg":"","data":[]}"#,
    ] {
        assert_eq!(kind(&query, &[unknown.as_bytes()]), ErrorKind::NotFound, "{unknown}");
    }
    assert_eq!(kind(&query, &[br#"{"code":1,"msg":"bad params"}"#]), ErrorKind::Upstream);
    assert_eq!(kind(&query, &[b"<html></html>"]), ErrorKind::Blocked);
    let other = body(&row("202406280935")).replace("sz000001", "sh600000");
    assert_eq!(kind(&query, &[other.as_bytes()]), ErrorKind::Invalid);
}

#[test]
fn what_has_another_form_is_decode() {
    let query = minutes("000001.SZ", "5m", "");
    let whole = row("202406280935");
    for row in [
        whole.replace("202406280935", "2024-06-28 09:35"),
        whole.replace("202406280935", "20240628093500"),
        whole.replace("202406280935", "202406282535"),
        whole.replace(r#""10.00","10.20""#, r#""10.20""#).replace(r#",{},"10.00""#, ""),
        // A column in front.
        whole.replace('[', r#"["sz000001","#),
    ] {
        assert_eq!(kind(&query, &[body(&row).as_bytes()]), ErrorKind::Decode, "{row}");
    }
    let renamed = body(&whole).replace("\"m5\"", "\"m6\"");
    assert_eq!(kind(&query, &[renamed.as_bytes()]), ErrorKind::Decode);
}

#[test]
fn a_full_page_must_reach_back_to_the_start() {
    let rows: Vec<String> = (0..320).map(|_| row("202406280935")).collect();
    let query = minutes("000001.SZ", "5m", "2024-06-28");
    assert_eq!(kind(&query, &[body(&rows.join(",")).as_bytes()]), ErrorKind::Invalid);
}

#[test]
fn recorded_bars() {
    let Some(body) = recording("tencent_mkline_m5_sh600519_2026-07-09.trimmed.json.txt") else { return };
    let batch = answer(&minutes("600519.SH", "5m", "2026-07-09"), &[&body]).unwrap();
    let [first, _, last] = bars(&batch).try_into().unwrap();
    assert_eq!(first.time.to_string(), "2026-07-09T01:50:00Z");
    assert_eq!((first.open, first.close, first.high, first.low), (1182.1, 1188.53, 1188.88, 1182.1));
    assert_eq!((first.volume, first.amount), (204_100, None));
    assert_eq!((last.time.to_string().as_str(), last.volume), ("2026-07-09T02:00:00Z", 65_200));
    assert_eq!(kind(&minutes("600519.SH", "15m", ""), &[&body]), ErrorKind::Decode);
    assert_eq!(kind(&minutes("600150.SH", "5m", ""), &[&body]), ErrorKind::Invalid);

    // The author of this one left out all rows but one, and the quote.
    let Some(text) = recording("tencent_mkline_m5_sh600150_2026-09-11.fragment.txt") else { return };
    let text = String::from_utf8(text).unwrap().replace(", ...]", "]").replace("{...}", "{}");
    let batch = answer(&minutes("600150.SH", "5m", "2026-09-11"), &[text.as_bytes()]).unwrap();
    let [bar] = bars(&batch).try_into().unwrap();
    assert_eq!((bar.time.to_string().as_str(), bar.close), ("2026-09-11T06:15:00Z", 39.78));
    assert_eq!(bar.volume, 1_179_600);

    let Some(body) = recording("tencent_mkline_invalid_sh999999_2026-07-09.trimmed.json.txt") else { return };
    // 999999 is in no family of codes, and is not asked for.
    let body = String::from_utf8(body).unwrap().replace("sh999999", "sh605999");
    assert_eq!(kind(&minutes("605999.SH", "5m", ""), &[body.as_bytes()]), ErrorKind::NotFound);
}

/// `minute/query` has one price a minute and no bars. Nothing of it is taken for one.
#[test]
fn recorded_prices_of_today_are_no_bars() {
    for (name, symbol) in [
        ("tencent_minute_query_sz399006_2025-12-19.jsonp.txt", "000001.SZ"),
        ("tencent_minute_query_sh601138.fragment.txt", "601138.SH"),
        ("tencent_minute_query_first_rows_2026-09-28.fragments.txt", "600519.SH"),
    ] {
        let Some(body) = recording(name) else { return };
        let kind = kind(&minutes(symbol, "1m", ""), &[&body]);
        assert!(matches!(kind, ErrorKind::Invalid | ErrorKind::Decode), "{name}: {kind}");
    }
}

#[test]
fn bars_are_those_of_the_market() {
    let market = market();
    for (period, size, start) in [
        ("1m", 1, "2024-06-28"),
        ("5m", 5, "2024-06-21"),
        ("15m", 15, "2024-06-11"),
        ("30m", 30, "2024-05-15"),
        ("60m", 60, "2024-04-02"),
    ] {
        for instrument in stocks(&market).filter(|instrument| instrument.state == State::Trading) {
            let query = minutes(&symbol(instrument), period, start);
            if endpoint(&query).capability().answers(query.selection(), market.until()).is_err() {
                continue;
            }
            let batch = ask(&market, &Limits::default(), &query).unwrap();
            let days =
                instrument.bars().iter().map(|bar| bar.date).filter(|day| *day >= start.parse().unwrap());
            let truth: Vec<_> = days.flat_map(|day| instrument.minutes(day, size)).collect();
            let bars = bars(&batch);
            assert_eq!(bars.len(), truth.len(), "{query}");
            let scale = 10_f64.powi(instrument.decimals as i32);
            for (bar, truth) in bars.iter().zip(truth) {
                let end: DateTime = Zone::Shanghai.clock(bar.time);
                let prices =
                    [truth.open, truth.high, truth.low, truth.close].map(|price| price as f64 / scale);
                assert_eq!((end, [bar.open, bar.high, bar.low, bar.close]), (truth.end, prices), "{query}");
                assert!((bar.volume - truth.volume).abs() <= 50, "{query} {end}");
            }
        }
    }
    let query = minutes("605999.SH", "5m", "2024-06-28");
    assert_eq!(ask(&market, &Limits::default(), &query).unwrap_err().kind(), ErrorKind::NotFound);
}
