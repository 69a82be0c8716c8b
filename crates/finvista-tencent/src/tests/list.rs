//! The list of A shares.

use finvista_core::dataset::Dataset;
use finvista_core::{
    Body, ErrorKind, Next, Query, RecordBatch, Refusal, Reply, Request, SourceError, answer_from,
};
use finvista_datasets::{CnStockList, Listed};
use finvista_testkit::{Kind, Limits, State};

use super::simulated::{ask, market, symbol};
use super::{answer, check, cut_anywhere, cx, endpoint, first, kind, query, recording, rows_of};

fn all() -> Query {
    query(CnStockList::SPEC, &[])
}

fn rows(batch: &RecordBatch) -> Vec<Listed<'_>> {
    rows_of::<CnStockList>(batch)
}

fn page(offset: usize) -> Request {
    Request::get(format!(
        "https://proxy.finance.qq.com/cgi/cgi-bin/rank/hs/getBoardRankList?_appver=11.17.0&board_code=aStock&sort_type=price&direct=down&offset={offset}&count=200"
    ))
}

/// A share at 10.00, of which 1,000 lots were traded.
fn row(code: &str) -> String {
    format!(
        r#"{{"code":"{code}","hsl":"0.28","ltsz":"17946.80","name":"\u8d35\u5dde","state":"","turnover":"100","volume":"1000.00","zd":"0.20","zdf":"2.04","zsz":"20000.00","zxj":"10.00","new":{{}}}}"#
    )
}

