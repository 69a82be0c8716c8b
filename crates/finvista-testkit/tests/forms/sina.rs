//! Sina's quotes, daily bars and factors.

use super::*;

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
