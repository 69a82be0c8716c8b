//! Every recording of the two data sets, where the variable FINVISTA_RECORDINGS names their folder.

use std::path::PathBuf;

use encoding_rs::GB18030;
use finvista_core::dataset::{DailyViews, QuoteRow, QuoteViews, RowViews};
use finvista_core::{Adjust, Board, ErrorKind, Query, RecordBatch, Request, Symbol, answer_from};
use jiff::civil::date;

use super::{answer, check, daily, kind, quotes, today};
use crate::{Daily, Quote};

/// The folder, or `None` after a word that the test was skipped.
fn folder() -> Option<PathBuf> {
    let folder = std::env::var_os("FINVISTA_RECORDINGS").map(PathBuf::from);
    if folder.is_none() {
        println!("skipped: FINVISTA_RECORDINGS is not set");
    }
    folder
}

/// Sina's recordings whose index entry names this data set: file name and bytes.
fn of(dataset: &str) -> Vec<(String, Vec<u8>)> {
    let Some(folder) = folder() else { return Vec::new() };
    let index = std::fs::read_to_string(folder.join("INDEX-sina-tencent.tsv")).unwrap();
    let mut found = Vec::new();
    for line in index.lines() {
        let cells: Vec<&str> = line.split('\t').collect();
        if cells[1] == "sina" && cells[2].contains(dataset) && !cells[2].contains("short") {
            found.push((cells[0].to_owned(), std::fs::read(folder.join(cells[0])).unwrap()));
        }
    }
    assert!(!found.is_empty(), "no recording of {dataset}");
    found
}

fn read(name: &str) -> Option<Vec<u8>> {
    folder().map(|folder| std::fs::read(folder.join(name)).unwrap())
}

/// The lines of a recording of quotes, as bytes, that name a stock or fund: code and line.
fn lines(name: &str, bytes: &[u8]) -> Vec<(String, Vec<u8>)> {
    if name.contains("callauction") {
        // Only what stands between the quotation marks was recorded.
        let line = [b"var hq_str_sh600000=\"", bytes.trim_ascii(), b"\";\n"].concat();
        return vec![("sh600000".to_owned(), line)];
    }
    let mut found = Vec::new();
    for line in bytes.split(|byte| *byte == b'\n') {
        let Some(code) = line.strip_prefix(b"var hq_str_").and_then(|rest| rest.split(|b| *b == b'=').next())
        else {
            continue;
        };
        let code = String::from_utf8(code.to_vec()).unwrap();
        let mainland = code.len() == 8 && ["sh", "sz", "bj"].iter().any(|prefix| code.starts_with(prefix));
        if mainland && !matches!(Symbol::stock(&code).unwrap().board(), Board::Index | Board::Bond) {
            found.push((code, [line, b"\n"].concat()));
        }
    }
    found
}

/// Answers a request for quotes with the recorded lines of its codes, as a vendor that replays them would.
fn replay(lines: &[(String, Vec<u8>)], request: &Request) -> Vec<u8> {
    let list = request.url.split("list=").nth(1).unwrap();
    list.split(',').flat_map(|code| lines.iter().find(|(c, _)| c == code).unwrap().1.clone()).collect()
}

fn decode(name: &str, lines: &[(String, Vec<u8>)]) -> (Query, RecordBatch) {
    let codes: Vec<&str> = lines.iter().map(|(code, _)| code.as_str()).collect();
    let query = quotes(&codes);
    let charset = (!name.contains(".gbk.")).then(|| "utf-8".to_owned());
    let batch =
        answer_from(&Quote, &today(), &query, |request| Some((replay(lines, request), charset.clone())));
    (query, batch.unwrap_or_else(|e| panic!("{name}: {e}")))
}

