//! East Money: UTF-8 JSON, or JSONP with `cb`. Every refusal has status 200 and an `rc`.

pub(crate) mod kline;
pub(crate) mod list;
pub(crate) mod quote;
pub(crate) mod suggest;

use super::asked::Asked;
use super::message::Answer;
use crate::market::{Exchange, Instrument, Market, State};

/// The node that all answers name.
const SVR: u32 = 183_641_822;

/// JSON, or `name(…);` with `cb`. The content type of the second is recorded, as is that of the first.
pub(super) fn json(asked: &Asked<'_>, body: Option<String>) -> Answer {
    let body = body.unwrap_or_else(|| refusal(100));
    let mut answer = match asked.text("cb") {
        "" => Answer::ok("application/json; charset=UTF-8", body),
        name => Answer::ok("application/javascript; charset=UTF-8", format!("{name}({body});")),
    };
    answer.headers = vec![
        ("Access-Control-Allow-Methods".to_owned(), "GET, POST, OPTIONS".to_owned()),
        ("Access-Control-Allow-Origin".to_owned(), "*".to_owned()),
        ("Access-Control-Allow-Credentials".to_owned(), "true".to_owned()),
        ("Cache-Control".to_owned(), "no-cache".to_owned()),
    ];
    answer
}

/// `data:null` with a result code: 100 for an unknown symbol, 102 for parameters that name nothing.
pub(crate) fn refusal(rc: u16) -> String {
    format!(r#"{{"rc":{rc},"rt":1,"svr":{SVR},"lt":1,"full":1,"dlmkts":"","dsc":"0","data":null}}"#)
}

pub(crate) fn envelope(rt: u8, full: u8, data: &str) -> String {
    format!(r#"{{"rc":0,"rt":{rt},"svr":{SVR},"lt":1,"full":{full},"dlmkts":"","dsc":"0","data":{data}}}"#)
}

/// Shenzhen and Beijing share market 0.
fn market_number(instrument: &Instrument) -> u8 {
    match instrument.exchange {
        Exchange::Sz | Exchange::Bj => 0,
        Exchange::Sh => 1,
        Exchange::Csi => 2,
    }
}

/// The instrument of `1.600519`. The old codes of the Beijing exchange are unknown since October 2025.
fn by_secid<'a>(market: &'a Market, secid: &str) -> Option<&'a Instrument> {
    let (number, code) = secid.split_once('.')?;
    market
        .instruments()
        .iter()
        .find(|i| i.code == code && market_number(i).to_string() == number && i.state != State::CodeChanged)
}
