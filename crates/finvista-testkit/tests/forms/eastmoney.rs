//! East Money's daily bars and quotes.

use super::*;

#[test]
fn eastmoney_bars_and_quotes() {
    let Some(corpus) = Corpus::open() else { return };
    let bars = |query: &str| {
        let fields = "fields1=f1,f2,f3,f4,f5,f6&fields2=f51,f52,f53,f54,f55,f56,f57,f58,f59,f60,f61";
        corpus.encoded(&format!(
            "https://push2his.eastmoney.com/api/qt/stock/kline/get?{fields}&klt=101&{query}"
        ))
    };
    let recorded = corpus.recorded("kline_daily_1.601872.json");
    let encoded = bars("secid=1.601318&fqt=1&beg=20260601&end=20260612");
    let (head, rows) = recorded.split_once("\"klines\":").unwrap();
    let (our_head, our_rows) = encoded.split_once("\"klines\":").unwrap();
    assert_eq!(loose(&head.replace("招商轮船", "")), loose(&our_head.replace("中国平安", "")));
    assert_eq!(shape(rows.split("\",").next().unwrap()), shape(our_rows.split("\",").next().unwrap()));
    assert!(encoded.ends_with("\"]}}"), "{encoded}");

    let empty = corpus.recorded("kline_empty_klines_000300_jsonp.txt");
    let encoded = bars("secid=1.000300&fqt=1&beg=20260926&end=20260927&cb=jQuery1_2");
    let tail = r#""preKPrice":0.0,"klines":[]}});"#;
    assert!(empty.trim_end().ends_with(tail) && encoded.ends_with(tail), "{encoded}");

    let refusal = corpus.recorded("ulist_error_rc102_data_null.json");
    let list = "https://push2.eastmoney.com/api/qt/ulist.np/get";
    let refused = corpus.encoded(&format!("{list}?secids=1.999999&fields=f12"));
    assert_eq!(keys(&refusal), keys(&refused));
    assert!(
        refused.starts_with(r#"{"rc":102,"rt":1,"#)
            && bars("secid=1.999999").starts_with(r#"{"rc":100,"rt":1,"#)
    );

    // A row of the list service, which shares its fields with this one; those that the market does not know are "-".
    let rows = corpus.recorded("clist_sh_a_page1_20rows_fltt2_jsonp.txt");
    let row = rows.split("\"diff\":[").nth(1).unwrap().split_inclusive('}').next().unwrap();
    let ours = [
        "f1", "f2", "f3", "f4", "f5", "f6", "f7", "f8", "f12", "f13", "f14", "f15", "f16", "f17", "f18",
        "f20", "f21", "f152",
    ];
    let encoded = corpus.encoded(&format!("{list}?secids=1.600519&fltt=2&fields={}", ours.join(",")));
    let encoded = encoded.split("\"diff\":[").nth(1).unwrap().split_inclusive('}').next().unwrap();
    let cells = |row: &str| -> Vec<String> {
        let is_ours = |cell: &&str| ours.iter().any(|name| cell.starts_with(&format!("\"{name}\":")));
        row.trim_matches(['{', '}'])
            .split(',')
            .filter(is_ours)
            .map(loose)
            .filter(|c| !c.contains("f9\":\"") || c.contains("\"9\""))
            .collect()
    };
    assert_eq!(cells(row), cells(encoded));
    let scaled = corpus.recorded("ulist_np_crossmarket_fltt1.json");
    let encoded = corpus.encoded(&format!("{list}?secids=1.600519,0.000001,1.510300&fields=f2,f12,f14"));
    assert_eq!(keys(&scaled), keys(&encoded));
    let halted = corpus
        .encoded(&format!("{list}?secids=0.002150&fltt=2&fields=f2,f3,f4,f5,f6,f12,f13,f15,f16,f17,f18"));
    let recorded = corpus.recorded("clist_row_suspended_000003_fragment.txt");
    assert!(halted.contains(r#"{"f2":"-","f3":"-","f4":"-","f5":"-","f6":"-","f12":"002150","f13":0,"f15":"-","f16":"-","f17":"-","f18":"#));
    assert!(recorded.starts_with(r#"{"f2":"-","f3":"-","f4":"-","f5":"-","f6":"-","f8":0"#));
}
