//! Answers as long as the benchmarks need, written by the testkit's encoders.

use finvista_testkit::{Instrument, Kind, Limits, Market, Request, State, answer};
use jiff::civil::date;

use crate::{floor, ours, requests};

/// The rows of one history: as many as Ping An Bank has from its listing in 1991 to 2025.
pub const BARS: usize = 8053;

/// The quotes of one request to Sina.
pub const QUOTES: usize = 800;

/// East Money's answer to a request for the unadjusted daily bars of `0.000001`, [`BARS`] rows.
pub fn eastmoney_daily() -> Vec<u8> {
    // The market begins in 2015, so this many days take it to 2048.
    let market = Market::new(7, date(2049, 12, 31));
    let last = market.instrument("sz000001").and_then(|share| share.bars().get(BARS - 1)).map(|bar| bar.date);
    let last = last.unwrap_or_else(|| market.until());
    // The vendor says how many bars there are in all, so there are none after these.
    let (market, end) = (Market::new(7, last), last.strftime("%Y%m%d"));
    let url = format!(
        "https://push2his.eastmoney.com/api/qt/stock/kline/get?secid=0.000001&klt=101&fqt=0&beg=0&end={end}\
         &fields1=f1,f2,f3,f4,f5,f6&fields2=f51,f52,f53,f54,f55,f56,f57,f58,f59,f60,f61"
    );
    on_sessions(&answer(&market, &Limits::default(), &Request::from_url(&url)).body)
}

/// The rows of a history under the days on which the exchanges traded until the end of 2025, because no source may have days of the
/// future.
fn on_sessions(body: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(body);
    let mut days = ours::sessions(date(2025, 12, 31), BARS).into_iter();
    let (head, rows) = text.split_once("\"klines\":[").unwrap_or((&text, ""));
    let rows = rows.split("\",\"").map(|row| match (row.split_once(','), days.next()) {
        (Some((day, rest)), Some(session)) => {
            let quote = if day.starts_with('"') { "\"" } else { "" };
            format!("{quote}{session},{rest}")
        }
        _ => row.to_owned(),
    });
    format!("{head}\"klines\":[{}", rows.collect::<Vec<_>>().join("\",\"")).into_bytes()
}

/// The codes of [`sina_quotes`], from `sh600000` on.
pub fn sina_codes() -> impl Iterator<Item = String> {
    (600_000..600_000 + QUOTES).map(|code| format!("sh{code}"))
}

/// Sina's answer to a request for the quotes of [`sina_codes`], in GB18030. The market has a few dozen listings, whose lines are
/// repeated under other codes.
pub fn sina_quotes() -> Vec<u8> {
    let market = Market::new(7, date(2024, 6, 28));
    let is_plain = |i: &&Instrument| i.state == State::Trading && i.kind != Kind::Index;
    let codes: Vec<String> = market.instruments().iter().filter(is_plain).map(Instrument::prefixed).collect();
    let url = format!("https://hq.sinajs.cn/list={}", codes.join(","));
    let request = Request::from_url(&url).referer("https://finance.sina.com.cn");
    let body = answer(&market, &Limits::default(), &request).body;
    let values = body.split(|&byte| byte == b'\n').filter_map(|line| {
        let at = line.iter().position(|&byte| byte == b'=')?;
        line.get(at..)
    });
    let values: Vec<&[u8]> = values.collect();
    let lines = sina_codes().zip(values.iter().cycle());
    lines.flat_map(|(code, value)| [b"var hq_str_", code.as_bytes(), value, b"\n"].concat()).collect()
}

/// The pages of East Money's list of all A shares, as [`list_page`](requests::list_page) asks for them.
pub fn list_pages() -> Vec<Vec<u8>> {
    let market = Market::new(7, date(2024, 6, 28));
    let page = |number: usize| {
        let requests::Request { host, path } = requests::list_page(number);
        let url = format!("https://{host}{path}");
        answer(&market, &Limits::default(), &Request::from_url(&url)).body
    };
    let first = page(1);
    let pages = floor::listings(&first).total.div_ceil(requests::PAGE);
    std::iter::once(first).chain((2..=pages).map(page)).collect()
}

/// The secid of the symbol at this place of a long list, from `1.600000` on.
pub fn secid(place: usize) -> String {
    format!("1.{}", 600_000 + place)
}

/// Histories of this many symbols, each under its [`secid`], as East Money would answer: from 1,213 rows to [`BARS`], with the mean
/// of a whole market, 4,633. Each is the beginning of [`eastmoney_daily`] under another code.
pub fn histories(symbols: usize) -> Vec<Vec<u8>> {
    let body = String::from_utf8_lossy(&eastmoney_daily()).into_owned();
    let (head, rest) = body.split_once("[\"").unwrap_or((&body, ""));
    let (rows, tail) = rest.rsplit_once("\"]").unwrap_or((rest, ""));
    let rows: Vec<&str> = rows.split("\",\"").collect();
    // The market goes on beyond the last row of the body.
    let all =
        head.split_once("\"dktotal\":").and_then(|(_, rest)| rest.split(',').next()).unwrap_or_default();
    let history = |place: usize| {
        let count = 1_213 + (BARS - 1_213) * place / symbols.saturating_sub(1).max(1);
        let kept = rows.get(..count).unwrap_or(&rows);
        let code = format!("\"{}\"", 600_000 + place);
        let head = head.replace("\"000001\"", &code).replace("\"market\":0", "\"market\":1");
        let head = head.replace(&format!("\"dktotal\":{all}"), &format!("\"dktotal\":{}", kept.len()));
        format!("{head}[\"{}\"]{tail}", kept.join("\",\"")).into_bytes()
    };
    (0..symbols).map(history).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::naive;

    #[test]
    fn the_bodies_have_their_lengths() {
        assert_eq!(naive::bars(&eastmoney_daily()).map(|bars| bars.len()), Some(BARS));
        let quotes = sina_quotes();
        assert_eq!(quotes.iter().filter(|&&byte| byte == b'\n').count(), QUOTES);
    }

    #[test]
    fn the_list_has_all_its_pages() {
        let pages: Vec<_> = list_pages().iter().map(|body| naive::listings(body).unwrap()).collect();
        let listings: usize = pages.iter().map(|page| page.rows.len()).sum();
        assert!(pages.iter().all(|page| page.total == listings) && listings > 5_000);
        assert!(pages.iter().flat_map(|page| &page.rows).any(|row| row.price.is_none()));
    }

    #[test]
    fn histories_differ_in_length_and_name() {
        let histories = histories(3);
        for ((place, body), rows) in histories.iter().enumerate().zip([1_213, 4_633, BARS]) {
            let text = str::from_utf8(body).unwrap();
            assert!(text.contains(&format!("\"code\":\"60000{place}\",\"market\":1")));
            assert!(text.contains(&format!("\"dktotal\":{rows},")));
            assert_eq!(naive::bars(body).unwrap().len(), rows);
        }
    }
}
