//! `health`: the report of this process, with --probe after asking every source once.

use finvista::{CallOptions, FinVista, Health, Zone};

use crate::args::{self, Args};
use crate::failure::{Failure, note};
use crate::{output, table};

pub(crate) async fn run(args: &Args, command: &args::Health) -> Result<(), Failure> {
    let client = args.client()?;
    if command.probe {
        probe(&client).await?;
    }
    let health = client.source_health();
    let text = if command.json {
        serde_json::to_string_pretty(&health).map_err(|e| Failure::Write(e.to_string()))? + "\n"
    } else {
        report(&health)
    };
    output::text(&text)
}

/// Asks every source for the example of each of its data sets. A sweep is left out: it takes minutes of a vendor's patience.
async fn probe(client: &FinVista) -> Result<(), Failure> {
    let specs: Vec<_> = client.datasets().filter(|spec| !spec.pace.is_sweep()).collect();
    for query in specs.iter().filter_map(|spec| spec.example_query()) {
        for source in client.sources() {
            if source.info.offers.iter().any(|offer| offer.dataset == *query.dataset()) {
                let options = CallOptions { source: Some(source.info.name), ..CallOptions::default() };
                if let Err(error) = client.fetch_with(&query, &options).await {
                    note(&error.to_string());
                }
            }
        }
    }
    Ok(())
}

/// The report as a table.
pub(crate) fn report(health: &Health) -> String {
    let mut rows = Vec::new();
    for (dataset, sources) in health.datasets() {
        for (name, health) in sources {
            let or_dash = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
            rows.push([
                dataset.to_string(),
                name.clone(),
                status(health.status),
                health.total_requests.to_string(),
                health.consecutive_failures.to_string(),
                or_dash(health.success_rate.map(|rate| format!("{:.0} %", rate * 100.0))),
                or_dash(health.avg_response_time.map(|seconds| format!("{seconds:.3} s"))),
                or_dash(
                    health.recover_at.map(|at| Zone::Shanghai.clock(at).strftime("%H:%M:%S").to_string()),
                ),
            ]);
        }
    }
    let header = [
        "data set",
        "source",
        "status",
        "requests",
        "failures in a row",
        "success",
        "average",
        "recovers at",
    ];
    table::of_texts(header, &rows)
}

fn status(status: finvista::Status) -> String {
    // The words of the JSON report, so that both can be searched for.
    serde_json::to_value(status).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}
