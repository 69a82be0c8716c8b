//! The symbols of a command: those on the command line, and those of a file. One that is named twice counts once.

use std::collections::HashSet;
use std::hash::Hash;
use std::path::PathBuf;

use clap::Args as Group;
use finvista::{Error, InvalidInput};

use crate::failure::Failure;
use crate::list;
use crate::report::remark;

#[derive(Debug, Group)]
pub(crate) struct Symbols {
    /// Symbols in any spelling: 000001, sz000001, 000001.SZ. Rows are written in this order.
    #[arg(required_unless_present = "list", value_name = "SYMBOL")]
    given: Vec<String>,
    /// Read more symbols from this file, or from standard input with `-`: one a line, and a # begins a comment.
    #[arg(long = "symbols", id = "list", value_name = "FILE")]
    list: Option<PathBuf>,
}

/// Reads each symbol by `read`, those on the command line first. An error in the file names its line.
pub(crate) fn read<T: Clone + Eq + Hash>(
    symbols: &Symbols,
    read: impl Fn(&str) -> Result<T, InvalidInput>,
) -> Result<Vec<T>, Failure> {
    let given: Result<Vec<T>, InvalidInput> = symbols.given.iter().map(|symbol| read(symbol)).collect();
    let mut all = given.map_err(Error::from)?;
    if let Some(path) = &symbols.list {
        let (name, text) = list::read(path)?;
        all.extend(of_list(&name, &text, read).map_err(Error::from)?);
    }
    let named = all.len();
    let mut seen = HashSet::new();
    all.retain(|symbol| seen.insert(symbol.clone()));
    match named - all.len() {
        0 => {}
        1 => remark("1 symbol is named twice and counts once"),
        more => remark(&format!("{more} symbols are named again and count once")),
    }
    Ok(all)
}

/// One symbol a line; a # begins a comment, and a line without a symbol is skipped.
fn of_list<T>(
    name: &str,
    text: &str,
    read: impl Fn(&str) -> Result<T, InvalidInput>,
) -> Result<Vec<T>, InvalidInput> {
    let symbols = text.lines().zip(1..).filter_map(|(line, number)| {
        let symbol = line.split('#').next().unwrap_or_default().trim();
        (!symbol.is_empty()).then_some((symbol, number))
    });
    let all: Result<Vec<T>, InvalidInput> = symbols
        .map(|(symbol, number)| {
            read(symbol).map_err(|mistake| InvalidInput::new(format!("{name}, line {number}: {mistake}")))
        })
        .collect();
    match all {
        Ok(none) if none.is_empty() => Err(InvalidInput::new(format!(
            "expected a symbol such as 000001 on each line of {name}, got none"
        ))),
        all => all,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use finvista::CnStockQuote;
    use finvista::raw::dataset::Dataset;

    fn asked(text: &str) -> Result<Vec<String>, String> {
        let symbol = |text: &str| CnStockQuote::SPEC.rules.universe.symbol(text);
        let symbols = of_list("list.txt", text, symbol).map_err(|e| e.to_string())?;
        Ok(symbols.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn comments_and_blank_lines_are_no_symbols() {
        let text = "# banks\r\n\r\n000001  # Ping An\r\n\t600036.SH\n  #\nsz000001";
        assert_eq!(asked(text).unwrap(), ["000001.SZ", "600036.SH", "000001.SZ"]);
    }

    #[test]
    fn a_mistake_is_named_with_its_line() {
        let wrong = asked("# one\n000001\n\n00000l\n").unwrap_err();
        assert!(wrong.starts_with("list.txt, line 4: ") && wrong.contains("00000l"), "{wrong}");
        assert!(asked("000001 600036").unwrap_err().contains("line 1"));
        let empty = asked("# nothing\n\n").unwrap_err();
        assert!(empty.contains("list.txt, got none"), "{empty}");
    }

    #[test]
    fn a_symbol_that_is_named_twice_counts_once() {
        let given = ["000001", "600519", "sz000001"].map(str::to_owned).to_vec();
        let symbols = Symbols { given, list: None };
        let symbol = |text: &str| CnStockQuote::SPEC.rules.universe.symbol(text);
        let read: Vec<String> = read(&symbols, symbol).unwrap().iter().map(ToString::to_string).collect();
        assert_eq!(read, ["000001.SZ", "600519.SH"]);
    }
}
