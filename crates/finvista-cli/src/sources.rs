//! `sources`: who has what, and in which order they are asked.

use finvista::core::dataset::DatasetSpec;
use finvista::core::{Capability, DatasetId};

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
                capability.map_or_else(String::new, reach),
                source.info.origin.clone(),
            ]);
        }
        let header = ["priority", "source", "version", "title", "adjust", "reach", "origin"];
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
    if spec.params.iter().all(|param| param.name != "adjust") {
        return "-".to_owned();
    }
    let adjustments = capability.adjustments();
    adjustments.iter().map(|adjust| adjust.name()).collect::<Vec<_>>().join(", ")
}

/// How far back a source promises to reach.
pub(crate) fn reach(capability: &Capability) -> String {
    capability.reach().map_or_else(|| "all".to_owned(), |bars| format!("{bars} bars"))
}
