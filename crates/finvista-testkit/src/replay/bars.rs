//! Recorded bars: whole bodies by symbol, period and adjustment, and Sina's factor files.

use std::collections::HashMap;

use serde_json::Value;

use super::index::Entry;
use super::unwrapped;

/// The bodies of one vendor.
#[derive(Debug, Default)]
pub(super) struct Bars(Vec<Recorded>);

#[derive(Debug)]
struct Recorded {
    /// As this vendor spells it: `1.600519` or `sh600519`.
    symbol: String,
    /// `day`, `week`, `month`, or `m` and a number of minutes.
    period: String,
    /// `qfq`, `hfq` or nothing; `None` fits every question, as an index does.
    adjust: Option<&'static str>,
    first: String,
    last: String,
    body: String,
}

impl Bars {
    /// Of the bodies that fit, the newest one that has a row up to `end`.
    pub(super) fn find(
        &self,
        symbol: &str,
        period: &str,
        adjust: &str,
        end: Option<&str>,
        fits: impl Fn(&str) -> bool,
    ) -> Option<&str> {
        let candidates = self.0.iter().filter(|r| {
            r.symbol == symbol
                && r.period == period
                && r.adjust.is_none_or(|a| a == adjust)
                && end.is_none_or(|end| r.first.as_str() <= end)
                && fits(&r.body)
        });
        candidates.max_by(|a, b| a.last.cmp(&b.last)).map(|r| r.body.as_str())
    }

    pub(super) fn learn_eastmoney(&mut self, entry: &Entry, text: &str) {
        let body = unwrapped(text);
        let is_whole = entry.has_bars() && entry.is_body();
        let parsed = is_whole.then(|| serde_json::from_str::<Value>(body).ok()).flatten();
        let Some(data) = parsed.as_ref().map(|value| &value["data"]) else { return };
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
            // Where the index does not say, the prices do (kline_daily_1.601872.json).
            () => Some(if rows.iter().all(|row| is_as_traded(row)) { "" } else { "qfq" }),
        };
        let period = eastmoney_period(entry.parameter("klt").unwrap_or("101"));
        let symbol = format!("{market}.{code}");
        self.0.push(Recorded { symbol, period, adjust, first, last, body: body.to_owned() });
    }

    pub(super) fn learn_sina(&mut self, entry: &Entry, text: &str) {
        let is_bars = entry.has_bars() && entry.file.starts_with("sina");
        let Some(symbol) = symbol_in(&entry.file).filter(|_| is_bars) else { return };
        let rows: Vec<String> = objects(text).filter(|row| row.contains("\"day\"")).collect();
        let body = format!("[{}]", rows.join(","));
        let parsed = serde_json::from_str::<Value>(&body).ok();
        let rows = parsed.as_ref().and_then(Value::as_array);
        let day = |row: Option<&Value>| row.and_then(|row| row["day"].as_str()).map(str::to_owned);
        let (Some(first), Some(last)) = (rows.and_then(|r| day(r.first())), rows.and_then(|r| day(r.last())))
        else {
            return;
        };
        let period = sina_period(entry.parameter("scale").unwrap_or("240"));
        self.0.push(Recorded { symbol, period, adjust: Some(""), first, last, body });
    }

    pub(super) fn learn_tencent(&mut self, entry: &Entry, text: &str) {
        if !entry.has_bars() {
            return;
        }
        // Some files hold one body, others one a line.
        for body in std::iter::once(text).chain(text.lines().filter(|line| *line != text.trim_end())) {
            let parsed = serde_json::from_str::<Value>(body).ok();
            let data = parsed.as_ref().and_then(|value| value["data"].as_object());
            for (symbol, listing) in data.into_iter().flatten() {
                let arrays = listing.as_object().into_iter().flatten();
                for (key, rows) in arrays.filter(|(key, _)| is_period(key)) {
                    self.add_tencent(entry, symbol, key, rows, body);
                }
            }
        }
    }

    fn add_tencent(&mut self, entry: &Entry, symbol: &str, key: &str, rows: &Value, body: &str) {
        let adjusts = ["qfq", "hfq"];
        let adjust = adjusts.into_iter().find(|adjust| key.starts_with(adjust)).unwrap_or_default();
        let rows = rows.as_array();
        let day = |row: Option<&Value>| row.and_then(|row| row[0].as_str()).map(str::to_owned);
        if let (Some(first), Some(last)) =
            (rows.and_then(|r| day(r.first())), rows.and_then(|r| day(r.last())))
        {
            self.0.push(Recorded {
                symbol: symbol.to_owned(),
                period: unadjusted(key).to_owned(),
                adjust: (!entry.is_index()).then_some(adjust),
                first,
                last,
                body: body.trim_end().to_owned(),
            });
        }
    }
}

/// The period that East Money's `klt` names.
pub(super) fn eastmoney_period(klt: &str) -> String {
    match klt {
        "101" => "day".to_owned(),
        "102" => "week".to_owned(),
        "103" => "month".to_owned(),
        minutes => format!("m{minutes}"),
    }
}

/// The period that Sina's `scale` names.
pub(super) fn sina_period(scale: &str) -> String {
    match scale {
        "240" => "day".to_owned(),
        "1200" => "week".to_owned(),
        minutes => format!("m{minutes}"),
    }
}

/// Whether Tencent has rows under this key.
fn is_period(key: &str) -> bool {
    let period = unadjusted(key);
    let minutes = || period.strip_prefix('m').is_some_and(|n| n.parse::<u8>().is_ok());
    ["day", "week", "month"].contains(&period) || minutes()
}

fn unadjusted(key: &str) -> &str {
    key.strip_prefix("qfq").or_else(|| key.strip_prefix("hfq")).unwrap_or(key)
}

/// The flat objects of a text as JSON. Rows were copied in many ways: one a line, spread over lines, as JavaScript
/// literals, or with a gap marked by an ellipsis.
pub(super) fn objects(text: &str) -> impl Iterator<Item = String> {
    let inner = text.split('{').skip(1).filter_map(|rest| rest.split_once('}'));
    inner.map(|(inner, _)| {
        let lines: String = inner.lines().map(str::trim).collect();
        as_json(&format!("{{{}}}", lines.replace(", …", "")))
    })
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

/// A row with quotes around its keys and strings.
fn as_json(row: &str) -> String {
    let row = row.replace('\'', "\"");
    let quote = |row: String, key: &&str| {
        row.replace(&format!("{{{key}: "), &format!("{{\"{key}\":"))
            .replace(&format!(" {key}: "), &format!(" \"{key}\":"))
    };
    let keys = ["day", "open", "high", "low", "close", "volume"];
    keys.iter().fold(row, quote)
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
