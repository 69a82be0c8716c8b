//! Endpoints of vendors: two pure functions, request and decode. [`drive`](crate::drive()) runs them.

mod run;

use std::borrow::Cow;

use encoding_rs::Encoding;
use jiff::Timestamp;
use jiff::civil::Date;

use crate::capability::Capability;
use crate::dataset::Dataset;
use crate::error::{SourceError, sample};
use crate::venue::Zone;

pub use run::{DynEndpoint, Run};

/// A data set of a vendor: which queries it answers exactly, how to request them, and how to decode the answers. There is no
/// I/O, no hidden state, no clock and no retry: everything is decided from the arguments.
///
/// One endpoint type can serve several data sets with the same wire format: `impl<D: Dataset<Selection = Series>> Endpoint for Kline<D> where
/// D::Builder: BarSink`.
pub trait Endpoint: Send + Sync + 'static {
    /// The data set.
    type Dataset: Dataset;
    /// What to remember between the answers to one query.
    type State: Default + Send;

    /// The default priority among the sources of the data set; the lowest is asked first.
    fn priority(&self) -> i32;

    /// The queries that it answers exactly.
    fn capability(&self) -> Capability;

    /// The most bytes of one answer: 8 MiB by default, ten times the size of the longest history. A longer answer is not
    /// read to its end.
    fn max_body(&self) -> usize {
        MAX_BODY
    }

    /// How many requests a query takes, as far as is known before the first answer: one by default.
    fn requests(&self, cx: &EndpointContext, selection: &SelectionOf<Self>) -> usize {
        let _ = (cx, selection);
        1
    }

    /// The first request for a query.
    ///
    /// # Errors
    ///
    /// When the vendor cannot answer the query after all.
    fn request(&self, cx: &EndpointContext, selection: &SelectionOf<Self>) -> Result<Request, SourceError>;

    /// Decodes an answer into the builder and returns what to request next. Answers come in the order of the requests.
    ///
    /// # Errors
    ///
    /// When the answer reports an error, or does not have the expected form.
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

/// The longest recorded answer, 36 years of daily bars, has 0.65 MB.
const MAX_BODY: usize = 8 << 20;

/// What an endpoint knows besides the query.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct EndpointContext {
    /// The instant of the call, or of the recording in a replay.
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
    /// Headers that the vendor requires, such as a Referer.
    pub headers: Vec<(&'static str, &'static str)>,
    /// Statuses besides 200 whose body the endpoint decodes, if the vendor uses one to say "unknown".
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

    /// Passes answers with these statuses to the endpoint instead of treating them as failures.
    #[must_use]
    pub fn reads(mut self, statuses: &'static [u16]) -> Self {
        self.reads = statuses;
        self
    }
}

/// An answer, as an endpoint decodes it.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Reply<'a> {
    /// The status: 200, or one that the request [reads](Request::reads).
    pub status: u16,
    /// The character set of the Content-Type, if it names one.
    pub charset: Option<&'a str>,
    /// When the answer arrived or was recorded, if that is known.
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

    /// The body as text, in the character set that the answer names, or else in `default`.
    ///
    /// The encoding is never guessed from the bytes: a short Chinese name in GBK can be valid UTF-8 by accident.
    ///
    /// # Errors
    ///
    /// When the body is not valid in that character set.
    pub fn text(&self, default: &'static Encoding) -> Result<Cow<'a, str>, SourceError> {
        let encoding =
            self.charset.and_then(|label| Encoding::for_label(label.as_bytes())).unwrap_or(default);
        encoding.decode_without_bom_handling_and_without_replacement(self.body).ok_or_else(|| {
            SourceError::decode(format!("expected {} text, got {}", encoding.name(), sample(self.body)))
        })
    }
}

/// What to request after an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// Nothing: the table is complete.
    Done,
    /// One more request, which depends on this answer.
    Send(Request),
    /// All remaining requests. Several may be in flight at a time; the answers are decoded in this order, and each must be
    /// followed by [`Done`](Self::Done).
    Pages(Vec<Request>),
}

impl Next {
    /// The pages after the first, numbered from 2, of a list of `total` rows in pages of `size`.
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

    /// The batches after the first, of a query for many symbols in batches of `size`.
    pub fn batches<T>(items: &[T], size: usize, mut batch: impl FnMut(&[T]) -> Request) -> Self {
        let rest: Vec<Request> = items.chunks(size.max(1)).skip(1).map(&mut batch).collect();
        if rest.is_empty() { Self::Done } else { Self::Pages(rest) }
    }
}
