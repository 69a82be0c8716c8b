//! [`HttpSource`]: the one driver of all vendors over HTTP.

mod client;

use std::sync::Arc;

use async_trait::async_trait;
use futures_util::StreamExt;
use futures_util::stream;

pub use client::{HttpClient, HttpConfig};

use crate::capability::Capability;
use crate::endpoint::{DynEndpoint, Next, Request, Settings};
use crate::error::{ErrorKind, SourceError};
use crate::query::{DatasetId, Query};
use crate::source::{Context, DataSource, Offer, SourceInfo};
use crate::table::Table;
use crate::vendor::Vendor;

/// How many pages of one answer are asked for at once. Vendors ban clients that ask for more than a handful.
const PAGES_AT_ONCE: usize = 4;

/// The most requests that one answer may take, so that an endpoint that always asks for more comes to an end. 36 years of
/// daily bars in pages of 640 rows are 14; 5,500 quotes in batches of 100 are 55.
const MOST_REQUESTS: usize = 200;

/// A [`Vendor`] made a [`DataSource`]: request → send → bytes → decode → next, until the table is complete.
#[derive(Debug)]
pub struct HttpSource {
    info: SourceInfo,
    hosts: &'static [&'static str],
    endpoints: Vec<(DatasetId, Capability, &'static dyn DynEndpoint)>,
    client: Arc<HttpClient>,
}

impl std::fmt::Debug for dyn DynEndpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Endpoint").field(&self.dataset().id).finish()
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
        Self { info, hosts: vendor.hosts, endpoints: endpoints.collect(), client }
    }

    /// Sends a request, if it goes to one of the vendor's own hosts.
    async fn get(&self, request: &Request) -> Result<client::Answer, SourceError> {
        let (host, _) = client::split(&request.url)?;
        if !self.hosts.contains(&host) {
            let message =
                format!("{host} is not among the hosts of {}: {}", self.info.name, self.hosts.join(", "));
            return Err(SourceError::new(ErrorKind::Plugin, message));
        }
        self.client.get(request).await
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

    async fn fetch(&self, cx: &Context, query: &Query) -> Result<Table, SourceError> {
        let dataset = query.dataset();
        let (.., endpoint) = self.endpoints.iter().find(|(id, ..)| *id == dataset).ok_or_else(|| {
            SourceError::new(ErrorKind::Unsupported, format!("{} has no {dataset}", self.info.name))
        })?;
        let settings = Settings { today: cx.today };
        let (mut request, mut run) = endpoint.start(&settings, query)?;
        for _ in 0..MOST_REQUESTS {
            let answer = self.get(&request).await?;
            match run.feed(&answer.reply(request.step))? {
                Next::Done => return run.finish().map(Table::new),
                Next::Send(next) => request = next,
                Next::Pages(pages) => {
                    if pages.len() > MOST_REQUESTS {
                        break;
                    }
                    let get = |page: Request| async move { (page.step, self.get(&page).await) };
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
