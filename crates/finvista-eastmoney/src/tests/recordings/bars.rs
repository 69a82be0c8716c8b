use finvista_core::dataset::{BarSink, Build};
use finvista_core::{Board, Reply, Series, Shape, Zone};
use jiff::civil::DateTime;

use super::*;
use crate::kline::{self, COLUMNS};
use crate::symbol::from_vendor;
use crate::tests::bars::daily;

/// Reads an answer to a request for as many columns as its rows have. The authors of some asked for fewer than we do.
fn decode(query: &Query, text: &str) -> Result<RecordBatch, SourceError> {
    fn of<D: Dataset<Selection = Series>>(query: &Query, text: &str) -> Result<RecordBatch, SourceError>
    where
        D::Builder: BarSink<At: From<DateTime>>,
    {
        let series = Series::of(query.selection()).unwrap();
        let columns = lines(text).first().map_or(COLUMNS, Vec::len);
        let mut out = D::Builder::new(series, cx().now);
        kline::read(series, &Reply::new(text.as_bytes()), columns, &mut out)?;
        out.finish()
    }
    match query.dataset().as_str() {
        "cn_index_daily" => of::<CnIndexDaily>(query, text),
        "cn_stock_minute" => of::<CnStockMinute>(query, text),
        _ => of::<CnStockDaily>(query, text),
    }
}

/// The rows of a body, cut out of its text.
fn lines(text: &str) -> Vec<Vec<&str>> {
    let Some((_, rest)) = text.split_once("\"klines\":[") else { return Vec::new() };
    let Some((rows, _)) = rest.split_once(']') else { return Vec::new() };
    rows.split('"').skip(1).step_by(2).map(|row| row.split(',').collect()).collect()
}

