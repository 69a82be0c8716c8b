//! The encoders' numbers against the market's truth: units, rounding, windows, and the conventions for what is missing.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "clippy's leave for tests ends at the helpers of an integration test"
)]

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

#[test]
fn eastmoneys_bars_are_the_truth_in_lots() {
    for seed in 0..3 {
        let market = market(seed);
        for instrument in market.instruments().iter().filter(|i| !i.bars().is_empty()) {
            for (fqt, adjust) in [(0, Adjust::None), (1, Adjust::Qfq), (2, Adjust::Hfq)] {
                let body = eastmoney(&market, instrument, &format!("fqt={fqt}&lmt=60&end=20500000"));
                let rows = body["data"]["klines"].as_array().unwrap();
                let skipped = instrument.bars().len() - rows.len();
                let truth = instrument.adjusted(adjust);
                let mut before = number(&body["data"]["preKPrice"].to_string());
                for (row, (bar, prices)) in rows.iter().zip(instrument.bars().iter().zip(truth).skip(skipped))
                {
                    let row = cells(row);
                    assert_eq!(row[0], bar.date.to_string());
                    for (cell, price) in
                        row[1..5].iter().zip([prices.open, prices.close, prices.high, prices.low])
                    {
                        assert!(close(number(cell), price, instrument.decimals), "{row:?} {prices:?}");
                    }
                    assert_eq!(row[5], ((bar.volume + 50) / 100).to_string());
                    assert!(close(number(&row[6]), bar.amount as f64 / 100.0, 2));
                    let change = number(&row[2]) - before;
                    assert!(
                        close(number(&row[9]), change, instrument.decimals + 3),
                        "{row:?} after {before}"
                    );
                    assert!(close(number(&row[8]), change / before * 100.0, 2), "{row:?} after {before}");
                    before = number(&row[2]);
                }
            }
        }
    }
}

#[test]
fn eastmoneys_window_is_inclusive_and_reckons_from_the_bar_before() {
    let market = market(1);
    let moutai = market.instrument("sh600519").unwrap();
    let bars = moutai.bars();
    let (first, last) = (bars[100].date, bars[104].date);
    let body = eastmoney(
        &market,
        moutai,
        &format!("beg={}&end={}", first.strftime("%Y%m%d"), last.strftime("%Y%m%d")),
    );
    let rows = body["data"]["klines"].as_array().unwrap();
    assert_eq!((rows.len(), body["data"]["dktotal"].as_u64().unwrap()), (5, bars.len() as u64));
    assert_eq!((&cells(&rows[0])[0], &cells(&rows[4])[0]), (&first.to_string(), &last.to_string()));
    assert!(close(body["data"]["preKPrice"].as_f64().unwrap(), bars[99].close as f64 / 100.0, 2));
    let all = eastmoney(&market, moutai, "beg=0&end=20500101");
    assert_eq!(all["data"]["klines"].as_array().unwrap().len(), bars.len());
    assert!(close(all["data"]["preKPrice"].as_f64().unwrap(), moutai.issue_price as f64 / 100.0, 2));
    let none = eastmoney(&market, moutai, "beg=20260926&end=20260927");
    assert_eq!((none["rc"].as_u64(), none["data"]["klines"].as_array().unwrap().len()), (Some(0), 0));
    let url = "https://push2his.eastmoney.com/api/qt/stock/kline/get?secid=1.600519&klt=101&fields2=f51";
    assert!(ask(&market, url).starts_with("{\"rc\":102,"), "fields1 is required");
}

#[test]
fn sinas_bars_are_the_truth_in_shares_and_their_factors_adjust_them() {
    for seed in 0..3 {
        let market = market(seed);
        for instrument in everywhere(&market) {
            let symbol = instrument.prefixed();
            let rows = sina(&market, &symbol, 240);
            if instrument.bars().is_empty() || instrument.state == State::Delisted {
                assert_eq!(rows, None, "{symbol}");
                continue;
            }
            let rows = rows.unwrap();
            assert_eq!(rows.len(), instrument.bars().len().min(1023));
            let skipped = instrument.bars().len() - rows.len();
            for (adjust, file) in [(Adjust::Qfq, "qfq"), (Adjust::Hfq, "hfq")] {
                let text = ask(
                    &market,
                    &format!("https://finance.sina.com.cn/realstock/company/{symbol}/{file}.js"),
                );
                let json = text.split_once('=').unwrap().1.lines().next().unwrap();
                let steps = serde_json::from_str::<Value>(json).unwrap();
                let steps: Vec<(String, f64)> = steps["data"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|step| (step["d"].as_str().unwrap().to_owned(), number(step["f"].as_str().unwrap())))
                    .collect();
                assert!(steps.is_sorted_by(|a, b| a.0 > b.0) && steps.last().unwrap().0 == "1900-01-01");
                for (row, truth) in rows.iter().zip(instrument.adjusted(adjust).into_iter().skip(skipped)) {
                    let day = row["day"].as_str().unwrap();
                    let factor = steps.iter().find(|step| step.0.as_str() <= day).unwrap().1;
                    let raw = number(row["close"].as_str().unwrap());
                    let price = if adjust == Adjust::Qfq { raw / factor } else { raw * factor };
                    assert!((price / truth.close - 1.0).abs() < 1e-10, "{symbol} {day}");
                }
            }
            let (row, bar) = (rows.last().unwrap(), instrument.bars().last().unwrap());
            assert_eq!(row["volume"], bar.volume.to_string());
        }
    }
}

