//! The one loop over the requests of a query: HTTP sources, plugins and tests run it.

use std::future::Future;

use arrow_array::RecordBatch;
use futures_util::stream::{self, StreamExt};
use jiff::Timestamp;

use crate::endpoint::{DynEndpoint, EndpointContext, Next, Reply, Request};
use crate::error::{ErrorKind, SourceError};
use crate::query::Query;

/// How many pages of one answer are asked for at once. Vendors ban clients that ask for more than a handful.
pub const PAGES_AT_ONCE: usize = 4;

/// The most requests that one answer may take, so that an endpoint that always asks for more comes to an end. 36 years of
/// daily bars in pages of 640 rows are 14; 5,500 quotes in batches of 100 are 55.
pub const MOST_REQUESTS: usize = 200;

/// An answer as a transport hands it in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Body<B = Vec<u8>> {
    /// The status: 200, or one of those that the request [reads](Request::reads).
    pub status: u16,
    /// The character set that the Content-Type names, where it does.
    pub charset: Option<String>,
    /// When the answer arrived, where that is known: now, or when it was recorded.
    pub at: Option<Timestamp>,
    /// The bytes.
    pub bytes: B,
}

impl<B: AsRef<[u8]>> Body<B> {
    /// An answer with status 200 and without a Content-Type.
    pub const fn new(bytes: B) -> Self {
        Self { status: 200, charset: None, at: None, bytes }
    }

    /// The answer as an endpoint reads it.
    pub fn reply(&self) -> Reply<'_> {
        Reply::new(self.bytes.as_ref()).status(self.status).charset(self.charset.as_deref()).at(self.at)
    }
}

/// The place of a request among those that are known to belong to one query at the moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Place {
    /// Its number, from 0, among all requests of the query.
    pub index: usize,
    /// Whether it is the first of several that are sent together, and their number; 1 for any other.
    pub together: usize,
    /// The requests of the query, as far as they are known.
    pub known: usize,
}

/// Answers a query: request → get → decode → next, until the table is complete. `get` sends one request.
///
/// # Errors
///
/// What `get` and the endpoint say, and [`Decode`](ErrorKind::Decode) when an answer takes more than [`MOST_REQUESTS`].
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
                        return Err(SourceError::decode("a page asked for more pages"));
                    }
                }
                drop(bodies);
                return run.finish();
            }
        }
    }
    Err(SourceError::decode(format!("the answer takes more than {MOST_REQUESTS} requests")))
}

/// Answers a query from bodies at hand, in the order in which the endpoint asks for them: for the tests of a vendor, and for
/// replaying a recording. No network, no clock.
///
/// # Errors
///
/// What the endpoint says about a body, and [`Transport`](ErrorKind::Transport) when a request has no body.
pub fn answer_from(
    endpoint: &dyn DynEndpoint,
    cx: &EndpointContext,
    query: &Query,
    get: impl Fn(&Request) -> Option<Body> + Send + Sync,
) -> Result<RecordBatch, SourceError> {
    let ready = |request: Request, _| {
        let body = get(&request).ok_or_else(|| {
            SourceError::new(ErrorKind::Transport, format!("no answer at hand for {}", request.url))
        });
        std::future::ready(body)
    };
    // Every body is there at once, so the loop never waits.
    futures_util::FutureExt::now_or_never(drive(endpoint, cx, query, ready))
        .unwrap_or_else(|| Err(SourceError::new(ErrorKind::Transport, "an answer at hand was waited for")))
}
