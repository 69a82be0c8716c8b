//! Bars of minutes: `kline/mkline`, the newest ones in one answer.
//!
//! | element | meaning | unit |
//! | --- | --- | --- |
//! | 0 | the **end** of the bar in China | `YYYYMMDDhhmm` |
//! | 1, 2, 3, 4 | open, **close**, **high**, **low** | currency of the instrument |
//! | 5 | volume | lots; shares on the STAR board |
//! | 6 | `{}` | |
//! | 7 | turnover, and **no amount** | 1/100 % |
//!
//! (tencent_mkline_m5_sh600519_2026-07-09.trimmed.json.txt; wire notes on Tencent, §3.)

use finvista_core::dataset::{Bar, BarSink};
use finvista_core::{
    Board, BuilderOf, Capability, Endpoint, EndpointContext, Next, Period, Reply, Request, Series,
    SourceError, wire,
};
use finvista_datasets::CnStockMinute;
use jiff::civil::DateTime;

use crate::answer::{Answer, Row, invalid, no_data, not_found};
use crate::json::{self, Cell};
use crate::{STOCKS, code, units};

/// The newest bars of one answer. Some report more, and the most careful report no more (wire notes on Tencent, §3).
const ROWS: u32 = 320;

/// The shares in free float, among the fields of a quote.
const FLOAT: usize = 72;

/// Bars of minutes, unadjusted.
#[derive(Debug)]
pub struct Minutes;

impl Endpoint for Minutes {
    type Dataset = CnStockMinute;
    type State = ();

    fn priority(&self) -> i32 {
        2
    }

    /// Without amounts the units of Beijing shares and of B shares are not proven (wire notes on Tencent, §2).
    fn capability(&self) -> Capability {
        Capability::of_boards(STOCKS.without(Board::Beijing).without(Board::BShare)).last_bars(ROWS)
    }

    fn request(&self, _cx: &EndpointContext, series: &Series) -> Result<Request, SourceError> {
        let (code, key) = (code::of_bars(series.symbol)?, key(series.period));
        Ok(Request::get(format!(
            "https://ifzq.gtimg.cn/appstock/app/kline/mkline?param={code},{key},,{ROWS}"
        )))
    }

    fn decode(
        &self,
        series: &Series,
        _state: &mut (),
        reply: &Reply<'_>,
        out: &mut BuilderOf<Self>,
    ) -> Result<Next, SourceError> {
        let (symbol, key) = (&series.symbol, key(series.period));
        let answer = Answer::of(reply.body, symbol)?.ok_or_else(|| not_found(symbol))?;
        let quote = answer.quote(symbol)?;
        let Some(rows) = answer.rows(&key) else {
            answer.refuse_other_rows(&[&key])?;
            return Err(if quote.is_empty() { not_found(symbol) } else { no_data(series) });
        };
        let unit = units::volume(symbol);
        let (mut count, mut first, mut traded, mut turnover) = (0, None, 0, 0.0);
        json::each_row(rows, |row: Row<'_>| {
            let (end, [open, high, low, close]) = (end(row.label.text())?, row.prices()?);
            let volume = row.volume(unit)?;
            first = Some(first.map_or(end, |first: DateTime| first.min(end)));
            (count, traded) = (count + 1, traded + volume);
            turnover += row.turnover()?.unwrap_or(0.0);
            out.bar(Bar::new(end, open, high, low, close, volume));
            Ok(())
        })?;
        prove(series, traded, turnover, quote.get(FLOAT))?;
        match (first, series.range.start()) {
            (Some(first), Some(start)) if count >= ROWS && first.date() >= start => {
                Err(invalid(format!("{count} bars of {symbol} begin at {first}, and {start} was asked for")))
            }
            _ if out.is_empty() => Err(no_data(series)),
            _ => Ok(Next::Done),
        }
    }
}

/// The name of the array, which is also that of the period: m1, m5, m15, m30 or m60.
fn key(period: Period) -> String {
    match period {
        Period::Minutes(minutes) => format!("m{minutes}"),
        other => other.to_string(),
    }
}

fn end(text: &str) -> Result<DateTime, SourceError> {
    let time = DateTime::strptime("%Y%m%d%H%M", text).ok().filter(|_| text.len() == 12);
    time.ok_or_else(|| SourceError::decode(format!("time: expected one such as 202607090950, got {text:?}")))
}

/// Proves the unit of the volumes, which have no amount beside them, by the turnover: 2,041 lots of sh600519 are 1.63/10,000
/// of its float of 1,250,081,601 shares (tencent_mkline_m5_sh600519_2026-07-09.trimmed.json.txt,
/// tencent_quote_ashare_excerpt_2026-07-03.txt). Lots in place of shares would be wrong by 100; a float that changed in these
/// weeks is not.
fn prove(series: &Series, traded: i64, turnover: f64, float: Option<&Cell<'_>>) -> Result<(), SourceError> {
    let Some(float) = wire::optional("float", float.map_or("", Cell::text))? else { return Ok(()) };
    let told = turnover * 1e-4 * float;
    // Bars of a few lots round to a turnover of nothing.
    if turnover < 1.0 || float <= 0.0 || (0.1..10.0).contains(&(traded as f64 / told)) {
        return Ok(());
    }
    Err(invalid(format!("{traded} shares of {} where the turnover says {told:.0}", series.symbol)))
}
