//! Recorded quotes.

use encoding_rs::GB18030;
use finvista_core::dataset::Dataset;
use finvista_core::{Body, ErrorKind, Symbol, Table, answer_from};
use finvista_datasets::{CnIndexQuote, CnStockQuote, QuoteRow};

use super::{folder, of, read};
use crate::tests::{answer, cx, endpoint, kind, missing, query};

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
            let fields: Vec<&[u8]> = inside.split(|b| *b == b',').collect();
            // Unknown, not listed yet, or no longer listed.
            if inside.is_empty() || matches!(fields.get(32), Some(&(b"-2" | b"-3"))) {
                assert!(missing.contains(&Symbol::from_prefixed(code).unwrap()), "{name} {code}");
                continue;
            }
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
    // bj430047 has another code.
    assert_eq!(rows.len(), 4);

    let table = ask("sz160922,sz160923,sz160924", read("sina_quote_empty_sz160923_2019-04-08.txt").unwrap());
    let rows: Vec<QuoteRow<'_>> = table.rows().collect();
    assert_eq!((rows[0].price, rows[0].bid1), (None, Some(1.053)));
    assert_eq!((rows[1].name, rows[1].ask_volume3), ("恒指LOF", Some(9300)));

    let bytes = read("sina_quote_batch850_2022-11-22.gbk.txt").unwrap();
    let table = replay::<CnStockQuote>(".gbk.", &lines::<CnStockQuote>("batch", &bytes));
    let row = |symbol: &str| table.rows().find(|row| row.symbol == symbol).unwrap();
    assert_eq!((row("002074.SZ").name, row("002074.SZ").price), ("国轩高科", Some(32.11)));
    assert_eq!((row("002150.SZ").price, row("002150.SZ").pre_close), (None, Some(9.55)));
    // 002710 was never listed.
    assert!(table.rows().all(|row| row.symbol != "002710.SZ"));
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

#[test]
fn the_short_form_is_no_quote_of_an_index() {
    let Some(folder) = folder() else { return };
    for entry in std::fs::read_dir(folder).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if let Some(bytes) = name.starts_with("sina_index_short").then(|| read(&name).unwrap()) {
            let text = String::from_utf8(bytes).unwrap();
            let line = text.lines().find(|line| line.contains("s_sh000001")).unwrap();
            let query = query::<CnIndexQuote>("symbols=000001");
            assert_eq!(kind::<CnIndexQuote>(&query, &[line]), ErrorKind::Invalid, "{name}");
            assert_eq!(
                kind::<CnIndexQuote>(&query, &[line.replace("s_sh", "sh")]),
                ErrorKind::Decode,
                "{name}"
            );
        }
    }
}
