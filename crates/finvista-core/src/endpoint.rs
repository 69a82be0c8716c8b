//! An endpoint of a vendor: two pure functions, request and decode. `HttpSource` in `finvista-http` drives them.

use std::borrow::Cow;

use arrow_array::RecordBatch;
use encoding_rs::Encoding;
use jiff::civil::Date;

use crate::capability::Capability;
use crate::dataset::{Dataset, DatasetSpec};
use crate::error::{ErrorKind, SourceError, sample};
use crate::query::Query;

/// What a vendor's author writes for each data set: which queries it answers exactly, how they are asked, and how the
/// answers are read. No I/O, no state, no clock, no retry: what is decided here is decided from the arguments alone.
pub trait Endpoint: Send + Sync + 'static {
    /// The data set.
    type Dataset: Dataset;

    /// The default priority among the sources of the data set; the lowest is asked first.
    fn priority(&self) -> i32;

    /// The promise: which queries are answered exactly.
    fn capability(&self) -> Capability;

    /// The most bytes that one answer may have: by default 8 MiB, ten times what the longest history takes. What is longer is
    /// not read to its end.
    fn max_body(&self) -> usize {
        MAX_BODY
    }

    /// How many requests a query takes, as far as can be told before the first answer: by default one.
    fn requests(&self, cx: &Settings, query: &QueryOf<Self>) -> usize {
        let _ = (cx, query);
        1
    }

    /// The first request for a query.
    ///
    /// # Errors
    ///
    /// When the query cannot be asked of this vendor after all.
    fn request(&self, cx: &Settings, query: &QueryOf<Self>) -> Result<Request, SourceError>;

    /// Reads an answer into the builder, and says what is to be asked next.
    ///
    /// # Errors
    ///
    /// When the answer is an error of the vendor, or has not the shape it should have.
    fn decode(
        &self,
        query: &QueryOf<Self>,
        reply: &Reply<'_>,
        out: &mut BuilderOf<Self>,
    ) -> Result<Next, SourceError>;
}

/// How many pages of one answer are asked for at once. Vendors ban clients that ask for more than a handful.
pub const PAGES_AT_ONCE: usize = 4;

/// The most requests that one answer may take, so that an endpoint that always asks for more comes to an end. 36 years of
/// daily bars in pages of 640 rows are 14; 5,500 quotes in batches of 100 are 55.
pub const MOST_REQUESTS: usize = 200;

/// The longest recorded answer, 36 years of one share's bars, has 0.65 MB.
const MAX_BODY: usize = 8 << 20;

/// The query type of an endpoint.
pub type QueryOf<E> = <<E as Endpoint>::Dataset as Dataset>::Query;
/// The builder type of an endpoint.
pub type BuilderOf<E> = <<E as Endpoint>::Dataset as Dataset>::Builder;

/// What an endpoint may know besides the query.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The day in China. It is handed in because a vendor reads no clock.
    pub today: Date,
}

/// A GET request to a vendor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The whole address, `https://…`.
    pub url: String,
    /// Headers that the vendor insists on, such as a Referer.
    pub headers: Vec<(&'static str, &'static str)>,
    /// A number of the endpoint's own that comes back in the [`Reply`]: which step or page this is.
    pub step: u32,
}

impl Request {
    /// A request for this address, step 0.
    pub fn get(url: impl Into<String>) -> Self {
        Self { url: url.into(), headers: Vec::new(), step: 0 }
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: &'static str) -> Self {
        self.headers.push((name, value));
        self
    }

    /// Sets the step.
    #[must_use]
    pub fn step(mut self, step: u32) -> Self {
        self.step = step;
        self
    }
}

/// The body of a successful answer.
#[derive(Debug, Clone, Copy)]
pub struct Reply<'a> {
    /// The step of the request that it answers.
    pub step: u32,
    /// The character set that the Content-Type names, where it does.
    pub charset: Option<&'a str>,
    /// The bytes.
    pub body: &'a [u8],
}

impl<'a> Reply<'a> {
    /// An answer to step 0 without a Content-Type.
    pub fn new(body: &'a [u8]) -> Self {
        Self { step: 0, charset: None, body }
    }

    /// The body as text, in the character set that the answer names and else in `default`.
    ///
    /// The header decides and never the bytes: a short Chinese name in GBK can be valid UTF-8 by accident.
    ///
    /// # Errors
    ///
    /// When the body is not text in that character set.
    pub fn text(&self, default: &'static Encoding) -> Result<Cow<'a, str>, SourceError> {
        let encoding =
            self.charset.and_then(|label| Encoding::for_label(label.as_bytes())).unwrap_or(default);
        encoding.decode_without_bom_handling_and_without_replacement(self.body).ok_or_else(|| {
            SourceError::decode(format!("the answer is not {} text: {}", encoding.name(), sample(self.body)))
        })
    }
}

/// What follows an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// Nothing: the table is complete.
    Done,
    /// One more request, which could not be made before this answer.
    Send(Request),
    /// All the remaining requests. They may be sent at once, and are decoded in this order; each is followed by nothing.
    Pages(Vec<Request>),
}

