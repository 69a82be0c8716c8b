//! `history`, `quote` and `get`: calls, and their rows.

use std::collections::{HashMap, HashSet};
use std::io::IsTerminal;

use finvista::core::dataset::{CnStockDailyQuery, CnStockQuoteQuery};
use finvista::core::{InvalidInput, Params};
use finvista::{CallOptions, DateRange, Error, FinVista, Query, SkipReason, Skipped, Symbol, Table};
use indicatif::{ProgressBar, ProgressStyle};

use crate::args::{Args, Get, History, Output, Quote};
use crate::failure::{Failure, code, note, tell};
use crate::{output, symbols};

/// So many queries are over before a bar could be read.
const FEW: usize = 5;

pub(crate) async fn history(args: &Args, command: &History) -> Result<(), Failure> {
    let range = DateRange::new(command.start, command.end).map_err(Error::from)?;
    // Every symbol is read before the first is asked for: a typing mistake costs no request.
    let queries = symbols::read(&command.symbols, command.list.as_deref(), |symbol| {
        Ok(CnStockDailyQuery::new(Symbol::stock(symbol)?, range, command.adjust)?.into())
    });
    fetch(args, &args.client()?, &queries?, &command.output, false).await
}

pub(crate) async fn quote(args: &Args, command: &Quote) -> Result<(), Failure> {
    let symbols: Result<Vec<Symbol>, _> = command.symbols.iter().map(|text| Symbol::stock(text)).collect();
    let query = CnStockQuoteQuery::new(symbols.map_err(Error::from)?).map_err(Error::from)?.into();
    let client = args.client()?;
    let Some(every) = command.watch else {
        return fetch(args, &client, &[query], &command.output, false).await;
    };
    let mut ticks = tokio::time::interval(every.max(std::time::Duration::from_millis(500)));
    loop {
        ticks.tick().await;
        match fetch(args, &client, std::slice::from_ref(&query), &command.output, true).await {
            // A failure is told and the watch goes on: that is what circuits and failover are for.
            Ok(()) | Err(Failure::Told(_)) => {}
            Err(failure) => return Err(failure),
        }
    }
}

pub(crate) async fn get(args: &Args, command: &Get) -> Result<(), Failure> {
    let client = args.client()?;
    let params = params(command.params.iter().map(String::as_str)).map_err(Error::from)?;
    let query = client.query(&command.dataset, &params)?;
    fetch(args, &client, &[query], &command.output, false).await
}

/// Reads `KEY=VALUE` parameters.
pub(crate) fn params<'a>(texts: impl Iterator<Item = &'a str>) -> Result<Params, InvalidInput> {
    let param = |text: &str| match text.split_once('=') {
        Some((key, value)) => Ok((key.to_owned(), value.to_owned())),
        None => Err(InvalidInput::new(format!("{text:?} is not KEY=VALUE"))),
    };
    texts.map(param).collect()
}

/// Asks the queries, several at once, tells of each answer where its rows came from, and writes the rows of all in the order of
/// the queries. A query that fails harms only itself, and one that is there twice is asked once. What is watched is asked
/// `fresh`: the cache would show the same price twice.
async fn fetch(
    args: &Args,
    client: &FinVista,
    queries: &[Query],
    to: &Output,
    fresh: bool,
) -> Result<(), Failure> {
    let options = CallOptions { source: to.source.clone(), fresh, ..CallOptions::default() };
    if to.explain {
        let plans =
            queries.iter().map(|query| client.explain(query, &options).map(|plan| format!("{plan}\n")));
        return output::text(&plans.collect::<Result<String, _>>()?);
    }
    let mut seen = HashSet::new();
    let once: Vec<Query> = queries.iter().filter(|query| seen.insert(*query)).cloned().collect();
    let bar = progress(args, once.len());
    let mut answers = client.fetch_many_with(once, &options);
    let mut results = HashMap::new();
    while let Some((query, result)) = answers.next().await {
        bar.inc(1);
        bar.suspend(|| match &result {
            Ok(table) => provenance(&query, table),
            Err(error) => tell(error),
        });
        results.insert(query, result.map_err(|error| code(&error)));
    }
    bar.finish_and_clear();
    let results: Vec<_> = queries.iter().filter_map(|query| results.get(query)).collect();
    let tables: Vec<Table> = results.iter().filter_map(|result| result.as_ref().ok().cloned()).collect();
    if !tables.is_empty() {
        output::write(&tables, to)?;
    }
    let failed = results.iter().find_map(|result| result.as_ref().err());
    failed.map_or(Ok(()), |code| Err(Failure::Told(*code)))
}

/// A bar on a terminal, where there is something to wait for. With a log it would be in the log's way.
fn progress(args: &Args, queries: usize) -> ProgressBar {
    if queries <= FEW || args.verbose > 0 || !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len}, {eta} left");
    let length = u64::try_from(queries).unwrap_or(u64::MAX);
    ProgressBar::new(length).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

/// Where a table came from, every attempt that failed and every open circuit, in one line each. A source that the settings
/// or its promise leave out is no news when another answered.
fn provenance(query: &Query, table: &Table) {
    let provenance = table.provenance();
    provenance.attempts.iter().filter(|a| a.error.is_some()).for_each(|attempt| note(&attempt.to_string()));
    let ill =
        |skipped: &&Skipped| !matches!(skipped.reason, SkipReason::Unsupported(_) | SkipReason::Disabled);
    provenance.skipped.iter().filter(ill).for_each(|skipped| note(&skipped.to_string()));
    if !provenance.missing.is_empty() {
        let missing: Vec<String> = provenance.missing.iter().map(Symbol::to_string).collect();
        note(&format!("{} does not know {}", provenance.source, missing.join(", ")));
    }
    let (rows, seconds) = (table.num_rows(), provenance.elapsed.as_secs_f64());
    let noun = if rows == 1 { "row" } else { "rows" };
    note(&format!("{query}: {rows} {noun} from {} in {seconds:.3} s", provenance.source));
}
