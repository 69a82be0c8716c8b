//! Recorded daily bars: whole bodies by symbol and adjustment, and Sina's factor files.

use std::collections::HashMap;

use serde_json::Value;

use super::index::Entry;
use super::unwrapped;

/// The bodies of one vendor.
#[derive(Debug, Default)]
pub(super) struct Daily(Vec<Recorded>);

#[derive(Debug)]
struct Recorded {
    /// As this vendor spells it: `1.600519` or `sh600519`.
    symbol: String,
    /// `qfq`, `hfq` or nothing; `None` fits every question, as an index does.
    adjust: Option<&'static str>,
    first: String,
    last: String,
    body: String,
}

impl Daily {
    /// Of the bodies that fit, the newest one that has a row up to `end`.
    pub(super) fn find(
        &self,
        symbol: &str,
        adjust: &str,
        end: Option<&str>,
        fits: impl Fn(&str) -> bool,
    ) -> Option<&str> {
        let candidates = self.0.iter().filter(|r| {
            r.symbol == symbol
                && r.adjust.is_none_or(|a| a == adjust)
                && end.is_none_or(|end| r.first.as_str() <= end)
                && fits(&r.body)
        });
        candidates.max_by(|a, b| a.last.cmp(&b.last)).map(|r| r.body.as_str())
    }

    pub(super) fn learn_eastmoney(&mut self, entry: &Entry, text: &str) {
        let body = unwrapped(text);
        let parsed = entry.is_daily().then(|| serde_json::from_str::<Value>(body).ok()).flatten();
        let Some(data) = parsed.as_ref().filter(|_| entry.is_body()).map(|value| &value["data"]) else {
            return;
        };
        let rows: Vec<&str> =
            data["klines"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let (Some(code), Some(market)) = (data["code"].as_str(), data["market"].as_i64()) else { return };
        let day = |row: Option<&&str>| row.and_then(|row| row.split(',').next()).map(str::to_owned);
        let (Some(first), Some(last)) = (day(rows.first()), day(rows.last())) else { return };
        let adjust = match () {
            () if entry.is_index() => None,
            () if entry.request_url.contains("fqt=0") => Some(""),
            () if entry.request_url.contains("fqt=1") => Some("qfq"),
            () if entry.request_url.contains("fqt=2") => Some("hfq"),
            // Where the index does not say, the prices do (kline_daily_1.601872.json is one of those).
            () => Some(if rows.iter().all(|row| is_as_traded(row)) { "" } else { "qfq" }),
        };
        let symbol = format!("{market}.{code}");
        self.0.push(Recorded { symbol, adjust, first, last, body: body.to_owned() });
    }

    pub(super) fn learn_sina(&mut self, entry: &Entry, text: &str) {
        let Some(symbol) =
            symbol_in(&entry.file).filter(|_| entry.is_daily() && entry.file.starts_with("sina"))
        else {
            return;
        };
        // Rows were written down one a line, some of them as JavaScript literals.
        let rows: Vec<String> = text.lines().map(as_json).filter(|row| row.starts_with('{')).collect();
        let body = format!("[{}]", rows.join(","));
        let parsed = serde_json::from_str::<Value>(&body).ok();
        let rows = parsed.as_ref().and_then(Value::as_array);
        let day = |row: Option<&Value>| row.and_then(|row| row["day"].as_str()).map(str::to_owned);
        let (Some(first), Some(last)) = (rows.and_then(|r| day(r.first())), rows.and_then(|r| day(r.last())))
        else {
            return;
        };
        self.0.push(Recorded { symbol, adjust: Some(""), first, last, body });
    }

    pub(super) fn learn_tencent(&mut self, entry: &Entry, text: &str) {
        let parsed = entry.is_daily().then(|| serde_json::from_str::<Value>(text).ok()).flatten();
        let data = parsed.as_ref().filter(|_| entry.is_body()).and_then(|value| value["data"].as_object());
        for (symbol, listing) in data.into_iter().flatten() {
            for (key, adjust) in [("day", ""), ("qfqday", "qfq"), ("hfqday", "hfq")] {
                let rows = listing[key].as_array();
                let day = |row: Option<&Value>| row.and_then(|row| row[0].as_str()).map(str::to_owned);
                let (Some(first), Some(last)) =
                    (rows.and_then(|r| day(r.first())), rows.and_then(|r| day(r.last())))
                else {
                    continue;
                };
                let adjust = (!entry.is_index()).then_some(adjust);
                let body = text.trim_end().to_owned();
                self.0.push(Recorded { symbol: symbol.clone(), adjust, first, last, body });
            }
        }
    }
}

/// Whether a row's amount per share lies between its low and its high, which it does in unadjusted rows only. East
/// Money's columns: day, open, close, high, low, lots, amount.
fn is_as_traded(row: &str) -> bool {
    let cells: Vec<f64> = row.split(',').skip(1).map(|cell| cell.parse().unwrap_or(f64::NAN)).collect();
    match cells.as_slice() {
        [_, _, high, low, lots, amount, ..] => {
            let paid = amount / lots / 100.0;
            // Half a cent for the rounding of the volume to lots.
            low - 0.005 <= paid && paid <= high + 0.005
        }
        _ => false,
    }
}

/// The first `sh`, `sz` or `bj` with six digits in a file's name.
fn symbol_in(file: &str) -> Option<String> {
    let is_symbol = |word: &&str| {
        word.split_at_checked(2).is_some_and(|(exchange, code)| {
            ["sh", "sz", "bj"].contains(&exchange)
                && code.len() == 6
                && code.bytes().all(|b| b.is_ascii_digit())
        })
    };
    file.split(['_', '.']).find(is_symbol).map(str::to_owned)
}

/// A row as JSON: quoted keys and strings, no comma behind it.
fn as_json(line: &str) -> String {
    let line = line.trim().trim_end_matches(',').replace('\'', "\"");
    let quote = |line: String, key: &&str| line.replace(&format!(" {key}: "), &format!(" \"{key}\":"));
    let keys = ["day", "open", "high", "low", "close", "volume"];
    keys.iter().fold(line, quote)
}

/// Sina's factor files by symbol and file name.
#[derive(Debug, Default)]
pub(super) struct Factors(HashMap<String, String>);

impl Factors {
    /// Takes over a whole file, which names itself: `var sz000001qfq={…`.
    pub(super) fn learn(&mut self, text: &str) {
        let name = text.strip_prefix("var ").and_then(|rest| rest.split_once("={")).map(|(name, _)| name);
        if let Some(name) = name.filter(|name| name.ends_with("qfq") || name.ends_with("hfq")) {
            self.0.insert(name.to_owned(), text.to_owned());
        }
    }

    pub(super) fn get(&self, symbol: &str, file: &str) -> Option<&str> {
        self.0.get(&format!("{symbol}{}", file.strip_suffix(".js")?)).map(String::as_str)
    }
}
