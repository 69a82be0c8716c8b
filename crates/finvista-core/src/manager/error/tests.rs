use super::*;
use crate::error::{ErrorKind, SourceError};

fn report() -> Report {
    Report {
        dataset: DatasetId::new("bars"),
        query: "000001.SZ".to_owned(),
        attempts: vec![Attempt::new(
            "a",
            Some(SourceError::new(ErrorKind::NotFound, "unknown")),
            Duration::from_millis(10),
        )],
        skipped: Vec::new(),
    }
}

fn not_found(no_data: bool, conclusive: bool) -> Error {
    Error::NotFound(Box::new(NotFound { report: report(), no_data, conclusive }))
}

fn all_failed(retry_after: Option<Duration>, offline: bool) -> Error {
    Error::AllSourcesFailed(Box::new(AllSourcesFailed {
        report: report(),
        last_error: SourceError::new(ErrorKind::Upstream, "503"),
        retry_after,
        recover_at: None,
        forced: false,
        offline,
    }))
}

#[test]
fn each_error_has_a_kind_and_says_whether_to_retry() {
    let minute = Some(Duration::from_secs(60));
    let deadline = DeadlineExceeded { report: report(), deadline: Duration::from_secs(30) };
    let names = vec!["a".to_owned(), "b".to_owned()];
    let dataset = DatasetId::new("bars");
    for (error, kind, retryable, by_caller) in [
        (InvalidInput::new("wrong").into(), FailureKind::InvalidInput, false, true),
        (not_found(false, true), FailureKind::NotFound, false, false),
        (not_found(false, false), FailureKind::NotFound, true, false),
        (not_found(true, true), FailureKind::NoData, false, false),
        (Error::Unsupported(Box::new(report())), FailureKind::Unsupported, false, false),
        (all_failed(minute, false), FailureKind::AllSourcesFailed, true, false),
        (Error::NoSource { dataset, disabled: names.clone() }, FailureKind::NoSource, false, true),
        (
            Error::UnknownSource { name: "c".into(), dataset: "bars".into(), known: names.clone() },
            FailureKind::UnknownSource,
            false,
            true,
        ),
        (Error::UnknownDataset { name: "c".into(), known: names }, FailureKind::UnknownDataset, false, true),
        (Error::DeadlineExceeded(Box::new(deadline)), FailureKind::DeadlineExceeded, true, false),
        (ConfigError::new("failover.deadline", "wrong").into(), FailureKind::Config, false, true),
    ] {
        assert_eq!(error.kind(), kind, "{error}");
        assert_eq!((error.is_retryable(), error.is_caller_error()), (retryable, by_caller), "{error}");
        assert_eq!(error.is_not_found(), kind == FailureKind::NotFound);
        assert_eq!(error.is_no_data(), kind == FailureKind::NoData);
        assert_eq!(error.is_timeout(), kind == FailureKind::DeadlineExceeded);
        assert_eq!(serde_json::to_value(kind).unwrap(), kind.to_string());
    }
    assert_eq!(all_failed(minute, false).retry_after(), minute);
    assert!(all_failed(None, true).is_offline() && !all_failed(None, false).is_offline());
}

#[test]
fn an_unknown_name_is_answered_with_the_known_ones() {
    let known = ["a", "b", "c"].map(str::to_owned).to_vec();
    let source = Error::UnknownSource { name: "x".into(), dataset: "bars".into(), known: known.clone() };
    assert_eq!(source.to_string(), r#"expected a source of bars (a, b or c), got "x""#);
    let dataset = Error::UnknownDataset { name: "x".into(), known };
    assert_eq!(dataset.to_string(), r#"expected a data set (a, b or c), got "x""#);
    let none = Error::UnknownDataset { name: "x".into(), known: Vec::new() };
    assert_eq!(none.to_string(), r#"expected a data set (none), got "x""#);
}

#[test]
fn the_parameter_survives_and_a_report_serialises() {
    let error = Error::from(InvalidInput::of("adjust", "expected none, got qfq"));
    assert_eq!((error.param(), error.to_string().as_str()), (Some("adjust"), "expected none, got qfq"));
    assert_eq!(not_found(false, true).param(), None);
    assert_eq!(
        serde_json::to_value(report()).unwrap(),
        serde_json::json!({
            "dataset": "bars",
            "query": "000001.SZ",
            "attempts": [{
                "source": "a",
                "error": {"kind": "not_found", "message": "unknown"},
                "elapsed": 0.01,
            }],
            "skipped": [],
        })
    );
}