#[test]
fn every_recorded_quote_is_what_its_bytes_say() {
    let mut compared = 0;
    for (name, bytes) in of("cn_stock_quote") {
        let lines = lines(&name, &bytes);
        let (query, batch) = decode(&name, &lines);
        let missing = check(&Quote, &query, &batch);
        let views = QuoteViews::new(&batch).unwrap();
        let mut index = 0;
        for (code, line) in &lines {
            // Sina's punctuation is ASCII and no second byte of GBK is a comma or a quotation mark.
            let inside = line.split(|b| *b == b'"').nth(1).unwrap();
            if inside.is_empty() {
                assert!(missing.contains(&Symbol::stock(code).unwrap()), "{name} {code}");
                continue;
            }
            let fields: Vec<&[u8]> = inside.split(|b| *b == b',').collect();
            compare(&views.row(index), &fields, &format!("{name} {code}"));
            index += 1;
        }
        assert_eq!(index, batch.num_rows(), "{name}");
        compared += index;
        println!("{name}: {index} rows, {} unknown", missing.len());
    }
    if folder().is_some() {
        assert!(compared > 400, "{compared}");
    }
}

/// Compares a row with the fields, read again in the plainest way.
fn compare(row: &QuoteRow<'_>, fields: &[&[u8]], what: &str) {
    let text = |index: usize| std::str::from_utf8(fields[index]).unwrap();
    let float = |index: usize| text(index).parse::<f64>().unwrap();
    let price = |index: usize| Some(float(index)).filter(|price| *price > 0.0);
    let shares = |index: usize| Some(text(index).parse::<i64>().unwrap()).filter(|_| float(index + 1) > 0.0);
    assert_eq!([row.open, row.pre_close, row.price, row.high, row.low], [1, 2, 3, 4, 5].map(price), "{what}");
    assert_eq!((row.volume, row.amount), (Some(text(8).parse().unwrap()), Some(float(9))), "{what}");
    assert_eq!([row.bid1, row.bid2, row.bid3, row.bid4, row.bid5], [11, 13, 15, 17, 19].map(price), "{what}");
    assert_eq!([row.ask1, row.ask2, row.ask3, row.ask4, row.ask5], [21, 23, 25, 27, 29].map(price), "{what}");
    let bids = [row.bid_volume1, row.bid_volume2, row.bid_volume3, row.bid_volume4, row.bid_volume5];
    assert_eq!(bids, [10, 12, 14, 16, 18].map(shares), "{what}");
    let asks = [row.ask_volume1, row.ask_volume2, row.ask_volume3, row.ask_volume4, row.ask_volume5];
    assert_eq!(asks, [20, 22, 24, 26, 28].map(shares), "{what}");
    let time = format!("{}T{}+08:00", text(30), text(31));
    assert_eq!(row.time, Some(time.parse().unwrap()), "{what}");
    if let (Some(price), Some(before)) = (price(3), price(2)) {
        assert!((row.change.unwrap() - (price - before)).abs() < 1e-9, "{what}");
    }
    // The name of sz002358 in GBK is valid UTF-8 by accident, so the file says what the bytes are.
    let name = if what.contains(".gbk.") { GB18030.encode(row.name).0 } else { row.name.as_bytes().into() };
    assert_eq!(&*name, fields[0].trim_ascii(), "{what}");
}

