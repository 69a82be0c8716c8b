//! East Money: UTF-8 JSON, or JSONP with `cb`; every refusal is a 200 with an `rc`.

pub(super) mod daily;
pub(super) mod quote;

use super::query::Params;
use super::{Answer, Request, Source};
use crate::market::{Exchange, Instrument, Market, State};

/// The node that all answers name.
const SVR: u32 = 183_641_822;

pub(super) fn answer(source: &impl Source, request: &Request<'_>) -> Answer {
    let params = Params::of(request.path);
    let body = match request.path.split('?').next().unwrap_or_default() {
        "/api/qt/stock/kline/get" if request.host.contains("push2his") => source.eastmoney_bars(&params),
        "/api/qt/ulist.np/get" => source.eastmoney_quotes(&params),
        _ => return Answer::not_found(),
    };
    // JSONP ends in `);`, and its content type is the recorded one; that of bare JSON was never recorded.
    let mut answer = match params.get("cb") {
        Some(name) if !name.is_empty() => {
            Answer::ok("application/javascript; charset=UTF-8", format!("{name}({body});"))
        }
        _ => Answer::ok("application/json; charset=UTF-8", body),
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

/// Market 1 is Shanghai; Shenzhen and Beijing share market 0.
fn market_number(instrument: &Instrument) -> u8 {
    u8::from(instrument.exchange == Exchange::Sh)
}

/// The instrument of `1.600519`. The old codes of the Beijing exchange are unknown since October 2025.
fn by_secid<'a>(market: &'a Market, secid: &str) -> Option<&'a Instrument> {
    let (number, code) = secid.split_once('.')?;
    market
        .instruments()
        .iter()
        .find(|i| i.code == code && market_number(i).to_string() == number && i.state != State::CodeChanged)
}
