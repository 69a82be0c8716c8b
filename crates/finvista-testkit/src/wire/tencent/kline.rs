//! `fqkline/get` and `newfqkline/get`: rows of strings, close before high and low, an object at ex-dates of days.

use jiff::civil::Date;

use super::quote;
use crate::market::{Adjust, AdjustedBar, Bar, Event, Exchange, Instrument, Kind, Market, Period};
use crate::wire::asked::Asked;
use crate::wire::message::Limits;
use crate::wire::number::{escaped, fixed, lots, rounded};

/// The answer to parameters that do not parse (tencent_fqkline_error_bad_params.json.txt). Its status is 200.
pub(super) const BAD_PARAMS: &str = r#"{"code":1,"msg":"bad params"}"#;

/// What a request for bars selects.
pub(crate) struct Bars<'a> {
    pub(crate) code: &'a str,
    /// `day`, `week` or `month`.
    pub(crate) period: &'a str,
    start: &'a str,
    pub(crate) end: &'a str,
    count: usize,
    /// `qfq`, `hfq`, `bfq` or nothing.
    pub(crate) adjust: &'a str,
    /// `newfqkline`, whose rows carry turnover and amount.
    is_new: bool,
}

pub(crate) fn body(market: &Market, asked: &Asked<'_>) -> Option<String> {
    selected(asked, |bars| Some(series(market.on_exchange(bars.code)?, asked.limits, bars)))
}

/// The answer of `known`, or the vendor's to parameters that do not parse and to an unknown code.
pub(crate) fn selected(asked: &Asked<'_>, known: impl Fn(&Bars<'_>) -> Option<String>) -> Option<String> {
    let is_new = asked.path.ends_with("/newfqkline/get");
    let Some(bars) = parse(asked.text("param"), is_new) else { return Some(BAD_PARAMS.to_owned()) };
    Some(known(&bars).unwrap_or_else(|| unknown(&bars)))
}

/// `code,day,start,end,count,adjust`. `newfqkline` requires all six parts. Both refuse a count above 2000.
fn parse(param: &str, is_new: bool) -> Option<Bars<'_>> {
    let parts: Vec<&str> = param.split(',').collect();
    let [code, period @ ("day" | "week" | "month"), start, end, count, rest @ ..] = parts.as_slice() else {
        return None;
    };
    let adjust = match rest {
        [] if !is_new => "",
        [adjust @ ("" | "qfq" | "hfq" | "bfq")] => adjust,
        _ => return None,
    };
    let count = count.parse().ok().filter(|count| (1..=2000).contains(count))?;
    Some(Bars { code, period, start, end, count, adjust, is_new })
}

