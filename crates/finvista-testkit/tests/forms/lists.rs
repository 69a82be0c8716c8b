//! Pages of lists of all vendors.

use super::*;

/// Each key of a flat object with the shape of its value.
fn members(row: &str) -> Vec<(String, String)> {
    let row: serde_json::Value = serde_json::from_str(row).unwrap();
    let shape_of = |value: &serde_json::Value| match value {
        serde_json::Value::String(text) => format!("\"{}\"", shape(text)),
        number => loose(&number.to_string()),
    };
    row.as_object().unwrap().iter().map(|(key, value)| (key.clone(), shape_of(value))).collect()
}

/// Compares two rows, but for names and for what a market does not know.
fn assert_alike(recorded: &str, encoded: &str, but: &[&str]) {
    assert_eq!(keys(recorded), keys(encoded));
    for ((key, recorded), (_, encoded)) in members(recorded).into_iter().zip(members(encoded)) {
        // Whole numbers lose their decimals in JSON.
        let whole = |text: &str| text == "9" || text == "9.9";
        let alike = recorded == encoded || whole(&recorded) && whole(&encoded);
        assert!(alike || but.contains(&key.as_str()), "{key}: {recorded} {encoded}");
    }
}

#[test]
fn pages_of_lists() {
    let Some(corpus) = Corpus::open() else { return };
    let recorded = corpus.recorded("clist_sh_a_page1_20rows_fltt2_jsonp.txt");
    let fields = "f1,f2,f3,f4,f5,f6,f7,f8,f9,f10,f12,f13,f14,f15,f16,f17,f18,f20,f21,f23,f24,f25,f22,f11,f62,f128,f136,f115,f152";
    let query = "pn=1&pz=20&po=1&np=1&fltt=2&invt=2&fid=f3&fs=m:1%20t:2,m:1%20t:23";
    let url = "https://92.push2.eastmoney.com/api/qt/clist/get?cb=jQuery1_2";
    // `f140` and `f141` came along unasked.
    let encoded = corpus.encoded(&format!("{url}&{query}&fields={fields},f140,f141"));
    let head = |text: &str| loose(text.split_once("\"diff\"").unwrap().0.split_once('(').unwrap().1);
    assert_eq!(head(&recorded), head(&encoded.replace(r#""dsc":"0","#, "")));
    let unknown = ["f9", "f10", "f14", "f23", "f115"];
    assert_alike(&object(&recorded, "{\"f1\""), &object(&encoded, "{\"f1\""), &unknown);
    assert_eq!(encoded.matches("\"f12\"").count(), 20);
    assert!(recorded.trim_end().ends_with("}]}});") && encoded.ends_with("}]}});"));

    let recorded = corpus.recorded("sina_hqnodedata_sz300001_row.json.txt");
    let center = |service: &str, query: &str| {
        let host = "https://vip.stock.finance.sina.com.cn/quotes_service/api/json_v2.php";
        corpus.encoded(&format!("{host}/Market_Center.{service}?{query}"))
    };
    let encoded = center("getHQNodeData", "page=1&num=80&sort=symbol&asc=1&node=cyb&symbol=&_s_r_a=init");
    assert!(encoded.starts_with("[{\"symbol\":\"sz30") && encoded.is_ascii() && encoded.ends_with("}]"));
    assert_alike(
        recorded.trim_end(),
        &object(&encoded, "{\"symbol\""),
        &["name", "per", "pb", "mktcap", "nmc"],
    );
    assert!(recorded.contains(r#""name":"\u"#) && encoded.contains(r#""name":"\u"#));
    let recorded = corpus.recorded("sina_hqnode_simple_index_sh000001_2023-03.json.txt");
    let encoded = center("getHQNodeDataSimple", "page=1&num=80&sort=symbol&asc=1&node=hs_s&_s_r_a=init");
    let row = object(&encoded, "{\"symbol\":\"sh000001\"");
    assert_alike(recorded.trim_end().trim_end_matches(','), &row, &["name"]);

    let recorded = corpus.recorded("tencent_rank_full_row_sh600519.json.txt");
    let rank = |query: &str| {
        let url = "https://proxy.finance.qq.com/cgi/cgi-bin/rank/hs/getBoardRankList?_appver=11.17.0";
        corpus.encoded(&format!("{url}&board_code=aStock&{query}"))
    };
    let encoded = rank("sort_type=price&direct=down&offset=0&count=200");
    assert_alike(recorded.trim_end(), &object(&encoded, "{\"code\":\"sh600519\""), &["name"]);
    let excerpt = corpus.recorded("tencent_rank_getBoardRankList_gainers_2026-09-29.excerpt.json.txt");
    let head = r#"{"code":0,"msg":"ok","data":{"rank_list":["#;
    assert!(excerpt.starts_with(head) && encoded.starts_with(head));
    let first = |text: &str| object(text, "{\"code\":\"s");
    let gainer = first(&rank("sort_type=priceRatio&direct=down&offset=0&count=1"));
    assert!(first(&excerpt).contains("\"name\":\"N") && gainer.contains("\"name\":\"N"), "{gainer}");
    let refused = corpus.recorded("tencent_rank_error_rpc_name_invalid.json.txt");
    let wrong = "https://proxy.finance.qq.com/cgi/cgi-bin/rank/hs/getNothing?board_code=aStock";
    assert_eq!(corpus.encoded(wrong), refused.trim_end());
}
