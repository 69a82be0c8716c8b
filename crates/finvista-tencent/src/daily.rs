//! Daily bars: `newfqkline/get`, whose rows carry turnover and amount. The amount is the proof of the volume's unit.
//!
//! | element | meaning | unit |
//! | --- | --- | --- |
//! | 0 | day | `YYYY-MM-DD` |
//! | 1, 2, 3, 4 | open, **close**, **high**, **low** | currency of the instrument |
//! | 5 | volume | lots; shares on the STAR board |
//! | 6 | the dividend of an ex-date, else `{}` | |
//! | 7 | turnover | % |
//! | 8 | amount | 10,000 of the currency, two decimals |

use finvista_core::dataset::{Bar, CnStockDaily, CnStockDailyBuilder, CnStockDailyQuery};
use finvista_core::{
    Adjust, Board, Capability, Endpoint, ErrorKind, Next, Precision, Reply, Request, Settings, SourceError,
    date, wire,
};
use jiff::ToSpan;
use jiff::civil::Date;
use serde_json::value::RawValue;

use crate::kline::{self, Cell, Row, Series};
use crate::units;

/// Rows asked for in one request. Tencent sends the newest so many up to the end asked; some measured fewer, so nothing
/// is concluded from a short page.
const ROWS: u32 = 640;

/// A history of 36 years has 14 pages. More than this many means that pages have become absurdly short.
const MAX_PAGES: u32 = 100;

/// Days asked for before the start, so that the first bar has a previous close: more than the longest holiday.
const DAYS_BEFORE: i64 = 15;

/// Daily bars of stocks, funds and B shares, unadjusted and adjusted both ways.
#[derive(Debug)]
pub struct Daily;

impl Endpoint for Daily {
    type Dataset = CnStockDaily;

    fn priority(&self) -> i32 {
        2
    }

    fn capability(&self) -> Capability {
        use Board::{BShare, Beijing, ChiNext, Fund, Main, Other, Star};
        // Tencent adjusts no Beijing share: it answers `day` whatever is asked.
        let adjusted = [Main, Star, ChiNext, BShare, Fund, Other];
        Capability::of_boards(&[Main, Star, ChiNext, Beijing, BShare, Fund, Other])
            .adjusts(Adjust::Qfq, &adjusted)
            .adjusts(Adjust::Hfq, &adjusted)
            // Volumes are whole lots, amounts have two decimals of 10,000 yuan, prices two or three of a yuan.
            .precision(Precision { volume: 100.0, amount: 100.0, price: 0.005 })
    }

    /// The pages of the range asked. Of a whole history nobody knows the first day, and so only that it takes one.
    fn requests(&self, cx: &Settings, query: &CnStockDailyQuery) -> usize {
        let end = query.range.end().unwrap_or(cx.today).min(cx.today);
        let bars = query.range.start().map_or(1, |start| date::weekdays(start, end).max(1));
        usize::try_from(bars).map_or(1, |bars| bars.div_ceil(ROWS as usize))
    }

    fn request(&self, _cx: &Settings, query: &CnStockDailyQuery) -> Result<Request, SourceError> {
        Ok(Page::FIRST.request(query))
    }

    fn decode(
        &self,
        query: &CnStockDailyQuery,
        reply: &Reply<'_>,
        out: &mut CnStockDailyBuilder,
    ) -> Result<Next, SourceError> {
        wire::refuse_page(reply.body)?;
        let page = Page::of_step(reply.step);
        let symbol = &query.symbol;
        let Some(series) = Series::of(reply.body, symbol)? else {
            return match page.end {
                None => Err(not_found(query)),
                // The first page knew the symbol, so this is not the end of its history but no answer.
                Some(end) => Err(invalid(format!("the page up to {end} does not mention {symbol}"))),
            };
        };
        let is_known = series.is_known(symbol)?;
        let (rows, plain) = match (rows(&series, query)?, series.unknown_rows()) {
            (Some(rows), _) => rows,
            (None, Some(key)) => {
                return Err(SourceError::decode(format!(
                    "bars of {symbol} under {key:?}, a name of no series"
                )));
            }
            (None, None) if page.end.is_none() && !is_known => return Err(not_found(query)),
            (None, None) => return finish(query, out),
        };
        if page.end.is_some() && page.plain != plain {
            return Err(unadjusted(query));
        }
        let Some((first, last)) = read(rows, query, out)? else { return finish(query, out) };
        if let Some(end) = page.end.filter(|&end| end < last) {
            return Err(invalid(format!("the page up to {end} has a bar of {symbol} on {last}")));
        }
        if query.range.start().is_some_and(|start| first < start) {
            return finish(query, out);
        }
        match page.before(first, plain) {
            Some(page) if page.number < MAX_PAGES => Ok(Next::Send(page.request(query))),
            Some(page) => Err(invalid(format!(
                "{MAX_PAGES} pages of {symbol} reach back no further than {first}, and {} were to come",
                page.request(query).url
            ))),
            None => finish(query, out),
        }
    }
}

/// One page of a history, asked from the newest to the oldest.
///
/// The step carries the day up to which the page was asked, so that each page is known to be older than the one before:
/// without it a vendor that ignores the end would be asked for ever.
struct Page {
    number: u32,
    /// `None` on the first page, whose end is the query's own.
    end: Option<Date>,
    /// Whether the newer pages were taken as they are, although adjusted bars were asked for. Half a history adjusted and
    /// half not would be the worst of answers, so the older pages must be of the same kind.
    plain: bool,
}

