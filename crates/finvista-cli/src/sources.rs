//! `sources`: the sources of each data set, in the order in which they are asked.

use finvista::{Adjust, Capability, DatasetId, DatasetSpec};

use crate::args::{Args, Sources};
use crate::failure::Failure;
use crate::{output, table};

pub(crate) fn run(args: &Args, command: &Sources) -> Result<(), Failure> {
    let client = args.client()?;
    let (sources, health) = (client.sources(), client.source_health());
    let mut text = String::new();
    for spec in client.datasets() {
        text.push_str(&format!("{}: {}\n\n", spec.id, spec.title));
        let mut rows = Vec::new();
        let asked =
            health.datasets().find(|(id, _)| id.as_str() == spec.id).map_or(&[][..], |(_, sources)| sources);
        for (name, health) in asked {
            let Some(source) = sources.iter().find(|source| source.info.name == *name) else { continue };
            let id = DatasetId::new(spec.id);
            let capability = source.capabilities.iter().find(|(dataset, _)| *dataset == id).map(|(_, c)| c);
            rows.push([
                health.priority.to_string(),
                name.clone(),
                source.info.version.clone(),
                source.info.title.clone(),
                capability.map_or_else(String::new, |capability| adjusts(spec, capability)),
                capability.map_or_else(String::new, |capability| facets(spec, capability)),
                capability.map_or_else(String::new, reach),
                source.info.origin.clone(),
            ]);
        }
        let header =
            ["priority", "source", "version", "title", "adjust", "periods or markets", "reach", "origin"];
        text.push_str(&table::of_texts(header, &rows));
        text.push('\n');
        if command.columns {
            text.push_str(&columns(spec));
            text.push('\n');
        }
    }
    output::text(&text)
}

/// The columns of a data set, as a table.
pub(crate) fn columns(spec: &DatasetSpec) -> String {
    let columns = spec.columns.iter();
    let rows: Vec<_> = columns
        .map(|c| [c.name.to_owned(), c.ty.arrow().to_string(), c.unit.to_owned(), c.doc.trim().to_owned()])
        .collect();
    table::of_texts(["column", "type", "unit", "what it is"], &rows)
}

/// The adjustments that a source promises, where the data set has adjustments.
pub(crate) fn adjusts(spec: &DatasetSpec, capability: &Capability) -> String {
    if !spec.rules.adjusts {
        return "-".to_owned();
    }
    let promised = |adjust: &Adjust| capability.boards_of(*adjust).is_none_or(|boards| !boards.is_empty());
    let adjusts = [Adjust::None, Adjust::Qfq, Adjust::Hfq];
    adjusts
        .iter()
        .filter(|adjust| promised(adjust))
        .map(|adjust| adjust.name())
        .collect::<Vec<_>>()
        .join(", ")
}

/// The periods or parts of the market that a source promises, where the data set has several.
pub(crate) fn facets(spec: &DatasetSpec, capability: &Capability) -> String {
    let rules = &spec.rules;
    let periods =
        rules.periods.iter().filter(|period| capability.periods.is_none_or(|own| own.contains(period)));
    let scopes =
        rules.scopes.iter().filter(|scope| capability.scopes.is_none_or(|own| own.contains(&scope.name)));
    let names: Vec<String> = match (rules.scopes, rules.periods) {
        ([], [] | [_]) => vec!["-".to_owned()],
        ([], _) => periods.map(ToString::to_string).collect(),
        _ => scopes.map(ToString::to_string).collect(),
    };
    names.join(", ")
}

/// How far back a source promises to reach.
pub(crate) fn reach(capability: &Capability) -> String {
    match (capability.last_bars, capability.days_back) {
        (None, None) => "all".to_owned(),
        (Some(bars), None) => format!("{bars} bars"),
        (None, Some(days)) => format!("{days} days"),
        (Some(bars), Some(days)) => format!("{bars} bars, {days} days"),
    }
}
