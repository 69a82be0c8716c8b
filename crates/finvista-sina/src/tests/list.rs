//! Listings from small bodies.

use finvista_core::ErrorKind;
use finvista_datasets::{CnStockList, Listed};

use super::{answer, cx, endpoint, kind, query, urls, utf8};

/// The recorded form: bj920000, traded; and two more in its form, suspended and before the first trade.
const TRADED: &str = r#"{"symbol":"bj920000","code":"920000","name":"\u5b89\u5fbd\u51e4\u51f0","trade":"13.880","pricechange":0.2,
    "changepercent":1.462,"buy":"13.870","sell":"13.880","settlement":"13.680","open":"13.680","high":"14.000","low":"13.550",
    "volume":380109,"amount":5252723,"ticktime":"15:30:00","per":19.278,"pb":1.863,"mktcap":1.1293218222E8,"nmc":79940.3679,
    "turnoverratio":0.65998}"#;
const SUSPENDED: &str = r#"{"symbol":"bj920001","code":"920001","name":" \u4e07 \u79d1 ","trade":"0.000","pricechange":0,
    "changepercent":0,"settlement":"8.500","volume":0,"amount":0,"mktcap":0,"nmc":0,"turnoverratio":0}"#;
const PREOPEN: &str = r#"{"symbol":"bj920002","code":"920002","name":"B","trade":"8.500","pricechange":"0.040",
    "changepercent":"0.334","settlement":"8.500","volume":0,"amount":0}"#;

fn beijing() -> String {
    format!("[{PREOPEN},{TRADED},{SUSPENDED}]")
}

fn list(scope: &str) -> finvista_core::Query {
    query::<CnStockList>(&format!("market={scope}"))
}

#[test]
fn rows_are_read_and_suspended_ones_have_no_price() {
    let table = answer::<CnStockList>(&list("bj"), &["\"3\"", &beijing()]).unwrap();
    let [traded, suspended, before] = &table.rows().collect::<Vec<Listed<'_>>>()[..] else {
        panic!("{table:?}")
    };
    assert_eq!((traded.symbol, traded.name, traded.board), ("920000.BJ", "安徽凤凰", "beijing"));
    assert_eq!((traded.price, traded.change, traded.change_pct), (Some(13.88), Some(0.2), Some(1.46)));
    assert_eq!(
        (traded.volume, traded.amount, traded.turnover),
        (Some(380_109), Some(5_252_723.0), Some(0.65998))
    );
    assert_eq!((traded.market_cap, traded.float_cap), (Some(1_129_321_822_200.0), Some(799_403_679.0)));
    assert_eq!(
        (suspended.name, suspended.price, suspended.change, suspended.volume),
        ("万 科", None, None, Some(0))
    );
    assert_eq!((suspended.market_cap, suspended.turnover), (None, Some(0.0)));
    assert_eq!(
        (before.symbol, before.price, before.change_pct, before.turnover),
        ("920002.BJ", None, None, None)
    );
}

#[test]
fn every_page_is_asked_for_and_then_the_receipts() {
    let service = "https://vip.stock.finance.sina.com.cn/quotes_service/api/json_v2.php/Market_Center";
    let asked = |scope: &str| {
        urls::<CnStockList>(&list(scope), |url| {
            let is_star = url.contains("node=kcb&");
            let body = if url.contains("Count") { "\"101\"" } else { &beijing() };
            Some(utf8(if is_star { body.replace("bj92", "sh68") } else { body.to_owned() }))
        })
    };
    let page = |node: &str, number: usize, asc: usize| {
        format!(
            "{service}.getHQNodeData?page={number}&num=100&sort=symbol&asc={asc}&node={node}&symbol=&_s_r_a=page"
        )
    };
    let count = |node: &str| format!("{service}.getHQNodeStockCount?node={node}");
    assert_eq!(asked("bj"), [count("hs_bjs"), page("hs_bjs", 1, 1), page("hs_bjs", 2, 1)]);
    assert_eq!(asked("all"), [count("hs_a"), page("hs_a", 1, 1), page("hs_a", 2, 1), page("kcb", 1, 0)]);
    for (scope, requests) in [("all", 57), ("sh", 25), ("star", 8), ("b", 2)] {
        assert_eq!(endpoint::<CnStockList>().requests(&cx(), &list(scope)), requests, "{scope}");
    }
}

