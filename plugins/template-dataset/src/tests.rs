//! From bytes to tables without a network, and the suite that every source must pass over a server of this machine.

use finvista_conformance::{Answer, Request, Sample, Subject, conformance};
use finvista_core::dataset::Dataset;
use finvista_core::{Body, DynEndpoint, EndpointContext, ErrorKind, Query, SourceError, Table, answer_from};

use super::{Balances, TEMPLATE, TemplateMargin};

conformance!(
    conformance,
    Subject::vendor(&TEMPLATE).datasets([TemplateMargin::SPEC]).answers(served).sample(
        Sample::new(asked("2024-06-27").unwrap())
            .first([("symbol", "600519.SH"), ("date", "2024-06-27"), ("financing", "3098000000")])
            .last([("date", "2024-06-28"), ("lending", "50100")])
    )
);

/// What the vendor would send: it knows one share.
fn served(request: &Request<'_>) -> Answer {
    match request.path {
        "/margin/600519.SH.csv" => Answer::ok("text/csv", include_bytes!("sample.csv")),
        _ => Answer::ok("text/csv", "unknown symbol"),
    }
}

/// A query that the sample answers.
fn asked(start: &str) -> Result<Query, SourceError> {
    let params = [("symbol", "600519"), ("start", start), ("end", "2024-06-28")];
    let params = params.map(|(name, value)| (name.to_owned(), value.to_owned()));
    Ok(TemplateMargin::SPEC.parse(&params.into())?)
}

/// What the endpoint makes of a body, checked as FinVista checks every table before a caller sees it.
fn answer(start: &str, body: &[u8]) -> Result<Table<TemplateMargin>, SourceError> {
    let cx = EndpointContext::new("2024-06-28T08:00:00Z".parse().unwrap());
    let query = asked(start)?;
    let batch = answer_from(&Balances, &cx, &query, |request| {
        assert_eq!(request.url, "https://template.example/margin/600519.SH.csv");
        Some(Body::new(body.to_vec()))
    })?;
    let precision = DynEndpoint::capability(&Balances).precision;
    TemplateMargin::SPEC.check(query.selection(), &batch, &precision, cx.now)?;
    Ok(Table::new(batch).typed().unwrap())
}

#[test]
fn the_sample_is_read() {
    let table = answer("2024-06-27", include_bytes!("sample.csv")).unwrap();
    let rows: Vec<_> = table.rows().map(|row| (row.date.to_string(), row.financing, row.lending)).collect();
    assert_eq!(
        rows,
        [
            ("2024-06-27".to_owned(), 3_098_000_000.0, 47_900),
            ("2024-06-28".to_owned(), 3_105_250_000.0, 50_100)
        ]
    );
}

#[test]
fn an_answer_without_a_table_has_its_kind_of_error() {
    for (body, kind) in [
        ("unknown symbol", ErrorKind::NotFound),
        ("", ErrorKind::Decode),
        // A day before the range that is asked for.
        ("2024-05-31,3120500000,48200\n", ErrorKind::NoData),
        ("2024-06-27,3120500000", ErrorKind::Decode),
        ("2024-06-27,3120500000,many\n", ErrorKind::Decode),
        // The checks of the data set: a balance below zero, and the Dragon Boat Festival.
        ("2024-06-27,-1,48200\n", ErrorKind::Invalid),
        ("2024-06-10,3120500000,48200\n", ErrorKind::Invalid),
        ("<html><body>Please log in</body></html>", ErrorKind::Blocked),
    ] {
        assert_eq!(answer("2024-06-03", body.as_bytes()).unwrap_err().kind(), kind, "{body}");
    }
}
