#![cfg(test)]
//! A source in memory that does what a test says: it answers, fails, panics, waits, or returns what it must not.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;
use std::time::Duration;

use finvista::raw::dataset::{Bar, BarSink, Build, Dataset};
use finvista::raw::{Capability, Context, DataSource, Offer, Series, Shape, SourceInfo, async_trait};
use finvista::{CnStockDaily, DatasetId, ErrorKind, Query, RecordBatch, SourceError};
use jiff::civil::date;

/// What a [`Scripted`] source does with one call.
#[derive(Debug, Clone)]
pub(crate) enum Act {
    /// Answers with [`bars`].
    Answer,
    /// Answers with this table.
    Return(RecordBatch),
    /// Fails in this way.
    Fail(ErrorKind),
    /// Fails to connect.
    Unreachable,
    /// Panics.
    Panic,
    /// Is polled so often before it goes on.
    Polls(usize, Box<Self>),
    /// Takes so long before it goes on.
    After(Duration, Box<Self>),
    /// Is held back for so long by a limit of our own, and then goes on.
    HeldBack(Duration, Box<Self>),
}

/// A source of daily bars.
pub(crate) struct Scripted {
    info: SourceInfo,
    capability: Capability,
    act: Box<dyn Fn(usize) -> Act + Send + Sync>,
    calls: AtomicUsize,
}

impl std::fmt::Debug for Scripted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Scripted").field(&self.info.name).finish()
    }
}

impl Scripted {
    /// A source with this name and priority. `act` gets the number of earlier calls.
    pub(crate) fn new(name: &str, priority: i32, act: impl Fn(usize) -> Act + Send + Sync + 'static) -> Self {
        let info = SourceInfo {
            name: name.to_owned(),
            title: String::new(),
            version: String::new(),
            origin: "custom".to_owned(),
            failure_domain: name.to_owned(),
            offers: vec![Offer { dataset: CnStockDaily::SPEC.id(), priority }],
        };
        Self { info, capability: Capability::any(), act: Box::new(act), calls: AtomicUsize::new(0) }
    }

    /// The same source, offering something else.
    pub(crate) fn offering(mut self, offers: Vec<Offer>) -> Self {
        self.info.offers = offers;
        self
    }

    pub(crate) fn calls(&self) -> usize {
        self.calls.load(Ordering::Relaxed)
    }
}

#[async_trait]
impl DataSource for Scripted {
    fn info(&self) -> &SourceInfo {
        &self.info
    }

    fn capability(&self, dataset: &DatasetId) -> Option<&Capability> {
        (*dataset == CnStockDaily::SPEC.id()).then_some(&self.capability)
    }

    async fn fetch(&self, cx: &Context, query: &Query) -> Result<RecordBatch, SourceError> {
        let mut act = (self.act)(self.calls.fetch_add(1, Ordering::Relaxed));
        loop {
            act = match act {
                Act::Answer => return Ok(table(query, &bars())),
                Act::Return(batch) => return Ok(batch),
                Act::Fail(kind) => return Err(SourceError::new(kind, "scripted")),
                Act::Unreachable => {
                    return Err(SourceError::new(ErrorKind::Transport, "no connection").with_unreachable());
                }
                Act::Panic => panic!("{} lost its way", self.info.name),
                Act::Polls(polls, then) => {
                    for _ in 0..polls {
                        once_pending().await;
                    }
                    *then
                }
                Act::HeldBack(time, then) => {
                    cx.hold_back(time);
                    Act::After(time, then)
                }
                Act::After(time, then) => {
                    tokio::time::sleep(time).await;
                    *then
                }
            }
        }
    }
}

/// Pending once, with an immediate wake-up. It needs no runtime, so a test may poll it by hand.
fn once_pending() -> impl Future<Output = ()> {
    let mut polled = false;
    std::future::poll_fn(move |cx| {
        if std::mem::replace(&mut polled, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
}

/// Three days of a share.
pub(crate) fn bars() -> Vec<Bar> {
    let bar = |day, close: f64| Bar {
        amount: Some(close * 1e6),
        ..Bar::new(date(2024, 6, day), close - 0.25, close + 0.5, close - 0.5, close, 1_000_000)
    };
    vec![bar(26, 33.75), bar(27, 34.0), bar(28, 34.25)]
}

/// A table of daily bars as a source of good will makes it.
pub(crate) fn table(query: &Query, bars: &[Bar]) -> RecordBatch {
    let series = Series::of(query.selection()).unwrap();
    let mut builder = <CnStockDaily as Dataset>::Builder::new(series, crate::support::now());
    bars.iter().for_each(|bar| builder.bar(*bar));
    builder.finish().unwrap()
}
