//! The list of the whole market.

use super::*;

/// A whole board at East Money, page by page.
fn clist(market: &Market, fs: &str) -> Vec<Value> {
    let fields = "fields=f1,f2,f3,f5,f6,f12,f13,f14,f18";
    let url = "https://push2.eastmoney.com/api/qt/clist/get?np=1&fltt=2&fid=f12&po=0&pz=500";
    let mut rows = Vec::new();
    for page in 1.. {
        let body: Value =
            serde_json::from_str(&ask(market, &format!("{url}&pn={page}&fs={fs}&{fields}"))).unwrap();
        let Some(diff) = body["data"]["diff"].as_array() else { break };
        assert!(diff.len() <= 100, "a page has 100 rows, whatever was asked");
        rows.extend(diff.iter().cloned());
        if rows.len() as u64 == body["data"]["total"].as_u64().unwrap() {
            let past = ask(market, &format!("{url}&pn={}&fs={fs}&{fields}", page + 1));
            assert!(past.ends_with("\"data\":null}"), "{past}");
            break;
        }
    }
    rows
}

/// A whole node at Sina.
fn node(market: &Market, node: &str) -> Vec<Value> {
    let host = "https://vip.stock.finance.sina.com.cn/quotes_service/api/json_v2.php";
    let count = ask(market, &format!("{host}/Market_Center.getHQNodeStockCount?node={node}"));
    let count: usize = serde_json::from_str::<String>(&count).unwrap().parse().unwrap();
    let page = |page: usize| {
        let query = format!("page={page}&num=80&sort=symbol&asc=1&node={node}&symbol=&_s_r_a=page");
        let body = ask(market, &format!("{host}/Market_Center.getHQNodeData?{query}"));
        serde_json::from_str::<Vec<Value>>(&body).unwrap()
    };
    let rows: Vec<Value> = (1..=count.div_ceil(80)).flat_map(page).collect();
    assert_eq!(rows.len(), count);
    assert!(page(count.div_ceil(80) + 1).is_empty());
    rows
}

/// A whole board at Tencent.
fn rank(market: &Market, board: &str) -> Vec<Value> {
    let url = "https://proxy.finance.qq.com/cgi/cgi-bin/rank/hs/getBoardRankList?_appver=11.17.0";
    let mut rows: Vec<Value> = Vec::new();
    loop {
        let query = format!("board_code={board}&sort_type=price&direct=down&offset={}&count=500", rows.len());
        let body: Value = serde_json::from_str(&ask(market, &format!("{url}&{query}"))).unwrap();
        let page = body["data"]["rank_list"].as_array().unwrap();
        assert_eq!(body["data"]["offset"], rows.len());
        rows.extend(page.iter().cloned());
        if page.len() < 200 {
            assert_eq!(body["data"]["total"], rows.len());
            return rows;
        }
    }
}

type Board<'a> = (&'a str, &'a str, &'a str, fn(&Instrument) -> bool);

