//! Listings: `clist/get`, the rows of a market in pages (eastmoney.md, section 7). A row has the fields of a quote
//! ([`ulist`](crate::Ulist)), and some more:
//!
//! | field | content | unit with `fltt=1` |
//! | --- | --- | --- |
//! | f8 | turnover | 10^-f152 percent of the float |
//! | f20, f21 | value of all shares, of the float | yuan, not scaled |

use finvista_core::dataset::Quote;
use finvista_core::{
    Board, BuilderOf, Capability, Endpoint, EndpointContext, ErrorKind, Listing, Next, Reply, Request,
    SourceError, sample,
};
use finvista_datasets::{CnStockList, Listed};

use crate::PRECISION;
use crate::envelope::Answer;
use crate::list::{self, Row};

/// The endpoint of `cn_stock_list`.
#[derive(Debug)]
pub struct Clist;

/// The rows of a page: no more since March 2025, whatever is asked for.
const PAGE: usize = 100;

/// The filters of the scopes, and the pages that they had in 2026: the vendor knew 5,913 A shares, those that left the
/// exchange included.
const SCOPES: [(&str, (&str, usize)); 8] = [
    ("all", ("m:0+t:6,m:0+t:80,m:1+t:2,m:1+t:23,m:0+t:81+s:2048", 60)),
    ("sh", ("m:1+t:2,m:1+t:23", 25)),
    ("sz", ("m:0+t:6,m:0+t:80", 31)),
    ("bj", ("m:0+t:81+s:2048", 4)),
    ("star", ("m:1+t:23", 7)),
    ("chinext", ("m:0+t:80", 15)),
    ("etf", ("b:MK0021,b:MK0022,b:MK0023,b:MK0024,b:MK0827", 15)),
    ("b", ("m:0+t:7,m:1+t:3", 2)),
];

/// Fields that every row has, if only as `"-"`. Whether funds have the values of all shares is not recorded.
const ASKED: [u16; 7] = [3, 4, 5, 6, 8, 17, 18];

impl Endpoint for Clist {
    type Dataset = CnStockList;
    /// Whether the first page is read.
    type State = bool;

    fn priority(&self) -> i32 {
        0
    }

    fn capability(&self) -> Capability {
        // Every scope of the data set has a filter.
        Capability::any().precision(PRECISION)
    }

    fn requests(&self, _: &EndpointContext, listing: &Listing) -> usize {
        listing.find(&SCOPES).map_or(0, |(_, pages)| *pages)
    }

    fn request(&self, _: &EndpointContext, listing: &Listing) -> Result<Request, SourceError> {
        listing.find(&SCOPES).map(|(filter, _)| page(filter, 1))
    }

    fn decode(
        &self,
        listing: &Listing,
        began: &mut bool,
        reply: &Reply<'_>,
        out: &mut BuilderOf<Self>,
    ) -> Result<Next, SourceError> {
        let list = match list::read(reply.body, &ASKED, |row| push(row, listing, out))? {
            Answer::Data(list) => Some(list),
            // A page past the end.
            Answer::Unknown | Answer::Refused => None,
        };
        if std::mem::replace(began, true) {
            return Ok(Next::Done);
        }
        let Some(total) = list.and_then(|list| list.total).filter(|_| !out.is_empty()) else {
            let message = format!("expected the first page of a market, got {}", sample(reply.body));
            return Err(SourceError::new(ErrorKind::Upstream, message));
        };
        out.expect(total);
        let (filter, _) = listing.find(&SCOPES)?;
        Ok(Next::pages(total, PAGE, |number| page(filter, number)))
    }
}

fn push(row: &Row<'_>, listing: &Listing, out: &mut BuilderOf<Clist>) -> Result<(), SourceError> {
    let Row { symbol, quote, turnover, market_cap, float_cap } = row;
    let board = listing.accept(*symbol)?.board();
    // In which currency the vendor values B shares is not known, and a value of zero means that it is missing.
    let cap = |cap: &Option<f64>| cap.filter(|&cap| cap != 0.0 && board != Board::BShare);
    // What follows from price and previous close is right, whatever the vendor says of it.
    let quote = &Quote { change: None, change_pct: None, ..quote.clone() };
    out.push(Listed {
        symbol: &symbol.written(),
        name: quote.name.trim(),
        board: board.name(),
        price: quote.price,
        change: quote.derived_change(),
        change_pct: quote.derived_change_pct(),
        volume: quote.volume,
        amount: quote.traded_amount(),
        turnover: turnover.filter(|_| quote.price.is_some()),
        market_cap: cap(market_cap),
        float_cap: cap(float_cap),
    });
    Ok(())
}

/// Pages are sorted by code, so that no row moves to another while they are read.
fn page(filter: &str, number: usize) -> Request {
    Request::get(format!(
        "https://push2.eastmoney.com/api/qt/clist/get?pn={number}&pz={PAGE}&po=0&np=1&fltt=1&invt=2&fid=f12&fs={filter}\
         &fields=f1,f2,f3,f4,f5,f6,f8,f12,f13,f14,f17,f18,f20,f21,f152"
    ))
}
