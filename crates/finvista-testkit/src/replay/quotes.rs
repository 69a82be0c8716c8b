//! Recorded quotes, the newest of each symbol.

use std::collections::{BTreeMap, HashMap};

use serde_json::value::RawValue;

use super::index::Entry;

/// Lines of the form `<prefix><code>="<fields>";`.
#[derive(Debug, Default)]
pub(super) struct Lines(HashMap<String, (String, String)>);

impl Lines {
    /// Takes over what `text` has, where it is newer than what is known.
    pub(super) fn learn(&mut self, prefix: &str, separator: char, text: &str) {
        // Some copies have two statements on one line.
        for statement in text.split(['\n', ';']).map(str::trim) {
            let Some((code, rest)) = statement.strip_prefix(prefix).and_then(|s| s.split_once("=\"")) else {
                continue;
            };
            let Some(fields) = rest.strip_suffix('"').filter(|fields| fields.contains(separator)) else {
                continue;
            };
            let time = time(fields, separator);
            if self.0.get(code).is_none_or(|(known, _)| *known <= time) {
                self.0.insert(code.to_owned(), (time, fields.to_owned()));
            }
        }
    }

    pub(super) fn get(&self, code: &str) -> Option<&str> {
        self.0.get(code).map(|(_, fields)| fields.as_str())
    }
}

/// Field 30 is the time at Tencent; at Sina it is the date, and the time follows.
fn time(fields: &str, separator: char) -> String {
    let after = if separator == ',' { 2 } else { 1 };
    fields.split(separator).skip(30).take(after).collect()
}

/// Rows of East Money's lists, each field as the text that was recorded, by `market.code`.
#[derive(Debug, Default)]
pub(super) struct Rows(HashMap<String, BTreeMap<u32, Box<RawValue>>>);

#[derive(serde::Deserialize)]
struct Body {
    data: Data,
}

#[derive(serde::Deserialize)]
struct Data {
    diff: Vec<Row>,
}

type Row = HashMap<String, Box<RawValue>>;

impl Rows {
    /// Takes over the decimal rows of `text`: those of a request with `fltt=2` that name their market.
    pub(super) fn learn(&mut self, entry: &Entry, text: &str) {
        if !entry.request_url.contains("fltt=2") && !entry.request_url.contains("same request") {
            return;
        }
        for document in std::iter::once(text).chain(text.lines()) {
            let json = unwrapped(document);
            let rows = match serde_json::from_str::<Body>(json) {
                Ok(body) => body.data.diff,
                Err(_) => serde_json::from_str::<Row>(json).into_iter().collect(),
            };
            for row in rows {
                let number = |(name, value): (String, Box<RawValue>)| {
                    Some((name.strip_prefix('f')?.parse().ok()?, value))
                };
                let row: BTreeMap<u32, Box<RawValue>> = row.into_iter().filter_map(number).collect();
                if let (Some(code), Some(market)) = (row.get(&12), row.get(&13)) {
                    self.0.insert(format!("{}.{}", market.get(), code.get().trim_matches('"')), row);
                }
            }
        }
    }

    /// The asked fields of the asked symbols, keys ascending. A field that was not recorded is "-", as the vendor
    /// says it, but for the decimals, which are 2 for every recorded share.
    pub(super) fn rows(&self, secids: &[&str], fields: &[&str]) -> Vec<String> {
        let mut numbers: Vec<u32> = fields.iter().filter_map(|f| f.strip_prefix('f')?.parse().ok()).collect();
        numbers.sort_unstable();
        let text = |row: &BTreeMap<u32, Box<RawValue>>, number: u32| {
            let missing = if matches!(number, 1 | 152) { "2" } else { "\"-\"" };
            let value = row.get(&number).map_or(missing, |value| value.get());
            format!("\"f{number}\":{value}")
        };
        let row = |row: &BTreeMap<u32, Box<RawValue>>| {
            let cells: Vec<String> = numbers.iter().map(|number| text(row, *number)).collect();
            format!("{{{}}}", cells.join(","))
        };
        secids.iter().filter_map(|secid| self.0.get(*secid)).map(row).collect()
    }
}

/// The JSON inside `callback(…);`, or the text itself.
pub(super) fn unwrapped(text: &str) -> &str {
    let text = text.trim();
    let inner = text.split_once('(').filter(|_| !text.starts_with(['{', '[']));
    inner.and_then(|(_, rest)| rest.strip_suffix(");")).unwrap_or(text)
}
