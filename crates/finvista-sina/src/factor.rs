//! The factor files `qfq.js` and `hfq.js`: a step function of days.
//!
//! `var sz000001qfq={"total":3,"data":[{"d":"2026-06-12","f":"1.0000000000000000"},…,{"d":"1900-01-01","f":"…"}]}`, with or
//! without a semicolon and a comment behind it. qfq is price / f and hfq is price × f: on the ex-date of sh600103,
//! 2019-06-03, the open of 2.450 follows a close of 3.040 / 1.3 (sina_adjust_factor_sh600103_qfq_hfq.rows.txt).

use std::borrow::Cow;
use std::cell::Cell;

use finvista_core::dataset::{CnStockDailyBuilder, CnStockDailyQuery};
use finvista_core::{Adjust, ErrorKind, SourceError, date, sample, wire};
use jiff::civil::Date;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::daily::digits;
use crate::script;

/// The address of the factor file that the query needs; `None` for prices as traded.
pub(crate) fn url(query: &CnStockDailyQuery) -> Option<String> {
    let (code, adjust) = (query.symbol.prefixed(), query.adjust);
    (adjust != Adjust::None)
        .then(|| format!("https://finance.sina.com.cn/realstock/company/{code}/{}.js", adjust.name()))
}

/// Adjusts the bars in the builder by a factor file.
///
/// # Errors
///
/// [`ErrorKind::Invalid`] for the file of another symbol or adjustment, [`ErrorKind::Decode`] for one that is cut, has no
/// usable factor, or begins after the first bar.
pub(crate) fn apply(
    query: &CnStockDailyQuery,
    body: &[u8],
    out: &mut CnStockDailyBuilder,
) -> Result<(), SourceError> {
    let wanted = format!("{}{}", query.symbol.prefixed(), query.adjust.name());
    let script = script::parse(body)?;
    match script.name {
        Some(name) if name == wanted => {}
        Some(name) => {
            let what = format!("factors under the name {name:?}, where {wanted} was asked: {}", sample(body));
            return Err(SourceError::new(ErrorKind::Invalid, what));
        }
        None => return Err(SourceError::decode(format!("no factor file {wanted}: {}", sample(body)))),
    }
    let steps = steps(script.payload)
        .map_err(|e| SourceError::decode(format!("factor file {wanted}: {}", e.message())))?;
    let uncovered = Cell::new(None);
    out.rescale(|day| match factor_of(&steps, day) {
        Some(factor) if query.adjust == Adjust::Qfq => 1.0 / factor,
        Some(factor) => factor,
        None => {
            uncovered.set(Some(day));
            1.0
        }
    });
    match uncovered.get() {
        None => Ok(()),
        Some(day) => Err(SourceError::decode(format!("factor file {wanted} has no factor for {day}"))),
    }
}

#[derive(Deserialize)]
struct File<'a> {
    total: usize,
    #[serde(borrow)]
    data: Vec<Entry<'a>>,
}

#[derive(Deserialize)]
struct Entry<'a> {
    #[serde(borrow)]
    d: Cow<'a, str>,
    #[serde(borrow)]
    f: &'a RawValue,
}

/// The steps by ascending day.
fn steps(payload: &[u8]) -> Result<Vec<(Date, f64)>, SourceError> {
    let file: File<'_> = wire::json(payload)?;
    if file.total != file.data.len() {
        let what = format!("says {} entries and has {}: it was cut", file.total, file.data.len());
        return Err(SourceError::decode(what));
    }
    let mut steps = file.data.iter().map(step).collect::<Result<Vec<_>, _>>()?;
    steps.sort_by_key(|&(day, _)| day);
    Ok(steps)
}

fn step(entry: &Entry<'_>) -> Result<(Date, f64), SourceError> {
    let day = date::parse(&entry.d).map_err(|e| SourceError::decode(format!("d: {e}")))?;
    let factor = wire::number("f", digits(entry.f))?;
    if factor > 0.0 {
        Ok((day, factor))
    } else {
        Err(SourceError::decode(format!("the factor of {day} is {factor}, where one above 0 was expected")))
    }
}

/// The factor of the latest step up to the day.
fn factor_of(steps: &[(Date, f64)], day: Date) -> Option<f64> {
    let after = steps.partition_point(|&(from, _)| from <= day);
    steps.get(after.checked_sub(1)?).map(|&(_, factor)| factor)
}
