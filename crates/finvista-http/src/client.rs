//! The HTTP client of all vendors: over the network or from a recording, and the meaning of what comes.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use finvista_core::{ConfigError, ErrorKind, Quota, Reply, Request, SourceError, sample};
use jiff::civil::Date;

use crate::address::{charset, retry_after, split};
use crate::config::{HttpConfig, HttpRates};
use crate::exchange::{Received, Sent};
use crate::limit::{HostLimit, Limits};
use crate::live::Live;
use crate::record::Recorder;
use crate::replay::Replay;

/// Sends the requests of every vendor, in the limits of each host. One connection pool; TLS verified against Mozilla's roots;
/// redirects not followed, because a vendor that redirects sends a client away from its data.
#[derive(Debug)]
pub struct HttpClient {
    transport: Transport,
    limits: Limits,
    /// What may be changed while calls run.
    rates: Mutex<Rates>,
}

#[derive(Debug)]
struct Rates {
    now: HttpRates,
    /// The limits of every vendor's hosts.
    hosts: Vec<(&'static str, Arc<HostLimit>)>,
}

#[derive(Debug)]
enum Transport {
    Live(Live, Option<Recorder>),
    Replay(Replay),
}

/// An answer with status 200.
pub(crate) struct Answer {
    charset: Option<String>,
    body: Bytes,
}

impl Answer {
    pub(crate) fn reply(&self, step: u32) -> Reply<'_> {
        Reply { step, charset: self.charset.as_deref(), body: &self.body }
    }
}

impl HttpClient {
    /// A client with these settings.
    ///
    /// # Errors
    ///
    /// When the gateway or the proxy is not an origin; when the folder to record into cannot be made, or the folder to replay
    /// from is no recording.
    pub fn new(config: &HttpConfig) -> Result<Self, ConfigError> {
        let transport = match (&config.record, &config.replay) {
            (Some(_), Some(_)) => {
                return Err(ConfigError::new("replay", "record and replay at once: choose one of them"));
            }
            (None, Some(dir)) => Transport::Replay(Replay::open(dir)?),
            (dir, None) => {
                Transport::Live(Live::new(config)?, dir.as_deref().map(Recorder::new).transpose()?)
            }
        };
        let rates = Mutex::new(Rates { now: HttpRates::default(), hosts: Vec::new() });
        Ok(Self { transport, limits: Limits::new(true), rates })
    }

    /// How often vendors are asked at present.
    pub fn rates(&self) -> HttpRates {
        self.rates.lock().unwrap_or_else(PoisonError::into_inner).now.clone()
    }

    /// Changes how often vendors are asked, for every request from now on; one that waits already keeps its place.
    ///
    /// # Errors
    ///
    /// When a vendor is named that no source of this client asks; nothing is changed then.
    pub fn set_rates(&self, rates: HttpRates) -> Result<(), ConfigError> {
        let mut known = self.rates.lock().unwrap_or_else(PoisonError::into_inner);
        let names: BTreeSet<&str> = known.hosts.iter().map(|(vendor, _)| *vendor).collect();
        if let Some(vendor) = rates.periods.keys().find(|vendor| !names.contains(vendor.as_str())) {
            let names: Vec<&str> = names.into_iter().collect();
            let why = format!("no such vendor: there are {}", names.join(", "));
            return Err(ConfigError::new(format!("rate_limit.{vendor}"), why));
        }
        for (vendor, limit) in &known.hosts {
            limit.set_period(rates.periods.get(*vendor).copied());
        }
        self.limits.turn(rates.limited);
        known.now = rates;
        Ok(())
    }

    /// The limits of a vendor's host.
    pub(crate) fn limit(&self, vendor: &'static str, host: &'static str, quota: Quota) -> Arc<HostLimit> {
        let limit = self.limits.of(host, quota);
        let mut rates = self.rates.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(&period) = rates.now.periods.get(vendor) {
            limit.set_period(Some(period));
        }
        rates.hosts.push((vendor, Arc::clone(&limit)));
        limit
    }

    /// Whether the limits are kept. A recording bans nobody.
    pub(crate) fn is_limited(&self) -> bool {
        self.limits.are_on() && matches!(self.transport, Transport::Live(..))
    }

    /// The day that a recording was made, where one is replayed: vendors' addresses may depend on it.
    pub(crate) fn today(&self) -> Option<Date> {
        match &self.transport {
            Transport::Live(..) => None,
            Transport::Replay(replay) => Some(replay.today()),
        }
    }

    /// Sends a request and reads the whole answer, of at most so many bytes. The day is what the address was made with.
    pub(crate) async fn get(
        &self,
        request: &Request,
        most: usize,
        today: Date,
    ) -> Result<Answer, SourceError> {
        let sent = Sent::from(request);
        let received = self.exchange(&sent, most, today).await?;
        match self.refusal(&sent, &received) {
            Some(error) => Err(error),
            None => {
                let charset = received.content_type.as_deref().and_then(charset);
                Ok(Answer { charset, body: received.body })
            }
        }
    }

    /// Sends a request and reads the answer, whatever its status.
    pub(crate) async fn exchange(
        &self,
        sent: &Sent<'_>,
        most: usize,
        today: Date,
    ) -> Result<Received, SourceError> {
        match &self.transport {
            Transport::Replay(replay) => replay.answer(sent),
            Transport::Live(live, None) => live.send(sent, most).await,
            Transport::Live(live, Some(recorder)) => {
                let pending = recorder.begin(sent, today);
                let result = live.send(sent, most).await;
                pending.end(&result)?;
                result
            }
        }
    }

    /// What an answer means whose status is not 200.
    pub(crate) fn refusal(&self, sent: &Sent<'_>, received: &Received) -> Option<SourceError> {
        if received.status == 200 {
            return None;
        }
        let peer = match &self.transport {
            Transport::Live(live, _) => live.peer(sent),
            Transport::Replay(_) => split(sent.url).map_or("the recording", |(host, _)| host).to_owned(),
        };
        Some(refused(&peer, received))
    }
}

/// What a status other than 200 means.
fn refused(peer: &str, received: &Received) -> SourceError {
    let message = format!("status {} from {peer}: {}", received.status, sample(&received.body));
    let kind = match received.status {
        429 => ErrorKind::RateLimited,
        // 456 is Sina's own "you ask too fast", a ban of minutes.
        401 | 403 | 407 | 451 | 456 => ErrorKind::Blocked,
        _ => ErrorKind::Upstream,
    };
    let error = SourceError::new(kind, message);
    match received.retry_after.as_deref().and_then(|value| retry_after(value, received.at)) {
        Some(delay) => error.with_retry_after(delay),
        None => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_records_or_replays() {
        let config =
            HttpConfig { record: Some("a".into()), replay: Some("b".into()), ..HttpConfig::default() };
        assert_eq!(HttpClient::new(&config).unwrap_err().key(), "replay");
    }
}
