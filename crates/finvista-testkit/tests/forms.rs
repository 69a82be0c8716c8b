//! The encoders' output against the vendors' recorded answers, form by form: key order, columns, number formats and
//! trailing bytes. The recordings are third parties' data: `FINVISTA_RECORDINGS` names their folder.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "clippy's leave for tests ends at the helpers of an integration test"
)]

use std::path::PathBuf;

use encoding_rs::{Encoding, GB18030, GBK, UTF_8};
use finvista_testkit::{Limits, Market, Request, answer};

struct Corpus {
    dir: PathBuf,
    market: Market,
}

impl Corpus {
    fn open() -> Option<Self> {
        let Some(dir) = std::env::var_os("FINVISTA_RECORDINGS") else {
            println!("skipped: FINVISTA_RECORDINGS names no folder");
            return None;
        };
        Some(Self { dir: dir.into(), market: Market::new(11, "2026-09-30".parse().unwrap()) })
    }

    fn recorded(&self, file: &str) -> String {
        let bytes = std::fs::read(self.dir.join(file)).unwrap_or_else(|cause| panic!("{file}: {cause}"));
        let encoding: &Encoding = if file.contains(".gbk.") { GBK } else { UTF_8 };
        encoding.decode(&bytes).0.into_owned()
    }

    fn line(&self, file: &str, code: &str) -> String {
        let text = self.recorded(file);
        let found = text.lines().find(|line| line.contains(&format!("_{code}=")));
        found.unwrap_or_else(|| panic!("{file} has no {code}")).to_owned()
    }

    fn encoded(&self, url: &str) -> String {
        let request = Request::from_url(url).referer("https://finance.sina.com.cn");
        let answer = answer(&self.market, &Limits::default(), &request);
        let encoding = if answer.content_type.contains("GB") { GB18030 } else { UTF_8 };
        encoding.decode(&answer.body).0.into_owned()
    }
}

/// A text with its digits masked: the whole part of a number becomes one 9, decimals keep their count, signs go.
fn shape(text: &str) -> String {
    let (mut out, mut decimals) = (String::new(), false);
    for c in text.chars() {
        match c {
            '0'..='9' if decimals || !out.ends_with('9') => out.push('9'),
            '0'..='9' | '-' => {}
            _ => {
                decimals = c == '.' && out.ends_with('9');
                out.push(c);
            }
        }
    }
    out
}

/// The same with decimals reduced to one digit, for numbers whose trailing zeros are cut.
fn loose(text: &str) -> String {
    let mut out = shape(text);
    while out.contains("99") {
        out = out.replace("99", "9");
    }
    out
}

/// The names before a colon, in order.
fn keys(text: &str) -> Vec<String> {
    let name = |part: &str| part.rsplit_once('"').map(|(_, name)| name.to_owned());
    let mut names: Vec<String> = text.split("\":").filter_map(name).collect();
    // What follows the last colon names nothing.
    names.pop();
    names
}

fn payload(line: &str) -> Vec<String> {
    let separator = if line.starts_with("v_") { '~' } else { ',' };
    let (_, rest) = line.trim_end().split_once("=\"").unwrap();
    rest.strip_suffix("\";").unwrap().split(separator).map(str::to_owned).collect()
}