#[test]
fn whole_recorded_bodies_are_read_as_they_are() {
    let Some(bytes) = read("sina_quote_bulk5_2026-09-14.txt") else { return };
    let query = quotes(&["sh600000", "sz000001", "sz300750", "sh688111", "bj430047"]);
    let batch = answer(&Quote, &query, &[bytes]).unwrap();
    let views = QuoteViews::new(&batch).unwrap();
    let star = views.row(3);
    assert_eq!((star.symbol, star.name, star.price), ("688111.SH", "金山办公", Some(228.59)));
    assert_eq!((star.volume, star.amount), (Some(3_506_475), Some(806_688_058.0)));
    assert_eq!((star.bid_volume4, star.ask_volume5), (Some(471), Some(17_294)));
    assert_eq!((views.row(4).pre_close, views.row(4).volume), (None, Some(0)));

    let bytes = read("sina_quote_empty_sz160923_2019-04-08.txt").unwrap();
    let query = quotes(&["sz160922", "sz160923", "sz160924"]);
    let batch = answer(&Quote, &query, &[bytes]).unwrap();
    let views = QuoteViews::new(&batch).unwrap();
    assert_eq!((views.row(0).price, views.row(0).bid1), (None, Some(1.053)));
    assert_eq!((views.row(1).name, views.row(1).ask_volume3), ("恒指LOF", Some(9300)));

    let bytes = read("sina_quote_batch850_2022-11-22.gbk.txt").unwrap();
    let lines = lines("batch", &bytes);
    let (_, batch) = decode(".gbk.", &lines);
    let views = QuoteViews::new(&batch).unwrap();
    let row =
        |symbol: &str| (0..batch.num_rows()).map(|i| views.row(i)).find(|row| row.symbol == symbol).unwrap();
    assert_eq!((row("002074.SZ").name, row("002074.SZ").price), ("国轩高科", Some(32.11)));
    assert_eq!((row("002150.SZ").price, row("002150.SZ").pre_close), (None, Some(9.55)));
    assert_eq!((row("002710.SZ").name, row("002710.SZ").pre_close), ("慈铭体检", None));
}

#[test]
fn recorded_refusals_and_short_lines_have_their_kind() {
    for name in ["sina_error_no_referer_2022-01.txt", "sina_error_bad_referer_2026-08-17.txt"] {
        let Some(bytes) = read(name) else { return };
        assert_eq!(kind(&Quote, &quotes(&["600000"]), &[bytes]), ErrorKind::Blocked, "{name}");
    }
    // The short form is another data set's; read as this one it must not pass.
    let bytes = read("sina_quote_short_stock_sample.txt").unwrap();
    assert_eq!(kind(&Quote, &quotes(&["bj872925"]), &[&bytes]), ErrorKind::Invalid);
    let full = String::from_utf8(bytes).unwrap().replace("s_bj", "bj");
    assert_eq!(kind(&Quote, &quotes(&["bj872925"]), &[full]), ErrorKind::Decode);
    let bytes = read("sina_quote_index_hk_futures_empty_2026-08-21.txt").unwrap();
    assert_eq!(kind(&Quote, &quotes(&["600000"]), &[bytes]), ErrorKind::Invalid);
}

/// Recorded rows in the documented envelope. Rows that were recorded as a script's literals are written as JSON again.
fn envelope(code: &str, rows: &[u8]) -> String {
    let text = std::str::from_utf8(rows).unwrap().replace('\'', "\"");
    let mut rows = Vec::new();
    for line in text.lines().map(|line| line.trim().trim_end_matches(',')).filter(|line| !line.is_empty()) {
        let mut line = line.to_owned();
        for key in ["day", "open", "high", "low", "close", "volume"] {
            line = line.replace(&format!(" {key}:"), &format!("\"{key}\":"));
        }
        rows.push(line);
    }
    let guard = "/*<script>location.href='//sina.com';</script>*/";
    format!("{guard}\nvar _{code}_240_60=([{}]);", rows.join(","))
}

