//! Recorded quotes, the newest of each symbol.

use std::collections::HashMap;

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
