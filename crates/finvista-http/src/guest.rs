//! The way to the hosts of one source: the only place that sends a request. A vendor's [`HttpSource`](crate::HttpSource) is
//! built on it, and a plugin uses it directly.

use std::sync::Arc;
use std::time::Duration;

use finvista_core::{Context, ErrorKind, Quota, SourceError};
use jiff::Timestamp;
use jiff::civil::Date;
use tokio::time::Instant;

use crate::address::split;
use crate::client::{Answer, HttpClient};
use crate::exchange::Sent;
use crate::limit::HostLimit;
use crate::telemetry;

/// A request from outside this crate.
#[derive(Debug, Clone)]
pub struct HttpAsk {
    /// The whole address, `https://…`, at one of the guest's hosts.
    pub url: String,
    /// Headers beyond those that the client sends by itself.
    pub headers: Vec<(String, String)>,
    /// The statuses besides 200 whose body is an answer, as in [`Request::reads`](finvista_core::Request::reads).
    pub reads: Vec<u16>,
    /// The maximum length of the body in bytes.
    pub max_body: usize,
    /// How many requests to this host belong together, this one included. If they cannot all be sent in the time left, this
    /// one is not sent either.
    pub pages: usize,
    /// The day for which the address was made. A recording keeps it.
    pub today: Date,
    /// The call that the request serves: how much time it has, whether it is a sweep, and where to report that a rate limit
    /// held the request back.
    pub cx: Context,
    /// When the source was asked.
    pub began: Instant,
}

/// An answer, whatever its status.
#[derive(Debug, Clone)]
pub struct HttpReply {
    /// The HTTP status.
    pub status: u16,
    /// The Content-Type header.
    pub content_type: Option<String>,
    /// The character set that the Content-Type names.
    pub charset: Option<String>,
    /// The delay of the Retry-After header.
    pub retry_after: Option<Duration>,
    /// When the last byte arrived: now, by the wall clock of the call, or when it was recorded.
    pub at: Timestamp,
    /// The body.
    pub body: Vec<u8>,
    /// The error that the status stands for; `None` for 200 and for those that [`reads`](HttpAsk::reads) names.
    pub refused: Option<SourceError>,
}

/// Access to the client for one source: only to the source's own hosts and within their limits, through the same gateway,
/// proxy, recorder and replay as every other source. Dropping the future of [`get`](Self::get) cancels the request.
#[derive(Debug)]
pub struct HttpGuest {
    name: &'static str,
    hosts: Vec<(&'static str, Arc<HostLimit>)>,
    client: Arc<HttpClient>,
}

/// What all requests of one answer share.
#[derive(Debug)]
pub(crate) struct Trip<'a> {
    pub(crate) cx: &'a Context,
    /// When the source was asked.
    pub(crate) began: Instant,
    pub(crate) today: Date,
    pub(crate) max_body: usize,
}

impl HttpGuest {
    /// Access for the source `name` to these hosts, each within this quota.
    pub fn new(client: Arc<HttpClient>, name: &'static str, hosts: &[&'static str], quota: Quota) -> Self {
        let hosts = hosts.iter().map(|&host| (host, client.limit(name, host, quota))).collect();
        Self { name, hosts, client }
    }

    /// An instant on the day of the recording, if one is replayed. Addresses must be made for that day.
    pub fn now(&self) -> Option<Timestamp> {
        self.client.now()
    }

    /// How long the limits of a host would hold back the last of `requests` if they were sent now. For a sweep this is the
    /// minimum, because interactive requests go first.
    pub fn wait(&self, host: &str, requests: usize) -> Duration {
        match self.limit(host) {
            Ok(limit) if self.client.is_limited() => limit.wait(requests),
            _ => Duration::ZERO,
        }
    }

    /// Sends a request as soon as the limits of its host allow, and reads the answer, whatever its status.
    ///
    /// # Errors
    ///
    /// [`Plugin`](ErrorKind::Plugin) if the address is not at one of the guest's hosts, [`Throttled`](ErrorKind::Throttled)
    /// if the limits leave no room in time, or the reason why there was no answer.
    pub async fn get(&self, ask: &HttpAsk) -> Result<HttpReply, SourceError> {
        let headers: Vec<(&str, &str)> = ask.headers.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        let sent = Sent { url: &ask.url, headers: &headers, reads: &ask.reads };
        let trip = Trip { cx: &ask.cx, began: ask.began, today: ask.today, max_body: ask.max_body };
        let answer = self.send(&sent, ask.pages, &trip).await?;
        Ok(HttpReply {
            status: answer.received.status,
            retry_after: answer.received.retry_delay(),
            charset: answer.charset,
            content_type: answer.received.content_type,
            at: answer.at,
            body: answer.received.body.into(),
            refused: answer.refused,
        })
    }

    /// Sends a request that is the first of `pages`.
    pub(crate) async fn send(
        &self,
        sent: &Sent<'_>,
        pages: usize,
        trip: &Trip<'_>,
    ) -> Result<Answer, SourceError> {
        let (host, _) = split(sent.url)?;
        let limit = self.limit(host)?;
        let asked = Instant::now();
        let _in_flight = match self.client.is_limited() {
            true => {
                let left = trip.cx.time.saturating_sub(trip.began.elapsed());
                if pages > 1 {
                    limit.admits(pages, left)?;
                }
                let hold_back = |wait| trip.cx.hold_back(trip.began.elapsed() + wait);
                Some(if trip.cx.sweep {
                    limit.pass_sweep(left, hold_back).await?
                } else {
                    limit.pass(left, hold_back).await?
                })
            }
            false => None,
        };
        telemetry::request(host, asked.elapsed());
        let mut answer = self.client.get(sent, trip.max_body, trip.today).await?;
        if self.client.now().is_none() {
            answer.at = trip.cx.now.checked_add(trip.began.elapsed()).unwrap_or(answer.at);
        }
        Ok(answer)
    }

    fn limit(&self, host: &str) -> Result<&HostLimit, SourceError> {
        self.hosts.iter().find(|(own, _)| *own == host).map(|(_, limit)| &**limit).ok_or_else(|| {
            let own: Vec<&str> = self.hosts.iter().map(|(own, _)| *own).collect();
            let message = format!("{host} is not among the hosts of {}: {}", self.name, own.join(", "));
            SourceError::new(ErrorKind::Plugin, message)
        })
    }
}
