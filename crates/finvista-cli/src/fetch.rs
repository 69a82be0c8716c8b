//! Queries and their answers: several at a time, reported as they arrive, and interrupted without loss.

use std::collections::{BTreeMap, HashMap};
use std::io::IsTerminal;
use std::time::{Duration, Instant};

use finvista::raw::Progress;
use finvista::{CallOptions, FinVista, Query, SkipReason, Skipped, Symbol, Table};
use indicatif::{ProgressBar, ProgressStyle};
use tokio::time::{MissedTickBehavior, interval};

use crate::args::Args;
use crate::failure::{Failure, PARTIAL, code};
use crate::interrupt::{self, Interrupt};
use crate::layout::Layout;
use crate::options::Output;
use crate::output;
use crate::report::{is_quiet, note, remark, tell};
use crate::rows::Rows;

/// Up to this many queries, the wait is too short for a progress bar.
const FEW: usize = 5;

/// The most names in a line about what is missing.
const NAMED: usize = 5;

/// What became of the queries.
#[derive(Default)]
struct Tally {
    /// The number of answers and of rows, by source.
    sources: BTreeMap<String, (u64, u64)>,
    /// The exit codes of failures, by the number of the query.
    failed: BTreeMap<usize, u8>,
    /// What was asked for and is not in the rows.
    missing: Vec<String>,
}

/// Sends the queries, several at a time, reports the source of each answer, and writes the rows of all in the order of the
/// queries. A failure does not affect other queries.
pub(crate) async fn fetch(
    args: &Args,
    client: &FinVista,
    queries: &[Query],
    to: &Output,
) -> Result<(), Failure> {
    let mut options = CallOptions { source: to.source.clone(), ..CallOptions::default() };
    if to.explain {
        return explain(client, queries, &options);
    }
    let several = queries.len() > 1 || queries.iter().any(|query| query.symbols().len() > 1);
    let mut rows = Rows::open(to, Layout::new(to, several)?, queries)?;
    let mut interrupt = listen()?;
    let began = Instant::now();
    let mut tally = Tally::default();
    let mut numbers: HashMap<&Query, usize> = HashMap::new();
    for (number, query) in queries.iter().enumerate() {
        match rows.kept(number) {
            Some((source, count)) => tally.answered(source, count),
            None => drop(numbers.insert(query, number)),
        }
    }
    let asked: Vec<Query> = queries.iter().filter(|query| numbers.contains_key(query)).cloned().collect();
    // The bar counts the requests of a single query, and the answers of several.
    let bar = progress(args, asked.len(), asked.len() > FEW);
    follow_requests(args, client, &asked, &mut options);
    let mut answers = client.fetch_many_with(asked, &options);
    loop {
        let answer = tokio::select! {
            answer = answers.next() => answer,
            () = interrupt.wait() => {
                bar.finish_and_clear();
                drop(answers);
                return Err(interrupted(rows, to, queries, &numbers));
            }
        };
        let Some((query, result)) = answer else { break };
        bar.inc(1);
        let Some(number) = numbers.remove(&query) else { continue };
        match result {
            Ok(table) => {
                bar.suspend(|| provenance(&query, &table));
                rows.add(number, &query, &table)?;
                tally.answered(table.source(), table.num_rows() as u64);
                tally.missing.extend(table.provenance().missing.iter().map(Symbol::to_string));
            }
            Err(error) => {
                bar.suspend(|| tell(&error));
                rows.skip(number)?;
                tally.failed.insert(number, code(&error));
                tally.missing.push(query.to_string());
            }
        }
    }
    bar.finish_and_clear();
    rows.finish()?;
    if queries.len() > 1 {
        remark(&tally.summary(queries.len(), began.elapsed()));
    }
    tally.outcome()
}

/// Repeats a query until interrupted. A failure is reported and the watch goes on, as circuits and failover may recover.
pub(crate) async fn watch(
    client: &FinVista,
    query: &Query,
    to: &Output,
    every: Duration,
) -> Result<(), Failure> {
    // The cache would repeat the last price.
    let options = CallOptions { source: to.source.clone(), fresh: true, ..CallOptions::default() };
    if to.explain {
        return explain(client, std::slice::from_ref(query), &options);
    }
    if to.resume {
        return Err(Failure::Usage("a watch has no end to resume: leave out --resume".to_owned()));
    }
    // Each round may come from another vendor.
    let mut rows = Rows::open(to, Layout::new(to, true)?, &[])?;
    let mut interrupt = listen()?;
    let mut ticks = interval(every.max(Duration::from_millis(500)));
    // After the process was stopped or the machine slept, the rounds that were missed are not made up for.
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut round = 0;
    loop {
        let answer = tokio::select! {
            answer = async { ticks.tick().await; client.fetch_with(query, &options).await } => answer,
            () = interrupt.wait() => {
                rows.finish()?;
                return Err(Failure::Told(interrupt::CODE));
            }
        };
        match answer {
            Ok(table) => {
                provenance(query, &table);
                rows.add(round, query, &table)?;
                rows.show()?;
                round += 1;
            }
            Err(error) => tell(&error),
        }
    }
}

/// The plan of one query, or how many of them are spread over the sources.
fn explain(client: &FinVista, queries: &[Query], options: &CallOptions) -> Result<(), Failure> {
    let plan = match queries {
        [query] => client.explain(query, options)?.to_string(),
        _ => client.explain_many(queries, options)?.to_string(),
    };
    output::text(&format!("{plan}\n"))
}

fn listen() -> Result<Interrupt, Failure> {
    Interrupt::listen().map_err(|e| Failure::Io("listening for Ctrl-C".to_owned(), e))
}

