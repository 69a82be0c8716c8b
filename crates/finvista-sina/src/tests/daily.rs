//! Daily bars from small bodies.

use finvista_core::{Body, ErrorKind, Venue, calendar};
use finvista_datasets::{CnStockDaily, DailyBar};
use jiff::ToSpan;
use jiff::civil::{Date, date};

use super::{answer, answer_of, cx, first_request, kind, query, urls, utf8};

/// The recorded rows of two days and one made up before them, in the recorded envelope.
const BODY: &str = "/*<script>location.href='//sina.com';</script>*/\nvar _sh600036_240_60=([\
    {\"day\":\"2019-12-25\",\"open\":\"37.500\",\"high\":\"37.900\",\"low\":\"37.400\",\"close\":\"37.780\",\"volume\":\"1000\"},\
    {\"day\":\"2019-12-26\",\"open\":\"37.780\",\"high\":\"38.100\",\"low\":\"37.690\",\"close\":\"38.100\",\"volume\":\"19223976\"},\
    {\"day\":\"2019-12-27\",\"open\":\"38.100\",\"high\":\"38.500\",\"low\":\"37.800\",\"close\":\"37.860\",\"volume\":\"35953534\"}]);";

const FACTORS: &str = "var sh600036qfq={\"total\":2,\"data\":[{\"d\":\"2019-12-27\", \"f\":\"1.0000000000000000\"},\
    {\"d\":\"1900-01-01\", \"f\":\"1.2500000000000000\"}]}\n/* KQHm+/8 */\n";

fn daily(params: &str) -> finvista_core::Query {
    query::<CnStockDaily>(params)
}

#[test]
fn the_address_asks_for_as_many_rows_as_the_range_can_have() {
    let url = |params: &str| first_request::<CnStockDaily>(&daily(&format!("symbol=600519{params}"))).url;
    let address = |rows| {
        format!(
            "https://quotes.sina.cn/cn/api/jsonp_v2.php/var%20_sh600519_240_{rows}=/CN_MarketDataService.getKLineData\
             ?symbol=sh600519&scale=240&ma=no&datalen={rows}"
        )
    };
    assert_eq!(url(" start=2024-06-24"), address(30));
    assert_eq!(url(" start=2024-05-01"), address(43 + 10));
    assert_eq!(url(" start=2010-01-04"), address(1023));
    assert_eq!(url(" start=2030-01-04"), address(30));
    assert_eq!(url(""), address(1023));
    let request = first_request::<CnStockDaily>(&daily("symbol=000001 adjust=qfq"));
    assert!(request.url.contains("var%20_sz000001_240_1023=/") && request.url.contains("symbol=sz000001&"));
    assert!(request.headers.is_empty());
}

#[test]
fn bars_are_read_and_the_one_before_the_range_is_the_previous_close() {
    let table = answer::<CnStockDaily>(&daily("symbol=600036 start=2019-12-26"), &[BODY]).unwrap();
    let [first, second] = table.rows().collect::<Vec<DailyBar<'_>>>()[..] else { panic!("{table:?}") };
    assert_eq!((first.symbol, first.date), ("600036.SH", date(2019, 12, 26)));
    assert_eq!((first.open, first.high, first.low, first.close), (37.78, 38.1, 37.69, 38.1));
    assert_eq!((first.volume, first.amount, first.turnover), (19_223_976, None, None));
    assert_eq!((first.change, first.change_pct), (Some(0.32), Some(0.85)));
    assert_eq!((second.volume, second.change), (35_953_534, Some(-0.24)));
}

#[test]
fn strings_and_numbers_added_fields_and_escapes_are_read_alike() {
    let body = r#"_sh600150_240_1023([{"ma_price5":11.4,"volume":1250028,"amount":"49684335.1899","day":"2026\u002d09-11",
        "close":39.820,"low":"39.640","high":39.83,"open":"39.670","new":{"a":[null]}},
        {"day":"2026\/09\/14","open":39,"high":39,"low":39,"close":39,"volume":"7","amount":null}]);"#;
    let table = answer::<CnStockDaily>(&daily("symbol=600150"), &[body]).unwrap();
    let [first, second] = table.rows().collect::<Vec<_>>()[..] else { panic!("{table:?}") };
    assert_eq!((first.date, first.open, first.close), (date(2026, 9, 11), 39.67, 39.82));
    assert_eq!((first.volume, first.amount), (1_250_028, Some(49_684_335.189_9)));
    assert_eq!((second.date, second.volume, second.amount), (date(2026, 9, 14), 7, None));
}

