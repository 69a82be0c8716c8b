//! Recorded answers of daily bars. Expected values are what the bytes say: literals, or a split of the raw text.

use finvista_core::dataset::Dataset;
use finvista_core::{Adjust, ErrorKind};
use finvista_datasets::CnStockDaily;
use jiff::civil::date;

use super::{answer, bars, cut_anywhere, daily, kind, query, recording};

/// What follows the page of a recording: nothing older.
pub(super) fn nothing_older(code: &str) -> String {
    format!(r#"{{"code":0,"msg":"","data":{{"{code}":{{"qt":{{"{code}":[]}}}}}}}}"#)
}

/// Rows in the documented envelope.
fn wrapped(code: &str, key: &str, rows: &str) -> String {
    format!(r#"{{"code":0,"msg":"","data":{{"{code}":{{"{key}":[{rows}],"qt":{{}},"version":"16"}}}}}}"#)
}

#[test]
fn a_whole_answer_of_newfqkline() {
    let Some(body) = recording("tencent_newfqkline_sz300059_qfqday_2024-10-10.json.txt") else { return };
    let query = daily("300059.SZ", "2024-10-10", "2024-10-10", Adjust::Qfq);
    let batch = answer(&query, &[&body, nothing_older("sz300059").as_bytes()]).unwrap();
    let [bar] = bars(&batch).try_into().unwrap();
    assert_eq!((bar.symbol, bar.date), ("300059.SZ", date(2024, 10, 10)));
    assert_eq!((bar.open, bar.close, bar.high, bar.low), (24.10, 20.55, 24.56, 19.92));
    assert_eq!((bar.volume, bar.amount, bar.turnover), (2_386_326_700, Some(51_973_140_600.0), Some(17.86)));
    assert_eq!((bar.change, bar.change_pct, bar.amplitude), (None, None, None));
    // The day has no ex-date behind it, so the unit proof of unadjusted bars holds as well.
    let unadjusted = String::from_utf8(body.clone()).unwrap().replace("qfqday", "day");
    let query = daily("300059.SZ", "2024-10-10", "2024-10-10", Adjust::None);
    answer(&query, &[unadjusted.as_bytes(), nothing_older("sz300059").as_bytes()]).unwrap();
    // It says that Tencent knows the share, in whose other years it has no row here.
    let query = daily("300059.SZ", "2025-10-10", "", Adjust::Qfq);
    assert_eq!(answer(&query, &[&body]).unwrap_err().kind(), ErrorKind::NoData);
    let query = daily("300059.SZ", "", "", Adjust::None);
    assert_eq!(answer(&query, &[&body]).unwrap_err().kind(), ErrorKind::Invalid);
    let query = daily("300750.SZ", "", "", Adjust::Qfq);
    assert_eq!(answer(&query, &[&body]).unwrap_err().kind(), ErrorKind::Invalid);
}

#[test]
fn a_whole_answer_cut_anywhere_is_no_table() {
    let Some(body) = recording("tencent_newfqkline_sz300059_qfqday_2024-10-10.json.txt") else { return };
    let query = daily("300059.SZ", "2024-10-10", "2024-10-10", Adjust::Qfq);
    let body = body.trim_ascii_end();
    cut_anywhere(&query, body, &[ErrorKind::Decode]);
}

#[test]
fn an_ex_date_with_its_dividend() {
    let Some(body) = recording("tencent_fqkline_sz000001_qfqday_exdiv_2026-09.excerpt.json.txt") else {
        return;
    };
    let batch = answer(&daily("000001.SZ", "2026-09-24", "", Adjust::Qfq), &[&body]).unwrap();
    let [ex, after] = bars(&batch).try_into().unwrap();
    assert_eq!((ex.date, ex.open, ex.close, ex.high, ex.low), (date(2026, 9, 24), 11.35, 11.3, 11.47, 11.29));
    assert_eq!((ex.volume, ex.amount, ex.turnover, ex.change), (104_381_900, None, None, Some(-0.161)));
    assert_eq!(
        (after.date, after.close, after.volume, after.change),
        (date(2026, 9, 28), 11.3, 71_534_100, Some(0.0))
    );
    // Under the wrong key these bars would be unadjusted.
    let plain = String::from_utf8(body).unwrap().replace("qfqday", "day");
    let error = answer(&daily("000001.SZ", "2026-09-24", "", Adjust::Qfq), &[plain.as_bytes()]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
}

#[test]
fn excerpts_of_fqkline() {
    let Some(body) = recording("tencent_fqkline_sh600519_qfqday_2026-09-11.excerpt.json.txt") else { return };
    let batch = answer(&daily("600519.SH", "2026-09-11", "", Adjust::Qfq), &[&body]).unwrap();
    let [bar] = bars(&batch).try_into().unwrap();
    assert_eq!((bar.open, bar.close, bar.high, bar.low), (1285.15, 1275.16, 1286.15, 1263.01));
    assert_eq!((bar.volume, bar.change), (3_480_100, Some(-9.97)));

    let Some(body) = recording("tencent_fqkline_sz300750_bfq_day_2026-09.excerpt.json.txt") else { return };
    let older = nothing_older("sz300750");
    let batch = answer(&daily("300750.SZ", "", "", Adjust::None), &[&body, older.as_bytes()]).unwrap();
    let [bar] = bars(&batch).try_into().unwrap();
    assert_eq!((bar.date, bar.open, bar.close), (date(2026, 9, 8), 345.67, 335.49));
    assert_eq!((bar.high, bar.low, bar.volume), (346.6, 326.0, 51_955_100));
}

#[test]
fn single_rows_of_both_services() {
    let Some(row) = recording("tencent_fqkline_sh600519_row_2021-03-10.fragment.txt") else { return };
    let body = wrapped("sh600519", "qfqday", &String::from_utf8(row).unwrap());
    let older = nothing_older("sh600519");
    let query = daily("600519.SH", "", "", Adjust::Qfq);
    let batch = answer(&query, &[body.as_bytes(), older.as_bytes()]).unwrap();
    let [bar] = bars(&batch).try_into().unwrap();
    assert_eq!((bar.date, bar.open, bar.close), (date(2021, 3, 10), 1977.0, 1970.01));
    assert_eq!((bar.high, bar.low, bar.volume), (1999.87, 1967.0, 5_117_200));

    // The author of this one left out all rows but the first.
    let Some(text) = recording("tencent_newfqkline_sh600519_row_2026-05-08.fragment.txt") else { return };
    let text = String::from_utf8(text).unwrap();
    let (_, rest) = text.split_once("\"qfqday\":[").unwrap();
    let (row, _) = rest.split_once(",...").unwrap();
    let body = wrapped("sh600519", "qfqday", row);
    let batch = answer(&query, &[body.as_bytes(), older.as_bytes()]).unwrap();
    let [bar] = bars(&batch).try_into().unwrap();
    assert_eq!((bar.open, bar.close, bar.high, bar.low), (1375.0, 1371.05, 1388.0, 1370.01));
    assert_eq!((bar.volume, bar.turnover, bar.amount), (4_046_100, Some(0.27), Some(4_772_513_700.0)));
}

/// Six bodies in one file: A and HK bars of days, weeks and months, and today's minutes, which are another service.
#[test]
fn weeks_and_months_carry_their_last_day() {
    let Some(bodies) = recording("tencent_day_week_month_sz300750_hk00700_2026-09-11.trimmed.jsonl") else {
        return;
    };
    let bodies: Vec<&[u8]> = bodies.trim_ascii().split(|&b| b == b'\n').collect();
    let [day, hk_day, week, month, minutes, hk_minutes] = bodies.try_into().unwrap();
    let of = |period, start| {
        let params = [("symbol", "300750.SZ"), ("period", period), ("start", start), ("adjust", "qfq")];
        query(CnStockDaily::SPEC, &params)
    };
    let last = |period, start, body| {
        let batch = answer(&of(period, start), &[body]).unwrap();
        let bar = bars(&batch).pop().unwrap();
        (bar.date, bar.open, bar.close, bar.high, bar.low, bar.volume, bar.change)
    };
    // A Friday, and in the middle of the month.
    let friday = date(2026, 9, 11);
    let expected = (friday, 333.06, 330.51, 335.66, 328.3, 27_660_000, Some(-7.55));
    assert_eq!(last("day", "2026-09-10", day), expected);
    let expected = (friday, 351.05, 330.51, 351.8, 326.0, 172_436_300, Some(-20.49));
    assert_eq!(last("week", "2026-09-05", week), expected);
    let expected = (friday, 362.49, 330.51, 363.56, 326.0, 269_076_200, Some(-33.04));
    assert_eq!(last("month", "2026-09-01", month), expected);
    for (period, body) in [("day", week), ("week", month), ("month", day)] {
        assert_eq!(kind(&of(period, ""), &[body]), ErrorKind::Decode, "{period}");
    }
    for body in [hk_day, hk_minutes] {
        assert_eq!(kind(&of("day", ""), &[body]), ErrorKind::Invalid);
    }
    assert_eq!(kind(&of("day", ""), &[minutes]), ErrorKind::NoData);
}

#[test]
fn errors_and_unknown_codes() {
    // 999999 is in no family of codes, and is not asked for.
    let query = daily("605999.SH", "", "", Adjust::None);
    for (name, kind) in [
        ("tencent_fqkline_error_bad_params.json.txt", ErrorKind::Upstream),
        ("tencent_mkline_invalid_sh999999_2026-07-09.trimmed.json.txt", ErrorKind::NotFound),
        ("tencent_hkfqkline_hk00001_2018-04-09.jsonp.txt", ErrorKind::Invalid),
        ("tencent_hkfqkline_hk00700_qfqmonth_2026-09.excerpt.json.txt", ErrorKind::Invalid),
        ("tencent_hkfqkline_unknown_hk99999.fragment.json", ErrorKind::Invalid),
        ("tencent_usfqkline_usAAPL_qfqweek_2026-09.excerpt.json.txt", ErrorKind::Invalid),
    ] {
        let Some(body) = recording(name) else { return };
        let body = String::from_utf8_lossy(&body).replace("sh999999", "sh605999");
        assert_eq!(answer(&query, &[body.as_bytes()]).unwrap_err().kind(), kind, "{name}");
    }
}
