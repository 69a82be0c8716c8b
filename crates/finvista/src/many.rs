//! Many queries at once: a stream of answers, a bounded number of calls under way.

use std::collections::VecDeque;
use std::fmt;
use std::future::poll_fn;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use finvista_core::dataset::Dataset;
use finvista_core::manager::{CallOptions, Error, ManyPlan};
use finvista_core::{Any, InvalidInput, Query, Shape, Table};
use futures_core::Stream;
use tokio::task::JoinSet;
use tracing::{Instrument, Span};

use crate::client::{Async, Client, FinVista};
use crate::refine::refinements;

/// Calls under way at once, unless another number is set.
const CONCURRENCY: usize = 8;

/// Many queries: a [`Stream`] of what was asked and its answer. `K` is how a query was asked: the text of a symbol for
/// [`FinVista::cn_stock_daily_many`], a [`Query`] for [`FinVista::fetch_many`].
///
/// ```no_run
/// # async fn example() -> Result<(), finvista::Error> {
/// use finvista::{Adjust, FinVista};
///
/// let fv = FinVista::new()?;
/// let mut answers = fv
///     .cn_stock_daily_many(["000001", "600519", "no such thing"])
///     .start("2024-01-01")
///     .adjust(Adjust::Qfq)
///     .concurrency(4)
///     .progress(|done, total| eprintln!("{done} of {total}"));
/// while let Some((symbol, result)) = answers.next().await {
///     match result {
///         Ok(bars) => println!("{symbol}: {} bars from {}", bars.num_rows(), bars.source()),
///         Err(error) => eprintln!("{symbol}: {error}"),
///     }
/// }
/// # Ok(())
/// # }
/// ```
///
/// Answers come in the order of their completion, so one slow query holds up none of the others; each comes with what was asked,
/// and `collect` makes a map of them. Every query has exactly one answer, and a failure harms no other query: a symbol that
/// cannot be read is an answer with its error, and no request.
///
/// Nothing is asked before the first poll. A call begins when the stream is polled and a place is free; an answer keeps its place
/// until it is taken, so at most [`concurrency`](Self::concurrency) tables wait here. The calls run as tasks of the tokio runtime:
/// on all its threads, and on while the caller works on an answer. Otherwise the time of an attempt would run out unseen, and its
/// source would be blamed. They share circuits and limits with all other calls of the client. Dropping the stream cancels them and
/// blames no source.
#[must_use = "a stream asks nothing until it is polled"]
pub struct Many<K, D = Any, M = Async> {
    pub(crate) client: Client<M>,
    waiting: VecDeque<(K, Result<Query, InvalidInput>)>,
    running: JoinSet<(K, Result<Table, Error>)>,
    options: CallOptions,
    concurrency: usize,
    total: usize,
    done: usize,
    progress: Option<Box<dyn FnMut(usize, usize) + Send>>,
    typed: fn(Table) -> Result<Table<D>, Error>,
    dataset: PhantomData<fn() -> D>,
}

refinements!(Many[K][D]);

impl<K, M> Many<K, Any, M> {
    /// Queries of any data sets.
    pub(crate) fn untyped(
        client: Client<M>,
        asked: impl IntoIterator<Item = (K, Query)>,
        options: CallOptions,
    ) -> Self {
        Self::new(client, asked.into_iter().map(|(key, query)| (key, Ok(query))), options, Ok)
    }
}

impl<K, D: Dataset, M> Many<K, D, M> {
    /// Queries of one data set.
    pub(crate) fn of(
        client: Client<M>,
        asked: impl IntoIterator<Item = (K, Result<D::Selection, InvalidInput>)>,
    ) -> Self {
        let asked = asked.into_iter().map(|(key, selection)| (key, selection.map(Query::of::<D>)));
        Self::new(client, asked, CallOptions::default(), |table| Ok(table.typed()?))
    }

    fn select(&mut self, change: impl Fn(&mut D::Selection) -> Result<(), InvalidInput>) {
        for (_, asked) in &mut self.waiting {
            let Some(mut selection) =
                asked.as_ref().ok().and_then(|query| D::Selection::of(query.selection())).cloned()
            else {
                continue;
            };
            *asked = change(&mut selection).map(|()| Query::of::<D>(selection));
        }
    }
}

impl<K, D, M> Many<K, D, M> {
    fn new(
        client: Client<M>,
        asked: impl IntoIterator<Item = (K, Result<Query, InvalidInput>)>,
        options: CallOptions,
        typed: fn(Table) -> Result<Table<D>, Error>,
    ) -> Self {
        let waiting: VecDeque<_> = asked.into_iter().collect();
        let options = CallOptions { spread: true, ..options };
        Self {
            client,
            total: waiting.len(),
            waiting,
            running: JoinSet::new(),
            options,
            concurrency: CONCURRENCY,
            done: 0,
            progress: None,
            typed,
            dataset: PhantomData,
        }
    }

