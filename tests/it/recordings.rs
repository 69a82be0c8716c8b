#![cfg(test)]
//! What the vendors really sent. The recordings are third parties' data: these tests run where the variable
//! FINVISTA_RECORDINGS names their folder, and say that they were skipped elsewhere.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use finvista::{Adjust, CnStockDaily, CnStockQuote, DailyBar, FinVista, QuoteRow, Table};
use finvista_core::{Body, CN_STOCKS, EndpointContext, Vendor, Zone, answer_from};
use finvista_testkit::Simulator;
use jiff::Timestamp;
use jiff::civil::date;

/// The folder, or `None` after a word that the test was skipped.
fn folder() -> Option<PathBuf> {
    let folder = std::env::var_os("FINVISTA_RECORDINGS").map(PathBuf::from);
    if folder.is_none() {
        println!("skipped: FINVISTA_RECORDINGS is not set");
    }
    folder
}

/// A recorded batch of quotes as one vendor's endpoint decodes it. `before` and `after` stand around the code of a line.
fn decoded(folder: &Path, file: &str, vendor: &Vendor, before: &str, after: &str) -> Table<CnStockQuote> {
    let bytes = std::fs::read(folder.join(file)).unwrap();
    let lines: Vec<(&str, &[u8])> = bytes
        .split_inclusive(|byte| *byte == b'\n')
        .map(|line| {
            let code = line.strip_prefix(before.as_bytes()).and_then(|rest| rest.get(..8)).unwrap();
            assert!(line[before.len() + 8..].starts_with(after.as_bytes()), "{file}");
            (std::str::from_utf8(code).unwrap(), line)
        })
        .collect();
    let symbols = lines.iter().map(|(code, _)| CN_STOCKS.symbol(code).unwrap());
    let query = crate::support::quote_query(symbols);
    let endpoint = vendor.endpoints.iter().find(|e| e.dataset().id == "cn_stock_quote").unwrap();
    let noon = date(2022, 11, 22).at(12, 0, 0, 0);
    let cx = EndpointContext::new(Zone::Shanghai.instant(noon).unwrap());
    // The recorded request had more codes than the endpoint asks for at once, so each request gets its own lines.
    let batch = answer_from(*endpoint, &cx, &query, |request| {
        let asked = request.url.rsplit('=').next().unwrap();
        let of = |code: &str| lines.iter().find(|(known, _)| *known == code).unwrap().1;
        Some(Body::new(asked.split(',').flat_map(of).copied().collect()))
    });
    let batch = batch.unwrap_or_else(|error| panic!("{file}: {error}"));
    // The invariants hold for real rows as well.
    let spec = endpoint.dataset();
    spec.check(query.selection(), &batch, &endpoint.capability().precision, Timestamp::now())
        .unwrap_or_else(|error| panic!("{file}: {error}"));
    Table::new(spec.adopt(&spec.schema(), batch).unwrap()).typed().unwrap()
}

/// The symbols of both vendors, by their state.
#[derive(Debug, Default)]
struct Compared {
    traded: usize,
    suspended: usize,
}

#[test]
fn two_vendors_say_the_same_of_the_same_minute() {
    let Some(folder) = folder() else { return };
    let sina = decoded(
        &folder,
        "sina_quote_batch850_2022-11-22.gbk.txt",
        &finvista::sina::SINA,
        "var hq_str_",
        "=\"",
    );
    let tencent = decoded(
        &folder,
        "tencent_quote_batch900_2022-11-22.gbk.txt",
        &finvista::tencent::TENCENT,
        "v_",
        "=\"",
    );
    let mut left: BTreeMap<&str, QuoteRow<'_>> = sina.rows().map(|row| (row.symbol, row)).collect();
    let mut compared = Compared::default();
    for tencent in tencent.rows() {
        if let Some(sina) = left.remove(tencent.symbol) {
            compare(&sina, &tencent, &mut compared);
        }
    }
    println!("{compared:?}");
    let Compared { traded, suspended } = compared;
    assert!(traded >= 390 && suspended >= 1, "some were lost");
}

