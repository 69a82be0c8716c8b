//! What sends the requests of plugins.

use std::fmt::Debug;
use std::time::Duration;

use async_trait::async_trait;
use finvista_core::{Quota, SourceError};
use finvista_http::{HttpAsk, HttpGuest, HttpReply};
use jiff::Timestamp;

/// Sends the requests of a plugin. [`HttpGuest`] does, with the client of all vendors.
#[async_trait]
pub trait Http: Debug + Send + Sync {
    /// An instant on the day of the recording, where one is replayed.
    fn now(&self) -> Option<Timestamp>;

    /// How long its limits would hold back the last of this number of requests to a host, if they were sent now.
    fn wait(&self, host: &str, requests: usize) -> Duration;

    /// Sends a request and reads the answer, whatever its status. Dropping the future ends the request.
    ///
    /// # Errors
    ///
    /// Why there was no answer.
    async fn get(&self, ask: &HttpAsk) -> Result<HttpReply, SourceError>;
}

#[async_trait]
impl Http for HttpGuest {
    fn now(&self) -> Option<Timestamp> {
        Self::now(self)
    }

    fn wait(&self, host: &str, requests: usize) -> Duration {
        Self::wait(self, host, requests)
    }

    async fn get(&self, ask: &HttpAsk) -> Result<HttpReply, SourceError> {
        Self::get(self, ask).await
    }
}

/// What a plugin needs for its requests, for the program that makes the [`Http`].
#[derive(Debug, Clone, Copy)]
pub struct HttpNeeds<'a> {
    /// The name of the source.
    pub name: &'static str,
    /// The hosts that it asks.
    pub hosts: &'a [&'static str],
    /// How often it asks each.
    pub quota: Quota,
}
