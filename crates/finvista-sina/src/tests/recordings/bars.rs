//! Recorded bars and factors.

use finvista_core::{ErrorKind, SourceError, Zone};
use finvista_datasets::{CnIndexDaily, CnStockDaily, CnStockMinute};

use super::{folder, of, read};
use crate::tests::{answer, answer_of, kind, query, utf8};

/// A bar in the plainest form: label, prices, volume, amount.
type Bar = (String, [f64; 4], i64, Option<f64>);

/// The bars of a recording, read in the plainest way, and the rows to send for them: as they are, where they are JSON.
fn bars(bytes: &[u8]) -> (Vec<Bar>, String) {
    let text = std::str::from_utf8(bytes).unwrap().replace('\'', "\"");
    let (mut bars, mut rows) = (Vec::new(), Vec::new());
    for object in text.split('{').filter(|object| object.contains("day")) {
        let object = object.split('}').next().unwrap();
        // Keys come with quotation marks and without, and averages have the key in their own.
        let value = |key: &str| {
            let marks = [format!("\"{key}\":"), format!(" {key}:")];
            let (_, rest) = marks.iter().find_map(|mark| object.split_once(mark.as_str()))?;
            rest.split('"').nth(1)
        };
        let number = |key: &str| value(key).unwrap().parse::<f64>().unwrap();
        let prices = ["open", "high", "low", "close"].map(number);
        let amount = value("amount").map(|amount| amount.parse().unwrap());
        let (day, volume) = (value("day").unwrap(), value("volume").unwrap());
        bars.push((day.to_owned(), prices, volume.parse().unwrap(), amount));
        let row = format!("{{{object}}}");
        rows.push(if serde_json::from_str::<&serde_json::value::RawValue>(&row).is_ok() {
            row
        } else {
            let [open, high, low, close] = prices;
            format!(r#"{{"day":"{day}","open":{open},"high":{high},"low":{low},"close":{close},"volume":"{volume}"}}"#)
        });
    }
    (bars, rows.join(","))
}

/// Recorded rows in the documented envelope.
fn envelope(code: &str, scale: &str, rows: &str) -> String {
    format!("/*<script>location.href='//sina.com';</script>*/\nvar _{code}_{scale}_1023=([{rows}]);")
}

/// The code in the name of a recording, or some code where it was not recorded.
fn code_in(name: &str) -> &str {
    name.split(['_', '.']).find(|part| part.len() == 8 && part.starts_with('s')).unwrap_or("sz000001")
}

#[test]
fn every_recorded_bar_of_a_day_is_what_its_bytes_say() {
    for (name, bytes) in of("cn_stock_daily", "sina_kline") {
        let (code, (bars, rows)) = (code_in(&name), bars(&bytes));
        let query = query::<CnStockDaily>(&format!("symbol={code}"));
        let table = answer::<CnStockDaily>(&query, &[envelope(code, "240", &rows)]).unwrap();
        let read =
            table.rows().map(|b| (b.date.to_string(), [b.open, b.high, b.low, b.close], b.volume, b.amount));
        assert_eq!(read.collect::<Vec<Bar>>(), bars, "{name}");
        println!("{name}: {} rows", bars.len());
    }
}

#[test]
fn every_recorded_bar_of_minutes_is_what_its_bytes_say() {
    for (name, bytes) in of("cn_stock_minute", "sina_kline") {
        let (code, (bars, rows)) = (code_in(&name), bars(&bytes));
        let minutes = if name.contains("5min") { "5" } else { "60" };
        let query = query::<CnStockMinute>(&format!("symbol={code} period={minutes}"));
        let answer = answer::<CnStockMinute>(&query, &[envelope(code, minutes, &rows)]);
        if name.contains("2026-09-30") {
            // A bar of an index, whose amount by volume is a price of shares and not of points.
            assert_eq!(answer.unwrap_err().kind(), ErrorKind::Invalid);
            continue;
        }
        let table = answer.unwrap();
        let label = |time| Zone::Shanghai.clock(time).strftime("%F %T").to_string();
        let read =
            table.rows().map(|b| (label(b.time), [b.open, b.high, b.low, b.close], b.volume, b.amount));
        assert_eq!(read.collect::<Vec<Bar>>(), bars, "{name}");
        println!("{name}: {} rows", bars.len());
    }
}

#[test]
fn every_recorded_bar_of_an_index_is_what_its_bytes_say() {
    for (name, bytes) in of("index kline", "sina_index_kline") {
        let (code, (bars, rows)) = (code_in(&name), bars(&bytes));
        let query = query::<CnIndexDaily>(&format!("symbol={code}"));
        let table = answer::<CnIndexDaily>(&query, &[envelope(code, "240", &rows)]).unwrap();
        let read =
            table.rows().map(|b| (b.date.to_string(), [b.open, b.high, b.low, b.close], b.volume, b.amount));
        assert_eq!(read.collect::<Vec<Bar>>(), bars, "{name}");
    }
}

#[test]
fn bars_of_minutes_are_no_bars_of_days() {
    for (name, bytes) in if folder().is_some() { of("cn_stock_minute", "sina_kline") } else { Vec::new() } {
        let code = code_in(&name);
        let body = envelope(code, "240", &bars(&bytes).1);
        let query = query::<CnStockDaily>(&format!("symbol={code}"));
        assert_eq!(kind::<CnStockDaily>(&query, &[body]), ErrorKind::Decode, "{name}");
    }
    // Keys without quotation marks were the format of before 2019.
    let Some(bytes) = read("sina_kline_sys_ma20_unquoted_2018-08-24.fragment.txt") else { return };
    assert_eq!(kind::<CnStockDaily>(&query::<CnStockDaily>("symbol=000001"), &[bytes]), ErrorKind::Decode);
}

#[test]
fn recorded_factors_adjust_as_the_market_did() {
    let Some(rows) = read("sina_adjust_factor_sh600103_qfq_hfq.rows.txt") else { return };
    let text = String::from_utf8(rows).unwrap();
    let rows: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    let file = |adjust: &str, rows: &[&str]| {
        format!("var sh600103{adjust}={{\"total\":2,\"data\":[{}]}};", rows.join(","))
    };
    let bar = |day: &str, price: f64| {
        format!(
            r#"{{"day":"{day}","open":{price},"high":{price},"low":{price},"close":{price},"volume":"100"}}"#
        )
    };
    let closes = |code: &str, adjust: &str, bars: &[(&str, f64)], factors: &[u8]| {
        let rows: Vec<String> = bars.iter().map(|(day, price)| bar(day, *price)).collect();
        let query = query::<CnStockDaily>(&format!("symbol={code} start=2019-05-31 adjust={adjust}"));
        let bodies = vec![utf8(envelope(code, "240", &rows.join(","))), utf8(factors)];
        let table = answer_of::<CnStockDaily>(&query, bodies)?;
        Ok::<Vec<f64>, SourceError>(table.rows().map(|bar| bar.close).collect())
    };
    // The closes before the ex-date and on it (wire note 3.3).
    let bars = [("2019-05-31", 3.04), ("2019-06-03", 2.45)];
    for (adjust, rows, expected) in
        [("qfq", &rows[..2], [2.338, 2.45]), ("hfq", &rows[2..], [12.535, 13.133])]
    {
        assert_eq!(closes("sh600103", adjust, &bars, file(adjust, rows).as_bytes()).unwrap(), expected);
    }

    let factors = read("sina_qfq_factor_sz000001_2026-07.js.txt").unwrap();
    let bars = [("2025-10-14", 11.4), ("2026-06-11", 11.0), ("2026-06-12", 10.9)];
    assert_eq!(closes("sz000001", "qfq", &bars, &factors).unwrap(), [11.037, 10.65, 10.9]);
    assert_eq!(closes("sz000002", "qfq", &bars, &factors).unwrap_err().kind(), ErrorKind::Invalid);

    // Of the fund's file only the newest two entries are recorded, and a fund's prices need more than a factor.
    let files = String::from_utf8(read("sina_factors_etf_share_noevents.fragments.txt").unwrap()).unwrap();
    let file = |name: &str| {
        let file = files.split("var ").find(|file| file.starts_with(name)).unwrap();
        format!("var {};", file.split(';').next().unwrap())
    };
    let fund = file("sh510050hfq");
    assert_eq!(closes("sh510050", "hfq", &bars, fund.as_bytes()).unwrap_err().kind(), ErrorKind::Unsupported);
    let share = file("sz300592qfq");
    let bars = [("2025-07-15", 20.0), ("2026-07-09", 20.0)];
    assert_eq!(closes("sz300592", "qfq", &bars, share.as_bytes()).unwrap(), [19.719, 20.0]);
}
