//! `demo`: failover in a minute, on a local market. Every line but the headings comes from the real code path: the vendors'
//! formats over real HTTP, the breakers, the manager.

use std::future::IntoFuture;
use std::time::Duration;

use finvista::{Call, CnStockDaily, Error, FinVista, Table, Zone};
use finvista_testkit::{Fault, FaultRule, Market, Simulator, Vendor};
use jiff::ToSpan;
use jiff::civil::Date;

use crate::failure::Failure;
use crate::{health, output, table};

/// How long the demo's circuits stay open: shorter than the usual 60 s, so that the demo takes a minute.
const CIRCUIT_TIMEOUT: Duration = Duration::from_secs(2);

const DATASET: &str = "cn_stock_daily";

pub(crate) async fn run() -> Result<(), Failure> {
    let today = Zone::Shanghai.day(jiff::Timestamp::now());
    let simulator = Simulator::builder().market(Market::new(1, today)).start().await;
    let simulator = simulator.map_err(|e| Failure::Io("the local market".to_owned(), e))?;
    let client = FinVista::builder()
        .environment([])
        .gateway(simulator.origin())
        .rate_limit(false)
        .cache(false)
        .failover(|failover| failover.circuit_timeout = CIRCUIT_TIMEOUT)
        .build()?;
    let mut story = Story { client, start: today.checked_sub(30.days()).unwrap_or(today) };

    heading("A local market speaks the formats of three vendors over HTTP")?;
    say(&format!("Every request goes to {}, with the vendor's host in `Host`.", simulator.origin()))?;
    say("Rate limits and the cache are off: they protect real vendors, and this market is local.")?;
    let first = story.ask("One call: the daily bars of 000001 (Ping An Bank).", |call| call).await??;
    say(&last_bars(&first))?;

    heading("East Money breaks: it answers 503")?;
    breaks(&simulator, Vendor::EastMoney, Fault::Status { code: 503, retry_after: None });
    let second = story.ask("The same call:", |call| call).await??;
    say(same(&first, &second))?;

    heading("Five failures in a row open its circuit")?;
    for call in 2..=5 {
        story.brief(call).await?;
    }
    let asked = simulator.calls(Vendor::EastMoney);
    let seconds = CIRCUIT_TIMEOUT.as_secs();
    story.ask("From now on it is skipped:", |call| call).await??;
    let more = simulator.calls(Vendor::EastMoney) - asked;
    say(&format!(
        "East Money received {more} more requests. (A circuit stays open for 60 s; in this demo for {seconds} s.)"
    ))?;

    heading("The health report")?;
    say(health::report(&story.client.source_health()).trim_end())?;

    heading("A forced source, and another order")?;
    story.ask("Sina, forced:", |call| call.source("sina")).await??;
    story.client.set_source_priority(DATASET, ["tencent", "sina", "eastmoney"])?;
    story.ask("Tencent first:", |call| call).await??;

    heading("All three break")?;
    for vendor in [Vendor::Sina, Vendor::Tencent] {
        breaks(&simulator, vendor, Fault::Status { code: 502, retry_after: None });
    }
    if let Err(error) =
        story.ask("The error lists the sources, why each failed, and when to retry:", |call| call).await?
    {
        say(&wrapped(&error))?;
    }

    heading("They recover")?;
    simulator.faults().clear();
    story.client.set_source_priority(DATASET, ["eastmoney", "sina", "tencent"])?;
    say(&format!(
        "After {seconds} s the open circuit lets one call at a time through; three successes close it:"
    ))?;
    tokio::time::sleep(CIRCUIT_TIMEOUT).await;
    for call in 1..=3 {
        story.brief(call).await?;
    }
    say("")?;
    say(health::report(&story.client.source_health()).trim_end())?;

    heading("Sina hangs: after two seconds Tencent is asked beside it")?;
    story.client.set_source_priority(DATASET, ["sina", "tencent", "eastmoney"])?;
    breaks(&simulator, Vendor::Sina, Fault::Hang);
    story.ask("", |call| call).await??;
    simulator.faults().clear();

    heading("East Money blocks five requests: a ban, for all its data sets")?;
    story.client.set_source_priority(DATASET, ["eastmoney", "tencent", "sina"])?;
    breaks(&simulator, Vendor::EastMoney, Fault::Reset);
    for call in 1..=5 {
        story.brief(call).await?;
    }
    if let Err(error) = story.client.cn_stock_quote(["000001"]).source("eastmoney").await {
        say("The ban covers its quotes, too:")?;
        say(&wrapped(&error))?;
    }

    heading("A hundred equal calls at once, with the cache")?;
    let cached = FinVista::builder().environment([]).gateway(simulator.origin()).rate_limit(false).build()?;
    let before = simulator.calls(Vendor::Tencent);
    let calls =
        (0..100).map(|_| cached.cn_stock_daily("600519").source("tencent").start(story.start).into_future());
    let mut rows = 0;
    for call in calls.map(tokio::spawn).collect::<Vec<_>>() {
        let joined = call.await.map_err(|e| Failure::Write(e.to_string()))?;
        rows += joined?.num_rows();
    }
    let requests = simulator.calls(Vendor::Tencent) - before;
    let noun = if requests == 1 { "request" } else { "requests" };
    say(&format!(
        "{rows} rows in 100 tables, and Tencent received {requests} {noun}: the calls shared one fetch."
    ))?;
    simulator.stop().await;
    Ok(())
}

