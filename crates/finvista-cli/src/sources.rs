//! `sources`: who has what, and in which order they are asked.

use finvista::core::DatasetId;

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
            let adjustments = capability.map(|c| c.adjustments()).unwrap_or_default();
            let adjustments: Vec<&str> = adjustments.iter().map(|adjust| adjust.name()).collect();
            let has_adjust = spec.params.iter().any(|param| param.name == "adjust");
            rows.push([
                health.priority.to_string(),
                name.clone(),
                source.info.title.clone(),
                if has_adjust { adjustments.join(", ") } else { "-".to_owned() },
                capability
                    .and_then(|c| c.reach())
                    .map_or_else(|| "all".to_owned(), |bars| format!("{bars} bars")),
                source.info.origin.clone(),
            ]);
        }
        text.push_str(&table::of_texts(["priority", "source", "title", "adjust", "reach", "origin"], &rows));
        text.push('\n');
        if command.columns {
            let rows: Vec<_> = (spec.columns.iter())
                .map(|c| {
                    [c.name.to_owned(), c.ty.arrow().to_string(), c.unit.to_owned(), c.doc.trim().to_owned()]
                })
                .collect();
            text.push_str(&table::of_texts(["column", "type", "unit", "what it is"], &rows));
            text.push('\n');
        }
    }
    output::text(&text)
}
