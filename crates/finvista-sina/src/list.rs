//! Listings: `Market_Center.getHQNodeStockCount`, which says how many a node holds, and `getHQNodeData`, a page at a time.
//!
//! Of a row are read (wire note 5): `trade`, zero on a suspended day; `settlement`, the close of the day before; `volume` in
//! shares; `amount`; `turnoverratio` in percent; `mktcap` and `nmc` in 10,000 yuan.

use std::borrow::Cow;

use finvista_core::dataset::{Quote, Rows};
use finvista_core::{
    Board, Capability, Endpoint, EndpointContext, ErrorKind, Listing, MOST_REQUESTS, Next, Reply, Request,
    SourceError, Symbol, Venue, sample, wire,
};
use finvista_datasets::{CnStockList, Listed, ListedColumns};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::kline::digits;

/// The endpoint of `cn_stock_list`.
#[derive(Debug)]
pub(crate) struct MarketCenter;

/// The node of a scope, its exchange where it has one, and about how many listings it held in 2026. `hs_a` holds Beijing, too
/// (wire note 5), and `sh_a` and `sz_a` the STAR market and ChiNext: in 2023 they had 22 and 28 pages of 100.
type Node = (&'static str, Option<Venue>, usize);
const NODES: [(&str, Node); 8] = [
    ("all", ("hs_a", None, 5_500)),
    ("sh", ("sh_a", Some(Venue::Sh), 2_300)),
    ("sz", ("sz_a", Some(Venue::Sz), 2_900)),
    ("bj", ("hs_bjs", Some(Venue::Bj), 350)),
    ("star", ("kcb", Some(Venue::Sh), 650)),
    ("chinext", ("cyb", Some(Venue::Sz), 1_400)),
    ("etf", ("etf_hq_fund", None, 1_700)),
    ("b", ("hs_b", None, 80)),
];

/// The most rows that Sina gives on a page.
const SIZE: usize = 100;

const SERVICE: &str = "https://vip.stock.finance.sina.com.cn/quotes_service/api/json_v2.php/Market_Center";

/// How far a listing has been read: the rows that its node holds, the pages so far, and whether they had a depositary receipt.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    total: Option<usize>,
    pages: usize,
    has_receipt: bool,
}

impl Endpoint for MarketCenter {
    type Dataset = CnStockList;
    type State = Progress;

    fn priority(&self) -> i32 {
        1
    }

    fn capability(&self) -> Capability {
        // Every scope of the data set has a node.
        Capability::any().precision(crate::PRECISION)
    }

    fn requests(&self, _: &EndpointContext, listing: &Listing) -> usize {
        listing
            .find(&NODES)
            .map_or(1, |(node, _, usual)| 1 + usual.div_ceil(SIZE) + usize::from(lacks_receipts(node)))
    }

    fn request(&self, _: &EndpointContext, listing: &Listing) -> Result<Request, SourceError> {
        Ok(crate::get(format!("{SERVICE}.getHQNodeStockCount?node={}", listing.find(&NODES)?.0)))
    }

    fn decode(
        &self,
        listing: &Listing,
        progress: &mut Progress,
        reply: &Reply<'_>,
        out: &mut Rows<ListedColumns, Listing>,
    ) -> Result<Next, SourceError> {
        wire::refuse_page(reply.body)?;
        // What a client gets that asks too often; a page past the end is an empty array (seen on 2026-09-16).
        if reply.body.trim_ascii() == b"null" {
            return Err(SourceError::new(ErrorKind::RateLimited, "Sina sent null in place of a page"));
        }
        let (node, venue, _) = *listing.find(&NODES)?;
        let Some(total) = progress.total else {
            let total = read_total(reply.body)?;
            progress.total = Some(total);
            out.expect(total);
            let pages = (1..=total.div_ceil(SIZE)).map(|number| page(node, number, 1));
            return Ok(Next::Pages(pages.chain(lacks_receipts(node).then(|| page("kcb", 1, 0))).collect()));
        };
        progress.pages += 1;
        let only_receipts = progress.pages > total.div_ceil(SIZE);
        let before = out.len();
        let rows: Vec<Row<'_>> = wire::json(reply.body)?;
        if rows.is_empty() {
            return Err(SourceError::decode(format!("expected rows on page {}, got none", progress.pages)));
        }
        for row in rows {
            let symbol = row.symbol(venue).and_then(|symbol| listing.accept(symbol))?;
            let is_receipt = symbol.code().starts_with("689");
            if !only_receipts || (is_receipt && !progress.has_receipt) {
                row.push(symbol, out)
                    .map_err(|e| SourceError::decode(format!("{symbol}: {}", e.message())))?;
            }
            progress.has_receipt |= is_receipt && !only_receipts;
        }
        if only_receipts {
            // They were not counted.
            out.expect(total + out.len() - before);
        }
        Ok(Next::Done)
    }
}

