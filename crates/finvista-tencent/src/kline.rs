//! Bars of days, weeks and months: `newfqkline/get`, whose rows carry turnover and amount. The amount proves the unit of the
//! volume.
//!
//! | element | meaning | unit |
//! | --- | --- | --- |
//! | 0 | day, the last one traded of a week or month | `YYYY-MM-DD` |
//! | 1, 2, 3, 4 | open, **close**, **high**, **low** | currency of the instrument |
//! | 5 | volume | lots, of indices as well; shares on the STAR board |
//! | 6 | the dividend of an ex-date, else `{}` | |
//! | 7 | turnover | % |
//! | 8 | amount | 10,000 of the currency, two decimals |

use std::marker::PhantomData;

use finvista_core::dataset::{Bar, BarSink, Dataset};
use finvista_core::{
    Adjust, Board, Capability, Endpoint, EndpointContext, ErrorKind, Next, Period, Reply, Request, Series,
    SourceError, Zone, date, wire,
};
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use serde_json::value::RawValue;

use crate::answer::{Answer, Row, invalid, no_data, not_found};
use crate::json::{self, Cell};
use crate::{code, units};

/// Rows asked for in one request. Tencent sends the newest up to the end asked, and by some measurements fewer (wire notes on
/// Tencent, §2), so nothing is concluded from a short page.
const ROWS: u32 = 640;

/// A history of 36 years has 14 pages. More than this number means that pages have become absurdly short.
const MAX_PAGES: u32 = 100;

/// Days asked for before the start, so that the first bar has a previous close: more than the longest holiday.
const DAYS_BEFORE: i64 = 15;

/// Bars of days, weeks and months, unadjusted and adjusted both ways.
#[derive(Debug)]
pub struct Kline<D> {
    priority: i32,
    capability: Capability,
    dataset: PhantomData<fn() -> D>,
}

impl<D> Kline<D> {
    /// The bars of a data set.
    pub const fn new(priority: i32, capability: Capability) -> Self {
        Self { priority, capability, dataset: PhantomData }
    }
}

impl<D: Dataset<Selection = Series>> Endpoint for Kline<D>
where
    D::Builder: BarSink<At = Date>,
{
    type Dataset = D;
    type State = KlinePage;

    fn priority(&self) -> i32 {
        self.priority
    }

    fn capability(&self) -> Capability {
        self.capability
    }

    /// The pages of the range asked. Where a whole history begins is not known, and so only that it takes one.
    fn requests(&self, cx: &EndpointContext, series: &Series) -> usize {
        let today = cx.today();
        let end = series.range.end().map_or(today, |end| end.min(today));
        let days = series.range.start().map_or(1, |start| date::weekdays(start, end).max(1));
        let bars = match series.period {
            Period::Week => days / 5,
            Period::Month => days / 20,
            _ => days,
        };
        usize::try_from(bars).map_or(1, |bars| bars.div_ceil(ROWS as usize).max(1))
    }

    fn request(&self, _cx: &EndpointContext, series: &Series) -> Result<Request, SourceError> {
        KlinePage::default().request(series)
    }

    fn decode(
        &self,
        series: &Series,
        page: &mut KlinePage,
        reply: &Reply<'_>,
        out: &mut D::Builder,
    ) -> Result<Next, SourceError> {
        let symbol = &series.symbol;
        let Some(answer) = Answer::of(reply.body, symbol)? else {
            return match page.end {
                None => Err(not_found(symbol)),
                // The first page knew the symbol, so this is not the end of its history but no answer.
                Some(end) => Err(invalid(format!("the page up to {end} does not mention {symbol}"))),
            };
        };
        let quote = answer.quote(symbol)?;
        let is_known = !quote.is_empty();
        units::prove(symbol, &quote)?;
        let Some((rows, is_plain)) = rows(&answer, series, reply.at)? else {
            answer.refuse_other_rows(&keys(series.period))?;
            return match page.end {
                None if !is_known => Err(not_found(symbol)),
                _ => finish(series, out),
            };
        };
        if page.end.is_some() && page.is_plain != is_plain {
            return Err(unadjusted(series));
        }
        let Some((first, last)) = read(rows, series, out)? else { return finish(series, out) };
        if let Some(end) = page.end.filter(|&end| end < last) {
            return Err(invalid(format!("the page up to {end} has a bar of {symbol} on {last}")));
        }
        if series.range.start().is_some_and(|start| first < start) {
            return finish(series, out);
        }
        // Before 1970 no exchange was open.
        let Some(end) = eve(series.period, first).filter(|&end| end > Date::constant(1970, 1, 1)) else {
            return finish(series, out);
        };
        *page = KlinePage { number: page.number + 1, end: Some(end), is_plain };
        if page.number < MAX_PAGES {
            return page.request(series).map(Next::Send);
        }
        Err(invalid(format!("{MAX_PAGES} pages of {symbol} reach back no further than {first}")))
    }
}

/// One page of a history, asked for from the newest to the oldest.
#[derive(Debug, Default)]
pub struct KlinePage {
    /// The pages before it.
    number: u32,
    /// Its last day; `None` on the first page, whose end is the query's own. Each page must be older than the one before:
    /// a vendor that ignored the end would be asked for ever.
    end: Option<Date>,
    /// Whether the newer pages were unadjusted although adjusted bars were asked for. Half a history adjusted and half not
    /// would be the worst of answers, so the older pages must be of the same kind.
    is_plain: bool,
}

