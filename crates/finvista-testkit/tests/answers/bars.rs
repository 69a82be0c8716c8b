//! Daily bars: units, rounding, windows.

use super::*;

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
fn an_index_knows_no_adjustment_at_tencent() {
    let market = market(1);
    let body = tencent(&market, "fqkline", "sh000001,day,,,5,hfq");
    assert_eq!(body["data"]["sh000001"]["day"].as_array().unwrap().len(), 5);
}
