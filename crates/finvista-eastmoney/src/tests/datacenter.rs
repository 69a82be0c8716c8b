//! Reports of the data center, on a data set that only these tests have.

use finvista_core::dataset::{Check, Date32, Float, Label, Optional, Rows, Text};
use finvista_core::{Capability, Reports, columns, dataset};

use super::recordings::recording;
use super::*;
use crate::datacenter::{Datacenter, Object, Report, equals, within};

columns! {
    "eastmoney_test_payouts",
    /// One payout.
    pub(super) struct Payout => PayoutColumns, PayoutViews {
        /// The share.
        symbol: Label, "";
        /// The end of the reporting period.
        period: Date32, "";
        /// The first day without the right.
        ex_date: Optional<Date32>, "";
        /// Cash for ten shares.
        cash: Optional<Float>, "CNY";
        /// How far it has come.
        progress: Text, "";
    }
}

dataset! {
    /// Payouts of a share.
    pub(super) Payouts = "eastmoney_test_payouts", "Payouts of a share";
    selects Reports with Ranged;
    rows Payout, PayoutColumns, PayoutViews built by Rows<PayoutColumns, Reports>;
    key [symbol, period];
    spec.checks(&[Check::Requested("symbol"), Check::Key, Check::Within("period")])
}

impl Report for Payouts {
    const NAME: &'static str = "RPT_SHAREBONUS_DET";
    const SORT: &'static [&'static str] = &["REPORT_DATE", "NOTICE_DATE"];

    fn filter(reports: &Reports) -> String {
        equals("SECURITY_CODE", reports.symbol.code()) + &within("REPORT_DATE", reports.range)
    }

    fn row(row: &Object<'_>, out: &mut Rows<PayoutColumns, Reports>) -> Result<(), SourceError> {
        // Rows of plans are left out.
        if row.text("ASSIGN_PROGRESS")? != "实施分配" {
            return Ok(());
        }
        out.push(Payout {
            symbol: &row.symbol("SECUCODE")?.written(),
            period: row.day("REPORT_DATE")?,
            ex_date: row.optional_day("EX_DIVIDEND_DATE")?,
            cash: row.optional("PRETAX_BONUS_RMB")?,
            progress: &row.text("ASSIGN_PROGRESS")?,
        });
        Ok(())
    }
}

static PAYOUTS: Datacenter<Payouts> = Datacenter::new(0, Capability::any());

fn asked() -> Query {
    query::<Payouts>("symbol=600675.SH start=1900-01-01 end=2026-07-28")
}

fn answer(body: impl Fn(&str) -> String + Send + Sync) -> Result<RecordBatch, SourceError> {
    answer_from(&PAYOUTS, &cx(), &asked(), |request| Some(Body::new(body(&request.url).into_bytes())))
}

fn row(period: &str) -> String {
    format!(
        r#"{{"SECUCODE":"600675.SH","PRETAX_BONUS_RMB":0.59,"ASSIGN_PROGRESS":"\u5b9e施分配","EX_DIVIDEND_DATE":null,"REPORT_DATE":"{period} 00:00:00","OTHER":{{"x":[1]}}}}"#
    )
}

fn page(count: usize, rows: &[String]) -> String {
    format!(
        r#"{{"version":"e548","result":{{"pages":1,"data":[{}],"count":{count}}},"success":true,"message":"ok","code":0}}"#,
        rows.join(",")
    )
}

fn url_of_page(number: usize) -> String {
    format!(
        "https://datacenter-web.eastmoney.com/api/data/v1/get?reportName=RPT_SHAREBONUS_DET&columns=ALL\
         &filter=%28SECURITY_CODE%3D%22600675%22%29%28REPORT_DATE%3E%3D%271900-01-01%27%29%28REPORT_DATE%3C%3D%272026-07-28%27%29\
         &pageNumber={number}&pageSize=500&sortColumns=REPORT_DATE,NOTICE_DATE&sortTypes=1,1&source=WEB&client=WEB"
    )
}

#[test]
fn columns_go_where_they_belong() {
    let body = page(
        2,
        &[
            row("2025-12-31"),
            row("2025-06-30").replace("0.59", "null").replace("null,\"R", "\"2025-07-01 00:00:00\",\"R"),
        ],
    );
    let batch = answer(|url| {
        assert_eq!(url, url_of_page(1));
        body.clone()
    })
    .unwrap();
    let found = rows::<Payouts>(&batch);
    assert_eq!(
        (found.len(), found[0].symbol, found[0].cash, found[1].cash),
        (2, "600675.SH", None, Some(0.59))
    );
    assert_eq!(found[0].ex_date, Some(jiff::civil::date(2025, 7, 1)));
    assert_eq!((found[1].period, found[1].ex_date), (jiff::civil::date(2025, 12, 31), None));
    assert_eq!(found[1].progress, "实施分配");
    assert_eq!(answer(|_| format!("jQuery1({body});")).unwrap(), batch);
}