impl KlinePage {
    fn request(&self, series: &Series) -> Result<Request, SourceError> {
        let period = series.period;
        let back = match period {
            Period::Week => DAYS_BEFORE + 7,
            Period::Month => DAYS_BEFORE + 31,
            _ => DAYS_BEFORE,
        };
        let start = series.range.start().and_then(|start| start.checked_sub(back.days()).ok());
        // Whole weeks and months are asked for: an end within one might cut its bar. The builder drops what ends later.
        let end = self.end.or_else(|| series.range.end().map(|end| last_day(period, end)));
        let day = |day: Option<Date>| day.map_or_else(String::new, |day| day.to_string());
        let adjust = match series.adjust {
            Adjust::None => "bfq",
            Adjust::Qfq => "qfq",
            Adjust::Hfq => "hfq",
        };
        Ok(Request::get(format!(
            "https://proxy.finance.qq.com/ifzqgtimg/appstock/app/newfqkline/get?param={},{period},{},{},{ROWS},{adjust}",
            code::of_bars(series.symbol)?,
            day(start),
            day(end),
        )))
    }
}

/// The last day of the period that a day lies in.
fn last_day(period: Period, day: Date) -> Date {
    match period {
        Period::Week => {
            let left = 6 - i64::from(day.weekday().to_monday_zero_offset());
            day.checked_add(left.days()).unwrap_or(day)
        }
        Period::Month => day.last_of_month(),
        _ => day,
    }
}

/// The day before the period that a day lies in.
fn eve(period: Period, day: Date) -> Option<Date> {
    let gone = match period {
        Period::Week => i64::from(day.weekday().to_monday_zero_offset()),
        Period::Month => i64::from(day.day()) - 1,
        _ => 0,
    };
    day.checked_sub((gone + 1).days()).ok()
}

/// The names of the arrays: unadjusted, forward and backward adjusted. Weeks and months:
/// tencent_day_week_month_sz300750_hk00700_2026-09-11.trimmed.jsonl.
const fn keys(period: Period) -> [&'static str; 3] {
    match period {
        Period::Week => ["week", "qfqweek", "hfqweek"],
        Period::Month => ["month", "qfqmonth", "hfqmonth"],
        _ => ["day", "qfqday", "hfqday"],
    }
}

/// The array to read, and whether it is plain: Tencent falls back to unadjusted bars without a word. They are taken for
/// adjusted ones only where both are the same.
fn rows<'a>(
    answer: &Answer<'a>,
    series: &Series,
    at: Option<Timestamp>,
) -> Result<Option<(&'a RawValue, bool)>, SourceError> {
    let [plain, qfq, hfq] = keys(series.period);
    let asked = match series.adjust {
        Adjust::None => plain,
        Adjust::Qfq => qfq,
        Adjust::Hfq => hfq,
    };
    if let Some(rows) = answer.rows(asked) {
        return Ok(Some((rows, false)));
    }
    if let Some(other) = [qfq, hfq].into_iter().find(|key| answer.rows(key).is_some()) {
        return Err(invalid(format!("expected bars of {} under {asked}, got {other}", series.symbol)));
    }
    let Some(rows) = answer.rows(plain) else { return Ok(None) };
    match (series.symbol.board(), series.period) {
        // A fund or a Beijing share may have gone ex and still come this way.
        (Board::Fund | Board::Beijing, _) => Err(unadjusted(series)),
        // A share that never went ex comes this way too, and then the bars are right.
        (_, Period::Day) if shows_every_event(series, at) => {
            let mut went_ex = false;
            json::each_row(rows, |row: Row<'_>| {
                went_ex |= row.event == Cell::Filled;
                Ok(())
            })?;
            if went_ex { Err(unadjusted(series)) } else { Ok(Some((rows, true))) }
        }
        // An event outside the range adjusts the bars inside, and whether bars of weeks and months show theirs is not known.
        _ => Err(unadjusted(series)),
    }
}

/// Whether the pages of a series show every event that adjusts its bars: forward, those from the bar until today; backward, those
/// since the listing.
fn shows_every_event(series: &Series, at: Option<Timestamp>) -> bool {
    let (start, end) = (series.range.start(), series.range.end());
    match series.adjust {
        Adjust::Hfq => start.is_none(),
        _ => end.is_none_or(|end| at.is_some_and(|at| Zone::Shanghai.day(at) <= end)),
    }
}

/// Reads the rows. Returns the first and the last day.
fn read(
    rows: &RawValue,
    series: &Series,
    out: &mut impl BarSink<At = Date>,
) -> Result<Option<(Date, Date)>, SourceError> {
    let unit = units::volume(&series.symbol);
    let mut days: Option<(Date, Date)> = None;
    json::each_row(rows, |row: Row<'_>| {
        let bar = bar(&row, unit)?;
        days = Some(days.map_or((bar.at, bar.at), |(first, last)| (first.min(bar.at), last.max(bar.at))));
        out.bar(bar);
        Ok(())
    })?;
    Ok(days)
}

fn bar(row: &Row<'_>, unit: i64) -> Result<Bar, SourceError> {
    let day = wire::day("date", row.label.text())?;
    let [open, high, low, close] = row.prices()?;
    let volume = row.volume(unit)?;
    Ok(Bar {
        amount: row.amount()?,
        turnover: row.turnover()?,
        ..Bar::new(day, open, high, low, close, volume)
    })
}

fn finish(series: &Series, out: &impl BarSink) -> Result<Next, SourceError> {
    if out.is_empty() { Err(no_data(series)) } else { Ok(Next::Done) }
}

fn unadjusted(series: &Series) -> SourceError {
    let message =
        format!("Tencent sends unadjusted bars of {} where {} was asked", series.symbol, series.adjust);
    SourceError::new(ErrorKind::Unsupported, message)
}
