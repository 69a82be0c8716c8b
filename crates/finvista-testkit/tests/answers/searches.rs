//! Searches.

use super::*;

/// The symbols that a search finds at each vendor.
fn found(market: &Market, text: &str) -> [Vec<String>; 3] {
    let text = percent(text);
    let url = format!("https://searchapi.eastmoney.com/api/suggest/get?input={text}&type=14&count=10");
    let body: Value = serde_json::from_str(&ask(market, &url)).unwrap();
    let table = &body["QuotationCodeTable"];
    let rows = table["Data"].as_array().unwrap();
    assert_eq!(rows.len() as u64, table["TotalCount"].as_u64().unwrap().min(10));
    let eastmoney = rows.iter().map(|row| {
        let code = row["Code"].as_str().unwrap();
        let prefix = match (row["MktNum"].as_str().unwrap(), row["JYS"].as_str().unwrap()) {
            ("1", _) => "sh",
            (_, "81") => "bj",
            ("2", _) => "csi",
            _ => "sz",
        };
        format!("{prefix}{code}")
    });
    let line = ask(market, &format!("https://suggest3.sinajs.cn/suggest/type=&key={text}"));
    let records = line.split('"').nth(1).unwrap().split(';').filter(|record| !record.is_empty());
    let sina = records.map(|record| record.split(',').nth(3).unwrap().to_owned());
    let line = ask(market, &format!("https://smartbox.gtimg.cn/s3/?v=2&q={text}&t=all"));
    let records = line.split('"').nth(1).unwrap().split('^').filter(|record| *record != "N");
    let tencent = records.map(|record| {
        let mut fields = record.split('~');
        format!("{}{}", fields.next().unwrap(), fields.next().unwrap())
    });
    [eastmoney.collect(), sina.collect(), tencent.collect()]
}

/// Percent-encoded UTF-8.
fn percent(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

#[test]
fn every_vendor_finds_by_code_name_and_initials() {
    let market = market(1);
    for (text, symbol) in [
        ("600519", "sh600519"),
        ("sh600519", "sh600519"),
        ("茅台", "sh600519"),
        ("gzmt", "sh600519"),
        ("GZMT", "sh600519"),
        ("payh", "sz000001"),
        ("cqpj", "sh600132"),
        ("xzyy", "sh600211"),
        ("kjs", "sh601579"),
        ("deej", "sz000423"),
        ("wka", "sz000002"),
        ("金螳螂", "sz002081"),
        ("510300", "sh510300"),
        ("920982", "bj920982"),
        ("900901", "sh900901"),
    ] {
        for (vendor, symbols) in found(&market, text).into_iter().enumerate() {
            assert!(
                symbols.len() <= 10 && symbols.contains(&symbol.to_owned()),
                "{vendor} {text}: {symbols:?}"
            );
        }
    }
    // The vendors know one reading of each name: 平安银行 is payh, 重庆啤酒 cqpj, 西藏药业 xzyy and 会稽山 kjs.
    for (text, symbol) in
        [("payx", "sz000001"), ("zqpj", "sh600132"), ("xcyy", "sh600211"), ("hjs", "sh601579")]
    {
        for (vendor, symbols) in found(&market, text).into_iter().enumerate() {
            assert!(!symbols.contains(&symbol.to_owned()), "{vendor} {text}: {symbols:?}");
        }
    }
    let digits = found(&market, "000001");
    assert!(digits[0].contains(&"sz000001".to_owned()) && digits[0].contains(&"sh000001".to_owned()));
    assert!(digits[2].contains(&"sh000001".to_owned()), "an index is a ZS at Tencent");
    assert_eq!(found(&market, "zzzzzz"), [vec![], vec![], vec![]] as [Vec<String>; 3]);
    assert_eq!(found(&market, ""), [vec![], vec![], vec![]] as [Vec<String>; 3]);
    let only_b = ask(&market, "https://suggest3.sinajs.cn/suggest/type=12&key=900");
    assert_eq!(only_b.matches(",12,900").count(), 10, "{only_b}");
}
