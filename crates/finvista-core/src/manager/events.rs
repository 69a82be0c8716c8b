//! Events: what the manager did by itself, for subscribers.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::stream::{self, Stream, StreamExt};
use jiff::Timestamp;
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;

use crate::breaker::State;
use crate::query::DatasetId;

/// Something that the manager did by itself.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Event {
    /// The number of the event, which increases by one; 0 for [`EventKind::Missed`].
    pub sequence: u64,
    /// When it happened.
    pub at: Timestamp,
    /// What happened.
    pub what: EventKind,
}

/// What happened.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum EventKind {
    /// A circuit changed its state or was reset.
    Transition {
        /// The data set.
        dataset: DatasetId,
        /// The source.
        source: String,
        /// The old state.
        from: State,
        /// The new state.
        to: State,
        /// The new epoch of the circuit, which orders its transitions even if the events arrive out of order.
        epoch: u64,
    },
    /// A call was answered by another source than the first.
    Failover {
        /// The data set.
        dataset: DatasetId,
        /// The sources that failed, in order.
        failed: Vec<String>,
        /// The source that answered.
        answered: String,
    },
    /// A slow source lost to a hedge: another source, asked in parallel, answered first.
    Hedged {
        /// The data set.
        dataset: DatasetId,
        /// The slow source.
        source: String,
        /// The source that answered.
        by: String,
    },
    /// A failure domain banned us, or a ban ended.
    Ban {
        /// The failure domain.
        domain: String,
        /// How long the ban lasts; `None` when it ended.
        time: Option<Duration>,
    },
    /// The number of events that this subscriber lost because it lagged behind.
    Missed(u64),
}

/// The events of a manager since the subscription: a [`Stream`] that ends when the manager is dropped.
pub struct Events(Pin<Box<dyn Stream<Item = Event> + Send + Sync>>);

impl Events {
    pub(super) fn new(receiver: broadcast::Receiver<Event>) -> Self {
        let next = async |mut receiver: broadcast::Receiver<Event>| {
            let event = match receiver.recv().await {
                Ok(event) => event,
                Err(RecvError::Lagged(missed)) => {
                    Event { sequence: 0, at: Timestamp::now(), what: EventKind::Missed(missed) }
                }
                Err(RecvError::Closed) => return None,
            };
            Some((event, receiver))
        };
        Self(Box::pin(stream::unfold(receiver, next).fuse()))
    }

    /// The next event; `None` once the manager is dropped. No event is lost if the future is dropped before it is ready.
    pub async fn next(&mut self) -> Option<Event> {
        self.0.next().await
    }
}

impl Stream for Events {
    type Item = Event;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Event>> {
        self.0.as_mut().poll_next(cx)
    }
}

impl fmt::Debug for Events {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Events").finish_non_exhaustive()
    }
}