fn body(rows: &[String], total: usize) -> Vec<u8> {
    let rows = rows.join(",");
    format!(r#"{{"code":0,"msg":"ok","data":{{"rank_list":[{rows}],"offset":0,"total":{total}}}}}"#)
        .into_bytes()
}

fn one(row: String) -> Result<RecordBatch, SourceError> {
    answer(&all(), &[&body(&[row], 1)])
}

#[test]
fn all_a_shares_are_promised_and_no_part_of_them() {
    assert_eq!((first(&all()), endpoint(&all()).requests(&cx(), &all())), (page(0), 32));
    for market in ["sh", "sz", "bj", "star", "chinext", "etf", "b"] {
        let query = query(CnStockList::SPEC, &[("market", market)]);
        let refusal = endpoint(&query).capability().answers(query.selection(), cx().today()).unwrap_err();
        assert!(matches!(refusal, Refusal::Scope(scope) if scope.name == market));
    }
}

#[test]
fn a_row_is_read_by_its_keys() {
    let batch = one(row("sh600519")).unwrap();
    let [listed] = rows(&batch).try_into().unwrap();
    assert_eq!((listed.symbol, listed.name, listed.board), ("600519.SH", "贵州", "main"));
    assert_eq!((listed.price, listed.change, listed.change_pct), (Some(10.0), Some(0.2), Some(2.04)));
    assert_eq!((listed.volume, listed.amount), (Some(100_000), Some(1_000_000.0)));
    assert_eq!(
        (listed.turnover, listed.market_cap, listed.float_cap),
        (Some(0.28), Some(2e12), Some(1.794_68e12))
    );
}

#[test]
fn the_amount_proves_the_unit_where_it_is_not_known() {
    let volume = |code, count: &str, amount: &str| {
        let row = row(code)
            .replace("1000.00", count)
            .replace(r#""turnover":"100""#, &format!(r#""turnover":"{amount}""#));
        rows(&one(row).unwrap())[0].volume
    };
    for code in ["sh688981", "bj920982"] {
        assert_eq!(volume(code, "1000.00", "100"), Some(100_000), "{code}");
        assert_eq!(volume(code, "100000.00", "100"), Some(100_000), "{code}");
        assert_eq!(volume(code, "2.00", "0"), None, "{code}");
        assert_eq!(volume(code, "0.00", "0"), Some(0), "{code}");
    }
    assert_eq!(volume("sz300750", "2.00", "0"), Some(200));
}

#[test]
fn without_a_trade_there_is_no_price() {
    let row = row("sz000001").replace("1000.00", "0.00").replace(r#""turnover":"100""#, r#""turnover":"0""#);
    let batch = one(row.replace(r#""zsz":"20000.00""#, r#""zsz":"""#)).unwrap();
    let [listed] = rows(&batch).try_into().unwrap();
    assert_eq!((listed.price, listed.change, listed.change_pct), (None, None, None));
    assert_eq!((listed.volume, listed.amount, listed.market_cap), (Some(0), Some(0.0), None));
}

/// 400 shares by price, of which the dearest `fallen` become the cheapest once the first page was read.
fn while_prices_move(fallen: usize) -> Result<RecordBatch, SourceError> {
    let mut codes: Vec<String> = (0..400).map(|n| format!("sz{}", 300_000 + n)).collect();
    let at_first = codes.clone();
    codes.rotate_left(fallen);
    let batch = answer_from(endpoint(&all()), &cx(), &all(), |request| {
        let (_, rest) = request.url.split_once("offset=").unwrap();
        let offset: usize = rest.split('&').next().unwrap().parse().unwrap();
        let now = if offset == 0 { &at_first } else { &codes };
        let rows: Vec<String> = now.iter().skip(offset).take(200).map(|code| row(code)).collect();
        Some(Body::new(body(&rows, 400)))
    })?;
    check(&all(), &batch).map(|_| batch)
}

#[test]
fn pages_overlap_so_that_moving_prices_lose_no_share() {
    let query = all();
    let (_, mut run) = endpoint(&query).start(&cx(), &query).unwrap();
    let next = run.feed(&Reply::new(&body(&[row("sz000001")], 400))).unwrap();
    assert_eq!(next, Next::Pages(vec![page(180), page(360)]));
    for fallen in [0, 1, 20] {
        assert_eq!(while_prices_move(fallen).unwrap().num_rows(), 400, "{fallen}");
    }
    // Further than the overlap: a share is missed, and that is not hidden.
    assert_eq!(while_prices_move(21).unwrap_err().kind(), ErrorKind::Invalid);
}

#[test]
fn what_is_no_list_of_a_shares_is_refused() {
    for code in ["sh900901", "sh510300", "sh000001", "sh113050"] {
        assert_eq!(one(row(code)).unwrap_err().kind(), ErrorKind::Invalid, "{code}");
    }
    let whole = row("sz000001");
    for row in [
        whole.replace("sz000001", "hk00700"),
        whole.replace("sz000001", ""),
        whole.replace(r"\u8d35\u5dde", ""),
        whole.replace("zxj", "zxj2"),
        whole.replace(r#""turnover""#, r#""amount""#),
        whole.replace("0.28", "x"),
        "[\"sz000001\",\"10.00\"]".to_owned(),
    ] {
        assert_eq!(one(row.clone()).unwrap_err().kind(), ErrorKind::Decode, "{row}");
    }
    let kind = |body: &[u8]| kind(&all(), &[body]);
    assert_eq!(kind(&body(&[], 0)), ErrorKind::Invalid);
    assert_eq!(kind(&body(&[], 5_571)), ErrorKind::Invalid);
    // Fewer rows than were announced.
    assert_eq!(kind(&body(std::slice::from_ref(&whole), 2)), ErrorKind::Invalid);
    assert_eq!(kind(br#"{"code":0,"msg":"ok","data":{}}"#), ErrorKind::Decode);
    assert_eq!(kind(br#"{"code":0,"msg":"ok","data":{"rank_list":[]}}"#), ErrorKind::Decode);
    assert_eq!(kind(b"<html></html>"), ErrorKind::Blocked);
    cut_anywhere(&all(), &body(&[whole], 1), &[ErrorKind::Decode]);
}

#[test]
fn recorded_rows() {
    let Some(row) = recording("tencent_rank_full_row_sh600519.json.txt") else { return };
    let batch = one(String::from_utf8(row).unwrap()).unwrap();
    let [listed] = rows(&batch).try_into().unwrap();
    assert_eq!((listed.symbol, listed.name, listed.board), ("600519.SH", "贵州茅台", "main"));
    assert_eq!((listed.price, listed.change, listed.change_pct), (Some(1428.66), Some(2.66), Some(0.19)));
    assert_eq!((listed.volume, listed.amount), (Some(3_481_600), Some(4_990_680_000.0)));
    assert_eq!((listed.turnover, listed.market_cap), (Some(0.28), Some(1_794_680_000_000.0)));
    // Neither unit is off by 100: the mean price of the day is that of the day.
    let mean = listed.amount.unwrap() / listed.volume.unwrap() as f64;
    assert!((1400.0..1460.0).contains(&mean), "{mean}");

    // The author left out keys and rows, and the end of the object.
    let Some(text) = recording("tencent_rank_getBoardRankList_gainers_2026-09-29.excerpt.json.txt") else {
        return;
    };
    let text = String::from_utf8(text).unwrap();
    assert_eq!(kind(&all(), &[text.as_bytes()]), ErrorKind::Decode);
    let whole = format!("{}],\"offset\":0,\"total\":3}}}}", text.trim_end().trim_end_matches(','));
    let batch = answer(&all(), &[whole.as_bytes()]).unwrap();
    let [new, gainer, beijing] = rows(&batch).try_into().unwrap();
    assert_eq!((new.symbol, new.price, new.board), ("301513.SZ", Some(51.42), "chi_next"));
    assert_eq!((gainer.symbol, gainer.change_pct, gainer.volume), ("301716.SZ", Some(653.16), None));
    assert_eq!((beijing.symbol, beijing.amount, beijing.board), ("920779.BJ", Some(87_300_000.0), "beijing"));
}

#[test]
fn recorded_answers_of_other_services_are_refused() {
    for (name, expected) in [
        ("tencent_rank_error_rpc_name_invalid.json.txt", ErrorKind::Upstream),
        ("tencent_rank_list_data_ranka_chr_2019-01.txt", ErrorKind::Decode),
        ("tencent_rank_pt_getRank_industries_2026-09-29.excerpt.json.txt", ErrorKind::Decode),
    ] {
        let Some(body) = recording(name) else { return };
        assert_eq!(kind(&all(), &[&body]), expected, "{name}");
    }
}

#[test]
fn the_list_is_that_of_the_market() {
    let market = market();
    let limits = Limits::default();
    let batch = ask(&market, &limits, &all()).unwrap();
    let mut truth: Vec<_> = market
        .listed()
        .iter()
        .filter(|i| !matches!(i.kind, Kind::BShare | Kind::Fund | Kind::Index))
        .map(|instrument| (symbol(instrument), instrument))
        .collect();
    truth.sort_by(|a, b| a.0.cmp(&b.0));
    let rows = rows(&batch);
    assert_eq!(rows.len(), truth.len());
    for (row, (symbol, instrument)) in rows.iter().zip(truth) {
        let quote = instrument.quote();
        let traded = quote.volume > 0 && instrument.state == State::Trading;
        let price = |price: i64| price as f64 / 10_f64.powi(instrument.decimals as i32);
        assert_eq!((row.symbol, row.price), (symbol.as_str(), quote.price.filter(|_| traded).map(price)));
        let unit = if instrument.kind == Kind::Star { 1 } else { 100 };
        assert!(row.volume.is_none_or(|v| v == (quote.volume + unit / 2) / unit * unit), "{symbol}");
        assert!((row.amount.unwrap() - quote.amount as f64 / 100.0).abs() <= 5_000.0, "{symbol}");
        assert_eq!(row.change.is_some(), traded, "{symbol}");
    }
    assert!(
        rows.iter().any(|row| row.price.is_none())
            && rows.iter().filter(|row| row.volume.is_none()).count() < 5
    );
}
