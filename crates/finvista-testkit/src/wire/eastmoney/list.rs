//! `clist/get`: the pages of a board, sorted by one field.

use super::quote::row;
use super::{envelope, refusal};
use crate::market::{Class, Exchange, Instrument, Kind, Market, State};
use crate::wire::asked::Asked;
use crate::wire::number::ratio;

pub(crate) fn body(market: &Market, asked: &Asked<'_>) -> Option<String> {
    let filter = Filter::of(asked.text("fs"));
    let indices = market.instruments().iter().filter(|instrument| instrument.kind == Kind::Index);
    let mut board: Vec<&Instrument> = market
        .listed()
        .iter()
        .chain(indices)
        .filter(|instrument| filter.admits(instrument.class()))
        .collect();
    sort(&mut board, asked);
    let (fields, decimal) = (asked.params.list("fields"), asked.text("fltt") == "2");
    Some(page(asked, board.len(), |at| board.get(at).map(|instrument| row(instrument, &fields, decimal))))
}

/// One page of `total` rows: at most 100, whatever `pz` says. Past the end `data` is null; which `rc` comes with it was
/// never recorded.
pub(crate) fn page(asked: &Asked<'_>, total: usize, row: impl Fn(usize) -> Option<String>) -> String {
    let number = |name: &str, default| asked.text(name).parse::<usize>().unwrap_or(default).max(1);
    let size = number("pz", 20).min(asked.limits.eastmoney_page);
    let begin = (number("pn", 1) - 1).saturating_mul(size);
    let rows: Vec<String> = (begin..total.min(begin.saturating_add(size))).filter_map(row).collect();
    if rows.is_empty() {
        return refusal(102);
    }
    // Without `np=1` the rows are an object, keyed by their place on the page.
    let diff = if asked.text("np") == "1" {
        format!("[{}]", rows.join(","))
    } else {
        let keyed: Vec<String> = rows.iter().enumerate().map(|(at, row)| format!("\"{at}\":{row}")).collect();
        format!("{{{}}}", keyed.join(","))
    };
    envelope(6, 1, &format!(r#"{{"total":{total},"diff":{diff}}}"#))
}

/// `fid` is the field, `po` 1 descending. Rows without a value come last either way.
fn sort(board: &mut [&Instrument], asked: &Asked<'_>) {
    let (field, descends) = (asked.text("fid"), asked.text("po") == "1");
    board.sort_by_cached_key(|instrument| {
        let key = key(instrument, field);
        (key.is_none(), if descends { key.map(|key| -key) } else { key })
    });
}

fn key(instrument: &Instrument, field: &str) -> Option<i64> {
    let quote = instrument.quote();
    let traded = quote.price.filter(|_| instrument.state == State::Trading);
    let of_before = |value: i64| quote.pre_close.map(|before| ratio(value, before, 4));
    match field {
        "f2" => traded.map(|price| price * 10_i64.pow(4 - instrument.decimals)),
        "f3" => traded.zip(quote.pre_close).and_then(|(last, before)| of_before(last - before)),
        "f5" => traded.map(|_| quote.volume),
        "f6" => traded.map(|_| quote.amount),
        "f8" => Some(quote.turnover),
        _ => instrument.code.trim_start_matches('H').parse().ok(),
    }
}

/// A market filter: alternatives with commas between, each of conditions with `+` or a blank between.
pub(crate) struct Filter<'a>(Vec<Vec<&'a str>>);

impl<'a> Filter<'a> {
    pub(crate) fn of(text: &'a str) -> Self {
        let conditions = |part: &'a str| part.split(['+', ' ']).filter(|c| !c.is_empty()).collect::<Vec<_>>();
        Self(text.split(',').map(conditions).filter(|conditions| !conditions.is_empty()).collect())
    }

    pub(crate) fn admits(&self, class: Class<'_>) -> bool {
        let own = conditions(class);
        self.0.iter().any(|wanted| wanted.iter().all(|condition| own.contains(condition)))
    }
}

/// The conditions that a listing meets: market and type, or the board of funds that it is on.
fn conditions(class: Class<'_>) -> &'static [&'static str] {
    match (class.kind, class.exchange) {
        (Kind::Main, Exchange::Sh) => &["m:1", "t:2"],
        (Kind::Main, _) => &["m:0", "t:6"],
        (Kind::Star, _) => &["m:1", "t:23"],
        (Kind::ChiNext, _) => &["m:0", "t:80"],
        (Kind::Beijing, _) => &["m:0", "t:81", "s:2048"],
        (Kind::BShare, Exchange::Sh) => &["m:1", "t:3"],
        (Kind::BShare, _) => &["m:0", "t:7"],
        (Kind::Index, Exchange::Sh) => &["m:1", "s:2"],
        (Kind::Index, Exchange::Csi) => &["m:2"],
        (Kind::Index, _) => &["m:0", "t:5"],
        (Kind::Fund, _) if class.is_etf() => etf_board(class.code),
        (Kind::Fund, _) => &["b:MK0404"],
    }
}

/// Five boards hold the exchange traded funds between them. Which holds which is not part of the market, so the last
/// digits of the code say it.
fn etf_board(code: &str) -> &'static [&'static str] {
    match code.parse::<usize>().unwrap_or(0) / 10 % 5 {
        0 => &["b:MK0021"],
        1 => &["b:MK0022"],
        2 => &["b:MK0023"],
        3 => &["b:MK0024"],
        _ => &["b:MK0827"],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_are_alternatives_of_conditions() {
        let market = Market::new(1, jiff::civil::date(2024, 6, 28));
        let admits =
            |filter: &str, code: &str| Filter::of(filter).admits(market.instrument(code).unwrap().class());
        let all = "m:0+t:6,m:0+t:80,m:1+t:2,m:1+t:23,m:0+t:81+s:2048";
        for code in ["sz000001", "sz300750", "sh600519", "sh688981", "bj920982"] {
            assert!(admits(all, code) && admits(&all.replace('+', " "), code), "{code}");
        }
        assert!(!admits(all, "sh900901") && admits("m:0+t:7,m:1+t:3", "sh900901"));
        assert!(!admits(all, "sh000001") && admits("m:1+s:2", "sh000001"));
        assert!(admits("m:0", "bj920982") && !admits("", "bj920982") && !admits("m:0+t:99", "bj920982"));
        let etfs = "b:MK0021,b:MK0022,b:MK0023,b:MK0024,b:MK0827";
        assert!(admits(etfs, "sh510300") && admits(etfs, "sz159915") && !admits(etfs, "sz162411"));
    }
}
