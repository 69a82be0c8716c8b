//! Indices: the formats of stocks, with other units.

use finvista_core::ErrorKind;
use finvista_datasets::CnIndexDaily;
use jiff::civil::date;

use super::{answer, cx, endpoint, first_request, kind, query};

const BARS: &str = "/*<script>location.href='//sina.com';</script>*/\nvar _sh000001_240_30=([\
    {\"day\":\"2024-06-27\",\"open\":\"2967.132\",\"high\":\"2967.132\",\"low\":\"2944.101\",\"close\":\"2945.853\",\"volume\":\"27990345300\"},\
    {\"day\":\"2024-06-28\",\"open\":\"2944.451\",\"high\":\"2986.561\",\"low\":\"2942.372\",\"close\":\"2967.403\",\"volume\":\"30221893700\"}]);";

#[test]
fn bars_of_an_index_count_shares() {
    let query = query::<CnIndexDaily>("symbol=000001 start=2024-06-28");
    let request = first_request::<CnIndexDaily>(&query);
    assert!(request.url.ends_with(
        "_sh000001_240_30=/CN_MarketDataService.getKLineData?symbol=sh000001&scale=240&ma=no&datalen=30"
    ));
    let table = answer::<CnIndexDaily>(&query, &[BARS]).unwrap();
    let [bar] = table.rows().collect::<Vec<_>>()[..] else { panic!("{table:?}") };
    assert_eq!((bar.symbol, bar.date, bar.close), ("000001.SH", date(2024, 6, 28), 2967.403));
    assert_eq!((bar.volume, bar.amount, bar.change_pct), (30_221_893_700, None, Some(0.73)));
}

#[test]
fn answers_that_are_none_have_their_kind() {
    for (symbol, body, expected) in [
        ("399001", BARS.to_owned(), ErrorKind::Invalid),
        ("000300", BARS.to_owned(), ErrorKind::Invalid),
        ("000778", "var _sh000778_240_1023=(null);".to_owned(), ErrorKind::NotFound),
        ("000001", "<html></html>".to_owned(), ErrorKind::Blocked),
        ("000001", BARS.replace("2967.403", "27990345300"), ErrorKind::Invalid),
        ("000001", BARS.chars().take(300).collect(), ErrorKind::Decode),
    ] {
        assert_eq!(
            kind::<CnIndexDaily>(&query::<CnIndexDaily>(&format!("symbol={symbol}")), &[body]),
            expected
        );
    }
}

#[test]
fn only_the_indices_of_the_exchanges_are_promised() {
    let daily = |params: &str| {
        let query = query::<CnIndexDaily>(&format!("start=2024-01-02 symbol={params}"));
        endpoint::<CnIndexDaily>().capability().answers(query.selection(), cx().today()).is_ok()
    };
    assert!(daily("000300") && daily("399006") && daily("899050"));
    assert!(!daily("930955") && !daily("980017") && !daily("000300 period=week"));
}
