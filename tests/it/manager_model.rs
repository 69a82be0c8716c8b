#![cfg(test)]
//! Breaker and manager together against a plain model: random sources, thresholds, priorities, forced and disabled sources,
//! resets and changes of the settings, on a paused clock, one call at a time. After every step all that can be seen of the two
//! must be equal.
//!
//! `Blocked` and `Transport` are left to tests of their own: what they mean depends on other sources and data sets too.

mod model;
mod strategies;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use finvista::{CnStockDaily, CnStockQuote};
use finvista_core::dataset::{Build, Dataset, Quote, QuoteSink};
use finvista_core::manager::{CallOptions, Error, FailoverConfig, Manager};
use finvista_core::{
    Adjust, Board, Boards, Capability, Context, DataSource, DatasetId, DateRange, ErrorKind, Offer, Query,
    RecordBatch, Shape, SkipReason, Snapshot, SourceError, SourceInfo, Symbol, Table, async_trait,
};
use proptest::prelude::*;
use tokio::time::Instant;

use crate::scripted;
use crate::support::now;
use model::{End, Model, Reply, Says, Seen, Skip, Source, Told};
use strategies::{Op, config, is_right, op, source};

static DATASETS: [DatasetId; 2] =
    [DatasetId::new(CnStockDaily::SPEC.id), DatasetId::new(CnStockQuote::SPEC.id)];

/// A source that plays its script, over and over.
#[derive(Debug)]
struct Player {
    info: SourceInfo,
    capability: Capability,
    script: Vec<Reply>,
    asked: AtomicUsize,
}

impl Player {
    fn new(number: usize, source: &Source) -> Self {
        let offers = DATASETS.iter().zip(&source.routes).filter_map(|(dataset, route)| {
            Some(Offer { dataset: dataset.clone(), priority: route.as_ref()?.priority })
        });
        let capability = Capability::of_boards(Boards::of(&[Board::Main]));
        Self {
            info: SourceInfo {
                name: name(number),
                title: String::new(),
                version: String::new(),
                origin: "custom".to_owned(),
                failure_domain: name(number),
                offers: offers.collect(),
            },
            capability: match source.adjusts {
                true => capability.adjusts(Adjust::Qfq, Boards::of(&[Board::Main])),
                false => capability,
            },
            script: source.script.clone(),
            asked: AtomicUsize::new(0),
        }
    }
}

#[async_trait]
impl DataSource for Player {
    fn info(&self) -> &SourceInfo {
        &self.info
    }

    fn capability(&self, dataset: &DatasetId) -> Option<&Capability> {
        self.info.offers.iter().any(|offer| offer.dataset == *dataset).then_some(&self.capability)
    }

    async fn fetch(&self, _: &Context, asked: &Query) -> Result<RecordBatch, SourceError> {
        let Reply { says, after } = self.script[self.asked.fetch_add(1, Relaxed) % self.script.len()];
        if !after.is_zero() {
            tokio::time::sleep(after).await;
        }
        let is_quote = asked.range().is_none();
        match says {
            Says::Rows => Ok(rows(is_quote, true)),
            Says::Empty => Ok(rows(is_quote, false)),
            Says::Nonsense => Ok(rows(!is_quote, true)),
            Says::Panic => panic!("{} lost its way", self.info.name),
            Says::Fails(kind, hint) => {
                let error = SourceError::new(kind, "scripted");
                Err(hint.into_iter().fold(error, SourceError::with_retry_after))
            }
        }
    }
}

fn name(number: usize) -> String {
    format!("source{number}")
}

fn number(name: &str) -> usize {
    name.trim_start_matches("source").parse().unwrap()
}

fn symbol() -> Symbol {
    "600000.SH".parse().unwrap()
}

fn query(dataset: usize, adjusted: bool) -> Query {
    let adjust = if adjusted { Adjust::Qfq } else { Adjust::None };
    match dataset {
        0 => crate::support::daily_query("600000", DateRange::default(), adjust),
        _ => crate::support::quote_query([symbol()]),
    }
}

