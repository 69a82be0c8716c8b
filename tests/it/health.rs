#![cfg(test)]
//! The health report as programs read it: which keys it has in which status, and what they say.

use std::time::Duration;

use finvista_testkit::Vendor;
use jiff::Timestamp;
use serde_json::Value;

use crate::end_to_end::{DAILY, answered_by, open_eastmoney};
use crate::support::Bench;

#[tokio::test]
async fn the_health_report_has_its_keys_in_every_status() {
    let bench = Bench::start(34).await;
    let keys = |vendor: Vendor| {
        let health = serde_json::to_value(bench.fv.source_health()).unwrap();
        let health = health[DAILY][vendor.to_string()].clone();
        let keys = health.as_object().unwrap().keys().cloned().collect::<Vec<_>>().join(" ");
        (keys, health)
    };
    // In every status, and in the order of their names.
    let always = "available avg_response_time circuit consecutive_failures priority status success_rate total_requests";
    let (names, health) = keys(Vendor::EastMoney);
    assert_eq!((names.as_str(), &health["status"]), (always, &Value::from("healthy")));
    assert_eq!((&health["success_rate"], &health["avg_response_time"]), (&Value::Null, &Value::Null));
    answered_by(&bench, Vendor::EastMoney).await;
    let (names, health) = keys(Vendor::EastMoney);
    assert_eq!((names.as_str(), &health["success_rate"]), (always, &Value::from(1.0)));
    assert!((0.0..5.0).contains(&health["avg_response_time"].as_f64().unwrap()), "{health}");
    assert_eq!((&health["total_requests"], &health["consecutive_failures"]), (&1.into(), &0.into()));

    bench.breaks(Vendor::EastMoney, "status:503");
    answered_by(&bench, Vendor::Sina).await;
    let failed = "available avg_response_time circuit consecutive_failures last_error last_error_at priority status \
                  success_rate total_requests";
    let (names, health) = keys(Vendor::EastMoney);
    assert_eq!((names.as_str(), &health["status"]), (failed, &Value::from("degraded")));
    assert_eq!((&health["success_rate"], &health["consecutive_failures"]), (&Value::from(0.5), &1.into()));

    open_eastmoney(&bench).await;
    let open = "available avg_response_time circuit circuit_opened_at consecutive_failures last_error last_error_at \
                priority recover_at status success_rate total_requests";
    let (names, health) = keys(Vendor::EastMoney);
    assert_eq!((names.as_str(), &health["status"]), (open, &Value::from("circuit_open")));
    assert_eq!((&health["consecutive_failures"], &health["available"]), (&5.into(), &false.into()));
    let [opened, recovers] = ["circuit_opened_at", "recover_at"].map(|key| {
        let text = health[key].as_str().unwrap();
        assert!(text.len() == 25 && text.ends_with("+08:00"), "{key}: {text}");
        text.parse::<Timestamp>().unwrap()
    });
    // Both are cut to whole seconds.
    assert!((59..=61).contains(&recovers.duration_since(opened).as_secs()), "{health}");

    bench.fv.set_source_enabled("eastmoney", false).unwrap();
    let (names, health) = keys(Vendor::EastMoney);
    assert_eq!((names.as_str(), &health["status"]), (open, &Value::from("disabled")));
    assert_eq!((&health["circuit"], &health["available"]), (&"open".into(), &false.into()));
    bench.fv.set_source_enabled("eastmoney", true).unwrap();

    bench.mend(Vendor::EastMoney);
    bench.fv.configure(|config| config.failover.circuit_timeout = Duration::ZERO).unwrap();
    answered_by(&bench, Vendor::EastMoney).await;
    let (names, health) = keys(Vendor::EastMoney);
    assert_eq!(health["status"], "half_open");
    assert!(names.contains("circuit_opened_at") && !names.contains("recover_at"), "{names}");
    assert_eq!(health["available"], true);
}
