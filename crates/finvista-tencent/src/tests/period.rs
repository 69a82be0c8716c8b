//! Weeks and months.

use finvista_core::dataset::Dataset;
use finvista_core::{ErrorKind, Next, Query, Reply, Request};
use finvista_datasets::CnStockDaily;

use super::kline::{HOST, UNKNOWN, body, row};
use super::{answer, bars, cx, endpoint, first, kind, query as any};

fn of_period(period: &str, start: &str, end: &str, adjust: &str) -> Query {
    let params =
        [("symbol", "000001.SZ"), ("period", period), ("start", start), ("end", end), ("adjust", adjust)];
    any(CnStockDaily::SPEC, &params)
}

#[test]
fn weeks_and_months_are_asked_for_as_a_whole() {
    for (period, end, param) in [
        // A Wednesday: its week ends on Sunday.
        ("week", "2024-06-26", "sz000001,week,2023-12-14,2024-06-30,640,qfq"),
        ("week", "2024-06-30", "sz000001,week,2023-12-14,2024-06-30,640,qfq"),
        ("month", "2024-02-10", "sz000001,month,2023-11-20,2024-02-29,640,qfq"),
    ] {
        let query = of_period(period, "2024-01-05", end, "qfq");
        assert_eq!(first(&query).url, format!("{HOST}{param}"));
        assert_eq!(endpoint(&query).requests(&cx(), &query), 1);
    }
    let month =
        body("qfqmonth", &format!("{},{},{}", row("2023-12-29"), row("2024-01-31"), row("2024-02-29")));
    // The month that ends behind the range has no bar in it.
    let batch = answer(&of_period("month", "2024-01-05", "2024-02-10", "qfq"), &[&month]).unwrap();
    assert_eq!(bars(&batch).iter().map(|bar| bar.date.to_string()).collect::<Vec<_>>(), ["2024-01-31"]);
    assert_eq!(bars(&batch)[0].change, Some(0.0));
}

#[test]
fn older_pages_end_before_the_first_week_or_month() {
    for (period, day, end) in [
        // The Thursday before a holiday: no other bar of this week may come again under an earlier day.
        ("week", "2024-04-03", "2024-03-31"),
        ("month", "2024-04-03", "2024-03-31"),
        ("month", "2024-04-30", "2024-03-31"),
    ] {
        let query = of_period(period, "", "", "");
        let (_, mut run) = endpoint(&query).start(&cx(), &query).unwrap();
        let next = run.feed(&Reply::new(&body(period, &row(day)))).unwrap();
        let param = format!("{HOST}sz000001,{period},,{end},640,bfq");
        assert_eq!(next, Next::Send(Request::get(param)));
        assert!(run.feed(&Reply::new(&body(period, &row(end)))).is_ok(), "{period}");
    }
}

#[test]
fn unadjusted_weeks_and_months_are_never_passed_off_as_adjusted() {
    for period in ["week", "month"] {
        let plain = body(period, &row("2024-01-05"));
        assert_eq!(
            answer(&of_period(period, "2024-01-05", "", ""), &[&plain, UNKNOWN]).unwrap().num_rows(),
            1
        );
        assert_eq!(kind(&of_period(period, "2024-01-05", "", "qfq"), &[&plain]), ErrorKind::Unsupported);
        // Bars of another period.
        assert_eq!(
            kind(&of_period(period, "", "", ""), &[&body("day", &row("2024-01-05"))]),
            ErrorKind::Decode
        );
    }
}