/// An unknown code: `newfqkline` leaves the array out, `fqkline` has an empty one. The quote is empty in both.
fn unknown(bars: &Bars<'_>) -> String {
    let code = bars.code;
    let rows = if bars.is_new { String::new() } else { format!(r#""{}":[],"#, bars.period) };
    format!(
        r#"{{"code":0,"msg":"","data":{{"{code}":{{{rows}"qt":{{"{code}":[]}},"mx_price":{{"mx":[],"price":[]}},"prec":"","version":"16"}}}}}}"#
    )
}

fn series(instrument: &Instrument, limits: &Limits, bars: &Bars<'_>) -> String {
    let period = match bars.period {
        "week" => Period::Week,
        "month" => Period::Month,
        _ => Period::Day,
    };
    let adjust = effective(instrument, bars.adjust);
    let prefix = match adjust {
        Adjust::None => "",
        Adjust::Qfq => "qfq",
        Adjust::Hfq => "hfq",
    };
    let (all, prices) = (instrument.bars_by(period), instrument.adjusted_by(period, adjust));
    let (begin, end) = window(&all, limits, bars);
    let event = |bar: &Bar| instrument.events().iter().find(|e| period == Period::Day && e.date == bar.date);
    let rows: Vec<String> = (begin..end)
        .filter_map(|at| {
            let bar = all.get(at)?;
            Some(row(instrument, bar, prices.get(at)?, event(bar), bars.is_new))
        })
        .collect();
    // `prec` is the close before the last row, unadjusted. Weeks and months have none.
    let before = end.checked_sub(2).and_then(|at| all.get(at)).filter(|_| period == Period::Day);
    let close =
        |bar: &Bar| format!(r#""prec":"{}","#, fixed(bar.close, instrument.decimals, instrument.decimals));
    let rest = rest(instrument, &before.map(close).unwrap_or_default(), bars.is_new);
    let code = bars.code;
    format!(
        r#"{{"code":0,"msg":"","data":{{"{code}":{{"{prefix}{}":[{}],"qt":{},{rest}}}}}}}"#,
        bars.period,
        rows.join(","),
        today(instrument)
    )
}

/// Indices, Beijing's shares and instruments that never went ex answer `day`, unadjusted, to every question.
fn effective(instrument: &Instrument, asked: &str) -> Adjust {
    let plain = instrument.kind == Kind::Index
        || instrument.exchange == Exchange::Bj
        || instrument.events().is_empty();
    match asked {
        "qfq" if !plain => Adjust::Qfq,
        "hfq" if !plain => Adjust::Hfq,
        _ => Adjust::None,
    }
}

/// The half-open range of bars: the newest `count` up to the end, with or without those from before the start.
fn window(all: &[Bar], limits: &Limits, bars: &Bars<'_>) -> (usize, usize) {
    let date = |text: &str| text.parse::<Date>().ok();
    let end = date(bars.end).map_or(all.len(), |end| all.partition_point(|bar| bar.date <= end));
    let begin = end.saturating_sub(bars.count.min(limits.tencent_rows));
    match date(bars.start) {
        Some(start) if !limits.tencent_extends_start => {
            (begin.max(all.partition_point(|bar| bar.date < start)).min(end), end)
        }
        _ => (begin, end),
    }
}

fn row(
    instrument: &Instrument,
    bar: &Bar,
    prices: &AdjustedBar,
    event: Option<&Event>,
    is_new: bool,
) -> String {
    let price = |value| fixed(rounded(value, 3), 3, 3);
    let mut row = format!(
        r#"["{}","{}","{}","{}","{}","{}""#,
        bar.date,
        price(prices.open),
        price(prices.close),
        price(prices.high),
        price(prices.low),
        fixed(volume(instrument, bar.volume), 0, 3)
    );
    if is_new {
        let dividend = event.map_or_else(|| "{}".to_owned(), dividend);
        let (turnover, amount) = (fixed(bar.turnover, 2, 2), fixed(bar.amount, 6, 2));
        row.push_str(&format!(r#",{dividend},"{turnover}","{amount}","","0.00""#));
    } else if let Some(event) = event {
        row.push(',');
        row.push_str(&dividend(event));
    }
    row.push(']');
    row
}

/// Lots, but shares on the STAR board.
pub(super) fn volume(instrument: &Instrument, shares: i64) -> i64 {
    if instrument.kind == Kind::Star { shares } else { lots(shares) }
}

/// The object at an ex-date (tencent_fqkline_sz000001_qfqday_exdiv_2026-09.excerpt.json.txt).
fn dividend(event: &Event) -> String {
    let cash = fixed(event.cash_per_10, 2, 2);
    let content = match event.shares_per_10 {
        0 => format!("10派{cash}元"),
        shares => format!("10派{cash}元,转增{shares}股"),
    };
    format!(r#"{{"nd":"{}","fh_sh":"{cash}","FHcontent":"{}"}}"#, event.date.year(), escaped(&content))
}

/// Today's quote, its fields as strings, and the clock of the markets.
pub(super) fn today(instrument: &Instrument) -> String {
    let fields: Vec<String> =
        quote::fields(instrument).iter().map(|field| format!("\"{}\"", escaped(field))).collect();
    let market = format!(
        "{}|HK_close_已收盘|SH_close_已收盘|SZ_close_已收盘|US_close_未开盘",
        instrument.quote().time.strftime("%Y-%m-%d %H:%M:%S")
    );
    format!(r#"{{"{}":[{}],"market":["{}"]}}"#, instrument.prefixed(), fields.join(","), escaped(&market))
}

/// What follows the quote.
fn rest(instrument: &Instrument, prec: &str, is_new: bool) -> String {
    if is_new {
        let since = instrument.listed.strftime("%Y%m%d");
        return format!(
            r#""mx_price":{{"mx":{{"data":[],"timeline":[]}},"price":{{"data":[]}}}},"attribute":{{"NoProfit":"0","WeightedVotingRights":"1","IsVIE":"0","IsRegistration":"0"}},{prec}"fsStartDate":"{since}","version":"18""#
        );
    }
    format!(r#""mx_price":{{"mx":[],"price":[]}},{prec}"version":"16""#)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_strict() {
        assert!(parse("sh600519,day,,,640,qfq", true).is_some());
        assert!(parse("sh600519,day,,,640", true).is_none());
        assert!(parse("sh600519,day,,,640", false).is_some());
        for bad in ["", "sh600519,day,,,3000,qfq", "sh600519,day,,,x,qfq", "sh600519,hour,,,1,qfq"] {
            assert!(parse(bad, false).is_none(), "{bad}");
        }
    }
}