impl Page {
    const FIRST: Self = Self { number: 0, end: None, plain: false };

    /// A step is, from the highest bit: plain (1 bit), the number of the page (7), its end in days since 1970 (24).
    fn of_step(step: u32) -> Self {
        match ((step >> 24) & 0x7f, i32::try_from(step & 0xff_ffff)) {
            (0, _) | (_, Err(_)) => Self::FIRST,
            (number, Ok(days)) => {
                Self { number, end: date::from_days_since_epoch(days), plain: step >> 31 == 1 }
            }
        }
    }

    fn step(&self) -> u32 {
        let days = self.end.and_then(|end| u32::try_from(date::days_since_epoch(end)).ok()).unwrap_or(0);
        (u32::from(self.plain) << 31) | (self.number << 24) | days
    }

    /// The page that ends the day before `first`, or `None` when that is before 1970: no exchange was open.
    fn before(&self, first: Date, plain: bool) -> Option<Self> {
        let end = first.yesterday().ok().filter(|&end| end > Date::constant(1970, 1, 1))?;
        Some(Self { number: self.number + 1, end: Some(end), plain })
    }

    fn request(&self, query: &CnStockDailyQuery) -> Request {
        let start = query.range.start().and_then(|start| start.checked_sub(DAYS_BEFORE.days()).ok());
        let day = |day: Option<Date>| day.map_or_else(String::new, |day| day.to_string());
        let adjust = match query.adjust {
            Adjust::None => "bfq",
            Adjust::Qfq => "qfq",
            Adjust::Hfq => "hfq",
        };
        Request::get(format!(
            "https://proxy.finance.qq.com/ifzqgtimg/appstock/app/newfqkline/get?param={},day,{},{},{ROWS},{adjust}",
            query.symbol.prefixed(),
            day(start),
            day(self.end.or_else(|| query.range.end())),
        ))
        .step(self.step())
    }
}

/// The array to read, and whether it is plain: Tencent falls back to unadjusted bars under `day` without a word. They are
/// taken for adjusted ones only where both are the same.
fn rows<'a>(
    series: &Series<'a>,
    query: &CnStockDailyQuery,
) -> Result<Option<(&'a RawValue, bool)>, SourceError> {
    let symbol = &query.symbol;
    if let Some(rows) = series.rows(query.adjust) {
        return Ok(Some((rows, false)));
    }
    if let Some(other) = [Adjust::Qfq, Adjust::Hfq].into_iter().find(|&a| series.rows(a).is_some()) {
        return Err(invalid(format!("{other} bars of {symbol} where {} was asked", query.adjust)));
    }
    let Some(rows) = series.rows(Adjust::None) else { return Ok(None) };
    match symbol.board() {
        // A fund or a Beijing share may have gone ex and still come this way.
        Board::Fund | Board::Beijing => Err(unadjusted(query)),
        // A share that never went ex comes this way too, and then the bars are right.
        _ => {
            let mut went_ex = false;
            kline::each_row(rows, |row| {
                went_ex |= row.event == Cell::Filled;
                Ok(())
            })?;
            if went_ex { Err(unadjusted(query)) } else { Ok(Some((rows, true))) }
        }
    }
}

/// Reads the rows. Returns the first and the last day.
fn read(
    rows: &RawValue,
    query: &CnStockDailyQuery,
    out: &mut CnStockDailyBuilder,
) -> Result<Option<(Date, Date)>, SourceError> {
    let unit = units::volume(&query.symbol);
    let mut days: Option<(Date, Date)> = None;
    kline::each_row(rows, |row| {
        let bar = bar(&row, unit)?;
        days = Some(
            days.map_or((bar.date, bar.date), |(first, last)| (first.min(bar.date), last.max(bar.date))),
        );
        out.bar(bar);
        Ok(())
    })?;
    Ok(days)
}

fn bar(row: &Row<'_>, unit: i64) -> Result<Bar, SourceError> {
    let number = |field, cell: &Cell<'_>| wire::number(field, cell.text());
    let volume = wire::shares("volume", row.volume.text(), unit)?;
    // Shares that changed hands for nothing: the amount is missing.
    let amount = wire::optional("amount", row.amount.text())?.filter(|&amount| amount != 0.0 || volume == 0);
    Ok(Bar {
        date: date::parse(row.date.text()).map_err(|e| SourceError::decode(e.to_string()))?,
        open: number("open", &row.open)?,
        high: number("high", &row.high)?,
        low: number("low", &row.low)?,
        close: number("close", &row.close)?,
        volume,
        amount: amount.map(units::money),
        change: None,
        change_pct: None,
        amplitude: None,
        turnover: wire::optional("turnover", row.turnover.text())?,
    })
}

fn finish(query: &CnStockDailyQuery, out: &CnStockDailyBuilder) -> Result<Next, SourceError> {
    if out.is_empty() {
        let message = format!("no bars of {}, {}", query.symbol, query.range);
        return Err(SourceError::new(ErrorKind::NoData, message));
    }
    Ok(Next::Done)
}

fn not_found(query: &CnStockDailyQuery) -> SourceError {
    SourceError::new(ErrorKind::NotFound, format!("Tencent does not know {}", query.symbol))
}

fn unadjusted(query: &CnStockDailyQuery) -> SourceError {
    let message =
        format!("Tencent sends unadjusted bars of {} where {} was asked", query.symbol, query.adjust);
    SourceError::new(ErrorKind::Unsupported, message)
}

fn invalid(message: String) -> SourceError {
    SourceError::new(ErrorKind::Invalid, message)
}
