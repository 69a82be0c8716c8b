//! What the generated tables say, read from the code that they describe.

use finvista::core::dataset::{CnStockDailyQuery, CnStockQuoteQuery, DatasetSpec};
use finvista::core::{Capability, ErrorKind, SourceInfo};
use finvista::{Adjust, DateRange, FinVista, KEYS, Query, Symbol};
use jiff::civil::Date;

/// A symbol of each board, asked of every promise: what a source says to it is what the table says of the board.
const BOARDS: [(&str, &str); 7] = [
    ("main", "600519.SH"),
    ("STAR", "688981.SH"),
    ("ChiNext", "300750.SZ"),
    ("Beijing", "920982.BJ"),
    ("B shares", "900901.SH"),
    ("funds", "510300.SH"),
    ("bonds", "118060.SH"),
];

/// A day, and a range of that day alone: in reach of every source, however short.
const TODAY: Date = Date::constant(2024, 6, 28);

/// For each data set: the sources in the order in which they are asked, and what they promise for each board.
pub(super) fn sources() -> Result<String, String> {
    let client = client()?;
    let mut text = String::new();
    for spec in client.datasets() {
        let mut offers: Vec<(i32, SourceInfo, Capability)> = Vec::new();
        for source in client.sources() {
            let priority = source.info.offers.iter().find(|offer| offer.dataset == spec.id());
            let promise = source.capabilities.into_iter().find(|(dataset, _)| *dataset == spec.id());
            if let (Some(offer), Some((_, capability))) = (priority, promise) {
                offers.push((offer.priority, source.info, capability));
            }
        }
        offers.sort_by(|left, right| (left.0, &left.1.name).cmp(&(right.0, &right.1.name)));

        let boards = BOARDS.map(|(board, _)| board).join(" | ");
        text.push_str(&format!("`{}` — {}\n\n", spec.id, spec.title));
        text.push_str(&format!(
            "| priority | source | {boards} | reach |\n| --- | --- |{} --- |\n",
            " --- |".repeat(7)
        ));
        for (priority, info, capability) in offers {
            let boards = BOARDS.map(|(_, symbol)| promised(spec, &capability, symbol));
            let boards = boards.into_iter().collect::<Result<Vec<_>, _>>()?.join(" | ");
            let reach =
                capability.reach().map_or_else(|| "all".to_owned(), |bars| format!("the latest {bars} bars"));
            text.push_str(&format!("| {priority} | `{}` {} | {boards} | {reach} |\n", info.name, info.title));
        }
        text.push('\n');
    }
    Ok(text)
}

/// What a promise says to a symbol: the adjustments that it answers, or a mark where the data set has none.
fn promised(spec: &DatasetSpec, capability: &Capability, symbol: &str) -> Result<String, String> {
    let symbol: Symbol = symbol.parse().map_err(|e| format!("{symbol}: {e}"))?;
    let answers = |query: Query| capability.answers(&query, TODAY).is_ok();
    let range = DateRange::new(Some(TODAY), Some(TODAY)).map_err(|e| e.to_string())?;
    let daily = |adjust| CnStockDailyQuery::new(symbol.clone(), range, adjust).map(Query::from);
    let words: Vec<&str> = match spec.id {
        "cn_stock_daily" => [Adjust::None, Adjust::Qfq, Adjust::Hfq]
            .into_iter()
            .filter(|&adjust| daily(adjust).is_ok_and(answers))
            .map(Adjust::name)
            .collect(),
        "cn_stock_quote" => {
            let query = CnStockQuoteQuery::new([symbol.clone()]).map_err(|e| e.to_string())?;
            answers(query.into()).then_some("yes").into_iter().collect()
        }
        other => {
            return Err(format!("say in xtask/src/docs/tables.rs how {other} is asked about one symbol"));
        }
    };
    Ok(if words.is_empty() { "–".to_owned() } else { words.join(" ") })
}

/// For each data set: its columns with types and units.
pub(super) fn columns() -> Result<String, String> {
    let mut text = String::new();
    for spec in client()?.datasets() {
        text.push_str(&format!("`{}`\n\n| column | type | null | unit | what it is |\n", spec.id));
        text.push_str("| --- | --- | --- | --- | --- |\n");
        for run in spec.columns.chunk_by(|left, right| unnumbered(left.name) == unnumbered(right.name)) {
            let (Some(first), Some(last)) = (run.first(), run.last()) else { continue };
            let (mut name, mut doc) = (format!("`{}`", first.name), first.doc.trim().to_owned());
            if run.len() > 1 {
                name = format!("{name} … `{}`", last.name);
                doc = format!("{doc} And so on to `{}`.", last.name);
            }
            let (ty, null) = (first.ty.arrow(), if first.nullable { "may be" } else { "never" });
            text.push_str(&format!("| {name} | {ty} | {null} | {} | {doc} |\n", first.unit));
        }
        text.push('\n');
    }
    Ok(text)
}