#[test]
fn tencents_bars_are_the_truth_in_lots_but_for_star() {
    for seed in 0..3 {
        let market = market(seed);
        for instrument in everywhere(&market).filter(|i| !i.bars().is_empty()) {
            let symbol = instrument.prefixed();
            for (word, adjust) in [("bfq", Adjust::None), ("qfq", Adjust::Qfq), ("hfq", Adjust::Hfq)] {
                let body = tencent(&market, "newfqkline", &format!("{symbol},day,,,640,{word}"));
                let plain = adjust == Adjust::None
                    || instrument.events().is_empty()
                    || instrument.kind == Kind::Beijing;
                let key = if plain { "day".to_owned() } else { format!("{word}day") };
                let rows = body["data"][&symbol][&key].as_array().unwrap();
                assert_eq!(rows.len(), instrument.bars().len().min(640), "{symbol}");
                let truth = instrument.adjusted(if plain { Adjust::None } else { adjust });
                let skipped = truth.len() - rows.len();
                for (row, (bar, prices)) in rows.iter().zip(instrument.bars().iter().zip(truth).skip(skipped))
                {
                    let text = |at: usize| row[at].as_str().unwrap();
                    for (at, price) in
                        [(1, prices.open), (2, prices.close), (3, prices.high), (4, prices.low)]
                    {
                        assert!(close(number(text(at)), price, 3), "{symbol} {row}");
                    }
                    let star = instrument.kind == Kind::Star;
                    let volume = if star { bar.volume } else { (bar.volume + 50) / 100 };
                    assert_eq!(number(text(5)), volume as f64);
                    assert!(close(number(text(8)), bar.amount as f64 / 1e6, 2), "{symbol} {row}");
                    let event = instrument.events().iter().find(|e| e.date == bar.date);
                    assert_eq!(event.is_some(), row[6].get("FHcontent").is_some(), "{symbol} {row}");
                }
            }
        }
    }
}

#[test]
fn tencents_start_is_a_hint_and_its_end_a_promise() {
    let market = market(1);
    let bars = market.instrument("sz000858").unwrap().bars();
    let (start, end) = (bars[1000].date, bars[1009].date);
    let url = format!(
        "https://ifzq.gtimg.cn/appstock/app/fqkline/get?param=sz000858,day,{start},{end},100,bfq&_var=kline_day"
    );
    let count = |extends: bool| {
        let limits = Limits { tencent_extends_start: extends, ..Limits::default() };
        let text = String::from_utf8(answer(&market, &limits, &Request::from_url(&url)).body).unwrap();
        let body: Value = serde_json::from_str(text.strip_prefix("kline_day=").unwrap()).unwrap();
        let rows = body["data"]["sz000858"]["day"].as_array().unwrap().clone();
        assert_eq!(rows.last().unwrap()[0], end.to_string());
        rows.len()
    };
    assert_eq!((count(true), count(false)), (100, 10));
}

