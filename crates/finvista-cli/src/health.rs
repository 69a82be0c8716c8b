//! `health`: the report of this process, with --probe after asking every source once.

use finvista::raw::ShapeKind;
use finvista::{CallOptions, Capability, DatasetSpec, Error, FinVista, Health, Query, Zone};
use jiff::civil::Date;
use jiff::{Span, Timestamp};

use crate::args::{self, Args};
use crate::failure::{Failure, PARTIAL, UNAVAILABLE};
use crate::report::tell;
use crate::{output, table};

pub(crate) async fn run(args: &Args, command: &args::Health) -> Result<(), Failure> {
    let client = args.client()?;
    let probed = if command.probe { probe(&client).await } else { Ok(()) };
    let health = client.source_health();
    let text = if command.json {
        serde_json::to_string_pretty(&health).map_err(|e| Failure::Write(e.to_string()))? + "\n"
    } else {
        report(&health)
    };
    output::text(&text)?;
    probed
}

/// Asks every source once for each of its data sets. A sweep is left out: it takes dozens of requests. It fails as a call does
/// of which a part, or all, has no answer.
async fn probe(client: &FinVista) -> Result<(), Failure> {
    let today = Zone::Shanghai.day(Timestamp::now());
    let (mut alive, mut dead) = (false, false);
    for spec in client.datasets().filter(|spec| !spec.pace.is_sweep()) {
        for source in client.sources() {
            let promise = source.capabilities.iter().find(|(dataset, _)| *dataset == spec.id());
            let Some((_, capability)) = promise else { continue };
            let Some(query) = question(spec, capability, today) else { continue };
            let options = CallOptions { source: Some(source.info.name), ..CallOptions::default() };
            match client.fetch_with(&query, &options).await {
                Ok(_) => alive = true,
                Err(error) => {
                    dead |= matches!(error, Error::AllSourcesFailed(_) | Error::DeadlineExceeded(_));
                    tell(&error);
                }
            }
        }
    }
    match (dead, alive) {
        (false, _) => Ok(()),
        (true, true) => Err(Failure::Told(PARTIAL)),
        (true, false) => Err(Failure::Told(UNAVAILABLE)),
    }
}

/// How many days of a series a probe asks for. The first is longer than any closure of an exchange; the others are for sources
/// that do not reach back that far.
const PROBED_DAYS: [i32; 3] = [14, 6, 3];

/// What a source is asked: the example of the data set. A series is asked for its latest days, because some sources reach back a
/// limited number of bars and refuse a query that starts before them, or has no start.
fn question(spec: &DatasetSpec, capability: &Capability, today: Date) -> Option<Query> {
    let example = spec.example_query()?;
    if spec.shape != ShapeKind::Series {
        return Some(example);
    }
    let latest = |days: &i32| {
        let mut params = example.to_params();
        let start = today.checked_sub(Span::new().days(*days)).ok()?;
        params.insert("start".to_owned(), start.to_string());
        params.remove("end");
        spec.parse(&params).ok()
    };
    let mut queries = PROBED_DAYS.iter().filter_map(latest);
    queries.find(|query| capability.answers(query.selection(), today).is_ok()).or(Some(example))
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
