//! What the generated tables say, read from the code that they describe.

use finvista::raw::{Board, Period, ShapeKind};
use finvista::{Adjust, Capability, DatasetSpec, ErrorKind, FinVista, KEYS, SourceInfo, Symbol};

/// The data sets, with their shapes.
pub(super) fn datasets() -> Result<String, String> {
    let mut text = "| data set | shape | rows |\n| --- | --- | --- |\n".to_owned();
    for spec in client()?.datasets() {
        text.push_str(&format!("| `{}` | `{:?}` | {} |\n", spec.id, spec.shape, spec.title));
    }
    Ok(text)
}

/// For each data set: the sources in the order in which they are asked, and what they promise for each board or part of the
/// market.
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
        let columns = promises(spec)?;
        let header: Vec<&str> = columns.iter().map(|(name, _)| name.as_str()).collect();
        text.push_str(&format!("`{}` — {}\n\n", spec.id, spec.title));
        text.push_str(&format!(
            "| priority | source | {} |\n| --- | --- |{}\n",
            header.join(" | "),
            " --- |".repeat(columns.len())
        ));
        for (priority, info, capability) in offers {
            let cells: Vec<String> = columns.iter().map(|(_, promise)| promise(&capability)).collect();
            let cells = cells.join(" | ");
            text.push_str(&format!("| {priority} | `{}` {} | {cells} |\n", info.name, info.title));
        }
        text.push('\n');
    }
    Ok(text)
}

/// A column of the table of sources: its header, and what it says about a capability.
type Promise = (String, Box<dyn Fn(&Capability) -> String>);

/// The columns that a data set has by its shape.
fn promises(spec: &'static DatasetSpec) -> Result<Vec<Promise>, String> {
    let mut columns: Vec<Promise> = Vec::new();
    match spec.shape {
        ShapeKind::Listing => {
            for scope in spec.rules.scopes {
                let lists = move |capability: &Capability| {
                    mark(capability.scopes.is_none_or(|scopes| scopes.contains(&scope.name)))
                };
                columns.push((scope.name.to_owned(), Box::new(lists)));
            }
        }
        ShapeKind::Series | ShapeKind::Snapshot | ShapeKind::Reports => {
            for text in spec.rules.universe.known {
                let symbol: Symbol = text.parse().map_err(|e| format!("{text}: {e}"))?;
                let board = symbol.board();
                if columns.iter().any(|(name, _)| *name == header(board)) {
                    continue;
                }
                columns.push((header(board), Box::new(move |capability| of_board(spec, capability, board))));
            }
        }
        _ => columns.push(("answers".to_owned(), Box::new(|_| mark(true)))),
    }
    if spec.rules.periods.len() > 1 {
        columns.push(("periods".to_owned(), Box::new(|capability| periods(spec, capability))));
    }
    if spec.shape == ShapeKind::Series {
        columns.push(("reach".to_owned(), Box::new(reach)));
    }
    Ok(columns)
}

fn header(board: Board) -> String {
    match board {
        Board::Main => "main",
        Board::Star => "STAR",
        Board::ChiNext => "ChiNext",
        Board::Beijing => "Beijing",
        Board::BShare => "B shares",
        Board::Fund => "funds",
        Board::Convertible => "convertible bonds",
        Board::Bond => "other bonds",
        Board::Index => "exchanges' indices",
        Board::PublisherIndex => "CSI and CNI",
        other => return other.to_string(),
    }
    .to_owned()
}

fn mark(promised: bool) -> String {
    if promised { "yes" } else { "–" }.to_owned()
}

/// The adjustments that are promised for a board, or a mark where the data set has none.
fn of_board(spec: &DatasetSpec, capability: &Capability, board: Board) -> String {
    let promised = |adjust: &Adjust| {
        let unadjusted = capability.boards.is_none_or(|boards| boards.contains(board));
        unadjusted && capability.boards_of(*adjust).is_none_or(|boards| boards.contains(board))
    };
    if !spec.rules.adjusts {
        return mark(promised(&Adjust::None));
    }
    let adjusts = [Adjust::None, Adjust::Qfq, Adjust::Hfq];
    let words: Vec<&str> =
        adjusts.iter().filter(|adjust| promised(adjust)).map(|adjust| adjust.name()).collect();
    if words.is_empty() { mark(false) } else { words.join(" ") }
}

fn periods(spec: &DatasetSpec, capability: &Capability) -> String {
    let promised = |period: &&Period| capability.periods.is_none_or(|periods| periods.contains(period));
    let mut periods: Vec<Period> = spec.rules.periods.iter().filter(promised).copied().collect();
    periods.sort_unstable();
    periods.iter().map(Period::to_string).collect::<Vec<_>>().join(" ")
}

fn reach(capability: &Capability) -> String {
    let bars = capability.last_bars.map(|bars| format!("the latest {bars} bars"));
    let days = capability.days_back.map(|days| format!("the latest {days} days"));
    match (bars, days) {
        (Some(bars), Some(days)) => format!("{bars}, {days}"),
        (bars, days) => bars.or(days).unwrap_or_else(|| "all".to_owned()),
    }
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
        for table in [datasets(), sources(), columns(), settings(), errors(), metrics()] {
            let table = table.unwrap();
            for block in table.split("\n\n").filter(|block| block.starts_with('|')) {
                let mut widths = block.lines().map(|line| line.matches('|').count());
                let width = widths.next().unwrap();
                assert!(widths.all(|other| other == width), "{block}");
                let mut columns: Vec<&str> =
                    block.lines().next().unwrap().trim_matches('|').split('|').collect();
                columns.sort_unstable();
                assert!(columns.windows(2).all(|pair| pair[0] != pair[1]), "{block}");
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