    /// Sets the most calls under way at once: by default 8. 0 counts as 1.
    pub fn concurrency(mut self, calls: usize) -> Self {
        self.concurrency = calls.max(1);
        self
    }

    /// Whether the calls are spread over the sources: one that our rate limit would hold back comes after one that is free, and
    /// priorities decide between equals. By default they are, unless a source is set or forced, or
    /// [`FailoverConfig::spread`](crate::FailoverConfig::spread) is off.
    pub fn spread(mut self, on: bool) -> Self {
        self.options.spread = on;
        self
    }

    /// How the calls would be spread over the sources now, and how long our rate limits make them take. Queries that cannot be
    /// read are left out. It sends nothing.
    ///
    /// ```
    /// # fn main() -> Result<(), finvista::Error> {
    /// let fv = finvista::FinVista::builder().environment([]).build()?;
    /// let plan = fv.cn_stock_daily_many(["000001", "600519", "300750"]).start("2026-11-02").explain()?;
    /// assert_eq!(plan.queries, 3);
    /// println!("{plan}");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// When the data set or the source asked for is unknown, or every source is disabled.
    pub fn explain(&self) -> Result<ManyPlan, Error> {
        let queries: Vec<Query> =
            self.waiting.iter().filter_map(|(_, query)| query.as_ref().ok().cloned()).collect();
        self.client.explain_many(&queries, &self.options)
    }

    /// Calls this function right before each answer is handed out, with the number of answers so far, and of queries.
    pub fn progress(mut self, report: impl FnMut(usize, usize) + Send + 'static) -> Self {
        self.progress = Some(Box::new(report));
        self
    }
}

impl<K: Send + Unpin + 'static, D> Many<K, D> {
    /// The next answer, or `None` after the last. It may be dropped at any await: no answer is lost.
    pub async fn next(&mut self) -> Option<(K, Result<Table<D>, Error>)> {
        poll_fn(|cx| Pin::new(&mut *self).poll_next(cx)).await
    }
}

type Answer<K, D> = (K, Result<Table<D>, Error>);

impl<K: Send + Unpin + 'static, D, M> Many<K, D, M> {
    /// The next answer of calls that run on this client.
    pub(crate) fn poll_answer(
        &mut self,
        client: &FinVista,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Answer<K, D>>> {
        let ended = ready!(self.poll_ended(client, cx));
        if ended.is_some() {
            self.done += 1;
            let (done, total) = (self.done, self.total);
            if let Some(report) = &mut self.progress {
                report(done, total);
            }
        }
        Poll::Ready(ended.map(|(key, answer)| (key, answer.and_then(self.typed))))
    }

    /// What has ended: a mistake that waits, or a call. Until there is one, free places are filled.
    fn poll_ended(
        &mut self,
        client: &FinVista,
        cx: &mut Context<'_>,
    ) -> Poll<Option<(K, Result<Table, Error>)>> {
        while self.running.len() < self.concurrency
            && let Some((key, query)) = self.waiting.pop_front()
        {
            match query {
                Ok(query) => self.begin(client.clone(), key, query),
                Err(mistake) => return Poll::Ready(Some((key, Err(mistake.into())))),
            }
        }
        match ready!(self.running.poll_join_next(cx)) {
            Some(Ok(ended)) => Poll::Ready(Some(ended)),
            Some(Err(failed)) => match failed.try_into_panic() {
                // The manager catches the panic of a source, so this one is a bug, and no answer to hide it in.
                Ok(panic) => std::panic::resume_unwind(panic),
                // The runtime shuts down, and the caller with it.
                Err(_) => Poll::Ready(None),
            },
            None => Poll::Ready(None),
        }
    }

    fn begin(&mut self, client: FinVista, key: K, query: Query) {
        let options = self.options.clone();
        let call = async move {
            let result = client.fetch_with(&query, &options).await;
            (key, result)
        };
        self.running.spawn(call.instrument(Span::current()));
    }

    fn left(&self) -> usize {
        self.total - self.done
    }
}

impl<K: Send + Unpin + 'static, D> Stream for Many<K, D> {
    type Item = (K, Result<Table<D>, Error>);

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let client = self.client.clone();
        self.poll_answer(&client, cx)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left(), Some(self.left()))
    }
}

impl<K, D, M> fmt::Debug for Many<K, D, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Many")
            .field("options", &self.options)
            .field("concurrency", &self.concurrency)
            .field("done", &self.done)
            .field("total", &self.total)
            .finish_non_exhaustive()
    }
}
