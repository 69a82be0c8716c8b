//! `mkline`: the newest bars of minutes, rows of strings, close before high and low.

use super::kline::{BAD_PARAMS, today, volume};
use crate::market::{Instrument, Market, MinuteBar};
use crate::wire::asked::Asked;
use crate::wire::message::Limits;
use crate::wire::number::{fixed, ratio};

pub(crate) const PATH: &str = "/appstock/app/kline/mkline";
pub(crate) const PROXIED: &str = "/ifzqgtimg/appstock/app/kline/mkline";

/// What a request for minutes selects: `code,m5,,count`.
pub(crate) struct Minutes<'a> {
    pub(crate) code: &'a str,
    /// `m1`, `m5`, `m15`, `m30` or `m60`.
    pub(crate) period: &'a str,
    size: usize,
    count: usize,
}

pub(crate) fn body(market: &Market, asked: &Asked<'_>) -> Option<String> {
    selected(asked, |asked_for| Some(series(market.on_exchange(asked_for.code)?, asked.limits, asked_for)))
}

/// The answer of `known`, or the vendor's to parameters that do not parse and to an unknown code.
pub(crate) fn selected(asked: &Asked<'_>, known: impl Fn(&Minutes<'_>) -> Option<String>) -> Option<String> {
    let Some(minutes) = parse(asked.text("param")) else { return Some(BAD_PARAMS.to_owned()) };
    Some(known(&minutes).unwrap_or_else(|| unknown(minutes.code)))
}

fn parse(param: &str) -> Option<Minutes<'_>> {
    let parts: Vec<&str> = param.split(',').collect();
    let [code, period, _, count] = parts.as_slice() else { return None };
    let size = period.strip_prefix('m')?.parse().ok().filter(|size| [1, 5, 15, 30, 60].contains(size))?;
    Some(Minutes { code, period, size, count: count.parse().ok()? })
}

/// An unknown code has no array (tencent_mkline_invalid_sh999999_2026-07-09.trimmed.json.txt).
fn unknown(code: &str) -> String {
    format!(r#"{{"code":0,"msg":"","data":{{"{code}":{{"qt":{{"{code}":[],"market":[""]}}}}}}}}"#)
}

fn series(instrument: &Instrument, limits: &Limits, asked: &Minutes<'_>) -> String {
    let count = asked.count.min(limits.tencent_minutes);
    let bars = instrument.newest_minutes(asked.size, usize::MAX, count);
    let rows: Vec<String> = bars.iter().map(|bar| row(instrument, bar)).collect();
    let decimals = instrument.decimals;
    let pre_close = fixed(instrument.quote().pre_close.unwrap_or(0), decimals, decimals);
    format!(
        r#"{{"code":0,"msg":"","data":{{"{}":{{"qt":{},"{}":[{}],"prec":"{pre_close}"}}}}}}"#,
        asked.code,
        today(instrument),
        asked.period,
        rows.join(","),
    )
}

/// The last column is the turnover in 1/100 of a percent, not an amount.
fn row(instrument: &Instrument, bar: &MinuteBar) -> String {
    let price = |value| fixed(value, instrument.decimals, instrument.decimals);
    format!(
        r#"["{}","{}","{}","{}","{}","{}",{{}},"{}"]"#,
        bar.end.strftime("%Y%m%d%H%M"),
        price(bar.open),
        price(bar.close),
        price(bar.high),
        price(bar.low),
        fixed(volume(instrument, bar.volume), 0, 2),
        fixed(ratio(bar.volume, instrument.float_shares, 6), 2, 2),
    )
}
