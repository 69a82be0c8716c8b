//! `history`, `quote` and `get`: calls, and their rows.

use finvista::core::dataset::{CnStockDailyQuery, CnStockQuoteQuery};
use finvista::{CallOptions, DateRange, Error, FinVista, Query, SkipReason, Skipped, Symbol, Table};

use crate::args::{Args, Get, History, Output, Quote};
use crate::failure::{Failure, code, note, tell};
use crate::output;

pub(crate) async fn history(args: &Args, command: &History) -> Result<(), Failure> {
    let range = DateRange::new(command.start, command.end).map_err(Error::from)?;
    // Every symbol is read before the first is asked for: a typing mistake costs no request.
    let queries: Result<Vec<Query>, Error> = command
        .symbols
        .iter()
        .map(|text| Ok(CnStockDailyQuery::new(Symbol::stock(text)?, range, command.adjust)?.into()))
        .collect();
    fetch(&args.client()?, &queries?, &command.output).await
}

pub(crate) async fn quote(args: &Args, command: &Quote) -> Result<(), Failure> {
    let symbols: Result<Vec<Symbol>, _> = command.symbols.iter().map(|text| Symbol::stock(text)).collect();
    let query = CnStockQuoteQuery::new(symbols.map_err(Error::from)?).map_err(Error::from)?.into();
    let client = args.client()?;
    let Some(every) = command.watch else {
        return fetch(&client, &[query], &command.output).await;
    };
    let mut ticks = tokio::time::interval(every.max(std::time::Duration::from_millis(500)));
    loop {
        ticks.tick().await;
        match fetch(&client, std::slice::from_ref(&query), &command.output).await {
            // A failure is told and the watch goes on: that is what circuits and failover are for.
            Ok(()) | Err(Failure::Told(_)) => {}
            Err(failure) => return Err(failure),
        }
    }
}

pub(crate) async fn get(args: &Args, command: &Get) -> Result<(), Failure> {
    let client = args.client()?;
    let params: Result<_, Error> = command
        .params
        .iter()
        .map(|param| match param.split_once('=') {
            Some((key, value)) => Ok((key.to_owned(), value.to_owned())),
            None => Err(finvista::core::InvalidInput::new(format!("{param:?} is not KEY=VALUE")).into()),
        })
        .collect();
    let query = client.query(&command.dataset, &params?)?;
    fetch(&client, &[query], &command.output).await
}

/// Asks each query, tells where its rows came from, and writes the rows of all. A query that fails harms only itself.
async fn fetch(client: &FinVista, queries: &[Query], to: &Output) -> Result<(), Failure> {
    let options = CallOptions { source: to.source.clone(), deadline: None };
    let mut tables = Vec::with_capacity(queries.len());
    let mut failed = None;
    for query in queries {
        match client.fetch_with(query, &options).await {
            Ok(table) => {
                provenance(query, &table);
                tables.push(table);
            }
            Err(error) => {
                tell(&error);
                failed.get_or_insert_with(|| code(&error));
            }
        }
    }
    if !tables.is_empty() {
        output::write(&tables, to)?;
    }
    failed.map_or(Ok(()), |code| Err(Failure::Told(code)))
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