#[test]
fn all_pages_are_read_and_counted() {
    let days: Vec<String> = jiff::civil::date(2020, 1, 1)
        .series(jiff::ToSpan::day(1))
        .take(1_001)
        .map(|day| row(&day.to_string()))
        .collect();
    let of = |last: &str| {
        answer(|url| match url {
            url if url == url_of_page(1) => page(1_001, &days[..500]),
            // A plan is a row of the vendor and none of the table.
            url if url == url_of_page(2) => {
                page(1_001, &days[500..1_000]).replacen("u5b9e施分配", "u5b9e", 1)
            }
            url if url == url_of_page(3) => last.to_owned(),
            url => panic!("{url}"),
        })
    };
    assert_eq!(of(&page(1_001, &days[1_000..])).unwrap().num_rows(), 1_000);
    assert_eq!(refused(of(&page(1_001, &[]))).0, ErrorKind::Invalid);
    assert_eq!(refused(of(EMPTY)).0, ErrorKind::Upstream);
    assert_eq!(refused(answer(|_| page(2, &days[..1]))).0, ErrorKind::Invalid);
}

const EMPTY: &str = r#"{"version":null,"result":null,"success":false,"message":"返回数据为空","code":9201}"#;

#[test]
fn refusals_have_their_kinds() {
    let whole = page(1, &[row("2025-12-31")]);
    for (body, kind, says) in [
        (EMPTY.to_owned(), ErrorKind::NoData, "600675"),
        (EMPTY.replace("9201", "9501"), ErrorKind::Upstream, "9501"),
        (EMPTY.replace("9201", "0"), ErrorKind::Upstream, "RPT_SHAREBONUS_DET"),
        (whole.replace("SECUCODE", "SECURITY"), ErrorKind::Decode, "SECUCODE is missing"),
        (whole.replace("600675.SH", "A26229"), ErrorKind::Decode, "got \"A26229\""),
        (whole.replace("\"2025-12-31 00:00:00\"", "null"), ErrorKind::Decode, "REPORT_DATE is null"),
        (whole.replace("2025-12-31", "2025"), ErrorKind::Decode, "REPORT_DATE"),
        (whole.replace("0.59", "\"x\""), ErrorKind::Decode, "PRETAX_BONUS_RMB"),
        (whole.replace("0.59", "{}"), ErrorKind::Decode, "PRETAX_BONUS_RMB"),
        (whole.replace("\"\\u5b9e施分配\"", "7"), ErrorKind::Decode, "ASSIGN_PROGRESS, got \"7\""),
        (whole.replace("\"code\":0", "\"co\":0"), ErrorKind::Decode, "code"),
    ] {
        let (found, message) = refused(answer(|_| body.clone()));
        assert_eq!(found, kind, "{message}: {body}");
        assert!(message.contains(says), "{message}: {body}");
    }
    for end in 0..whole.len() {
        let cut = String::from_utf8_lossy(&whole.as_bytes()[..end]).into_owned();
        assert_eq!(refused(answer(|_| cut.clone())).0, ErrorKind::Decode, "cut at {end}");
    }
    for (body, kind) in NO_ANSWERS {
        assert_eq!(refused(answer(|_| String::from_utf8_lossy(body).into_owned())).0, kind);
    }
}

/// Whatever whole answer of the data center is there, by the rows that it announces.
#[test]
fn recorded_answers() {
    for (name, kind) in [
        ("datacenter_error_9201_empty.json", ErrorKind::NoData),
        ("em_datacenter_error_9201.jsonp.txt", ErrorKind::NoData),
        ("em_datacenter_error_9201_pretty.json", ErrorKind::NoData),
        ("datacenter_error_9501_no_report.json", ErrorKind::Upstream),
        // The first of 28 rows, and the first of 360: their authors asked for one.
        ("datacenter_dividend_600519_trimmed.json", ErrorKind::Decode),
        ("em_f10_eh_freeholders_page_002811.jsonp.txt", ErrorKind::Decode),
        // Other columns.
        ("datacenter_f10_basic_orginfo_000584.json", ErrorKind::Decode),
        ("ulist_error_rc102_data_null.json", ErrorKind::Decode),
    ] {
        let Some(text) = recording(name) else { return };
        assert_eq!(refused(answer(|_| text.clone())).0, kind, "{name}");
    }
    // A row of its report, cut out by its author.
    let row = recording("datacenter_sharebonus_600675_row_fragment.txt").unwrap();
    let batch = answer(|_| page(1, &[row.trim().to_owned()])).unwrap();
    let payout = rows::<Payouts>(&batch)[0];
    assert_eq!((payout.symbol, payout.cash), ("600675.SH", Some(0.059)));
    assert_eq!(payout.ex_date, Some(jiff::civil::date(2026, 8, 4)));
}
