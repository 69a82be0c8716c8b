use super::*;

fn search(params: &str) -> Query {
    query::<CnStockSearch>(params)
}

fn hit(id: &str, name: &str, initials: &str) -> String {
    format!(r#"{{"Code":"x","Name":"{name}","PinYin":{initials},"Classify":"AStock","QuoteID":"{id}"}}"#)
}

fn table(hits: &[String]) -> Vec<u8> {
    let hits = hits.join(",");
    format!(r#"{{"QuotationCodeTable":{{"Data":[{hits}],"Status":0,"Message":"成功","TotalCount":7}}}}"#)
        .into_bytes()
}

const NOTHING: &str =
    r#"{"QuotationCodeTable":{"Data":null,"Status":1,"Message":"未查询到数据","TotalCount":0}}"#;

fn expected_url(text: &str, count: u32) -> String {
    format!(
        "https://searchapi.eastmoney.com/api/suggest/get?input={text}&type=14\
         &token=D43BF722C8E33BDC906FB84D85E326E8&count={count}"
    )
}

#[test]
fn texts_are_escaped_and_more_is_asked_for_than_wanted() {
    assert_eq!(url(&search("text=600519")).unwrap(), expected_url("600519", 40));
    assert_eq!(
        url(&search("text=茅台&x=1 limit=1")).unwrap(),
        expected_url("%E8%8C%85%E5%8F%B0%26x%3D1", 20)
    );
    assert_eq!(url(&search("text=a limit=50")).unwrap(), expected_url("a", 100));
}

#[test]
fn only_mainland_stocks_funds_and_bonds_are_hits() {
    let hits = table(&[
        hit("1.000001", "上证指数", "\"SZZS\""),
        hit("0.000001", "平安银行", "\"PAYH\""),
        hit("150.000001", "华夏成长混合", "null"),
        hit("116.00001", "长和", "\"CH\""),
        hit("0.920982", "锦波生物", "\"JBSW\""),
        hit("0.430001", "第三板", "\"DSB\""),
        hit("1.510300", "沪深300ETF", "\"\""),
        hit("1.113050", "南银转债", "null"),
        hit("1.999999", "无", "null"),
        hit("0.000001", "平安银行", "\"PAYH\""),
        hit("90.BK0475", "银行", "\"YX\""),
    ]);
    let batch = decode(&search("text=000001"), &hits).unwrap();
    assert_eq!(check(&search("text=000001"), &batch), 0);
    let found: Vec<_> =
        rows::<CnStockSearch>(&batch).iter().map(|hit| (hit.symbol, hit.board, hit.initials)).collect();
    let expected = [
        ("000001.SZ", "main", Some("PAYH")),
        ("920982.BJ", "beijing", Some("JBSW")),
        ("510300.SH", "fund", None),
        ("113050.SH", "convertible", None),
    ];
    assert_eq!(found, expected);
    assert_eq!(decode(&search("text=000001 limit=2"), &hits).unwrap().num_rows(), 2);
    let jsonp = [b"cb(", hits.as_slice(), b");"].concat();
    assert_eq!(decode(&search("text=000001"), jsonp).unwrap(), batch);
    refuses_cut_answers(&search("text=000001"), std::str::from_utf8(&hits).unwrap());
}

#[test]
fn the_other_readings_are_asked_where_the_first_finds_nothing() {
    let bank = hit("1.600036", "招商银行", "\"ZSYH\"");
    let other = hit("1.600000", "中色渔火", "\"ZSYH\"");
    let known = |url: &str| match url.contains("input=ZSYH&") {
        true => table(&[hit("1.000001", "指数", "null"), other.clone(), bank.clone()]),
        false => table(&[hit("1.000300", "指数", "null")]),
    };
    // 行 is read hang here; a name without such a character is no match of another reading.
    let batch = answer(&search("text=zsyx"), known).unwrap();
    let [found] = rows::<CnStockSearch>(&batch)[..] else { panic!("one row") };
    assert_eq!((found.symbol, found.name), ("600036.SH", "招商银行"));
    let batch = answer(&search("text=ZSYH"), known).unwrap();
    assert_eq!(batch.num_rows(), 2);
    let (kind, message) = refused(answer(&search("text=xxxx"), known));
    assert!(kind == ErrorKind::NotFound && message.contains("xxxx"), "{message}");
}

#[test]
fn refusals_have_their_kinds() {
    for text in ["600519", "payh"] {
        let asked = search(&format!("text={text}"));
        for body in [NOTHING.as_bytes().to_vec(), table(&[]), table(&[hit("116.00700", "腾讯控股", "null")])]
        {
            assert_eq!(refused(decode(&asked, &body)).0, ErrorKind::NotFound);
        }
        let unnamed = table(&[hit("1.600519", "贵州茅台", "null").replace("QuoteID", "ID")]);
        assert_eq!(refused(decode(&asked, &unnamed)).0, ErrorKind::Decode);
        for (body, kind) in NO_ANSWERS {
            assert_eq!(refused(decode(&asked, body)).0, kind, "{}", String::from_utf8_lossy(body));
        }
    }
}
