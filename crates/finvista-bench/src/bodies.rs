//! Answers of the length that the benches want, written by the testkit's encoders.

use finvista_testkit::{Instrument, Kind, Limits, Market, Request, State, answer};
use jiff::civil::date;

/// The rows of one symbol's history: Ping An Bank's from its listing in 1991 to 2025 has as many.
pub const BARS: usize = 8053;

/// The quotes of one request to Sina.
pub const QUOTES: usize = 800;

/// East Money's answer to a request for the unadjusted daily bars of `0.000001`, [`BARS`] rows.
pub fn eastmoney_daily() -> Vec<u8> {
    // The market begins in 2015, so it takes until 2048 for so many days.
    let market = Market::new(7, date(2049, 12, 31));
    let last = market.instrument("sz000001").and_then(|share| share.bars().get(BARS - 1)).map(|bar| bar.date);
    let end = last.unwrap_or_else(|| market.until()).strftime("%Y%m%d");
    let url = format!(
        "https://push2his.eastmoney.com/api/qt/stock/kline/get?secid=0.000001&klt=101&fqt=0&beg=0&end={end}\
         &fields1=f1,f2,f3,f4,f5,f6&fields2=f51,f52,f53,f54,f55,f56,f57,f58,f59,f60,f61"
    );
    answer(&market, &Limits::default(), &Request::from_url(&url)).body
}

/// The codes of [`sina_quotes`]: `sh600000` and on.
pub fn sina_codes() -> impl Iterator<Item = String> {
    (600_000..600_000 + QUOTES).map(|code| format!("sh{code}"))
}

/// Sina's answer to a request for the quotes of [`sina_codes`], in GB18030. The market has a few dozen listings, so their lines
/// are repeated under other codes.
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
}
