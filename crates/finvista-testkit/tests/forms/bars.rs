//! Indices, weeks, months and minutes of all vendors.

use super::*;

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
