//! Many queries at once: a stream of answers, a bounded number of calls under way.

use std::collections::VecDeque;
use std::fmt;
use std::future::poll_fn;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use finvista_core::dataset::CnStockDaily;
use finvista_core::manager::{CallOptions, Error};
use finvista_core::{Adjust, DateRange, InvalidInput, Query, Table};
use futures_core::Stream;
use tokio::task::JoinSet;
use tracing::{Instrument, Span};

use crate::call::IntoDay;
use crate::client::FinVista;

/// Calls under way at once, where nothing else is said.
const CONCURRENCY: usize = 8;

/// Many queries on their way: a [`Stream`] of what was asked and its answer. `K` is how a query was asked: the text of a
/// symbol for [`FinVista::cn_stock_daily_many`], a [`Query`] for [`FinVista::fetch_many`].
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
/// Answers come in the order of their completion, so that one slow query holds up none of the others; each comes with what was
/// asked, and `collect` makes a map of them. Every query gives exactly one answer, and one that fails harms only itself: a
/// symbol that cannot be read is an answer with its error, and no request.
///
/// Nothing is asked before the first poll. A call begins when the stream is polled and a place is free; an answer keeps its
/// place until it is taken, so that at most [`concurrency`](Self::concurrency) tables wait here. The calls run as tasks of the
/// tokio runtime: on all its threads, and on while the caller works on an answer, for else the time of an attempt would run out
/// unseen and its source would be blamed. They share circuits and limits with all other calls of the client. Dropping the
/// stream cancels them, which blames nobody.
#[must_use = "a stream asks nothing until it is polled"]
pub struct Many<K, D = ()> {
    client: FinVista,
    waiting: VecDeque<(K, Result<Query, InvalidInput>)>,
    running: JoinSet<(K, Result<Table, Error>)>,
    options: CallOptions,
    concurrency: usize,
    total: usize,
    done: usize,
    progress: Option<Box<dyn FnMut(usize, usize) + Send>>,
    dataset: PhantomData<fn() -> D>,
}

impl<K: Send + Unpin + 'static, D> Many<K, D> {
    pub(crate) fn new(
        client: FinVista,
        asked: impl IntoIterator<Item = (K, Result<Query, InvalidInput>)>,
        options: CallOptions,
    ) -> Self {
        let waiting: VecDeque<_> = asked.into_iter().collect();
        Self {
            client,
            total: waiting.len(),
            waiting,
            running: JoinSet::new(),
            options,
            concurrency: CONCURRENCY,
            done: 0,
            progress: None,
            dataset: PhantomData,
        }
    }

    /// Asks this source and no other.
    pub fn source(mut self, name: impl Into<String>) -> Self {
        self.options.source = Some(name.into());
        self
    }

    /// Asks the sources even if a fresh answer is in the cache.
    pub fn fresh(mut self) -> Self {
        self.options.fresh = true;
        self
    }

    /// Asks no second source beside a slow one.
    pub fn no_hedge(mut self) -> Self {
        self.options.no_hedge = true;
        self
    }

    /// When every source fails, accepts an answer of at most this age, marked as stale in its provenance.
    pub fn stale_if_error(mut self, age: Duration) -> Self {
        self.options.stale_if_error = Some(age);
        self
    }

    /// The time of each call, over all sources, from its own beginning.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.options.deadline = Some(timeout);
        self
    }

    /// The most calls under way at once: by default 8. 0 is taken for 1.
    pub fn concurrency(mut self, calls: usize) -> Self {
        self.concurrency = calls.max(1);
        self
    }

    /// Tells this function how many answers were handed out so far, and of how many, right before each is.
    pub fn progress(mut self, tell: impl FnMut(usize, usize) + Send + 'static) -> Self {
        self.progress = Some(Box::new(tell));
        self
    }

    /// The next answer, or `None` after the last. It may be dropped at any await: no answer is lost.
    pub async fn next(&mut self) -> Option<(K, Result<Table, Error>)> {
        poll_fn(|cx| Pin::new(&mut *self).poll_next(cx)).await
    }

    /// What is over now: a mistake that waits, or a call that has ended. Until there is one, places are filled.
    fn poll_ended(&mut self, cx: &mut Context<'_>) -> Poll<Option<(K, Result<Table, Error>)>> {
        while self.running.len() < self.concurrency
            && let Some((key, query)) = self.waiting.pop_front()
        {
            match query {
                Ok(query) => self.begin(key, query),
                Err(mistake) => return Poll::Ready(Some((key, Err(mistake.into())))),
            }
        }
        match ready!(self.running.poll_join_next(cx)) {
            Some(Ok(ended)) => Poll::Ready(Some(ended)),
            Some(Err(failed)) => match failed.try_into_panic() {
                // The manager catches a source's panic, so this one is a bug, and no answer to hide it in.
                Ok(panic) => std::panic::resume_unwind(panic),
                // The runtime shuts down, and whoever polls goes with it.
                Err(_) => Poll::Ready(None),
            },
            None => Poll::Ready(None),
        }
    }

    fn begin(&mut self, key: K, query: Query) {
        let (client, options) = (self.client.clone(), self.options.clone());
        let call = async move {
            let result = client.fetch_with(&query, &options).await;
            (key, result)
        };
        self.running.spawn(call.instrument(Span::current()));
    }
}

impl Many<String, CnStockDaily> {
    /// The first day, inclusive. By default the first listing day.
    pub fn start(self, day: impl IntoDay) -> Self {
        let day = day.into_day();
        self.refine(|range, adjust| Ok((DateRange::new(Some(day.clone()?), range.end())?, adjust)))
    }

    /// The last day, inclusive. By default today.
    pub fn end(self, day: impl IntoDay) -> Self {
        let day = day.into_day();
        self.refine(|range, adjust| Ok((DateRange::new(range.start(), Some(day.clone()?))?, adjust)))
    }

    /// The adjustment of the prices. By default none.
    pub fn adjust(self, adjust: Adjust) -> Self {
        self.refine(|range, _| Ok((range, adjust)))
    }

    fn refine(
        mut self,
        change: impl Fn(DateRange, Adjust) -> Result<(DateRange, Adjust), InvalidInput>,
    ) -> Self {
        for (_, asked) in &mut self.waiting {
            if let Ok(Query::CnStockDaily(query)) = asked {
                match change(query.range, query.adjust) {
                    Ok((range, adjust)) => (query.range, query.adjust) = (range, adjust),
                    Err(mistake) => *asked = Err(mistake),
                }
            }
        }
        self
    }
}

impl<K: Send + Unpin + 'static, D> Stream for Many<K, D> {
    type Item = (K, Result<Table, Error>);

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let ended = ready!(self.poll_ended(cx));
        if ended.is_some() {
            self.done += 1;
            let (done, total) = (self.done, self.total);
            if let Some(tell) = &mut self.progress {
                tell(done, total);
            }
        }
        Poll::Ready(ended)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.total - self.done;
        (left, Some(left))
    }
}

impl<K, D> fmt::Debug for Many<K, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Many")
            .field("options", &self.options)
            .field("concurrency", &self.concurrency)
            .field("done", &self.done)
            .field("total", &self.total)
            .finish_non_exhaustive()
    }
}
