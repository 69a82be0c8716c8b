//! `kline/get`: bars, volume in lots, prices rounded to the instrument's decimals after adjustment.

use jiff::civil::Date;

use super::{by_secid, envelope, market_number, refusal};
use crate::market::{Adjust, Bar, Instrument, Market, Period};
use crate::wire::Asked;
use crate::wire::number::{fixed, float, lots, ratio, rounded};

/// One bar after adjustment and rounding, in units of `10^-decimals`.
struct Row {
    date: Date,
    open: i64,
    close: i64,
    high: i64,
    low: i64,
}

pub(crate) fn body(market: &Market, asked: &Asked<'_>) -> Option<String> {
    // Without one of these the service answers rc 102, as it does here to periods that are not simulated.
    let required = ["secid", "fields1", "fields2"].iter().all(|name| asked.params.get(name).is_some());
    let period = match asked.params.get("klt") {
        None | Some("101") => Period::Day,
        Some("102") => Period::Week,
        Some("103") => Period::Month,
        Some(_) => return Some(refusal(102)),
    };
    if !required {
        return Some(refusal(102));
    }
    let instrument = by_secid(market, asked.text("secid"))?;
    let adjust = adjust(asked.text("fqt"));
    let (rows, bars) = (rows(instrument, period, adjust), instrument.bars_by(period));
    let (begin, end) = window(&rows, asked);
    let before = begin.checked_sub(1).and_then(|index| rows.get(index));
    // The first bar is reckoned from the issue price (kline_data_300059_fields1_f13_fragment.txt); an empty window
    // has 0.0 (kline_empty_klines_000300_jsonp.txt).
    let pre_close = match before {
        _ if begin >= end => 0,
        Some(row) => row.close,
        None => rounded(issue_price(instrument, adjust), instrument.decimals),
    };
    let columns = asked.params.list("fields2");
    let mut previous = pre_close;
    let mut lines = Vec::with_capacity(end.saturating_sub(begin));
    for index in begin..end {
        if let (Some(row), Some(bar)) = (rows.get(index), bars.get(index)) {
            lines.push(format!("\"{}\"", line(row, bar, previous, instrument.decimals, &columns)));
            previous = row.close;
        }
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

fn rows(instrument: &Instrument, period: Period, adjust: Adjust) -> Vec<Row> {
    let price = |value| rounded(value, instrument.decimals);
    let row = |bar: crate::market::AdjustedBar| Row {
        date: bar.date,
        open: price(bar.open),
        close: price(bar.close),
        high: price(bar.high),
        low: price(bar.low),
    };
    instrument.adjusted_by(period, adjust).into_iter().map(row).collect()
}

fn issue_price(instrument: &Instrument, adjust: Adjust) -> f64 {
    let unit = 10_f64.powi(i32::try_from(instrument.decimals).unwrap_or(0));
    let first = instrument.factors(adjust).first().map_or(1.0, |step| step.1);
    instrument.issue_price as f64 / unit / first
}

/// The half-open range of rows between `beg` and `end`, both inclusive, and of those the last `lmt`.
fn window(rows: &[Row], asked: &Asked<'_>) -> (usize, usize) {
    // Compared as numbers, because clients send 0 and 20500000, neither of them a date.
    let number =
        |date: Date| i64::from(date.year()) * 10_000 + i64::from(date.month()) * 100 + i64::from(date.day());
    let bound = |name, default| asked.text(name).parse().unwrap_or(default);
    let (first, last) = (bound("beg", 0), bound("end", i64::MAX));
    let begin = rows.partition_point(|row| number(row.date) < first);
    let end = rows.partition_point(|row| number(row.date) <= last).max(begin);
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

/// The asked columns in the order of their codes; codes that do not exist are dropped.
fn line(row: &Row, bar: &Bar, previous: i64, decimals: u32, columns: &[&str]) -> String {
    let price = |value| fixed(value, decimals, decimals);
    let percent = |value| fixed(ratio(value, previous, 4), 2, 2);
    let cells = [
        ("f51", row.date.to_string()),
        ("f52", price(row.open)),
        ("f53", price(row.close)),
        ("f54", price(row.high)),
        ("f55", price(row.low)),
        ("f56", lots(bar.volume).to_string()),
        ("f57", fixed(bar.amount, 2, 2)),
        ("f58", percent(row.high - row.low)),
        ("f59", percent(row.close - previous)),
        ("f60", price(row.close - previous)),
        ("f61", fixed(bar.turnover, 2, 2)),
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
                let date = recorded[0].parse().unwrap();
                let row = Row { date, open: price(1), close: price(2), high: price(3), low: price(4) };
                let bar = Bar { date, open: 0, high: 0, low: 0, close: 0, volume: 0, amount: 0, turnover: 0 };
                let columns = ["f58", "f59", "f60"];
                assert_eq!(
                    line(&row, &bar, previous, decimals, &columns),
                    recorded[7..10].join(","),
                    "{file}"
                );
                previous = row.close;
            }
        }
    }
}
