//! The vendors' client for a source that is no [`Vendor`](finvista_core::Vendor) of this program: a plugin.

use std::sync::Arc;
use std::time::Duration;

use finvista_core::{Context, ErrorKind, Quota, SourceError};
use jiff::civil::Date;
use tokio::time::Instant;

use crate::address::{charset, retry_after, split};
use crate::client::HttpClient;
use crate::exchange::Sent;
use crate::limit::HostLimit;
use crate::telemetry;

/// One request of a guest.
#[derive(Debug, Clone)]
pub struct HttpAsk {
    /// The whole address, `https://…`, at one of the guest's hosts.
    pub url: String,
    /// Further headers.
    pub headers: Vec<(String, String)>,
    /// The most bytes that the answer may have.
    pub max_body: usize,
    /// How many requests to this host belong together, this one included. When they cannot all be sent in the time left, none is.
    pub pages: usize,
    /// The day that the address was made with, for a recording.
    pub today: Date,
    /// The call that the request serves: its time, in which the wait for the rate limit must fit, and who hears of that wait.
    pub cx: Context,
    /// When the source was asked.
    pub began: Instant,
}

/// What came back.
#[derive(Debug, Clone)]
pub struct HttpReply {
    /// The status.
    pub status: u16,
    /// The Content-Type, where there is one.
    pub content_type: Option<String>,
    /// The character set that it names, where it does.
    pub charset: Option<String>,
    /// The `Retry-After`, where there is one.
    pub retry_after: Option<Duration>,
    /// The body.
    pub body: Vec<u8>,
    /// What the status means, where it is not 200.
    pub refused: Option<SourceError>,
}

/// The way to the vendors' client for one guest: to the hosts that it names and in their limits, through gateway, proxy,
/// recorder and replay as for any vendor. Dropping the future of [`get`](Self::get) ends the request.
#[derive(Debug)]
pub struct HttpGuest {
    name: &'static str,
    hosts: Vec<(&'static str, Arc<HostLimit>)>,
    client: Arc<HttpClient>,
}

impl HttpGuest {
    /// A guest of this name, whose requests go to these hosts.
    pub fn new(client: Arc<HttpClient>, name: &'static str, hosts: &[&'static str], quota: Quota) -> Self {
        let hosts = hosts.iter().map(|&host| (host, client.limit(name, host, quota))).collect();
        Self { name, hosts, client }
    }

    /// The day that a recording was made, where one is replayed: addresses may depend on it.
    pub fn today(&self) -> Option<Date> {
        self.client.today()
    }

    /// How long the limits of one of its hosts would hold back the last of so many requests, if they were asked for now.
    pub fn wait(&self, host: &str, requests: usize) -> Duration {
        let limit = self.hosts.iter().find(|(own, _)| *own == host && self.client.is_limited());
        limit.map_or(Duration::ZERO, |(_, limit)| limit.wait(requests))
    }

    /// Sends a request when its host's limits let it pass, and reads the answer, whatever its status.
    ///
    /// # Errors
    ///
    /// [`Plugin`](ErrorKind::Plugin) for a host that is none of the guest's; [`Throttled`](ErrorKind::Throttled) where the limits
    /// leave no room in time; else why there was no answer.
    pub async fn get(&self, ask: &HttpAsk) -> Result<HttpReply, SourceError> {
        let (host, _) = split(&ask.url)?;
        let Some((_, limit)) = self.hosts.iter().find(|(own, _)| *own == host) else {
            let own: Vec<&str> = self.hosts.iter().map(|(own, _)| *own).collect();
            let message = format!("{host} is not among the hosts of {}: {}", self.name, own.join(", "));
            return Err(SourceError::new(ErrorKind::Plugin, message));
        };
        let asked = Instant::now();
        let _in_flight = match self.client.is_limited() {
            true => {
                let time_left = ask.cx.time.saturating_sub(ask.began.elapsed());
                if ask.pages > 1 {
                    limit.admits(ask.pages, time_left)?;
                }
                let hold_back = |wait| ask.cx.hold_back(ask.began.elapsed() + wait);
                Some(limit.pass(time_left, hold_back).await?)
            }
            false => None,
        };
        telemetry::request(host, asked.elapsed());
        let headers: Vec<(&str, &str)> = ask.headers.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        let sent = Sent { url: &ask.url, headers: &headers };
        let received = self.client.exchange(&sent, ask.max_body, ask.today).await?;
        let refused = self.client.refusal(&sent, &received);
        Ok(HttpReply {
            status: received.status,
            retry_after: received.retry_after.as_deref().and_then(|value| retry_after(value, received.at)),
            charset: received.content_type.as_deref().and_then(charset),
            content_type: received.content_type,
            body: received.body.into(),
            refused,
        })
    }
}
