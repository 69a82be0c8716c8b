//! Drives a vendor's endpoints over the host's HTTP client: request → send → decode → next, until the table is complete.

use finvista_core::{
    DynEndpoint, ErrorKind, MOST_REQUESTS, Next, PAGES_AT_ONCE, Query, RecordBatch, Request, Settings,
    SourceError, Vendor,
};
use futures_util::{StreamExt, stream};

use crate::abi::{FvForecast, struct_size};
use crate::export::Call;
use crate::{Asked, host};

/// What an answer would take, as `HttpSource` tells it of a vendor that is linked in.
pub(crate) fn forecast(vendor: &'static Vendor, asked: &Asked) -> Option<FvForecast> {
    let endpoint = endpoint(vendor, &asked.query)?;
    let settings = Settings { today: asked.today };
    let (first, _) = endpoint.start(&settings, &asked.query).ok()?;
    let (_, rest) = first.url.split_once("://")?;
    let host = rest.split(['/', '?', '#']).next()?;
    Some(FvForecast {
        struct_size: struct_size::<FvForecast>(),
        requests: u32::try_from(endpoint.requests(&settings, &asked.query)).ok()?,
        host: u32::try_from(vendor.hosts.iter().position(|own| *own == host)?).ok()?,
        reserved: 0,
        wait_ms: 0,
    })
}

/// The answer of a vendor to one call.
pub(crate) async fn answer(vendor: &'static Vendor, call: &Call) -> Result<RecordBatch, SourceError> {
    let endpoint = endpoint(vendor, &call.asked.query).ok_or_else(|| {
        let dataset = call.asked.query.dataset();
        SourceError::new(ErrorKind::Unsupported, format!("{} has no {dataset}", vendor.name))
    })?;
    let get = |request: &Request, pages| host::get(call.id, request, endpoint.max_body(), pages);
    let settings = Settings { today: call.asked.today };
    let (mut request, mut run) = endpoint.start(&settings, &call.asked.query)?;
    for _ in 0..MOST_REQUESTS {
        let answer = get(&request, 1).await?;
        match run.feed(&answer.reply(request.step))? {
            Next::Done => return run.finish(),
            Next::Send(next) => request = next,
            Next::Pages(pages) if pages.len() > MOST_REQUESTS => break,
            Next::Pages(pages) => {
                // The first says how many they are, so that the host sends none where it cannot send all in time.
                let counted = std::iter::once(pages.len()).chain(std::iter::repeat(1));
                let send = |(page, pages): (Request, usize)| {
                    let answer = get(&page, pages);
                    async move { (page.step, answer.await) }
                };
                let requests: Vec<_> = pages.into_iter().zip(counted).collect();
                let mut answers = stream::iter(requests).map(send).buffered(PAGES_AT_ONCE);
                while let Some((step, answer)) = answers.next().await {
                    if run.feed(&answer?.reply(step))? != Next::Done {
                        return Err(SourceError::decode("a page asked for more pages"));
                    }
                }
                return run.finish();
            }
        }
    }
    Err(SourceError::decode(format!("the answer takes more than {MOST_REQUESTS} requests")))
}

fn endpoint(vendor: &'static Vendor, query: &Query) -> Option<&'static dyn DynEndpoint> {
    let dataset = query.dataset();
    vendor.endpoints.iter().copied().find(|endpoint| endpoint.dataset().id == dataset.as_str())
}
