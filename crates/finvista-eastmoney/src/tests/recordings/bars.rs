use finvista_core::Board;

use super::*;
use crate::symbol::from_vendor;
use crate::tests::bars::daily;

/// The rows of a body, cut out of its text.
fn lines(text: &str) -> Vec<Vec<&str>> {
    let Some((_, rest)) = text.split_once("\"klines\":[") else { return Vec::new() };
    let Some((rows, _)) = rest.split_once(']') else { return Vec::new() };
    rows.split('"').skip(1).step_by(2).map(|row| row.split(',').collect()).collect()
}

fn decoded(bar: &DailyBar<'_>) -> [f64; 10] {
    let or = |number: Option<f64>| number.unwrap_or(f64::NAN);
    let (volume, amount) = (bar.volume as f64, or(bar.amount));
    let derived = [or(bar.amplitude), or(bar.change_pct), or(bar.change), or(bar.turnover)];
    let [amplitude, change_pct, change, turnover] = derived;
    [bar.open, bar.close, bar.high, bar.low, volume, amount, amplitude, change_pct, change, turnover]
}

/// Compares bars with the rows cut out of the text, column by column, as far as the text has them.
fn assert_rows(name: &str, batch: &RecordBatch, text: &str) {
    let lines = lines(text);
    assert_eq!(batch.num_rows(), lines.len(), "{name}");
    for (bar, row) in rows::<CnStockDaily>(batch).iter().zip(&lines) {
        assert_eq!(bar.date.to_string(), row[0], "{name}");
        for (column, (found, text)) in decoded(bar).iter().zip(&row[1..]).enumerate() {
            let wire: f64 = text.parse().unwrap();
            let expected = if column == 4 { wire * 100.0 } else { wire };
            assert_eq!(*found, expected, "{name}, {}, column {}", row[0], column + 1);
        }
    }
}

#[test]
#[expect(clippy::approx_constant, reason = "6.28 is a price")]
fn bars_of_601872() {
    let Some(text) = recording("kline_daily_1.601872.json") else { return };
    // Forward-adjusted: 2024-12-18's average price is 6.44 and its highest 6.28 (wire note, section 4).
    let query = daily("symbol=601872.SH start=2024-12-18 end=2024-12-31 adjust=qfq");
    let batch = decode(&query, &text).unwrap();
    assert_rows("601872", &batch, &text);
    check(&query, &batch);
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
    let wrapped = |head: &str, rows: &str| {
        format!(r#"{{"rc":0,"rt":17,"svr":1,"lt":1,"full":0,"data":{{{head},"klines":[{rows}]}}}}"#)
    };
    let Some(row) = recording("kline_row_600519_qfq_8col_fragment.txt") else { return };
    let text = wrapped(r#""code":"600519","market":1,"dktotal":1"#, &format!("\"{}\"", row.trim()));
    let query = daily("symbol=600519.SH adjust=qfq");
    let batch = decode(&query, &text).unwrap();
    assert_rows("600519", &batch, &text);
    check(&query, &batch);
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
    let text = wrapped(&head.join(","), lines.trim_end().trim_end_matches(']'));
    let query = daily("symbol=300059.SZ adjust=qfq");
    let batch = decode(&query, &text).unwrap();
    assert_rows("300059", &batch, &text);
    check(&query, &batch);
    // The listing day has its change against the issue price, and traded 59.9 yuan a share before adjustment.
    let bar = rows::<CnStockDaily>(&batch)[0];
    assert_eq!(
        (bar.close, bar.change, bar.change_pct, bar.turnover),
        (0.43, Some(0.23), Some(115.0), Some(70.49))
    );
    assert_eq!((bar.volume, bar.amount), (19_737_300, Some(1_182_393_994.0)));
}

#[test]
fn bars_that_are_none() {
    let query = || daily("symbol=600519.SH");
    for (name, query, kind) in [
        ("kline_empty_klines_000300_jsonp.txt", query(), ErrorKind::Invalid),
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
        let Some(symbol) = from_vendor(market, code).filter(|symbol| symbol.board() != Board::Index) else {
            continue;
        };
        let query = daily(&format!("symbol={symbol} adjust=qfq"));
        match decode(&query, &text) {
            Ok(batch) => {
                assert_rows(&name, &batch, &text);
                check(&query, &batch);
            }
            // Empty, cut by its author, or without the columns that are asked for.
            Err(error) => {
                assert!(lines(&text).is_empty() || lines(&text)[0].len() < 7, "{name}: {error}");
            }
        }
    }
}
