//! Requests, answers, recordings, and answers of the simulated market.

mod daily;
mod quote;
mod recorded_daily;
mod recorded_quote;
mod simulated;

use finvista_core::dataset::{
    CnStockDaily, CnStockDailyQuery, CnStockQuote, CnStockQuoteQuery, DailyBar, DailyViews, Dataset,
    QuoteRow, QuoteViews, RowViews,
};
use finvista_core::{
    Adjust, DateRange, DynEndpoint, Query, RecordBatch, Request, Settings, SourceError, Symbol, answer_from,
};
use jiff::civil::{Date, date};

use crate::{Daily, Quote, TENCENT};

/// A query of daily bars; `""` is an absent end of the range.
fn daily(symbol: &str, start: &str, end: &str, adjust: Adjust) -> Query {
    let day = |text: &str| (!text.is_empty()).then(|| text.parse::<Date>().unwrap());
    let range = DateRange::new(day(start), day(end)).unwrap();
    Query::CnStockDaily(CnStockDailyQuery { symbol: symbol.parse().unwrap(), range, adjust })
}

fn quotes<'a>(symbols: impl IntoIterator<Item = &'a str>) -> Query {
    let symbols = symbols.into_iter().map(|symbol| symbol.parse::<Symbol>().unwrap());
    Query::CnStockQuote(CnStockQuoteQuery::new(symbols).unwrap())
}

fn endpoint(query: &Query) -> &'static dyn DynEndpoint {
    match query {
        Query::CnStockDaily(_) => &Daily,
        _ => &Quote,
    }
}

fn settings() -> Settings {
    Settings { today: date(2026, 11, 24) }
}

/// The first request of a query.
fn first(query: &Query) -> Request {
    endpoint(query).start(&settings(), query).map(|(request, _)| request).unwrap()
}

/// Answers a query with these bodies, one for each request, and checks the table as the library does.
fn answer(query: &Query, bodies: &[&[u8]]) -> Result<RecordBatch, SourceError> {
    let mut bodies = bodies.iter();
    let batch = answer_from(endpoint(query), &settings(), query, |_| Some((bodies.next()?.to_vec(), None)))?;
    assert_eq!(bodies.len(), 0, "not every body was asked for");
    check(query, &batch)?;
    Ok(batch)
}

/// The check at the boundary. Returns the symbols that are missing.
fn check(query: &Query, batch: &RecordBatch) -> Result<Vec<Symbol>, SourceError> {
    let capability = endpoint(query).capability();
    let spec = match query {
        Query::CnStockDaily(_) => CnStockDaily::SPEC,
        _ => CnStockQuote::SPEC,
    };
    (spec.check)(query, batch, capability.get_precision())
}

fn bars(batch: &RecordBatch) -> Vec<DailyBar<'_>> {
    let views = DailyViews::new(batch).unwrap();
    (0..batch.num_rows()).map(|index| views.row(index)).collect()
}

fn rows(batch: &RecordBatch) -> Vec<QuoteRow<'_>> {
    let views = QuoteViews::new(batch).unwrap();
    (0..batch.num_rows()).map(|index| views.row(index)).collect()
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
    let vendors: Vec<_> = finvista_core::registered().collect();
    assert!(matches!(vendors.as_slice(), [finvista_core::Registration::Vendor(v)] if v.name == "tencent"));
    let offers: Vec<_> = TENCENT.endpoints.iter().map(|e| (e.dataset().id, e.priority())).collect();
    assert_eq!(offers, [("cn_stock_daily", 2), ("cn_stock_quote", 1)]);
}

#[test]
fn requests_go_to_the_hosts_of_the_vendor() {
    for query in [daily("000001.SZ", "", "", Adjust::None), quotes(["000001.SZ"])] {
        let url = first(&query).url;
        let host = url.strip_prefix("https://").and_then(|rest| rest.split('/').next()).unwrap();
        assert!(TENCENT.hosts.contains(&host), "{url}");
    }
}

#[test]
fn indices_and_bonds_are_not_promised_nor_adjusted_beijing_shares() {
    let answers = |query: &Query| endpoint(query).capability().answers(query, settings().today);
    for symbol in ["600519.SH", "688981.SH", "300750.SZ", "920982.BJ", "900901.SH", "510300.SH", "999999.SH"]
    {
        assert_eq!(answers(&daily(symbol, "", "", Adjust::None)), Ok(()), "{symbol}");
        assert_eq!(answers(&quotes([symbol])), Ok(()), "{symbol}");
        for adjust in [Adjust::Qfq, Adjust::Hfq] {
            let promised = answers(&daily(symbol, "", "", adjust)).is_ok();
            assert_eq!(promised, symbol != "920982.BJ", "{symbol} {adjust}");
        }
    }
    for symbol in ["000001.SH", "118060.SH"] {
        assert!(answers(&daily(symbol, "", "", Adjust::None)).is_err(), "{symbol}");
    }
}
