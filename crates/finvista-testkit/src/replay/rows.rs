//! Recorded rows of East Money's lists, by `market.code`.

use std::collections::{BTreeMap, HashMap};

use serde::Deserialize;
use serde_json::value::RawValue;

use super::index::Entry;
use super::unwrapped;
use crate::market::{Class, Exchange};
use crate::wire::number;

/// The last recorded row of each symbol.
#[derive(Debug, Default)]
pub(super) struct Rows(HashMap<String, Row>);

#[derive(Debug)]
struct Row {
    /// Whether it came from a list, not from a request for this symbol.
    is_listed: bool,
    /// Whether it came in decimals (`fltt=2`) or in scaled integers.
    decimal: bool,
    /// Each field as the text that was recorded.
    fields: BTreeMap<u32, String>,
}

/// Prices: their decimals are those of the instrument, which field 1 names.
const PRICES: [u32; 8] = [2, 4, 15, 16, 17, 18, 31, 32];
/// Percentages and ratios: two decimals always.
const RATIOS: [u32; 11] = [3, 7, 8, 9, 10, 11, 22, 23, 24, 25, 115];

#[derive(Deserialize)]
struct Body<'a> {
    #[serde(borrow)]
    data: Data<'a>,
}

#[derive(Deserialize)]
struct Data<'a> {
    #[serde(borrow)]
    diff: Diff<'a>,
}

type Fields<'a> = HashMap<String, &'a RawValue>;

/// An array, or an object with the keys "0", "1" and so on where `np` was not sent.
#[derive(Deserialize)]
struct Diff<'a>(#[serde(borrow)] &'a RawValue);

impl<'a> Diff<'a> {
    fn rows(&self) -> Vec<Fields<'a>> {
        let text = self.0.get();
        let array = serde_json::from_str::<Vec<Fields<'a>>>(text);
        array.unwrap_or_else(|_| {
            let object = serde_json::from_str::<BTreeMap<String, Fields<'a>>>(text);
            object.map_or_else(|_| Vec::new(), |rows| rows.into_values().collect())
        })
    }
}

impl Rows {
    /// Takes over the rows of `text` that name their market and the decimals of their prices.
    pub(super) fn learn(&mut self, entry: &Entry, text: &str) {
        if !entry.file.contains("list") {
            return;
        }
        // The index says "same request" of the second of two rows.
        let decimal = ["fltt=2", "same request"].iter().any(|word| entry.request_url.contains(word));
        // Some files are one body, others have one a line.
        for document in std::iter::once(text).chain(text.lines()) {
            let json = unwrapped(document.trim_start_matches("data:"));
            let rows = match serde_json::from_str::<Body<'_>>(json) {
                Ok(body) => body.data.diff.rows(),
                Err(_) => serde_json::from_str::<Fields<'_>>(json).into_iter().collect(),
            };
            for row in rows {
                let number = |(name, value): (String, &RawValue)| {
                    Some((name.strip_prefix('f')?.parse().ok()?, value.get().to_owned()))
                };
                let fields = row.into_iter().filter_map(number).collect();
                self.add(Row { is_listed: entry.is_list(), decimal, fields });
            }
        }
    }

    fn add(&mut self, row: Row) {
        let text = |number| row.fields.get(&number).map(|text| text.trim_matches('"'));
        if let (Some(code), Some(market)) = (text(12), text(13))
            && (row.decimal || row.fields.contains_key(&1))
        {
            self.0.insert(format!("{market}.{code}"), row);
        }
    }

    /// The asked fields of the asked symbols, keys ascending, in decimals or in scaled integers.
    pub(super) fn rows(&self, secids: &[&str], fields: &[&str], decimal: bool) -> Vec<String> {
        secids.iter().filter_map(|secid| self.0.get(*secid)).map(|row| row.text(fields, decimal)).collect()
    }

    /// The listed ones among the rows that `is_on` a board, by code.
    pub(super) fn listed(
        &self,
        is_on: impl Fn(Class<'_>) -> bool,
        fields: &[&str],
        decimal: bool,
    ) -> Vec<String> {
        let class = |secid: &str| -> bool {
            let (market, code) = secid.split_once('.').unwrap_or_default();
            let exchange = match market {
                "0" if code.starts_with(['4', '8', '9']) => Exchange::Bj,
                "0" => Exchange::Sz,
                "1" => Exchange::Sh,
                _ => Exchange::Csi,
            };
            is_on(Class::of(exchange, code))
        };
        let mut rows: Vec<_> = self.0.iter().filter(|(secid, row)| row.is_listed && class(secid)).collect();
        rows.sort_by_key(|(secid, _)| secid.split_once('.').map(|(_, code)| code));
        rows.into_iter().map(|(_, row)| row.text(fields, decimal)).collect()
    }
}

impl Row {
    fn text(&self, fields: &[&str], decimal: bool) -> String {
        let mut numbers: Vec<u32> = fields.iter().filter_map(|f| f.strip_prefix('f')?.parse().ok()).collect();
        numbers.sort_unstable();
        let cells = numbers.iter().map(|number| format!("\"f{number}\":{}", self.cell(*number, decimal)));
        format!("{{{}}}", cells.collect::<Vec<_>>().join(","))
    }

    /// A field that was not recorded is "-", as the vendor says it, but for the decimals: those that are missing are 2,
    /// since all recorded decimal rows are of shares.
    fn cell(&self, number: u32, decimal: bool) -> String {
        let text = match (self.fields.get(&number), number) {
            (Some(text), _) => text.as_str(),
            (None, 1 | 152) => "2",
            (None, _) => "\"-\"",
        };
        let decimals = match number {
            _ if PRICES.contains(&number) => self.fields.get(&1).and_then(|d| d.parse().ok()).unwrap_or(2),
            _ if RATIOS.contains(&number) => 2,
            _ => return text.to_owned(),
        };
        match (self.decimal, decimal, text.parse::<f64>()) {
            (true, false, Ok(value)) => number::rounded(value, decimals).to_string(),
            (false, true, Ok(value)) => number::float(value as i64, decimals),
            _ => text.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_given_in_the_mode_that_is_asked_for() {
        let mut rows = Rows::default();
        let entry = |url: &str| Entry::new("ulist.json", url);
        let decimal =
            r#"cb({"data":{"diff":[{"f2":3.32,"f3":-0.5,"f5":12,"f12":"000002","f13":0,"f18":"-"}]}});"#;
        rows.learn(&entry("fltt=2"), decimal);
        rows.learn(
            &entry(""),
            r#"data: {"data":{"diff":{"0":{"f1":3,"f2":4417,"f3":-217,"f12":"510300","f13":1}}}}"#,
        );
        let fields = ["f1", "f2", "f3", "f5", "f18"];
        let asked = ["0.000002", "1.510300", "1.999999"];
        assert_eq!(
            rows.rows(&asked, &fields, true),
            [
                r#"{"f1":2,"f2":3.32,"f3":-0.5,"f5":12,"f18":"-"}"#,
                r#"{"f1":3,"f2":4.417,"f3":-2.17,"f5":"-","f18":"-"}"#
            ]
        );
        assert_eq!(
            rows.rows(&asked, &fields, false),
            [
                r#"{"f1":2,"f2":332,"f3":-50,"f5":12,"f18":"-"}"#,
                r#"{"f1":3,"f2":4417,"f3":-217,"f5":"-","f18":"-"}"#
            ]
        );
    }
}
