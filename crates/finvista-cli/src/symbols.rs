//! The symbols of a command: those on the command line, and those of a file.

use std::path::Path;

use finvista::{Error, InvalidInput, Query};

use crate::failure::Failure;

/// Makes a query of each symbol, those on the command line first. An error in the file names its line.
pub(crate) fn read(
    given: &[String],
    list: Option<&Path>,
    query: impl Fn(&str) -> Result<Query, InvalidInput>,
) -> Result<Vec<Query>, Failure> {
    let given: Result<Vec<Query>, InvalidInput> = given.iter().map(|symbol| query(symbol)).collect();
    let mut queries = given.map_err(Error::from)?;
    if let Some(path) = list {
        let name = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|e| Failure::Io(name.clone(), e))?;
        queries.extend(of_list(&name, &text, query).map_err(Error::from)?);
    }
    Ok(queries)
}

/// One symbol a line; a # begins a comment, and a line without a symbol is skipped.
fn of_list(
    name: &str,
    text: &str,
    query: impl Fn(&str) -> Result<Query, InvalidInput>,
) -> Result<Vec<Query>, InvalidInput> {
    // Some editors begin a file with a byte order mark.
    let text = text.trim_start_matches('\u{feff}');
    let symbols = text.lines().zip(1..).filter_map(|(line, number)| {
        let symbol = line.split('#').next().unwrap_or_default().trim();
        (!symbol.is_empty()).then_some((symbol, number))
    });
    let queries: Result<Vec<Query>, InvalidInput> = symbols
        .map(|(symbol, number)| {
            query(symbol).map_err(|mistake| InvalidInput::new(format!("{name}, line {number}: {mistake}")))
        })
        .collect();
    match queries {
        Ok(none) if none.is_empty() => Err(InvalidInput::new(format!(
            "expected a symbol such as 000001 on each line of {name}, got none"
        ))),
        queries => queries,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use finvista::CnStockQuote;
    use finvista::raw::Snapshot;
    use finvista::raw::dataset::Dataset;

    fn asked(text: &str) -> Result<Vec<String>, String> {
        let rules = &CnStockQuote::SPEC.rules;
        let query = |symbol: &str| {
            let snapshot = Snapshot::new([rules.universe.symbol(symbol)?], rules)?;
            Ok(Query::of::<CnStockQuote>(snapshot))
        };
        let queries = of_list("list.txt", text, query).map_err(|e| e.to_string())?;
        Ok(queries.iter().map(Query::to_string).collect())
    }

    #[test]
    fn comments_and_blank_lines_are_no_symbols() {
        let text = "\u{feff}# banks\r\n\r\n000001  # Ping An\r\n\t600036.SH\n  #\nsz000001";
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
}
