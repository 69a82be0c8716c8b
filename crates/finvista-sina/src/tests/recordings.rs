//! Every recording of the two data sets, where the variable FINVISTA_RECORDINGS names their folder.

use std::path::PathBuf;

use encoding_rs::GB18030;
use finvista_core::dataset::Dataset;
use finvista_core::{Body, ErrorKind, SourceError, Symbol, Table, answer_from, date as days};
use finvista_datasets::{
    CnIndexDaily, CnIndexQuote, CnStockDaily, CnStockList, CnStockMinute, CnStockQuote, CnStockSearch,
    QuoteRow,
};

use super::{answer, answer_of, cx, endpoint, kind, missing, query, utf8};

/// The folder, or `None` after a word that the test was skipped.
fn folder() -> Option<PathBuf> {
    let folder = std::env::var_os("FINVISTA_RECORDINGS").map(PathBuf::from);
    if folder.is_none() {
        println!("skipped: FINVISTA_RECORDINGS is not set");
    }
    folder
}

/// Sina's recordings whose name begins like this and whose index entry names this kind: file name and bytes.
fn of(kind: &str, prefix: &str) -> Vec<(String, Vec<u8>)> {
    let Some(folder) = folder() else { return Vec::new() };
    let mut found = Vec::new();
    for index in ["sina-tencent", "company-global"] {
        let index = std::fs::read_to_string(folder.join(format!("INDEX-{index}.tsv"))).unwrap();
        let entries = index.lines().map(|line| line.split('\t').collect::<Vec<&str>>());
        for cells in entries.filter(|cells| cells[1] == "sina" && cells[2].contains(kind)) {
            if cells[0].starts_with(prefix) && !cells[2].contains("short") {
                found.push((cells[0].to_owned(), std::fs::read(folder.join(cells[0])).unwrap()));
            }
        }
    }
    assert!(!found.is_empty(), "no recording of {kind}");
    found
}

fn read(name: &str) -> Option<Vec<u8>> {
    folder().map(|folder| std::fs::read(folder.join(name)).unwrap())
}

/// The lines of a recording of quotes, as bytes, that name an instrument of the data set: code and line.
fn lines<D: Dataset>(name: &str, bytes: &[u8]) -> Vec<(String, Vec<u8>)> {
    if name.contains("callauction") {
        // Only what stands between the quotation marks was recorded.
        let line = [b"var hq_str_sh600000=\"", bytes.trim_ascii(), b"\";\n"].concat();
        return vec![("sh600000".to_owned(), line)];
    }
    let served = |code: &str| {
        let symbol = Symbol::from_prefixed(code)?;
        endpoint::<D>().capability().boards?.contains(symbol.board()).then_some(())
    };
    let mut found = Vec::new();
    for line in bytes.split(|byte| *byte == b'\n') {
        let rest = line.strip_prefix(b"var hq_str_").unwrap_or_default();
        let code = String::from_utf8_lossy(rest.split(|b| *b == b'=').next().unwrap()).into_owned();
        if served(&code).is_some() {
            found.push((code, [line, b"\n"].concat()));
        }
    }
    found
}

/// Answers a query for the codes of these lines with them, as a vendor that replays them would.
fn replay<D: Dataset>(name: &str, lines: &[(String, Vec<u8>)]) -> Table<D> {
    let codes: Vec<&str> = lines.iter().map(|(code, _)| code.as_str()).collect();
    let charset = (!name.contains(".gbk.")).then(|| "utf-8".to_owned());
    let batch = answer_from(
        endpoint::<D>(),
        &cx(),
        &query::<D>(&format!("symbols={}", codes.join(","))),
        |request| {
            let list = request.url.split("list=").nth(1).unwrap();
            let line = |code: &str| lines.iter().find(|(c, _)| c == code).unwrap().1.clone();
            let mut body = Body::new(list.split(',').flat_map(line).collect());
            body.charset = charset.clone();
            Some(body)
        },
    );
    Table::new(batch.unwrap_or_else(|e| panic!("{name}: {e}"))).typed().unwrap()
}

#[test]
fn every_recorded_quote_is_what_its_bytes_say() {
    let mut compared = 0;
    for (name, bytes) in of("cn_stock_quote", "sina_quote") {
        let lines = lines::<CnStockQuote>(&name, &bytes);
        let table = replay::<CnStockQuote>(&name, &lines);
        let codes: Vec<&str> = lines.iter().map(|(code, _)| code.as_str()).collect();
        let missing = missing::<CnStockQuote>(
            &query::<CnStockQuote>(&format!("symbols={}", codes.join(","))),
            table.batch(),
        );
        let mut rows = table.rows();
        for (code, line) in &lines {
            // Sina's punctuation is ASCII and no second byte of GBK is a comma or a quotation mark.
            let inside = line.split(|b| *b == b'"').nth(1).unwrap();
            if inside.is_empty() {
                assert!(missing.contains(&Symbol::from_prefixed(code).unwrap()), "{name} {code}");
                continue;
            }
            let fields: Vec<&[u8]> = inside.split(|b| *b == b',').collect();
            compare(&rows.next().unwrap(), &fields, &format!("{name} {code}"));
            compared += 1;
        }
        assert!(rows.next().is_none(), "{name}");
        println!("{name}: {} rows, {} unknown", table.num_rows(), missing.len());
    }
    if folder().is_some() {
        assert!(compared > 400, "{compared}");
    }
}

