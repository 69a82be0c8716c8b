use super::*;
use crate::wire::{Request, respond};

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
    let answer = respond(recordings, &Limits::default(), &request);
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
    assert!(tencent("sz300750,day,,,640,qfq").contains(r#"{"sz300750":{"day":[],"#));
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
    let factors = ask(&recordings, "https://finance.sina.com.cn/realstock/company/sz000001/qfq.js");
    assert!(factors.starts_with("var sz000001qfq={"));
}
