//! What is drawn: sources with their scripts, settings, and what happens to them.

use std::time::Duration;

use finvista_core::ErrorKind;
use finvista_core::manager::{DeadlinePolicy, FailoverConfig};
use proptest::prelude::*;

use super::model::{Reply, Route, Says, Source};

/// A step of the test. Sources and data sets are numbers.
#[derive(Debug, Clone)]
pub(super) enum Op {
    Call { dataset: usize, adjusted: bool, source: Option<usize>, deadline: Option<Duration> },
    Wait(Duration),
    Prefer(usize, Vec<usize>),
    Prioritise(usize, i32),
    Enable(usize, bool),
    Force(usize, Option<usize>),
    Reset(Option<usize>, usize),
    Configure(Box<FailoverConfig>),
}

pub(super) fn is_right(config: &FailoverConfig) -> bool {
    (1..=4095).contains(&config.failure_threshold)
        && config.success_threshold > 0
        && !config.attempt_timeout.is_zero()
        && config.probe_lease.is_none_or(|lease| !lease.is_zero() && lease >= config.attempt_timeout)
        && config.max_attempts != Some(0)
}

fn millis(range: std::ops::Range<u64>) -> impl Strategy<Value = Duration> {
    range.prop_map(Duration::from_millis)
}

/// Settings of which one in a few is out of its range.
pub(super) fn config() -> impl Strategy<Value = FailoverConfig> {
    let thresholds = (prop_oneof![1 => Just(0), 30 => 1..5_u32], prop_oneof![1 => Just(0), 30 => 1..4_u32]);
    let times = (millis(0..120), millis(1..60), millis(0..150), millis(0..40));
    let lease = proptest::option::weighted(0.3, millis(30..200));
    let most = proptest::option::weighted(0.2, prop_oneof![1 => Just(0), 10 => 1..4_usize]);
    (thresholds, times, lease, any::<bool>(), most).prop_map(
        |(thresholds, times, probe_lease, fair, most)| FailoverConfig {
            failure_threshold: thresholds.0,
            success_threshold: thresholds.1,
            circuit_timeout: times.0,
            attempt_timeout: times.1,
            deadline: times.2,
            deadline_counts_after: times.3,
            probe_lease,
            deadline_policy: if fair { DeadlinePolicy::Fair } else { DeadlinePolicy::Greedy },
            max_attempts: most,
            // One source at a time.
            hedge_after: None,
            ..FailoverConfig::default()
        },
    )
}

fn reply() -> impl Strategy<Value = Reply> {
    use ErrorKind::{Decode, InvalidInput, NoData, NotFound, RateLimited, Unsupported, Upstream};
    // Half an hour is more than a circuit honours, and only of a 429.
    let hint = proptest::option::of(prop_oneof![4 => millis(0..300), 1 => Just(Duration::from_secs(1_800))]);
    let fails = (proptest::sample::select(vec![Upstream, Decode, RateLimited, RateLimited]), hint);
    let neutral = proptest::sample::select(vec![NotFound, NoData, Unsupported]);
    let says = prop_oneof![
        20 => Just(Says::Rows),
        20 => fails.prop_map(|(kind, hint)| Says::Fails(kind, hint)),
        6 => neutral.prop_map(|kind| Says::Fails(kind, None)),
        2 => Just(Says::Fails(InvalidInput, None)),
        2 => Just(Says::Empty),
        2 => Just(Says::Nonsense),
        1 => Just(Says::Panic),
    ];
    (says, prop_oneof![3 => Just(Duration::ZERO), 2 => millis(0..80)])
        .prop_map(|(says, after)| Reply { says, after })
}

pub(super) fn source() -> impl Strategy<Value = Source> {
    let offers = proptest::sample::select(vec![(true, true), (true, false), (false, true)]);
    let script = proptest::collection::vec(reply(), 1..6);
    (offers, 0..3, 0..3, any::<bool>(), script).prop_map(|(offers, daily, quote, adjusts, script)| Source {
        adjusts,
        enabled: true,
        script,
        asked: 0,
        routes: [offers.0.then(|| Route::new(daily)), offers.1.then(|| Route::new(quote))],
    })
}

pub(super) fn op(sources: usize) -> impl Strategy<Value = Op> {
    let (source, dataset) = (move || 0..sources, || 0..2_usize);
    let some = move || proptest::option::weighted(0.15, source());
    let deadline = proptest::option::weighted(0.2, millis(0..120));
    let order = Just((0..sources).collect::<Vec<_>>()).prop_shuffle();
    let order = (order, 0..=sources).prop_map(|(order, length)| order[..length].to_vec());
    let wait = prop_oneof![20 => millis(0..100), 1 => Just(Duration::from_secs(900))];
    prop_oneof![
        40 => (dataset(), any::<bool>(), some(), deadline).prop_map(|(dataset, adjusted, source, deadline)| {
            Op::Call { dataset, adjusted, source, deadline }
        }),
        10 => wait.prop_map(Op::Wait),
        2 => (dataset(), order).prop_map(|(dataset, order)| Op::Prefer(dataset, order)),
        1 => (source(), -2..5).prop_map(|(source, priority)| Op::Prioritise(source, priority)),
        3 => (source(), proptest::bool::weighted(0.7)).prop_map(|(source, enabled)| Op::Enable(source, enabled)),
        1 => (dataset(), proptest::option::of(source())).prop_map(|(dataset, to)| Op::Force(dataset, to)),
        2 => (proptest::option::of(dataset()), source()).prop_map(|(of, source)| Op::Reset(of, source)),
        2 => config().prop_map(|config| Op::Configure(Box::new(config))),
    ]
}
