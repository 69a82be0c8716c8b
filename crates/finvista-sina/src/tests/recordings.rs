//! Every recording of the data sets, where the variable FINVISTA_RECORDINGS names their folder.

mod bars;
mod quotes;

use std::collections::HashMap;
use std::path::PathBuf;

use finvista_core::{ErrorKind, Symbol};
use finvista_datasets::{CnStockList, CnStockSearch};
use serde_json::Value;

use super::{answer, kind, query};

/// The folder, or `None` after a note that the test was skipped.
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
            let sent: HashMap<String, Value> = serde_json::from_str(sent).unwrap();
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

#[test]
fn a_recorded_index_is_no_listing() {
    let Some(bytes) = read("sina_hqnode_simple_index_sh000001_2023-03.json.txt") else { return };
    let row = String::from_utf8(bytes).unwrap();
    let page = format!("[{}]", row.trim().trim_end_matches(','));
    let query = query::<CnStockList>("market=star");
    assert_eq!(kind::<CnStockList>(&query, &["\"1\"", &page]), ErrorKind::Invalid);
}