#[test]
fn lists_hold_each_board_once_and_in_each_vendors_units() {
    let market = market(3);
    let a_share = |i: &Instrument| matches!(i.kind, Kind::Main | Kind::Star | Kind::ChiNext | Kind::Beijing);
    assert!(market.listed().iter().filter(|i| a_share(i)).count() > 5400);
    let etf = "b:MK0021,b:MK0022,b:MK0023,b:MK0024,b:MK0827";
    let all = "m:0%20t:6,m:0%20t:80,m:1%20t:2,m:1%20t:23,m:0%20t:81%20s:2048";
    let boards: [Board<'_>; 8] = [
        (all, "hs_a", "aStock", |i| !matches!(i.kind, Kind::BShare | Kind::Fund | Kind::Index)),
        ("m:1+t:2,m:1+t:23", "sh_a", "", |i| {
            i.exchange == Exchange::Sh && matches!(i.kind, Kind::Main | Kind::Star)
        }),
        ("m:0+t:6,m:0+t:80", "sz_a", "", |i| {
            i.exchange == Exchange::Sz && matches!(i.kind, Kind::Main | Kind::ChiNext)
        }),
        ("m:0+t:81+s:2048", "hs_bjs", "", |i| i.kind == Kind::Beijing),
        ("m:1+t:23", "kcb", "ksh", |i| i.kind == Kind::Star),
        ("m:0+t:80", "cyb", "cyb", |i| i.kind == Kind::ChiNext),
        (etf, "etf_hq_fund", "", Instrument::is_etf),
        ("m:0+t:7,m:1+t:3", "hs_b", "", |i| i.kind == Kind::BShare),
    ];
    for (fs, sina_node, tencent_board, is_on) in boards {
        let truth: Vec<&Instrument> = market.listed().iter().filter(|i| is_on(i)).collect();
        let by_symbol: BTreeMap<String, &Instrument> = truth.iter().map(|i| (i.prefixed(), *i)).collect();
        let rows = clist(&market, fs);
        assert_eq!(rows.len(), truth.len(), "{fs}");
        for row in rows {
            let code = row["f12"].as_str().unwrap();
            let prefix = match (&row["f13"], code.starts_with("92")) {
                (number, _) if number == 1 => "sh",
                (_, true) => "bj",
                _ => "sz",
            };
            let symbol = format!("{prefix}{code}");
            let share = by_symbol[&symbol];
            assert_eq!(row["f14"], share.name);
            let unit = unit(share);
            assert!(close(row["f18"].as_f64().unwrap(), share.quote().pre_close.unwrap() as f64 / unit, 3));
            if share.state == State::Trading {
                let price = share.quote().price.unwrap() as f64 / unit;
                assert!(close(row["f2"].as_f64().unwrap(), price, share.decimals), "{row}");
                assert_eq!(row["f5"].as_i64(), Some((share.quote().volume + 50) / 100));
            } else {
                assert!(["f2", "f3", "f5", "f6"].iter().all(|key| row[key] == "-"), "{row}");
            }
        }
        let rows = node(&market, sina_node);
        assert_eq!(rows.len(), truth.len(), "{sina_node}");
        for (row, share) in rows.iter().zip(&truth) {
            assert_eq!(row["symbol"], share.prefixed(), "in the order of symbols");
            let price = if share.state == State::Trading { share.quote().price.unwrap() } else { 0 };
            let text = |key: &str| number(row[key].as_str().unwrap());
            assert!(close(text("trade"), price as f64 / unit(share), 3), "{row}");
            assert!(close(text("settlement"), share.quote().pre_close.unwrap() as f64 / unit(share), 3));
            assert_eq!(row["volume"], share.quote().volume);
        }
        if tencent_board.is_empty() {
            continue;
        }
        let rows = rank(&market, tencent_board);
        assert_eq!(rows.len(), truth.len(), "{tencent_board}");
        assert!(rows.is_sorted_by(|a, b| number(a["zxj"].as_str().unwrap()) >= number(b["zxj"].as_str().unwrap())));
        for row in rows {
            let share = by_symbol[row["code"].as_str().unwrap()];
            let quote = share.quote();
            let last = quote.price.or(quote.pre_close).unwrap();
            assert!(close(number(row["zxj"].as_str().unwrap()), last as f64 / unit(share), 2), "{row}");
            assert_eq!(row["state"] == "S", share.state == State::Suspended);
            let volume = if share.kind == Kind::Star { quote.volume } else { (quote.volume + 50) / 100 };
            assert_eq!(number(row["volume"].as_str().unwrap()), volume as f64, "{row}");
        }
    }
}

#[test]
fn lists_without_np_are_objects_and_indices_have_lists_of_their_own() {
    let market = market(3);
    let url = "https://push2.eastmoney.com/api/qt/clist/get?pn=1&pz=2&fid=f12&po=0&fields=f2,f12";
    let body: Value = serde_json::from_str(&ask(&market, &format!("{url}&fs=m:1+t:2"))).unwrap();
    assert_eq!((&body["rt"], body["data"]["diff"]["1"]["f12"].as_str().unwrap().len()), (&6.into(), 6));
    assert!(body["data"]["diff"]["0"]["f2"].is_i64(), "scaled without fltt=2");
    for (fs, codes) in [
        ("m:1+s:2", "000001,000300,000688"),
        ("m:0+t:5", "399001,399006,899050,980017"),
        ("m:2", "H30269,930955"),
    ] {
        let rows = clist(&market, fs);
        let found: Vec<&str> = rows.iter().map(|row| row["f12"].as_str().unwrap()).collect();
        assert_eq!(found.join(","), codes);
    }
    assert_eq!(clist(&market, "m:77"), Vec::<Value>::new());
}
