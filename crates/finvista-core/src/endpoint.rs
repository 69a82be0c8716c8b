//! An endpoint of a vendor: two pure functions, request and decode. [`drive`](crate::drive) runs them.

use std::borrow::Cow;

use arrow_array::RecordBatch;
use encoding_rs::Encoding;
use jiff::Timestamp;
use jiff::civil::Date;

use crate::capability::Capability;
use crate::dataset::{Build, Dataset, DatasetSpec};
use crate::error::{ErrorKind, SourceError, sample};
use crate::query::Query;
use crate::shape::Shape;
use crate::venue::Zone;

/// What a vendor's author writes for each data set: which queries it answers exactly, how they are asked, and how the answers
/// are read. No I/O, no state, no clock, no retry: what is decided here is decided from the arguments alone.
///
/// One endpoint of a wire format may serve several data sets: `impl<D: Dataset<Selection = Series>> Endpoint for Kline<D> where
/// D::Builder: BarSink`.
pub trait Endpoint: Send + Sync + 'static {
    /// The data set.
    type Dataset: Dataset;
    /// What is remembered between the answers to one query.
    type State: Default + Send;

    /// The default priority among the sources of the data set; the lowest is asked first.
    fn priority(&self) -> i32;

    /// The promise: which queries are answered exactly.
    fn capability(&self) -> Capability;

    /// The most bytes that one answer may have: by default 8 MiB, ten times what the longest history takes. What is longer is
    /// not read to its end.
    fn max_body(&self) -> usize {
        MAX_BODY
    }

    /// How many requests a query takes, as far as is known before the first answer: by default one.
    fn requests(&self, cx: &EndpointContext, selection: &SelectionOf<Self>) -> usize {
        let _ = (cx, selection);
        1
    }

    /// The first request for a query.
    ///
    /// # Errors
    ///
    /// When the query cannot be asked of this vendor after all.
    fn request(&self, cx: &EndpointContext, selection: &SelectionOf<Self>) -> Result<Request, SourceError>;

    /// Reads an answer into the builder, and says what to ask next. Answers come in the order of the requests.
    ///
    /// # Errors
    ///
    /// When the answer is an error of the vendor, or does not have the shape that it should have.
    fn decode(
        &self,
        selection: &SelectionOf<Self>,
        state: &mut Self::State,
        reply: &Reply<'_>,
        out: &mut BuilderOf<Self>,
    ) -> Result<Next, SourceError>;
}

/// The selection type of an endpoint.
pub type SelectionOf<E> = <<E as Endpoint>::Dataset as Dataset>::Selection;
/// The builder type of an endpoint.
pub type BuilderOf<E> = <<E as Endpoint>::Dataset as Dataset>::Builder;

/// The longest recorded answer, 36 years of one share's bars, has 0.65 MB.
const MAX_BODY: usize = 8 << 20;

/// What an endpoint may know besides the query.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct EndpointContext {
    /// The instant of the call. It is passed in because a vendor reads no clock; a replay passes that of the recording.
    pub now: Timestamp,
}

impl EndpointContext {
    /// A call at this instant.
    pub const fn new(now: Timestamp) -> Self {
        Self { now }
    }

    /// The day in China.
    pub fn today(&self) -> Date {
        Zone::Shanghai.day(self.now)
    }
}

/// A GET request to a vendor.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Request {
    /// The whole address, `https://…`.
    pub url: String,
    /// Headers that the vendor insists on, such as a Referer.
    pub headers: Vec<(&'static str, &'static str)>,
    /// Statuses besides 200 whose body the endpoint reads itself, where the vendor uses one to say "unknown".
    pub reads: &'static [u16],
}

impl Request {
    /// A request for this address.
    pub fn get(url: impl Into<String>) -> Self {
        Self { url: url.into(), headers: Vec::new(), reads: &[] }
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: &'static str) -> Self {
        self.headers.push((name, value));
        self
    }

    /// Hands answers with these statuses to the endpoint, instead of taking them for failures.
    #[must_use]
    pub fn reads(mut self, statuses: &'static [u16]) -> Self {
        self.reads = statuses;
        self
    }
}

/// The body of an answer that an endpoint reads.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Reply<'a> {
    /// The status: 200, or one of those that the request [reads](Request::reads).
    pub status: u16,
    /// The character set that the Content-Type names, where it does.
    pub charset: Option<&'a str>,
    /// When the answer arrived, where that is known: now, or when it was recorded.
    pub at: Option<Timestamp>,
    /// The bytes.
    pub body: &'a [u8],
}

