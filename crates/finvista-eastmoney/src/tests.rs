//! What the endpoints ask and how they read answers: constructed ones, those of the simulated market, and recorded ones.

mod bars;
mod datacenter;
mod listings;
mod market;
mod quotes;
mod recordings;
mod searches;

use finvista_core::dataset::{Dataset, RowViews};
use finvista_core::{
    Body, DynEndpoint, EndpointContext, ErrorKind, Params, Query, RecordBatch, SourceError, answer_from,
};
use finvista_datasets::{
    CnIndexDaily, CnIndexQuote, CnStockDaily, CnStockList, CnStockMinute, CnStockQuote, CnStockSearch,
    DailyBar,
};

use crate::EASTMONEY;

fn cx() -> EndpointContext {
    EndpointContext::new("2026-11-24T04:00:00Z".parse().unwrap())
}

/// A query from its parameters: `symbol=600519.SH start=2024-01-02`.
fn query<D: Dataset>(params: &str) -> Query {
    let params = params.split_whitespace().filter_map(|param| param.split_once('='));
    let params: Params = params.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    D::SPEC.parse(&params).unwrap()
}

fn endpoint(query: &Query) -> &'static dyn DynEndpoint {
    let dataset = query.dataset().as_str();
    *EASTMONEY.endpoints.iter().find(|endpoint| endpoint.dataset().id == dataset).unwrap()
}

/// The address of the first request.
fn url(query: &Query) -> Result<String, SourceError> {
    endpoint(query).start(&cx(), query).map(|(request, _)| request.url)
}

/// The table that the answers of these addresses make.
fn answer(query: &Query, body: impl Fn(&str) -> Vec<u8> + Send + Sync) -> Result<RecordBatch, SourceError> {
    answer_from(endpoint(query), &cx(), query, |request| Some(Body::new(body(&request.url))))
}

/// The table that one answer makes.
fn decode(query: &Query, body: impl AsRef<[u8]> + Send + Sync) -> Result<RecordBatch, SourceError> {
    answer(query, |_| body.as_ref().to_vec())
}

fn rows<D: Dataset>(batch: &RecordBatch) -> Vec<D::Row<'_>> {
    let views = D::Views::new(batch).unwrap();
    (0..batch.num_rows()).map(|index| views.row(index)).collect()
}

/// The check at the boundary, which every true row must pass; the number of symbols that have no row.
fn check(query: &Query, batch: &RecordBatch) -> usize {
    let endpoint = endpoint(query);
    let precision = endpoint.capability().precision;
    endpoint.dataset().check(query.selection(), batch, &precision, jiff::Timestamp::now()).unwrap().len()
}

/// Kind and message of the error.
fn refused(result: Result<RecordBatch, SourceError>) -> (ErrorKind, String) {
    let error = result.expect_err("an error");
    (error.kind(), error.message().to_owned())
}

/// Every beginning of an answer is refused, or is the whole answer without its wrapping.
fn refuses_cut_answers(query: &Query, body: &str) {
    let whole = decode(query, body).unwrap();
    for end in 0..body.len() {
        match decode(query, &body.as_bytes()[..end]) {
            Ok(batch) => assert_eq!(batch, whole, "cut at {end}"),
            Err(error) => assert_eq!(error.kind(), ErrorKind::Decode, "cut at {end}"),
        }
    }
}

/// Bodies of which none is an answer to anything, and the kind of the error for each.
const NO_ANSWERS: [(&[u8], ErrorKind); 8] = [
    (b"", ErrorKind::Decode),
    (b"null", ErrorKind::Decode),
    (b"{}", ErrorKind::Decode),
    (b"[]", ErrorKind::Decode),
    (b"{\"rc\":0,\"data\":\"\"}", ErrorKind::Decode),
    (b"\xff\xfe{\x00\x01}\xff", ErrorKind::Decode),
    (b"<html><head><title>502 Bad Gateway</title></head></html>", ErrorKind::Blocked),
    (b"\r\n<!DOCTYPE html>", ErrorKind::Blocked),
];

fn null(rc: i32) -> String {
    format!(r#"{{"rc":{rc},"rt":1,"svr":181669693,"lt":1,"full":1,"dlmkts":"","dsc":"0","data":null}}"#)
}
