//! `cargo xtask new-dataset NAME --shape SHAPE`: the file of a definition, and its entry in each list that names data sets.

use std::fs;

use clap::ValueEnum;

use crate::metadata::cargo;

/// The shape of a data set's questions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Shape {
    /// Bars of one instrument over time.
    Series,
    /// Quotes of instruments, now.
    Snapshot,
    /// Everything that a part of a market holds.
    Listing,
    /// What an instrument reported over time.
    Reports,
    /// What happened in a market over time.
    Events,
    /// What matches a text.
    Keyword,
}

const LIB: &str = "crates/finvista-datasets/src/lib.rs";
const CALLS: &str = "crates/finvista/src/calls.rs";
const FACADE: &str = "crates/finvista/src/lib.rs";

/// Writes the definition, and adds it to the lists of the crate of data sets and of the facade.
pub(crate) fn new(name: &str, shape: Shape) -> Result<(), String> {
    check(name)?;
    let path = format!("crates/finvista-datasets/src/{name}.rs");
    if crate::root().join(&path).exists() {
        return Err(format!("{path} is there already: choose another name, or remove it"));
    }
    let names = Names::of(name);
    let lib = with_module(&read(LIB)?, &names)?;
    let calls = with_call(&read(CALLS)?, &names, shape)?;
    let facade = imported(&read(FACADE)?, "pub use", &[&names.marker, &names.row])
        .ok_or_else(|| format!("{FACADE} does not re-export finvista_datasets"))?;
    write(&path, &definition(&names, shape))?;
    write(LIB, &lib)?;
    write(CALLS, &calls)?;
    write(FACADE, &facade)?;
    let formatted = cargo().args(["fmt", "-p", "finvista-datasets", "-p", "finvista"]).status();
    if !formatted.is_ok_and(|status| status.success()) {
        return Err("the files are written, and cargo fmt failed: run it by hand".to_owned());
    }
    println!(
        "{path} defines {name}, and fv.{name}(…) asks for it. Next:\n\
        1. in that file: the title, the columns with units and docs, universe, keep and checks\n\
        2. in {CALLS}: the docs of the call\n\
        3. the endpoint of each vendor that has it, and its tests\n\
        4. cargo test -p finvista-datasets && cargo xtask docs\n\
        CONTRIBUTING.md, \"Add a data set\", goes through an example."
    );
    Ok(())
}

/// The names that follow from that of the data set.
struct Names {
    /// `cn_dividend`.
    dataset: String,
    /// `CnDividend`.
    marker: String,
    /// `CnDividendRow`.
    row: String,
}

impl Names {
    fn of(dataset: &str) -> Self {
        let marker: String = dataset.split('_').map(capitalised).collect();
        Self { dataset: dataset.to_owned(), row: format!("{marker}Row"), marker }
    }
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
}

fn check(name: &str) -> Result<(), String> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    let begins = name.starts_with(|c: char| c.is_ascii_lowercase());
    if begins && name.chars().all(plain) && !name.ends_with('_') && !name.contains("__") {
        return Ok(());
    }
    Err(format!("expected a name such as cn_dividend (lower-case letters, digits and _), got {name:?}"))
}

