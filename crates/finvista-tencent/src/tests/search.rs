//! The search.

use std::sync::Mutex;

use finvista_core::dataset::Dataset;
use finvista_core::{Body, ErrorKind, Query, RecordBatch, SourceError, answer_from};
use finvista_datasets::{CnStockSearch, Found, pinyin};
use finvista_testkit::{Limits, State};

use super::simulated::{ask, market, stocks, symbol};
use super::{answer, check, cut_anywhere, cx, endpoint, first, kind, query, recording, rows_of};

const NOTHING: &[u8] = b"v_hint=\"N\";";
const BANK: &str = r"sz~000001~\u5e73\u5b89\u94f6\u884c~payh~GP-A";

fn search(text: &str) -> Query {
    query(CnStockSearch::SPEC, &[("text", text)])
}

fn rows(batch: &RecordBatch) -> Vec<Found<'_>> {
    rows_of::<CnStockSearch>(batch)
}

fn symbols(batch: &RecordBatch) -> Vec<String> {
    rows(batch).iter().map(|found| found.symbol.to_owned()).collect()
}

fn hint(records: &[&str]) -> Vec<u8> {
    format!("v_hint=\"{}\"", records.join("^")).into_bytes()
}

/// Answers each text with the body for it, or with nothing found. Returns the texts asked for as well.
fn told(text: &str, bodies: &[(&str, &[u8])]) -> (Result<RecordBatch, SourceError>, Vec<String>) {
    let (query, asked) = (search(text), Mutex::new(Vec::new()));
    let batch = answer_from(endpoint(&query), &cx(), &query, |request| {
        let (_, rest) = request.url.split_once("&q=").unwrap();
        let text = rest.strip_suffix("&t=all").unwrap();
        asked.lock().unwrap().push(text.to_owned());
        let body = bodies.iter().find(|(own, _)| *own == text).map_or(NOTHING, |(_, body)| body);
        Some(Body::new(body.to_vec()))
    });
    let batch = batch.and_then(|batch| check(&query, &batch).map(|_| batch));
    (batch, asked.into_inner().unwrap())
}

#[test]
fn the_text_is_asked_for_in_lower_case_and_escaped() {
    for (text, written) in
        [("PAYH", "payh"), ("600519", "600519"), ("平安", "%E5%B9%B3%E5%AE%89"), ("a&t=b c", "a%26t%3Db%20c")]
    {
        assert_eq!(first(&search(text)).url, format!("https://smartbox.gtimg.cn/s3/?v=2&q={written}&t=all"));
    }
}

#[test]
fn a_record_is_read_by_its_places() {
    let fund = r"sh~510300~\u6caa\u6df1300ETF~~ETF";
    let batch = answer(&search("x"), &[&hint(&[BANK, fund])]).unwrap();
    let [bank, fund] = rows(&batch).try_into().unwrap();
    assert_eq!((bank.symbol, bank.name, bank.board), ("000001.SZ", "平安银行", "main"));
    assert_eq!(bank.initials, Some("PAYH"));
    assert_eq!(
        (fund.symbol, fund.name, fund.board, fund.initials),
        ("510300.SH", "沪深300ETF", "fund", None)
    );
    cut_anywhere(&search("x"), &hint(&[BANK]), &[ErrorKind::Decode]);
}

#[test]
fn only_what_the_data_set_is_about_is_found() {
    let others = [
        "sh~000001~index~szzs~ZS",
        "hk~00700~x~txkg~GP",
        "us~aapl.oq~x~pg~GP",
        "jj~161725~x~bj~KJ",
        "sh~999999~x~x~GP",
        "sh~10000001~x~x~QZ",
    ];
    let batch = answer(&search("x"), &[&hint(&[others.as_slice(), &[BANK, BANK]].concat())]).unwrap();
    assert_eq!(symbols(&batch), ["000001.SZ"]);
    assert_eq!(kind(&search("x"), &[&hint(&others)]), ErrorKind::NotFound);
    for nothing in [NOTHING, b"v_hint=\"\";"] {
        assert_eq!(kind(&search("x"), &[nothing]), ErrorKind::NotFound);
    }
}

#[test]
fn rows_keep_the_vendors_order_and_the_limit() {
    let shares = ["sz~300750~b~b~GP", "sh~600519~a~a~GP", "bj~920982~c~c~GP"];
    let all = query(CnStockSearch::SPEC, &[("text", "x")]);
    assert_eq!(symbols(&answer(&all, &[&hint(&shares)]).unwrap()), ["300750.SZ", "600519.SH", "920982.BJ"]);
    let two = query(CnStockSearch::SPEC, &[("text", "x"), ("limit", "2")]);
    assert_eq!(symbols(&answer(&two, &[&hint(&shares)]).unwrap()), ["300750.SZ", "600519.SH"]);
}