/// Keeps what came, and says what is missing and how to go on.
fn interrupted(rows: Rows, to: &Output, queries: &[Query], left: &HashMap<&Query, usize>) -> Failure {
    let resumable = rows.is_resumable();
    let kept = match rows.interrupt() {
        Ok(kept) => kept,
        Err(failure) => return failure,
    };
    let came = queries.len().saturating_sub(left.len());
    let names: Vec<String> =
        queries.iter().filter(|query| left.contains_key(query)).map(Query::to_string).collect();
    note(&format!("interrupted after {came} of {} answers; missing: {}", queries.len(), list(&names)));
    match (kept, to.file()) {
        (Some(kept), Some(file)) if resumable => note(&format!(
            "what came is in {}: the same command with --resume completes {}",
            kept.display(),
            file.display()
        )),
        (Some(kept), _) => note(&format!("what came is in {}", kept.display())),
        (None, Some(file)) => note(&format!("nothing was kept, and {} is as it was", file.display())),
        (None, None) if queries.len() > 1 => note("-o FILE keeps what came, for --resume"),
        (None, None) => {}
    }
    Failure::Told(interrupt::CODE)
}

impl Tally {
    fn answered(&mut self, source: &str, rows: u64) {
        let (answers, all) = self.sources.entry(source.to_owned()).or_default();
        *answers += 1;
        *all += rows;
    }

    /// `299 of 300 answers in 12.3 s: 61,200 rows, from sina (200) and tencent (99); missing: 999999.SH`
    fn summary(&self, asked: usize, elapsed: Duration) -> String {
        let answers: u64 = self.sources.values().map(|(answers, _)| answers).sum();
        let rows: u64 = self.sources.values().map(|(_, rows)| rows).sum();
        let sources: Vec<String> =
            self.sources.iter().map(|(name, (answers, _))| format!("{name} ({answers})")).collect();
        let mut line = format!("{answers} of {asked} answers in {:.1} s: {rows} rows", elapsed.as_secs_f64());
        if !sources.is_empty() {
            line.push_str(&format!(" from {}", sources.join(", ")));
        }
        if !self.missing.is_empty() {
            line.push_str(&format!("; missing: {}", list(&self.missing)));
        }
        line
    }

    /// One rule for every command: complete, partial, or the code of the first failure where nothing came.
    fn outcome(&self) -> Result<(), Failure> {
        match (self.sources.is_empty(), self.failed.values().next()) {
            (true, Some(code)) => Err(Failure::Told(*code)),
            _ if self.missing.is_empty() => Ok(()),
            _ => Err(Failure::Told(PARTIAL)),
        }
    }
}

/// The first of many names.
fn list(names: &[String]) -> String {
    let first = names.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>().join("; ");
    match names.len().saturating_sub(NAMED) {
        0 => first,
        more => format!("{first} and {more} more"),
    }
}

/// Shows the requests of a sweep, which takes dozens of them.
fn follow_requests(args: &Args, client: &FinVista, queries: &[Query], options: &mut CallOptions) {
    let [query] = queries else { return };
    if !client.datasets().any(|spec| spec.id == query.dataset().as_str() && spec.pace.is_sweep()) {
        return;
    }
    let requests = progress(args, 1, true);
    options.progress = Progress::new(move |done, known| {
        requests.set_length(u64::try_from(known).unwrap_or(u64::MAX));
        requests.set_position(u64::try_from(done).unwrap_or(u64::MAX));
        if done == known {
            requests.finish_and_clear();
        }
    });
}

/// A progress bar on a terminal, for a long wait; none with a log, which it would garble.
fn progress(args: &Args, queries: usize, long: bool) -> ProgressBar {
    if !long || is_quiet() || args.verbose > 0 || !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len}, {eta} left");
    let length = u64::try_from(queries).unwrap_or(u64::MAX);
    ProgressBar::new(length).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

/// Reports where a table came from, every failed attempt and every open circuit, one line each. Sources that the settings or their
/// capability exclude are not listed once another answered. The wait for our own rate limit is not the vendor's time.
fn provenance(query: &Query, table: &Table) {
    let provenance = table.provenance();
    provenance.attempts.iter().filter(|a| a.error.is_some()).for_each(|attempt| remark(&attempt.to_string()));
    let failing = |skipped: &&Skipped| {
        use SkipReason::{Disabled, Spread, Unsupported};
        !matches!(skipped.reason, Unsupported(_) | Disabled | Spread { .. })
    };
    provenance.skipped.iter().filter(failing).for_each(|skipped| remark(&skipped.to_string()));
    provenance.dropped.iter().for_each(|dropped| remark(&dropped.to_string()));
    // Symbols of dropped rows are missing as well.
    let is_dropped = |symbol: &&Symbol| provenance.dropped.iter().any(|row| row.row == *symbol.written());
    let missing = provenance.missing.iter().filter(|symbol| !is_dropped(symbol));
    let missing: Vec<String> = missing.map(Symbol::with_successor).collect();
    if !missing.is_empty() {
        remark(&format!("{} does not have {}", provenance.source, missing.join(", ")));
    }
    let held_back: Duration = provenance.attempts.iter().map(|attempt| attempt.held_back).sum();
    let (rows, seconds) = (table.num_rows(), provenance.elapsed.saturating_sub(held_back).as_secs_f64());
    let noun = if rows == 1 { "row" } else { "rows" };
    let held_back = match held_back {
        Duration::ZERO => String::new(),
        held_back => format!(" and {:.3} s of our rate limit", held_back.as_secs_f64()),
    };
    remark(&format!("{query}: {rows} {noun} from {} in {seconds:.3} s{held_back}", provenance.source));
}
