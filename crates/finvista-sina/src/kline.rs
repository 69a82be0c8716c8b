//! Bars: `CN_MarketDataService.getKLineData`, and a factor file where adjusted prices are asked for.
//!
//! A row is `{"day":"2019-12-27","open":"38.100","high":"38.500","low":"37.800","close":"37.860","volume":"35953534"}`: as
//! traded, volume in shares (wire note 3.1). `amount` is in the currency of the instrument; minutes have it since 2026
//! (sina_kline_5min_with_amount_sh600150_2026-09-11.fragment.txt). `ma_*` averages come with other values of the parameter `ma`.
//!
//! `scale` is the number of trading minutes in a bar: 240 is a day. 1200 is called a week, but no recording shows which weeks it
//! counts and which day labels them, so weeks are not served. Reports about `scale=1` differ (wire note 3.1).

use std::marker::PhantomData;

use finvista_core::dataset::{BarSink, BarTime, Dataset};
use finvista_core::{
    Adjust, Board, Boards, Capability, DateRange, Endpoint, EndpointContext, ErrorKind, Next, Period, Reply,
    Request, Series, SourceError, date, sample, wire,
};
use jiff::civil::Date;

mod rows;

use crate::{factor, script};
use rows::{Label, Rows};

pub(crate) use rows::digits;

/// The endpoint of a data set of bars.
#[derive(Debug)]
pub(crate) struct Kline<D> {
    priority: i32,
    capability: Capability,
    dataset: PhantomData<fn() -> D>,
}

/// The most rows that anybody got in one answer (wire note 3.1).
const MOST_ROWS: u32 = 1023;

/// Some got no more than 1,000. An answer as long as this may have been cut, whatever was asked.
const CUT_ROWS: u32 = 1000;

/// Enough for a short range whose last bar before it lies behind a holiday or a halt.
const LEAST_ROWS: u32 = 30;

/// No holiday takes more weekdays than this.
const HOLIDAY: i64 = 10;

/// No factor file of a Beijing share is known, and those of funds subtract (wire note 3.3; company-global.md 4.4).
const ADJUSTED: Boards = crate::STOCKS.without(Board::Beijing).without(Board::Fund);

/// Daily bars of stocks and funds.
pub(crate) const DAYS: Capability = Capability::of_boards(crate::STOCKS)
    .adjusts(Adjust::Qfq, ADJUSTED)
    .adjusts(Adjust::Hfq, ADJUSTED)
    .periods(&[Period::Day])
    .last_bars(MOST_ROWS)
    .precision(crate::PRECISION);

/// Bars of minutes of stocks and funds. A day has one factor, so they are adjusted as days are.
pub(crate) const MINUTES: Capability =
    DAYS.periods(&[Period::Minutes(5), Period::Minutes(15), Period::Minutes(30), Period::Minutes(60)]);

/// Daily bars of indices. Their volume is in shares, too: that of sh000001 on 2026-09-28 is 100 times Tencent's lots
/// (sina_index_kline_sh000001_2026-09-28.fragment.json), though quotes count lots.
pub(crate) const INDEX_DAYS: Capability = Capability::of_boards(crate::INDICES)
    .periods(&[Period::Day])
    .last_bars(MOST_ROWS)
    .precision(crate::PRECISION);

impl<D> Kline<D> {
    pub(crate) const fn new(priority: i32, capability: Capability) -> Self {
        Self { priority, capability, dataset: PhantomData }
    }
}

/// What the next answer holds.
#[derive(Debug, Default, PartialEq)]
pub(crate) enum Expected {
    #[default]
    Bars,
    Factors,
}

