//! Daily bars: `kline/get`. The columns of a row, by the codes that ask for them:
//!
//! | code | column | unit |
//! | --- | --- | --- |
//! | f51 | date | `2024-12-18` |
//! | f52 | open | currency of the instrument |
//! | f53 | **close** | the same |
//! | f54, f55 | high, low | the same |
//! | f56 | volume | lots of 100 shares, never adjusted |
//! | f57 | amount | currency of the instrument, never adjusted |
//! | f58 | amplitude | percent of the previous close |
//! | f59 | change in percent | percent |
//! | f60 | change | currency of the instrument |
//! | f61 | turnover | percent of the float |

mod series;

use finvista_core::dataset::{CnStockDaily, CnStockDailyBuilder, CnStockDailyQuery};
use finvista_core::{
    Adjust, Capability, DateRange, Endpoint, ErrorKind, Next, Precision, Reply, Request, Settings,
    SourceError, Symbol,
};

use crate::envelope::Answer;
use crate::{BOARDS, envelope, symbol};
use series::{Reader, Series};

/// The endpoint of `cn_stock_daily`. One request gives the whole range, however long.
#[derive(Debug, Clone, Copy)]
pub struct Daily;

impl Endpoint for Daily {
    type Dataset = CnStockDaily;

    fn priority(&self) -> i32 {
        0
    }

    fn capability(&self) -> Capability {
        Capability::of_boards(&BOARDS)
            .adjusts(Adjust::Qfq, &BOARDS)
            .adjusts(Adjust::Hfq, &BOARDS)
            // Lots, and no recording tells whether an odd lot is rounded or cut; whole yuan (kline_daily_1.601872.json);
            // cents. Funds have three decimals, and a tolerance of half a cent proves their units as well.
            .precision(Precision { volume: 100.0, amount: 0.5, price: 0.005 })
    }

    fn request(&self, _: &Settings, query: &CnStockDailyQuery) -> Result<Request, SourceError> {
        let secid = symbol::secid(&query.symbol).ok_or_else(|| unknown(&query.symbol))?;
        let fqt = match query.adjust {
            Adjust::None => 0,
            Adjust::Qfq => 1,
            Adjust::Hfq => 2,
        };
        let day = |day: jiff::civil::Date| day.strftime("%Y%m%d").to_string();
        // 0 is the first bar, and the day in 2050 is what the vendor's own pages send for "until now".
        let beg = query.range.start().map_or_else(|| "0".to_owned(), day);
        let end = query.range.end().map_or_else(|| "20500101".to_owned(), day);
        Ok(Request::get(format!(
            "https://push2his.eastmoney.com/api/qt/stock/kline/get?secid={secid}&klt=101&fqt={fqt}&beg={beg}&end={end}\
             &fields1=f1,f2,f3,f4,f5,f6&fields2=f51,f52,f53,f54,f55,f56,f57,f58,f59,f60,f61\
             &ut=fa5fd1943c7b386f172d6893dbfba10b"
        )))
    }

    fn decode(
        &self,
        query: &CnStockDailyQuery,
        reply: &Reply<'_>,
        out: &mut CnStockDailyBuilder,
    ) -> Result<Next, SourceError> {
        let reader = Reader { out: &mut *out, length: reply.body.len() };
        let mut series = match envelope::read_with(reply.body, reader)? {
            Answer::Data(series) => series,
            Answer::Unknown => return Err(unknown(&query.symbol)),
            Answer::Refused => {
                let message = format!("refused a parameter of {} (result code 102)", query.symbol);
                return Err(SourceError::new(ErrorKind::Upstream, message));
            }
        };
        series.verify(&query.symbol)?;
        if let Some(broken) = series.broken.take() {
            return Err(broken);
        }
        if out.is_empty() { Err(series.no_bars(query)) } else { Ok(Next::Done) }
    }
}

impl Series<'_> {
    /// Another symbol's rows are never a result.
    fn verify(&self, asked: &Symbol) -> Result<(), SourceError> {
        let market = match self.market.text() {
            // The delay host's empty answer names no market; rows without one could be an index's.
            "" if self.rows == 0 && self.code == asked.code() => return Ok(()),
            "" => return Err(SourceError::decode(format!("market is missing beside code {:?}", self.code))),
            market => market,
        };
        if symbol::from_vendor(market, &self.code).as_ref() == Some(asked) {
            return Ok(());
        }
        let message = format!("asked for {asked}, answered bars of {market}.{}", self.code);
        Err(SourceError::new(ErrorKind::Invalid, message))
    }

    /// What it means that no bar lies in the range.
    fn no_bars(&self, query: &CnStockDailyQuery) -> SourceError {
        let (symbol, range) = (&query.symbol, &query.range);
        match self.dktotal {
            // A soft block: 200 and no rows for a symbol that has some (wire note, sections 2.2 and 11). In a bounded range
            // the same answer is the truth for a symbol that was halted or not yet listed.
            Some(total) if total > 0 && self.rows == 0 && *range == DateRange::default() => {
                let message = format!("no bars for the whole history of {symbol}, which has {total}");
                SourceError::new(ErrorKind::Blocked, message)
            }
            _ => SourceError::new(ErrorKind::NoData, format!("{symbol} has no bars, {range}")),
        }
    }
}

fn unknown(symbol: &Symbol) -> SourceError {
    SourceError::new(ErrorKind::NotFound, format!("does not know {symbol}"))
}
