//! Bars of minutes from small bodies.

use finvista_core::ErrorKind;
use finvista_datasets::{CnStockMinute, MinuteBar};

use super::{answer, cx, endpoint, first_request, kind, query};

/// The form of the recorded rows of 2026, on made-up days.
const BODY: &str = "/*<script>location.href='//sina.com';</script>*/\nvar _sh600150_60_20=([\
    {\"day\":\"2024-06-26 15:00:00\",\"open\":\"10.000\",\"high\":\"10.100\",\"low\":\"10.000\",\"close\":\"10.000\",\"volume\":\"10000\",\"amount\":\"100100.0000\"},\
    {\"day\":\"2024-06-27 10:30:00\",\"open\":\"9.900\",\"high\":\"10.000\",\"low\":\"9.800\",\"close\":\"9.990\",\"volume\":\"20000\",\"amount\":\"198000.5000\"},\
    {\"day\":\"2024-06-27 11:30:00\",\"open\":\"9.990\",\"high\":\"10.200\",\"low\":\"9.990\",\"close\":\"10.100\",\"volume\":\"30001\"}]);";

const FACTORS: &str = "var sh600150qfq={\"total\":2,\"data\":[{\"d\":\"2024-06-27\",\"f\":\"1.0\"},{\"d\":\"1900-01-01\",\"f\":\"1.25\"}]};";

fn minutes(params: &str) -> finvista_core::Query {
    query::<CnStockMinute>(&format!("symbol=600150 period=60m {params}"))
}

#[test]
fn the_address_asks_for_the_bars_that_the_days_can_have() {
    let url = |params: &str| {
        let url = first_request::<CnStockMinute>(&query::<CnStockMinute>(params)).url;
        url.split_once("getKLineData?").unwrap().1.to_owned()
    };
    assert_eq!(url("symbol=600150 start=2024-06-28 period=60"), "symbol=sh600150&scale=60&ma=no&datalen=30");
    assert_eq!(url("symbol=600150 start=2024-06-24"), "symbol=sh600150&scale=5&ma=no&datalen=255");
    assert_eq!(
        url("symbol=bj920982 start=2024-06-03 period=15"),
        "symbol=bj920982&scale=15&ma=no&datalen=350"
    );
    assert_eq!(url("symbol=600150 start=2024-01-01"), "symbol=sh600150&scale=5&ma=no&datalen=1023");
}

#[test]
fn bars_are_read_with_their_end_and_their_amount() {
    let table = answer::<CnStockMinute>(&minutes("start=2024-06-27"), &[BODY]).unwrap();
    let [first, second] = table.rows().collect::<Vec<MinuteBar<'_>>>()[..] else { panic!("{table:?}") };
    assert_eq!((first.symbol, first.time), ("600150.SH", "2024-06-27T10:30:00+08:00".parse().unwrap()));
    assert_eq!((first.open, first.high, first.low, first.close), (9.9, 10.0, 9.8, 9.99));
    assert_eq!((first.volume, first.amount, first.finished), (20_000, Some(198_000.5), true));
    assert_eq!((second.volume, second.amount, second.close), (30_001, None, 10.1));
}

#[test]
fn a_bar_has_the_factor_of_its_day() {
    let table = answer::<CnStockMinute>(&minutes("start=2024-06-26 adjust=qfq"), &[BODY, FACTORS]).unwrap();
    assert_eq!(table.rows().map(|bar| bar.close).collect::<Vec<_>>(), [8.0, 9.99, 10.1]);
    assert_eq!(table.rows().next().unwrap().amount, Some(100_100.0));
}

#[test]
fn a_first_day_that_may_be_cut_is_refused() {
    // Three rows of the three asked for: there may be older ones, on the same day as the first.
    let cut = BODY.replace("_60_20=", "_60_3=");
    assert_eq!(kind::<CnStockMinute>(&minutes("start=2024-06-26"), &[&cut]), ErrorKind::Unsupported);
    assert_eq!(answer::<CnStockMinute>(&minutes("start=2024-06-27"), &[&cut]).unwrap().num_rows(), 2);
    assert_eq!(answer::<CnStockMinute>(&minutes("start=2024-06-26"), &[BODY]).unwrap().num_rows(), 3);
}

#[test]
fn bad_answers_have_their_kind() {
    for (body, expected) in [
        (BODY.replace("sh600150", "sh600151"), ErrorKind::Invalid),
        (BODY.replace("_60_20", "_30_20"), ErrorKind::Invalid),
        (BODY.replace(" 10:30:00", ""), ErrorKind::Decode),
        (BODY.replace("10:30:00", "24:30:00"), ErrorKind::Decode),
        // Lots in place of shares.
        (BODY.replace("\"20000\"", "\"200\""), ErrorKind::Invalid),
        // The volume where the amount was.
        (BODY.replace("198000.5000", "20000"), ErrorKind::Invalid),
        ("var _sh600150_60_20=(null);".to_owned(), ErrorKind::NotFound),
        ("<html></html>".to_owned(), ErrorKind::Blocked),
        (String::new(), ErrorKind::Decode),
    ] {
        assert_eq!(kind::<CnStockMinute>(&minutes("start=2024-06-27"), &[&body]), expected, "{body}");
    }
    assert_eq!(kind::<CnStockMinute>(&minutes("start=2024-06-28"), &[BODY]), ErrorKind::NoData);
    for end in 0..BODY.len() - 1 {
        let error =
            answer::<CnStockMinute>(&minutes("start=2024-06-27"), &[&BODY.as_bytes()[..end]]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode, "{error}");
    }
}

#[test]
fn single_minutes_and_days_beyond_the_cap_are_not_promised() {
    let promised = |params: &str| {
        let query = query::<CnStockMinute>(&format!("symbol=600150 {params}"));
        endpoint::<CnStockMinute>().capability().answers(query.selection(), cx().today()).is_ok()
    };
    // 20 weekdays of 49 bars are in reach of 1,023.
    assert!(promised("start=2024-06-03 period=5m") && promised("start=2023-10-09 period=60m adjust=hfq"));
    assert!(!promised("start=2024-05-30 period=5m") && !promised("period=5m"));
    assert!(!promised("start=2024-06-27 period=1m"));
}
