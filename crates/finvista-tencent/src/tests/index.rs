//! Indices: their bars and quotes.

use finvista_core::dataset::Dataset;
use finvista_core::{Board, ErrorKind, Query, Symbol};
use finvista_datasets::{CnIndexDaily, CnIndexQuote};
use finvista_testkit::{Exchange, Instrument, Limits, Market};

use super::recorded_kline::nothing_older;
use super::recorded_quote::replay;
use super::simulated::{ask, market, symbol};
use super::{answer, cx, endpoint, first, kind, query, recording, rows_of};

fn daily(symbol: &str) -> Query {
    query(CnIndexDaily::SPEC, &[("symbol", symbol)])
}

fn quotes(symbols: &str) -> Query {
    query(CnIndexQuote::SPEC, &[("symbols", symbols)])
}

#[test]
fn bars_are_asked_for_with_the_prefix_of_the_exchange() {
    let host = "https://proxy.finance.qq.com/ifzqgtimg/appstock/app/newfqkline/get?param=";
    for (symbol, param) in [("000300", "sh000300,day,,,640,bfq"), ("399006", "sz399006,day,,,640,bfq")] {
        assert_eq!(first(&daily(symbol)).url, format!("{host}{param}"));
    }
}

#[test]
fn what_tencent_has_no_bars_of_is_refused() {
    for symbol in ["930955", "H30269", "980017"] {
        let query = daily(symbol);
        assert!(endpoint(&query).capability().answers(query.selection(), cx().today()).is_err(), "{symbol}");
    }
    let query = daily("899050");
    let refused = endpoint(&query).start(&cx(), &query).map(drop).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Unsupported);
}

#[test]
fn many_rows_are_read_as_a_split_of_the_bytes_reads_them() {
    for (name, count) in [
        ("tencent_fqkline_index_sh000001_day_1990-1995.json", 1106),
        ("tencent_fqkline_index_sh000001_day_2026-09.excerpt.json.txt", 2),
    ] {
        let Some(body) = recording(name) else { return };
        let text = String::from_utf8(body.clone()).unwrap();
        let (_, rest) = text.split_once("\"day\":[[").unwrap();
        let (rows, _) = rest.split_once("]]").unwrap();
        let rows: Vec<Vec<&str>> = rows
            .split(']')
            .map(|row| {
                let row = row.trim_start_matches([',', '[', '\n', ' ']);
                row.split(',').map(|value| value.trim_matches('"')).collect()
            })
            .collect();
        let batch = answer(&daily("000001"), &[&body, nothing_older("sh000001").as_bytes()]).unwrap();
        let bars = rows_of::<CnIndexDaily>(&batch);
        assert_eq!((bars.len(), rows.len()), (count, count), "{name}");
        for (bar, row) in bars.iter().zip(rows) {
            let [day, open, close, high, low, volume] = row.try_into().unwrap();
            let number = |text: &str| text.parse::<f64>().unwrap();
            assert_eq!((bar.symbol, bar.date.to_string().as_str()), ("000001.SH", day));
            assert_eq!((bar.open, bar.close), (number(open), number(close)), "{day}");
            assert_eq!((bar.high, bar.low), (number(high), number(low)), "{day}");
            assert_eq!((bar.volume as f64, bar.amount), (number(volume) * 100.0, None), "{day}");
        }
        // Another index.
        assert_eq!(kind(&daily("399001"), &[&body]), ErrorKind::Invalid);
    }
}

#[test]
fn a_recorded_quote_has_no_book_and_counts_in_lots() {
    let name = "tencent_quote_ashare_index_etf_suspended_2026-09-28.txt";
    let Some(body) = recording(name) else { return };
    let query = quotes("000001");
    assert_eq!(first(&query).url, "https://qt.gtimg.cn/q=sh000001");
    let batch = replay(&query, &String::from_utf8(body).unwrap()).unwrap();
    let [row] = rows_of::<CnIndexQuote>(&batch).try_into().unwrap();
    assert_eq!((row.symbol, row.name), ("000001.SH", "上证指数"));
    assert_eq!(row.time.unwrap().to_string(), "2026-09-28T06:10:21Z");
    assert_eq!((row.price, row.pre_close, row.open), (Some(3825.65), Some(3888.37), Some(3878.41)));
    assert_eq!((row.high, row.low), (Some(3878.41), Some(3806.67)));
    assert_eq!((row.change, row.change_pct), (Some(-62.72), Some(-1.61)));
    assert_eq!((row.volume, row.amount), (Some(37_692_302_100), Some(678_213_668_263.0)));
    // The short form has no previous close, and is not asked for.
    let Some(body) = recording("tencent_quote_short_stock_and_index.txt") else { return };
    assert_eq!(kind(&query, &[&body]), ErrorKind::Invalid);
    let Some(body) = recording("tencent_quote_no_match.txt") else { return };
    assert_eq!(kind(&query, &[&body]), ErrorKind::NotFound);
}

#[test]
fn quotes_are_those_of_the_market() {
    let market = market();
    let instruments: Vec<_> = served(&market).collect();
    let symbols: Vec<String> = instruments.iter().map(|instrument| symbol(instrument)).collect();
    let batch = ask(&market, &Limits::default(), &quotes(&symbols.join(","))).unwrap();
    let rows = rows_of::<CnIndexQuote>(&batch);
    assert_eq!(rows.len(), instruments.len());
    for (row, instrument) in rows.iter().zip(instruments) {
        let truth = instrument.quote();
        let price = |price: Option<i64>| price.map(|p| p as f64 / 10_f64.powi(instrument.decimals as i32));
        assert_eq!((row.price, row.open), (price(truth.price), price(truth.open)), "{}", row.symbol);
        assert_eq!(row.volume, Some((truth.volume + 50) / 100 * 100), "{}", row.symbol);
        assert!((row.amount.unwrap() - truth.amount as f64 / 100.0).abs() <= 0.5, "{}", row.symbol);
    }
    assert!(rows.iter().any(|row| row.symbol.ends_with("BJ")) && rows.len() > 3);
}

/// The indices whose codes the exchanges assign.
fn served(market: &Market) -> impl Iterator<Item = &Instrument> {
    let is_on_board = |i: &&Instrument| symbol(i).parse::<Symbol>().is_ok_and(|s| s.board() == Board::Index);
    market.instruments().iter().filter(is_on_board)
}

#[test]
fn bars_are_those_of_the_market() {
    let market = market();
    let mut count = 0;
    for instrument in served(&market).filter(|instrument| instrument.exchange != Exchange::Bj) {
        let query = daily(&symbol(instrument));
        let batch = ask(&market, &Limits::default(), &query).unwrap();
        let bars = rows_of::<CnIndexDaily>(&batch);
        assert_eq!(bars.len(), instrument.bars().len(), "{query}");
        for (bar, truth) in bars.iter().zip(instrument.bars()) {
            let close = truth.close as f64 / 10_f64.powi(instrument.decimals as i32);
            assert_eq!((bar.date, bar.close), (truth.date, close), "{query}");
            assert!((bar.volume - truth.volume).abs() <= 50, "{query} {}", bar.date);
            let amount = truth.amount as f64 / 100.0;
            assert!(bar.amount.is_some_and(|a| (a - amount).abs() <= 50.0), "{query} {}", bar.date);
        }
        count += 1;
    }
    assert!(count > 2);
}
