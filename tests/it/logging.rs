#![cfg(test)]
//! What a program sees through `tracing`: one span for each call, in it one event for each attempt, and one for each
//! transition of a circuit.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use finvista::Adjust;
use finvista_testkit::Vendor;
use jiff::civil::date;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::DefaultGuard;
use tracing::{Dispatch, Event, Level, Subscriber};
use tracing_subscriber::Registry;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;

use crate::support::{Bench, daily, days};

#[derive(Debug, Clone, Default)]
struct Fields(BTreeMap<&'static str, String>);

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name(), value.to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        self.0.insert(field.name(), format!("{value:?}"));
    }
}

impl Fields {
    fn get(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }

    fn names(&self) -> String {
        self.0.keys().copied().collect::<Vec<_>>().join(" ")
    }
}

#[derive(Debug)]
struct Logged {
    level: Level,
    /// The number of the span around it.
    span: Option<u64>,
    fields: Fields,
}

/// What was logged: the spans by number, with their name and fields, and the events in order.
#[derive(Debug, Default)]
struct Log {
    spans: BTreeMap<u64, (&'static str, Fields)>,
    events: Vec<Logged>,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Collector(Arc<Mutex<Log>>);

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Collector {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, _: Context<'_, S>) {
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        if is_ours(attributes.metadata().target()) {
            self.0.lock().unwrap().spans.insert(id.into_u64(), (attributes.metadata().name(), fields));
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, _: Context<'_, S>) {
        if let Some((_, fields)) = self.0.lock().unwrap().spans.get_mut(&id.into_u64()) {
            values.record(fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, cx: Context<'_, S>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        if is_ours(event.metadata().target()) {
            let span = cx.event_span(event).map(|span| span.id().into_u64());
            self.0.lock().unwrap().events.push(Logged { level: *event.metadata().level(), span, fields });
        }
    }
}

/// Leaves out the log of the HTTP client's crates.
fn is_ours(target: &str) -> bool {
    target.starts_with("finvista")
}

impl Collector {
    /// Collects what this thread logs until the guard is dropped. The runtimes of these tests have no other thread.
    pub(crate) fn start() -> (Self, DefaultGuard) {
        // With a single dispatcher tracing asks the thread that reaches a line first whether it is wanted, which may be
        // another test's thread without a subscriber. With two, it asks the dispatchers.
        static SECOND: LazyLock<Dispatch> = LazyLock::new(|| Dispatch::new(Registry::default()));
        LazyLock::force(&SECOND);
        let collector = Self::default();
        let guard = tracing::subscriber::set_default(Registry::default().with(collector.clone()));
        // Once more, for a line that another test reached at the same moment.
        tracing::callsite::rebuild_interest_cache();
        (collector, guard)
    }

    /// The messages of the warnings.
    pub(crate) fn warnings(&self) -> Vec<String> {
        let log = self.0.lock().unwrap();
        let warnings = log.events.iter().filter(|event| event.level == Level::WARN);
        warnings.map(|event| event.fields.get("message").to_owned()).collect()
    }

    /// Takes what was collected so far.
    fn take(&self) -> Log {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

impl Log {
    fn with(&self, message: &str) -> Vec<&Logged> {
        self.events.iter().filter(|event| event.fields.get("message") == message).collect()
    }

    fn circuits(&self) -> Vec<String> {
        let of = |event: &&Logged| {
            let field = |name| event.fields.get(name);
            format!("{} {}: {} to {}", field("dataset"), field("source"), field("from"), field("to"))
        };
        self.with("circuit").iter().map(of).collect()
    }
}

async fn ask(bench: &Bench) {
    let range = days(date(2024, 6, 3), date(2024, 6, 14));
    let _end = daily(&bench.fv, "sh600036", range, Adjust::None).await;
}

#[tokio::test]
async fn a_call_is_a_span_and_an_attempt_is_an_event() {
    let (log, _guard) = Collector::start();
    let bench = Bench::start(71).await;
    ask(&bench).await;
    let quiet = log.take();
    let spans: Vec<_> = quiet.spans.values().collect();
    let [(name, fields)] = spans.as_slice() else { panic!("{spans:?}") };
    assert_eq!((*name, fields.get("dataset")), ("call", "cn_stock_daily"));
    assert_eq!(fields.get("query"), "600036.SH, 2024-06-03 to 2024-06-14");
    assert_eq!(fields.get("source"), "eastmoney");
    let [event] = quiet.events.as_slice() else { panic!("{:?}", quiet.events) };
    assert_eq!((event.level, event.span.as_ref()), (Level::INFO, quiet.spans.keys().next()));
    assert_eq!(event.fields.names(), "elapsed_ms message rows source");
    assert_eq!((event.fields.get("source"), event.fields.get("rows")), ("eastmoney", "9"));
    assert!(event.fields.get("elapsed_ms").parse::<f64>().unwrap() > 0.0);

    bench.breaks(Vendor::EastMoney, "status:503");
    bench.breaks(Vendor::Sina, "html");
    ask(&bench).await;
    let failing = log.take();
    assert_eq!(failing.spans.len(), 1);
    assert_eq!(failing.spans.values().next().unwrap().1.get("source"), "tencent");
    let attempts = failing.with("attempt");
    assert_eq!(failing.events.len(), attempts.len(), "nothing else is to be said: {:?}", failing.events);
    let told: Vec<_> = attempts.iter().map(|event| (event.level, event.fields.get("source"))).collect();
    assert_eq!(told, [(Level::WARN, "eastmoney"), (Level::WARN, "sina"), (Level::INFO, "tencent")]);
    assert!(attempts[0].fields.get("error").contains("503"), "{:?}", attempts[0]);
    assert!(attempts[1].fields.get("error").starts_with("blocked: "), "{:?}", attempts[1]);
    assert!(attempts.iter().all(|event| event.span.as_ref() == failing.spans.keys().next()));
}

#[tokio::test]
async fn every_transition_is_one_event() {
    let (log, _guard) = Collector::start();
    let bench = Bench::start(72).await;
    bench.breaks(Vendor::EastMoney, "status:503");
    for _ in 0..4 {
        ask(&bench).await;
    }
    assert_eq!(log.take().circuits(), [] as [&str; 0]);
    ask(&bench).await;
    let opened = log.take();
    assert_eq!(opened.circuits(), ["cn_stock_daily eastmoney: closed to open"]);
    assert_eq!(opened.with("circuit")[0].span.as_ref(), opened.spans.keys().next());
    // Skipped sources are logged at the debug level alone.
    ask(&bench).await;
    let skipped = log.take();
    assert_eq!(skipped.with("attempt").len(), 1);
    assert_eq!((skipped.with("skip").len(), skipped.with("skip")[0].level), (1, Level::DEBUG));

    bench.fv.configure(|config| config.failover.circuit_timeout = Duration::ZERO).unwrap();
    ask(&bench).await;
    assert_eq!(
        log.take().circuits(),
        ["cn_stock_daily eastmoney: open to half_open", "cn_stock_daily eastmoney: half_open to open"]
    );
    bench.mend(Vendor::EastMoney);
    for _ in 0..3 {
        ask(&bench).await;
    }
    let closed = log.take();
    assert_eq!(
        closed.circuits(),
        ["cn_stock_daily eastmoney: open to half_open", "cn_stock_daily eastmoney: half_open to closed"]
    );
    // The epochs put events in order, whatever order they are seen in.
    let epochs: Vec<u64> =
        closed.with("circuit").iter().map(|event| event.fields.get("epoch").parse().unwrap()).collect();
    assert_eq!(epochs, [4, 5]);

    bench.fv.reset_source_circuit("cn_stock_daily", "eastmoney").unwrap();
    assert_eq!(log.take().circuits(), ["cn_stock_daily eastmoney: closed to closed"]);
}
