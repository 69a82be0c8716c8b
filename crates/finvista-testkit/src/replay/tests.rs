use super::*;
use crate::market::Market;
use crate::wire::{Limits, Request, World, answer, respond};

/// The folder named by `FINVISTA_RECORDINGS`; these are third parties' data and not part of the project.
fn recordings() -> Option<Recordings> {
    let Some(dir) = std::env::var_os("FINVISTA_RECORDINGS") else {
        println!("skipped: FINVISTA_RECORDINGS names no folder");
        return None;
    };
    Some(Recordings::read(Path::new(&dir)).unwrap())
}

fn ask(recordings: &Recordings, url: &str) -> String {
    let request = Request::from_url(url).referer("https://finance.sina.com.cn");
    let answer = respond(World::Replay(recordings), &Limits::default(), &request);
    assert_eq!(answer.status, 200, "{url}");
    let encoding = if answer.content_type.contains("GB") { encoding_rs::GB18030 } else { encoding_rs::UTF_8 };
    encoding.decode(&answer.body).0.into_owned()
}

#[test]
fn quotes_are_collected_from_bulk_files_and_the_newest_wins() {
    let Some(recordings) = recordings() else { return };
    let sina = ask(&recordings, "https://hq.sinajs.cn/list=sz002074,sh600000,sh999999");
    let lines: Vec<&str> = sina.lines().collect();
    assert!(lines[0].starts_with("var hq_str_sz002074=\"国轩高科,32.400,32.570,"));
    assert!(lines[1].contains(",2026-09-14,15:34:59,00,D|58100|546140.00\";"));
    assert_eq!(lines[2], "var hq_str_sh999999=\"\";");
    let tencent = ask(&recordings, "https://qt.gtimg.cn/q=sz002074,sh600519,sh999999,sz002008");
    let lines: Vec<&str> = tencent.lines().collect();
    assert!(lines[0].starts_with("v_sz002074=\"51~国轩高科~"));
    assert!(lines[1].contains("~20260928141019~"), "newer than the one of July");
    assert_eq!(lines[2], "v_pv_none_match=\"1\";");
    assert!(lines[3].starts_with("v_sz002008=\"51~大族激光"));
    let eastmoney = ask(
        &recordings,
        "https://push2.eastmoney.com/api/qt/ulist.np/get?secids=0.000002,1.600107,0.000003,1.999999&fltt=2&fields=f1,f2,f12,f13,f18",
    );
    assert!(
        eastmoney.contains(r#"{"total":3,"diff":[{"f1":2,"f2":3.32,"f12":"000002","f13":0,"f18":3.02},"#)
    );
    assert!(eastmoney.contains(r#"{"f1":2,"f2":"-","f12":"000003","f13":0,"f18":2.71}"#));
    let scaled = ask(
        &recordings,
        "https://push2.eastmoney.com/api/qt/ulist.np/get?secids=0.000002,0.300059&fltt=1&fields=f2,f3,f6,f12",
    );
    assert!(scaled.contains(r#"{"f2":332,"f3":993,"f6":1419831684.34,"f12":"000002"},"#));
    assert!(scaled.contains(r#"{"f2":1534,"f3":-204,"f6":3089386792.63,"f12":"300059"}"#));
}

#[test]
fn bars_are_chosen_by_symbol_and_adjustment() {
    let Some(recordings) = recordings() else { return };
    let eastmoney = |secid: &str, fqt: u8| {
        let query = format!("secid={secid}&fqt={fqt}&klt=101&fields1=f1&fields2=f51&beg=0&end=20500101");
        ask(&recordings, &format!("https://push2his.eastmoney.com/api/qt/stock/kline/get?{query}"))
    };
    assert!(eastmoney("1.601872", 1).contains("\"2024-12-31,6.29,6.18,6.32,6.17,483794,313479921.00"));
    assert_eq!(eastmoney("1.601872", 0), eastmoney::refusal(100), "the recorded prices are adjusted ones");
    assert!(eastmoney("1.000300", 0).contains("\"2026-09-30,4356.80,"), "an index knows no adjustment");
    let tencent = |param: &str| {
        ask(&recordings, &format!("https://web.ifzq.gtimg.cn/appstock/app/fqkline/get?param={param}"))
    };
    assert!(tencent("sz300750,day,,,640,").contains(r#"{"sz300750":{"day":[["2026-09-08","#));
    assert!(tencent("sz300750,day,,,640,qfq").contains(r#"{"sz300750":{"qfqday":[["2026-09-09","#));
    assert!(tencent("sz300750,day,,,640,hfq").contains(r#"{"sz300750":{"day":[],"#), "never recorded");
    assert!(tencent("sz300750,week,,,640,qfq").contains(r#"{"sz300750":{"qfqweek":[["2026-09-04","#));
    assert!(tencent("sz300750,month,,,640,qfq").contains(r#"["2026-09-11","362.490","330.51","363.560","#));
    assert!(tencent("sz300059,day,,,640,qfq").contains("5197314.06"));
    assert!(tencent("sh000001,day,,,640,qfq").contains("2026-09-28"));
    assert!(tencent("sh000001,day,,2026-09-23,640,").contains("1990-12-19"), "the page before");
    let sina = |symbol: &str, ma: &str| {
        let path = "/quotes_service/api/json_v2.php/CN_MarketData.getKLineData";
        let query = format!("symbol={symbol}&scale=240&ma={ma}&datalen=1023");
        ask(&recordings, &format!("https://money.finance.sina.com.cn{path}?{query}"))
    };
    assert!(!sina("sh600036", "no").contains("ma_price") && sina("sh600036", "5").contains("ma_price"));
    let literal = sina("sh603259", "no");
    assert!(literal.contains(r#""day":"2026-08-12", "open":"159.210""#), "{literal}");
    assert_eq!(sina("sh999999", "no"), "null");
    assert!(sina("sh000001", "no").starts_with(r#"[{"day":"2026-09-28","open":"3878.409","#));
    let factors = ask(&recordings, "https://finance.sina.com.cn/realstock/company/sz000001/qfq.js");
    assert!(factors.starts_with("var sz000001qfq={"));
}

#[test]
fn minutes_are_chosen_by_symbol_and_size() {
    let Some(recordings) = recordings() else { return };
    let sina = |symbol: &str, scale: u8| {
        let service = "https://quotes.sina.cn/cn/api/json_v2.php/CN_MarketDataService.getKLineData";
        ask(&recordings, &format!("{service}?symbol={symbol}&scale={scale}&ma=no&datalen=1023"))
    };
    assert!(sina("sh600036", 60).starts_with(r#"[{"day":"2019-12-27 14:00:00","open":"38.350","#));
    assert!(sina("sh600086", 5).starts_with(r#"[{"day": "2019-06-27 14:05:00","open": "4.470","#));
    assert!(sina("sh600150", 5).ends_with(r#""volume":"1250028","amount":"49684335.1899"}]"#));
    assert_eq!(sina("sh600036", 5), "null");
    let tencent = |param: &str| {
        ask(&recordings, &format!("https://ifzq.gtimg.cn/appstock/app/kline/mkline?param={param}"))
    };
    assert!(tencent("sh600519,m5,,320").contains(r#""m5":[["202607090950","1182.10","1188.53","#));
    assert!(tencent("sh600519,m15,,320").contains(r#"{"sh600519":{"qt":{"sh600519":[],"#));
}

#[test]
fn lists_hold_the_recorded_rows_of_a_board() {
    let Some(recordings) = recordings() else { return };
    let clist = |query: &str| {
        ask(&recordings, &format!("https://push2.eastmoney.com/api/qt/clist/get?np=1&fltt=2&{query}"))
    };
    let fields = "fields=f2,f3,f12,f14,f18";
    let shanghai = clist(&format!("fs=m:1+t:2,m:1+t:23&pn=1&pz=100&{fields}"));
    assert!(shanghai.contains(r#""data":{"total":20,"diff":[{"#), "{shanghai}");
    assert!(shanghai.contains(r#"{"f2":3.69,"f3":10.15,"f12":"600107","f14":"美尔雅","f18":3.35}"#));
    let shenzhen = clist(&format!("fs=m:0+t:6&pn=1&pz=100&{fields}"));
    assert!(shenzhen.contains(r#"{"f2":"-","f3":"-","f12":"000003","f14":"PT金田A","f18":2.71}"#));
    assert_eq!(clist(&format!("fs=m:0+t:6&pn=2&pz=100&{fields}")), eastmoney::refusal(102));
    let center = |service: &str, node: &str| {
        let host = "https://vip.stock.finance.sina.com.cn/quotes_service/api/json_v2.php";
        ask(&recordings, &format!("{host}/Market_Center.{service}?page=1&num=80&node={node}"))
    };
    assert!(center("getHQNodeData", "cyb").starts_with(r#"[{"symbol":"sz300001","code":"300001","#));
    assert_eq!(center("getHQNodeStockCount", "hs_a"), "\"1\"");
    assert!(center("getHQNodeDataSimple", "hs_s").contains(r#""trade":"3255.6505""#));
    assert_eq!(center("getHQNodeData", "kcb"), "[]");
    let rank = "https://proxy.finance.qq.com/cgi/cgi-bin/rank/hs/getBoardRankList?offset=0&count=200";
    let all = ask(&recordings, &format!("{rank}&board_code=aStock"));
    assert!(all.contains(r#""code":"sz301716","hsl":"51.82","name":"N鸿富诚""#), "{all}");
    assert!(all.contains(r#""code":"sh600519","hsl":"0.28""#) && all.ends_with(r#""offset":0,"total":4}}"#));
}

#[test]
fn searches_are_answered_by_what_was_searched_for() {
    let Some(recordings) = recordings() else { return };
    let eastmoney = |input: &str| {
        ask(&recordings, &format!("https://searchapi.eastmoney.com/api/suggest/get?input={input}&count=1"))
    };
    assert!(eastmoney("000001").contains(r#""PinYin":"PAYH""#));
    assert!(eastmoney("nothing").contains(r#"{"Data":[],"#));
    let sina = |key: &str| ask(&recordings, &format!("https://suggest3.sinajs.cn/suggest/type=11&key={key}"));
    let found = r#"var suggestvalue="sz002367,11,002367,sz002367,康力电梯,,康力电梯,99,1,,,";"#;
    assert_eq!(sina("02367"), found);
    assert!(sina("%E9%BE%99%E8%8A%AF%E4%B8%AD%E7%A7%91").contains("sh688047"));
    assert_eq!(sina("nothing"), "var suggestvalue=\"\";");
    let tencent = |q: &str| ask(&recordings, &format!("https://smartbox.gtimg.cn/s3/?v=2&q={q}&t=all"));
    assert!(tencent("TX").starts_with("v_hint=\"hk~00700~") && tencent("TX").ends_with("~txkgr~GP\""));
    assert_eq!(tencent("nothing"), "v_hint=\"N\";");
}

/// A folder in the manner of the corpus, written by the encoders, so that replay is tested without the corpus too.
#[test]
fn what_a_market_answered_is_replayed() {
    let market = Market::new(3, "2024-06-28".parse().unwrap());
    let dir = std::env::temp_dir().join(format!("finvista-replay-{}", std::process::id()));
    std::fs::create_dir_all(&dir).unwrap();
    let kline = "https://push2his.eastmoney.com/api/qt/stock/kline/get?klt=101&fields1=f1,f2,f6&fields2=f51,f52,f53,f54,f55,f56,f57";
    let fqkline = "https://web.ifzq.gtimg.cn/appstock/app/fqkline/get?param=sz000001,day,,,20";
    let recorded = [
        ("sina_quotes.gbk.txt", "cn_stock_quote", "https://hq.sinajs.cn/list=sz000002,sh600519".to_owned()),
        ("tencent_quotes.gbk.txt", "cn_stock_quote", "https://qt.gtimg.cn/q=sz000002,sh600519".to_owned()),
        (
            "eastmoney_ulist.json",
            "cn_stock_quote",
            "https://push2.eastmoney.com/api/qt/ulist.np/get?secids=1.510300&fltt=2&fields=f1,f2,f12,f13"
                .to_owned(),
        ),
        ("kline_raw.json", "cn_stock_daily", format!("{kline}&secid=0.000001&beg=20240601&end=20240630")),
        ("kline_hfq.txt", "cn_stock_daily", format!("{kline}&secid=0.000001&fqt=2&lmt=5&cb=callback")),
        ("tencent_fqkline_qfq.json", "cn_stock_daily", format!("{fqkline},qfq")),
        ("tencent_fqkline_raw.json", "cn_stock_daily", format!("{fqkline},bfq")),
        (
            "sina_factors.js",
            "adjust factors",
            "https://finance.sina.com.cn/realstock/company/sz000001/hfq.js".to_owned(),
        ),
    ];
    let mut index = "file\tdataset\trequest_url\tverbatim_or_fragment\n".to_owned();
    let whole = |url: &str| {
        answer(&market, &Limits::default(), &Request::from_url(url).referer("https://finance.sina.com.cn"))
    };
    for (file, dataset, url) in &recorded {
        std::fs::write(dir.join(file), whole(url).body).unwrap();
        index.push_str(&format!("{file}\t{dataset}\t{url}\tverbatim\n"));
    }
    index.push_str("kept_apart.json\tcn_stock_daily\t\tverbatim\n");
    std::fs::write(dir.join("INDEX-all.tsv"), index).unwrap();
    let read = Recordings::read(&dir);
    std::fs::remove_dir_all(&dir).unwrap();
    let recordings = read.unwrap();
    for (_, _, url) in &recorded {
        let request = Request::from_url(url).referer("https://finance.sina.com.cn");
        let replayed = respond(World::Replay(&recordings), &Limits::default(), &request);
        assert_eq!(replayed.content_type, whole(url).content_type);
        assert_eq!(
            String::from_utf8_lossy(&replayed.body),
            String::from_utf8_lossy(&whole(url).body),
            "{url}"
        );
    }
    assert_eq!(ask(&recordings, &format!("{kline}&secid=0.000002&fqt=0")), eastmoney::refusal(100));
    assert_eq!(ask(&recordings, "https://hq.sinajs.cn/list=sh600000"), "var hq_str_sh600000=\"\";\n");
    assert_eq!(ask(&recordings, "https://qt.gtimg.cn/q=sh600000"), "v_pv_none_match=\"1\";\n");
}
