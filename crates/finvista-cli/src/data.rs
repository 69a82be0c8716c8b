//! `history`, `quote`, `list`, `search`, `index` and `get`: the queries of the command line.

use finvista::raw::dataset::Dataset;
use finvista::raw::{Series, Snapshot};
use finvista::{
    CnIndexDaily, CnIndexQuote, CnStockDaily, CnStockList, CnStockMinute, CnStockQuote, CnStockSearch,
    DateRange, Error, InvalidInput, Params, Period, Query, Symbol,
};

use crate::args::{Args, Get, History, Index, IndexHistory, List, Quote, Search};
use crate::failure::Failure;
use crate::fetch::{fetch, watch};
use crate::options::Output;
use crate::symbols;

pub(crate) async fn history(args: &Args, command: &History) -> Result<(), Failure> {
    let range = DateRange::new(command.start, command.end).map_err(Error::from)?;
    // Every symbol is parsed before the first request, so a typo costs none.
    let queries = symbols::read(&command.symbols, |symbol| {
        let refine = |series: &mut Series| {
            series.range = range;
            series.adjust = command.adjust;
        };
        match command.period {
            Period::Minutes(_) => series::<CnStockMinute>(symbol, command.period, refine),
            _ => series::<CnStockDaily>(symbol, command.period, refine),
        }
    });
    fetch(args, &args.client()?, &queries?, &command.output).await
}

pub(crate) async fn index(args: &Args, command: &Index) -> Result<(), Failure> {
    match command {
        Index::History(command) => index_history(args, command).await,
        Index::Quote(command) => quote::<CnIndexQuote>(args, command).await,
    }
}

async fn index_history(args: &Args, command: &IndexHistory) -> Result<(), Failure> {
    let range = DateRange::new(command.start, command.end).map_err(Error::from)?;
    let queries = symbols::read(&command.symbols, |symbol| {
        series::<CnIndexDaily>(symbol, command.period, |series| series.range = range)
    });
    fetch(args, &args.client()?, &queries?, &command.output).await
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
    let symbols: Vec<Symbol> = symbols::read(&command.symbols, |text| rules.universe.symbol(text))?;
    let query = Query::of::<D>(Snapshot::new(symbols, rules).map_err(Error::from)?);
    let client = args.client()?;
    match command.watch {
        Some(every) => watch(&client, &query, &command.output, every).await,
        None => fetch(args, &client, &[query], &command.output).await,
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
    fetch(args, &args.client()?, &[query], output).await
}

pub(crate) async fn get(args: &Args, command: &Get) -> Result<(), Failure> {
    let client = args.client()?;
    let params = params(command.params.iter().map(String::as_str)).map_err(Error::from)?;
    let query = client.query(&command.dataset, &params)?;
    fetch(args, &client, &[query], &command.output).await
}

/// Reads `KEY=VALUE` parameters. Each may be given once, so that no value is lost.
pub(crate) fn params<'a>(texts: impl Iterator<Item = &'a str>) -> Result<Params, InvalidInput> {
    let mut params = Params::new();
    for text in texts {
        let Some((key, value)) = text.split_once('=') else {
            return Err(InvalidInput::new(format!("expected KEY=VALUE, got {text:?}")));
        };
        if let Some(before) = params.insert(key.to_owned(), value.to_owned()) {
            return Err(InvalidInput::new(format!(
                "expected {key} once, got {before:?} and {value:?}: history and quote take several symbols"
            )));
        }
    }
    Ok(params)
}
