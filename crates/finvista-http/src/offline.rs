//! What stands in for the network in a program that is built without it: every request is refused.

use finvista_core::{ConfigError, ErrorKind, SourceError};

use crate::address::split;
use crate::config::HttpConfig;
use crate::exchange::{Received, Sent};

/// No connections.
#[derive(Debug)]
pub(crate) struct Live;

impl Live {
    /// No setting may be without effect in silence.
    pub(crate) fn new(config: &HttpConfig) -> Result<Self, ConfigError> {
        let set = [("gateway", config.gateway.is_some()), ("http_proxy", config.proxy.is_some())];
        match set.into_iter().find(|(_, set)| *set) {
            Some((key, _)) => {
                Err(ConfigError::new(key, "this program is built without finvista's feature http"))
            }
            None => Ok(Self),
        }
    }

    pub(crate) async fn send(&self, request: &Sent<'_>, _: usize) -> Result<Received, SourceError> {
        let peer = self.peer(request);
        let message =
            format!("{peer} cannot be asked: this program is built without finvista's feature http");
        Err(SourceError::new(ErrorKind::Transport, message).with_unreachable())
    }

    pub(crate) fn peer(&self, request: &Sent<'_>) -> String {
        split(request.url).map_or_else(|_| "the host".to_owned(), |(host, _)| host.to_owned())
    }
}
