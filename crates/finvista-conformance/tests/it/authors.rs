#![cfg(test)]
//! A third party's vendor, whose format the testkit does not know: its author gives the answers.

use finvista_conformance::{Answer, Outcome, Sample, Subject, conformance, run};
use finvista_core::dataset::{Bar, BarSink, Dataset};
use finvista_core::{
    Board, Boards, BuilderOf, Capability, Endpoint, EndpointContext, ErrorKind, Next, Period, Query, Quota,
    Reply, Request, Series, SourceError, Vendor, date, wire,
};
use finvista_datasets::CnStockDaily;

static TUTORIAL: Vendor = Vendor {
    name: "tutorial",
    title: "A vendor of comma-separated bars",
    version: "1.0.0",
    failure_domain: "tutorial",
    hosts: &["bars.example"],
    quota: Quota::per_second(2).burst(5),
    endpoints: &[&Daily],
};

struct Daily;

impl Endpoint for Daily {
    type Dataset = CnStockDaily;
    type State = ();

    fn priority(&self) -> i32 {
        10
    }

    fn capability(&self) -> Capability {
        Capability::of_boards(Boards::of(&[Board::Main])).periods(&[Period::Day])
    }

    fn request(&self, _: &EndpointContext, query: &Series) -> Result<Request, SourceError> {
        Ok(Request::get(format!("https://bars.example/{}.csv", query.symbol)))
    }

    fn decode(
        &self,
        _: &Series,
        (): &mut (),
        reply: &Reply<'_>,
        out: &mut BuilderOf<Self>,
    ) -> Result<Next, SourceError> {
        let text = std::str::from_utf8(reply.body).map_err(|_| SourceError::decode("no UTF-8"))?;
        let mut lines = text.lines();
        match lines.next() {
            Some("date,open,high,low,close,volume") => {}
            Some("unknown symbol") => return Err(SourceError::new(ErrorKind::NotFound, "an unknown symbol")),
            other => return Err(SourceError::decode(format!("expected a header, got {other:?}"))),
        }
        for line in lines {
            let [day, open, high, low, close, volume] = line.split(',').collect::<Vec<_>>()[..] else {
                return Err(SourceError::decode(format!("expected a bar, got {line:?}")));
            };
            out.bar(Bar::new(
                date::parse(day)?,
                wire::number("open", open)?,
                wire::number("high", high)?,
                wire::number("low", low)?,
                wire::number("close", close)?,
                wire::shares("volume", volume, 1)?,
            ));
        }
        if out.is_empty() {
            return Err(SourceError::new(ErrorKind::NoData, "no bar in the range"));
        }
        Ok(Next::Done)
    }
}

const SAMPLE: &str = "date,open,high,low,close,volume
2024-06-03,10.00,10.50,9.50,10.25,100000
2024-06-04,10.25,10.75,10.00,10.50,120000
";

fn answer(request: &finvista_conformance::Request<'_>) -> Answer {
    let body = if request.path == "/600519.SH.csv" { SAMPLE } else { "unknown symbol\n" };
    Answer::ok("text/csv", body)
}

fn june() -> Query {
    let params = [("symbol", "600519"), ("start", "2024-06-03"), ("end", "2024-06-04")];
    let params = params.map(|(name, value)| (name.to_owned(), value.to_owned()));
    CnStockDaily::SPEC.parse(&params.into()).unwrap()
}

/// Its bars have no amounts, so the rows of the sample prove the unit of the volume.
fn known() -> Sample {
    Sample::new(june())
        .first([("symbol", "600519.SH"), ("date", "2024-06-03"), ("close", "10.25"), ("volume", "100000")])
        .last([("date", "2024-06-04"), ("volume", "120000"), ("amount", "")])
}

conformance!(tutorial, Subject::vendor(&TUTORIAL).answers(answer).sample(known()));

fn failure<'a>(report: &'a finvista_conformance::Report, name: &str) -> &'a str {
    match &report.case("cn_stock_daily", name).unwrap().outcome {
        Outcome::Failed(why) => why,
        other => panic!("{name}: {other:?}"),
    }
}

#[test]
fn what_no_row_proves_is_a_failure() {
    let report = run(&Subject::vendor(&TUTORIAL).answers(answer).sample(june()));
    assert!(
        failure(&report, "units and invariants").contains("nothing proves that volumes count shares"),
        "{report}"
    );
    let rows = &report.case("cn_stock_daily", "the first and the last row are as expected").unwrap().outcome;
    assert!(matches!(rows, Outcome::ToDo(what) if what.contains("Sample::first")), "{report}");
    assert!(report.to_string().contains("to do, to have more of it proven:"), "{report}");

    // Lots, by a hundredth.
    let lots = known().last([("volume", "1200")]);
    let report = run(&Subject::vendor(&TUTORIAL).answers(answer).sample(lots));
    let why = failure(&report, "the first and the last row are as expected");
    assert!(why.ends_with("volume of the last row: expected 1200, got 120000"), "{why}");
}

/// A range without a session is asked of the author's answers, too: what it holds does not depend on them.
#[test]
fn a_weekend_is_asked_of_answers_too() {
    let report = run(&Subject::vendor(&TUTORIAL).answers(answer).sample(known()));
    let weekend = &report.case("cn_stock_daily", "a range without a trading day is NoData").unwrap().outcome;
    assert_eq!(*weekend, Outcome::Passed, "{report}");
    assert!(report.passed(), "{report}");
}

/// Without answers its hosts are not simulated: only what any server can do wrong is tried, at a server of this machine.
#[test]
fn faults_that_need_no_format_are_tried_without_answers() {
    // No server listens there, so the vendor itself is not asked.
    let config = finvista_http::HttpConfig {
        gateway: Some("http://127.0.0.1:1".to_owned()),
        ..finvista_http::HttpConfig::default()
    };
    let unreachable = finvista_http::HttpClient::new(&config).unwrap();
    let report = run(&Subject::vendor(&TUTORIAL).live(unreachable.into()).sample(june()));
    let outcome = |name: &str| &report.case("cn_stock_daily", name).unwrap().outcome;
    assert!(matches!(outcome("what is promised is answered"), Outcome::Failed(_)), "{report}");
    for fault in ["fault reset", "fault status:503", "fault html", "fault garbage"] {
        assert_eq!(outcome(fault), &Outcome::Passed, "{report}");
    }
    assert!(matches!(outcome("fault truncated"), Outcome::ToDo(_)), "{report}");
    for case in ["fault schema-drift", "memory stays flat"] {
        assert!(matches!(outcome(case), Outcome::NotApplicable(_)), "{report}");
    }
}
