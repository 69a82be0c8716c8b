//! Daily bars: `CN_MarketDataService.getKLineData`, and a factor file where adjusted prices are asked.
//!
//! A row is `{"day":"2019-12-27","open":"38.100","high":"38.500","low":"37.800","close":"37.860","volume":"35953534"}`: as
//! traded, volume in shares. The 2026 rows of minutes add `amount`, in the currency of the instrument; `ma_*` averages
//! come with other values of the parameter `ma`.

use std::borrow::Cow;

use finvista_core::dataset::{Bar, CnStockDaily, CnStockDailyBuilder, CnStockDailyQuery};
use finvista_core::{
    Adjust, Board, Capability, Endpoint, ErrorKind, Next, Reply, Request, Settings, SourceError, date,
    sample, wire,
};
use jiff::civil::Date;
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error as _, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::script;

/// The endpoint of `cn_stock_daily`.
#[derive(Debug)]
pub struct Daily;

/// The step of the factor file. The step of the bars is the number of rows asked, which decoding must know to tell whether
/// an answer was cut; it is never less than [`LEAST_ROWS`].
const FACTORS: u32 = 1;

/// The most rows that anybody got in one answer (wire note 3.1).
const MOST_ROWS: u32 = 1023;

/// Some got no more than 1,000. An answer as long as this may have been cut, whatever was asked.
const CUT_ROWS: u32 = 1000;

/// Enough for a short range whose last bar before it lies behind a holiday or a halt.
const LEAST_ROWS: u32 = 30;

impl Endpoint for Daily {
    type Dataset = CnStockDaily;

    fn priority(&self) -> i32 {
        1
    }

    fn capability(&self) -> Capability {
        use Board::{BShare, Beijing, ChiNext, Fund, Main, Other, Star};
        // No factor file of a fund or a Beijing share is known.
        let adjusted = [Main, Star, ChiNext, BShare, Other];
        Capability::of_boards(&[Main, Star, ChiNext, Beijing, BShare, Fund, Other])
            .adjusts(Adjust::Qfq, &adjusted)
            .adjusts(Adjust::Hfq, &adjusted)
            .last_bars(MOST_ROWS)
            .precision(crate::PRECISION)
    }

    fn requests(&self, _: &Settings, query: &CnStockDailyQuery) -> usize {
        1 + usize::from(crate::factor::url(query).is_some())
    }

    fn request(&self, cx: &Settings, query: &CnStockDailyQuery) -> Result<Request, SourceError> {
        let code = query.symbol.prefixed();
        let rows = rows_to_ask(query.range.start(), cx.today);
        // The JSONP form, because the rows carry no symbol: the name that it echoes says whose they are.
        Ok(Request::get(format!(
            "https://quotes.sina.cn/cn/api/jsonp_v2.php/var%20_{code}=/CN_MarketDataService.getKLineData\
             ?symbol={code}&scale=240&ma=no&datalen={rows}"
        ))
        .step(rows))
    }

    fn decode(
        &self,
        query: &CnStockDailyQuery,
        reply: &Reply<'_>,
        out: &mut CnStockDailyBuilder,
    ) -> Result<Next, SourceError> {
        wire::refuse_page(reply.body)?;
        if reply.step == FACTORS {
            crate::factor::apply(query, reply.body, out)?;
            return Ok(Next::Done);
        }
        let symbol = &query.symbol;
        let read = read(symbol.prefixed().as_str(), reply.body, out)?;
        let Some(first) = read.first else {
            return Err(SourceError::new(ErrorKind::NotFound, format!("Sina has no bars of {symbol}")));
        };
        let cut_at = if reply.step == 0 { CUT_ROWS } else { CUT_ROWS.min(reply.step) };
        if read.rows >= cut_at && query.range.start().is_none_or(|start| start < first) {
            return Err(SourceError::new(
                ErrorKind::Unsupported,
                format!(
                    "Sina sent its latest {} bars of {symbol}, which begin on {first} and do not reach back to the start of {}",
                    read.rows, query.range
                ),
            ));
        }
        if out.is_empty() {
            return Err(SourceError::new(
                ErrorKind::NoData,
                format!("Sina has bars of {symbol}, and none in the range asked, {}", query.range),
            ));
        }
        match crate::factor::url(query) {
            Some(url) => Ok(Next::Send(Request::get(url).step(FACTORS))),
            None => Ok(Next::Done),
        }
    }
}

