//! Quotes: `ulist.np/get`, a list of items with numbered fields (eastmoney.md, section 6.2):
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

use std::marker::PhantomData;

use finvista_core::dataset::{Dataset, QuoteSink};
use finvista_core::{
    BuilderOf, Capability, Endpoint, EndpointContext, Next, Reply, Request, Snapshot, SourceError, sample,
};

use crate::envelope::Answer;
use crate::list::{self, List, Row};
use crate::symbol::secid;

/// The endpoint of a data set of quotes, 100 symbols a request.
#[derive(Debug)]
pub struct Ulist<D> {
    priority: i32,
    capability: Capability,
    /// The fields that are asked for, beside those without which nothing is read.
    asked: &'static [u16],
    dataset: PhantomData<fn() -> D>,
}

/// All fields of a request but the decimals, the price, and what names the instrument.
const ASKED: [u16; 9] = [3, 4, 5, 6, 15, 16, 17, 18, 124];

impl<D> Ulist<D> {
    /// The endpoint of a data set, with its default priority and its promise. Volumes must be counted in lots of 100 shares.
    pub const fn new(priority: i32, capability: Capability) -> Self {
        Self { priority, capability, asked: &ASKED, dataset: PhantomData }
    }

    /// The same for answers to requests for these fields.
    #[cfg(test)]
    pub(crate) const fn asked(mut self, fields: &'static [u16]) -> Self {
        self.asked = fields;
        self
    }
}

/// The vendor's lists give at most 100 rows since March 2025 and cut silently (eastmoney.md, section 7).
const BATCH: usize = 100;

impl<D: Dataset<Selection = Snapshot, Builder: QuoteSink>> Endpoint for Ulist<D> {
    type Dataset = D;
    /// Whether the first answer is read.
    type State = bool;

    fn priority(&self) -> i32 {
        self.priority
    }

    fn capability(&self) -> Capability {
        self.capability
    }

    fn requests(&self, _: &EndpointContext, snapshot: &Snapshot) -> usize {
        snapshot.symbols.len().div_ceil(BATCH)
    }

    fn request(&self, _: &EndpointContext, snapshot: &Snapshot) -> Result<Request, SourceError> {
        match secids(snapshot).chunks(BATCH).next() {
            Some(batch) => Ok(request(batch)),
            None => Err(SourceError::unknown(&snapshot.symbols)),
        }
    }

    fn decode(
        &self,
        snapshot: &Snapshot,
        began: &mut bool,
        reply: &Reply<'_>,
        out: &mut BuilderOf<Self>,
    ) -> Result<Next, SourceError> {
        let mut rows = 0;
        let each = |row: &Row<'_>| {
            rows += 1;
            out.quote(row.symbol, &row.quote)
        };
        match list::read(reply.body, self.asked, each)? {
            Answer::Data(List { total: Some(total), .. }) if total > rows => {
                let shown = sample(reply.body);
                let message = format!("expected {total} quotes, got {rows}: the list was cut, {shown}");
                return Err(SourceError::decode(message));
            }
            // The last two are the vendor's word for a batch of which it knows no symbol (ulist_error_rc102_data_null.json).
            Answer::Data(_) | Answer::Unknown | Answer::Refused => {}
        }
        if std::mem::replace(began, true) {
            return Ok(Next::Done);
        }
        match Next::batches(&secids(snapshot), BATCH, request) {
            Next::Done if rows == 0 => Err(SourceError::unknown(&snapshot.symbols)),
            next => Ok(next),
        }
    }
}

/// The secids of the symbols that the vendor's codes can name.
fn secids(snapshot: &Snapshot) -> Vec<String> {
    snapshot.symbols.iter().filter_map(secid).collect()
}

fn request(batch: &[String]) -> Request {
    Request::get(format!(
        "https://push2.eastmoney.com/api/qt/ulist.np/get?secids={}\
         &fields=f1,f2,f3,f4,f5,f6,f12,f13,f14,f15,f16,f17,f18,f124,f152&fltt=1&invt=2&np=1&pn=1&pz={}",
        batch.join(","),
        batch.len()
    ))
}
