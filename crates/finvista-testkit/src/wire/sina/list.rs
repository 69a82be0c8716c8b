//! `Market_Center`: the pages of a node, as ASCII JSON, and how many rows it has.

use crate::market::{Class, Exchange, Instrument, Kind, Level, Market, State};
use crate::wire::asked::Asked;
use crate::wire::number::{escaped, fixed, lots, ratio};

/// `getHQNodeData`: at most 100 rows a page.
pub(crate) fn body(market: &Market, asked: &Asked<'_>) -> Option<String> {
    let node = sorted(market, asked);
    Some(page(asked, asked.limits.sina_page, node.len(), |at| node.get(at).map(|i| row(i))))
}

/// `getHQNodeDataSimple`: fewer keys in another order, and no limit to a page.
pub(crate) fn simple(market: &Market, asked: &Asked<'_>) -> Option<String> {
    let node = sorted(market, asked);
    Some(page(asked, usize::MAX, node.len(), |at| node.get(at).map(|i| simple_row(i))))
}

/// `getHQNodeStockCount` and its simple twin: a number in quotes.
pub(crate) fn count(market: &Market, asked: &Asked<'_>) -> Option<String> {
    Some(format!("\"{}\"", sorted(market, asked).len()))
}

/// One page of `total` rows; an empty array past the end.
pub(crate) fn page(
    asked: &Asked<'_>,
    most: usize,
    total: usize,
    row: impl Fn(usize) -> Option<String>,
) -> String {
    let number = |name: &str, default| asked.text(name).parse::<usize>().unwrap_or(default).max(1);
    let size = number("num", 20).min(most);
    let begin = (number("page", 1) - 1).saturating_mul(size);
    let rows: Vec<String> = (begin..total.min(begin.saturating_add(size))).filter_map(row).collect();
    format!("[{}]", rows.join(","))
}

fn sorted<'a>(market: &'a Market, asked: &Asked<'_>) -> Vec<&'a Instrument> {
    let node = asked.text("node");
    let indices = market.instruments().iter().filter(|instrument| instrument.kind == Kind::Index);
    let mut rows: Vec<&Instrument> =
        market.listed().iter().chain(indices).filter(|instrument| is_in(node, instrument.class())).collect();
    rows.sort_by_cached_key(|instrument| instrument.prefixed());
    let quote = |i: &Instrument| (traded(i).unwrap_or(0), i.quote().pre_close.unwrap_or(0));
    match asked.text("sort") {
        "changepercent" => rows.sort_by_cached_key(|i| ratio(quote(i).0 - quote(i).1, quote(i).1, 6)),
        "amount" => rows.sort_by_key(|i| i.quote().amount),
        "volume" => rows.sort_by_key(|i| i.quote().volume),
        _ => {}
    }
    if asked.text("asc") == "0" {
        rows.reverse();
    }
    rows
}

/// Whether a node of the tree of markets holds a listing.
pub(crate) fn is_in(node: &str, class: Class<'_>) -> bool {
    let Class { exchange, kind, code } = class;
    let is_share = class.is_a_share();
    match node {
        "hs_a" => is_share,
        "sh_a" => is_share && exchange == Exchange::Sh,
        "sz_a" => is_share && exchange == Exchange::Sz,
        "hs_bjs" => kind == Kind::Beijing,
        "kcb" => kind == Kind::Star,
        "cyb" => kind == Kind::ChiNext,
        "hs_b" => kind == Kind::BShare,
        "sh_b" => kind == Kind::BShare && exchange == Exchange::Sh,
        "sz_b" => kind == Kind::BShare && exchange == Exchange::Sz,
        "etf_hq_fund" => class.is_etf(),
        "lof_hq_fund" => kind == Kind::Fund && code.starts_with("16"),
        "hs_s" => kind == Kind::Index && matches!(exchange, Exchange::Sh | Exchange::Sz),
        _ => false,
    }
}

/// The last price; none in the call auction and on a halted day.
fn traded(instrument: &Instrument) -> Option<i64> {
    instrument.quote().price.filter(|_| instrument.state == State::Trading)
}

/// What both kinds of rows print.
struct Cells<'a> {
    instrument: &'a Instrument,
    /// 3, but 4 for an index of Shanghai.
    shown: u32,
}

impl<'a> Cells<'a> {
    fn of(instrument: &'a Instrument) -> Self {
        let is_index = instrument.kind == Kind::Index && instrument.exchange == Exchange::Sh;
        Self { instrument, shown: if is_index { 4 } else { 3 } }
    }

    fn price(&self, value: Option<i64>) -> String {
        fixed(value.unwrap_or(0), self.instrument.decimals, self.shown)
    }

