//! The generated tables: the text between `<!-- generated: NAME -->` and `<!-- /generated -->` in these files.

use std::fs;

mod tables;

const FILES: &[&str] = &["README.md", "ARCHITECTURE.md", "crates/finvista-datasets/README.md"];

/// A region's name in its marker, and the function that writes its Markdown.
type Region = (&'static str, fn() -> Result<String, String>);

const REGIONS: &[Region] = &[
    ("datasets", tables::datasets),
    ("sources", tables::sources),
    ("columns", tables::columns),
    ("settings", tables::settings),
    ("errors", tables::errors),
    ("metrics", tables::metrics),
];

const OPEN: &str = "<!-- generated: ";
const CLOSE: &str = "<!-- /generated -->";

/// Writes every region anew, or with `check` fails naming the files that have a stale one.
pub(crate) fn run(check: bool) -> Result<(), String> {
    let mut stale = Vec::new();
    for file in FILES {
        let path = crate::root().join(file);
        let old = fs::read_to_string(&path).map_err(|error| format!("cannot read {file}: {error}"))?;
        let new = rewrite(&old, region).map_err(|error| format!("{file}:{error}"))?;
        if new == old {
            continue;
        }
        if check {
            stale.push(*file);
        } else {
            fs::write(&path, new).map_err(|error| format!("cannot write {file}: {error}"))?;
            println!("{file}: written anew");
        }
    }
    if stale.is_empty() {
        return Ok(());
    }
    Err(format!("stale tables in {}; run `cargo xtask docs` and commit what it writes", stale.join(", ")))
}

/// The Markdown of one region.
fn region(name: &str) -> Result<String, String> {
    if let Some((_, write)) = REGIONS.iter().find(|(known, _)| *known == name) {
        return write();
    }
    let known: Vec<&str> = REGIONS.iter().map(|(known, _)| *known).collect();
    Err(format!("expected the name of a generated table ({}), got {name:?}", known.join(", ")))
}

/// `text` with the inside of every region replaced. An error begins with the line number of the marker.
fn rewrite(text: &str, region: impl Fn(&str) -> Result<String, String>) -> Result<String, String> {
    let mut new = String::with_capacity(text.len());
    let mut open: Option<usize> = None;
    for (line, number) in text.split_inclusive('\n').zip(1..) {
        if let Some(start) = open {
            if line.starts_with(OPEN) {
                return Err(format!(
                    "{number}: a region inside the region of line {start}; close that with `{CLOSE}`"
                ));
            }
            if line.starts_with(CLOSE) {
                new.push_str(line);
                open = None;
            }
            continue;
        }
        new.push_str(line);
        if let Some(marker) = line.strip_prefix(OPEN) {
            let name = marker.trim_end().strip_suffix("-->").map(str::trim);
            let name = name.ok_or_else(|| format!("{number}: the marker must read `{OPEN}NAME -->`"))?;
            let body = region(name).map_err(|error| format!("{number}: {error}"))?;
            new.push_str(body.trim_end());
            new.push('\n');
            open = Some(number);
        } else if line.starts_with(CLOSE) {
            return Err(format!("{number}: `{CLOSE}` closes nothing; open the region with `{OPEN}NAME -->`"));
        }
    }
    match open {
        Some(start) => Err(format!("{start}: the region is never closed; end it with `{CLOSE}`")),
        None => Ok(new),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn echo(name: &str) -> Result<String, String> {
        Ok(format!("table of {name}\n"))
    }

    #[test]
    fn a_region_is_replaced_and_the_rest_is_kept() {
        let text = "a\n<!-- generated: x -->\nold\nold\n<!-- /generated -->\nb";
        let new = "a\n<!-- generated: x -->\ntable of x\n<!-- /generated -->\nb";
        assert_eq!(rewrite(text, echo).unwrap(), new);
        assert_eq!(rewrite(new, echo).unwrap(), new);
    }

    #[test]
    fn broken_markers_are_named_with_their_line() {
        for (text, line) in [
            ("a\n<!-- generated: x -->\nb\n", "2:"),
            ("<!-- /generated -->\n", "1:"),
            ("<!-- generated: x\n<!-- /generated -->\n", "1:"),
            ("<!-- generated: x -->\n<!-- generated: y -->\n<!-- /generated -->\n", "2:"),
        ] {
            let error = rewrite(text, echo).unwrap_err();
            assert!(error.starts_with(line), "{text:?} gives {error}");
        }
    }

    #[test]
    fn an_unknown_table_is_refused_by_name() {
        let error = rewrite("\n<!-- generated: nonsense -->\n<!-- /generated -->\n", region).unwrap_err();
        assert!(error.starts_with("2: expected the name of a generated table ("), "{error}");
    }
}
