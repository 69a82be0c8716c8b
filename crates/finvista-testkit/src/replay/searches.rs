//! Recorded answers to searches, by what was searched for.

use std::collections::HashMap;

use super::index::Entry;
use crate::wire::query::decoded;

/// The answers of one vendor, as they stand inside its envelope.
#[derive(Debug, Default)]
pub(super) struct Searches(HashMap<String, String>);

impl Searches {
    /// Takes over an answer to a search at `host`. `parameter` holds what was searched for; where the index does not know it,
    /// the first field of the answer says it.
    pub(super) fn learn(&mut self, entry: &Entry, host: &str, parameter: &str, answer: Option<&str>) {
        let is_from = entry.is_search() && entry.request_url.contains(host);
        let Some(answer) = answer.filter(|answer| is_from && *answer != "N") else { return };
        let asked = entry.parameter(parameter).filter(|asked| !asked.contains(['.', '<']));
        let key = asked.map_or_else(|| answer.split(',').next().unwrap_or_default().to_owned(), decoded);
        self.0.insert(key.to_lowercase(), answer.to_owned());
    }

    pub(super) fn get(&self, text: &str) -> Option<&str> {
        self.0.get(&text.to_lowercase()).map(String::as_str)
    }
}
