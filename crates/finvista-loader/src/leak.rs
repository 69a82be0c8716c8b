//! Data that lives until the process ends, as plugins do: definitions and promises are plain data with `'static` parts. Equal
//! parts are one, so opening a plugin again leaks nothing.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use finvista_core::{Period, clean};

/// A set of leaked slices.
struct Slices<T: 'static>(Mutex<BTreeSet<&'static [T]>>);

impl<T: Ord + 'static> Slices<T> {
    const fn new() -> Self {
        Self(Mutex::new(BTreeSet::new()))
    }

    fn get(&self, items: Vec<T>) -> &'static [T] {
        let mut slices = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = slices.get(items.as_slice()) {
            return known;
        }
        let items: &'static [T] = items.leak();
        slices.insert(items);
        items
    }
}

/// A plugin's text, cleaned: titles and docs are printed, and written into schemas.
pub(crate) fn text(text: &str) -> &'static str {
    /// The longest text, in characters.
    const LONGEST: usize = 2_000;
    static TEXTS: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
    let text = &*clean(text, LONGEST);
    let mut texts = TEXTS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = texts.get(text) {
        return known;
    }
    let text: &'static str = text.to_owned().leak();
    texts.insert(text);
    text
}

/// A list of texts.
pub(crate) fn texts(list: &[String]) -> &'static [&'static str] {
    static LISTS: Slices<&'static str> = Slices::new();
    LISTS.get(list.iter().map(|item| text(item)).collect())
}

/// A list of periods.
pub(crate) fn periods(list: Vec<Period>) -> &'static [Period] {
    static LISTS: Slices<Period> = Slices::new();
    LISTS.get(list)
}
