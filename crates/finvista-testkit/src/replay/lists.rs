//! Recorded rows of Sina's and Tencent's lists, by symbol.

use std::collections::BTreeMap;

use serde_json::Value;

use super::bars::objects;
use super::index::Entry;
use crate::market::Class;

/// The rows of one service, the last recorded one of each symbol.
#[derive(Debug, Default)]
pub(super) struct Lists(BTreeMap<String, String>);

impl Lists {
    /// Takes over the rows of `text` that are `of_service`. Rows of Sina's old format, which was not JSON, are left out.
    pub(super) fn learn(
        &mut self,
        entry: &Entry,
        text: &str,
        symbol: &str,
        of_service: impl Fn(&Value) -> bool,
    ) {
        if !entry.is_list() {
            return;
        }
        for row in objects(text) {
            let parsed = serde_json::from_str::<Value>(&row).unwrap_or_default();
            let symbol = parsed.get(symbol).and_then(Value::as_str).filter(|_| of_service(&parsed));
            if let Some(symbol) = symbol {
                self.0.insert(symbol.to_owned(), row);
            }
        }
    }

    /// The rows of the symbols that `is_on` a board, by symbol.
    pub(super) fn on(&self, is_on: impl Fn(Class<'_>) -> bool) -> Vec<&str> {
        let rows = self.0.iter().filter(|(symbol, _)| Class::of_symbol(symbol).is_some_and(&is_on));
        rows.map(|(_, row)| row.as_str()).collect()
    }
}