impl<'a> Reply<'a> {
    /// An answer with status 200 and without a Content-Type.
    pub const fn new(body: &'a [u8]) -> Self {
        Self { status: 200, charset: None, at: None, body }
    }

    /// Sets the status.
    #[must_use]
    pub const fn status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    /// Sets the character set.
    #[must_use]
    pub const fn charset(mut self, charset: Option<&'a str>) -> Self {
        self.charset = charset;
        self
    }

    /// Sets when it arrived.
    #[must_use]
    pub const fn at(mut self, at: Option<Timestamp>) -> Self {
        self.at = at;
        self
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
            SourceError::decode(format!("expected {} text, got {}", encoding.name(), sample(self.body)))
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
    /// All the remaining requests. They may be sent at once, and are decoded in this order; none is followed by another.
    Pages(Vec<Request>),
}

impl Next {
    /// The pages after the first of a list of `total` rows in pages of `size`, by their numbers from 2.
    ///
    /// ```
    /// use finvista_core::{Next, Request};
    ///
    /// let page = |number: usize| Request::get(format!("https://vendor.example/list?page={number}"));
    /// assert_eq!(Next::pages(100, 100, page), Next::Done);
    /// assert_eq!(Next::pages(201, 100, page), Next::Pages(vec![page(2), page(3)]));
    /// ```
    pub fn pages(total: usize, size: usize, page: impl FnMut(usize) -> Request) -> Self {
        match total.div_ceil(size.max(1)) {
            0 | 1 => Self::Done,
            last => Self::Pages((2..=last).map(page).collect()),
        }
    }

    /// The batches after the first of a query for many symbols, which are asked for `size` at a time.
    pub fn batches<T>(items: &[T], size: usize, mut batch: impl FnMut(&[T]) -> Request) -> Self {
        let rest: Vec<Request> = items.chunks(size.max(1)).skip(1).map(&mut batch).collect();
        if rest.is_empty() { Self::Done } else { Self::Pages(rest) }
    }
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
    /// How many requests a query takes, as far as is known before the first answer; 0 for a query of another data set.
    fn requests(&self, cx: &EndpointContext, query: &Query) -> usize;
    /// Begins to answer a query.
    ///
    /// # Errors
    ///
    /// When the query is of another data set, or cannot be asked of this vendor.
    fn start<'a>(
        &'a self,
        cx: &EndpointContext,
        query: &'a Query,
    ) -> Result<(Request, Box<dyn Run + 'a>), SourceError>;
}

impl std::fmt::Debug for dyn DynEndpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Endpoint").field(&self.dataset().id).finish()
    }
}

/// One query under way: bytes in, a table out.
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
    /// See [`Build::finish`].
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

    fn requests(&self, cx: &EndpointContext, query: &Query) -> usize {
        typed::<E>(query).map_or(0, |selection| Endpoint::requests(self, cx, selection))
    }

    fn start<'a>(
        &'a self,
        cx: &EndpointContext,
        query: &'a Query,
    ) -> Result<(Request, Box<dyn Run + 'a>), SourceError> {
        let selection = typed::<E>(query).ok_or_else(|| {
            let (has, asked) = (E::Dataset::SPEC.id, query.dataset());
            SourceError::new(ErrorKind::Unsupported, format!("expected a query of {has}, got one of {asked}"))
        })?;
        let request = self.request(cx, selection)?;
        let builder = BuilderOf::<E>::new(selection, cx.now);
        Ok((request, Box::new(TypedRun { endpoint: self, selection, state: E::State::default(), builder })))
    }
}

/// The selection of a query of the endpoint's data set.
fn typed<E: Endpoint>(query: &Query) -> Option<&SelectionOf<E>> {
    SelectionOf::<E>::of(query.selection()).filter(|_| query.dataset().as_str() == E::Dataset::SPEC.id)
}

struct TypedRun<'a, E: Endpoint> {
    endpoint: &'a E,
    selection: &'a SelectionOf<E>,
    state: E::State,
    builder: BuilderOf<E>,
}

impl<E: Endpoint> Run for TypedRun<'_, E> {
    fn feed(&mut self, reply: &Reply<'_>) -> Result<Next, SourceError> {
        if let Some(at) = reply.at {
            self.builder.read_at(at);
        }
        self.endpoint.decode(self.selection, &mut self.state, reply, &mut self.builder)
    }

    fn finish(self: Box<Self>) -> Result<RecordBatch, SourceError> {
        self.builder.finish()
    }
}
