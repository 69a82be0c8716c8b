//! Tencent's quotes and daily bars.

use super::*;

/// The fields whose meaning the wire notes prove; the others are filled with plausible values or left empty.
const PROVEN: [usize; 58] = [
    0, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28,
    29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 40, 41, 42, 43, 44, 45, 47, 48, 50, 51, 57, 59, 61, 67, 68, 72,
    73, 76, 82, 83,
];

#[test]
fn tencent_quote_lines() {
    let Some(corpus) = Corpus::open() else { return };
    let today = "tencent_quote_ashare_index_etf_suspended_2026-09-28.txt";
    let batch = "tencent_quote_batch900_2022-11-22.gbk.txt";
    for (file, recorded, ours, fields) in [
        (today, "sh600519", "sh600519", 88),
        (today, "sz000001", "sz000001", 88),
        (today, "sh000001", "sh000001", 88),
        (today, "sh510300", "sh510300", 88),
        (today, "bj830799", "bj830799", 87),
        (batch, "sz002150", "sz002150", 82),
        (batch, "sz002450", "sz002070", 82),
        (batch, "sz002710", "sz002710", 82),
    ] {
        let recorded = payload(&corpus.line(file, recorded));
        let encoded = corpus.encoded(&format!("https://qt.gtimg.cn/q={ours}"));
        assert!(encoded.ends_with("\";\n"), "{encoded:?}");
        let encoded = payload(&encoded);
        assert_eq!(recorded.len(), fields, "{ours}");
        assert_eq!(encoded.len(), if ours == "bj830799" { 87 } else { 88 }, "{ours}");
        for index in PROVEN.into_iter().filter(|index| *index < fields) {
            let (recorded, encoded) = (&recorded[index], &encoded[index]);
            assert_eq!(shape(recorded), shape(encoded), "{ours} field {index}: {recorded} {encoded}");
        }
        assert_eq!((&recorded[40], &recorded[61]), (&encoded[40], &encoded[61]), "{ours}");
    }
    let unknown = corpus.recorded("tencent_quote_no_match.txt");
    assert_eq!(corpus.encoded("https://qt.gtimg.cn/q=sh999999").trim_end(), unknown.trim_end());
    let short = corpus.encoded("https://qt.gtimg.cn/q=s_sh600519");
    assert_eq!(payload(&short).len(), 12);
}

#[test]
fn tencent_bars() {
    let Some(corpus) = Corpus::open() else { return };
    let row = |text: &str| shape(text.split_once("[[").unwrap().1.split(']').next().unwrap());
    let bars = |path: &str, param: &str| {
        corpus.encoded(&format!("https://web.ifzq.gtimg.cn/appstock/app/{path}/get?param={param}"))
    };
    let index = corpus.recorded("tencent_fqkline_index_sh000001_day_1990-1995.json");
    let encoded = bars("fqkline", "sh000001,day,,,640,qfq");
    assert_eq!(row(&index), row(&encoded));
    let without = |text: &str, names: &[&str]| -> Vec<String> {
        keys(text).into_iter().filter(|key| !names.contains(&key.as_str())).collect()
    };
    assert_eq!(without(&index, &["zhishu"]), keys(&encoded));
    assert!(!index.ends_with('\n') && encoded.ends_with("}}}"));

    let new = corpus.recorded("tencent_newfqkline_sz300059_qfqday_2024-10-10.json.txt");
    let last = corpus.market.instrument("sz300059").unwrap().bars().last().unwrap().date;
    let encoded = bars("newfqkline", &format!("sz300059,day,{last},{last},1,qfq"));
    assert_eq!(without(&new, &["zjlx"]), keys(&encoded));
    assert!(encoded.contains(r#""name":"#) == new.contains(r#""name":"#));
    assert!(encoded.contains(r"\u4e1c\u65b9\u8d22\u5bcc") && new.contains(r"\u4e1c\u65b9\u8d22\u5bcc"));

    let dividend = corpus.recorded("tencent_fqkline_sz000001_qfqday_exdiv_2026-09.excerpt.json.txt");
    let event = corpus
        .market
        .instrument("sz000001")
        .unwrap()
        .events()
        .iter()
        .rfind(|e| e.shares_per_10 == 0)
        .unwrap();
    let encoded = bars("fqkline", &format!("sz000001,day,{0},{0},1,qfq", event.date));
    let object = |text: &str| text.split(",{").nth(1).unwrap().split('}').next().unwrap().to_owned();
    let plain = object(&encoded).replace(r"\u6d3e", "派").replace(r"\u5143", "元");
    assert_eq!(shape(&object(&dividend)), shape(&plain));

    let refused = corpus.recorded("tencent_fqkline_error_bad_params.json.txt");
    assert_eq!(bars("newfqkline", "sh600519,day,,,640"), refused.trim_end());
    assert!(
        bars("newfqkline", "sh999999,day,,,640,qfq")
            .starts_with(r#"{"code":0,"msg":"","data":{"sh999999":{"qt":{"sh999999":[]"#)
    );
}