#[test]
fn quotes_agree_in_price_volume_and_book() {
    for seed in 0..3 {
        let market = market(seed);
        for instrument in everywhere(&market).filter(|i| i.state == State::Trading) {
            let (symbol, quote) = (instrument.prefixed(), instrument.quote());
            let price = |ticks: Option<i64>| ticks.unwrap() as f64 / unit(instrument);
            let line = ask(&market, &format!("https://hq.sinajs.cn/list={symbol}"));
            let sina: Vec<&str> = line.split('"').nth(1).unwrap().split(',').collect();
            let line = ask(&market, &format!("https://qt.gtimg.cn/q={symbol}"));
            let tencent: Vec<&str> = line.split('"').nth(1).unwrap().split('~').collect();
            let list =
                "https://push2.eastmoney.com/api/qt/ulist.np/get?fields=f2,f4,f5,f6,f15,f16,f17,f18,f124";
            let list = ask(&market, &format!("{list}&fltt=2&secids={}", secid(instrument)));
            let eastmoney = serde_json::from_str::<Value>(&list).unwrap()["data"]["diff"][0].clone();
            for (truth, at_sina, at_tencent, at_eastmoney) in [
                (quote.price, 3, 3, "f2"),
                (quote.pre_close, 2, 4, "f18"),
                (quote.open, 1, 5, "f17"),
                (quote.high, 4, 33, "f15"),
                (quote.low, 5, 34, "f16"),
            ] {
                assert_eq!(number(sina[at_sina]), price(truth), "{symbol}");
                assert_eq!(number(tencent[at_tencent]), price(truth), "{symbol}");
                assert_eq!(eastmoney[at_eastmoney].as_f64(), Some(price(truth)), "{symbol}");
            }
            let lots = (quote.volume + 50) / 100;
            let sh_index = instrument.kind == Kind::Index && symbol.starts_with("sh");
            assert_eq!(number(sina[8]), if sh_index { lots } else { quote.volume } as f64, "{symbol}");
            let shares = instrument.kind == Kind::Star;
            assert_eq!(number(tencent[6]), if shares { quote.volume } else { lots } as f64, "{symbol}");
            assert_eq!(eastmoney["f5"].as_i64(), Some(lots), "{symbol}");
            let amount = quote.amount as f64 / 100.0;
            assert_eq!(eastmoney["f6"].as_f64(), Some(amount));
            assert!(close(number(sina[9]), amount, if sh_index { 0 } else { 3 }));
            assert!(close(number(tencent[35].split('/').nth(2).unwrap()), amount, 0));
            for (level, truth) in quote.bids.iter().chain(&quote.asks).enumerate() {
                assert_eq!(number(sina[10 + 2 * level]), truth.volume as f64);
                assert_eq!(number(sina[11 + 2 * level]), truth.price as f64 / unit(instrument));
                assert_eq!(number(tencent[9 + 2 * level]), truth.price as f64 / unit(instrument));
                assert_eq!(number(tencent[10 + 2 * level]), ((truth.volume + 50) / 100) as f64);
            }
            assert_eq!(format!("{}{}", sina[30], sina[31]).replace(['-', ':'], ""), tencent[30]);
            let stamp = eastmoney["f124"].as_i64().unwrap();
            let day = jiff::Timestamp::from_second(stamp + 8 * 3600).unwrap().to_string();
            assert!(day.starts_with(sina[30]), "{day} {}", sina[30]);
        }
    }
}

#[test]
fn what_is_missing_is_said_in_each_vendors_way() {
    let market = market(1);
    let ulist = |secids: &str| {
        let path = "https://push2.eastmoney.com/api/qt/ulist.np/get?fltt=2&fields=f2,f12,f18";
        ask(&market, &format!("{path}&secids={secids}"))
    };
    let mixed: Value = serde_json::from_str(&ulist("1.999999,0.002150,0.830799,0.002710")).unwrap();
    assert_eq!(mixed["data"]["total"], 2, "unknown ones are left out, and old codes are unknown");
    assert_eq!(
        (&mixed["data"]["diff"][0]["f2"], &mixed["data"]["diff"][1]["f18"]),
        (&"-".into(), &"-".into())
    );
    let tencent = ask(&market, "https://qt.gtimg.cn/q=sh999999,sz002150,sz999999");
    assert_eq!(tencent.matches("v_pv_none_match=\"1\";\n").count(), 2);
    let bars =
        "https://quotes.sina.cn/cn/api/jsonp_v2.php/=/CN_MarketDataService.getKLineData?scale=240&datalen=9";
    assert!(ask(&market, &format!("{bars}&symbol=sh999999")).ends_with("\n=(null);\n"));
    assert!(ask(&market, &format!("{bars}&symbol=sz002070")).ends_with("\n=(null);\n"), "delisted");
}

#[test]
fn an_index_knows_no_adjustment_at_tencent() {
    let market = market(1);
    let body = tencent(&market, "fqkline", "sh000001,day,,,5,hfq");
    assert_eq!(body["data"]["sh000001"]["day"].as_array().unwrap().len(), 5);
}

/// The key of the week or month that a day lies in, by another road than the market's own.
fn key(day: jiff::civil::Date, period: &str) -> String {
    day.strftime(if period == "week" { "%G-%V" } else { "%Y-%m" }).to_string()
}

