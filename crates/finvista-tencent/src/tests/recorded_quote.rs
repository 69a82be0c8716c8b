//! Recorded answers of quotes, compared field by field with a split of the raw text.

use std::sync::Mutex;

use finvista_core::{Body, ErrorKind, Query, SourceError, Symbol, Zone, answer_from};
use jiff::civil::DateTime;

use super::{check, cx, endpoint, quotes, recording, rows};

/// The recordings of whole lines. All but the batch were written down in UTF-8.
const UTF8: [&str; 7] = [
    "tencent_quote_etf_lof_cb_2026-09-18.txt",
    "tencent_quote_ashare_index_etf_suspended_2026-09-28.txt",
    "tencent_quote_ashare_excerpt_2026-07-03.txt",
    "tencent_quote_sz300059_sz002008_2024-11-15.txt",
    "tencent_quote_sh600000_2019-10-11.txt",
    "tencent_quote_etf_sh510500_2020-07-31.txt",
    "tencent_quote_sz002241_callauction_and_trading_2025-05-09.txt",
];
const BATCH: &str = "tencent_quote_batch900_2022-11-22.gbk.txt";

/// The lines of a text with their fields, split without the decoder.
fn split(text: &str) -> Vec<(&str, Vec<&str>)> {
    let lines = text.split("v_").filter(|line| line.contains('='));
    lines
        .map(|line| {
            let (code, fields) = line.split_once('=').unwrap();
            (code, fields.trim().trim_end_matches(';').trim_matches('"').split('~').collect())
        })
        .collect()
}

/// The last part of the URL of a request: the codes.
fn asked(url: &str) -> Vec<&str> {
    url.split_once("q=").unwrap().1.split(',').collect()
}

/// Answers each batch with the lines of its codes, as they stand in the text.
pub(super) fn replay(query: &Query, text: &str) -> Result<finvista_core::RecordBatch, SourceError> {
    let batch = answer_from(endpoint(query), &cx(), query, |request| {
        let codes = asked(&request.url);
        let lines = text.split_inclusive(';').map(str::trim).filter(|line| {
            line.strip_prefix("v_")
                .and_then(|l| l.split_once('='))
                .is_some_and(|(code, _)| codes.contains(&code))
        });
        let body: String = lines.map(|line| format!("{line}\n")).collect();
        Some(Body::new(encoding_rs::GBK.encode(&body).0.into_owned()))
    })?;
    // What is not listed has no row.
    let unlisted = |code: &&str| {
        let fields = split(text).into_iter().find(|(of, _)| of == code).map(|(_, fields)| fields);
        fields.is_some_and(|fields| is_unlisted(&fields))
    };
    let missing = check(query, &batch)?;
    assert!(missing.iter().all(|symbol| unlisted(&symbol.prefixed().unwrap().as_str())), "{missing:?}");
    Ok(batch)
}

fn is_unlisted(fields: &[&str]) -> bool {
    matches!(fields.get(40), Some(&("D" | "U" | "C")))
}

