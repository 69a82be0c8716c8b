//! The search box: `suggest/get` (eastmoney.md, section 10). It finds instruments of all the world by code, name and pinyin
//! initials, the best match first; every value is a text (suggest_000001_count1.json).

use std::borrow::Cow;

use finvista_core::{
    Board, BuilderOf, CN_STOCKS, Capability, Endpoint, EndpointContext, ErrorKind, Keyword, Next, Reply,
    Request, SourceError, Symbol, wire,
};
use finvista_datasets::{CnStockSearch, Found, pinyin};
use serde::Deserialize;

use crate::symbol::from_vendor;
use crate::text::escaped;

/// The endpoint of `cn_stock_search`.
#[derive(Debug)]
pub struct Suggest;

impl Endpoint for Suggest {
    type Dataset = CnStockSearch;
    /// The number of answers so far, and what they found.
    type State = (usize, Vec<Symbol>);

    fn priority(&self) -> i32 {
        0
    }

    fn capability(&self) -> Capability {
        Capability::any()
    }

    fn request(&self, _: &EndpointContext, keyword: &Keyword) -> Result<Request, SourceError> {
        Ok(request(&keyword.text, keyword.limit))
    }

    fn decode(
        &self,
        keyword: &Keyword,
        (answers, found): &mut Self::State,
        reply: &Reply<'_>,
        out: &mut BuilderOf<Self>,
    ) -> Result<Next, SourceError> {
        let readings = pinyin::readings(&keyword.text);
        // The first answer is to the text itself, the others to its other readings.
        let traps = answers.checked_sub(1).and_then(|at| readings.get(at)).map(|(_, traps)| traps);
        let is_right = |name: &str| traps.is_none_or(|traps| name.contains(traps.as_slice()));
        wire::refuse_page(reply.body)?;
        let answer: Answer<'_> = wire::json(wire::between(reply.body, b'{', b'}')?)?;
        for hit in answer.table.hits.unwrap_or_default() {
            let Some(symbol) = hit.stock().filter(|symbol| !found.contains(symbol)) else { continue };
            if is_right(&hit.name) && out.len() < keyword.limit as usize {
                found.push(symbol);
                out.push(Found {
                    symbol: &symbol.written(),
                    name: hit.name.trim(),
                    board: symbol.board().name(),
                    initials: hit.initials.as_deref().filter(|initials| !initials.is_empty()),
                });
            }
        }
        *answers += 1;
        if *answers == 1 && out.is_empty() && !readings.is_empty() {
            let others = readings.iter().map(|(initials, _)| request(initials, keyword.limit));
            return Ok(Next::Pages(others.collect()));
        }
        if out.is_empty() && *answers > readings.len() {
            let message = format!("finds no mainland instrument for {:?}", keyword.text);
            return Err(SourceError::new(ErrorKind::NotFound, message));
        }
        Ok(Next::Done)
    }
}

/// Asks for more than is wanted, because the hits may be anything: `000001` alone is a bank, an index and a fund.
fn request(text: &str, limit: u32) -> Request {
    let (text, count) = (escaped(text), limit.saturating_mul(4).clamp(20, 100));
    Request::get(format!(
        "https://searchapi.eastmoney.com/api/suggest/get?input={text}&type=14&token=D43BF722C8E33BDC906FB84D85E326E8&count={count}"
    ))
}

#[derive(Deserialize)]
struct Answer<'a> {
    #[serde(rename = "QuotationCodeTable", borrow)]
    table: Table<'a>,
}

#[derive(Deserialize)]
struct Table<'a> {
    /// Null or empty where nothing is found.
    #[serde(rename = "Data", borrow)]
    hits: Option<Vec<Hit<'a>>>,
}

#[derive(Deserialize)]
struct Hit<'a> {
    /// The secid.
    #[serde(rename = "QuoteID", borrow)]
    id: Cow<'a, str>,
    #[serde(rename = "Name", borrow)]
    name: Cow<'a, str>,
    #[serde(rename = "PinYin", borrow, default)]
    initials: Option<Cow<'a, str>>,
}

impl Hit<'_> {
    /// The symbol, where it is a mainland stock, fund or bond.
    fn stock(&self) -> Option<Symbol> {
        let (market, code) = self.id.split_once('.')?;
        let symbol = from_vendor(market, code)?;
        let is_one = CN_STOCKS.boards.contains(symbol.board());
        // Beijing's shares have codes of 920 since October 2025 (section 3); those with older ones here are of the third board.
        let is_third_board = symbol.board() == Board::Beijing && !code.starts_with("92");
        (is_one && !is_third_board).then_some(symbol)
    }
}