/// The name without its number: the five levels of the order book share a line.
fn unnumbered(name: &str) -> &str {
    name.trim_end_matches(|c: char| c.is_ascii_digit())
}

/// Every setting, with its name in the file and in the environment.
pub(super) fn settings() -> Result<String, String> {
    let mut text =
        "| in the file | in the environment | what it is (default) |\n| --- | --- | --- |\n".to_owned();
    for key in KEYS {
        text.push_str(&format!("| `{}` | `{}` | {} |\n", key.name, key.variable(), key.doc));
    }
    text.push_str(
        "| `rate_limit.VENDOR` | `FINVISTA_RATE_LIMIT_VENDOR` | requests per second to each host of a vendor (its quota) |\n",
    );
    text.push_str(
        "| `priority.DATASET` | `FINVISTA_PRIORITY_DATASET` | the order in which the sources of a data set are asked |\n",
    );
    Ok(text)
}

/// Every metric with its labels.
pub(super) fn metrics() -> Result<String, String> {
    let mut text = "| metric | labels | what it is |\n| --- | --- | --- |\n".to_owned();
    for metric in finvista::metrics() {
        text.push_str(&format!("| `{}` | {} | {} |\n", metric.name, metric.labels.join(", "), metric.doc));
    }
    Ok(text)
}

/// Every kind of failure: what it is, and what follows.
pub(super) fn errors() -> Result<String, String> {
    let mut text =
        "| kind | what it is | retry here | next source | counts |\n| --- | --- | --- | --- | --- |\n"
            .to_owned();
    for (variant, doc) in kinds(include_str!("../../../crates/finvista-core/src/error.rs"))? {
        let kind: ErrorKind = serde_json::from_value(snake_case(&variant).into())
            .map_err(|e| format!("ErrorKind::{variant}: {e}"))?;
        let meaning = kind.meaning();
        let [retry, next, counts] = [meaning.retry_here, meaning.next_source, meaning.counts]
            .map(|answer| if answer { "yes" } else { "no" });
        text.push_str(&format!("| `{kind}` | {doc} | {retry} | {next} | {counts} |\n"));
    }
    Ok(text)
}

/// The variants of `ErrorKind` with their docs, from its source: no list of them exists in the compiled code, and one kept
/// here could miss the next kind.
fn kinds(source: &str) -> Result<Vec<(String, String)>, String> {
    let body = source.split_once("pub enum ErrorKind {").and_then(|(_, rest)| rest.split_once("\n}"));
    let (body, _) = body.ok_or("the enum ErrorKind is not in crates/finvista-core/src/error.rs any more")?;
    let (mut kinds, mut docs) = (Vec::new(), Vec::new());
    for line in body.lines().map(str::trim).filter(|line| !line.is_empty()) {
        if let Some(doc) = line.strip_prefix("/// ") {
            docs.push(doc.trim_end_matches('.'));
        } else if let Some(variant) = line.strip_suffix(',') {
            kinds.push((variant.to_owned(), docs.join(" ")));
            docs.clear();
        }
    }
    Ok(kinds)
}

fn snake_case(variant: &str) -> String {
    let mut name = String::new();
    for letter in variant.chars() {
        if letter.is_ascii_uppercase() && !name.is_empty() {
            name.push('_');
        }
        name.push(letter.to_ascii_lowercase());
    }
    name
}

/// A client with the sources that are registered, whatever the environment of the developer says.
fn client() -> Result<FinVista, String> {
    FinVista::builder().environment([]).build().map_err(|e| e.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_has_rows_of_one_width() {
        for table in [sources(), columns(), settings(), errors()] {
            let table = table.unwrap();
            for block in table.split("\n\n").filter(|block| block.starts_with('|')) {
                let mut widths = block.lines().map(|line| line.matches('|').count());
                let width = widths.next().unwrap();
                assert!(widths.all(|other| other == width), "{block}");
                assert!(block.lines().count() > 2, "{block}");
            }
        }
    }

    #[test]
    fn kinds_are_read_with_their_docs() {
        let source = "pub enum ErrorKind {\n    /// One.\n    /// Two.\n    NotFound,\n    /// Three.\n    Timeout,\n}\n";
        let expected = [("NotFound", "One Two"), ("Timeout", "Three")];
        let kinds = kinds(source).unwrap();
        assert_eq!(kinds, expected.map(|(kind, doc)| (kind.to_owned(), doc.to_owned())));
        assert_eq!(snake_case("NotFound"), "not_found");
    }
}
