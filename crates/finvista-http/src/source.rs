//! [`HttpSource`]: the one driver of all vendors over HTTP.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use finvista_core::{
    Capability, Context, DataSource, DatasetId, DynEndpoint, ErrorKind, Forecast, MOST_REQUESTS, Next, Offer,
    PAGES_AT_ONCE, Query, Request, Settings, SourceError, SourceInfo, Table, Vendor,
};
use futures_util::StreamExt;
use futures_util::stream;
use jiff::civil::Date;
use tokio::time::Instant;

use crate::address::split;
use crate::client::{Answer, HttpClient};
use crate::limit::HostLimit;
use crate::telemetry;

/// A [`Vendor`] made a [`DataSource`]: request → send → bytes → decode → next, until the table is complete.
pub struct HttpSource {
    info: SourceInfo,
    hosts: Vec<(&'static str, Arc<HostLimit>)>,
    endpoints: Vec<(DatasetId, Capability, &'static dyn DynEndpoint)>,
    client: Arc<HttpClient>,
}

impl fmt::Debug for HttpSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpSource").field("name", &self.info.name).finish_non_exhaustive()
    }
}

impl HttpSource {
    /// The vendor, asked through this client.
    pub fn new(vendor: &'static Vendor, client: Arc<HttpClient>) -> Self {
        let offers = vendor
            .endpoints
            .iter()
            .map(|endpoint| Offer { dataset: endpoint.dataset().id(), priority: endpoint.priority() });
        let info = SourceInfo {
            name: vendor.name.to_owned(),
            title: vendor.title.to_owned(),
            version: vendor.version.to_owned(),
            origin: "built-in".to_owned(),
            failure_domain: vendor.failure_domain.to_owned(),
            offers: offers.collect(),
        };
        let endpoints = vendor
            .endpoints
            .iter()
            .map(|&endpoint| (endpoint.dataset().id(), endpoint.capability(), endpoint));
        let limit = |host| (host, client.limit(vendor.name, host, vendor.quota));
        let hosts = vendor.hosts.iter().copied().map(limit).collect();
        Self { info, hosts, endpoints: endpoints.collect(), client }
    }

    /// The limits of a host that a request goes to, if it is one of the vendor's own hosts.
    fn limit(&self, host: &str) -> Result<Option<&HostLimit>, SourceError> {
        let Some((_, limit)) = self.hosts.iter().find(|(own, _)| *own == host) else {
            let own: Vec<&str> = self.hosts.iter().map(|(own, _)| *own).collect();
            let message = format!("{host} is not among the hosts of {}: {}", self.info.name, own.join(", "));
            return Err(SourceError::new(ErrorKind::Plugin, message));
        };
        Ok(Some(&**limit).filter(|_| self.client.is_limited()))
    }

    /// Sends a request when its host's limits let it pass, if they do in the time left.
    async fn get(&self, request: &Request, fetch: &Fetch<'_>) -> Result<Answer, SourceError> {
        let (host, _) = split(&request.url)?;
        let asked = Instant::now();
        let _in_flight = match self.limit(host)? {
            Some(limit) => {
                let hold_back = |wait| fetch.cx.hold_back(fetch.began.elapsed() + wait);
                Some(limit.pass(fetch.time_left(), hold_back).await?)
            }
            None => None,
        };
        telemetry::request(host, asked.elapsed());
        self.client.get(request, fetch.max_body, fetch.today).await
    }
}

/// What all requests of one answer share.
#[derive(Debug)]
struct Fetch<'a> {
    cx: &'a Context,
    began: Instant,
    today: Date,
    max_body: usize,
}

impl Fetch<'_> {
    fn time_left(&self) -> Duration {
        self.cx.time.saturating_sub(self.began.elapsed())
    }
}

#[async_trait]
impl DataSource for HttpSource {
    fn info(&self) -> &SourceInfo {
        &self.info
    }

    fn capability(&self, dataset: &DatasetId) -> Option<&Capability> {
        self.endpoints.iter().find(|(id, ..)| id == dataset).map(|(_, capability, _)| capability)
    }

    fn forecast(&self, cx: &Context, query: &Query) -> Option<Forecast> {
        let dataset = query.dataset();
        let (.., endpoint) = self.endpoints.iter().find(|(id, ..)| *id == dataset)?;
        let settings = Settings { today: self.client.today().unwrap_or(cx.today) };
        let (first, _) = endpoint.start(&settings, query).ok()?;
        let requests = endpoint.requests(&settings, query);
        let limit = self.limit(split(&first.url).ok()?.0).ok()?;
        Some(Forecast { requests, wait: limit.map_or(Duration::ZERO, |limit| limit.wait(requests)) })
    }

    async fn fetch(&self, cx: &Context, query: &Query) -> Result<Table, SourceError> {
        let dataset = query.dataset();
        let unsupported =
            |why: String| SourceError::new(ErrorKind::Unsupported, format!("{} {why}", self.info.name));
        let (_, capability, endpoint) = (self.endpoints.iter().find(|(id, ..)| *id == dataset))
            .ok_or_else(|| unsupported(format!("has no {dataset}")))?;
        let today = self.client.today().unwrap_or(cx.today);
        // The manager asks for nothing else. Whoever asks without it is not given another table than was asked for.
        capability.answers(query, today).map_err(unsupported)?;
        let fetch = &Fetch { cx, began: Instant::now(), today, max_body: endpoint.max_body() };
        let settings = Settings { today };
        let (mut request, mut run) = endpoint.start(&settings, query)?;
        for _ in 0..MOST_REQUESTS {
            let answer = self.get(&request, fetch).await?;
            match run.feed(&answer.reply(request.step))? {
                Next::Done => return run.finish().map(Table::new),
                Next::Send(next) => request = next,
                Next::Pages(pages) => {
                    if pages.len() > MOST_REQUESTS {
                        break;
                    }
                    if let Some(first) = pages.first()
                        && let Some(limit) = self.limit(split(&first.url)?.0)?
                    {
                        limit.admits(pages.len(), fetch.time_left())?;
                    }
                    let get = |page: Request| async move { (page.step, self.get(&page, fetch).await) };
                    let mut answers = stream::iter(pages).map(get).buffered(PAGES_AT_ONCE);
                    while let Some((step, answer)) = answers.next().await {
                        if run.feed(&answer?.reply(step))? != Next::Done {
                            return Err(SourceError::decode("a page asked for more pages"));
                        }
                    }
                    return run.finish().map(Table::new);
                }
            }
        }
        Err(SourceError::decode(format!("the answer takes more than {MOST_REQUESTS} requests")))
    }
}