/// Applies the fault to every answer of this vendor from now on.
fn breaks(simulator: &Simulator, vendor: Vendor, fault: Fault) {
    simulator.faults().add(FaultRule::always(vendor, fault));
}

struct Story {
    client: FinVista,
    start: Date,
}

impl Story {
    /// Asks for the bars, and prints which source answered, which failed and which were skipped.
    async fn ask(
        &mut self,
        what: &str,
        refine: impl FnOnce(Call<CnStockDaily>) -> Call<CnStockDaily>,
    ) -> Result<Result<Table<CnStockDaily>, Error>, Failure> {
        if !what.is_empty() {
            say(what)?;
        }
        let result = refine(self.client.cn_stock_daily("000001").start(self.start)).await;
        if let Ok(table) = &result {
            let provenance = table.provenance();
            for skipped in &provenance.skipped {
                say(&format!("  {skipped}"))?;
            }
            for attempt in &provenance.attempts {
                say(&format!("  {attempt}"))?;
            }
            say(&format!("  → {} rows. Data from: {}", table.num_rows(), table.source()))?;
        }
        Ok(result)
    }

    /// The same in one line, followed by the state of East Money's circuit.
    async fn brief(&mut self, call: usize) -> Result<(), Failure> {
        let table = self.client.cn_stock_daily("000001").start(self.start).await?;
        let failed: Vec<&str> = (table.provenance().attempts.iter())
            .filter(|attempt| attempt.error.is_some())
            .map(|attempt| attempt.source.as_str())
            .collect();
        let failed =
            if failed.is_empty() { String::new() } else { format!("{} failed, ", failed.join(", ")) };
        let health = self.client.source_health();
        let circuit =
            health.get(DATASET, "eastmoney").map_or_else(String::new, |health| health.circuit.to_string());
        say(&format!("  call {call}: {failed}{} answered; East Money's circuit is {circuit}", table.source()))
    }
}

/// The last three bars, in the columns that fit the page.
fn last_bars(bars: &Table<CnStockDaily>) -> String {
    let rows: Vec<_> = bars.rows().collect();
    let last = rows.iter().skip(rows.len().saturating_sub(3)).map(|bar| {
        let price = |price: f64| format!("{price:.2}");
        [
            bar.date.to_string(),
            price(bar.open),
            price(bar.high),
            price(bar.low),
            price(bar.close),
            bar.volume.to_string(),
        ]
    });
    let last: Vec<_> = last.collect();
    table::of_texts(["date", "open", "high", "low", "close", "volume (shares)"], &last).trim_end().to_owned()
}

/// Whether two tables agree on every day.
fn same(left: &Table<CnStockDaily>, right: &Table<CnStockDaily>) -> &'static str {
    let closes = |table: &Table<CnStockDaily>| -> Vec<(Date, f64)> {
        table.rows().map(|bar| (bar.date, bar.close)).collect()
    };
    if closes(left) == closes(right) {
        "Same days, same closes, same columns, same units: only the source differs."
    } else {
        "The two sources disagree on a close."
    }
}

/// An error, with a line for each source.
fn wrapped(error: &Error) -> String {
    let mut lines = vec![format!("  {}", first_line(error))];
    lines.extend(error.attempts().iter().map(|attempt| format!("    {attempt}")));
    lines.extend(error.skipped().iter().map(|skipped| format!("    {skipped}")));
    if let Error::AllSourcesFailed(failed) = error {
        lines.push(match failed.retry_after() {
            Some(delay) => format!("    retry in {:.1} s", delay.as_secs_f64()),
            None => "    retry at any time: at least one circuit is closed".to_owned(),
        });
    }
    lines.join("\n")
}

fn first_line(error: &Error) -> String {
    error.to_string().split_once(": ").map_or_else(String::new, |(first, _)| first.to_owned())
}

fn heading(text: &str) -> Result<(), Failure> {
    say(&format!("\n== {text}"))
}

fn say(text: &str) -> Result<(), Failure> {
    output::text(&format!("{text}\n"))
}
