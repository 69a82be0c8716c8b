//! Searches of all vendors.

use super::*;

#[test]
fn searches() {
    let Some(corpus) = Corpus::open() else { return };
    let recorded = corpus.recorded("suggest_000001_count1.json");
    let url = "https://searchapi.eastmoney.com/api/suggest/get?type=14&count=1&input";
    let encoded = corpus.encoded(&format!("{url}=000001&token=D43BF722C8E33BDC906FB84D85E326E8"));
    assert_eq!(keys(&recorded), keys(&encoded));
    // The bank itself is in both: all its values but the inner code agree.
    let bank = corpus.encoded(&format!("{url}=payh"));
    let row = |text: &str| object(text, "{\"Code\"").split(",\"InnerCode\"").next().unwrap().to_owned();
    assert_eq!(row(&recorded), row(&bank));
    assert_eq!(shape(&object(&recorded, "{\"Code\"")), shape(&object(&bank, "{\"Code\"")));

    let statement = |file: &str| corpus.recorded(file).trim_end().to_owned();
    let sina = |query: &str| corpus.encoded(&format!("https://suggest3.sinajs.cn/suggest/{query}"));
    let recorded = statement("sina_suggest_603596_named.txt");
    let encoded = sina("type=11&key=600519&name=suggestdata_123456789");
    let expected = "var suggestdata_123456789=\"sh600519,11,600519,sh600519,贵州茅台,,贵州茅台,99,1,,,\";";
    assert_eq!(encoded, expected);
    let fields = |text: &str| -> Vec<String> { payload(text).iter().map(|field| shape(field)).collect() };
    let pairs = fields(&recorded).into_iter().zip(fields(&encoded)).enumerate();
    for (at, (recorded, encoded)) in pairs.filter(|(at, _)| ![4, 6, 9].contains(at)) {
        assert_eq!(recorded, encoded, "field {at}");
    }
    // Five digits find the code that ends in them.
    let (recorded, encoded) = (statement("sina_suggest_02367_type11.txt"), sina("type=11&key=00519"));
    assert!(recorded.contains("=\"sz002367,11,") && encoded.contains("sh600519,11,600519,"), "{encoded}");
    // By its name a share is found under its name.
    let recorded = statement("sina_suggest_stock_2024.txt");
    let encoded = sina("type=11,12&key=%E8%8C%85%E5%8F%B0");
    assert!(recorded.starts_with("var suggestvalue=\"龙芯中科,11,"));
    assert!(encoded.starts_with("var suggestvalue=\"贵州茅台,11,600519,sh600519,贵州茅台,,"), "{encoded}");

    let recorded = corpus.recorded("tencent_smartbox_tx_2026-08.txt");
    let encoded = corpus.encoded("https://smartbox.gtimg.cn/s3/?v=2&q=tx&t=all");
    let records = |text: &str| -> Vec<usize> {
        let inner = text.strip_prefix("v_hint=\"").unwrap().strip_suffix('"').unwrap();
        inner.split('^').map(|record| record.split('~').count()).collect()
    };
    assert_eq!(records(&recorded), [5; 10]);
    assert!(records(&encoded).iter().all(|fields| *fields == 5) && encoded.is_ascii(), "{encoded}");
    assert!(recorded.contains("~txetfhx~ETF") && encoded.contains("~txetf"), "{encoded}");
    let nothing = corpus.encoded("https://smartbox.gtimg.cn/s3/?v=2&q=zzzzzz&t=all");
    assert_eq!(corpus.recorded("tencent_smartbox_empty_N.txt").trim_end(), nothing);
}
