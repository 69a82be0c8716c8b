//! Minute bars and running sessions.

use super::*;

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
