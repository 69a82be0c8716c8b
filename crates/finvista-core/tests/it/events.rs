//! Events as a stream.

use std::sync::Arc;

use finvista_core::breaker::State;
use finvista_core::dataset::Dataset;
use finvista_core::manager::{EventKind, Events, FailoverConfig};
use finvista_core::{ErrorKind, SourceError};
use futures_util::{FutureExt, StreamExt};

use crate::support::{HkDaily, Scripted, bars_query, manager_with, options};

fn failing() -> Arc<Scripted> {
    Arc::new(Scripted::new("a", HkDaily::SPEC, |_, _| (0, Err(SourceError::new(ErrorKind::Upstream, "503")))))
}

#[tokio::test]
async fn events_are_a_stream_that_ends_with_the_manager() {
    fn crosses_threads<T: Send + Sync + Unpin>(_: &T) {}
    let config = FailoverConfig { failure_threshold: 1, ..FailoverConfig::default() };
    let manager = manager_with(&[failing()], config);
    let mut events: Events = manager.events();
    crosses_threads(&events);
    // A future that is dropped before it is ready loses nothing.
    assert!(events.next().now_or_never().is_none());
    manager.fetch(&bars_query(&[]), &options()).await.unwrap_err();
    manager.reset(None, "a").unwrap();
    let opened = events.next().await.unwrap();
    assert_eq!(opened.sequence, 1);
    let EventKind::Transition { from, to, epoch, .. } = opened.what else { panic!("{opened:?}") };
    assert_eq!((from, to, epoch), (State::Closed, State::Open, 1));
    drop(manager);
    let rest: Vec<_> = StreamExt::collect(&mut events).await;
    assert!(matches!(rest.as_slice(), [event] if event.sequence == 2));
    assert!(events.next().await.is_none() && events.next().await.is_none());
}

#[tokio::test]
async fn a_subscriber_that_lags_behind_learns_how_much_it_missed() {
    let manager = manager_with(&[failing()], FailoverConfig::default());
    let mut events = manager.events();
    for _ in 0..1_030 {
        manager.reset(None, "a").unwrap();
    }
    let missed = events.next().await.unwrap();
    assert!(matches!(missed.what, EventKind::Missed(6)), "{missed:?}");
    assert_eq!((missed.sequence, events.next().await.unwrap().sequence), (0, 7));
}
