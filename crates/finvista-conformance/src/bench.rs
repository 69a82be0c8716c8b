//! A source on the bench: made, with the world that it is asked about.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use arrow_array::RecordBatch;
use finvista_core::dataset::DatasetSpec;
use finvista_core::{Capability, Context, DataSource, ErrorKind, Offer, Query, SourceError, Zone};
use finvista_http::{HttpClient, HttpConfig, HttpRates};
use finvista_testkit::{Answer, Faults, Market, Simulator, Vendor};
use futures_util::FutureExt;
use jiff::Timestamp;
use jiff::civil::Date;

use crate::report::{Outcome, skip, todo};
use crate::samples;
use crate::subject::{Sample, Subject};

/// The time of a fetch that nothing keeps from ending.
pub(crate) const TIME: Duration = Duration::from_secs(20);

/// What a source is asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum World {
    /// The simulator's market.
    Market,
    /// The answers that its author gave.
    Answers,
    /// What it has without this program's HTTP client.
    Own,
    /// The network, which is to be spared.
    Live,
}

/// A source, and where its requests go.
#[derive(Debug)]
pub(crate) struct Bench {
    pub(crate) source: Arc<dyn DataSource>,
    pub(crate) world: World,
    pub(crate) today: Date,
    now: Timestamp,
    /// The same source, with all its requests going to a server that can fail on command.
    broken: Option<(Arc<dyn DataSource>, Simulator)>,
}

/// A data set that the source offers, and what it answered to the samples.
#[derive(Debug)]
pub(crate) struct Offered {
    pub(crate) spec: &'static DatasetSpec,
    pub(crate) capability: Capability,
    pub(crate) asked: Vec<(Query, Result<RecordBatch, SourceError>)>,
    /// The samples of the author.
    pub(crate) samples: Vec<Sample>,
}

impl Bench {
    pub(crate) async fn new(subject: &Subject) -> Result<Self, String> {
        let simulated = subject.hosts.iter().all(|host| Vendor::of_host(host).is_some());
        let world = match &subject.answers {
            _ if subject.hosts.is_empty() => World::Own,
            Some(_) => World::Answers,
            None if simulated => World::Market,
            None => World::Live,
        };
        let today = match world {
            World::Market => jiff::civil::date(2024, 6, 28),
            _ => Zone::Shanghai.day(Timestamp::now()),
        };
        let builder = match (world, &subject.answers) {
            (World::Market, _) => Some(Simulator::builder().market(Market::new(7, today))),
            (World::Answers, Some(answers)) => {
                let answers = Arc::clone(answers);
                Some(Simulator::builder().answers(move |request| answers(request)))
            }
            // Only its faults matter.
            (World::Live, _) => Some(Simulator::builder().answers(|_| Answer::ok("text/plain", ""))),
            _ => None,
        };
        let broken = match builder {
            None => None,
            Some(builder) => {
                let simulator = builder.start().await.map_err(|e| e.to_string())?;
                let gateway = Some(simulator.origin());
                let client = client(&HttpConfig { gateway, ..HttpConfig::default() })?;
                // A server of our own needs no limits.
                client
                    .set_rates(HttpRates { limited: false, ..HttpRates::default() })
                    .map_err(|e| e.to_string())?;
                Some(((subject.make)(&client)?, simulator))
            }
        };
        let source = match (&broken, world) {
            (Some((source, _)), World::Market | World::Answers) => Arc::clone(source),
            _ => {
                let live = subject.live.clone();
                (subject.make)(&live.map_or_else(|| client(&HttpConfig::default()), Ok)?)?
            }
        };
        // After the session: bars of the day are over.
        let evening = Zone::Shanghai.instant(today.at(18, 0, 0, 0));
        let now = match world {
            World::Market => evening.unwrap_or_else(Timestamp::now),
            _ => Timestamp::now(),
        };
        Ok(Self { source, world, today, now, broken })
    }

    /// Asks the samples of a data set.
    pub(crate) async fn offered(&self, subject: &Subject, offer: &Offer) -> Result<Offered, String> {
        let id = &offer.dataset;
        let spec = subject.datasets.iter().find(|spec| spec.id == id.as_str());
        let spec = *spec.ok_or_else(|| {
            format!("expected a registered data set, or one of Subject::datasets, got {id}")
        })?;
        let capability = self.source.capability(id).copied();
        let capability = capability.ok_or_else(|| format!("it offers {id} and promises nothing for it"))?;
        let given: Vec<Sample> =
            subject.samples.iter().filter(|sample| sample.query.dataset() == id).cloned().collect();
        let queries = match given.is_empty() {
            true => samples::queries(spec, &capability, self.today),
            false => given.iter().map(|sample| sample.query.clone()).collect(),
        };
        let mut asked = Vec::new();
        for query in queries {
            let answer = self.ask(&query).await;
            asked.push((query, answer));
        }
        Ok(Offered { spec, capability, asked, samples: given })
    }

    /// The market that it is asked about.
    pub(crate) fn market(&self) -> Result<&Market, Outcome> {
        match self.broken.as_ref().and_then(|(_, simulator)| simulator.market()) {
            Some(market) => Ok(market),
            None => skip("only the testkit's market has such a row to ask for"),
        }
    }

    /// The source whose requests can be made to fail, and what makes them fail.
    pub(crate) fn broken(&self) -> Result<(&Arc<dyn DataSource>, &Faults), Outcome> {
        match &self.broken {
            Some((source, simulator)) => Ok((source, simulator.faults())),
            None => skip("it sends no requests through this program's HTTP client"),
        }
    }

    /// Says that the network is to be spared.
    pub(crate) fn spares(&self) -> Result<(), Outcome> {
        match self.world {
            World::Live => todo(
                "give the answers of its hosts (Subject::answers): they are not simulated, and real ones are not to be asked so often",
            ),
            _ => Ok(()),
        }
    }

    pub(crate) fn cx(&self, time: Duration) -> Context {
        Context::new(self.now, time)
    }

    pub(crate) async fn ask(&self, query: &Query) -> Result<RecordBatch, SourceError> {
        ask(&self.source, &self.cx(TIME), query).await
    }
}

/// Asks a source in its time, and takes a panic for the error that the manager makes of it.
pub(crate) async fn ask(
    source: &Arc<dyn DataSource>,
    cx: &Context,
    query: &Query,
) -> Result<RecordBatch, SourceError> {
    let fetch = AssertUnwindSafe(source.fetch(cx, query)).catch_unwind();
    match tokio::time::timeout(cx.time, fetch).await {
        Ok(Ok(answer)) => answer,
        Ok(Err(_)) => Err(SourceError::new(ErrorKind::Plugin, "the source panicked")),
        Err(_) => Err(SourceError::new(ErrorKind::Timeout, format!("no answer in {:?}", cx.time))),
    }
}

fn client(config: &HttpConfig) -> Result<Arc<HttpClient>, String> {
    HttpClient::new(config).map(Arc::new).map_err(|e| e.to_string())
}

impl Offered {
    /// The first sample that was answered, for the cases that need one.
    pub(crate) fn answered(&self) -> Result<(&Query, &RecordBatch), Outcome> {
        match self.asked.iter().find_map(|(query, answer)| Some((query, answer.as_ref().ok()?))) {
            Some(answered) => Ok(answered),
            None => skip("no sample was answered"),
        }
    }
}