    /// The best price of a side of the book, which an index does not have.
    fn best(&self, side: &[Level]) -> String {
        match self.instrument.kind {
            Kind::Index => "0".to_owned(),
            _ => self.price(side.first().map(|level| level.price)),
        }
    }

    /// In units of `10^-decimals`; zero where nothing traded.
    fn change(&self) -> i64 {
        let quote = self.instrument.quote();
        traded(self.instrument).zip(quote.pre_close).map_or(0, |(last, before)| last - before)
    }

    fn change_pct(&self) -> i64 {
        ratio(self.change(), self.instrument.quote().pre_close.unwrap_or(0), 5)
    }

    /// Shares, but lots for an index of Shanghai.
    fn volume(&self) -> i64 {
        let shares = self.instrument.quote().volume;
        if self.shown == 4 { lots(shares) } else { shares }
    }

    fn amount(&self) -> String {
        fixed(self.instrument.quote().amount, 2, 0)
    }

    /// Market value in 10,000 yuan. From 100 million on the vendor changes to an exponent.
    fn cap(&self, shares: i64) -> String {
        let value = traded(self.instrument).unwrap_or(0).saturating_mul(shares);
        let plain = plain(value, self.instrument.decimals + 4, 6);
        let (whole, part) = plain.split_once('.').unwrap_or((&plain, ""));
        let Some((first, rest)) = whole.split_at_checked(1).filter(|_| whole.len() > 8) else { return plain };
        let digits = format!("{rest}{part}");
        format!("{first}.{}E{}", digits.trim_end_matches('0'), rest.len()).replace(".E", ".0E")
    }
}

/// A key of the row by its name in JSON.
fn row(instrument: &Instrument) -> String {
    let (quote, cells) = (instrument.quote(), Cells::of(instrument));
    let turnover = ratio(quote.volume, instrument.float_shares, 7);
    format!(
        concat!(
            r#"{{"symbol":"{}","code":"{}","name":"{}","trade":"{}","pricechange":{},"changepercent":{},"#,
            r#""buy":"{}","sell":"{}","settlement":"{}","open":"{}","high":"{}","low":"{}","volume":{},"#,
            r#""amount":{},"ticktime":"{}","per":0,"pb":0,"mktcap":{},"nmc":{},"turnoverratio":{}}}"#
        ),
        instrument.prefixed(),
        instrument.code,
        escaped(&instrument.name.replace("  ", " ")),
        cells.price(traded(instrument)),
        plain(cells.change(), instrument.decimals, 3),
        plain(cells.change_pct(), 3, 3),
        cells.best(&quote.bids),
        cells.best(&quote.asks),
        cells.price(quote.pre_close),
        cells.price(quote.open),
        cells.price(quote.high),
        cells.price(quote.low),
        cells.volume(),
        cells.amount(),
        quote.time.strftime("%H:%M:%S"),
        cells.cap(instrument.total_shares),
        cells.cap(instrument.float_shares),
        plain(turnover, 5, 5),
    )
}

/// Changes are strings here, with all their decimals.
fn simple_row(instrument: &Instrument) -> String {
    let (quote, cells) = (instrument.quote(), Cells::of(instrument));
    format!(
        concat!(
            r#"{{"symbol":"{}","name":"{}","trade":"{}","pricechange":"{}","changepercent":"{}","#,
            r#""buy":"{}","sell":"{}","settlement":"{}","open":"{}","high":"{}","low":"{}","volume":{},"#,
            r#""amount":{},"code":"{}","ticktime":"{}"}}"#
        ),
        instrument.prefixed(),
        escaped(&instrument.name.replace("  ", " ")),
        cells.price(traded(instrument)),
        fixed(cells.change(), instrument.decimals, 3),
        fixed(cells.change_pct(), 3, 3),
        cells.best(&quote.bids),
        cells.best(&quote.asks),
        cells.price(quote.pre_close),
        cells.price(quote.open),
        cells.price(quote.high),
        cells.price(quote.low),
        cells.volume(),
        cells.amount(),
        instrument.code,
        quote.time.strftime("%H:%M:%S"),
    )
}

/// A number without trailing zeros.
fn plain(value: i64, decimals: u32, shown: u32) -> String {
    let text = fixed(value, decimals, shown);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_values_have_an_exponent() {
        let market = Market::new(1, jiff::civil::date(2024, 6, 28));
        let mut share = market.instrument("sh600519").unwrap().clone();
        let cap = |share: &Instrument, shares| Cells::of(share).cap(shares);
        share.decimals = 0;
        let price = share.quote().price.unwrap();
        assert_eq!(cap(&share, 10_000), price.to_string());
        let large = cap(&share, 1_000_000_000_000);
        assert!(large.contains("E1") && large.parse::<f64>().unwrap() == price as f64 * 1e8, "{large}");
        assert_eq!(plain(-150, 3, 3), "-0.15");
    }
}