#[test]
fn shapes_mask_digits_only() {
    assert_eq!(shape("11.450,-3,D|58100|546140.00"), "9.999,9,D|9|9.99");
    assert_eq!(loose("6.08,6.1"), "9.9,9.9");
    assert_eq!(keys(r#"{"rc":0,"data":{"a":[{"d":"x"}]}}"#), ["rc", "data", "a", "d"]);
}

#[test]
fn sina_quote_lines() {
    let Some(corpus) = Corpus::open() else { return };
    let batch = "sina_quote_batch850_2022-11-22.gbk.txt";
    for (file, recorded, ours) in [
        ("sina_quote_index_and_stock_2019-12.txt", "sh600036", "sh600036"),
        ("sina_quote_index_and_stock_2019-12.txt", "sz000001", "sz000001"),
        ("sina_quote_bulk5_2026-09-14.txt", "sz300750", "sz300750"),
        ("sina_quote_bulk5_2026-09-14.txt", "sh688111", "sh688111"),
        ("sina_quote_bulk5_2026-09-14.txt", "bj430047", "bj830799"),
        ("sina_quote_mixed_2026-08-18.txt", "sh510300", "sh510300"),
        ("sina_quote_mixed_2026-08-18.txt", "sh000001", "sh000001"),
        ("sina_quote_mixed_2026-08-18.txt", "sz399001", "sz399001"),
        ("sina_quote_mixed_2026-08-18.txt", "sh000300", "sh000300"),
        ("sina_quote_all_kinds_2026-08-30.txt", "sh508000", "sh508000"),
        ("sina_quote_lof_sz162411_2019-03-12.txt", "sz162411", "sz162411"),
        (batch, "sz002150", "sz002150"),
        (batch, "sz002450", "sz002070"),
        (batch, "sz002710", "sz002710"),
        (batch, "sz002704", "sz999999"),
    ] {
        let recorded = corpus.line(file, recorded);
        let encoded = corpus.encoded(&format!("https://hq.sinajs.cn/list={ours}"));
        assert!(encoded.ends_with("\";\n"), "{encoded:?}");
        let (recorded, encoded) = (payload(&recorded), payload(&encoded));
        assert_eq!(recorded.len(), encoded.len(), "{ours}");
        for (index, (recorded, encoded)) in recorded.iter().zip(&encoded).enumerate().skip(1) {
            assert_eq!(shape(recorded), shape(encoded), "{ours} field {index}: {recorded} {encoded}");
        }
        // The status itself, not only its form.
        assert_eq!(recorded.get(32), encoded.get(32), "{ours}");
    }
    let auction = corpus.recorded("sina_quote_callauction_sh600000_2026-08-31.csv.txt");
    let encoded = payload(&corpus.encoded("https://hq.sinajs.cn/list=sz002241"));
    for (index, (recorded, encoded)) in auction.trim_end().split(',').zip(&encoded).enumerate().skip(1) {
        assert_eq!(shape(recorded), shape(encoded), "field {index}");
        // Which of the fields are zero is what makes the form; the unmatched volume is on the other side there.
        if ![12, 22].contains(&index) && index < 30 {
            assert_eq!(recorded.parse() == Ok(0.0), encoded.parse() == Ok(0.0), "field {index}");
        }
    }
}

#[test]
fn sina_bars_and_factors() {
    let Some(corpus) = Corpus::open() else { return };
    let first = |text: &str| text.split_inclusive('}').next().unwrap().trim_start_matches('[').to_owned();
    let bars = "https://money.finance.sina.com.cn/quotes_service/api/json_v2.php/CN_MarketData.getKLineData";
    let query = "symbol=sh600036&scale=240&datalen=2";
    let plain = corpus.recorded("sina_kline_day_noma_sh600036_2019-12-27.rows.txt");
    assert_eq!(shape(&first(&plain)), shape(&first(&corpus.encoded(&format!("{bars}?{query}&ma=no")))));
    let averages = corpus.recorded("sina_kline_day_withma_sh600036_2019-12-27.rows.txt");
    assert_eq!(loose(&first(&averages)), loose(&first(&corpus.encoded(&format!("{bars}?{query}")))));
    let jsonp = corpus.recorded("sina_futures_minline_hf_GC_2026-09-29.txt");
    let service = "jsonp.php/var%20t1hf_GC=/CN_MarketDataService.getKLineData";
    let encoded = corpus.encoded(&format!("https://quotes.sina.cn/cn/api/{service}?{query}"));
    assert_eq!(jsonp.lines().next(), encoded.lines().next());
    assert!(jsonp.contains("\nvar t1hf_GC=({") && encoded.contains("\nvar t1hf_GC=([{"));
    assert!(jsonp.ends_with(");\n") && encoded.ends_with("}]);\n"));

    let factors = corpus.recorded("sina_adjust_factor_sh600103_qfq_hfq.rows.txt");
    let encoded = corpus.encoded("https://finance.sina.com.cn/realstock/company/sz000001/hfq.js");
    let row = encoded.split_once("[").unwrap().1;
    assert_eq!(shape(factors.lines().next().unwrap()), shape(&first(row)));
    let file = corpus.recorded("sina_qfq_factor_sz000001_2026-07.js.txt");
    let encoded = corpus.encoded("https://finance.sina.com.cn/realstock/company/sz000001/qfq.js");
    let head = |text: &str| shape(text).split("},").next().unwrap().replace(' ', "");
    assert_eq!(head(&file), head(&encoded));
    assert!(encoded.contains(r#"{"d":"1900-01-01", "f":""#));
}

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

#[test]
fn index_bars_and_quotes() {
    let Some(corpus) = Corpus::open() else { return };
    let kline = "https://push2his.eastmoney.com/api/qt/stock/kline/get?fields1=f1,f2,f3,f4,f5,f6&klt=101";
    let first = |text: &str| shape(text.split_once("\"klines\":[\"").unwrap().1.split('"').next().unwrap());
    let eight = "fields2=f51,f52,f53,f54,f55,f56,f57,f58";
    let recorded = corpus.recorded("kline_index_daily_1.000300.json");
    let encoded = corpus.encoded(&format!("{kline}&{eight}&secid=1.000300&fqt=1&lmt=3&end=20500101"));
    assert_eq!(first(&recorded), first(&encoded));
    assert_eq!(keys(&recorded), keys(&encoded));
    let recorded = corpus.recorded("kline_index_daily_000300_jsonp_fragment.txt");
    let encoded = corpus.encoded(&format!("{kline}&{eight},f59,f60,f61&secid=2.930955&lmt=3&end=20500101"));
    assert_eq!(first(&recorded), first(&encoded), "eleven columns, the last one a turnover");

    let list = "https://push2.eastmoney.com/api/qt/ulist.np/get?secids=1.000001,0.399001";
    let recorded = corpus.recorded("ulist_np_index_quote_fltt1.json");
    let encoded = corpus.encoded(&format!("{list}&fields=f2,f3,f4,f5,f6,f12,f14,f124"));
    let cells =
        |text: &str| loose(text.split_once("\"diff\":[").unwrap().1.split('}').next().unwrap().trim());
    assert_eq!(cells(&recorded), cells(&encoded));

    let recorded = corpus.recorded("sina_index_kline_sh000001_2026-09-28.fragment.json");
    let bars = "https://quotes.sina.cn/cn/api/json_v2.php/CN_MarketDataService.getKLineData";
    let encoded = corpus.encoded(&format!("{bars}?symbol=sh000001&scale=240&ma=no&datalen=1"));
    let row = |text: &str| {
        shape(
            text.trim_start_matches(['[', ' '])
                .split([',', '}'])
                .take(6)
                .collect::<Vec<_>>()
                .join(",")
                .as_str(),
        )
    };
    assert_eq!(row(&recorded), row(&encoded));

    let fqkline = "https://web.ifzq.gtimg.cn/appstock/app/fqkline/get?param";
    let recorded = corpus.recorded("tencent_fqkline_index_sh000001_day_2026-09.excerpt.json.txt");
    let encoded = corpus.encoded(&format!("{fqkline}=sh000001,day,,,60,qfq"));
    let row = |text: &str| {
        shape(&text.split_once("\"day\":[[").unwrap().1.split(']').next().unwrap().replace(' ', ""))
    };
    assert_eq!(row(&recorded), row(&encoded));
}

#[test]
fn weeks_and_months() {
    let Some(corpus) = Corpus::open() else { return };
    // A share of New York: three decimals like a fund of ours, and an amount with three, too.
    let recorded = corpus.recorded("kline_us_weekly_105.APP_fqt1_jsonp.txt");
    let fields = "fields1=f1,f2,f3,f4,f5,f6&fields2=f51,f52,f53,f54,f55,f56,f57,f58,f59,f60,f61";
    let url = "https://push2his.eastmoney.com/api/qt/stock/kline/get?secid=1.510300&klt=102&fqt=1&lmt=9&end=20500101";
    let encoded = corpus.encoded(&format!("{url}&{fields}&cb=jQuery1_2"));
    // `dsc` is younger than the recording.
    assert_eq!(keys(&recorded), keys(&encoded.replace(r#""dsc":"0","#, "")));
    let cells = |text: &str| -> Vec<String> {
        let row = text.split_once("\"klines\":[\"").unwrap().1.split('"').next().unwrap().to_owned();
        row.split(',').map(shape).enumerate().filter(|(at, _)| *at != 6).map(|(_, cell)| cell).collect()
    };
    assert_eq!(cells(&recorded), cells(&encoded));

    let recorded = corpus.recorded("tencent_day_week_month_sz300750_hk00700_2026-09-11.trimmed.jsonl");
    for (line, period) in [(0, "day"), (2, "week"), (3, "month")] {
        let recorded = recorded.lines().nth(line).unwrap();
        let name = format!("\"qfq{period}\":[[");
        let url = "https://web.ifzq.gtimg.cn/appstock/app/fqkline/get?param=sz300750";
        let encoded = corpus.encoded(&format!("{url},{period},,,640,qfq"));
        let row = |text: &str| shape(text.split_once(&name).unwrap().1.split(']').next().unwrap());
        assert_eq!(row(recorded), row(&encoded));
        assert_eq!(recorded.contains("\"prec\""), encoded.contains("\"prec\""), "{period}");
    }
}

#[test]
fn minutes() {
    let Some(corpus) = Corpus::open() else { return };
    // The row of 600986 came from `kline/get`, although the file is named after another service.
    let recorded = corpus.recorded("trends2_fragment_600986.txt");
    let fields = "fields1=f1,f2,f3,f4,f5,f6&fields2=f51,f52,f53,f54,f55,f56,f57,f58,f59,f60,f61";
    let url = "https://push2his.eastmoney.com/api/qt/stock/kline/get?secid=1.600000&beg=0&end=20500101";
    let encoded = corpus.encoded(&format!("{url}&klt=1&fqt=1&{fields}"));
    let row = |text: &str| shape(text.split_once("\"klines\":[\"").unwrap().1.split('"').next().unwrap());
    assert_eq!(row(&recorded), row(&encoded));
    assert!(encoded.contains("09:31,") && recorded.contains("09:31,"));

    let sina = |query: &str| {
        let service = "https://quotes.sina.cn/cn/api/jsonp_v2.php/sh600086/CN_MarketDataService.getKLineData";
        corpus.encoded(&format!("{service}?symbol=sh600036&{query}"))
    };
    // In 2019 without an amount, in 2026 with one.
    let recorded = corpus.recorded("sina_kline_5min_jsonp_sh600086_2019-06-27.txt");
    let encoded = sina("scale=5&ma=no&datalen=12");
    let old = keys(&recorded);
    assert_eq!((&old[..6], "amount"), (&keys(&encoded)[..6], keys(&encoded)[6].as_str()));
    assert!(encoded.contains("\nsh600086([{") && encoded.ends_with("}]);\n"));
    for file in [
        "sina_kline_5min_with_amount_sh600150_2026-09-11.fragment.txt",
        "sina_kline_5min_with_amount_2026-09-30.fragment.txt",
    ] {
        let recorded = corpus.recorded(file);
        let object = |text: &str| {
            let inner = text.split_once('{').unwrap().1.split('}').next().unwrap();
            shape(&inner.split_whitespace().collect::<Vec<_>>().join(" ").replace(", ", ","))
        };
        assert_eq!(object(&recorded), object(encoded.split_once("([").unwrap().1), "{file}");
    }
    let hours = corpus.recorded("sina_kline_60min_2020-02-25.rows.txt");
    let encoded = sina("scale=60&ma=no&datalen=4");
    let clocks = |text: &str| -> Vec<String> {
        text.split("\"day\":\"").skip(1).map(|row| row.chars().skip(11).take(8).collect()).collect()
    };
    assert_eq!(clocks(&hours), clocks(&encoded));

    let mkline = "https://ifzq.gtimg.cn/appstock/app/kline/mkline?param";
    let recorded = corpus.recorded("tencent_mkline_m5_sh600519_2026-07-09.trimmed.json.txt");
    let encoded = corpus.encoded(&format!("{mkline}=sh600519,m5,,320"));
    assert_eq!(keys(&recorded), keys(&encoded));
    let row = |text: &str| shape(text.split_once("\"m5\":[[").unwrap().1.split(']').next().unwrap());
    assert_eq!(row(&recorded), row(&encoded));
    let tail = |text: &str| shape(text.split_once("\"prec\"").unwrap().1);
    assert_eq!(tail(recorded.trim_end()), tail(&encoded));
    let recorded = corpus.recorded("tencent_mkline_invalid_sh999999_2026-07-09.trimmed.json.txt");
    let encoded = corpus.encoded(&format!("{mkline}=sh999999,m5,,320"));
    assert_eq!(recorded.trim_end().replace("...", ""), encoded);
}

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

/// Each key of a flat object with the shape of its value.
fn members(row: &str) -> Vec<(String, String)> {
    let row: serde_json::Value = serde_json::from_str(row).unwrap();
    let shape_of = |value: &serde_json::Value| match value {
        serde_json::Value::String(text) => format!("\"{}\"", shape(text)),
        number => loose(&number.to_string()),
    };
    row.as_object().unwrap().iter().map(|(key, value)| (key.clone(), shape_of(value))).collect()
}

/// The text of the first object that begins with `begin`.
fn object(text: &str, begin: &str) -> String {
    let (_, rest) = text.split_once(begin).unwrap_or_else(|| panic!("no {begin} in {text:.200}"));
    format!("{begin}{}", rest.split_inclusive('}').next().unwrap())
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
    // `f140` and `f141` came along although nobody had asked for them.
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
