//! Every row belongs to a symbol that was asked for.

use std::collections::{HashMap, HashSet};

use arrow_array::cast::AsArray;
use arrow_array::{Array, DictionaryArray};

use super::{Checked, LabelKey, first_wrong, key};
use crate::error::SourceError;
use crate::selection::Selection;
use crate::symbol::Symbol;

/// Returns the symbols without a row.
pub(super) fn check(table: &Checked<'_>, name: &str) -> Result<Vec<Symbol>, SourceError> {
    let column = table.batch.column_by_name(name).ok_or_else(|| table.misses(name))?;
    match (table.selection.symbols(), table.selection) {
        ([], _) => Ok(Vec::new()),
        (symbols, Selection::Snapshot(_)) => {
            if let Some(missing) = missing_in_order(symbols, column) {
                return Ok(missing);
            }
            missing(table, symbols, column)
        }
        ([symbol], _) => one(table, *symbol, column).map(|()| Vec::new()),
        (symbols, _) => some(table, symbols, column).map(|()| Vec::new()),
    }
}

/// Every row belongs to this symbol.
fn one(table: &Checked<'_>, symbol: Symbol, column: &dyn Array) -> Result<(), SourceError> {
    let written = symbol.written();
    let other = match column.as_dictionary_opt::<LabelKey>() {
        Some(labels) => other(labels, &written),
        None => (0..column.len()).find(|&row| key::text(column, row) != Some(&*written)),
    };
    match other {
        Some(row) => {
            let got = key::text(column, row).unwrap_or_default();
            Err(table.invalid(row, &format!("expected rows of {symbol}, got {got:?}")))
        }
        None => Ok(()),
    }
}

/// The first row with another label.
fn other(column: &DictionaryArray<LabelKey>, label: &str) -> Option<usize> {
    let texts = column.values().as_string_opt::<i32>();
    let is_meant = |key: &i32| {
        let text = texts.zip(usize::try_from(*key).ok());
        text.is_some_and(|(texts, key)| key < texts.len() && texts.value(key) == label)
    };
    let keys = column.keys().values();
    // Usually all rows have the same key, whose text is compared once.
    let first = keys.first().copied().filter(is_meant);
    let at = first_wrong(keys.iter(), |key| Some(*key) == first)?;
    keys.iter().skip(at).position(|key| !is_meant(key)).map(|further| at + further)
}

fn some(table: &Checked<'_>, symbols: &[Symbol], column: &dyn Array) -> Result<(), SourceError> {
    let asked: HashSet<String> = symbols.iter().map(Symbol::to_string).collect();
    let other =
        (0..column.len()).find(|&row| !key::text(column, row).is_some_and(|text| asked.contains(text)));
    other.map_or(Ok(()), |row| Err(table.invalid(row, "expected a symbol that was asked for")))
}

/// The symbols without a row, if the rows have the order of the query, as our builders leave them.
fn missing_in_order(symbols: &[Symbol], column: &dyn Array) -> Option<Vec<Symbol>> {
    let mut missing = Vec::new();
    let mut symbols = symbols.iter();
    for row in 0..column.len() {
        let text = key::text(column, row)?;
        loop {
            let symbol = symbols.next()?;
            if text == &*symbol.written() {
                break;
            }
            missing.push(*symbol);
        }
    }
    missing.extend(symbols);
    Some(missing)
}

/// The same for rows in any order.
fn missing(table: &Checked<'_>, symbols: &[Symbol], column: &dyn Array) -> Result<Vec<Symbol>, SourceError> {
    let mut missing: HashMap<String, Symbol> =
        symbols.iter().map(|symbol| (symbol.to_string(), *symbol)).collect();
    for row in 0..column.len() {
        let text = key::text(column, row).unwrap_or_default();
        if missing.remove(text).is_none() {
            return Err(table.invalid(row, "expected a symbol that was asked for, once"));
        }
    }
    Ok(symbols.iter().filter(|symbol| missing.contains_key(&*symbol.written())).copied().collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::{Int64Array, StringArray};
    use std::sync::Arc;

    #[test]
    fn another_symbol_is_found_in_any_row() {
        let column = |rows: &[&str]| rows.iter().copied().collect::<DictionaryArray<LabelKey>>();
        let same = ["600000.SH"; 5];
        assert_eq!(other(&column(&same), "600000.SH"), None);
        assert_eq!(other(&column(&[]), "600000.SH"), None);
        for at in 0..same.len() {
            for text in ["600001.SH", "600000.SZ", "", "600000.SH6", "00000.SH"] {
                let mut rows = same;
                rows[at] = text;
                let column = column(&rows);
                assert_eq!(other(&column, "600000.SH"), Some(at), "{text}");
                // A slice of an array keeps its own rows.
                assert_eq!(other(&column.slice(1, 4), "600000.SH"), at.checked_sub(1));
            }
        }
    }

    #[test]
    fn a_symbol_may_have_several_keys() {
        let texts = StringArray::from(vec!["600000.SH", "600001.SH", "600000.SH"]);
        let column = |keys: Vec<i32>| DictionaryArray::new(keys.into(), Arc::new(texts.clone()));
        assert_eq!(other(&column(vec![0, 2, 2, 0]), "600000.SH"), None);
        assert_eq!(other(&column(vec![2, 0, 1, 0]), "600000.SH"), Some(2));
        let numbers = DictionaryArray::new(vec![0].into(), Arc::new(Int64Array::from(vec![600_000])));
        assert_eq!(other(&numbers, "600000.SH"), Some(0));
        assert_eq!(key::text(&numbers, 0), None);
    }
}