#[test]
fn only_the_bars_that_were_asked_for_are_read() {
    let of = |symbol: &str| daily(&format!("symbol={symbol}"));
    assert_eq!(kind::<CnStockDaily>(&of("600037"), &[BODY]), ErrorKind::Invalid);
    assert_eq!(kind::<CnStockDaily>(&of("000036"), &[BODY]), ErrorKind::Invalid);
    // The last is the name that other programs ask for.
    for name in ["var _sh600036_240_1577432551767=", "_sh600036_240_30", "var _sh600036="] {
        let body = BODY.replace("var _sh600036_240_60=", name);
        assert!(answer::<CnStockDaily>(&of("600036"), &[body]).is_ok(), "{name}");
    }
    // Another symbol, another period, and names that say neither.
    for name in ["var _sh6000361_240_60=", "var _sh600036_60_60=", "var _x=", "=", ""] {
        let body = BODY.replace("var _sh600036_240_60=", name);
        assert_eq!(kind::<CnStockDaily>(&of("600036"), &[body]), ErrorKind::Invalid, "{name}");
    }
}

#[test]
fn unknown_symbols_and_empty_ranges_are_told_apart() {
    let unknown = daily("symbol=605999 start=2024-06-01 adjust=qfq");
    for body in
        ["null", "(null)", "/*x*/\nvar _sh605999_240_30=(null);\n", "[]", "var _sh605999_240_30=([]);"]
    {
        assert_eq!(kind::<CnStockDaily>(&unknown, &[body]), ErrorKind::NotFound, "{body}");
    }
    let later = daily("symbol=600036 start=2019-12-28 end=2019-12-29 adjust=qfq");
    assert_eq!(kind::<CnStockDaily>(&later, &[BODY]), ErrorKind::NoData);
}

#[test]
fn bad_answers_have_their_kind() {
    let query = daily("symbol=600036");
    for (body, expected) in [
        ("", ErrorKind::Decode),
        ("<html><head><title>拒绝访问</title></head></html>", ErrorKind::Blocked),
        ("Service not found", ErrorKind::Upstream),
        ("{\"a\":1}", ErrorKind::Decode),
        ("[1,2]", ErrorKind::Decode),
        ("\u{0}\u{1}garbage(]", ErrorKind::Decode),
        // A bar of a minute (sina_kline_5min_jsonp_sh600086_2019-06-27.txt) is not a daily bar.
        (
            r#"[{"day":"2019-06-27 14:05:00","open":"4.470","high":"4.470","low":"4.450","close":"4.460","volume":"732300"}]"#,
            ErrorKind::Decode,
        ),
        (
            r#"[{"day":"2019-06-27","open":"4.470","high":"4.470","low":"4.450","close":"4.460"}]"#,
            ErrorKind::Decode,
        ),
        (
            r#"[{"day":"2019-06-27","open":"NaN","high":"4.470","low":"4.450","close":"4.460","volume":"1"}]"#,
            ErrorKind::Decode,
        ),
    ] {
        assert_eq!(kind::<CnStockDaily>(&query, &[body]), expected, "{body}");
    }
    let error = answer::<CnStockDaily>(&query, &[BODY.replace("37.690", "-")]).unwrap_err();
    assert!(
        error.message().contains("the bar of 2019-12-26: ") && error.message().contains("low"),
        "{error}"
    );
}

#[test]
fn a_cut_body_is_never_a_shorter_series() {
    let query = daily("symbol=600036 adjust=qfq");
    for end in 0..BODY.len() {
        match answer::<CnStockDaily>(&query, &[&BODY.as_bytes()[..end], FACTORS.as_bytes()]) {
            Ok(table) => assert_eq!((table.num_rows(), end), (3, BODY.len() - 1)),
            Err(error) => assert_eq!(error.kind(), ErrorKind::Decode, "{error}"),
        }
    }
    for end in 0..FACTORS.len() {
        match answer::<CnStockDaily>(&query, &[BODY.as_bytes(), &FACTORS.as_bytes()[..end]]) {
            Ok(table) => assert_eq!(table.rows().next().unwrap().close, 30.224),
            Err(error) => assert_eq!(error.kind(), ErrorKind::Decode, "{error}"),
        }
    }
}

