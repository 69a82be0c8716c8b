//! Finding listings by code, name or initials.

use super::Market;
use super::instrument::Instrument;
use super::terms::Kind;

impl Market {
    /// The shares, funds and indices that `text` finds, the best ones first: a code, a name, or initials in either reading,
    /// whole, from the front, or in part. Of equal ones the most traded comes first.
    pub(crate) fn found(&self, text: &str) -> Vec<&Instrument> {
        let text = text.trim().to_uppercase();
        let indices = self.instruments().iter().filter(|instrument| instrument.kind == Kind::Index);
        let all = self.listed().iter().chain(indices);
        let mut found: Vec<(usize, &Instrument)> =
            all.filter_map(|instrument| Some((rank(instrument, &text)?, instrument))).collect();
        found.sort_by_key(|(rank, instrument)| (*rank, std::cmp::Reverse(instrument.quote().amount)));
        found.into_iter().map(|(_, instrument)| instrument).collect()
    }
}

/// How well `text` fits; 0 is best.
fn rank(instrument: &Instrument, text: &str) -> Option<usize> {
    let name: String = instrument.name.to_uppercase().split_whitespace().collect();
    let symbol = instrument.prefixed().to_uppercase();
    let texts = || {
        let names = [instrument.code.as_str(), &symbol, &name];
        // The vendors know a single reading of each name.
        names.into_iter().chain(instrument.initials().first().map(String::as_str))
    };
    if text.is_empty() {
        None
    } else if texts().any(|own| own == text) {
        Some(0)
    } else if texts().any(|own| own.starts_with(text)) {
        Some(1)
    } else {
        texts().any(|own| own.contains(text)).then_some(2)
    }
}
