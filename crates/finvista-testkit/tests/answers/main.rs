//! The encoders' numbers against the market's truth: units, rounding, windows, and the conventions for what is missing.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "clippy's leave for tests ends at the helpers of an integration test"
)]

mod bars;
mod lists;
mod minutes;
mod periods;
mod quotes;
mod searches;

use std::collections::BTreeMap;

use encoding_rs::{GB18030, UTF_8};
use finvista_testkit::{Adjust, Exchange, Instrument, Kind, Limits, Market, Request, State, answer};
use serde_json::Value;

fn market(seed: u64) -> Market {
    Market::new(seed, "2026-09-30".parse().unwrap())
}

fn ask(market: &Market, url: &str) -> String {
    let request = Request::from_url(url).referer("https://finance.sina.com.cn");
    let answer = answer(market, &Limits::default(), &request);
    assert_eq!(answer.status, 200, "{url}");
    let encoding = if answer.content_type.contains("GB") { GB18030 } else { UTF_8 };
    encoding.decode(&answer.body).0.into_owned()
}

fn eastmoney(market: &Market, instrument: &Instrument, query: &str) -> Value {
    let columns = "f51,f52,f53,f54,f55,f56,f57,f58,f59,f60,f61";
    let path = "https://push2his.eastmoney.com/api/qt/stock/kline/get?fields1=f1,f2,f3,f4,f5,f6";
    let url = format!("{path}&fields2={columns}&secid={}&{query}", secid(instrument));
    serde_json::from_str(&ask(market, &url)).unwrap()
}

fn secid(instrument: &Instrument) -> String {
    let number = match instrument.exchange {
        Exchange::Sz | Exchange::Bj => 0,
        Exchange::Sh => 1,
        Exchange::Csi => 2,
    };
    format!("{number}.{}", instrument.code)
}

/// What all three vendors know.
fn everywhere(market: &Market) -> impl Iterator<Item = &Instrument> {
    market.instruments().iter().filter(|instrument| instrument.exchange != Exchange::Csi)
}

fn sina(market: &Market, symbol: &str, scale: u32) -> Option<Vec<Value>> {
    let path = "https://quotes.sina.cn/cn/api/json_v2.php/CN_MarketDataService.getKLineData";
    let body = ask(market, &format!("{path}?symbol={symbol}&scale={scale}&ma=no&datalen=1970"));
    serde_json::from_str(&body).unwrap()
}

fn tencent(market: &Market, path: &str, param: &str) -> Value {
    let url = format!("https://proxy.finance.qq.com/ifzqgtimg/appstock/app/{path}/get?param={param}");
    serde_json::from_str(&ask(market, &url)).unwrap()
}

fn cells(row: &Value) -> Vec<String> {
    row.as_str().unwrap().split(',').map(str::to_owned).collect()
}

fn number(text: &str) -> f64 {
    text.parse().unwrap()
}

fn unit(instrument: &Instrument) -> f64 {
    10_f64.powi(instrument.decimals.try_into().unwrap())
}

/// Half a unit of the last decimal shown, and a breath for the binary fractions.
fn close(a: f64, b: f64, decimals: u32) -> bool {
    (a - b).abs() <= 0.5 / 10_f64.powi(decimals.try_into().unwrap()) + b.abs() * 1e-12
}