fn compare(sina: &QuoteRow<'_>, tencent: &QuoteRow<'_>, compared: &mut Compared) {
    let place = format!("{sina:?}\n{tencent:?}");
    let prices = |row: &QuoteRow<'_>| [row.price, row.open, row.high, row.low];
    assert_eq!(prices(sina), prices(tencent), "{place}");
    // What is not listed has no row at either.
    match (sina.price, sina.pre_close, tencent.pre_close) {
        (Some(_), sina, tencent) => {
            assert_eq!(sina, tencent, "{place}");
            compared.traded += 1;
        }
        (None, Some(sina), tencent) => {
            assert_eq!(Some(sina), tencent, "{place}");
            compared.suspended += 1;
        }
        (None, None, _) => panic!("{place}"),
    }
    near(sina.volume.map(|v| v as f64), tencent.volume.map(|v| v as f64), 50.0, &place);
    near(sina.amount, tencent.amount, 1.0, &place);
    near(sina.change, tencent.change, 0.01, &place);
    near(sina.change_pct, tencent.change_pct, 0.01, &place);
    let names = |row: &QuoteRow<'_>| row.name.replace(' ', "");
    assert_eq!(names(sina), names(tencent), "{place}");
    for ((price, volume), (price_there, volume_there)) in book(sina).into_iter().zip(book(tencent)) {
        assert_eq!(price, price_there, "{place}");
        near(volume, volume_there, 50.0, &place);
    }
}

/// The ten levels: price and shares.
fn book(row: &QuoteRow<'_>) -> [(Option<f64>, Option<f64>); 10] {
    [
        (row.bid1, row.bid_volume1),
        (row.bid2, row.bid_volume2),
        (row.bid3, row.bid_volume3),
        (row.bid4, row.bid_volume4),
        (row.bid5, row.bid_volume5),
        (row.ask1, row.ask_volume1),
        (row.ask2, row.ask_volume2),
        (row.ask3, row.ask_volume3),
        (row.ask4, row.ask_volume4),
        (row.ask5, row.ask_volume5),
    ]
    .map(|(price, volume)| (price, volume.map(|volume| volume as f64)))
}

/// Both have a value, at most this far apart, or neither has. The hair is for binary floats.
fn near(left: Option<f64>, right: Option<f64>, most: f64, place: &str) {
    match (left, right) {
        (Some(left), Some(right)) => assert!((left - right).abs() <= most + 1e-9, "{left} {right} {place}"),
        (left, right) => assert_eq!(left, right, "{place}"),
    }
}

/// A client of a simulator that replays the folder, and whose day is this one.
async fn replay(folder: &Path, now: fn() -> Timestamp) -> (Simulator, FinVista) {
    let simulator = Simulator::builder().replay(folder).start().await.unwrap();
    let fv = FinVista::builder().environment([]).gateway(simulator.origin()).wall_clock(now).build().unwrap();
    (simulator, fv)
}

fn in_2019() -> Timestamp {
    "2019-12-27T16:00:00+08:00".parse().unwrap()
}

fn in_2026() -> Timestamp {
    "2026-09-30T16:00:00+08:00".parse().unwrap()
}

fn last_bar(table: &Table<CnStockDaily>) -> DailyBar<'_> {
    table.rows().next_back().unwrap()
}

