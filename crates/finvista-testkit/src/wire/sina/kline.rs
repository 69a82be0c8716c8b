//! `getKLineData`: the newest bars, ascending, unadjusted, volume in shares; numbers as strings.
//!
//! Indices count shares, too (sina_index_kline_sh000001_2026-09-28.fragment.json), although the quotes of Shanghai's
//! indices count lots.

use crate::market::{Bar, Market, Period, State};
use crate::wire::Asked;
use crate::wire::number::{fixed, ratio};
use crate::wire::query::Params;

/// The rows as a JSON array. The service says `null` for a symbol that is gone or never traded.
pub(crate) fn body(market: &Market, asked: &Asked<'_>) -> Option<String> {
    let instrument = market.on_exchange(asked.text("symbol")).filter(|i| i.state != State::Delisted)?;
    // Minutes of trading in a bar: 1200 are the five days of a week. Nobody has seen a month.
    let period = match asked.text("scale") {
        "240" => Period::Day,
        "1200" => Period::Week,
        _ => return None,
    };
    let bars = instrument.bars_by(period);
    let most = asked.limits.sina_rows;
    let count = asked.text("datalen").parse().unwrap_or(most).min(most);
    let begin = bars.len().saturating_sub(count);
    let averages = averages(&asked.params);
    let rows: Vec<String> =
        (begin..bars.len()).filter_map(|at| row(&bars, at, instrument.decimals, &averages)).collect();
    (!rows.is_empty()).then(|| format!("[{}]", rows.join(",")))
}

/// The moving averages: 5, 10 and 30 days unless `ma` says otherwise, none with `ma=no`.
fn averages(params: &Params) -> Vec<usize> {
    match params.get("ma") {
        None | Some("") => vec![5, 10, 30],
        Some(list) => list.split(',').filter_map(|n| n.parse().ok()).filter(|n| *n > 0).collect(),
    }
}

fn row(bars: &[Bar], at: usize, decimals: u32, averages: &[usize]) -> Option<String> {
    let bar = bars.get(at)?;
    let price = |value| fixed(value, decimals, 3);
    let mut row = format!(
        r#"{{"day":"{}","open":"{}","high":"{}","low":"{}","close":"{}","volume":"{}""#,
        bar.date,
        price(bar.open),
        price(bar.high),
        price(bar.low),
        price(bar.close),
        bar.volume
    );
    for days in averages {
        // Not recorded: whether a row with too short a past has an average. Here it has none.
        let Some(past) = (at + 1).checked_sub(*days).and_then(|from| bars.get(from..=at)) else { continue };
        let count = i64::try_from(*days).ok()?;
        let close = ratio(past.iter().map(|b| b.close).sum(), count * 10_i64.pow(decimals), 3);
        let volume = ratio(past.iter().map(|b| b.volume).sum(), count, 0);
        let close = fixed(close, 3, 3);
        // Numbers, not strings, and without trailing zeros (sina_kline_day_withma_sh600036_2019-12-27.rows.txt).
        let close = close.trim_end_matches('0').trim_end_matches('.');
        row.push_str(&format!(r#","ma_price{days}":{close},"ma_volume{days}":{volume}"#));
    }
    row.push('}');
    Some(row)
}
