//! Quotes: `ulist.np/get`, a list of items with numbered fields:
//!
//! | field | content | unit with `fltt=1` |
//! | --- | --- | --- |
//! | f1, f152 | decimals of prices, of percentages | |
//! | f2, f15, f16, f17, f18 | last, high, low, open, previous close | 10^-f1 of the currency of the instrument |
//! | f3 | change in percent | 10^-f152 percent |
//! | f4 | change | 10^-f1 of the currency |
//! | f5 | volume | lots of 100 shares |
//! | f6 | amount | currency of the instrument, not scaled |
//! | f12, f13, f14 | code, market, name | |
//! | f124 | time of the feed | seconds since 1970, 0 is none |

mod item;

use finvista_core::dataset::{CnStockQuote, CnStockQuoteBuilder, CnStockQuoteQuery};
use finvista_core::{
    Capability, Endpoint, ErrorKind, Next, Precision, Reply, Request, Settings, SourceError, Symbol, sample,
};
use serde::Deserialize;

use crate::envelope::Answer;
use crate::{BOARDS, envelope, symbol};
use item::Items;

/// The endpoint of `cn_stock_quote`, 100 symbols a request.
#[derive(Debug, Clone, Copy)]
pub struct Quote;

/// The vendor's lists give at most 100 rows since March 2025 and cut silently (wire note, section 7).
const BATCH: usize = 100;

impl Endpoint for Quote {
    type Dataset = CnStockQuote;

    fn priority(&self) -> i32 {
        2
    }

    fn capability(&self) -> Capability {
        // As in the daily bars.
        Capability::of_boards(&BOARDS).precision(Precision { volume: 100.0, amount: 0.5, price: 0.005 })
    }

    fn requests(&self, _: &Settings, query: &CnStockQuoteQuery) -> usize {
        requests(query).len()
    }

    fn request(&self, _: &Settings, query: &CnStockQuoteQuery) -> Result<Request, SourceError> {
        requests(query).into_iter().next().ok_or_else(|| unknown(&query.symbols))
    }

    fn decode(
        &self,
        query: &CnStockQuoteQuery,
        reply: &Reply<'_>,
        out: &mut CnStockQuoteBuilder,
    ) -> Result<Next, SourceError> {
        let rows = match envelope::read(reply.body)? {
            Answer::Data(list) => push(&list, reply.body, out)?,
            // The vendor's word for a batch of which it knows no symbol (ulist_error_rc102_data_null.json).
            Answer::Unknown | Answer::Refused => 0,
        };
        let rest = match reply.step {
            0 => requests(query).into_iter().skip(1).collect(),
            _ => Vec::new(),
        };
        match (reply.step, rows, rest.is_empty()) {
            // A later batch cannot know what the earlier ones held; an empty table is seen when it is finished.
            (0, 0, true) => Err(unknown(&query.symbols)),
            (_, _, true) => Ok(Next::Done),
            (_, _, false) => Ok(Next::Pages(rest)),
        }
    }
}

#[derive(Deserialize)]
struct List<'a> {
    total: Option<usize>,
    #[serde(borrow)]
    diff: Items<'a>,
}

fn push(list: &List<'_>, body: &[u8], out: &mut CnStockQuoteBuilder) -> Result<usize, SourceError> {
    let rows = list.diff.0.len();
    if let Some(total) = list.total.filter(|&total| total > rows) {
        return Err(SourceError::decode(format!(
            "{rows} of {total} quotes, the list was cut: {}",
            sample(body)
        )));
    }
    for item in &list.diff.0 {
        let symbol = item.symbol()?;
        let quote = item
            .quote()
            .map_err(|e| SourceError::decode(format!("{}, in the quote of {symbol}", e.message())))?;
        out.quote(&symbol, &quote)?;
    }
    Ok(rows)
}

/// All the requests of a query; the step is the place in this list. What the vendor's codes cannot name is left out.
fn requests(query: &CnStockQuoteQuery) -> Vec<Request> {
    let secids: Vec<String> = query.symbols.iter().filter_map(symbol::secid).collect();
    let batches = secids.chunks(BATCH).zip(0..);
    batches
        .map(|(batch, step)| {
            Request::get(format!(
                "https://push2.eastmoney.com/api/qt/ulist.np/get?secids={}\
                 &fields=f1,f2,f3,f4,f5,f6,f12,f13,f14,f15,f16,f17,f18,f124,f152&fltt=1&invt=2&np=1&pn=1&pz={}",
                batch.join(","),
                batch.len()
            ))
            .step(step)
        })
        .collect()
}

fn unknown(symbols: &[Symbol]) -> SourceError {
    let message = match symbols {
        [one] => format!("does not know {one}"),
        all => format!("knows none of the {} symbols", all.len()),
    };
    SourceError::new(ErrorKind::NotFound, message)
}
