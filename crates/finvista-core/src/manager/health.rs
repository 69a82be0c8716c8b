//! The health report: the state of each source for each data set.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::tz::Offset;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::route::Ranked;
use crate::breaker::{State, Tick};
use crate::query::DatasetId;

/// The state of a source for a data set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Status {
    /// The circuit is closed, and the last attempt did not fail.
    Healthy,
    /// The circuit is closed, and the last attempts failed.
    Degraded,
    /// The vendor banned us, so no data set of it is asked for.
    Banned,
    /// The circuit is open, and the source is not asked.
    CircuitOpen,
    /// The circuit is half open and admits one probe at a time.
    HalfOpen,
    /// The source is disabled.
    Disabled,
}

/// The health of one source for one data set.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct SourceHealth {
    /// The state.
    pub status: Status,
    /// Failures since the last success.
    pub consecutive_failures: u32,
    /// Attempts that have ended.
    pub total_requests: u64,
    /// Successes divided by successes and failures, 0 to 1; null before the first. An answer without data is neither.
    pub success_rate: Option<f64>,
    /// The mean response time in seconds; null before the first response.
    pub avg_response_time: Option<f64>,
    /// When the circuit opened, unless it is closed.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "in_china")]
    pub circuit_opened_at: Option<Timestamp>,
    /// When an open circuit admits a probe.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "in_china")]
    pub recover_at: Option<Timestamp>,
    /// When the ban by its vendor ends, if there is one.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "in_china")]
    pub banned_until: Option<Timestamp>,
    /// Whether a call would ask the source now.
    pub available: bool,
    /// The state of the circuit, even of a disabled source: `closed`, `open` or `half_open`.
    #[serde(serialize_with = "as_text")]
    pub circuit: State,
    /// The priority; the lowest is asked first.
    pub priority: i32,
    /// The last failure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_error: Option<String>,
    /// When it happened.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "in_china")]
    pub last_error_at: Option<Timestamp>,
}

/// The health of all sources by data set, in the order in which they are asked.
#[derive(Debug, Clone)]
pub struct Health {
    datasets: BTreeMap<DatasetId, Vec<(String, SourceHealth)>>,
}

impl Health {
    /// The data sets, each with its sources in the order in which they are asked.
    pub fn datasets(&self) -> impl Iterator<Item = (&DatasetId, &[(String, SourceHealth)])> {
        self.datasets.iter().map(|(dataset, sources)| (dataset, sources.as_slice()))
    }

    /// The health of one source for one data set.
    pub fn get(&self, dataset: &str, source: &str) -> Option<&SourceHealth> {
        self.datasets.get(dataset)?.iter().find(|(name, _)| name == source).map(|(_, health)| health)
    }

    pub(super) fn new(datasets: impl Iterator<Item = (DatasetId, Vec<(String, SourceHealth)>)>) -> Self {
        Self { datasets: datasets.collect() }
    }
}

/// An object per data set, with an object per source in the order in which they are asked.
impl Serialize for Health {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        struct Sources<'a>(&'a [(String, SourceHealth)]);
        impl Serialize for Sources<'_> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let mut map = serializer.serialize_map(Some(self.0.len()))?;
                self.0.iter().try_for_each(|(name, health)| map.serialize_entry(name, health))?;
                map.end()
            }
        }
        let mut map = serializer.serialize_map(Some(self.datasets.len()))?;
        self.datasets()
            .try_for_each(|(dataset, sources)| map.serialize_entry(dataset.as_str(), &Sources(sources)))?;
        map.end()
    }
}

/// `2024-01-15T10:30:00+08:00`, in whole seconds, because people compare it with a wall clock.
fn in_china<S: Serializer>(instant: &Option<Timestamp>, serializer: S) -> Result<S::Ok, S::Error> {
    match instant.as_ref().and_then(|instant| Timestamp::from_second(instant.as_second()).ok()) {
        Some(instant) => serializer.collect_str(&instant.display_with_offset(Offset::constant(8))),
        None => serializer.serialize_none(),
    }
}

fn as_text<S: Serializer>(state: &State, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(state)
}

/// The health of one route. Reading changes nothing.
pub(super) fn of(ranked: &Ranked, enabled: bool, now: Tick, wall: Timestamp) -> SourceHealth {
    let Ranked { priority, route } = ranked;
    let snapshot = route.breaker.snapshot(now);
    let stats = &route.stats;
    let ban = route.ban.time_left(now);
    let failures = stats.failures_in_a_row();
    let (last_error_at, last_error) = stats.last_error().unzip();
    let decided = snapshot.lifetime.successes + snapshot.lifetime.failures;
    SourceHealth {
        status: match snapshot.state {
            _ if !enabled => Status::Disabled,
            _ if ban.is_some() => Status::Banned,
            State::Open => Status::CircuitOpen,
            State::HalfOpen => Status::HalfOpen,
            State::Closed if failures > 0 => Status::Degraded,
            State::Closed => Status::Healthy,
        },
        consecutive_failures: failures,
        total_requests: snapshot.lifetime.total(),
        success_rate: (decided > 0).then(|| snapshot.lifetime.successes as f64 / decided as f64),
        avg_response_time: stats.mean(),
        circuit_opened_at: snapshot.opened_for.and_then(|ago| wall.checked_sub(ago).ok()),
        recover_at: snapshot.retry_after.and_then(|left| wall.checked_add(left).ok()),
        banned_until: ban.and_then(|left| wall.checked_add(left).ok()),
        available: enabled && snapshot.available && route.ban.is_available(|| now),
        circuit: snapshot.state,
        priority: *priority,
        last_error,
        last_error_at,
    }
}