fn definition(names: &Names, shape: Shape) -> String {
    let Names { dataset, marker, row } = names;
    let selects = match shape {
        Shape::Series => "Series with Ranged",
        Shape::Snapshot => "Snapshot",
        Shape::Listing => "Listing with Scoped",
        Shape::Reports => "Reports with Ranged",
        Shape::Events => "Events with Ranged",
        Shape::Keyword => "Keyword with Limited",
    };
    let (fill, columns, builder, key, check) = match shape {
        Shape::Series => (
            " bars,",
            "/// The instrument, as `000001.SZ`.\n        symbol: Label, \"\";\n        /// The trading day.\n        date: Date32, \"\";\n        ..bar;",
            format!("Bars<{row}Columns>"),
            "symbol, date",
            "Check::Requested(\"symbol\"), Check::Key, Check::Within(\"date\"), Check::Ohlc",
        ),
        Shape::Snapshot => (
            " quotes,",
            "/// The instrument, as `000001.SZ`.\n        symbol: Text, \"\";\n        ..quote;",
            format!("Quotes<{row}Columns>"),
            "symbol",
            "Check::Requested(\"symbol\"), Check::Ohlc, Check::Positive(\"pre_close\")",
        ),
        Shape::Reports => (
            "",
            "/// The instrument, as `000001.SZ`.\n        symbol: Label, \"\";\n        /// The day of the report.\n        date: Date32, \"\";",
            format!("Rows<{row}Columns, Reports>"),
            "symbol, date",
            "Check::Requested(\"symbol\"), Check::Key, Check::Within(\"date\")",
        ),
        Shape::Events => (
            "",
            "/// The day.\n        date: Date32, \"\";\n        /// The instrument, as `000001.SZ`.\n        symbol: Text, \"\";",
            format!("Rows<{row}Columns, Events>"),
            "date, symbol",
            "Check::Requested(\"symbol\"), Check::Key, Check::Within(\"date\")",
        ),
        Shape::Listing | Shape::Keyword => (
            "",
            "/// The instrument, as `000001.SZ`.\n        symbol: Text, \"\";\n        /// The name, as the vendor writes it.\n        name: Text, \"\";",
            format!("Rows<{row}Columns, {shape:?}>"),
            "symbol",
            "Check::Key",
        ),
    };
    let kinds: Vec<&str> =
        ["Date32", "Label", "Text"].into_iter().filter(|kind| columns.contains(kind)).collect();
    let build = builder.split('<').next().unwrap_or_default();
    let shape_import = if build == "Rows" { format!("{shape:?}, ") } else { String::new() };
    let (example, scopes, scopes_import, spec) = match shape {
        Shape::Series | Shape::Reports => ("(\"symbol\", \"000001\")", "", "", ""),
        Shape::Snapshot => ("(\"symbols\", \"000001\")", "", "", ""),
        Shape::Listing => (
            "(\"market\", \"all\")",
            "\n/// The parts of the market, the default first.\nconst SCOPES: &[Scope] = &[Scope { name: \"all\", title: \"the whole market\", boards: CN_STOCKS.boards }];\n",
            "Scope, ",
            "\n        .scopes(SCOPES)",
        ),
        Shape::Events => ("(\"start\", \"2024-06-28\")", "", "", ""),
        Shape::Keyword => ("(\"text\", \"000001\")", "", "", ""),
    };
    format!(
        "//! `{dataset}`: one line for people.

use finvista_core::dataset::{{{build}, Check, {}, Keep}};
use finvista_core::{{CN_STOCKS, {shape_import}{scopes_import}columns, dataset}};

columns! {{
    \"{dataset}\",{fill}
    /// One row.
    pub struct {row} => {row}Columns, {row}Views {{
        {columns}
    }}
}}
{scopes}
dataset! {{
    /// One line for people.
    pub {marker} = \"{dataset}\", \"One line for people\";
    selects {selects};
    rows {row}, {row}Columns, {row}Views built by {builder};
    key [{key}];
    spec.universe(&CN_STOCKS){spec}
        .keep(Keep::For(60))
        .checks(&[{check}])
        .example(&[{example}])
}}
",
        kinds.join(", ")
    )
}

/// The crate's root with the module and its exports, in alphabetical order.
fn with_module(lib: &str, names: &Names) -> Result<String, String> {
    let Names { dataset, marker, row } = names;
    let module = format!("mod {dataset};");
    let export = format!("pub use {dataset}::{{{marker}, {row}, {row}Columns, {row}Views}};");
    let lib = insert(lib, "mod ", &module).ok_or_else(|| format!("{LIB} has no list of modules"))?;
    insert(&lib, "pub use ", &export).ok_or_else(|| format!("{LIB} has no list of exports"))
}

/// The facade's list of calls with one more.
fn with_call(calls: &str, names: &Names, shape: Shape) -> Result<String, String> {
    let Names { dataset, marker, row } = names;
    let (argument, example, many) = match shape {
        Shape::Series | Shape::Reports => ("symbol", "\"000001\"", format!(", {dataset}_many")),
        Shape::Snapshot => ("symbols", "[\"000001\", \"600519\"]", String::new()),
        Shape::Listing => ("market", "\"all\"", String::new()),
        Shape::Events => ("days", "()", String::new()),
        Shape::Keyword => ("text", "\"000001\"", String::new()),
    };
    let call = format!(
        "
    /// One line for people. Columns and units are those of [`{row}`](finvista_datasets::{row}).
    ///
    /// ```no_run
    /// # async fn example(fv: &finvista::FinVista) -> Result<(), finvista::Error> {{
    /// let table = fv.{dataset}({example}).await?;
    /// # Ok(())
    /// # }}
    /// ```
    {dataset}{many}({argument}) -> {marker};
}}"
    );
    let (before, after) = calls.rsplit_once("\n}").ok_or_else(|| format!("{CALLS} has no list of calls"))?;
    let before = imported(before, "use", &[marker]).ok_or_else(|| format!("{CALLS} imports no data sets"))?;
    Ok(format!("{before}\n{call}{after}"))
}