fn rows(is_quote: bool, any: bool) -> RecordBatch {
    if !is_quote {
        let bars = if any { scripted::bars() } else { Vec::new() };
        return scripted::table(&query(0, false), &bars);
    }
    let asked = query(1, false);
    let snapshot = Snapshot::of(asked.selection()).unwrap();
    let mut builder = <CnStockQuote as Dataset>::Builder::new(snapshot, now());
    if any {
        builder.quote(symbol(), &Quote { name: "浦发银行", ..Quote::default() }).unwrap();
    }
    builder.finish().unwrap()
}

/// The manager and its model, side by side.
struct Twins {
    manager: Manager,
    model: Model,
    began: Instant,
}

impl Twins {
    fn new(config: FailoverConfig, sources: Vec<Source>) -> Self {
        let mut registry = crate::support::registry();
        for (number, source) in sources.iter().enumerate() {
            registry.add_source(Arc::new(Player::new(number, source))).unwrap();
        }
        let manager = Manager::new(registry, config.clone()).unwrap().with_wall_clock(now);
        Self {
            manager,
            model: Model { config, sources, forced: [None; 2], now: Duration::ZERO },
            began: Instant::now(),
        }
    }

    async fn step(&mut self, op: Op) -> Result<(), TestCaseError> {
        let Self { manager, model, .. } = self;
        match op {
            Op::Call { dataset, adjusted, source, deadline } => {
                let options = CallOptions { source: source.map(name), deadline, ..CallOptions::default() };
                // Quotes have no adjustment.
                let adjusted = adjusted && dataset == 0;
                let result = manager.fetch(&query(dataset, adjusted), &options).await;
                let told = told(&result, self.began.elapsed());
                let place = format!("{result:?}");
                prop_assert_eq!(told, model.call(dataset, adjusted, source, deadline), "{}", place);
            }
            Op::Wait(time) => {
                tokio::time::advance(time).await;
                model.now += time;
            }
            Op::Prefer(dataset, order) => {
                let names: Vec<String> = order.iter().copied().map(name).collect();
                let names: Vec<&str> = names.iter().map(String::as_str).collect();
                let is_right = order.iter().all(|source| model.has(*source, dataset));
                prop_assert_eq!(manager.set_priority(&DATASETS[dataset], &names).is_ok(), is_right);
                if is_right {
                    let rest = model.order(dataset).into_iter().filter(|source| !order.contains(source));
                    let order: Vec<usize> = order.iter().copied().chain(rest).collect();
                    for (priority, source) in (0..).zip(order) {
                        model.sources[source].routes[dataset].as_mut().unwrap().priority = priority;
                    }
                }
            }
            Op::Prioritise(source, priority) => {
                manager.set_source_priority(&name(source), priority).unwrap();
                model.sources[source].routes.iter_mut().flatten().for_each(|it| it.priority = priority);
            }
            Op::Enable(source, enabled) => {
                manager.set_enabled(&name(source), enabled).unwrap();
                model.sources[source].enabled = enabled;
            }
            Op::Force(dataset, source) => {
                let is_right = source.is_none_or(|source| model.has(source, dataset));
                let result = manager.force(&DATASETS[dataset], source.map(name).as_deref());
                prop_assert_eq!(result.is_ok(), is_right);
                if is_right {
                    model.forced[dataset] = source;
                }
            }
            Op::Reset(dataset, source) => {
                let is_right = dataset.is_none_or(|dataset| model.has(source, dataset));
                let result = manager.reset(dataset.map(|dataset| &DATASETS[dataset]), &name(source));
                prop_assert_eq!(result.is_ok(), is_right);
                if is_right {
                    model.reset(dataset, source);
                }
            }
            Op::Configure(config) => {
                prop_assert_eq!(manager.configure((*config).clone()).is_ok(), is_right(&config));
                if is_right(&config) {
                    model.config = *config;
                }
            }
        }
        prop_assert_eq!(self.began.elapsed(), self.model.now);
        for dataset in 0..2 {
            // Reading changes nothing, so it may be read twice.
            prop_assert_eq!(self.health(dataset), self.model.health(dataset));
            prop_assert_eq!(self.health(dataset), self.model.health(dataset));
        }
        Ok(())
    }