#[test]
fn the_receipt_of_the_star_market_is_added_once() {
    let row = |symbol: &str| TRADED.replace("bj920000", symbol);
    let shanghai = format!("[{},{}]", row("sh600000"), row("sh688001"));
    let star = format!("[{},{}]", row("sh689009"), row("sh688001"));
    let symbols = |count: &str, page: &str| {
        let table = answer::<CnStockList>(&list("sh"), &[count, page, &star])?;
        Ok::<_, finvista_core::SourceError>(table.rows().map(|row| row.symbol.to_owned()).collect::<Vec<_>>())
    };
    assert_eq!(symbols("\"2\"", &shanghai).unwrap(), ["600000.SH", "688001.SH", "689009.SH"]);
    // Should the node ever hold it, the page of receipts adds nothing.
    let whole = shanghai.replace(']', &format!(",{}]", row("sh689009")));
    assert_eq!(symbols("\"3\"", &whole).unwrap(), ["600000.SH", "688001.SH", "689009.SH"]);
    assert_eq!(symbols("\"3\"", &shanghai).unwrap_err().kind(), ErrorKind::Invalid);
    let none = kind::<CnStockList>(&list("sh"), &["\"2\"", &shanghai, "[]"]);
    assert_eq!(none, ErrorKind::Decode);
}

#[test]
fn values_of_b_shares_are_null_and_rows_of_funds_have_none() {
    let row = TRADED.replace("bj920000", "sz200002");
    let table = answer::<CnStockList>(&list("b"), &["\"1\"", &format!("[{row}]")]).unwrap();
    let row = table.rows().next().unwrap();
    assert_eq!((row.board, row.price, row.market_cap, row.float_cap), ("b_share", Some(13.88), None, None));
    let row = PREOPEN.replace("bj920002", "sz159915");
    let table = answer::<CnStockList>(&list("etf"), &["\"1\"", &format!("[{row}]")]).unwrap();
    assert_eq!(table.rows().next().unwrap().board, "fund");
}

#[test]
fn bad_counts_and_pages_have_their_kind() {
    let ok = beijing();
    for (count, page, expected) in [
        // Cut between two pages, and a row that came twice.
        ("\"4\"", ok.clone(), ErrorKind::Invalid),
        ("\"4\"", ok.replace(']', &format!(",{TRADED}]")), ErrorKind::Invalid),
        ("\"3\"", "[]".to_owned(), ErrorKind::Decode),
        // A row of another node, and one of nowhere.
        ("\"3\"", ok.replace("bj920001", "sh600000"), ErrorKind::Invalid),
        ("\"3\"", ok.replace("bj920001", "hk00700"), ErrorKind::Invalid),
        ("\"3\"", "null".to_owned(), ErrorKind::RateLimited),
        ("\"3\"", "<html>拒绝访问</html>".to_owned(), ErrorKind::Blocked),
        ("\"3\"", ok.replace("13.880", "-"), ErrorKind::Decode),
        ("\"3\"", ok.replace("\"trade\"", "\"last\""), ErrorKind::Decode),
        ("\"3\"", ok.replace("\"volume\":380109", "\"volume\":\"13.55x\""), ErrorKind::Decode),
    ] {
        assert_eq!(kind::<CnStockList>(&list("bj"), &[count, &page]), expected, "{count} {page}");
    }
    for (count, expected) in [
        ("null", ErrorKind::RateLimited),
        ("\"0\"", ErrorKind::Decode),
        ("\"60599960599960599999\"", ErrorKind::Decode),
        ("\"60599999\"", ErrorKind::Decode),
        ("", ErrorKind::Decode),
        ("Service not found", ErrorKind::Decode),
        ("<html></html>", ErrorKind::Blocked),
    ] {
        assert_eq!(kind::<CnStockList>(&list("bj"), &[count]), expected, "{count}");
    }
    for end in 0..ok.len() {
        assert_eq!(kind::<CnStockList>(&list("bj"), &[b"3", &ok.as_bytes()[..end]]), ErrorKind::Decode);
    }
}