/// An [`Endpoint`] without its types, as a [`Vendor`](crate::Vendor) lists it. Every endpoint is one.
pub trait DynEndpoint: Send + Sync {
    /// The data set.
    fn dataset(&self) -> &'static DatasetSpec;
    /// The default priority.
    fn priority(&self) -> i32;
    /// The promise.
    fn capability(&self) -> Capability;
    /// The most bytes that one answer may have.
    fn max_body(&self) -> usize;
    /// How many requests a query takes, as far as can be told before the first answer; none where the query is of another data
    /// set.
    fn requests(&self, cx: &Settings, query: &Query) -> usize;
    /// Begins to answer a query.
    ///
    /// # Errors
    ///
    /// When the query is of another data set, or cannot be asked of this vendor.
    fn start<'a>(
        &'a self,
        cx: &Settings,
        query: &'a Query,
    ) -> Result<(Request, Box<dyn Run + 'a>), SourceError>;
}

/// One query on its way: bytes in, a table out.
pub trait Run: Send {
    /// Reads an answer.
    ///
    /// # Errors
    ///
    /// See [`Endpoint::decode`].
    fn feed(&mut self, reply: &Reply<'_>) -> Result<Next, SourceError>;
    /// The table.
    ///
    /// # Errors
    ///
    /// See [`Dataset::finish`].
    fn finish(self: Box<Self>) -> Result<RecordBatch, SourceError>;
}

impl<E: Endpoint> DynEndpoint for E {
    fn dataset(&self) -> &'static DatasetSpec {
        E::Dataset::SPEC
    }

    fn priority(&self) -> i32 {
        Endpoint::priority(self)
    }

    fn capability(&self) -> Capability {
        Endpoint::capability(self)
    }

    fn max_body(&self) -> usize {
        Endpoint::max_body(self)
    }

    fn requests(&self, cx: &Settings, query: &Query) -> usize {
        E::Dataset::query(query).map_or(0, |query| Endpoint::requests(self, cx, query))
    }

    fn start<'a>(
        &'a self,
        cx: &Settings,
        query: &'a Query,
    ) -> Result<(Request, Box<dyn Run + 'a>), SourceError> {
        let typed = E::Dataset::query(query).ok_or_else(|| {
            let (has, asked) = (E::Dataset::SPEC.id, query.dataset());
            SourceError::new(ErrorKind::Unsupported, format!("an endpoint of {has} was asked for {asked}"))
        })?;
        let request = self.request(cx, typed)?;
        let run = TypedRun { endpoint: self, query: typed, builder: E::Dataset::builder(typed) };
        Ok((request, Box::new(run)))
    }
}

struct TypedRun<'a, E: Endpoint> {
    endpoint: &'a E,
    query: &'a QueryOf<E>,
    builder: BuilderOf<E>,
}

impl<E: Endpoint> Run for TypedRun<'_, E> {
    fn feed(&mut self, reply: &Reply<'_>) -> Result<Next, SourceError> {
        self.endpoint.decode(self.query, reply, &mut self.builder)
    }

    fn finish(self: Box<Self>) -> Result<RecordBatch, SourceError> {
        E::Dataset::finish(self.builder)
    }
}

/// Answers a query from bodies at hand, in the order in which the endpoint asks for them: for the tests of a vendor, and
/// for replaying a recording. No network, no clock.
///
/// # Errors
///
/// What the endpoint says of a body, and [`ErrorKind::Transport`] when a request has no body.
pub fn answer_from(
    endpoint: &dyn DynEndpoint,
    cx: &Settings,
    query: &Query,
    mut fetch: impl FnMut(&Request) -> Option<(Vec<u8>, Option<String>)>,
) -> Result<RecordBatch, SourceError> {
    let (first, mut run) = endpoint.start(cx, query)?;
    let mut waiting = std::collections::VecDeque::from([first]);
    while let Some(request) = waiting.pop_front() {
        let (body, charset) = fetch(&request).ok_or_else(|| {
            SourceError::new(ErrorKind::Transport, format!("no answer at hand for {}", request.url))
        })?;
        let reply = Reply { step: request.step, charset: charset.as_deref(), body: &body };
        match run.feed(&reply)? {
            Next::Done => {}
            Next::Send(request) => waiting.push_back(request),
            Next::Pages(requests) => waiting.extend(requests),
        }
    }
    run.finish()
}