    fn health(&self, dataset: usize) -> Vec<Seen> {
        let report = self.manager.health();
        let sources = report.datasets().find(|(id, _)| **id == DATASETS[dataset]).map(|(_, sources)| sources);
        let sources = sources.unwrap_or_default().iter().map(|(name, health)| Seen {
            source: number(name),
            priority: health.priority,
            status: health.status,
            circuit: health.circuit,
            available: health.available,
            failures: health.consecutive_failures,
            total: u32::try_from(health.total_requests).unwrap(),
            success_rate: health.success_rate,
            // To the nanosecond, which is what it is made of.
            mean_time: health.avg_response_time,
            opened: health.circuit_opened_at.map(|at| now().duration_since(at).unsigned_abs()),
            left: health.recover_at.map(|at| at.duration_since(now()).unsigned_abs()),
            last_error: health.last_error.as_ref().map(|error| kind(error)),
        });
        sources.collect()
    }
}

/// The kind that an error's text begins with.
fn kind(error: &str) -> ErrorKind {
    let name = error.split(':').next().unwrap();
    serde_json::from_value(name.into()).unwrap()
}

fn told(result: &Result<Table, Error>, at: Duration) -> Told {
    let (attempts, skipped) = match result {
        Ok(table) => (table.provenance().attempts.as_slice(), table.provenance().skipped.as_slice()),
        Err(error) => (error.attempts(), error.skipped()),
    };
    let reason = |reason: &SkipReason| match reason {
        SkipReason::Open { retry_after } => Skip::Open(*retry_after),
        SkipReason::ProbeInFlight => Skip::ProbeInFlight,
        SkipReason::Disabled => Skip::Disabled,
        SkipReason::Unsupported(_) => Skip::Unsupported,
        _ => Skip::Throttled,
    };
    Told {
        attempts: attempts
            .iter()
            .map(|attempt| {
                let kind = attempt.error.as_ref().map(SourceError::kind);
                (number(&attempt.source), kind, attempt.elapsed)
            })
            .collect(),
        skipped: skipped.iter().map(|it| (number(&it.source), reason(&it.reason))).collect(),
        end: match result {
            Ok(table) => End::Answered(number(table.source())),
            Err(Error::UnknownSource { .. }) => End::UnknownSource,
            Err(Error::NoSource { .. }) => End::NoSource,
            Err(Error::InvalidInput { .. }) => End::InvalidInput,
            Err(Error::Unsupported(_)) => End::Unsupported,
            Err(Error::NotFound(e)) => End::NotFound { no_data: e.no_data(), conclusive: e.conclusive() },
            Err(Error::AllSourcesFailed(e)) => {
                End::Failed { last: e.last_error().kind(), retry_after: e.retry_after() }
            }
            Err(Error::DeadlineExceeded(_)) => End::DeadlineExceeded,
            Err(other) => panic!("no call ends like this: {other}"),
        },
        at,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn breaker_and_manager_are_their_model(
        first in config().prop_filter("valid", is_right),
        (sources, ops) in (1..5_usize).prop_flat_map(|sources| (
            proptest::collection::vec(source(), sources),
            proptest::collection::vec(op(sources), 1..80),
        )),
    ) {
        let paused = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
        paused.unwrap().block_on(async {
            let mut twins = Twins::new(first, sources);
            for op in ops {
                twins.step(op).await?;
            }
            Ok::<(), TestCaseError>(())
        })?;
    }
}
