//! Weeks, months and indices.

use super::*;

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
    assert_eq!(sina(&market, "sh600519", 7200), None, "Sina's months were never recorded");
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