/// An answer with a bar for each of the last `rows` trading days until `last`, to a request for `asked` rows.
fn series(rows: i64, last: Date, asked: i64) -> String {
    let mut day = last;
    let mut bars = Vec::new();
    while bars.len() < usize::try_from(rows).unwrap() {
        if calendar::is_session(Venue::Sh, day) == Some(true) {
            bars.push(format!(
                r#"{{"day":"{day}","open":"2","high":"2","low":"2","close":"2","volume":"100"}}"#
            ));
        }
        day = day.checked_sub(1.day()).unwrap();
    }
    bars.reverse();
    format!("var _sh600036_240_{asked}=([{}]);", bars.join(","))
}

#[test]
fn a_range_beyond_the_cap_is_refused_and_never_shortened() {
    let last = cx().today();
    let ask = |start: &str, rows: i64| {
        let query = daily(&format!("symbol=600036{start}"));
        answer::<CnStockDaily>(&query, &[series(rows, last, 1023)]).map(|table| table.num_rows())
    };
    // As many as asked, or as many as others report for a cap: there may be more before them.
    for (start, rows) in [(" start=2010-01-04", 1023), (" start=2010-01-04", 1000), ("", 1000), ("", 1023)] {
        let error = ask(start, rows).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{start} {rows}");
        assert!(error.message().contains("may not reach back"), "{error}");
    }
    // Fewer than any cap: the share was listed later than the start.
    assert_eq!(ask(" start=2010-01-04", 999).unwrap(), 999);
    assert_eq!(ask("", 999).unwrap(), 999);
    // Long answers that reach the start are whole.
    assert_eq!(ask(" start=2024-01-01", 1023).unwrap(), 117);
    // A clock that is behind asks for too few rows, and the name says so: 30 were asked for, and they begin after the start.
    let late = daily("symbol=600036 start=2024-06-24");
    for (rows, asked, ok) in [(30, 30, false), (29, 30, true), (30, 31, true)] {
        let result = answer::<CnStockDaily>(&late, &[series(rows, date(2024, 12, 31), asked)]);
        assert_eq!(result.is_ok(), ok, "{rows} of {asked}");
    }
}

#[test]
fn factors_adjust_each_day_by_the_latest_step_up_to_it() {
    let query = |adjust: &str| daily(&format!("symbol=600036 start=2019-12-26 adjust={adjust}"));
    let table = answer::<CnStockDaily>(&query("qfq"), &[BODY, FACTORS]).unwrap();
    let [first, second] = table.rows().collect::<Vec<_>>()[..] else { panic!("{table:?}") };
    assert_eq!((first.open, first.high, first.low, first.close), (30.224, 30.48, 30.152, 30.48));
    assert_eq!((first.volume, first.change), (19_223_976, Some(0.256)));
    assert_eq!((second.open, second.close, second.change), (38.1, 37.86, Some(7.38)));

    // Any order of the entries, numbers for strings, a semicolon, more fields.
    let hfq = r#"var sh600036hfq={"data":[{"s":1,"d":"1900-01-01","f":2.0},{"d":"2019-12-27","f":"2.5"}],"total":2};"#;
    let table = answer::<CnStockDaily>(&query("hfq"), &[BODY, hfq]).unwrap();
    assert_eq!(table.rows().map(|bar| bar.close).collect::<Vec<_>>(), [76.2, 94.65]);
}

#[test]
fn the_factor_file_is_asked_for_after_the_bars_and_only_then() {
    let mut asked = Vec::new();
    for adjust in ["none", "qfq", "hfq"] {
        let query = daily(&format!("symbol=600036 adjust={adjust}"));
        asked.extend(urls::<CnStockDaily>(&query, |url| url.contains("getKLineData").then(|| utf8(BODY))));
    }
    asked.retain(|url| !url.contains("getKLineData"));
    assert_eq!(
        asked,
        [
            "https://finance.sina.com.cn/realstock/company/sh600036/qfq.js",
            "https://finance.sina.com.cn/realstock/company/sh600036/hfq.js"
        ]
    );
}

#[test]
fn no_factor_file_is_no_failure() {
    let mut page = Body::new(b"<html>404</html>".to_vec());
    page.status = 404;
    let result = answer_of::<CnStockDaily>(&daily("symbol=600036 adjust=qfq"), vec![utf8(BODY), page]);
    assert_eq!(result.unwrap_err().kind(), ErrorKind::Unsupported);
}

