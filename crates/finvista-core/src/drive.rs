//! The loop over the requests of a query, shared by HTTP sources, plugins and tests.

use std::future::Future;

use arrow_array::RecordBatch;
use futures_util::stream::{self, StreamExt};
use jiff::Timestamp;

use crate::endpoint::{DynEndpoint, EndpointContext, Next, Reply, Request};
use crate::error::{ErrorKind, SourceError};
use crate::query::Query;

/// How many pages of an answer are requested at a time. Vendors ban clients that request many more.
pub const PAGES_AT_ONCE: usize = 4;

/// The most requests that an answer may take, which ends an endpoint that always requests more. 36 years of daily bars in
/// pages of 640 rows take 14 requests; 5,500 quotes in batches of 100 take 55.
pub const MOST_REQUESTS: usize = 200;

/// An answer, as a transport returns it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Body<B = Vec<u8>> {
    /// The status: 200, or one that the request [reads](Request::reads).
    pub status: u16,
    /// The character set of the Content-Type, if it names one.
    pub charset: Option<String>,
    /// When the answer arrived or was recorded, if that is known.
    pub at: Option<Timestamp>,
    /// The bytes.
    pub bytes: B,
}

impl<B: AsRef<[u8]>> Body<B> {
    /// An answer with status 200 and without a Content-Type.
    pub const fn new(bytes: B) -> Self {
        Self { status: 200, charset: None, at: None, bytes }
    }

    /// The answer as an endpoint decodes it.
    pub fn reply(&self) -> Reply<'_> {
        Reply::new(self.bytes.as_ref()).status(self.status).charset(self.charset.as_deref()).at(self.at)
    }
}

/// The place of a request among the requests of its query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Place {
    /// Its number, from 0.
    pub index: usize,
    /// The number of requests that are sent together, if it is the first of them; 1 for any other request.
    pub together: usize,
    /// The number of requests known so far.
    pub known: usize,
}

/// Answers a query: request, get, decode, and so on until the table is complete. `get` sends one request.
///
/// # Errors
///
/// Those of `get` and of the endpoint, and [`Decode`](ErrorKind::Decode) when an answer takes more than [`MOST_REQUESTS`].
pub async fn drive<B, F>(
    endpoint: &dyn DynEndpoint,
    cx: &EndpointContext,
    query: &Query,
    get: impl Fn(Request, Place) -> F + Send + Sync,
) -> Result<RecordBatch, SourceError>
where
    B: AsRef<[u8]> + Send,
    F: Future<Output = Result<Body<B>, SourceError>> + Send,
{
    let (mut request, mut run) = endpoint.start(cx, query)?;
    for index in 0..MOST_REQUESTS {
        let body = get(request, Place { index, together: 1, known: index + 1 }).await?;
        match run.feed(&body.reply())? {
            Next::Done => return run.finish(),
            Next::Send(next) => request = next,
            Next::Pages(pages) => {
                let (before, together) = (index + 1, pages.len());
                let known = before + together;
                if known > MOST_REQUESTS {
                    break;
                }
                let place = |page| Place {
                    index: before + page,
                    together: if page == 0 { together } else { 1 },
                    known,
                };
                let requests = pages.into_iter().enumerate();
                let mut bodies = stream::iter(requests.map(|(page, request)| get(request, place(page))))
                    .buffered(PAGES_AT_ONCE);
                while let Some(body) = bodies.next().await {
                    if run.feed(&body?.reply())? != Next::Done {
                        return Err(SourceError::decode("expected no request after a page, got one"));
                    }
                }
                drop(bodies);
                return run.finish();
            }
        }
    }
    Err(SourceError::decode(format!("expected at most {MOST_REQUESTS} requests for one answer, got more")))
}

/// Answers a query from stored bodies, without network or clock: for a vendor's tests and for replaying a recording.
///
/// # Errors
///
/// Those of the endpoint, and [`Transport`](ErrorKind::Transport) when there is no body for a request.
pub fn answer_from(
    endpoint: &dyn DynEndpoint,
    cx: &EndpointContext,
    query: &Query,
    get: impl Fn(&Request) -> Option<Body> + Send + Sync,
) -> Result<RecordBatch, SourceError> {
    let ready = |request: Request, _| {
        let body = get(&request).ok_or_else(|| {
            SourceError::new(ErrorKind::Transport, format!("no stored answer for {}", request.url))
        });
        std::future::ready(body)
    };
    // Every body is ready, so the loop never waits.
    futures_util::FutureExt::now_or_never(drive(endpoint, cx, query, ready))
        .unwrap_or_else(|| Err(SourceError::new(ErrorKind::Transport, "a stored answer was not ready")))
}