#[test]
fn every_recorded_bar_is_what_its_bytes_say() {
    for (name, bytes) in of("cn_stock_daily") {
        let code = name.split('_').find(|part| part.len() == 8 && part.starts_with('s')).unwrap();
        let query = daily(code, None, None, Adjust::None);
        let body = envelope(code, &bytes);
        let batch = answer(&Daily, &query, &[&body]).unwrap_or_else(|e| panic!("{name}: {e}"));
        let views = DailyViews::new(&batch).unwrap();
        let days: Vec<&str> = body.split("\"day\":").skip(1).collect();
        assert_eq!(batch.num_rows(), days.len(), "{name}");
        for (index, row) in days.iter().enumerate() {
            // The order of the keys is the same in all recordings: day, open, high, low, close, volume.
            let values: Vec<&str> = row.split('"').collect();
            let number = |key: &str| {
                let at = values.iter().position(|value| *value == key).unwrap();
                values[at + 2].parse::<f64>().unwrap()
            };
            let bar = views.row(index);
            assert_eq!(bar.date.to_string(), values[1], "{name}");
            assert_eq!((bar.open, bar.high), (number("open"), number("high")), "{name}");
            assert_eq!((bar.low, bar.close), (number("low"), number("close")), "{name}");
            assert_eq!((bar.volume as f64, bar.amount), (number("volume"), None), "{name}");
        }
        println!("{name}: {} rows", batch.num_rows());
    }
}

#[test]
fn bars_of_minutes_are_no_bars_of_days() {
    for (name, code) in [
        ("sina_kline_5min_jsonp_sh600086_2019-06-27.txt", "sh600086"),
        ("sina_kline_60min_2020-02-25.rows.txt", "sz000001"),
        ("sina_kline_sys_ma20_unquoted_2018-08-24.fragment.txt", "sz000001"),
    ] {
        let Some(bytes) = read(name) else { return };
        assert_eq!(
            kind(&Daily, &daily(code, None, None, Adjust::None), &[bytes]),
            ErrorKind::Decode,
            "{name}"
        );
    }
}

#[test]
fn recorded_factors_adjust_as_the_market_did() {
    let Some(rows) = read("sina_adjust_factor_sh600103_qfq_hfq.rows.txt") else { return };
    let text = String::from_utf8(rows).unwrap();
    let rows: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    let file = |adjust: &str, rows: &[&str]| {
        format!("var sh600103{adjust}={{\"total\":2,\"data\":[{}]}};", rows.join(","))
    };
    // The close before the ex-date and the open on it (wire note 3.3).
    let bars = r#"[{"day":"2019-05-31","open":"3.040","high":"3.040","low":"3.040","close":"3.040","volume":"100"},
        {"day":"2019-06-03","open":"2.450","high":"2.450","low":"2.450","close":"2.450","volume":"100"}]"#;
    let closes = |adjust: Adjust, rows: &[&str]| {
        let query = daily("600103", Some(date(2019, 5, 31)), None, adjust);
        let batch = answer(&Daily, &query, &[bars, &file(adjust.name(), rows)]).unwrap();
        let views = DailyViews::new(&batch).unwrap();
        [views.row(0).close, views.row(1).close]
    };
    assert_eq!(closes(Adjust::Qfq, &rows[..2]), [2.338, 2.45]);
    assert_eq!(closes(Adjust::Hfq, &rows[2..]), [12.535, 13.133]);

    let factors = read("sina_qfq_factor_sz000001_2026-07.js.txt").unwrap();
    let bars = r#"[{"day":"2025-10-14","open":"11.400","high":"11.400","low":"11.400","close":"11.400","volume":"100"},
        {"day":"2026-06-11","open":"11.000","high":"11.000","low":"11.000","close":"11.000","volume":"100"},
        {"day":"2026-06-12","open":"10.900","high":"10.900","low":"10.900","close":"10.900","volume":"100"}]"#;
    let query = daily("000001", Some(date(2025, 1, 1)), None, Adjust::Qfq);
    let batch = answer(&Daily, &query, &[bars.as_bytes(), &factors]).unwrap();
    let views = DailyViews::new(&batch).unwrap();
    assert_eq!([0, 1, 2].map(|index| views.row(index).close), [11.037, 10.65, 10.9]);
    let other = daily("000002", Some(date(2025, 1, 1)), None, Adjust::Qfq);
    assert_eq!(kind(&Daily, &other, &[bars.as_bytes(), &factors]), ErrorKind::Invalid);
}