#[test]
fn another_reading_is_asked_for_when_the_first_finds_nothing() {
    let other = r"sh~600000~\u6d66\u53d1~payh~GP-A";
    let (batch, asked) = told("PAYX", &[("payh", &hint(&[other, BANK]))]);
    // The name without the character that is read in two ways is another one's.
    assert_eq!(symbols(&batch.unwrap()), ["000001.SZ"]);
    let readings: Vec<String> =
        pinyin::readings("PAYX").into_iter().map(|(text, _)| text.to_lowercase()).collect();
    assert_eq!(asked, [&["payx".to_owned()], readings.as_slice()].concat());
    // One that the first answer finds is enough.
    let (batch, asked) = told("PAYX", &[("payx", &hint(&[BANK])), ("payh", &hint(&[BANK]))]);
    assert_eq!((symbols(&batch.unwrap()).len(), asked.len()), (1, 1));
    // An index is not a stock.
    let (batch, _) = told("PAYX", &[("payx", b"v_hint=\"sh~000001~x~x~ZS\""), ("payh", &hint(&[BANK]))]);
    assert_eq!(symbols(&batch.unwrap()), ["000001.SZ"]);
    let (batch, asked) = told("PAYX", &[]);
    assert_eq!((batch.unwrap_err().kind(), asked.len()), (ErrorKind::NotFound, readings.len() + 1));
    let (batch, asked) = told("600519", &[]);
    assert_eq!((batch.unwrap_err().kind(), asked.len()), (ErrorKind::NotFound, 1));
}

#[test]
fn what_is_no_answer_is_blocked_or_decode() {
    assert_eq!(kind(&search("x"), &[b"<html></html>"]), ErrorKind::Blocked);
    for body in
        ["", "null", "v_hint=", "v_hint=\"sz~000001\"", "v_hint=\"\\u12\"", "v_hint=\"a\";\nv_hint=\"b\""]
    {
        assert_eq!(kind(&search("x"), &[body.as_bytes()]), ErrorKind::Decode, "{body}");
    }
    // A column in front: nothing is where it was.
    assert_eq!(kind(&search("x"), &[&hint(&[&format!("1~{BANK}")])]), ErrorKind::Decode);
}

#[test]
fn recorded_answers() {
    let Some(body) = recording("tencent_smartbox_tx_2026-08.txt") else { return };
    let batch = answer(&search("tx"), &[&body]).unwrap();
    // Of ten records two are of Hong Kong, one is of the United States, and one is an index.
    let found: Vec<_> =
        rows(&batch).iter().map(|found| (found.symbol, found.name, found.board, found.initials)).collect();
    let expected = [
        ("600776.SH", "东方通信", "main", Some("DFTX")),
        ("600556.SH", "天下秀", "main", Some("TXX")),
        ("515050.SH", "通信ETF华夏", "fund", Some("TXETFHX")),
        ("515880.SH", "通信ETF国泰", "fund", Some("TXETFGT")),
        ("000662.SZ", "天夏退", "main", Some("TXT")),
        ("002845.SZ", "同兴达", "main", Some("TXD")),
    ];
    assert_eq!(found, expected);
    let Some(body) = recording("tencent_smartbox_empty_N.txt") else { return };
    assert_eq!(kind(&search("600519"), &[&body]), ErrorKind::NotFound);
}

#[test]
fn every_share_of_the_market_is_found_by_code_and_name() {
    let market = market();
    for instrument in stocks(&market).filter(|instrument| instrument.state == State::Trading) {
        let name = instrument.name.replace("  ", " ");
        for text in [instrument.code.as_str(), &name.replace(' ', "")] {
            let batch = ask(&market, &Limits::default(), &search(text)).unwrap();
            let found = rows(&batch);
            let own = found.iter().find(|found| found.symbol == symbol(instrument));
            assert_eq!(own.map(|found| found.name), Some(name.as_str()), "{text}");
        }
        let initials = &instrument.initials()[0];
        let batch = ask(&market, &Limits::default(), &search(initials)).unwrap();
        assert!(rows(&batch).iter().any(|found| found.initials == Some(initials)), "{initials}");
    }
    assert_eq!(ask(&market, &Limits::default(), &search("605999")).unwrap_err().kind(), ErrorKind::NotFound);
}
