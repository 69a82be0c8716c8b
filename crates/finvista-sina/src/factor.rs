//! The factor files `qfq.js` and `hfq.js`: a step function of days.
//!
//! `var sz000001qfq={"total":3,"data":[{"d":"2026-06-12","f":"1.0000000000000000"},…,{"d":"1900-01-01","f":"…"}]}`, with or
//! without a semicolon and a comment behind it. qfq is price / f and hfq is price × f: on the ex-date of sh600103,
//! 2019-06-03, it closed at 2.450 and 4.77 % higher, which is against 3.040 / 1.3 (sina_adjust_factor_sh600103_qfq_hfq.rows.txt).

use std::borrow::Cow;
use std::cell::Cell;

use finvista_core::dataset::BarSink;
use finvista_core::{Adjust, ErrorKind, Reply, Request, Series, SourceError, date, sample, wire};
use jiff::civil::Date;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::kline::digits;
use crate::script;

/// The request for the factor file of a query.
pub(crate) fn request(series: &Series) -> Result<Request, SourceError> {
    let (code, adjust) = (crate::code(series.symbol)?, series.adjust.name());
    Ok(Request::get(format!("https://finance.sina.com.cn/realstock/company/{code}/{adjust}.js"))
        .reads(&[404]))
}

/// Adjusts the bars in the builder by a factor file. A bar lies within a day, and a day has one factor, so bars of minutes are
/// adjusted as exactly as those of days.
///
/// # Errors
///
/// [`ErrorKind::Unsupported`] where Sina has no factors, [`ErrorKind::Invalid`] for the file of another symbol or adjustment,
/// [`ErrorKind::Decode`] for one that is cut, has no usable factor, or begins after the first bar.
pub(crate) fn apply(series: &Series, reply: &Reply<'_>, out: &mut impl BarSink) -> Result<(), SourceError> {
    // So it was for 3 of 5,888 codes (company-global.md 1).
    if reply.status == 404 {
        let message = format!("Sina has no factors of {}", series.symbol);
        return Err(SourceError::new(ErrorKind::Unsupported, message));
    }
    let body = reply.body;
    wire::refuse_page(body)?;
    let wanted = crate::code(series.symbol)? + series.adjust.name();
    let script = script::parse(body)?;
    match script.name {
        Some(name) if name == wanted => {}
        Some(name) => {
            let what = format!("expected the factors {wanted}, got {name}: {}", sample(body));
            return Err(SourceError::new(ErrorKind::Invalid, what));
        }
        None => {
            return Err(SourceError::decode(format!(
                "expected a factor file {wanted}, got {}",
                sample(body)
            )));
        }
    }
    let steps = steps(script.payload)
        .map_err(|e| SourceError::new(e.kind(), format!("factor file {wanted}: {}", e.message())))?;
    let uncovered = Cell::new(None);
    out.rescale(&|day| match factor_of(&steps, day) {
        Some(factor) if series.adjust == Adjust::Qfq => 1.0 / factor,
        Some(factor) => factor,
        None => {
            uncovered.set(Some(day));
            1.0
        }
    });
    match uncovered.get() {
        None => Ok(()),
        // A share that was listed a few days ago has an empty file, which says nothing about those of others.
        Some(day) => {
            let message = format!("factor file {wanted} has no factor for {day}");
            Err(SourceError::decode(message).about_symbol())
        }
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
    /// Funds are adjusted by (price - u) / s, with a factor of 1 (company-global.md 4.4).
    #[serde(borrow)]
    s: Option<&'a RawValue>,
    #[serde(borrow)]
    u: Option<&'a RawValue>,
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
    let number = |field, raw: &RawValue| wire::number(field, digits(raw));
    let (scale, offset) =
        (entry.s.map(|s| number("s", s)).transpose()?, entry.u.map(|u| number("u", u)).transpose()?);
    if scale.is_some_and(|scale| scale != 1.0) || offset.is_some_and(|offset| offset != 0.0) {
        return Err(SourceError::new(
            ErrorKind::Unsupported,
            format!("the prices of {day} need more than a factor"),
        ));
    }
    match number("f", entry.f)? {
        factor if factor > 0.0 => Ok((day, factor)),
        factor => Err(SourceError::decode(format!("expected a factor above 0 for {day}, got {factor}"))),
    }
}

/// The factor of the latest step up to the day.
fn factor_of(steps: &[(Date, f64)], day: Date) -> Option<f64> {
    let after = steps.partition_point(|&(from, _)| from <= day);
    steps.get(after.checked_sub(1)?).map(|&(_, factor)| factor)
}
