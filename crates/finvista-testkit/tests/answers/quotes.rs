//! Quotes, and the conventions for missing values.

use super::*;

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