#[test]
fn weeks_and_months_are_the_days_put_together() {
    let market = market(1);
    for symbol in ["sz000001", "sh688981", "sz002150", "sh510300", "sh000300", "bj920982", "sz301632"] {
        let instrument = market.instrument(symbol).unwrap();
        for (period, klt, scale) in [("week", 102, Some(1200)), ("month", 103, None)] {
            for (fqt, word, adjust) in
                [(0, "bfq", Adjust::None), (1, "qfq", Adjust::Qfq), (2, "hfq", Adjust::Hfq)]
            {
                let prices = instrument.adjusted(adjust);
                let days: Vec<_> = instrument.bars().iter().zip(&prices).collect();
                let spans: Vec<_> =
                    days.chunk_by(|a, b| key(a.0.date, period) == key(b.0.date, period)).collect();
                let query = format!("klt={klt}&fqt={fqt}&beg=0&end=20500101");
                let body = eastmoney(&market, instrument, &query);
                assert_eq!(body["data"]["dktotal"], instrument.bars().len());
                let rows = body["data"]["klines"].as_array().unwrap();
                assert_eq!(rows.len(), spans.len(), "{symbol} {period}");
                let mut before = body["data"]["preKPrice"].as_f64().unwrap();
                for (row, span) in rows.iter().zip(&spans) {
                    let row = cells(row);
                    assert_eq!(row[0], span.last().unwrap().0.date.to_string());
                    let volume: i64 = span.iter().map(|day| day.0.volume).sum();
                    let amount: i64 = span.iter().map(|day| day.0.amount).sum();
                    assert_eq!(row[5], ((volume + 50) / 100).to_string());
                    assert!(close(number(&row[6]), amount as f64 / 100.0, 2));
                    let high = span.iter().map(|day| day.1.high).fold(f64::MIN, f64::max);
                    let low = span.iter().map(|day| day.1.low).fold(f64::MAX, f64::min);
                    for (cell, price) in
                        [(1, span[0].1.open), (2, span.last().unwrap().1.close), (3, high), (4, low)]
                    {
                        assert!(close(number(&row[cell]), price, instrument.decimals), "{symbol} {row:?}");
                    }
                    let change = number(&row[2]) - before;
                    assert!(close(number(&row[9]), change, instrument.decimals + 3), "{row:?}");
                    before = number(&row[2]);
                }

                let param = format!("{symbol},{period},,,640,{word}");
                let body = tencent(&market, "fqkline", &param);
                let plain = instrument.events().is_empty() || instrument.kind == Kind::Beijing;
                let adjusted = adjust != Adjust::None && !plain;
                let name = if adjusted { format!("{word}{period}") } else { period.to_owned() };
                let data = &body["data"][symbol];
                let rows = data[&name].as_array().unwrap();
                assert!(data.get("prec").is_none() && rows.len() == spans.len().min(640));
                for (row, span) in rows.iter().rev().zip(spans.iter().rev()) {
                    let last = span.last().unwrap();
                    assert_eq!(
                        (&row[0], row.as_array().unwrap().len()),
                        (&last.0.date.to_string().into(), 6)
                    );
                    let truth = if adjusted { last.1.close } else { f64::NAN };
                    let raw = last.0.close as f64 / unit(instrument);
                    let close_of = if adjusted { truth } else { raw };
                    assert!(close(number(row[2].as_str().unwrap()), close_of, 3), "{symbol} {row}");
                }

                let Some(rows) = scale.and_then(|scale| sina(&market, symbol, scale)) else { continue };
                assert_eq!(rows.len(), spans.len().min(1023));
                for (row, span) in rows.iter().rev().zip(spans.iter().rev()) {
                    let volume: i64 = span.iter().map(|day| day.0.volume).sum();
                    assert_eq!(
                        (&row["volume"], &row["day"]),
                        (&volume.to_string().into(), &span.last().unwrap().0.date.to_string().into(),)
                    );
                }
            }
        }
    }
    assert_eq!(sina(&market, "sh600519", 7200), None, "nobody has seen a month of Sina's");
}

#[test]
fn every_family_of_indices_is_known_where_it_is_quoted() {
    let market = market(1);
    for code in ["sh000001", "sh000300", "sh000688", "sz399001", "sz399006", "sz980017", "bj899050"] {
        let index = market.instrument(code).unwrap();
        let bar = index.bars().last().unwrap();
        assert_eq!(index.kind, Kind::Index);
        let body = eastmoney(&market, index, "lmt=1&end=20500101");
        assert_eq!(cells(&body["data"]["klines"][0])[5], (bar.volume / 100).to_string());
        assert_eq!(sina(&market, code, 240).unwrap().last().unwrap()["volume"], bar.volume.to_string());
        let body = tencent(&market, "newfqkline", &format!("{code},day,,,1,qfq"));
        assert_eq!(number(body["data"][code]["day"][0][5].as_str().unwrap()), (bar.volume / 100) as f64);
    }
    for code in ["csi930955", "csiH30269"] {
        let index = market.instrument(code).unwrap();
        let body = eastmoney(&market, index, "lmt=1&end=20500101");
        assert_eq!(
            (&body["data"]["market"], &body["data"]["code"]),
            (&2.into(), &index.code.as_str().into())
        );
        assert_eq!(sina(&market, code, 240), None);
        assert!(ask(&market, &format!("https://qt.gtimg.cn/q={code}")).contains("none_match"));
    }
    // The same digits are a stock in Shenzhen and an index in Shanghai.
    assert_ne!(market.instrument("sh000001").unwrap().name, market.instrument("sz000001").unwrap().name);
}

