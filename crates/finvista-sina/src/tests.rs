//! Tests of the endpoints, from bytes to tables.

mod daily;
mod index;
mod list;
mod minute;
mod quote;
mod recordings;
mod search;
mod simulated;

use std::collections::VecDeque;
use std::sync::Mutex;

use finvista_core::dataset::Dataset;
use finvista_core::{
    Body, DynEndpoint, EndpointContext, ErrorKind, Query, RecordBatch, Request, SourceError, Symbol, Table,
    answer_from,
};

use crate::SINA;

/// Friday, 2024-06-28, after trading.
fn cx() -> EndpointContext {
    EndpointContext::new("2024-06-28T16:00:00+08:00".parse().unwrap())
}

fn endpoint<D: Dataset>() -> &'static dyn DynEndpoint {
    *SINA.endpoints.iter().find(|endpoint| endpoint.dataset().id == D::SPEC.id).unwrap()
}

/// A query as `finvista get` reads it: `symbol=600519 start=2024-06-01`.
fn query<D: Dataset>(params: &str) -> Query {
    let pairs = params.split(' ').map(|pair| pair.split_once('=').unwrap());
    D::SPEC.parse(&pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()).unwrap()
}

/// A body in UTF-8.
fn utf8(bytes: impl AsRef<[u8]>) -> Body {
    let mut body = Body::new(bytes.as_ref().to_vec());
    body.charset = Some("utf-8".to_owned());
    body
}

/// The endpoint's answer to a query from these bodies, which passes the check at the boundary.
fn answer_of<D: Dataset>(query: &Query, bodies: Vec<Body>) -> Result<Table<D>, SourceError> {
    let bodies = Mutex::new(VecDeque::from(bodies));
    let batch = answer_from(endpoint::<D>(), &cx(), query, |_| bodies.lock().unwrap().pop_front())?;
    assert_eq!(bodies.into_inner().unwrap(), [], "bodies that were not asked for");
    D::SPEC.check(
        query.selection(),
        &batch,
        &endpoint::<D>().capability().precision,
        jiff::Timestamp::now(),
    )?;
    Ok(Table::new(batch).typed().unwrap())
}

/// The same from bodies in UTF-8.
fn answer<D: Dataset>(query: &Query, bodies: &[impl AsRef<[u8]>]) -> Result<Table<D>, SourceError> {
    answer_of(query, bodies.iter().map(utf8).collect())
}

/// The check at the boundary, and the symbols that have no row.
fn missing<D: Dataset>(query: &Query, batch: &RecordBatch) -> Vec<Symbol> {
    D::SPEC
        .check(query.selection(), batch, &endpoint::<D>().capability().precision, jiff::Timestamp::now())
        .unwrap()
}

fn kind<D: Dataset>(query: &Query, bodies: &[impl AsRef<[u8]>]) -> ErrorKind {
    answer::<D>(query, bodies).unwrap_err().kind()
}

fn first_request<D: Dataset>(query: &Query) -> Request {
    endpoint::<D>().start(&cx(), query).unwrap().0
}

/// The addresses that a query asks for when each is answered by this function.
fn urls<D: Dataset>(query: &Query, get: impl Fn(&str) -> Option<Body> + Send + Sync) -> Vec<String> {
    let urls = Mutex::new(Vec::new());
    let _ = answer_from(endpoint::<D>(), &cx(), query, |request| {
        urls.lock().unwrap().push(request.url.clone());
        get(&request.url)
    });
    urls.into_inner().unwrap()
}

#[test]
fn the_vendor_is_registered_with_its_priorities() {
    let mut vendors = finvista_core::registered().filter_map(|registration| match registration {
        finvista_core::Registration::Vendor(vendor) => Some(vendor.name),
        _ => None,
    });
    assert_eq!((vendors.next(), vendors.next()), (Some("sina"), None));
    let priorities: Vec<_> = SINA.endpoints.iter().map(|e| (e.dataset().id, e.priority())).collect();
    let expected = [
        ("cn_stock_daily", 1),
        ("cn_stock_minute", 1),
        ("cn_index_daily", 1),
        ("cn_stock_quote", 0),
        ("cn_index_quote", 0),
        ("cn_stock_list", 1),
        ("cn_stock_search", 1),
    ];
    assert_eq!(priorities, expected);
}