#[test]
fn every_recorded_quote_of_an_index_is_what_its_bytes_say() {
    for (name, bytes) in of("cn_index_quote", "sina_quote") {
        let lines = lines::<CnIndexQuote>(&name, &bytes);
        let table = replay::<CnIndexQuote>(&name, &lines);
        assert_eq!((table.num_rows(), lines.is_empty()), (lines.len(), false), "{name}");
        for (row, (code, line)) in table.rows().zip(&lines) {
            let text = std::str::from_utf8(line).unwrap().split('"').nth(1).unwrap();
            let fields: Vec<&str> = text.split(',').collect();
            let number = |index: usize| fields[index].parse::<f64>().unwrap();
            assert_eq!(
                [row.open, row.pre_close, row.price, row.high, row.low],
                [1, 2, 3, 4, 5].map(|i| Some(number(i)))
            );
            let lot = if code.starts_with("sh") { 100.0 } else { 1.0 };
            assert_eq!(
                (row.volume.unwrap() as f64, row.amount),
                (number(8) * lot, Some(number(9))),
                "{name} {code}"
            );
            // The average price of a share: no exchange had one of 1 yuan or of 100.
            let average = row.amount.unwrap() / row.volume.unwrap() as f64;
            assert!((5.0..50.0).contains(&average), "{name} {code}: {average}");
            assert_eq!(row.time, Some(format!("{}T{}+08:00", fields[30], fields[31]).parse().unwrap()));
        }
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
    let ask = |symbols: &str, bytes: Vec<u8>| {
        answer::<CnStockQuote>(&query::<CnStockQuote>(&format!("symbols={symbols}")), &[bytes]).unwrap()
    };
    let table = ask("sh600000,sz000001,sz300750,sh688111,bj430047", bytes);
    let rows: Vec<QuoteRow<'_>> = table.rows().collect();
    let star = &rows[3];
    assert_eq!((star.symbol, star.name, star.price), ("688111.SH", "金山办公", Some(228.59)));
    assert_eq!((star.volume, star.amount), (Some(3_506_475), Some(806_688_058.0)));
    assert_eq!((star.bid_volume4, star.ask_volume5), (Some(471), Some(17_294)));
    assert_eq!((rows[4].pre_close, rows[4].volume), (None, Some(0)));

    let table = ask("sz160922,sz160923,sz160924", read("sina_quote_empty_sz160923_2019-04-08.txt").unwrap());
    let rows: Vec<QuoteRow<'_>> = table.rows().collect();
    assert_eq!((rows[0].price, rows[0].bid1), (None, Some(1.053)));
    assert_eq!((rows[1].name, rows[1].ask_volume3), ("恒指LOF", Some(9300)));

    let bytes = read("sina_quote_batch850_2022-11-22.gbk.txt").unwrap();
    let table = replay::<CnStockQuote>(".gbk.", &lines::<CnStockQuote>("batch", &bytes));
    let row = |symbol: &str| table.rows().find(|row| row.symbol == symbol).unwrap();
    assert_eq!((row("002074.SZ").name, row("002074.SZ").price), ("国轩高科", Some(32.11)));
    assert_eq!((row("002150.SZ").price, row("002150.SZ").pre_close), (None, Some(9.55)));
    assert_eq!((row("002710.SZ").name, row("002710.SZ").pre_close), ("慈铭体检", None));
}

#[test]
fn recorded_refusals_and_short_lines_have_their_kind() {
    let quotes = |symbols: &str| query::<CnStockQuote>(&format!("symbols={symbols}"));
    for name in ["sina_error_no_referer_2022-01.txt", "sina_error_bad_referer_2026-08-17.txt"] {
        let Some(bytes) = read(name) else { return };
        assert_eq!(kind::<CnStockQuote>(&quotes("600000"), &[bytes]), ErrorKind::Blocked, "{name}");
    }
    // The short form is another data set's; read as this one it must not pass.
    let bytes = read("sina_quote_short_stock_sample.txt").unwrap();
    assert_eq!(kind::<CnStockQuote>(&quotes("bj872925"), &[&bytes]), ErrorKind::Invalid);
    let full = String::from_utf8(bytes).unwrap().replace("s_bj", "bj");
    assert_eq!(kind::<CnStockQuote>(&quotes("bj872925"), &[full]), ErrorKind::Decode);
    let bytes = read("sina_quote_index_hk_futures_empty_2026-08-21.txt").unwrap();
    assert_eq!(kind::<CnStockQuote>(&quotes("600000"), &[bytes]), ErrorKind::Invalid);
}

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
        let label = |time| days::clock_in_china(time).strftime("%F %T").to_string();
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
    // The close before the ex-date and the open on it (wire note 3.3).
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

#[test]
fn every_recorded_row_of_a_listing_is_what_its_bytes_say() {
    for (name, bytes) in of("cn_stock_list", "sina_hqnodedata") {
        let text = std::str::from_utf8(&bytes).unwrap();
        // Only rows were recorded. Until about 2021 keys had no quotation marks (wire note 5).
        let objects = text.split(['{', '}']).filter(|object| object.contains("symbol"));
        let as_sent: Vec<String> = objects.map(|object| format!("{{{object}}}")).collect();
        let is_json = name.ends_with(".json.txt");
        let rows: Vec<String> =
            as_sent.iter().map(|row| if is_json { row.clone() } else { quoted(row) }).collect();
        let scope = if name.contains("sz300001") { "chinext" } else { "all" };
        let query = query::<CnStockList>(&format!("market={scope}"));
        let bodies = |rows: &[String]| {
            let mut bodies = vec![format!("\"{}\"", rows.len()), format!("[{}]", rows.join(","))];
            // The page of receipts has none here.
            let share = format!("[{}]", rows[0].replace("sh600000", "sh688001"));
            bodies.extend((scope == "all").then_some(share));
            bodies
        };
        if !is_json {
            assert_eq!(kind::<CnStockList>(&query, &bodies(&as_sent)[..2]), ErrorKind::Decode, "{name}");
        }
        let table = answer::<CnStockList>(&query, &bodies(&rows)).unwrap();
        for (row, sent) in table.rows().zip(&rows) {
            let sent: std::collections::HashMap<String, serde_json::Value> =
                serde_json::from_str(sent).unwrap();
            let number = |key: &str| sent[key].to_string().trim_matches('"').parse::<f64>().unwrap();
            let traded = number("volume") > 0.0;
            assert_eq!(row.name, sent["name"], "{name}");
            assert_eq!(row.price, Some(number("trade")).filter(|_| traded), "{name}");
            assert_eq!(row.change, Some(number("pricechange")).filter(|_| traded), "{name}");
            let pct = (number("changepercent") * 100.0).round() / 100.0;
            assert_eq!(row.change_pct, Some(pct).filter(|_| traded), "{name}");
            assert_eq!(
                (row.volume.unwrap() as f64, row.amount.unwrap()),
                (number("volume"), number("amount"))
            );
            assert_eq!(row.turnover, Some(number("turnoverratio")), "{name}");
            assert!((row.market_cap.unwrap() - number("mktcap") * 1e4).abs() < 0.01, "{name}");
            // Shares traded ÷ float = turnover: that proves the units of volume and value.
            if let Some(price) = row.price {
                let turnover = number("volume") * price / row.float_cap.unwrap() * 100.0;
                assert!((turnover - number("turnoverratio")).abs() < 1e-3, "{name} {turnover}");
            }
        }
        println!("{name}: {} rows", table.num_rows());
    }
}

/// A row of the old format with quotation marks around its keys.
fn quoted(row: &str) -> String {
    let mut quoted = String::new();
    for (index, part) in row.split(['{', ',']).enumerate().skip(1) {
        let (key, value) = part.split_once(':').unwrap();
        quoted += &format!("{}\"{key}\":{value}", if index == 1 { "{" } else { "," });
    }
    quoted
}

#[test]
fn every_recorded_match_is_what_its_bytes_say() {
    for (name, bytes) in of("search", "sina_suggest") {
        let text = std::str::from_utf8(&bytes).unwrap();
        let records =
            text.split('"').nth(1).unwrap().split(';').map(|record| record.split(',').collect::<Vec<_>>());
        // Of the shares of the mainland; the others are a Hong Kong listing and an open-end fund.
        let shares: Vec<(String, &str)> = records
            .filter_map(|fields| Some((Symbol::from_prefixed(fields[3])?.to_string(), fields[4])))
            .collect();
        let answer = answer::<CnStockSearch>(&query::<CnStockSearch>("text=一"), &[&bytes]);
        if shares.is_empty() {
            assert_eq!(answer.unwrap_err().kind(), ErrorKind::NotFound, "{name}");
            continue;
        }
        let table = answer.unwrap();
        let found: Vec<(String, &str)> = table.rows().map(|row| (row.symbol.to_owned(), row.name)).collect();
        assert_eq!(found, shares, "{name}");
    }
}