fn mkline(market: &Market, symbol: &str, size: usize) -> Vec<Value> {
    let url = "https://web.ifzq.gtimg.cn/appstock/app/kline/mkline?param";
    let body: Value = serde_json::from_str(&ask(market, &format!("{url}={symbol},m{size},,1000"))).unwrap();
    body["data"][symbol][format!("m{size}")].as_array().unwrap().clone()
}

#[test]
fn minutes_are_the_truth_in_each_vendors_units() {
    let market = market(2);
    for symbol in ["sz000001", "sh688981", "sh510300", "bj920445", "sh000001", "sz399006", "sh900901"] {
        let instrument = market.instrument(symbol).unwrap();
        let star = instrument.kind == Kind::Star;
        for size in [1, 5, 15, 30, 60] {
            let days = instrument.bars().iter().rev().take(5).rev();
            let truth: Vec<_> = days.flat_map(|bar| instrument.minutes(bar.date, size)).collect();
            let first = truth[0].end.date().strftime("%Y%m%d").to_string();
            let query = format!("klt={size}&fqt=0&beg={first}&end=20500101");
            let body = eastmoney(&market, instrument, &query);
            let rows = body["data"]["klines"].as_array().unwrap();
            assert_eq!(rows.len(), truth.len());
            let mut before = number(&body["data"]["preKPrice"].to_string());
            for (row, truth) in rows.iter().zip(&truth) {
                let row = cells(row);
                assert_eq!(row[0], truth.end.strftime("%Y-%m-%d %H:%M").to_string());
                for (cell, price) in [(1, truth.open), (2, truth.close), (3, truth.high), (4, truth.low)] {
                    assert!(close(number(&row[cell]), price as f64 / unit(instrument), instrument.decimals));
                }
                assert_eq!(number(&row[5]), ((truth.volume + 50) / 100) as f64, "{symbol}");
                assert!(close(number(&row[6]), truth.amount as f64 / 100.0, 2));
                assert!(close(number(&row[9]), number(&row[2]) - before, instrument.decimals + 3), "{row:?}");
                before = number(&row[2]);
            }
            let rows = mkline(&market, symbol, size);
            assert_eq!(rows.len(), 320.min(240 / size * instrument.bars().len()));
            for (row, truth) in rows.iter().rev().zip(truth.iter().rev()) {
                let cell = |at: usize| row[at].as_str().unwrap();
                assert_eq!(cell(0), truth.end.strftime("%Y%m%d%H%M").to_string());
                assert!(close(number(cell(2)), truth.close as f64 / unit(instrument), 3), "{symbol} {row}");
                let volume = if star { truth.volume } else { (truth.volume + 50) / 100 };
                assert_eq!(number(cell(5)), volume as f64);
                let turnover = truth.volume as f64 / instrument.float_shares as f64 * 10_000.0;
                assert!(close(number(cell(7)), turnover, 2), "{symbol} {row}");
            }
            let rows = sina(&market, symbol, u32::try_from(size).unwrap());
            if size == 1 {
                assert_eq!(rows, None);
                continue;
            }
            let rows = rows.unwrap();
            assert_eq!(rows.len(), 1023);
            for (row, truth) in rows.iter().rev().zip(truth.iter().rev()) {
                let cell = |name: &str| row[name].as_str().unwrap().to_owned();
                assert_eq!(cell("day"), truth.end.strftime("%Y-%m-%d %H:%M:%S").to_string());
                assert!(close(number(&cell("high")), truth.high as f64 / unit(instrument), 3));
                assert_eq!(cell("volume"), truth.volume.to_string());
                assert!(close(number(&cell("amount")), truth.amount as f64 / 100.0, 4));
            }
        }
    }
}