impl<D> Endpoint for Kline<D>
where
    D: Dataset<Selection = Series>,
    D::Builder: BarSink<At: Label>,
{
    type Dataset = D;
    type State = Expected;

    fn priority(&self) -> i32 {
        self.priority
    }

    fn capability(&self) -> Capability {
        self.capability
    }

    fn requests(&self, _: &EndpointContext, series: &Series) -> usize {
        1 + usize::from(series.adjust != Adjust::None)
    }

    fn request(&self, cx: &EndpointContext, series: &Series) -> Result<Request, SourceError> {
        let (code, scale, rows) =
            (crate::code(series.symbol)?, scale(series)?, rows_to_ask(series, cx.today()));
        // The JSONP form, because rows carry no symbol: the name that it echoes says whose they are, and how many were asked for.
        Ok(Request::get(format!(
            "https://quotes.sina.cn/cn/api/jsonp_v2.php/var%20{}{rows}=/CN_MarketDataService.getKLineData\
             ?symbol={code}&scale={scale}&ma=no&datalen={rows}",
            name(&code, scale)
        )))
    }

    fn decode(
        &self,
        series: &Series,
        expected: &mut Expected,
        reply: &Reply<'_>,
        out: &mut D::Builder,
    ) -> Result<Next, SourceError> {
        if *expected == Expected::Factors {
            factor::apply(series, reply, out)?;
            return Ok(Next::Done);
        }
        let Series { symbol, range, .. } = *series;
        let answer = read(series, reply.body, out)?;
        let Some(first) = answer.first else {
            return Err(SourceError::new(ErrorKind::NotFound, format!("Sina has no bars of {symbol}")));
        };
        if answer.may_lack(range) {
            let (rows, day) = (answer.rows, first.day());
            return Err(SourceError::new(
                ErrorKind::Unsupported,
                format!(
                    "Sina sent its latest {rows} bars of {symbol}, which begin on {day} and may not reach back to the start of \
                     {range}"
                ),
            ));
        }
        if out.is_empty() {
            let message = format!("Sina has bars of {symbol}, but none in the range asked for, {range}");
            return Err(SourceError::new(ErrorKind::NoData, message));
        }
        if series.adjust == Adjust::None {
            return Ok(Next::Done);
        }
        *expected = Expected::Factors;
        factor::request(series).map(Next::Send)
    }
}

/// The parameter `scale` of a period.
fn scale(series: &Series) -> Result<u8, SourceError> {
    match series.period {
        Period::Day => Ok(240),
        Period::Minutes(minutes) => Ok(minutes),
        period => Err(SourceError::new(ErrorKind::Unsupported, format!("Sina has no bars of a {period}"))),
    }
}

/// The name that an answer echoes, without the number of rows behind it: `_sh603259_240_60` is recorded for 60 rows.
fn name(code: &str, scale: u8) -> String {
    format!("_{code}_{scale}_")
}

/// As many rows as there can be since the start, and a few more for the bar before it.
fn rows_to_ask(series: &Series, today: Date) -> u32 {
    let Some(start) = series.range.start() else { return MOST_ROWS };
    let bars_a_day = match series.period {
        // One more than fits into four hours: some vendors give the auction a bar of its own.
        Period::Minutes(minutes) => 240 / i64::from(minutes.max(1)) + 1,
        _ => 1,
    };
    let rows = date::weekdays(start, today) * bars_a_day + HOLIDAY;
    u32::try_from(rows).unwrap_or(MOST_ROWS).clamp(LEAST_ROWS, MOST_ROWS)
}

/// What is known of an answer once its rows are in the builder.
struct Answer<At> {
    rows: u32,
    first: Option<At>,
    /// Whether there may be older bars than the first.
    may_be_cut: bool,
}

impl<At: Label> Answer<At> {
    /// Whether bars of the range may be missing at its start. Bars of minutes must begin on an earlier day: the first day of an
    /// answer may itself be cut.
    fn may_lack(&self, range: DateRange) -> bool {
        let covers = |start| self.first.is_some_and(|first| first <= At::start_of(start));
        self.may_be_cut && !range.start().is_some_and(covers)
    }
}

/// Reads an answer into the builder.
fn read<S: BarSink<At: Label>>(
    series: &Series,
    body: &[u8],
    out: &mut S,
) -> Result<Answer<S::At>, SourceError> {
    wire::refuse_page(body)?;
    let script = script::parse(body)?;
    let wanted = name(&crate::code(series.symbol)?, scale(series)?);
    let asked = script.name.and_then(|name| match name.strip_prefix(&wanted) {
        Some(rows) => rows.parse::<u64>().ok(),
        // A gateway may send its own requests, under the name that other programs use. Days are told by their labels.
        None => (series.period == Period::Day && wanted.strip_suffix("_240_") == Some(name))
            .then_some(u64::from(LEAST_ROWS)),
    });
    let mut rows = Rows::new(out);
    wire::json_with(script.payload, &mut rows)?;
    // `null` may come without its wrapping.
    let is_bare_null = script.name.is_none() && rows.first.is_none();
    match asked {
        None if !is_bare_null => {
            let name = script.name.unwrap_or("none");
            let message = format!("expected bars under a name {wanted}…, got {name}: {}", sample(body));
            Err(SourceError::new(ErrorKind::Invalid, message))
        }
        _ => {
            let cut_at = asked.unwrap_or_default().min(u64::from(CUT_ROWS));
            Ok(Answer { rows: rows.count, first: rows.first, may_be_cut: u64::from(rows.count) >= cut_at })
        }
    }
}
