#![cfg(test)]
//! Every scenario of `vectors/failover.jsonl`, on tokio's paused clock, against scripted sources.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use finvista_core::dataset::{Columns, DatasetSpec, Text};
use finvista_core::manager::{CallOptions, DeadlinePolicy, Error, FailoverConfig, Manager};
use finvista_core::{
    Attempt, Capability, Context, DataSource, DatasetId, ErrorKind, Offer, Params, Query, RecordBatch,
    ShapeKind, SkipReason, Skipped, SourceError, SourceInfo, Table, async_trait,
};
use serde_json::Value;
use tokio::task::JoinHandle;
use tokio::time::Instant;

finvista_core::columns! {
    "scripted",
    /// One scripted answer.
    pub struct Answer => AnswerColumns, AnswerViews {
        /// What the script says.
        value: Text, "";
    }
}

static QUOTE: DatasetSpec = spec("quote");
static HISTORY: DatasetSpec = spec("history");

const fn spec(id: &'static str) -> DatasetSpec {
    DatasetSpec::new(id, "", ShapeKind::Free, <AnswerColumns as Columns>::SPEC)
}

/// A query of one of them, or of a data set that is not registered.
fn query(dataset: &str) -> Query {
    let known = [&QUOTE, &HISTORY].into_iter().find(|spec| spec.id == dataset);
    let other = spec(dataset.to_owned().leak());
    known.unwrap_or(&other).parse(&Params::new()).unwrap()
}

#[derive(Debug)]
struct Scripted {
    info: SourceInfo,
    capability: Capability,
    /// The answers by data type, `*` for all, and how many were given.
    script: Mutex<BTreeMap<String, (Vec<Value>, usize)>>,
}

impl Scripted {
    fn new(source: &Value) -> Self {
        let priority = i32::try_from(source["priority"].as_i64().unwrap()).unwrap();
        let types = source["types"].as_array().unwrap().iter();
        let script = source["script"].as_object().unwrap().iter();
        Self {
            info: SourceInfo {
                name: text(&source["id"]),
                title: String::new(),
                version: String::new(),
                origin: "custom".to_owned(),
                failure_domain: text(&source["id"]),
                offers: types.map(|t| Offer { dataset: DatasetId::from(text(t)), priority }).collect(),
            },
            capability: Capability::any(),
            script: Mutex::new(
                script.map(|(k, v)| (k.clone(), (v.as_array().unwrap().clone(), 0))).collect(),
            ),
        }
    }

    /// The next answer of the script; the last one repeats.
    fn next(&self, dataset: &str) -> Value {
        let mut script = self.script.lock().unwrap();
        let key = if script.contains_key(dataset) { dataset } else { "*" };
        let (answers, given) = script.get_mut(key).unwrap();
        let answer = answers[(*given).min(answers.len() - 1)].clone();
        *given += 1;
        answer
    }
}

#[async_trait]
impl DataSource for Scripted {
    fn info(&self) -> &SourceInfo {
        &self.info
    }

    fn capability(&self, dataset: &DatasetId) -> Option<&Capability> {
        self.info.offers.iter().any(|offer| offer.dataset == *dataset).then_some(&self.capability)
    }

    async fn fetch(&self, _: &Context, query: &Query) -> Result<RecordBatch, SourceError> {
        let answer = self.next(query.dataset().as_str());
        let latency = answer["latency_ms"].as_u64().unwrap();
        if latency > 0 {
            tokio::time::sleep(Duration::from_millis(latency)).await;
        }
        if let Some(value) = answer["ok"].as_str() {
            let mut columns = AnswerColumns::default();
            columns.push(Answer { value });
            return columns.finish();
        }
        let kind = kind(answer["err"].as_str().unwrap());
        Err(SourceError::new(kind, "scripted"))
    }
}