#[test]
fn eastmoney_keeps_single_minutes_for_five_days_and_adjusts_minutes_by_the_day() {
    let market = market(2);
    let bank = market.instrument("sz000001").unwrap();
    let count = |klt: u8| {
        let body = eastmoney(&market, bank, &format!("klt={klt}&fqt=0&beg=0&end=20500101"));
        body["data"]["klines"].as_array().unwrap().len()
    };
    assert_eq!((count(1), count(5), count(60)), (5 * 240, 250 * 48, 250 * 4));
    let event = bank.events().last().unwrap();
    let at = bank.bars().iter().position(|bar| bar.date == event.date).unwrap();
    let day = bank.bars()[at - 1].date;
    for (fqt, adjust) in [(1, Adjust::Qfq), (2, Adjust::Hfq)] {
        let query = format!("klt=60&fqt={fqt}&beg={0}&end={0}", day.strftime("%Y%m%d"));
        let body = eastmoney(&market, bank, &query);
        let last = cells(body["data"]["klines"].as_array().unwrap().last().unwrap());
        assert!(close(number(&last[2]), bank.adjusted(adjust)[at - 1].close, 2), "{last:?}");
    }
}

#[test]
fn a_running_session_ends_in_an_unfinished_bar_everywhere() {
    let market = Market::at(2, "2026-09-30T13:42:10".parse().unwrap());
    let bank = market.instrument("sz000001").unwrap();
    let bar = *bank.bars().last().unwrap();
    let body = eastmoney(&market, bank, "klt=15&fqt=0&lmt=1&end=20500101");
    assert_eq!(cells(&body["data"]["klines"][0])[0], "2026-09-30 13:45");
    assert_eq!(mkline(&market, "sz000001", 30).last().unwrap()[0], "202609301400");
    assert_eq!(sina(&market, "sz000001", 5).unwrap().last().unwrap()["day"], "2026-09-30 13:45:00");
    for klt in [101, 102, 103] {
        let body = eastmoney(&market, bank, &format!("klt={klt}&fqt=0&lmt=1&end=20500101"));
        let row = cells(&body["data"]["klines"][0]);
        assert_eq!((row[0].as_str(), number(&row[2])), ("2026-09-30", bar.close as f64 / 100.0));
    }
    let line = ask(&market, "https://hq.sinajs.cn/list=sz000001");
    assert!(line.contains(",2026-09-30,13:42:10,00"), "{line}");
    assert!(line.contains(&format!(",{},", bar.volume)), "{line}");
}

/// A whole board at East Money, page by page.
fn clist(market: &Market, fs: &str) -> Vec<Value> {
    let fields = "fields=f1,f2,f3,f5,f6,f12,f13,f14,f18";
    let url = "https://push2.eastmoney.com/api/qt/clist/get?np=1&fltt=2&fid=f12&po=0&pz=500";
    let mut rows = Vec::new();
    for page in 1.. {
        let body: Value =
            serde_json::from_str(&ask(market, &format!("{url}&pn={page}&fs={fs}&{fields}"))).unwrap();
        let Some(diff) = body["data"]["diff"].as_array() else { break };
        assert!(diff.len() <= 100, "a page has 100 rows, whatever was asked");
        rows.extend(diff.iter().cloned());
        if rows.len() as u64 == body["data"]["total"].as_u64().unwrap() {
            let past = ask(market, &format!("{url}&pn={}&fs={fs}&{fields}", page + 1));
            assert!(past.ends_with("\"data\":null}"), "{past}");
            break;
        }
    }
    rows
}

/// A whole node at Sina.
fn node(market: &Market, node: &str) -> Vec<Value> {
    let host = "https://vip.stock.finance.sina.com.cn/quotes_service/api/json_v2.php";
    let count = ask(market, &format!("{host}/Market_Center.getHQNodeStockCount?node={node}"));
    let count: usize = serde_json::from_str::<String>(&count).unwrap().parse().unwrap();
    let page = |page: usize| {
        let query = format!("page={page}&num=80&sort=symbol&asc=1&node={node}&symbol=&_s_r_a=page");
        let body = ask(market, &format!("{host}/Market_Center.getHQNodeData?{query}"));
        serde_json::from_str::<Vec<Value>>(&body).unwrap()
    };
    let rows: Vec<Value> = (1..=count.div_ceil(80)).flat_map(page).collect();
    assert_eq!(rows.len(), count);
    assert!(page(count.div_ceil(80) + 1).is_empty());
    rows
}

/// A whole board at Tencent.
fn rank(market: &Market, board: &str) -> Vec<Value> {
    let url = "https://proxy.finance.qq.com/cgi/cgi-bin/rank/hs/getBoardRankList?_appver=11.17.0";
    let mut rows: Vec<Value> = Vec::new();
    loop {
        let query = format!("board_code={board}&sort_type=price&direct=down&offset={}&count=500", rows.len());
        let body: Value = serde_json::from_str(&ask(market, &format!("{url}&{query}"))).unwrap();
        let page = body["data"]["rank_list"].as_array().unwrap();
        assert_eq!(body["data"]["offset"], rows.len());
        rows.extend(page.iter().cloned());
        if page.len() < 200 {
            assert_eq!(body["data"]["total"], rows.len());
            return rows;
        }
    }
}