/// Decodes a text of lines and compares every value. Returns the number of lines.
fn compare(text: &str) -> usize {
    let lines: Vec<_> = split(text)
        .into_iter()
        .filter(|(code, _)| {
            Symbol::from_prefixed(code).is_some_and(|s| s.board() != finvista_core::Board::Index)
        })
        .collect();
    let symbols: Vec<String> =
        lines.iter().map(|(code, _)| Symbol::from_prefixed(code).unwrap().to_string()).collect();
    let query = quotes(symbols.iter().map(String::as_str));
    let batch = replay(&query, text).unwrap();
    let rows = rows(&batch);
    let listed: Vec<_> = lines.iter().filter(|(_, fields)| !is_unlisted(fields)).collect();
    assert_eq!(rows.len(), listed.len());
    for (row, (code, fields)) in rows.iter().zip(listed) {
        let number = |index: usize| fields.get(index).and_then(|text| text.parse::<f64>().ok());
        let price = |index| number(index).filter(|&price| price != 0.0);
        let traded = price(5).is_some();
        let today = |value: Option<f64>| value.filter(|_| traded);
        assert_eq!(row.symbol.parse(), Ok(Symbol::from_prefixed(code).unwrap()));
        assert_eq!(row.name, fields[1].trim(), "{code}");
        let time = DateTime::strptime("%Y%m%d%H%M%S", fields[30]).unwrap();
        assert_eq!(row.time, Zone::Shanghai.instant(time), "{code}");
        assert_eq!((row.price, row.pre_close), (today(price(3)), price(4)), "{code}");
        assert_eq!((row.open, row.high, row.low), (price(5), today(price(33)), today(price(34))), "{code}");
        assert_eq!((row.change, row.change_pct), (today(number(31)), today(number(32))), "{code}");
        let lot = if code.starts_with("sh68") { 1.0 } else { 100.0 };
        assert_eq!(row.volume.map(|v| v as f64), number(6).map(|v| v * lot), "{code}");
        let exact: f64 = fields[35].rsplit_once('/').unwrap().1.parse().unwrap();
        assert_eq!(row.amount, Some(exact), "{code}");
        let bids = [row.bid1, row.bid2, row.bid3, row.bid4, row.bid5];
        let asks = [row.ask1, row.ask2, row.ask3, row.ask4, row.ask5];
        let bid_volumes =
            [row.bid_volume1, row.bid_volume2, row.bid_volume3, row.bid_volume4, row.bid_volume5];
        let ask_volumes =
            [row.ask_volume1, row.ask_volume2, row.ask_volume3, row.ask_volume4, row.ask_volume5];
        for level in 0..5 {
            for (first, prices, volumes) in [(9, bids, bid_volumes), (19, asks, ask_volumes)] {
                let at = first + 2 * level;
                let volume = price(at).and_then(|_| number(at + 1)).map(|lots| lots * 100.0);
                assert_eq!(prices[level], price(at), "{code} level {level}");
                assert_eq!(volumes[level].map(|v| v as f64), volume, "{code} level {level}");
            }
        }
    }
    lines.len()
}

#[test]
fn every_line_reads_as_its_bytes_say() {
    for name in UTF8 {
        let Some(body) = recording(name) else { return };
        let text = String::from_utf8(body).unwrap();
        // One recording has two lines of the same share, minutes apart.
        match text.split_once("v_sz002241").map(|(_, rest)| rest.split_once("v_sz002241")) {
            Some(Some((first, second))) => {
                assert_eq!(compare(&format!("v_sz002241{first}")), 1);
                assert_eq!(compare(&format!("v_sz002241{second}")), 1);
            }
            _ => assert!(compare(&text) > 0, "{name}"),
        }
    }
}

#[test]
fn the_whole_batch_reads_as_its_bytes_say() {
    let Some(body) = recording(BATCH) else { return };
    let (text, _, broken) = encoding_rs::GBK.decode(&body);
    assert!(!broken);
    assert_eq!(compare(&text), text.lines().count());
}

#[test]
fn the_bytes_of_the_batch_are_one_answer() {
    let Some(body) = recording(BATCH) else { return };
    // More lines than one request has codes: cut into answers at a line break.
    let lines = Mutex::new(body.split_inclusive(|&b| b == b'\n'));
    let symbols: Vec<String> = body
        .split(|&b| b == b'\n')
        .filter_map(|line| line.get(2..10))
        .map(|code| Symbol::from_prefixed(str::from_utf8(code).unwrap()).unwrap().to_string())
        .collect();
    let query = quotes(symbols.iter().map(String::as_str));
    let batch = answer_from(endpoint(&query), &cx(), &query, |request| {
        let count = asked(&request.url).len();
        Some(Body::new(lines.lock().unwrap().by_ref().take(count).collect::<Vec<_>>().concat()))
    })
    .unwrap();
    // Six of them are not listed.
    assert_eq!((batch.num_rows(), check(&query, &batch).unwrap().len()), (symbols.len() - 6, 6));
}