/// Whether the node holds the STAR market without its depositary receipts. There is one, 689009, which only `kcb` holds: by
/// descending symbol it is the first there (seen on 2026-09-16).
fn lacks_receipts(node: &str) -> bool {
    matches!(node, "hs_a" | "sh_a")
}

fn page(node: &str, number: usize, asc: u8) -> Request {
    let params = format!("page={number}&num={SIZE}&sort=symbol&asc={asc}&node={node}&symbol=&_s_r_a=page");
    crate::get(format!("{SERVICE}.getHQNodeData?{params}"))
}

/// Reads the number of rows, `"5572"`.
fn read_total(body: &[u8]) -> Result<usize, SourceError> {
    let text = std::str::from_utf8(body).unwrap_or_default().trim().trim_matches('"');
    let most = (MOST_REQUESTS - 2) * SIZE;
    let total = text.parse().ok().filter(|total| (1..=most).contains(total));
    total.ok_or_else(|| SourceError::decode(format!("expected the number of listings, got {}", sample(body))))
}

#[derive(Deserialize)]
struct Row<'a> {
    #[serde(borrow)]
    symbol: Cow<'a, str>,
    #[serde(borrow)]
    name: Cow<'a, str>,
    #[serde(borrow)]
    trade: &'a RawValue,
    #[serde(borrow)]
    settlement: &'a RawValue,
    #[serde(borrow)]
    volume: &'a RawValue,
    #[serde(borrow)]
    amount: &'a RawValue,
    #[serde(borrow)]
    turnoverratio: Option<&'a RawValue>,
    #[serde(borrow)]
    mktcap: Option<&'a RawValue>,
    #[serde(borrow)]
    nmc: Option<&'a RawValue>,
}

impl Row<'_> {
    /// The symbol, if it is one of the node's exchange.
    fn symbol(&self, venue: Option<Venue>) -> Result<Symbol, SourceError> {
        let symbol = Symbol::from_prefixed(&self.symbol);
        symbol.filter(|symbol| venue.is_none_or(|venue| venue == symbol.venue())).ok_or_else(|| {
            let venue = venue.map_or("a mainland exchange", Venue::suffix);
            let message = format!("expected a symbol of {venue}, got {}", self.symbol);
            SourceError::new(ErrorKind::Invalid, message)
        })
    }

    fn push(&self, symbol: Symbol, out: &mut Rows<ListedColumns, Listing>) -> Result<(), SourceError> {
        let number = |field: &str, raw: &RawValue| wire::number(field, digits(raw));
        let optional = |field: &str, raw: Option<&RawValue>| raw.map(|raw| number(field, raw)).transpose();
        let volume = wire::shares("volume", digits(self.volume), 1)?;
        // Before the first trade of a day it is the close of the day before (sina_hqnodedata_unquoted_preopen_2019-11.txt).
        let price = Some(number("trade", self.trade)?).filter(|price| *price > 0.0 && volume > 0);
        let pre_close = wire::nonzero(number("settlement", self.settlement)?);
        let quote = Quote { price, pre_close, ..Quote::default() };
        // To the cent. No row of a B share is recorded, so the currency of its values is unknown.
        let cap = |field: &str, raw| {
            let yuan = optional(field, raw)?.map(|ten_thousands| (ten_thousands * 1e6).round() / 1e2);
            Ok::<_, SourceError>(yuan.filter(|yuan| *yuan > 0.0 && symbol.board() != Board::BShare))
        };
        out.push(Listed {
            symbol: &symbol.written(),
            name: self.name.trim(),
            board: symbol.board().name(),
            price,
            change: quote.derived_change(),
            change_pct: quote.derived_change_pct(),
            volume: Some(volume),
            amount: Some(number("amount", self.amount)?),
            turnover: optional("turnoverratio", self.turnoverratio)?,
            market_cap: cap("mktcap", self.mktcap)?,
            float_cap: cap("nmc", self.nmc)?,
        });
        Ok(())
    }
}