#[test]
fn a_wrong_factor_file_is_an_error() {
    let query = daily("symbol=600036 adjust=qfq");
    for (from, to, expected) in [
        ("sh600036qfq", "sh600037qfq", ErrorKind::Invalid),
        ("sh600036qfq", "sh600036hfq", ErrorKind::Invalid),
        ("\"total\":2", "\"total\":3", ErrorKind::Decode),
        ("1.2500000000000000", "0.0000000000000000", ErrorKind::Decode),
        ("1.2500000000000000", "-1.25", ErrorKind::Decode),
        ("1.2500000000000000", "inf", ErrorKind::Decode),
        ("1900-01-01", "2019-12-26", ErrorKind::Decode),
        ("1900-01-01", "then", ErrorKind::Decode),
        ("var sh600036qfq=", "", ErrorKind::Decode),
        ("var ", "<html>", ErrorKind::Blocked),
        // The files of funds (sina_factors_etf_share_noevents.fragments.txt).
        ("\"f\":\"1.25", "\"s\":\"1\",\"u\":\"0.797\",\"f\":\"1.25", ErrorKind::Unsupported),
        ("\"f\":\"1.25", "\"s\":\"2\",\"u\":\"0\",\"f\":\"1.25", ErrorKind::Unsupported),
    ] {
        let factors = FACTORS.replace(from, to);
        assert_eq!(kind::<CnStockDaily>(&query, &[BODY, &factors]), expected, "{from} -> {to}");
    }
    for body in ["", "null", "Service not found", "\u{1}\u{2}"] {
        assert!(matches!(
            kind::<CnStockDaily>(&query, &[BODY, body]),
            ErrorKind::Decode | ErrorKind::Upstream
        ));
    }
}

fn row(day: &str, [open, high, low, close]: [f64; 4], volume: u32) -> String {
    format!(
        r#"{{"day":"{day}","open":"{open:.3}","high":"{high:.3}","low":"{low:.3}","close":"{close:.3}","volume":"{volume}"}}"#
    )
}

fn bars_of(code: &str, rows: &[String]) -> String {
    format!("/*<script>location.href='//sina.com';</script>*/\nvar _{code}_240_1023=([{}]);", rows.join(","))
}

fn factors(code: &str, adjust: &str, factor: &str) -> String {
    format!(r#"var {code}{adjust}={{"total":1,"data":[{{"d":"1900-01-01","f":"{factor}"}}]}}"#)
}

#[test]
fn suspended_days_are_no_rows() {
    let traded = [
        row("2024-06-25", [10.2, 10.3, 10.1, 10.16], 1_000_000),
        row("2024-06-27", [10.16, 10.25, 10.1, 10.2], 1_000_000),
    ];
    for prices in [[10.16; 4], [0.0, 0.0, 0.0, 10.16], [0.0; 4]] {
        let suspended = row("2024-06-26", prices, 0);
        let all = bars_of("sh600036", &[traded[0].clone(), suspended.clone(), traded[1].clone()]);
        for adjust in ["none", "qfq", "hfq"] {
            let bodies = match adjust {
                "none" => vec![all.clone()],
                _ => vec![all.clone(), factors("sh600036", adjust, "2.0")],
            };
            let table =
                answer::<CnStockDaily>(&daily(&format!("symbol=600036 adjust={adjust}")), &bodies).unwrap();
            let days: Vec<_> = table.rows().map(|row| row.date.day()).collect();
            assert_eq!(days, [25, 27], "{prices:?}, {adjust}");
        }
        let alone = bars_of("sh600036", &[suspended]);
        assert_eq!(kind::<CnStockDaily>(&daily("symbol=600036"), &[alone]), ErrorKind::NoData);
    }
}

/// Factors multiply, so a price below zero is a mistake in either direction.
#[test]
fn prices_below_zero_are_refused_however_they_are_adjusted() {
    let rows = [row("2024-06-25", [-3.1, -3.0, -3.2, -3.05], 1_000_000)];
    let body = bars_of("sz000591", &rows);
    assert_eq!(kind::<CnStockDaily>(&daily("symbol=000591"), &[&body]), ErrorKind::Invalid);
    for adjust in ["qfq", "hfq"] {
        let query = daily(&format!("symbol=000591 adjust={adjust}"));
        let bodies = [body.clone(), factors("sz000591", adjust, "6.2")];
        assert_eq!(kind::<CnStockDaily>(&query, &bodies), ErrorKind::Invalid, "{adjust}");
    }
    let rows = [row("2024-06-25", [5.05, 5.15, 5.0, 5.1], 1_000_000)];
    let bodies = [bars_of("sz000591", &rows), factors("sz000591", "hfq", "6.2")];
    let table = answer::<CnStockDaily>(&daily("symbol=000591 adjust=hfq"), &bodies).unwrap();
    assert_eq!(table.rows().next().unwrap().close, 31.62);
}
