#![cfg(test)]
//! What "not found" means beyond the vectors.

use std::sync::Arc;

use finvista::{CallOptions, Error, ErrorKind, FailoverConfig, Query};
use finvista_core::manager::Manager;

use crate::scripted::{Act, Scripted};

fn query() -> Query {
    crate::support::ping_an()
}

/// The sources that `max_attempts` allows do not know the symbol; the one left over might.
#[tokio::test(start_paused = true)]
async fn not_found_is_conclusive_only_if_every_source_was_asked() {
    for (most, conclusive) in [(None, true), (Some(2), true), (Some(1), false)] {
        let mut registry = crate::support::registry();
        for (priority, name) in (0..).zip(["a", "b"]) {
            let source = Scripted::new(name, priority, |_| Act::Fail(ErrorKind::NotFound));
            registry.add_source(Arc::new(source)).unwrap();
        }
        let config = FailoverConfig { max_attempts: most, ..FailoverConfig::default() };
        let manager = Manager::new(registry, config).unwrap();
        let error = manager.fetch(&query(), &CallOptions::default()).await.unwrap_err();
        assert!(matches!(&error, Error::NotFound(e) if e.conclusive() == conclusive), "{most:?}: {error}");
    }
}