/// The kind that a vector's word means.
fn kind(word: &str) -> ErrorKind {
    match word {
        "network" => ErrorKind::Transport,
        "timeout" => ErrorKind::Timeout,
        "server_error" => ErrorKind::Upstream,
        "rate_limited" => ErrorKind::RateLimited,
        "forbidden" | "auth" => ErrorKind::Blocked,
        "parse" => ErrorKind::Decode,
        "not_found" => ErrorKind::NotFound,
        "no_data" => ErrorKind::NoData,
        "unsupported" => ErrorKind::Unsupported,
        "invalid_argument" => ErrorKind::InvalidInput,
        other => panic!("the vectors have a new word: {other}"),
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

fn millis(value: &Value) -> Duration {
    Duration::from_millis(value.as_u64().unwrap())
}

fn config(value: &Value) -> FailoverConfig {
    let mut config = FailoverConfig {
        probe_lease: None,
        // The vectors know of no second source beside a slow one.
        hedge_after: None,
        attempt_timeout: millis(&value["attempt_timeout_ms"]),
        deadline: Duration::from_secs(1_000_000),
        deadline_policy: match value["deadline_policy"].as_str() {
            Some("greedy") => DeadlinePolicy::Greedy,
            Some("fair") => DeadlinePolicy::Fair,
            other => panic!("the vectors have a new policy: {other:?}"),
        },
        deadline_counts_after: millis(&value["deadline_counts_after_ms"]),
        max_attempts: value["max_attempts"].as_u64().map(|n| usize::try_from(n).unwrap()),
        ..FailoverConfig::default()
    };
    set_breaker(&mut config, &value["breaker"]);
    config
}

fn set_breaker(config: &mut FailoverConfig, value: &Value) {
    let number = |key: &str| value[key].as_u64().map(|n| u32::try_from(n).unwrap());
    config.failure_threshold = number("failure_threshold").unwrap_or(config.failure_threshold);
    config.success_threshold = number("half_open_successes").unwrap_or(config.success_threshold);
    if let Some(ms) = value["open_timeout_ms"].as_u64() {
        config.circuit_timeout = Duration::from_millis(ms);
    }
}

/// The end of a call: its result, and when it came.
type Ended = (Result<Table, Error>, Duration);

struct Scene {
    name: String,
    manager: Arc<Manager>,
    start: Instant,
    running: BTreeMap<String, JoinHandle<Ended>>,
}

impl Scene {
    fn new(scenario: &Value) -> Self {
        let mut registry = crate::support::registry();
        registry.add_dataset(&QUOTE).unwrap();
        registry.add_dataset(&HISTORY).unwrap();
        for source in scenario["sources"].as_array().unwrap() {
            registry.add_source(Arc::new(Scripted::new(source))).unwrap();
        }
        let manager = Arc::new(Manager::new(registry, config(&scenario["config"])).unwrap());
        Self { name: text(&scenario["name"]), manager, start: Instant::now(), running: BTreeMap::new() }
    }

    async fn step(&mut self, step: &Value) {
        if let Some(at) = step["at_ms"].as_u64() {
            tokio::time::sleep_until(self.start + Duration::from_millis(at)).await;
            // What ends at this instant comes before what begins at it.
            for _ in 0..20 {
                tokio::task::yield_now().await;
            }
        }
        let dataset = step["data_type"].as_str().map(|key| DatasetId::from(key.to_owned()));
        let source = step["source"].as_str();
        let expect = &step["expect"];
        let manager = &self.manager;
        match step["op"].as_str().unwrap() {
            "call" => {
                let call = self.begin(step);
                self.ended(expect, call.await.unwrap());
            }
            "request" => {
                let call = self.begin(step);
                self.running.insert(text(&step["id"]), call);
                // The call begins at this instant, as a caller's first poll does.
                tokio::task::yield_now().await;
            }
            "await" => {
                let call = self.running.remove(step["id"].as_str().unwrap()).unwrap();
                if expect["cancelled"] == true {
                    assert!(call.await.unwrap_err().is_cancelled(), "{}: {step}", self.name);
                } else {
                    self.ended(expect, call.await.unwrap());
                }
            }
            "cancel" => self.running[step["id"].as_str().unwrap()].abort(),
            "set_priority" => {
                let priority = i32::try_from(step["priority"].as_i64().unwrap()).unwrap();
                self.told(step, manager.set_source_priority(source.unwrap(), priority));
            }
            "set_enabled" => {
                self.told(step, manager.set_enabled(source.unwrap(), step["enabled"].as_bool().unwrap()));
            }
            "force_source" => self.told(step, manager.force(&dataset.unwrap(), source)),
            "clear_force" => self.told(step, manager.force(&dataset.unwrap(), None)),
            "reset_circuit" => self.told(step, manager.reset(dataset.as_ref(), source.unwrap())),
            "set_breaker_config" => {
                let mut config = manager.config();
                set_breaker(&mut config, &step["config"]);
                self.told(step, manager.configure(config).map_err(Error::from));
            }
            "health" => assert_eq!(self.health(dataset.unwrap().as_str()), *expect, "{}: {step}", self.name),
            "available" => {
                let health = self.health(dataset.unwrap().as_str());
                let health = health.as_array().unwrap().iter();
                let available = health.filter(|h| h["available"] == true).map(|h| h["source"].clone());
                assert_eq!(Value::Array(available.collect()), *expect, "{}: {step}", self.name);
            }
            other => panic!("the vectors have a new step: {other}"),
        }
    }

    fn begin(&self, step: &Value) -> JoinHandle<Ended> {
        let query = query(&text(&step["data_type"]));
        let options = CallOptions {
            deadline: step["deadline_ms"].as_u64().map(Duration::from_millis),
            ..CallOptions::default()
        };
        let (manager, start) = (Arc::clone(&self.manager), self.start);
        tokio::spawn(async move {
            let result = manager.fetch(&query, &options).await;
            (result, start.elapsed())
        })
    }

    fn health(&self, dataset: &str) -> Value {
        let health = serde_json::to_value(self.manager.health()).unwrap();
        // The map keeps the order in which the sources are asked only in the serialised text, so take it from the report.
        let report = self.manager.health();
        let (_, sources) = report.datasets().find(|(id, _)| id.as_str() == dataset).unwrap();
        let sources = sources.iter().map(|(name, _)| {
            let of = &health[dataset][name];
            serde_json::json!({
                "source": name, "state": of["circuit"], "available": of["available"], "priority": of["priority"],
            })
        });
        Value::Array(sources.collect())
    }

    fn told(&self, step: &Value, result: Result<(), Error>) {
        let is = result.map_or_else(|error| variant(&error), |()| "ok");
        assert_eq!(is, step["expect"].as_str().unwrap(), "{}: {step}", self.name);
    }

    fn ended(&self, expect: &Value, (result, at): Ended) {
        let name = &self.name;
        let at = u64::try_from(at.as_millis()).unwrap();
        assert_eq!(at, expect["finished_at_ms"].as_u64().unwrap(), "{name}: {expect}: {result:?}");
        let (attempts, skipped) = match &result {
            Ok(table) => (table.provenance().attempts.as_slice(), table.provenance().skipped.as_slice()),
            Err(error) => (error.attempts(), error.skipped()),
        };
        assert_attempts(name, attempts, &expect["attempts"]);
        assert_skipped(name, skipped, &expect["skipped"]);
        match &result {
            Ok(table) => {
                let value = table.batch().column(0);
                let value = value.as_any().downcast_ref::<arrow_array::StringArray>().unwrap().value(0);
                assert_eq!(Some(value), expect["ok"].as_str(), "{name}: {expect}");
                assert_eq!(Some(table.source()), expect["source"].as_str(), "{name}: {expect}");
            }
            Err(error) => self.failed(error, expect),
        }
    }

    fn failed(&self, error: &Error, expect: &Value) {
        let name = &self.name;
        assert_eq!(Some(variant(error)), expect["err"].as_str(), "{name}: {error}");
        let last = match error {
            Error::AllSourcesFailed(failed) => {
                if let Some(retry_after) = expect.get("retry_after_ms") {
                    let is = failed.retry_after().map(|delay| u64::try_from(delay.as_millis()).unwrap());
                    assert_eq!(is, retry_after.as_u64(), "{name}: {expect}");
                    assert_eq!(failed.recover_at().is_some(), is.is_some(), "{name}");
                }
                Some(failed.last_error()).filter(|error| error.kind() != ErrorKind::CircuitOpen)
            }
            Error::NotFound(not_found) => {
                assert_eq!(Some(not_found.conclusive()), expect["conclusive"].as_bool(), "{name}: {expect}");
                not_found.last_error()
            }
            _ => error.attempts().last().and_then(|attempt| attempt.error.as_ref()),
        };
        match expect.get("last").and_then(Value::as_array) {
            Some(expected) => {
                assert_eq!(last.unwrap().kind(), kind(expected[1].as_str().unwrap()), "{name}: {expect}")
            }
            None => assert!(last.is_none(), "{name}: {last:?}"),
        }
    }
}

fn assert_attempts(name: &str, attempts: &[Attempt], expect: &Value) {
    let expect = expect.as_array().unwrap();
    assert_eq!(attempts.len(), expect.len(), "{name}: {attempts:?}");
    for (attempt, expect) in attempts.iter().zip(expect) {
        assert_eq!(attempt.source, expect[0], "{name}");
        let expected = expect[1].as_str().filter(|word| *word != "ok").map(kind);
        assert_eq!(attempt.error.as_ref().map(SourceError::kind), expected, "{name}");
    }
}

/// The vectors do not list disabled sources, which are no candidates; our report names them all the same.
fn assert_skipped(name: &str, skipped: &[Skipped], expect: &Value) {
    let skipped = skipped.iter().filter_map(|skipped| {
        let reason = match &skipped.reason {
            SkipReason::Open { .. } => "open",
            SkipReason::ProbeInFlight => "probe_in_flight",
            SkipReason::Disabled => return None,
            other => panic!("{name}: {other:?}"),
        };
        Some(serde_json::json!([skipped.source, reason]))
    });
    assert_eq!(Value::Array(skipped.collect()), *expect, "{name}");
}

/// The name that the vectors have for an error.
fn variant(error: &Error) -> &'static str {
    match error {
        Error::InvalidInput { .. } => "InvalidArgument",
        Error::NotFound(not_found) if not_found.no_data() => "NoData",
        Error::NotFound(_) => "NotFound",
        Error::Unsupported(_) => "Unsupported",
        Error::AllSourcesFailed(_) => "AllSourcesFailed",
        Error::NoSource { .. } => "NoSource",
        Error::UnknownSource { .. } => "UnknownSource",
        Error::DeadlineExceeded(_) => "DeadlineExceeded",
        other => panic!("the vectors have no word for {other:?}"),
    }
}

#[test]
fn every_scenario_of_the_failover_vectors() {
    let vectors = include_str!("../vectors/failover.jsonl");
    let mut count = 0;
    for line in vectors.lines() {
        let scenario: Value = serde_json::from_str(line).unwrap();
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let mut scene = Scene::new(&scenario);
            for step in scenario["steps"].as_array().unwrap() {
                scene.step(step).await;
            }
        });
        count += 1;
    }
    assert_eq!(count, 63, "a scenario was lost");
}
