//! The list of A shares: `rank/hs/getBoardRankList`, pages of objects whose values are strings.
//!
//! | key | meaning | unit |
//! | --- | --- | --- |
//! | code, name | `sh600519` and the name | |
//! | zxj, zd, zdf | price, change, change in percent | currency; % |
//! | hsl | turnover | % |
//! | volume | volume | lots |
//! | turnover | **amount** | 10,000 yuan |
//! | zsz, ltsz | value of all shares, of the float | 100 million yuan |
//!
//! (tencent_rank_full_row_sh600519.json.txt; wire notes on Tencent, §4.) Of the boards `aStock` alone is asked for: `ksh` (STAR)
//! and `cyb` (ChiNext) are reported to answer once and then with empty pages (public code index 68406033201).

use std::collections::HashSet;

use finvista_core::{
    Board, BuilderOf, Capability, Endpoint, EndpointContext, Listing, Next, Reply, Request, SourceError,
    Symbol, wire,
};
use finvista_datasets::{CnStockList, Listed};
use serde_json::value::RawValue;

use crate::answer::invalid;
use crate::json::{self, Cell};
use crate::units;

/// Rows of one page, the most that Tencent sends (wire notes on Tencent, §4).
const ROWS: usize = 200;

/// Rows from one page to the next. The order is that of the prices, the one that everybody asks for, and prices move while
/// the pages are read: a row that moves by less than the overlap is not lost. One that moves further is missed, and then the
/// table has not the number of rows that Tencent announced.
const STEP: usize = 180;

/// The rows of the whole list: 5,571 on 2026-09-29.
const USUAL: usize = 5_600;

/// The list of A shares.
#[derive(Debug)]
pub struct RankList;

impl Endpoint for RankList {
    type Dataset = CnStockList;
    /// The listings that were read.
    type State = HashSet<Symbol>;

    fn priority(&self) -> i32 {
        2
    }

    fn capability(&self) -> Capability {
        Capability::any().scopes(&["all"])
    }

    fn requests(&self, _cx: &EndpointContext, _listing: &Listing) -> usize {
        USUAL.div_ceil(STEP)
    }

    fn request(&self, _cx: &EndpointContext, _listing: &Listing) -> Result<Request, SourceError> {
        Ok(page(1))
    }

    fn decode(
        &self,
        listing: &Listing,
        seen: &mut HashSet<Symbol>,
        reply: &Reply<'_>,
        out: &mut BuilderOf<Self>,
    ) -> Result<Next, SourceError> {
        #[derive(serde::Deserialize)]
        struct Page<'a> {
            #[serde(borrow)]
            rank_list: &'a RawValue,
            total: usize,
        }
        let data = json::data(reply.body)?.ok_or_else(|| SourceError::decode("expected a list, got none"))?;
        let Page { rank_list, total } = json::read(data)?;
        let is_first = seen.is_empty();
        json::each_row(rank_list, |row: Row<'_>| {
            let symbol = listing.accept(row.symbol()?)?;
            if seen.insert(symbol) { row.read(symbol, out) } else { Ok(()) }
        })?;
        if seen.is_empty() {
            return Err(invalid(format!("expected A shares, got none of {total}")));
        }
        out.expect(total);
        Ok(if is_first { Next::pages(total, STEP, page) } else { Next::Done })
    }
}

fn page(number: usize) -> Request {
    let offset = (number - 1) * STEP;
    Request::get(format!(
        "https://proxy.finance.qq.com/cgi/cgi-bin/rank/hs/getBoardRankList?_appver=11.17.0&board_code=aStock&sort_type=price&direct=down&offset={offset}&count={ROWS}"
    ))
}

macro_rules! row {
    ($($key:ident)*) => {
        /// One listing, as it is sent.
        #[derive(Default, serde::Deserialize)]
        #[serde(default)]
        struct Row<'a> { $( #[serde(borrow)] $key: Cell<'a>, )* }
    };
}
row!(code name zxj zd zdf hsl volume turnover zsz ltsz);

impl Row<'_> {
    fn symbol(&self) -> Result<Symbol, SourceError> {
        let code = self.code.text();
        let symbol = Symbol::from_prefixed(code).filter(|_| !self.name.text().is_empty());
        symbol.ok_or_else(|| SourceError::decode(format!("expected a code with a name, got {code:?}")))
    }

    fn read(&self, symbol: Symbol, out: &mut BuilderOf<RankList>) -> Result<(), SourceError> {
        let optional = |name: &str, cell: &Cell<'_>| wire::optional(name, cell.text());
        // These two are in every row, so a row without them has another format.
        let price = wire::number("price", self.zxj.text())?;
        let amount = units::money(wire::number("amount", self.turnover.text())?);
        let count = optional("volume", &self.volume)?;
        let unit = count.and_then(|count| unit(symbol, count, amount, price));
        let volume = unit.map(|unit| wire::shares("volume", self.volume.text(), unit));
        // Where nothing was traded today the price is the close of the day before, as in quotes.
        let traded = |value: Option<f64>| value.filter(|_| count != Some(0.0));
        out.push(Listed {
            symbol: &symbol.written(),
            name: self.name.text(),
            board: symbol.board().name(),
            price: traded(wire::nonzero(price)),
            change: traded(optional("change", &self.zd)?),
            change_pct: traded(optional("change in percent", &self.zdf)?),
            volume: volume.transpose()?,
            amount: Some(amount),
            turnover: optional("turnover", &self.hsl)?,
            market_cap: optional("value", &self.zsz)?.map(units::hundred_millions),
            float_cap: optional("value of the float", &self.ltsz)?.map(units::hundred_millions),
        });
        Ok(())
    }
}

/// Shares in one unit of the volume: 34,816 lots of sh600519 at 1,428.66 are its 4,990.68 million yuan. No row of a STAR or
/// Beijing share is recorded, so there the amount decides, and an amount that is rounded to nothing leaves it open.
fn unit(symbol: Symbol, count: f64, amount: f64, price: f64) -> Option<i64> {
    match symbol.board() {
        Board::Star | Board::Beijing if amount == 0.0 && count != 0.0 => None,
        Board::Star | Board::Beijing if amount < 10.0 * count * price => Some(1),
        _ => Some(units::LOT),
    }
}
