//! Searches from small bodies, in the recorded form of a record.

use finvista_core::ErrorKind;
use finvista_datasets::{CnStockSearch, Found};

use super::{answer, first_request, kind, query, urls, utf8};

fn record(symbol: &str, name: &str) -> String {
    let code = symbol.trim_start_matches(|c: char| c.is_ascii_lowercase());
    format!("{name},11,{code},{symbol},{name},,{name},99,1,ESG,,")
}

fn body(records: &[(&str, &str)]) -> String {
    let records: Vec<String> = records.iter().map(|(symbol, name)| record(symbol, name)).collect();
    format!("var suggestvalue=\"{}\";\n", records.join(";"))
}

fn search(text: &str) -> finvista_core::Query {
    query::<CnStockSearch>(&format!("text={text}"))
}

const MIXED: &[(&str, &str)] = &[
    ("sh601398", "工商银行"),
    ("sz399986", "中证银行"),
    ("of014826", "一个基金"),
    ("02186", "绿叶制药"),
    ("sh512800", "银行ETF"),
    ("sh601398", "工商银行"),
    ("sz200002", "万 科Ｂ"),
    ("sh113050", "南银转债"),
    ("bj920982", "锦波生物"),
    ("sh999999", "不明"),
];

#[test]
fn the_address_has_the_key_in_small_letters_and_percents() {
    let key = |text: &str| {
        let url = first_request::<CnStockSearch>(&search(text)).url;
        let url =
            url.strip_prefix("https://suggest3.sinajs.cn/suggest/type=11,12,81,203&key=").unwrap().to_owned();
        url.strip_suffix("&name=suggestvalue").unwrap().to_owned()
    };
    assert_eq!((key("600519"), key("PAYH")), ("600519".to_owned(), "payh".to_owned()));
    assert_eq!(key("600519.SH"), "sh600519");
    assert_eq!(key("平安&?"), "%E5%B9%B3%E5%AE%89%26%3F");
    assert_eq!(key("*ST"), "%2Ast");
}

#[test]
fn instruments_of_the_data_set_are_found_each_once() {
    let table = answer::<CnStockSearch>(&search("银行"), &[body(MIXED)]).unwrap();
    let rows: Vec<Found<'_>> = table.rows().collect();
    let symbols: Vec<&str> = rows.iter().map(|row| row.symbol).collect();
    assert_eq!(symbols, ["601398.SH", "512800.SH", "200002.SZ", "113050.SH", "920982.BJ"]);
    assert_eq!((rows[1].name, rows[1].board, rows[1].initials), ("银行ETF", "fund", None));
    let two = query::<CnStockSearch>("text=银行 limit=2");
    assert_eq!(answer::<CnStockSearch>(&two, &[body(MIXED)]).unwrap().num_rows(), 2);
}

#[test]
fn other_readings_are_asked_for_where_the_first_finds_no_stock() {
    let other = [("sh601398", "工商银行"), ("sz000001", "平安银行"), ("sh603843", "正平股份")];
    let get = |url: &str| {
        // An index is not a stock.
        let found =
            if url.contains("key=payh&") { body(&other) } else { body(&[("sz399986", "中证银行")]) };
        Some(utf8(found))
    };
    let asked = urls::<CnStockSearch>(&search("payx"), get);
    assert!(asked[0].contains("key=payx&") && asked.iter().any(|url| url.contains("key=payh&")), "{asked:?}");
    let bodies: Vec<_> = asked.iter().map(|url| get(url).unwrap().bytes).collect();
    let table = answer::<CnStockSearch>(&search("payx"), &bodies).unwrap();
    // Only the names with the character that is read in two ways count.
    let names: Vec<&str> = table.rows().map(|row| row.name).collect();
    assert_eq!(names, ["工商银行", "平安银行"]);

    // With a stock in the first answer nothing else is asked for, and text in Chinese has no readings.
    assert_eq!(urls::<CnStockSearch>(&search("payh"), |_| Some(utf8(body(&other)))).len(), 1);
    assert_eq!(urls::<CnStockSearch>(&search("银行"), |_| Some(utf8(body(&[])))).len(), 1);
}

#[test]
fn nothing_found_is_not_found() {
    assert_eq!(kind::<CnStockSearch>(&search("xyz不"), &[body(&[])]), ErrorKind::NotFound);
    assert_eq!(
        kind::<CnStockSearch>(&search("605999"), &[body(&[("sh999999", "不明")])]),
        ErrorKind::NotFound
    );
    let asked = urls::<CnStockSearch>(&search("hz"), |_| Some(utf8(body(&[]))));
    assert!(asked.len() > 2);
    let bodies = vec![body(&[]); asked.len()];
    assert_eq!(kind::<CnStockSearch>(&search("hz"), &bodies), ErrorKind::NotFound);
}

#[test]
fn bad_answers_have_their_kind() {
    let ok = body(MIXED);
    for (body, expected) in [
        ("<html></html>".to_owned(), ErrorKind::Blocked),
        ("null".to_owned(), ErrorKind::Decode),
        (String::new(), ErrorKind::Decode),
        // A column less, one more, and one that is empty.
        (ok.replace(",11,", ","), ErrorKind::Decode),
        (ok.replace(",11,", ",11,11,"), ErrorKind::Decode),
        (ok.replace("sh512800,银行ETF,", "sh512800,,"), ErrorKind::Decode),
        ("var suggestvalue=\"短,11,601\";".to_owned(), ErrorKind::Decode),
    ] {
        assert_eq!(kind::<CnStockSearch>(&search("银行"), &[&body]), expected, "{body}");
    }
    let whole = ok.trim_end().len();
    for end in 0..whole {
        let error = answer::<CnStockSearch>(&search("银行"), &[&ok.as_bytes()[..end]]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode, "{error}");
    }
}

#[test]
fn answers_are_gbk_unless_they_say_otherwise() {
    let gbk = encoding_rs::GBK.encode(&body(MIXED)).0.into_owned();
    let table =
        super::answer_of::<CnStockSearch>(&search("银行"), vec![finvista_core::Body::new(gbk)]).unwrap();
    assert_eq!(table.rows().next().unwrap().name, "工商银行");
}
