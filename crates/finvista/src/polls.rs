//! A call that is repeated.

use std::fmt;
use std::future::{Future, poll_fn};
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use finvista_core::dataset::Dataset;
use finvista_core::manager::{CallOptions, Error};
use finvista_core::{Query, Table};
use futures_core::Stream;
use tokio::time::{Interval, MissedTickBehavior, interval};

use crate::client::FinVista;

/// A stream of the answers to one call that is repeated: see [`Call::every`](crate::Call::every). Dropping it cancels the call
/// under way.
#[must_use = "a stream asks nothing until it is polled"]
pub struct Polls<D> {
    call: Option<(FinVista, Query, CallOptions)>,
    /// What is wrong with the call, returned once.
    mistake: Option<Error>,
    period: Duration,
    /// Made with the first poll, inside the runtime.
    ticks: Option<Interval>,
    running: Option<Running>,
    dataset: PhantomData<fn() -> D>,
}

type Running = Pin<Box<dyn Future<Output = Result<Table, Error>> + Send>>;

impl<D: Dataset> Polls<D> {
    pub(crate) fn new(call: Result<(FinVista, Query, CallOptions), Error>, period: Duration) -> Self {
        let (call, mistake) = match call {
            Ok((client, query, options)) => {
                // A poll wants the latest data, not a cached answer.
                (Some((client, query, CallOptions { fresh: true, ..options })), None)
            }
            Err(mistake) => (None, Some(mistake)),
        };
        let period = period.clamp(Duration::from_millis(1), Duration::from_secs(365 * 86_400));
        Self { call, mistake, period, ticks: None, running: None, dataset: PhantomData }
    }

    /// The next answer. It ends only after a call whose arguments are wrong, whose error comes first.
    pub async fn next(&mut self) -> Option<Result<Table<D>, Error>> {
        poll_fn(|cx| Pin::new(&mut *self).poll_next(cx)).await
    }
}

impl<D: Dataset> Stream for Polls<D> {
    type Item = Result<Table<D>, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        let Some((client, query, options)) = &this.call else {
            return Poll::Ready(this.mistake.take().map(Err));
        };
        if this.running.is_none() {
            let period = this.period;
            let ticks = this.ticks.get_or_insert_with(|| {
                let mut ticks = interval(period);
                ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
                ticks
            });
            ready!(ticks.poll_tick(cx));
        }
        let running = this.running.get_or_insert_with(|| {
            let (client, query, options) = (client.clone(), query.clone(), options.clone());
            Box::pin(async move { client.fetch_with(&query, &options).await })
        });
        let answer = ready!(running.as_mut().poll(cx));
        this.running = None;
        Poll::Ready(Some(answer.and_then(|table| Ok(table.typed()?))))
    }
}

impl<D: Dataset> fmt::Debug for Polls<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Polls")
            .field("dataset", &D::SPEC.id)
            .field("period", &self.period)
            .finish_non_exhaustive()
    }
}