/// As many rows as there can be trading days since the start, and ten for the bar before it: no holiday is longer.
fn rows_to_ask(start: Option<Date>, today: Date) -> u32 {
    let Some(start) = start else { return MOST_ROWS };
    u32::try_from(date::weekdays(start, today) + 10).unwrap_or(MOST_ROWS).clamp(LEAST_ROWS, MOST_ROWS)
}

/// Reads an answer into the builder.
fn read<'a>(code: &str, body: &[u8], out: &'a mut CnStockDailyBuilder) -> Result<Bars<'a>, SourceError> {
    let script = script::parse(body)?;
    if let Some(name) = script.name
        && !is_of(name, code)
    {
        return Err(SourceError::new(
            ErrorKind::Invalid,
            format!("bars under the name {name:?}, where those of {code} were asked: {}", sample(body)),
        ));
    }
    let mut bars = Bars { out, rows: 0, first: None };
    let mut json = serde_json::Deserializer::from_slice(script.payload);
    bars.deserialize(&mut json)
        .and_then(|()| json.end())
        .map_err(|e| SourceError::decode(format!("{e}, in the bars of {code}: {}", sample(body))))?;
    Ok(bars)
}

/// Whether the echoed name is one of this code: `_sh600519` as asked here, `_sh603259_240_60` and `sh600086` as recorded.
fn is_of(name: &str, code: &str) -> bool {
    let name = name.strip_prefix('_').unwrap_or(name);
    name.strip_prefix(code).is_some_and(|rest| rest.is_empty() || rest.starts_with('_'))
}

/// Takes rows one by one into the builder, and counts them.
struct Bars<'a> {
    out: &'a mut CnStockDailyBuilder,
    rows: u32,
    first: Option<Date>,
}

#[derive(Deserialize)]
struct Row<'a> {
    #[serde(borrow)]
    day: Cow<'a, str>,
    #[serde(borrow)]
    open: &'a RawValue,
    #[serde(borrow)]
    high: &'a RawValue,
    #[serde(borrow)]
    low: &'a RawValue,
    #[serde(borrow)]
    close: &'a RawValue,
    #[serde(borrow)]
    volume: &'a RawValue,
    #[serde(borrow)]
    amount: Option<&'a RawValue>,
}

impl Row<'_> {
    fn bar(&self) -> Result<Bar, SourceError> {
        let date = date::parse(&self.day).map_err(|e| SourceError::decode(format!("day: {e}")))?;
        Ok(Bar {
            date,
            open: wire::number("open", digits(self.open))?,
            high: wire::number("high", digits(self.high))?,
            low: wire::number("low", digits(self.low))?,
            close: wire::number("close", digits(self.close))?,
            volume: wire::shares("volume", digits(self.volume), 1)?,
            amount: self.amount.map_or(Ok(None), |amount| wire::optional("amount", digits(amount)))?,
            change: None,
            change_pct: None,
            amplitude: None,
            turnover: None,
        })
    }
}

/// The text of a number, whether it came as one or as a string.
pub(crate) fn digits(raw: &RawValue) -> &str {
    raw.get().trim_matches('"')
}

impl<'de> DeserializeSeed<'de> for &mut Bars<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for &mut Bars<'_> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an array of bars, or null for an unknown symbol")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut rows: A) -> Result<(), A::Error> {
        while let Some(row) = rows.next_element::<Row<'de>>()? {
            let bar = row
                .bar()
                .map_err(|e| A::Error::custom(format!("the bar of {}: {}", row.day, e.message())))?;
            self.rows += 1;
            self.first = Some(self.first.map_or(bar.date, |first| first.min(bar.date)));
            self.out.bar(bar);
        }
        Ok(())
    }
}
