//! Every scenario of `vectors/breaker.jsonl`, step by step, against the breaker.

// The exceptions in clippy.toml reach the functions of a test that are not themselves marked as tests only here.
#![cfg(test)]

use std::collections::HashMap;
use std::time::Duration;

use finvista_core::breaker::{
    Breaker, BreakerConfig, Effect, Permit, PermitKind, Rejected, Snapshot, State, Verdict,
};
use serde_json::{Map, Value, json};

type Object = Map<String, Value>;

const VECTORS: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/vectors/breaker.jsonl"));

#[test]
fn every_scenario_passes() {
    let mut tiers: HashMap<String, usize> = HashMap::new();
    for line in VECTORS.lines() {
        let scenario: Value = serde_json::from_str(line).expect("a scenario is a JSON object");
        run(&scenario);
        *tiers.entry(text(&scenario["tier"]).to_owned()).or_default() += 1;
    }
    let expected = [("core", 68), ("lease", 7), ("clock", 4), ("ext_retry_after", 3)];
    assert_eq!(tiers, expected.map(|(tier, count)| (tier.to_owned(), count)).into());
    assert_eq!(tiers.values().sum::<usize>(), 82);
}

fn run(scenario: &Value) {
    let name = text(&scenario["name"]);
    let config = merged(BreakerConfig::default(), object(&scenario["config"]));
    let breaker = Breaker::new(config).unwrap_or_else(|error| panic!("{name}: {error}"));
    let mut permits = HashMap::new();
    for (index, step) in array(&scenario["steps"]).iter().enumerate() {
        let now = millis(&step["at_ms"]);
        let seen = perform(&breaker, &mut permits, step, now);
        check(
            &format!("{name}, step {index} {step}"),
            object(&step["expect"]),
            &seen,
            &breaker.snapshot(now),
        );
    }
}

/// Does one step and gives what its caller learns, under the names of the vector format.
fn perform<'a>(
    breaker: &'a Breaker,
    permits: &mut HashMap<String, Permit<'a>>,
    step: &Value,
    now: Duration,
) -> Object {
    let op = text(&step["op"]);
    let mut held = || permits.remove(text(&step["id"])).unwrap_or_else(|| panic!("no such permit: {step}"));
    let seen = match op {
        "acquire" => match breaker.acquire(|| now) {
            Ok(permit) => {
                let kind = match permit.kind() {
                    PermitKind::Normal => "normal",
                    PermitKind::Probe => "probe",
                };
                permits.insert(text(&step["id"]).to_owned(), permit);
                json!({"result": "granted", "kind": kind})
            }
            Err(Rejected::Open { retry_after }) => {
                json!({"result": "rejected", "reason": "open", "retry_after_ms": whole_millis(retry_after)})
            }
            Err(Rejected::ProbeInFlight) => json!({"result": "rejected", "reason": "probe_in_flight"}),
        },
        "success" => effect(held().success()),
        "failure" => effect(held().failure(|| now, step.get("retry_after_ms").map(millis))),
        "ignored" => effect(held().ignored()),
        // A drop returns nothing: whether it was stale shows in the lifetime counters.
        "drop" => {
            let before = breaker.snapshot(now).lifetime;
            drop(held());
            let after = breaker.snapshot(now).lifetime;
            assert_eq!(after.ignored, before.ignored + 1, "{step}");
            json!({"effect": if after.stale == before.stale { "neutral" } else { "stale" }})
        }
        "reset" => {
            breaker.reset();
            json!({"result": "ok"})
        }
        "set_config" => match breaker.set_config(merged(breaker.config(), object(&step["config"]))) {
            Ok(()) => json!({"result": "ok"}),
            Err(_) => json!({"result": "rejected"}),
        },
        "peek" => json!({"available": breaker.snapshot(now).available}),
        other => panic!("unknown op {other:?}"),
    };
    object(&seen).clone()
}

/// Everything that is expected must be seen, and the state must always be expected in full.
fn check(place: &str, expect: &Object, seen: &Object, snapshot: &Snapshot) {
    let mut seen = seen.clone();
    seen.insert("state".into(), snapshot.state.to_string().into());
    let detail: &[&str] = match snapshot.state {
        State::Closed => &["state", "failures"],
        State::HalfOpen => &["state", "successes", "probe_in_flight"],
        State::Open => &["state"],
    };
    seen.insert("failures".into(), snapshot.failures.into());
    seen.insert("successes".into(), snapshot.successes.into());
    seen.insert("probe_in_flight".into(), snapshot.probe_in_flight.into());
    for key in detail {
        assert!(expect.contains_key(*key), "{place}: the state is {}, {key} is not expected", snapshot.state);
    }
    for (key, value) in expect {
        assert_eq!(seen.get(key), Some(value), "{place}: {key}");
    }
}

fn effect(verdict: Verdict) -> Value {
    json!({"effect": match verdict.effect {
        Effect::Counted => "counted",
        Effect::Neutral => "neutral",
        Effect::Stale => "stale",
    }})
}

/// `config` with the keys that the vector names replaced.
fn merged(mut config: BreakerConfig, changes: &Object) -> BreakerConfig {
    for (key, value) in changes {
        match key.as_str() {
            "failure_threshold" => config.failure_threshold = count(value),
            "open_timeout_ms" => config.circuit_timeout = millis(value),
            "half_open_successes" => config.success_threshold = count(value),
            "probe_lease_ms" => config.probe_lease = (!value.is_null()).then(|| millis(value)),
            "max_retry_after_ms" => config.max_retry_after = millis(value),
            other => panic!("unknown key {other:?}"),
        }
    }
    config
}

fn count(value: &Value) -> u32 {
    let number = value.as_u64().and_then(|number| u32::try_from(number).ok());
    number.unwrap_or_else(|| panic!("expected a count, got {value}"))
}

fn millis(value: &Value) -> Duration {
    Duration::from_millis(
        value.as_u64().unwrap_or_else(|| panic!("expected a number of milliseconds, got {value}")),
    )
}

/// Rounds nothing: a rejection that is off by less than a millisecond is off.
fn whole_millis(duration: Duration) -> u64 {
    let millis = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    assert_eq!(Duration::from_millis(millis), duration);
    millis
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("expected a text, got {value}"))
}

fn array(value: &Value) -> &[Value] {
    value.as_array().unwrap_or_else(|| panic!("expected a list, got {value}"))
}

fn object(value: &Value) -> &Object {
    value.as_object().unwrap_or_else(|| panic!("expected an object, got {value}"))
}
