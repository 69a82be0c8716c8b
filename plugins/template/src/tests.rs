//! From bytes to tables without a network, and the suite that every source must pass over a server of this machine.

use finvista_conformance::{Answer, Request, Sample, Subject, conformance};
use finvista_core::dataset::Dataset;
use finvista_core::{Body, DynEndpoint, EndpointContext, ErrorKind, Query, SourceError, Table, answer_from};
use finvista_datasets::CnStockDaily;

use super::{Daily, TEMPLATE};

conformance!(conformance, Subject::vendor(&TEMPLATE).answers(served).sample(known()));

/// A query, and what is known of its answer.
fn known() -> Sample {
    Sample::new(asked("2024-06-27").unwrap())
        .first([("date", "2024-06-27"), ("close", "10.05"), ("volume", "84274300")])
        .last([("date", "2024-06-28"), ("close", "10.15")])
}

/// What the vendor would send: it knows one share.
fn served(request: &Request<'_>) -> Answer {
    match request.path {
        "/daily/000001.SZ.csv" => Answer::ok("text/csv", include_bytes!("sample.csv")),
        _ => Answer::ok("text/csv", "unknown symbol"),
    }
}

/// A query that the sample answers.
fn asked(start: &str) -> Result<Query, SourceError> {
    let params = [("symbol", "000001"), ("start", start), ("end", "2024-06-28")];
    let params = params.map(|(name, value)| (name.to_owned(), value.to_owned()));
    Ok(CnStockDaily::SPEC.parse(&params.into())?)
}

/// What the endpoint makes of a body, checked as FinVista checks every table before a caller sees it.
fn answer(start: &str, body: &[u8]) -> Result<Table<CnStockDaily>, SourceError> {
    let cx = EndpointContext::new("2024-06-28T08:00:00Z".parse().unwrap());
    let query = asked(start)?;
    let batch = answer_from(&Daily, &cx, &query, |request| {
        assert_eq!(request.url, "https://template.example/daily/000001.SZ.csv");
        Some(Body::new(body.to_vec()))
    })?;
    CnStockDaily::SPEC.check(
        query.selection(),
        &batch,
        &DynEndpoint::capability(&Daily).precision,
        cx.now,
    )?;
    Ok(Table::new(batch).typed().unwrap())
}

#[test]
fn the_sample_is_read() {
    let table = answer("2024-06-27", include_bytes!("sample.csv")).unwrap();
    let rows: Vec<_> = table.rows().collect();
    let [first, last] = rows[..] else { panic!("{} rows", rows.len()) };
    assert_eq!((first.symbol, first.date.to_string().as_str()), ("000001.SZ", "2024-06-27"));
    assert_eq!((first.open, first.high, first.low, first.close), (10.12, 10.21, 10.03, 10.05));
    assert_eq!((first.volume, first.amount), (84_274_300, Some(852_432_600.0)));
    // Against the close of the day before, which was in the answer.
    assert_eq!((first.change, last.change), (Some(-0.07), Some(0.1)));
}

#[test]
fn an_answer_without_a_table_has_its_kind_of_error() {
    for (body, kind) in [
        ("unknown symbol", ErrorKind::NotFound),
        ("", ErrorKind::Decode),
        // A day before the range that is asked for.
        ("2024-05-31,10.12,10.21,10.03,10.05,84274300,852432600\n", ErrorKind::NoData),
        ("2024-06-27,10.12,10.2", ErrorKind::Decode),
        ("2024-06-27,10.12,10.21,10.03,many,84274300,-\n", ErrorKind::Decode),
        // Ten times the shares: a lot for a share.
        ("2024-06-27,10.12,10.21,10.03,10.05,842743000,852432600\n", ErrorKind::Invalid),
        ("<html><body>Please log in</body></html>", ErrorKind::Blocked),
    ] {
        assert_eq!(answer("2024-06-03", body.as_bytes()).unwrap_err().kind(), kind, "{body}");
    }
}