/// `text` with more names in its list of what it takes from the crate of data sets; `None` where it has no such list. `cargo fmt`
/// sorts them.
fn imported(text: &str, keyword: &str, names: &[&str]) -> Option<String> {
    let list = format!("\n{keyword} finvista_datasets::{{");
    let (before, after) = text.split_once(&list)?;
    Some(format!("{before}{list}\n    {},{after}", names.join(", ")))
}

/// `text` with a line among those that begin with `prefix`, in order; `None` where there are none.
fn insert(text: &str, prefix: &str, line: &str) -> Option<String> {
    let lines: Vec<&str> = text.lines().collect();
    let first = lines.iter().position(|known| known.starts_with(prefix))?;
    let run = lines.iter().skip(first).take_while(|known| known.starts_with(prefix)).count();
    let place = lines.iter().skip(first).take(run).position(|known| *known > line).unwrap_or(run);
    let mut lines = lines;
    lines.insert(first + place, line);
    Some(lines.join("\n") + "\n")
}

fn read(path: &str) -> Result<String, String> {
    fs::read_to_string(crate::root().join(path)).map_err(|error| format!("cannot read {path}: {error}"))
}

fn write(path: &str, text: &str) -> Result<(), String> {
    fs::write(crate::root().join(path), text).map_err(|error| format!("cannot write {path}: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_from_one() {
        let names = Names::of("cn_dividend");
        assert_eq!((names.marker.as_str(), names.row.as_str()), ("CnDividend", "CnDividendRow"));
        assert!(check("cn_dividend").is_ok() && check("us2_list").is_ok());
        for name in ["", "CnDividend", "2cn", "cn_", "cn__x", "cn-x", "股票"] {
            assert!(check(name).unwrap_err().contains("cn_dividend"), "{name}");
        }
    }

    #[test]
    fn a_line_goes_to_its_place() {
        let text = "a\nmod b;\nmod d;\n\nz\n";
        assert_eq!(insert(text, "mod ", "mod c;").unwrap(), "a\nmod b;\nmod c;\nmod d;\n\nz\n");
        assert_eq!(insert(text, "mod ", "mod e;").unwrap(), "a\nmod b;\nmod d;\nmod e;\n\nz\n");
        assert_eq!(insert(text, "use ", "use e;"), None);
    }

    #[test]
    fn every_shape_is_written_and_listed() {
        let names = Names::of("cn_dividend");
        for shape in Shape::value_variants() {
            let text = definition(&names, *shape);
            assert!(
                text.contains("pub CnDividend = \"cn_dividend\"")
                    && text.contains(&format!("selects {shape:?}"))
            );
            let calls = with_call(&read(CALLS).unwrap(), &names, *shape).unwrap();
            assert!(calls.contains("    CnDividend,") && calls.contains("-> CnDividend;\n}"), "{calls}");
        }
        let lib = with_module(&read(LIB).unwrap(), &names).unwrap();
        assert!(lib.contains("\nmod cn_dividend;\n"), "{lib}");
    }

    #[test]
    fn the_facade_re_exports_marker_and_row() {
        let text = "use a::B;\npub use finvista_datasets::{\n    CnIndexDaily, IndexBar,\n};\n";
        let with = imported(text, "pub use", &["CnDividend", "CnDividendRow"]).unwrap();
        let list =
            "pub use finvista_datasets::{\n    CnDividend, CnDividendRow,\n    CnIndexDaily, IndexBar,\n};\n";
        assert_eq!(with, format!("use a::B;\n{list}"));
        assert_eq!(imported(text, "use", &["CnDividend"]), None);
        assert!(imported(&read(FACADE).unwrap(), "pub use", &["CnDividend"]).is_some());
    }
}
