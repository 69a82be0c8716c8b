//! `history`, `quote`, `list`, `search`, `index` and `get`: calls, and their rows.

use std::collections::{HashMap, HashSet};
use std::io::IsTerminal;

use finvista::raw::dataset::Dataset;
use finvista::raw::{Progress, Series, Snapshot};
use finvista::{
    CallOptions, CnIndexDaily, CnIndexQuote, CnStockDaily, CnStockList, CnStockMinute, CnStockQuote,
    CnStockSearch, DateRange, Error, FinVista, InvalidInput, Params, Period, Query, SkipReason, Skipped,
    Symbol, Table,
};
use indicatif::{ProgressBar, ProgressStyle};

use crate::args::{Args, Get, History, Index, IndexHistory, List, Output, Quote, Search};
use crate::failure::{Failure, code, note, tell};
use crate::{output, symbols};

/// Up to this many queries, the wait is too short for a progress bar.
const FEW: usize = 5;

pub(crate) async fn history(args: &Args, command: &History) -> Result<(), Failure> {
    let range = DateRange::new(command.start, command.end).map_err(Error::from)?;
    // Every symbol is parsed before the first request, so a typo costs none.
    let queries = symbols::read(&command.symbols, command.list.as_deref(), |symbol| {
        let refine = |series: &mut Series| {
            series.range = range;
            series.adjust = command.adjust;
        };
        match command.period {
            Period::Minutes(_) => series::<CnStockMinute>(symbol, command.period, refine),
            _ => series::<CnStockDaily>(symbol, command.period, refine),
        }
    });
    fetch(args, &args.client()?, &queries?, &command.output, false).await
}

pub(crate) async fn index(args: &Args, command: &Index) -> Result<(), Failure> {
    match command {
        Index::History(command) => index_history(args, command).await,
        Index::Quote(command) => quote::<CnIndexQuote>(args, command).await,
    }
}

async fn index_history(args: &Args, command: &IndexHistory) -> Result<(), Failure> {
    let range = DateRange::new(command.start, command.end).map_err(Error::from)?;
    let queries = symbols::read(&command.symbols, None, |symbol| {
        series::<CnIndexDaily>(symbol, command.period, |series| series.range = range)
    });
    fetch(args, &args.client()?, &queries?, &command.output, false).await
}

/// A query for bars of one instrument.
fn series<D: Dataset<Selection = Series>>(
    symbol: &str,
    period: Period,
    refine: impl Fn(&mut Series),
) -> Result<Query, InvalidInput> {
    let rules = &D::SPEC.rules;
    let mut series = Series::new(rules.universe.symbol(symbol)?, rules)?;
    series.period = rules.period(period)?;
    refine(&mut series);
    Ok(Query::of::<D>(series))
}

pub(crate) async fn stock_quote(args: &Args, command: &Quote) -> Result<(), Failure> {
    quote::<CnStockQuote>(args, command).await
}

async fn quote<D: Dataset<Selection = Snapshot>>(args: &Args, command: &Quote) -> Result<(), Failure> {
    let rules = &D::SPEC.rules;
    let symbols: Result<Vec<Symbol>, _> =
        command.symbols.iter().map(|text| rules.universe.symbol(text)).collect();
    let snapshot = Snapshot::new(symbols.map_err(Error::from)?, rules).map_err(Error::from)?;
    let query = Query::of::<D>(snapshot);
    let client = args.client()?;
    let Some(every) = command.watch else {
        return fetch(args, &client, &[query], &command.output, false).await;
    };
    let mut ticks = tokio::time::interval(every.max(std::time::Duration::from_millis(500)));
    loop {
        ticks.tick().await;
        match fetch(args, &client, std::slice::from_ref(&query), &command.output, true).await {
            // A failure is reported and the watch goes on, as circuits and failover may recover.
            Ok(()) | Err(Failure::Told(_)) => {}
            Err(failure) => return Err(failure),
        }
    }
}

pub(crate) async fn list(args: &Args, command: &List) -> Result<(), Failure> {
    one::<CnStockList>(args, [("market", command.market.clone())], &command.output).await
}

pub(crate) async fn search(args: &Args, command: &Search) -> Result<(), Failure> {
    let params = [("text", command.text.clone()), ("limit", command.limit.to_string())];
    one::<CnStockSearch>(args, params, &command.output).await
}

/// Asks one query of a data set.
async fn one<D: Dataset>(
    args: &Args,
    params: impl IntoIterator<Item = (&str, String)>,
    output: &Output,
) -> Result<(), Failure> {
    let params: Params = params.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    let query = D::SPEC.parse(&params).map_err(Error::from)?;
    fetch(args, &args.client()?, &[query], output, false).await
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
        None => Err(InvalidInput::new(format!("expected KEY=VALUE, got {text:?}"))),
    };
    texts.map(param).collect()
}

/// Sends the queries, several at a time, reports the source of each answer, and writes the rows of all in the order of the
/// queries. A failure does not affect other queries, and duplicates are sent once. A watch asks for `fresh` answers, because
/// the cache would repeat the last price.
async fn fetch(
    args: &Args,
    client: &FinVista,
    queries: &[Query],
    to: &Output,
    fresh: bool,
) -> Result<(), Failure> {
    let mut options = CallOptions { source: to.source.clone(), fresh, ..CallOptions::default() };
    if to.explain {
        let plans =
            queries.iter().map(|query| client.explain(query, &options).map(|plan| format!("{plan}\n")));
        return output::text(&plans.collect::<Result<String, _>>()?);
    }
    let mut seen = HashSet::new();
    let once: Vec<Query> = queries.iter().filter(|query| seen.insert(*query)).cloned().collect();
    // The bar counts the requests of a single query, and the answers of several.
    let bar = progress(args, once.len(), once.len() > FEW);
    if let [query] = once.as_slice()
        && client.datasets().any(|spec| spec.id == query.dataset().as_str() && spec.pace.is_sweep())
    {
        let requests = progress(args, 1, true);
        options.progress = Progress::new(move |done, known| {
            requests.set_length(u64::try_from(known).unwrap_or(u64::MAX));
            requests.set_position(u64::try_from(done).unwrap_or(u64::MAX));
            if done == known {
                requests.finish_and_clear();
            }
        });
    }
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

/// A progress bar on a terminal, for a long wait; none with a log, which it would garble.
fn progress(args: &Args, queries: usize, long: bool) -> ProgressBar {
    if !long || args.verbose > 0 || !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len}, {eta} left");
    let length = u64::try_from(queries).unwrap_or(u64::MAX);
    ProgressBar::new(length).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

/// Reports where a table came from, every failed attempt and every open circuit, one line each. Sources that the settings or their
/// capability exclude are not listed once another answered.
fn provenance(query: &Query, table: &Table) {
    let provenance = table.provenance();
    provenance.attempts.iter().filter(|a| a.error.is_some()).for_each(|attempt| note(&attempt.to_string()));
    let failing =
        |skipped: &&Skipped| !matches!(skipped.reason, SkipReason::Unsupported(_) | SkipReason::Disabled);
    provenance.skipped.iter().filter(failing).for_each(|skipped| note(&skipped.to_string()));
    if !provenance.missing.is_empty() {
        let missing: Vec<String> = provenance.missing.iter().map(Symbol::to_string).collect();
        note(&format!("{} does not know {}", provenance.source, missing.join(", ")));
    }
    let (rows, seconds) = (table.num_rows(), provenance.elapsed.as_secs_f64());
    let noun = if rows == 1 { "row" } else { "rows" };
    note(&format!("{query}: {rows} {noun} from {} in {seconds:.3} s", provenance.source));
}
