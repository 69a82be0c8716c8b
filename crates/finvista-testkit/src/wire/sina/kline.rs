//! `getKLineData`: the newest bars, ascending, unadjusted, volume in shares; numbers as strings.
//!
//! Indices count shares, too (sina_index_kline_sh000001_2026-09-28.fragment.json), although the quotes of Shanghai's
//! indices count lots.

use crate::market::{Instrument, Market, Period, State};
use crate::wire::asked::Asked;
use crate::wire::number::{fixed, ratio};
use crate::wire::query::Params;

/// The rows as a JSON array. The service says `null` for a symbol that is gone or never traded, and for a scale that it
/// does not have, single minutes among them.
pub(crate) fn body(market: &Market, asked: &Asked<'_>) -> Option<String> {
    let instrument = market.on_exchange(asked.text("symbol")).filter(|i| i.state != State::Delisted)?;
    let most = asked.limits.sina_rows;
    let count = asked.text("datalen").parse().unwrap_or(most).min(most);
    let averages = averages(&asked.params);
    // The averages of the first row look back.
    let past = averages.iter().max().map_or(0, |longest| longest - 1);
    let rows = rows(instrument, asked.text("scale"), count + past)?;
    let begin = rows.len().saturating_sub(count);
    let texts: Vec<String> =
        (begin..rows.len()).filter_map(|at| row(&rows, at, instrument.decimals, &averages)).collect();
    (!texts.is_empty()).then(|| format!("[{}]", texts.join(",")))
}

/// One bar. Prices are in units of `10^-decimals`.
struct Row {
    at: String,
    open: i64,
    high: i64,
    low: i64,
    close: i64,
    volume: i64,
    /// Minutes have it since 2026, days do not.
    amount: Option<i64>,
}

/// The newest `count` rows. `scale` is how many minutes of trading a bar holds: 240 is a day, 1200 are the five days of a
/// week. A month was never seen.
fn rows(instrument: &Instrument, scale: &str, count: usize) -> Option<Vec<Row>> {
    let period = match scale {
        "240" => Period::Day,
        "1200" => Period::Week,
        "5" | "15" | "30" | "60" => return Some(minutes(instrument, scale.parse().ok()?, count)),
        _ => return None,
    };
    let bars = instrument.bars_by(period);
    let newest = bars.len().saturating_sub(count);
    let row = |bar: &crate::market::Bar| Row {
        at: bar.date.to_string(),
        open: bar.open,
        high: bar.high,
        low: bar.low,
        close: bar.close,
        volume: bar.volume,
        amount: None,
    };
    Some(bars.iter().skip(newest).map(row).collect())
}

fn minutes(instrument: &Instrument, size: usize, count: usize) -> Vec<Row> {
    let row = |bar: crate::market::MinuteBar| Row {
        at: bar.end.strftime("%Y-%m-%d %H:%M:%S").to_string(),
        open: bar.open,
        high: bar.high,
        low: bar.low,
        close: bar.close,
        volume: bar.volume,
        amount: Some(bar.amount),
    };
    instrument.newest_minutes(size, usize::MAX, count).into_iter().map(row).collect()
}

/// The moving averages: 5, 10 and 30 days unless `ma` says otherwise, none with `ma=no`.
fn averages(params: &Params) -> Vec<usize> {
    match params.get("ma") {
        None | Some("") => vec![5, 10, 30],
        Some(list) => list.split(',').filter_map(|n| n.parse().ok()).filter(|n| *n > 0).collect(),
    }
}

fn row(bars: &[Row], at: usize, decimals: u32, averages: &[usize]) -> Option<String> {
    let bar = bars.get(at)?;
    let price = |value| fixed(value, decimals, 3);
    let mut row = format!(
        r#"{{"day":"{}","open":"{}","high":"{}","low":"{}","close":"{}","volume":"{}""#,
        bar.at,
        price(bar.open),
        price(bar.high),
        price(bar.low),
        price(bar.close),
        bar.volume
    );
    if let Some(amount) = bar.amount {
        row.push_str(&format!(r#","amount":"{}""#, fixed(amount, 2, 4)));
    }
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
