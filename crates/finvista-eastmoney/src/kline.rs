//! Bars: `kline/get`. The columns of a row, by the codes that ask for them (eastmoney.md, section 4):
//!
//! | code | column | unit |
//! | --- | --- | --- |
//! | f51 | day; the last trading day of a week or month; the end of some minutes | `2024-12-18`, `2024-12-18 09:35` |
//! | f52 | open | currency of the instrument |
//! | f53 | **close** | the same |
//! | f54, f55 | high, low | the same |
//! | f56 | volume | lots of 100 shares, never adjusted |
//! | f57 | amount | currency of the instrument, never adjusted |
//! | f58 | amplitude | percent of the previous close |
//! | f59 | change in percent | percent |
//! | f60 | change | currency of the instrument |
//! | f61 | turnover | percent of the float |

mod row;
mod series;

use std::marker::PhantomData;

use finvista_core::dataset::{BarSink, Dataset};
use finvista_core::{
    Adjust, BuilderOf, Capability, DateRange, Endpoint, EndpointContext, ErrorKind, Next, Period, Reply,
    Request, Series, SourceError, Symbol, Zone, date,
};
use jiff::civil::{Date, DateTime};
use jiff::{Timestamp, ToSpan};

use crate::envelope::{self, Answer};
use crate::symbol::{from_vendor, secid};
use series::{Form, Head};

/// The columns that are asked for, f51 to f61. A row has as many as were asked for, and the vendor drops those that do not exist
/// without a word (eastmoney.md, section 4), so that all behind them move.
pub(crate) const COLUMNS: usize = 11;

/// The endpoint of a data set of bars. One request gives the whole range, however long.
#[derive(Debug)]
pub struct Kline<D> {
    priority: i32,
    capability: Capability,
    dataset: PhantomData<fn() -> D>,
}

impl<D> Kline<D> {
    /// The endpoint of a data set, with its default priority and its promise. Volumes must be counted in lots of 100 shares.
    pub const fn new(priority: i32, capability: Capability) -> Self {
        Self { priority, capability, dataset: PhantomData }
    }
}

impl<D: Dataset<Selection = Series>> Endpoint for Kline<D>
where
    D::Builder: BarSink,
    <D::Builder as BarSink>::At: From<DateTime>,
{
    type Dataset = D;
    type State = ();

    fn priority(&self) -> i32 {
        self.priority
    }

    fn capability(&self) -> Capability {
        self.capability
    }

    fn request(&self, _: &EndpointContext, series: &Series) -> Result<Request, SourceError> {
        let secid = secid(&series.symbol).ok_or_else(|| SourceError::unknown(&[series.symbol]))?;
        let klt = match series.period {
            Period::Day => 101,
            Period::Week => 102,
            Period::Month => 103,
            // Of single minutes only unadjusted ones are known (eastmoney.md, section 5).
            Period::Minutes(minutes) if minutes > 1 || series.adjust == Adjust::None => minutes,
            other => {
                let message = format!("has no bars of {other}, {}", series.adjust);
                return Err(SourceError::new(ErrorKind::Unsupported, message));
            }
        };
        let fqt = match series.adjust {
            Adjust::None => 0,
            Adjust::Qfq => 1,
            Adjust::Hfq => 2,
        };
        let (start, end) = whole_periods(series);
        let day = |day: Date| day.strftime("%Y%m%d").to_string();
        // 0 is the first bar, and the day in 2050 is what the vendor's own pages send for "until now".
        let beg = start.map_or_else(|| "0".to_owned(), day);
        let end = end.map_or_else(|| "20500101".to_owned(), day);
        Ok(Request::get(format!(
            "https://push2his.eastmoney.com/api/qt/stock/kline/get?secid={secid}&klt={klt}&fqt={fqt}&beg={beg}&end={end}\
             &fields1=f1,f2,f3,f4,f5,f6&fields2=f51,f52,f53,f54,f55,f56,f57,f58,f59,f60,f61\
             &ut=fa5fd1943c7b386f172d6893dbfba10b"
        )))
    }

    fn decode(
        &self,
        series: &Series,
        (): &mut (),
        reply: &Reply<'_>,
        out: &mut BuilderOf<Self>,
    ) -> Result<Next, SourceError> {
        read(series, reply, COLUMNS, out)
    }
}

