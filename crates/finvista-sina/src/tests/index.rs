//! Indices: the formats of stocks, with other units.

use finvista_core::ErrorKind;
use finvista_datasets::{CnIndexDaily, CnIndexQuote};
use jiff::civil::date;

use super::{answer, cx, endpoint, first_request, kind, query};

const BARS: &str = "/*<script>location.href='//sina.com';</script>*/\nvar _sh000001_240_30=([\
    {\"day\":\"2024-06-27\",\"open\":\"2967.132\",\"high\":\"2967.132\",\"low\":\"2944.101\",\"close\":\"2945.853\",\"volume\":\"27990345300\"},\
    {\"day\":\"2024-06-28\",\"open\":\"2944.451\",\"high\":\"2986.561\",\"low\":\"2942.372\",\"close\":\"2967.403\",\"volume\":\"30221893700\"}]);";

const QUOTES: &str = "var hq_str_sh000001=\"上证指数,2944.4510,2945.8530,2967.4030,2986.5610,2942.3720,0,0,302218937,\
    323456789012,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,2024-06-28,15:30:39,00,\";\n\
    var hq_str_sz399001=\"深证成指,8845.120,8851.410,8848.702,8915.330,8820.010,0.000,0.000,39811223344,\
    389012345678.120,0,0.000,0,0.000,0,0.000,0,0.000,0,0.000,0,0.000,0,0.000,0,0.000,0,0.000,0,0.000,2024-06-28,15:00:03,00\";\n";

#[test]
fn quotes_of_shanghais_indices_count_lots() {
    let query = query::<CnIndexQuote>("symbols=000001,399001");
    assert_eq!(first_request::<CnIndexQuote>(&query).url, "https://hq.sinajs.cn/list=sh000001,sz399001");
    let table = answer::<CnIndexQuote>(&query, &[QUOTES]).unwrap();
    let [shanghai, shenzhen] = &table.rows().collect::<Vec<_>>()[..] else { panic!("{table:?}") };
    assert_eq!((shanghai.symbol, shanghai.name, shanghai.price), ("000001.SH", "上证指数", Some(2967.403)));
    assert_eq!((shanghai.volume, shanghai.amount), (Some(30_221_893_700), Some(323_456_789_012.0)));
    assert_eq!((shenzhen.volume, shenzhen.amount), (Some(39_811_223_344), Some(389_012_345_678.12)));
    assert_eq!(
        (shenzhen.open, shenzhen.pre_close, shenzhen.change),
        (Some(8845.12), Some(8851.41), Some(-2.708))
    );
    let other = super::query::<CnIndexQuote>("symbols=000300");
    assert_eq!(kind::<CnIndexQuote>(&other, &[QUOTES]), ErrorKind::Invalid);
    assert_eq!(kind::<CnIndexQuote>(&other, &["var hq_str_sh000300=\"\";"]), ErrorKind::NotFound);
}

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
fn bad_answers_have_their_kind() {
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
