//! Errors of calls.

use std::sync::Arc;
use std::time::Duration;

use finvista_core::dataset::Dataset;
use finvista_core::manager::{Error, FailoverConfig, FailureKind, Manager};
use finvista_core::{ErrorKind, Registry, SourceError};

use crate::support::{HkDaily, HkList, SECOND, Scripted, bars_query, manager, manager_with, options, params};

fn fails(name: &str, kind: ErrorKind) -> Arc<Scripted> {
    Arc::new(Scripted::new(name, HkDaily::SPEC, move |_, _| (0, Err(SourceError::new(kind, "because")))))
}

#[tokio::test(start_paused = true)]
async fn failures_of_sources_have_kinds() {
    for (kinds, kind, retryable) in [
        (&[ErrorKind::NotFound, ErrorKind::NotFound][..], FailureKind::NotFound, false),
        (&[ErrorKind::NoData, ErrorKind::NoData], FailureKind::NoData, false),
        (&[ErrorKind::NotFound, ErrorKind::Throttled], FailureKind::NotFound, true),
        (&[ErrorKind::Unsupported], FailureKind::Unsupported, false),
        (&[ErrorKind::NotFound, ErrorKind::Upstream], FailureKind::AllSourcesFailed, true),
        (&[ErrorKind::InvalidInput, ErrorKind::Upstream], FailureKind::InvalidInput, false),
    ] {
        let sources: Vec<_> = ["a", "b"].iter().zip(kinds).map(|(name, kind)| fails(name, *kind)).collect();
        let error = manager(&sources).fetch(&bars_query(&[]), &options()).await.unwrap_err();
        assert_eq!((error.kind(), error.is_retryable()), (kind, retryable), "{kinds:?}: {error}");
        assert!(error.report().is_some() && error.param().is_none());
    }
}

#[tokio::test(start_paused = true)]
async fn an_open_circuit_says_when_to_retry() {
    let config = FailoverConfig { failure_threshold: 1, ..FailoverConfig::default() };
    let manager = manager_with(&[fails("a", ErrorKind::Upstream)], config);
    let error = manager.fetch(&bars_query(&[]), &options()).await.unwrap_err();
    assert_eq!(error.retry_after(), Some(60 * SECOND));
    assert!(error.to_string().ends_with("; retry at 16:01:00 (in 60.0 s)"), "{error}");
    let error = manager.fetch(&bars_query(&[]), &options()).await.unwrap_err();
    assert_eq!(error.skipped()[0].to_string(), "a was not asked: its circuit is open for another 60.0 s");
    let health = serde_json::to_value(manager.health()).unwrap();
    assert_eq!(health["hk_daily"]["a"]["status"], "circuit_open");
    assert_eq!(health["hk_daily"]["a"]["recover_at"], "2024-06-28T16:01:00+08:00");
}

#[test]
fn wrong_input_and_wrong_types_become_errors() {
    let error = Error::from(HkDaily::SPEC.parse(&params(&[("symbol", "?")])).unwrap_err());
    assert_eq!((error.kind(), error.param()), (FailureKind::InvalidInput, Some("symbol")));
    let table = finvista_core::Table::new(crate::support::list(&["00001.HK"]));
    let wrong = table.typed::<HkDaily>().unwrap_err();
    assert_eq!(wrong.to_string(), "expected a table of \"hk_daily\", got one of \"hk_list\"");
    assert!(Error::from(wrong).is_invalid_input());
}

#[test]
fn settings_are_refused_with_the_range() {
    let refused = |change: fn(&mut FailoverConfig)| {
        let mut config = FailoverConfig::default();
        change(&mut config);
        Manager::new(Registry::empty(), config).unwrap_err().to_string()
    };
    for (change, message) in [
        (
            (|c| c.failure_threshold = 0) as fn(&mut FailoverConfig),
            "failover.failure_threshold: expected a number from 1 to 4095, got 0",
        ),
        (|c| c.attempt_timeout = Duration::ZERO, "failover.attempt_timeout: expected more than 0 s, got 0 s"),
        (
            |c| c.probe_lease = Some(SECOND),
            "failover.probe_lease: expected at least attempt_timeout (10.0 s), got 1.0 s: a probe in flight would be replaced",
        ),
        (|c| c.ban_threshold = 5_000, "failover.ban_threshold: expected 1 to 4095, got 5000"),
        (|c| c.ban_max = SECOND, "failover.ban_max: expected at least ban_time (300.0 s), got 1.0 s"),
        (|c| c.max_attempts = Some(0), "failover.max_attempts: expected 1 or more, got 0"),
    ] {
        assert_eq!(refused(change), message);
    }
}

#[test]
fn a_source_of_an_unknown_data_set_is_refused() {
    let mut registry = Registry::empty();
    registry.add_dataset(HkList::SPEC).unwrap();
    registry.add_source(fails("a", ErrorKind::Upstream)).unwrap();
    let error = Manager::new(registry, FailoverConfig::default()).unwrap_err();
    assert_eq!(error.to_string(), "source a: expected offers of registered data sets, got hk_daily");
}
