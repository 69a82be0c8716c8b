//! `kline/get`: bars, volume in lots, prices rounded to the instrument's decimals after adjustment.

use jiff::civil::{Date, DateTime, Time};

use super::{by_secid, envelope, market_number, refusal};
use crate::market::{Adjust, Instrument, Market, Period};
use crate::wire::asked::Asked;
use crate::wire::message::Limits;
use crate::wire::number::{fixed, float, lots, ratio, rounded};

/// One bar after adjustment and rounding. Prices are in units of `10^-decimals`.
struct Row {
    /// The day, or the end of a bar of minutes.
    at: DateTime,
    open: i64,
    close: i64,
    high: i64,
    low: i64,
    volume: i64,
    amount: i64,
    turnover: i64,
}

/// What `klt` asks for.
#[derive(Clone, Copy)]
enum Scale {
    Days(Period),
    Minutes(usize),
}

pub(crate) fn body(market: &Market, asked: &Asked<'_>) -> Option<String> {
    let scale = match asked.params.get("klt") {
        None | Some("101") => Some(Scale::Days(Period::Day)),
        Some("102") => Some(Scale::Days(Period::Week)),
        Some("103") => Some(Scale::Days(Period::Month)),
        Some(minutes) => minutes.parse().ok().filter(|n| [1, 5, 15, 30, 60].contains(n)).map(Scale::Minutes),
    };
    // Without one of these the service answers rc 102, as it does here to periods that are not simulated.
    let required = ["secid", "fields1", "fields2"].iter().all(|name| asked.params.get(name).is_some());
    let Some(scale) = scale.filter(|_| required) else { return Some(refusal(102)) };
    let instrument = by_secid(market, asked.text("secid"))?;
    let adjust = adjust(asked.text("fqt"));
    let rows = match scale {
        Scale::Days(period) => days(instrument, period, adjust),
        Scale::Minutes(size) => minutes(instrument, size, adjust, asked.limits),
    };
    let (begin, end) = window(&rows, asked);
    let pre_close = match (rows.get(begin), begin.checked_sub(1).and_then(|before| rows.get(before))) {
        _ if begin >= end => 0,
        (_, Some(before)) => before.close,
        (first, None) => close_before(instrument, scale, adjust, first.map(|row| row.at.date())),
    };
    let columns = asked.params.list("fields2");
    let mut previous = pre_close;
    let mut lines = Vec::with_capacity(end.saturating_sub(begin));
    for row in rows.get(begin..end).unwrap_or_default() {
        lines.push(format!("\"{}\"", line(row, scale, previous, instrument.decimals, &columns)));
        previous = row.close;
    }
    let head = head(instrument, &asked.params.list("fields1"), pre_close);
    Some(envelope(17, 0, &format!(r#"{{{head}"klines":[{}]}}"#, lines.join(","))))
}

/// `fqt` 1 is forward, 2 backward, anything else as traded.
fn adjust(fqt: &str) -> Adjust {
    match fqt {
        "1" => Adjust::Qfq,
        "2" => Adjust::Hfq,
        _ => Adjust::None,
    }
}

fn days(instrument: &Instrument, period: Period, adjust: Adjust) -> Vec<Row> {
    let price = |value| rounded(value, instrument.decimals);
    let prices = instrument.adjusted_by(period, adjust);
    let row = |(bar, prices): (crate::market::Bar, crate::market::AdjustedBar)| Row {
        at: bar.date.to_datetime(Time::midnight()),
        open: price(prices.open),
        close: price(prices.close),
        high: price(prices.high),
        low: price(prices.low),
        volume: bar.volume,
        amount: bar.amount,
        turnover: bar.turnover,
    };
    instrument.bars_by(period).into_iter().zip(prices).map(row).collect()
}

/// The minutes that the service keeps: few days of single minutes, many of longer bars.
fn minutes(instrument: &Instrument, size: usize, adjust: Adjust, limits: &Limits) -> Vec<Row> {
    let days = if size == 1 { limits.eastmoney_single_minute_days } else { limits.eastmoney_minute_days };
    let bars = instrument.newest_minutes(size, days, usize::MAX);
    let mut rows = Vec::with_capacity(bars.len());
    for day in bars.chunk_by(|a, b| a.end.date() == b.end.date()) {
        let factor = day.first().map_or(1.0, |bar| instrument.factor(bar.end.date(), adjust));
        let price = |ticks: i64| adjusted(ticks, factor, adjust).round() as i64;
        rows.extend(day.iter().map(|bar| Row {
            at: bar.end,
            open: price(bar.open),
            close: price(bar.close),
            high: price(bar.high),
            low: price(bar.low),
            volume: bar.volume,
            amount: bar.amount,
            turnover: ratio(bar.volume, instrument.float_shares, 4),
        }));
    }
    rows
}

fn adjusted(ticks: i64, factor: f64, adjust: Adjust) -> f64 {
    if adjust == Adjust::Qfq { ticks as f64 / factor } else { ticks as f64 * factor }
}

/// The close before the oldest bar of all. That of the first day is reckoned from the issue price
/// (kline_data_300059_fields1_f13_fragment.txt).
fn close_before(instrument: &Instrument, scale: Scale, adjust: Adjust, first: Option<Date>) -> i64 {
    let day_before = match scale {
        Scale::Days(_) => None,
        Scale::Minutes(_) => instrument.bars().iter().rfind(|bar| Some(bar.date) < first),
    };
    let (ticks, day) = match day_before {
        Some(bar) => (bar.close, bar.date),
        None => (instrument.issue_price, Date::MIN),
    };
    let factor = match day_before {
        Some(_) => instrument.factor(day, adjust),
        None => instrument.factors(adjust).first().map_or(1.0, |step| step.1),
    };
    adjusted(ticks, factor, adjust).round() as i64
}

/// The half-open range of rows between the days `beg` and `end`, both inclusive, and of those the last `lmt`.
fn window(rows: &[Row], asked: &Asked<'_>) -> (usize, usize) {
    // Compared as numbers, because clients send 0 and 20500000, neither of them a date.
    let number = |row: &Row| {
        i64::from(row.at.year()) * 10_000 + i64::from(row.at.month()) * 100 + i64::from(row.at.day())
    };
    let bound = |name, default| asked.text(name).parse().unwrap_or(default);
    let (first, last) = (bound("beg", 0), bound("end", i64::MAX));
    let begin = rows.partition_point(|row| number(row) < first);
    let end = rows.partition_point(|row| number(row) <= last).max(begin);
    match asked.text("lmt").parse::<usize>() {
        Ok(most) => (begin.max(end.saturating_sub(most)), end),
        Err(_) => (begin, end),
    }
}

fn head(instrument: &Instrument, fields: &[&str], pre_close: i64) -> String {
    let decimals = instrument.decimals;
    let mut head = String::new();
    let mut put = |field: &str, text: String| {
        if fields.contains(&field) {
            head.push_str(&text);
            head.push(',');
        }
    };
    put("f1", format!(r#""code":"{}""#, instrument.code));
    put("f2", format!(r#""market":{}"#, market_number(instrument)));
    put("f3", format!(r#""name":"{}""#, instrument.name));
    put("f4", format!(r#""decimal":{decimals}"#));
    put("f5", format!(r#""dktotal":{}"#, instrument.bars().len()));
    put("f6", format!(r#""preKPrice":{}"#, float(pre_close, decimals)));
    head
}

/// The asked columns in the order of their codes. Codes that do not exist are dropped.
fn line(row: &Row, scale: Scale, previous: i64, decimals: u32, columns: &[&str]) -> String {
    let price = |value| fixed(value, decimals, decimals);
    let percent = |value| fixed(ratio(value, previous, 4), 2, 2);
    let at = match scale {
        Scale::Days(_) => row.at.date().to_string(),
        Scale::Minutes(_) => row.at.strftime("%Y-%m-%d %H:%M").to_string(),
    };
    let cells = [
        ("f51", at),
        ("f52", price(row.open)),
        ("f53", price(row.close)),
        ("f54", price(row.high)),
        ("f55", price(row.low)),
        ("f56", lots(row.volume).to_string()),
        ("f57", fixed(row.amount, 2, 2)),
        ("f58", percent(row.high - row.low)),
        ("f59", percent(row.close - previous)),
        ("f60", price(row.close - previous)),
        ("f61", fixed(row.turnover, 2, 2)),
    ];
    let asked: Vec<String> =
        cells.into_iter().filter(|(code, _)| columns.contains(code)).map(|(_, cell)| cell).collect();
    asked.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The recorded change columns follow from the recorded prices, by the arithmetic used here.
    #[test]
    fn change_columns_are_reckoned_as_recorded() {
        let Some(dir) = std::env::var_os("FINVISTA_RECORDINGS").map(std::path::PathBuf::from) else {
            println!("skipped: FINVISTA_RECORDINGS names no folder");
            return;
        };
        let files = ["kline_daily_1.601872.json", "kline_us_weekly_105.APP_fqt1_jsonp.txt"];
        for (file, decimals) in files.into_iter().zip([2, 3]) {
            let text = std::fs::read_to_string(dir.join(file)).unwrap();
            let json = text.trim().split_once('{').unwrap().1.trim_end_matches(");");
            let body: serde_json::Value = serde_json::from_str(&format!("{{{json}")).unwrap();
            let mut previous = rounded(body["data"]["preKPrice"].as_f64().unwrap(), decimals);
            for recorded in body["data"]["klines"].as_array().unwrap() {
                let recorded: Vec<&str> = recorded.as_str().unwrap().split(',').collect();
                let price = |at: usize| rounded(recorded[at].parse().unwrap(), decimals);
                let row = Row {
                    at: recorded[0].parse::<Date>().unwrap().to_datetime(Time::midnight()),
                    open: price(1),
                    close: price(2),
                    high: price(3),
                    low: price(4),
                    volume: 0,
                    amount: 0,
                    turnover: 0,
                };
                let columns = ["f58", "f59", "f60"];
                assert_eq!(
                    line(&row, Scale::Days(Period::Day), previous, decimals, &columns),
                    recorded[7..10].join(","),
                    "{file}"
                );
                previous = row.close;
            }
        }
    }
}
