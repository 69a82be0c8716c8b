//! [`HttpSource`]: the one driver of all vendors over HTTP.

use std::fmt;
use std::sync::Arc;

use finvista_core::{
    Capability, Context, DataSource, DatasetId, DynEndpoint, ErrorKind, Forecast, MOST_REQUESTS, Next, Offer,
    PAGES_AT_ONCE, Query, Request, Settings, SourceError, SourceInfo, Table, Vendor, async_trait,
};
use futures_util::StreamExt;
use futures_util::stream;
use tokio::time::Instant;

use crate::address::split;
use crate::client::{Answer, HttpClient};
use crate::exchange::Sent;
use crate::guest::{HttpGuest, Trip};

/// A [`Vendor`] as a [`DataSource`]: it sends the requests of the vendor's endpoints and feeds them the answers until the table
/// is complete.
pub struct HttpSource {
    info: SourceInfo,
    endpoints: Vec<(DatasetId, Capability, &'static dyn DynEndpoint)>,
    guest: HttpGuest,
}

impl HttpSource {
    /// A source that sends the vendor's requests through this client.
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
        let guest = HttpGuest::new(client, vendor.name, vendor.hosts, vendor.quota);
        Self { info, endpoints: endpoints.collect(), guest }
    }

    /// Sends a request that is the first of `pages`. A refusal is an error.
    async fn get(&self, request: &Request, pages: usize, trip: &Trip<'_>) -> Result<Answer, SourceError> {
        self.guest.send(&Sent::from(request), pages, trip).await?.accepted()
    }
}

impl fmt::Debug for HttpSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpSource")
            .field("info", &self.info)
            .field("guest", &self.guest)
            .finish_non_exhaustive()
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
        let settings = Settings { today: self.guest.today().unwrap_or(cx.today) };
        let (first, _) = endpoint.start(&settings, query).ok()?;
        let requests = endpoint.requests(&settings, query);
        let (host, _) = split(&first.url).ok()?;
        Some(Forecast { requests, wait: self.guest.wait(host, requests) })
    }

    async fn fetch(&self, cx: &Context, query: &Query) -> Result<Table, SourceError> {
        let dataset = query.dataset();
        let unsupported =
            |why: String| SourceError::new(ErrorKind::Unsupported, format!("{} {why}", self.info.name));
        let (_, capability, endpoint) = (self.endpoints.iter().find(|(id, ..)| *id == dataset))
            .ok_or_else(|| unsupported(format!("has no {dataset}")))?;
        let today = self.guest.today().unwrap_or(cx.today);
        // The manager has checked this already. A caller without a manager must not get another table than it asked for.
        capability.answers(query, today).map_err(unsupported)?;
        let trip = &Trip { cx, began: Instant::now(), today, max_body: endpoint.max_body() };
        let (mut request, mut run) = endpoint.start(&Settings { today }, query)?;
        for _ in 0..MOST_REQUESTS {
            let answer = self.get(&request, 1, trip).await?;
            match run.feed(&answer.reply(request.step))? {
                Next::Done => return run.finish().map(Table::new),
                Next::Send(next) => request = next,
                Next::Pages(pages) if pages.len() > MOST_REQUESTS => break,
                Next::Pages(pages) => {
                    // The first page is sent only if the limits leave room for all of them.
                    let counts = std::iter::once(pages.len()).chain(std::iter::repeat(1));
                    let get = |(page, count): (Request, usize)| async move {
                        (page.step, self.get(&page, count, trip).await)
                    };
                    let pages: Vec<_> = pages.into_iter().zip(counts).collect();
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