type Board<'a> = (&'a str, &'a str, &'a str, fn(&Instrument) -> bool);

#[test]
fn lists_hold_each_board_once_and_in_each_vendors_units() {
    let market = market(3);
    let a_share = |i: &Instrument| matches!(i.kind, Kind::Main | Kind::Star | Kind::ChiNext | Kind::Beijing);
    assert!(market.listed().iter().filter(|i| a_share(i)).count() > 5400);
    let etf = "b:MK0021,b:MK0022,b:MK0023,b:MK0024,b:MK0827";
    let all = "m:0%20t:6,m:0%20t:80,m:1%20t:2,m:1%20t:23,m:0%20t:81%20s:2048";
    let boards: [Board<'_>; 8] = [
        (all, "hs_a", "aStock", |i| !matches!(i.kind, Kind::BShare | Kind::Fund | Kind::Index)),
        ("m:1+t:2,m:1+t:23", "sh_a", "", |i| {
            i.exchange == Exchange::Sh && matches!(i.kind, Kind::Main | Kind::Star)
        }),
        ("m:0+t:6,m:0+t:80", "sz_a", "", |i| {
            i.exchange == Exchange::Sz && matches!(i.kind, Kind::Main | Kind::ChiNext)
        }),
        ("m:0+t:81+s:2048", "hs_bjs", "", |i| i.kind == Kind::Beijing),
        ("m:1+t:23", "kcb", "ksh", |i| i.kind == Kind::Star),
        ("m:0+t:80", "cyb", "cyb", |i| i.kind == Kind::ChiNext),
        (etf, "etf_hq_fund", "", Instrument::is_etf),
        ("m:0+t:7,m:1+t:3", "hs_b", "", |i| i.kind == Kind::BShare),
    ];
    for (fs, sina_node, tencent_board, is_on) in boards {
        let truth: Vec<&Instrument> = market.listed().iter().filter(|i| is_on(i)).collect();
        let by_symbol: BTreeMap<String, &Instrument> = truth.iter().map(|i| (i.prefixed(), *i)).collect();
        let rows = clist(&market, fs);
        assert_eq!(rows.len(), truth.len(), "{fs}");
        for row in rows {
            let code = row["f12"].as_str().unwrap();
            let prefix = match (&row["f13"], code.starts_with("92")) {
                (number, _) if number == 1 => "sh",
                (_, true) => "bj",
                _ => "sz",
            };
            let symbol = format!("{prefix}{code}");
            let share = by_symbol[&symbol];
            assert_eq!(row["f14"], share.name);
            let unit = unit(share);
            assert!(close(row["f18"].as_f64().unwrap(), share.quote().pre_close.unwrap() as f64 / unit, 3));
            if share.state == State::Trading {
                let price = share.quote().price.unwrap() as f64 / unit;
                assert!(close(row["f2"].as_f64().unwrap(), price, share.decimals), "{row}");
                assert_eq!(row["f5"].as_i64(), Some((share.quote().volume + 50) / 100));
            } else {
                assert!(["f2", "f3", "f5", "f6"].iter().all(|key| row[key] == "-"), "{row}");
            }
        }
        let rows = node(&market, sina_node);
        assert_eq!(rows.len(), truth.len(), "{sina_node}");
        for (row, share) in rows.iter().zip(&truth) {
            assert_eq!(row["symbol"], share.prefixed(), "in the order of symbols");
            let price = if share.state == State::Trading { share.quote().price.unwrap() } else { 0 };
            let text = |key: &str| number(row[key].as_str().unwrap());
            assert!(close(text("trade"), price as f64 / unit(share), 3), "{row}");
            assert!(close(text("settlement"), share.quote().pre_close.unwrap() as f64 / unit(share), 3));
            assert_eq!(row["volume"], share.quote().volume);
        }
        if tencent_board.is_empty() {
            continue;
        }
        let rows = rank(&market, tencent_board);
        assert_eq!(rows.len(), truth.len(), "{tencent_board}");
        assert!(rows.is_sorted_by(|a, b| number(a["zxj"].as_str().unwrap()) >= number(b["zxj"].as_str().unwrap())));
        for row in rows {
            let share = by_symbol[row["code"].as_str().unwrap()];
            let quote = share.quote();
            let last = quote.price.or(quote.pre_close).unwrap();
            assert!(close(number(row["zxj"].as_str().unwrap()), last as f64 / unit(share), 2), "{row}");
            assert_eq!(row["state"] == "S", share.state == State::Suspended);
            let volume = if share.kind == Kind::Star { quote.volume } else { (quote.volume + 50) / 100 };
            assert_eq!(number(row["volume"].as_str().unwrap()), volume as f64, "{row}");
        }
    }
}