/// An answer around rows that came without one.
fn wrapped(head: &str, row: &str) -> String {
    let rows = if row.starts_with('"') { row.to_owned() } else { format!("\"{row}\"") };
    format!(r#"{{"rc":0,"rt":17,"svr":1,"lt":1,"full":0,"data":{{{head},"klines":[{rows}]}}}}"#)
}

/// The columns of a bar in the vendor's order.
macro_rules! decoded {
    ($bar:ident, $($derived:ident)*) => {
        vec![
            $bar.open, $bar.close, $bar.high, $bar.low, $bar.volume as f64 / 100.0, $bar.amount.unwrap_or(f64::NAN),
            $( $bar.$derived.unwrap_or(f64::NAN) ),*
        ]
    };
}

/// Compares bars with the rows cut out of the text, column by column, as far as the text has them.
fn assert_rows(name: &str, query: &Query, batch: &RecordBatch, text: &str) {
    let lines = lines(text);
    let found: Vec<(String, Vec<f64>)> = match query.dataset().as_str() {
        "cn_index_daily" => rows::<CnIndexDaily>(batch)
            .iter()
            .map(|bar| (bar.date.to_string(), decoded!(bar, amplitude change_pct change)))
            .collect(),
        "cn_stock_minute" => rows::<CnStockMinute>(batch)
            .iter()
            .map(|bar| {
                let end = Zone::Shanghai.clock(bar.time).strftime("%Y-%m-%d %H:%M");
                (end.to_string(), decoded!(bar,))
            })
            .collect(),
        _ => rows::<CnStockDaily>(batch)
            .iter()
            .map(|bar| (bar.date.to_string(), decoded!(bar, amplitude change_pct change turnover)))
            .collect(),
    };
    assert_eq!(found.len(), lines.len(), "{name}");
    for ((at, values), line) in found.iter().zip(&lines) {
        assert_eq!(at, line[0], "{name}");
        for (column, (found, text)) in values.iter().zip(&line[1..]).enumerate() {
            assert_eq!(*found, text.parse::<f64>().unwrap(), "{name}, {at}, column {}", column + 1);
        }
    }
    check(query, batch);
}

#[test]
#[expect(clippy::approx_constant, reason = "6.28 is a price")]
fn bars_of_601872() {
    let Some(text) = recording("kline_daily_1.601872.json") else { return };
    // Forward-adjusted: 2024-12-18's average price is 6.44 and its highest 6.28 (wire note, section 4).
    let query = daily("symbol=601872.SH start=2024-12-18 end=2024-12-31 adjust=qfq");
    let batch = decode(&query, &text).unwrap();
    assert_rows("601872", &query, &batch, &text);
    let bars = rows::<CnStockDaily>(&batch);
    assert_eq!(
        bars[0],
        DailyBar {
            symbol: "601872.SH",
            date: jiff::civil::date(2024, 12, 18),
            open: 6.11,
            high: 6.28,
            low: 6.10,
            close: 6.18,
            volume: 84_274_300,
            amount: Some(542_829_495.0),
            change: Some(0.10),
            change_pct: Some(1.64),
            amplitude: Some(2.96),
            turnover: Some(1.03),
        }
    );
    // A narrower range is cut out of it, with the vendor's change of its first day.
    let narrow = daily("symbol=601872.SH start=2024-12-20 end=2024-12-23 adjust=qfq");
    let batch = decode(&narrow, &text).unwrap();
    check(&narrow, &batch);
    assert_eq!((batch.num_rows(), bars[2]), (2, rows::<CnStockDaily>(&batch)[0]));
}

#[test]
fn bars_of_fragments() {
    let Some(row) = recording("kline_row_600519_qfq_8col_fragment.txt") else { return };
    let text = wrapped(r#""code":"600519","market":1,"dktotal":1"#, row.trim());
    let query = daily("symbol=600519.SH adjust=qfq");
    let batch = decode(&query, &text).unwrap();
    assert_rows("600519", &query, &batch, &text);
    let bar = rows::<CnStockDaily>(&batch)[0];
    assert_eq!((bar.close, bar.volume, bar.amount), (1358.98, 3_614_700, Some(4_898_665_275.0)));
    assert_eq!((bar.amplitude, bar.change, bar.change_pct, bar.turnover), (Some(1.28), None, None, None));

    // As a browser's console shows it: the keys get their quotes back.
    let shown = recording("kline_data_300059_fields1_f13_fragment.txt").unwrap();
    let (head, lines) = shown.split_once("klines: [").unwrap();
    let head: Vec<String> = head
        .lines()
        .filter_map(|line| line.trim_end_matches(',').split_once(": "))
        .map(|(key, value)| format!("\"{key}\":{value}"))
        .collect();
    let text = wrapped(&head.join(","), lines.trim().trim_end_matches(']'));
    let query = daily("symbol=300059.SZ start=2010-03-19 end=2010-03-23 adjust=qfq");
    let batch = decode(&query, &text).unwrap();
    assert_rows("300059", &query, &batch, &text);
    // The listing day has its change against the issue price, and traded 59.9 yuan a share before adjustment.
    let bar = rows::<CnStockDaily>(&batch)[0];
    assert_eq!(
        (bar.close, bar.change, bar.change_pct, bar.turnover),
        (0.43, Some(0.23), Some(115.0), Some(70.49))
    );
    assert_eq!((bar.volume, bar.amount), (19_737_300, Some(1_182_393_994.0)));
}

#[test]
fn bars_of_an_index() {
    let Some(text) = recording("kline_index_daily_1.000300.json") else { return };
    let asked = query::<CnIndexDaily>("symbol=000300 start=2026-09-28 end=2026-09-30");
    let batch = decode(&asked, &text).unwrap();
    assert_rows("000300", &asked, &batch, &text);
    let bars = rows::<CnIndexDaily>(&batch);
    assert_eq!((bars.len(), bars[0].close, bars[2].close), (3, 4340.76, 4357.62));
    assert_eq!((bars[0].volume, bars[0].amount), (17_127_737_300, Some(428_620_471_197.9)));

    // Cut in its second row by its author; the first has all columns.
    let text = recording("kline_index_daily_000300_jsonp_fragment.txt").unwrap();
    let text = format!("{}]}}}});", text.split_once(",\"2025-03-13").unwrap().0);
    let asked = query::<CnIndexDaily>("symbol=000300 start=2025-03-12 end=2025-03-12");
    let batch = decode(&asked, &text).unwrap();
    assert_rows("000300", &asked, &batch, &text);
    let bar = rows::<CnIndexDaily>(&batch)[0];
    assert_eq!((bar.change, bar.change_pct, bar.amplitude), (Some(-14.19), Some(-0.36), Some(0.82)));
}

#[test]
fn bars_of_minutes() {
    // A single minute, the first of its day, without what is around it.
    let Some(text) = recording("trends2_fragment_600986.txt") else { return };
    let text = wrapped(r#""code":"600986","market":1,"dktotal":1"#, lines(&text)[0].join(",").as_str());
    let asked = query::<CnStockMinute>("symbol=600986 period=1 start=2026-02-06");
    let batch = decode(&asked, &text).unwrap();
    assert_rows("600986", &asked, &batch, &text);
    let bar = rows::<CnStockMinute>(&batch)[0];
    assert_eq!((bar.time.to_string().as_str(), bar.volume), ("2026-02-06T01:31:00Z", 36_681_100));
    // A future's minutes are no share's.
    let text = recording("kline_futures_rbm_minute_fragment.txt").unwrap();
    assert_eq!(refused(decode(&asked, &text)).0, ErrorKind::Invalid);
    let text = recording("trends2_error_rc100_data_null.json").unwrap();
    assert_eq!(refused(decode(&asked, &text)).0, ErrorKind::NotFound);
}

#[test]
fn bars_that_are_none() {
    let query = || daily("symbol=600519.SH");
    let index = |days: &str| super::query::<CnIndexDaily>(&format!("symbol=000300.SH {days}"));
    for (name, query, kind) in [
        ("kline_empty_klines_000300_jsonp.txt", query(), ErrorKind::Invalid),
        ("kline_empty_klines_000300_jsonp.txt", index("start=2021-08-21 end=2021-08-22"), ErrorKind::NoData),
        ("kline_empty_klines_000300_jsonp.txt", index(""), ErrorKind::Blocked),
        ("kline_2col_600519_fragment.json", query(), ErrorKind::Decode),
        ("kline_daily_1.601872.json", query(), ErrorKind::Invalid),
        ("kline_us_weekly_105.APP_fqt1_jsonp.txt", query(), ErrorKind::Invalid),
        ("kline_hk_00700_jsonp_fragment.txt", query(), ErrorKind::Invalid),
        ("kline_futures_rbm_daily_fragment.txt", query(), ErrorKind::Invalid),
        ("kline_futures_rbm_minute_fragment.txt", query(), ErrorKind::Invalid),
        ("kline_index_daily_000300_jsonp_fragment.txt", query(), ErrorKind::Decode),
        ("trends2_error_rc100_data_null.json", query(), ErrorKind::NotFound),
        ("push2ex_error_rc102_data_null.json", query(), ErrorKind::Upstream),
        ("datacenter_error_9201_empty.json", query(), ErrorKind::Decode),
        ("error_502_html_fragment.txt", query(), ErrorKind::Blocked),
    ] {
        let Some(text) = recording(name) else { return };
        assert_eq!(refused(decode(&query, &text)).0, kind, "{name}");
    }
}

/// Whatever recording of bars is there: what decodes at all has the rows of its text, and no other symbol's rows decode.
#[test]
fn bars_of_every_recording() {
    for (name, text) in all("kline_") {
        let other = decode(&daily("symbol=605599.SH adjust=qfq"), &text);
        assert!(other.is_err(), "{name} as 605599.SH");
        let (Some(market), Some(code)) = (value(&text, "market"), value(&text, "code")) else { continue };
        let Some(symbol) = from_vendor(market, code) else { continue };
        // Their authors asked for a few days.
        let day = |row: Option<&Vec<&str>>| row.map_or("", |row| row[0]).to_owned();
        let lines = lines(&text);
        let range = match (day(lines.first()), day(lines.last())) {
            (first, last) if first.len() == 10 => format!("start={first} end={last}"),
            _ => String::new(),
        };
        let query = match symbol.board() {
            Board::Index => query::<CnIndexDaily>(&format!("symbol={symbol} {range}")),
            _ => daily(&format!("symbol={symbol} adjust=qfq {range}")),
        };
        match decode(&query, &text) {
            Ok(batch) => {
                assert_rows(&name, &query, &batch, &text);
            }
            // Empty, cut by its author, or without the columns that are asked for.
            Err(error) => {
                assert!(lines.is_empty() || lines[0].len() < 7, "{name}: {error}");
            }
        }
    }
}