/// Reads an answer whose rows have this many columns.
pub(crate) fn read<B: BarSink<At: From<DateTime>>>(
    series: &Series,
    reply: &Reply<'_>,
    columns: usize,
    out: &mut B,
) -> Result<Next, SourceError> {
    let minutes = matches!(series.period, Period::Minutes(_));
    let answer = series::read(reply.body, Form { minutes, columns }, out)?;
    let head: Head<'_> = match envelope::read(&answer.json)? {
        Answer::Data(head) => head,
        Answer::Unknown => return Err(SourceError::unknown(&[series.symbol])),
        Answer::Refused => {
            let message = format!("refused a parameter of {} (result code 102)", series.symbol);
            return Err(SourceError::new(ErrorKind::Upstream, message));
        }
    };
    head.verify(series.symbol, answer.rows)?;
    if let Some(broken) = answer.broken {
        return Err(broken);
    }
    if let Ok(Some(close)) = head.pre_close.number("preKPrice") {
        out.previous_close(close);
    }
    if out.is_empty() {
        return Err(head.no_bars(series, answer.rows));
    }
    head.verify_whole(series, answer.rows, reply.at)?;
    Ok(Next::Done)
}

/// The days to ask for: those of the range, and all days of the weeks or months at its ends, so that no bar is made of a part of
/// its days. What then lies outside the range is dropped by the builder.
fn whole_periods(series: &Series) -> (Option<Date>, Option<Date>) {
    let (start, end) = (series.range.start(), series.range.end());
    match series.period {
        Period::Week => {
            let monday =
                |day: Date| day.checked_sub(day.weekday().to_monday_zero_offset().days()).unwrap_or(day);
            let sunday = |day: Date| monday(day).checked_add(6.days()).unwrap_or(day);
            (start.map(monday), end.map(sunday))
        }
        Period::Month => (start.map(Date::first_of_month), end.map(Date::last_of_month)),
        _ => (start, end),
    }
}

/// The day on which the first exchange opened.
const FIRST_DAY: Date = Date::constant(1990, 12, 19);

/// The count of daily bars is exact in the recordings (5,282 of 000300.SH on 2026-09-30, as many as it had trading days). That it
/// counts a bar that has just begun, or one of a day without trades, is not known.
const UNCOUNTED: i64 = 3;

impl Head<'_> {
    /// Refuses the rows of another symbol.
    fn verify(&self, asked: Symbol, rows: usize) -> Result<(), SourceError> {
        let market = match self.market.text() {
            // The delay host's empty answer names no market; rows without one could be an index's.
            "" if rows == 0 && self.code == asked.code() => return Ok(()),
            "" => return Err(SourceError::decode(format!("market is missing beside code {:?}", self.code))),
            market => market,
        };
        if from_vendor(market, &self.code) == Some(asked) {
            return Ok(());
        }
        let message = format!("expected bars of {asked}, got those of {market}.{}", self.code);
        Err(SourceError::new(ErrorKind::Invalid, message))
    }

    /// Refuses an answer that was cut: one with fewer bars than there must be in the range, given how many the symbol has in all.
    fn verify_whole(&self, series: &Series, rows: usize, at: Option<Timestamp>) -> Result<(), SourceError> {
        // The most daily bars that a period holds.
        let days = match series.period {
            Period::Day => 1,
            Period::Week => 5,
            Period::Month => 23,
            _ => return Ok(()),
        };
        let (start, end) = (series.range.start(), series.range.end());
        let before = start.map_or(0, |start| date::weekdays(FIRST_DAY, start.yesterday().unwrap_or(start)));
        let after = match (end, at.map(|at| Zone::Shanghai.day(at))) {
            (None, _) => 0,
            (Some(end), Some(today)) => date::weekdays(end.tomorrow().unwrap_or(end), today),
            (Some(_), None) => return Ok(()),
        };
        let total = self.dktotal.and_then(|total| i64::try_from(total).ok()).unwrap_or_default();
        let least = (total - before - after - UNCOUNTED) / days;
        match i64::try_from(rows) {
            Ok(rows) if rows < least => {
                let (symbol, range) = (series.symbol, series.range);
                let message = format!(
                    "expected {least} bars of {symbol} at least, {range}, because it has {total} daily bars in all, got {rows}"
                );
                Err(SourceError::new(ErrorKind::Invalid, message))
            }
            _ => Ok(()),
        }
    }

    /// What it means that no bar lies in the range.
    fn no_bars(&self, series: &Series, rows: usize) -> SourceError {
        let (symbol, range) = (series.symbol, series.range);
        match self.dktotal {
            // A soft block: 200 and no rows for a symbol that has some (eastmoney.md, sections 2.2 and 11). In a bounded range
            // the same answer is the truth for a symbol that was halted or not yet listed.
            Some(total) if total > 0 && rows == 0 && range == DateRange::default() => {
                let message = format!("no bars for the whole history of {symbol}, which has {total}");
                SourceError::new(ErrorKind::Blocked, message)
            }
            _ => SourceError::new(ErrorKind::NoData, format!("{symbol} has no bars, {range}")),
        }
    }
}
