//! What the endpoints ask and how they read answers: of hand, of the simulated market, and as recorded.

mod daily;
mod market;
mod quote;
mod recordings;

use finvista_core::dataset::{
    CnStockDaily, CnStockDailyQuery, CnStockQuote, CnStockQuoteQuery, DailyBar, DailyViews, Dataset,
    QuoteRow, QuoteViews, RowViews,
};
use finvista_core::{
    Adjust, DateRange, Endpoint, ErrorKind, Query, RecordBatch, Request, Settings, SourceError, answer_from,
    date,
};

use crate::{Daily, Quote};

fn settings() -> Settings {
    Settings { today: jiff::civil::date(2026, 11, 24) }
}

/// A query for `600519.SH` and days as people write them; an empty day is an open end.
fn bars_of(symbol: &str, start: &str, end: &str, adjust: Adjust) -> CnStockDailyQuery {
    let day = |text: &str| (!text.is_empty()).then(|| date::parse(text).unwrap());
    let range = DateRange::new(day(start), day(end)).unwrap();
    CnStockDailyQuery { symbol: symbol.parse().unwrap(), range, adjust }
}

fn quotes_of(symbols: &str) -> CnStockQuoteQuery {
    CnStockQuoteQuery::new(symbols.split(',').map(|symbol| symbol.parse().unwrap())).unwrap()
}

/// The table that these bodies make, one for each request in turn.
fn decode_daily(query: &CnStockDailyQuery, body: &[u8]) -> Result<RecordBatch, SourceError> {
    let query = Query::CnStockDaily(query.clone());
    answer_from(&Daily, &settings(), &query, |_| Some((body.to_vec(), None)))
}

fn decode_quotes(
    query: &CnStockQuoteQuery,
    mut fetch: impl FnMut(&Request) -> Vec<u8>,
) -> Result<RecordBatch, SourceError> {
    let query = Query::CnStockQuote(query.clone());
    answer_from(&Quote, &settings(), &query, |request| Some((fetch(request), None)))
}

fn bars(batch: &RecordBatch) -> Vec<DailyBar<'_>> {
    let views = DailyViews::new(batch).unwrap();
    (0..batch.num_rows()).map(|index| views.row(index)).collect()
}

fn quotes(batch: &RecordBatch) -> Vec<QuoteRow<'_>> {
    let views = QuoteViews::new(batch).unwrap();
    (0..batch.num_rows()).map(|index| views.row(index)).collect()
}

/// The check at the boundary, which every true row must pass.
fn check_daily(query: &CnStockDailyQuery, batch: &RecordBatch) {
    let query = Query::CnStockDaily(query.clone());
    (CnStockDaily::SPEC.check)(&query, batch, Endpoint::capability(&Daily).get_precision()).unwrap();
}

/// The same for quotes; the number of symbols that were not answered.
fn check_quotes(query: &CnStockQuoteQuery, batch: &RecordBatch) -> usize {
    let query = Query::CnStockQuote(query.clone());
    (CnStockQuote::SPEC.check)(&query, batch, Endpoint::capability(&Quote).get_precision()).unwrap().len()
}

/// The error of a table that must not be.
fn refused(result: Result<RecordBatch, SourceError>) -> (ErrorKind, String) {
    let error = result.expect_err("an error");
    (error.kind(), error.message().to_owned())
}