#[test]
fn literal_values_of_one_line() {
    let Some(body) = recording("tencent_quote_sz300059_sz002008_2024-11-15.txt") else { return };
    let query = quotes(["300059.SZ", "002008.SZ"]);
    let batch = replay(&query, &String::from_utf8(body).unwrap()).unwrap();
    let [row, other] = rows(&batch).try_into().unwrap();
    assert_eq!((row.name, other.name), ("东方财富", "大族激光"));
    assert_eq!(
        (row.price, row.volume, row.amount),
        (Some(25.63), Some(1_139_645_600), Some(30_195_067_880.0))
    );
    assert_eq!(
        (row.bid1, row.bid_volume1, row.ask5, row.ask_volume5),
        (Some(25.63), Some(6_871_300), Some(25.68), Some(632_900))
    );
    assert_eq!(row.time.unwrap().to_string(), "2024-11-15T08:14:39Z");
}

#[test]
fn suspended_shares_have_no_price_and_delisted_ones_no_row() {
    let Some(body) = recording(BATCH) else { return };
    let (text, _, _) = encoding_rs::GBK.decode(&body);
    let query = quotes(["002150.SZ", "002070.SZ", "002710.SZ"]);
    let batch = replay(&query, &text).unwrap();
    let [row] = rows(&batch).try_into().unwrap();
    assert_eq!((row.symbol, row.pre_close), ("002150.SZ", Some(9.55)));
    assert_eq!((row.price, row.open, row.high, row.low, row.change), (None, None, None, None, None));
    assert_eq!((row.volume, row.amount, row.bid1, row.bid_volume1), (Some(0), Some(0.0), None, None));
    for (symbol, said) in [("002070.SZ", "is no longer listed"), ("002710.SZ", "is not listed yet")] {
        let error = replay(&quotes([symbol]), &text).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
        assert!(error.message().contains(said), "{error}");
    }
}

#[test]
fn in_the_call_auction_only_the_book_moves() {
    let Some(body) = recording("tencent_quote_sz002241_callauction_and_trading_2025-05-09.txt") else {
        return;
    };
    let text = String::from_utf8(body).unwrap();
    let auction = text.lines().next().unwrap();
    let query = quotes(["002241.SZ"]);
    let batch = replay(&query, auction).unwrap();
    let [row] = rows(&batch).try_into().unwrap();
    assert_eq!((row.price, row.change, row.pre_close), (None, None, Some(22.27)));
    assert_eq!(
        (row.bid1, row.bid_volume1, row.ask1, row.ask_volume1),
        (Some(22.26), Some(100_400), Some(22.26), Some(100_400))
    );
    // 558 unmatched lots stand at the price 0.
    assert_eq!((row.ask2, row.ask_volume2), (None, None));
}

#[test]
fn other_kinds_of_lines_are_no_answer() {
    let query = quotes(["600519.SH"]);
    let kind = |name| {
        recording(name).map(|body| {
            answer_from(endpoint(&query), &cx(), &query, |_| {
                Some(Body { charset: Some("utf-8".to_owned()), ..Body::new(body.clone()) })
            })
            .unwrap_err()
            .kind()
        })
    };
    for (name, expected) in [
        ("tencent_quote_no_match.txt", ErrorKind::NotFound),
        ("tencent_quote_none_match_2025-12-21.txt", ErrorKind::NotFound),
        // The index among the stocks was not asked for here.
        ("tencent_quote_ashare_index_etf_suspended_2026-09-28.txt", ErrorKind::Invalid),
        ("tencent_quote_short_stock_and_index.txt", ErrorKind::Invalid),
        ("tencent_quote_short_sz000936.txt", ErrorKind::Invalid),
        ("tencent_quote_hk_2026-09-28.txt", ErrorKind::Invalid),
        ("tencent_quote_hk00700_2026-07-21.txt", ErrorKind::Invalid),
        ("tencent_quote_hk_realtime_r_hk_2018-03-29.txt", ErrorKind::Invalid),
        ("tencent_quote_us_2026-09-25.txt", ErrorKind::Invalid),
        ("tencent_quote_usAAPL_2026-07-20.txt", ErrorKind::Invalid),
        ("tencent_fund_jj_2026-09-28.txt", ErrorKind::Invalid),
        ("tencent_fx_whUSDCNY_2026-08.txt", ErrorKind::Invalid),
        ("tencent_s_pk_sh600519_2023.txt", ErrorKind::Invalid),
        ("tencent_futures_forex_and_nomatch_2026-09-29.txt", ErrorKind::Invalid),
    ] {
        let Some(kind) = kind(name) else { return };
        assert_eq!(kind, expected, "{name}");
    }
}
