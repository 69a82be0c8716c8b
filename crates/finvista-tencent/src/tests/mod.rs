//! Requests, answers, recordings, and answers of the simulated market.

mod index;
mod kline;
mod list;
mod minute;
mod period;
mod quote;
mod recorded_kline;
mod recorded_quote;
mod search;
mod simulated;

use finvista_core::dataset::{Dataset, DatasetSpec, RowViews};
use finvista_core::{
    Adjust, Body, DynEndpoint, EndpointContext, ErrorKind, Query, RecordBatch, Request, SourceError, Symbol,
    answer_from,
};
use finvista_datasets::{CnStockDaily, CnStockQuote, DailyBar, QuoteRow};

use crate::TENCENT;

/// A query with these parameters; one without a value is left out.
fn query(spec: &DatasetSpec, params: &[(&str, &str)]) -> Query {
    let params = params.iter().filter(|(_, value)| !value.is_empty());
    spec.parse(&params.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()).unwrap()
}

/// A query of daily bars; `""` is an absent end of the range.
fn daily(symbol: &str, start: &str, end: &str, adjust: Adjust) -> Query {
    let adjust = adjust.to_string();
    query(CnStockDaily::SPEC, &[("symbol", symbol), ("start", start), ("end", end), ("adjust", &adjust)])
}

fn quotes<'a>(symbols: impl IntoIterator<Item = &'a str>) -> Query {
    let symbols: Vec<&str> = symbols.into_iter().collect();
    query(CnStockQuote::SPEC, &[("symbols", &symbols.join(","))])
}

fn endpoint(query: &Query) -> &'static dyn DynEndpoint {
    let mut endpoints = TENCENT.endpoints.iter();
    *endpoints.find(|endpoint| endpoint.dataset().id == query.dataset().as_str()).unwrap()
}

fn cx() -> EndpointContext {
    EndpointContext::new("2026-11-24T08:00:00Z".parse().unwrap())
}

/// The first request of a query.
fn first(query: &Query) -> Request {
    endpoint(query).start(&cx(), query).map(|(request, _)| request).unwrap()
}

/// Answers a query with these bodies, one for each request, and checks the table as the library does.
fn answer(query: &Query, bodies: &[&[u8]]) -> Result<RecordBatch, SourceError> {
    let asked = std::sync::Mutex::new(bodies.iter());
    let next = |_: &Request| Some(Body::new(asked.lock().unwrap().next()?.to_vec()));
    let batch = answer_from(endpoint(query), &cx(), query, next)?;
    assert_eq!(asked.lock().unwrap().len(), 0, "not every body was asked for");
    check(query, &batch)?;
    Ok(batch)
}

fn kind(query: &Query, bodies: &[&[u8]]) -> ErrorKind {
    answer(query, bodies).unwrap_err().kind()
}

/// Every beginning of a body that is shorter than the whole must be no table.
fn cut_anywhere(query: &Query, whole: &[u8], kinds: &[ErrorKind]) {
    for end in 0..whole.len() {
        let kind = kind(query, &[&whole[..end]]);
        assert!(kinds.contains(&kind), "cut at {end}: {kind}");
    }
}

/// The check at the boundary. Returns the symbols that are missing.
fn check(query: &Query, batch: &RecordBatch) -> Result<Vec<Symbol>, SourceError> {
    let endpoint = endpoint(query);
    endpoint.dataset().check(
        query.selection(),
        batch,
        &endpoint.capability().precision,
        jiff::Timestamp::now(),
    )
}

fn rows_of<D: Dataset>(batch: &RecordBatch) -> Vec<D::Row<'_>> {
    let views = D::Views::new(batch).unwrap();
    (0..batch.num_rows()).map(|index| views.row(index)).collect()
}

fn bars(batch: &RecordBatch) -> Vec<DailyBar<'_>> {
    rows_of::<CnStockDaily>(batch)
}

fn rows(batch: &RecordBatch) -> Vec<QuoteRow<'_>> {
    rows_of::<CnStockQuote>(batch)
}

/// A recording, or `None` where the recordings are not at hand.
fn recording(name: &str) -> Option<Vec<u8>> {
    let Some(folder) = std::env::var_os("FINVISTA_RECORDINGS") else {
        println!("skipped: FINVISTA_RECORDINGS is not set");
        return None;
    };
    let path = std::path::Path::new(&folder).join(name);
    Some(std::fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display())))
}

#[test]
fn the_vendor_registers_itself() {
    let is_vendor = |r: &_| matches!(r, finvista_core::Registration::Vendor(v) if v.name == "tencent");
    assert_eq!(finvista_core::registered().filter(is_vendor).count(), 1);
    let offers: Vec<_> = TENCENT.endpoints.iter().map(|e| (e.dataset().id, e.priority())).collect();
    let expected = [
        ("cn_stock_daily", 2),
        ("cn_stock_minute", 2),
        ("cn_stock_quote", 1),
        ("cn_stock_list", 2),
        ("cn_stock_search", 1),
        ("cn_index_daily", 2),
        ("cn_index_quote", 1),
    ];
    assert_eq!(offers, expected);
}

#[test]
fn requests_go_to_the_hosts_of_the_vendor() {
    for endpoint in TENCENT.endpoints {
        let url = first(&endpoint.dataset().example_query().unwrap()).url;
        let host = url.strip_prefix("https://").and_then(|rest| rest.split('/').next()).unwrap();
        assert!(TENCENT.hosts.contains(&host), "{url}");
    }
}

#[test]
fn bonds_are_not_promised_nor_adjusted_beijing_shares() {
    let answers = |query: &Query| endpoint(query).capability().answers(query.selection(), cx().today());
    for symbol in ["600519.SH", "688981.SH", "300750.SZ", "920982.BJ", "900901.SH", "510300.SH", "605999.SH"]
    {
        assert_eq!(answers(&daily(symbol, "", "", Adjust::None)), Ok(()), "{symbol}");
        assert_eq!(answers(&quotes([symbol])), Ok(()), "{symbol}");
        for adjust in [Adjust::Qfq, Adjust::Hfq] {
            let promised = answers(&daily(symbol, "", "", adjust)).is_ok();
            assert_eq!(promised, symbol != "920982.BJ", "{symbol} {adjust}");
        }
    }
    assert!(answers(&daily("118060.SH", "", "", Adjust::None)).is_err());
}
