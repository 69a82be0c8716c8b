//! Indices: their bars.

use finvista_core::dataset::Dataset;
use finvista_core::{Board, ErrorKind, Query, Symbol};
use finvista_datasets::CnIndexDaily;
use finvista_testkit::{Exchange, Instrument, Limits, Market};

use super::recorded_kline::nothing_older;
use super::simulated::{ask, market, symbol};
use super::{answer, cx, endpoint, first, kind, query, recording, rows_of};

fn daily(symbol: &str) -> Query {
    query(CnIndexDaily::SPEC, &[("symbol", symbol)])
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