/// The numbers below were read by eye from the recordings, and brought into shares and yuan by hand.
#[tokio::test]
async fn replayed_bars_are_the_recorded_ones() {
    let Some(folder) = folder() else { return };
    let (_simulator, fv) = replay(&folder, in_2026).await;

    // kline_daily_1.601872.json, whose prices are adjusted forward.
    let table = fv.cn_stock_daily("601872").start("2024-12-18").end("2024-12-31").adjust(Adjust::Qfq);
    let table = table.source("eastmoney").await.unwrap();
    let bar = last_bar(&table);
    assert_eq!((table.num_rows(), bar.symbol, bar.date), (10, "601872.SH", date(2024, 12, 31)));
    assert_eq!([bar.open, bar.high, bar.low, bar.close], [6.29, 6.32, 6.17, 6.18]);
    assert_eq!((bar.volume, bar.amount), (48_379_400, Some(313_479_921.0)));
    assert_eq!((bar.change, bar.change_pct), (Some(-0.11), Some(-1.75)));
    assert_eq!((bar.amplitude, bar.turnover), (Some(2.38), Some(0.59)));

    // sina_kline_day_sh603259_2026-08.rows-jsliteral.txt; the first bar is before the range and gives the change.
    let table = fv.cn_stock_daily("603259").start("2026-08-13").source("sina").await.unwrap();
    let bars: Vec<DailyBar<'_>> = table.rows().collect();
    assert_eq!(bars.iter().map(|bar| bar.close).collect::<Vec<_>>(), [162.33, 159.24, 166.89]);
    assert_eq!((bars[0].volume, bars[0].amount, bars[0].change), (74_225_264, None, Some(3.29)));

    // tencent_newfqkline_sz300059_qfqday_2024-10-10.json.txt: 23,863,267 lots, 5,197,314.06 times 10,000 yuan.
    let day = "2024-10-10";
    let call = fv.cn_stock_daily("300059").start(day).end(day).adjust(Adjust::Qfq).source("tencent");
    let table = call.await.unwrap();
    let bar = last_bar(&table);
    assert_eq!([bar.open, bar.high, bar.low, bar.close], [24.10, 24.56, 19.92, 20.55]);
    assert_eq!((bar.volume, bar.amount), (2_386_326_700, Some(51_973_140_600.0)));
    assert_eq!((table.num_rows(), bar.turnover, bar.change), (1, Some(17.86), None));

    // tencent_fqkline_sz000001_qfqday_exdiv_2026-09.excerpt.json.txt: an ex-date in the middle.
    let table = fv.cn_stock_daily("000001").adjust(Adjust::Qfq).source("tencent").await.unwrap();
    let bars: Vec<DailyBar<'_>> = table.rows().collect();
    assert_eq!(bars.iter().map(|bar| bar.close).collect::<Vec<_>>(), [11.461, 11.3, 11.3]);
    assert_eq!((bars[1].volume, bars[1].change, bars[1].amount), (104_381_900, Some(-0.161), None));

    // sina_kline_day_noma_sh600036_2019-12-27.rows.txt, which only a client of that time can reach.
    let (_simulator, fv) = replay(&folder, in_2019).await;
    let table = fv.cn_stock_daily("600036").start("2019-12-26").source("sina").await.unwrap();
    let bar = last_bar(&table);
    assert_eq!((bar.close, bar.volume, bar.change), (37.86, 35_953_534, Some(-0.24)));
}

#[tokio::test]
async fn replayed_quotes_are_the_recorded_ones() {
    let Some(folder) = folder() else { return };
    let (_simulator, fv) = replay(&folder, in_2026).await;
    for (source, volume, amount, bid_volume) in [
        ("sina", 10_718_101, 341_643_944.52, 1_000),
        // In lots, and its exact amount in whole yuan.
        ("tencent", 10_718_100, 341_643_945.0, 1_000),
    ] {
        let table = fv.cn_stock_quote(["002074", "002150", "002704"]).source(source).await.unwrap();
        let rows: Vec<QuoteRow<'_>> = table.rows().collect();
        let row = rows[0];
        assert_eq!((row.symbol, row.name), ("002074.SZ", "国轩高科"), "{source}");
        assert_eq!((row.price, row.pre_close, row.open), (Some(32.11), Some(32.57), Some(32.4)), "{source}");
        assert_eq!((row.high, row.low), (Some(32.4), Some(31.51)), "{source}");
        assert_eq!((row.volume, row.amount), (Some(volume), Some(amount)), "{source}");
        assert_eq!((row.change, row.change_pct), (Some(-0.46), Some(-1.41)), "{source}");
        assert_eq!((row.bid1, row.bid_volume1), (Some(32.1), Some(bid_volume)), "{source}");
        assert_eq!((row.ask5, row.ask_volume5), (Some(32.15), Some(13_000)), "{source}");
        // Suspended: the close of the day before, and no price of today.
        assert_eq!(
            (rows[1].name, rows[1].price, rows[1].pre_close),
            ("通润装备", None, Some(9.55)),
            "{source}"
        );
        assert_eq!((rows[1].open, rows[1].bid1, rows[1].volume), (None, None, Some(0)), "{source}");
        assert_eq!(table.provenance().missing, [CN_STOCKS.symbol("002704").unwrap()], "{source}");
    }
    // A code that was not recorded is one that the vendors do not know.
    for source in ["eastmoney", "sina", "tencent"] {
        let error = fv.cn_stock_quote(["605999"]).source(source).await.unwrap_err();
        assert!(matches!(error, finvista::Error::NotFound(_)), "{source}: {error}");
    }
}
