//! [`HttpSource`]: the one driver of all vendors over HTTP.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use finvista_core::{
    Capability, Context, DataSource, DatasetId, DynEndpoint, EndpointContext, ErrorKind, Forecast, Offer,
    Place, Query, RecordBatch, Request, SourceError, SourceInfo, Vendor, async_trait, drive,
};
use tokio::time::Instant;

use crate::address::split;
use crate::client::HttpClient;
use crate::exchange::Sent;
use crate::guest::{HttpGuest, Trip};

/// A [`Vendor`] as a [`DataSource`]: it sends the requests of the vendor's endpoints and feeds them the answers until the table
/// is complete.
pub struct HttpSource {
    info: SourceInfo,
    endpoints: Vec<Offered>,
    guest: HttpGuest,
}

/// A data set of the vendor.
#[derive(Debug)]
struct Offered {
    dataset: DatasetId,
    capability: Capability,
    endpoint: &'static dyn DynEndpoint,
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
        let endpoints = vendor.endpoints.iter().map(|&endpoint| Offered {
            dataset: endpoint.dataset().id(),
            capability: endpoint.capability(),
            endpoint,
        });
        let guest = HttpGuest::new(client, vendor.name, vendor.hosts, vendor.quota);
        Self { info, endpoints: endpoints.collect(), guest }
    }

    fn endpoint(&self, dataset: &DatasetId) -> Option<&Offered> {
        self.endpoints.iter().find(|offered| offered.dataset == *dataset)
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
        self.endpoint(dataset).map(|offered| &offered.capability)
    }

    fn forecast(&self, cx: &Context, query: &Query) -> Option<Forecast> {
        let endpoint = self.endpoint(query.dataset())?.endpoint;
        let ahead = cx.ahead;
        let context = EndpointContext::new(self.guest.now().unwrap_or(cx.now));
        let (first, _) = endpoint.start(&context, query).ok()?;
        let requests = endpoint.requests(&context, query);
        let (host, _) = split(&first.url).ok()?;
        Some(Forecast::new(requests, self.guest.wait(host, ahead + requests)))
    }

    async fn fetch(&self, cx: &Context, query: &Query) -> Result<RecordBatch, SourceError> {
        let dataset = query.dataset();
        let unsupported =
            |why: String| SourceError::new(ErrorKind::Unsupported, format!("{} {why}", self.info.name));
        let offered = self.endpoint(dataset).ok_or_else(|| unsupported(format!("has no {dataset}")))?;
        let now = self.guest.now().unwrap_or(cx.now);
        let context = EndpointContext::new(now);
        // The manager has checked this already. A caller without a manager must not get another table than it asked for.
        let promise = offered.capability.answers(query.selection(), context.today());
        promise.map_err(|refusal| unsupported(refusal.to_string()))?;
        let max_body = offered.endpoint.max_body();
        let trip = &Trip { cx, began: Instant::now(), today: context.today(), max_body };
        let done = &AtomicUsize::new(0);
        let get = |request: Request, place: Place| async move {
            // The first page is sent only if the limits leave room for all of them.
            let answer = self.guest.send(&Sent::from(&request), place.together, trip).await?.accepted()?;
            cx.report(done.fetch_add(1, Relaxed) + 1, place.known);
            Ok(answer.into_body())
        };
        drive(offered.endpoint, &context, query, get).await
    }
}
