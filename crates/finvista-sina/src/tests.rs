//! Tests of the endpoints, from bytes to tables.

mod daily;
mod quote;
mod recordings;
mod simulated;

use std::collections::VecDeque;

use finvista_core::dataset::{CnStockDailyQuery, CnStockQuoteQuery};
use finvista_core::{
    Adjust, DateRange, DynEndpoint, ErrorKind, Query, RecordBatch, Request, Settings, SourceError, Symbol,
    answer_from,
};
use jiff::civil::{Date, date};

fn today() -> Settings {
    Settings { today: date(2024, 6, 28) }
}

fn daily(symbol: &str, start: Option<Date>, end: Option<Date>, adjust: Adjust) -> Query {
    let symbol = Symbol::stock(symbol).unwrap();
    let range = DateRange::new(start, end).unwrap();
    Query::CnStockDaily(CnStockDailyQuery::new(symbol, range, adjust).unwrap())
}

fn quotes(codes: &[&str]) -> Query {
    let symbols = codes.iter().map(|code| Symbol::stock(code).unwrap());
    Query::CnStockQuote(CnStockQuoteQuery::new(symbols).unwrap())
}

/// The endpoint's answer to a query from these UTF-8 bodies, which passes the check at the boundary.
fn answer(
    endpoint: &dyn DynEndpoint,
    query: &Query,
    bodies: &[impl AsRef<[u8]>],
) -> Result<RecordBatch, SourceError> {
    let mut bodies: VecDeque<Vec<u8>> = bodies.iter().map(|body| body.as_ref().to_vec()).collect();
    let batch = answer_from(endpoint, &today(), query, |_| {
        bodies.pop_front().map(|body| (body, Some("utf-8".to_owned())))
    })?;
    assert!(bodies.is_empty(), "{} bodies were not asked for", bodies.len());
    check(endpoint, query, &batch);
    Ok(batch)
}

/// The check at the boundary, and the symbols that it misses.
fn check(endpoint: &dyn DynEndpoint, query: &Query, batch: &RecordBatch) -> Vec<Symbol> {
    (endpoint.dataset().check)(query, batch, endpoint.capability().get_precision()).unwrap()
}

fn kind(endpoint: &dyn DynEndpoint, query: &Query, bodies: &[impl AsRef<[u8]>]) -> ErrorKind {
    answer(endpoint, query, bodies).unwrap_err().kind()
}

fn first_request(endpoint: &dyn DynEndpoint, query: &Query) -> Request {
    endpoint.start(&today(), query).unwrap().0
}

#[test]
fn the_vendor_is_registered_with_its_priorities() {
    let mut vendors = finvista_core::registered();
    assert!(matches!(vendors.next(), Some(finvista_core::Registration::Vendor(v)) if v.name == "sina"));
    assert!(vendors.next().is_none());
    let priorities: Vec<_> = crate::SINA.endpoints.iter().map(|e| (e.dataset().id, e.priority())).collect();
    assert_eq!(priorities, [("cn_stock_daily", 1), ("cn_stock_quote", 0)]);
}