#[test]
fn lists_without_np_are_objects_and_indices_have_lists_of_their_own() {
    let market = market(3);
    let url = "https://push2.eastmoney.com/api/qt/clist/get?pn=1&pz=2&fid=f12&po=0&fields=f2,f12";
    let body: Value = serde_json::from_str(&ask(&market, &format!("{url}&fs=m:1+t:2"))).unwrap();
    assert_eq!((&body["rt"], body["data"]["diff"]["1"]["f12"].as_str().unwrap().len()), (&6.into(), 6));
    assert!(body["data"]["diff"]["0"]["f2"].is_i64(), "scaled without fltt=2");
    for (fs, codes) in [
        ("m:1+s:2", "000001,000300,000688"),
        ("m:0+t:5", "399001,399006,899050,980017"),
        ("m:2", "H30269,930955"),
    ] {
        let rows = clist(&market, fs);
        let found: Vec<&str> = rows.iter().map(|row| row["f12"].as_str().unwrap()).collect();
        assert_eq!(found.join(","), codes);
    }
    assert_eq!(clist(&market, "m:77"), Vec::<Value>::new());
}

/// The symbols that a search finds at each vendor.
fn found(market: &Market, text: &str) -> [Vec<String>; 3] {
    let text = percent(text);
    let url = format!("https://searchapi.eastmoney.com/api/suggest/get?input={text}&type=14&count=10");
    let body: Value = serde_json::from_str(&ask(market, &url)).unwrap();
    let table = &body["QuotationCodeTable"];
    let rows = table["Data"].as_array().unwrap();
    assert_eq!(rows.len() as u64, table["TotalCount"].as_u64().unwrap().min(10));
    let eastmoney = rows.iter().map(|row| {
        let code = row["Code"].as_str().unwrap();
        let prefix = match (row["MktNum"].as_str().unwrap(), row["JYS"].as_str().unwrap()) {
            ("1", _) => "sh",
            (_, "81") => "bj",
            ("2", _) => "csi",
            _ => "sz",
        };
        format!("{prefix}{code}")
    });
    let line = ask(market, &format!("https://suggest3.sinajs.cn/suggest/type=&key={text}"));
    let records = line.split('"').nth(1).unwrap().split(';').filter(|record| !record.is_empty());
    let sina = records.map(|record| record.split(',').nth(3).unwrap().to_owned());
    let line = ask(market, &format!("https://smartbox.gtimg.cn/s3/?v=2&q={text}&t=all"));
    let records = line.split('"').nth(1).unwrap().split('^').filter(|record| *record != "N");
    let tencent = records.map(|record| {
        let mut fields = record.split('~');
        format!("{}{}", fields.next().unwrap(), fields.next().unwrap())
    });
    [eastmoney.collect(), sina.collect(), tencent.collect()]
}

/// Percent-encoded UTF-8.
fn percent(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

#[test]
fn every_vendor_finds_by_code_name_and_initials_in_both_readings() {
    let market = market(1);
    for (text, symbol) in [
        ("600519", "sh600519"),
        ("sh600519", "sh600519"),
        ("茅台", "sh600519"),
        ("gzmt", "sh600519"),
        ("GZMT", "sh600519"),
        ("payh", "sz000001"),
        ("payx", "sz000001"),
        ("cqpj", "sh600132"),
        ("zqpj", "sh600132"),
        ("xzyy", "sh600211"),
        ("xcyy", "sh600211"),
        ("kjs", "sh601579"),
        ("hjs", "sh601579"),
        ("deej", "sz000423"),
        ("wka", "sz000002"),
        ("金螳螂", "sz002081"),
        ("510300", "sh510300"),
        ("920982", "bj920982"),
        ("900901", "sh900901"),
    ] {
        for (vendor, symbols) in found(&market, text).into_iter().enumerate() {
            assert!(
                symbols.len() <= 10 && symbols.contains(&symbol.to_owned()),
                "{vendor} {text}: {symbols:?}"
            );
        }
    }
    let digits = found(&market, "000001");
    assert!(digits[0].contains(&"sz000001".to_owned()) && digits[0].contains(&"sh000001".to_owned()));
    assert!(digits[2].contains(&"sh000001".to_owned()), "an index is a ZS at Tencent");
    assert_eq!(found(&market, "zzzzzz"), [vec![], vec![], vec![]] as [Vec<String>; 3]);
    assert_eq!(found(&market, ""), [vec![], vec![], vec![]] as [Vec<String>; 3]);
    let only_b = ask(&market, "https://suggest3.sinajs.cn/suggest/type=12&key=900");
    assert_eq!(only_b.matches(",12,900").count(), 10, "{only_b}");
}
