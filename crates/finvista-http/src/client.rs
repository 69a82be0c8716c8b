//! The HTTP client of all vendors, over the network or from a recording.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use finvista_core::{Body, ConfigError, ErrorKind, Quota, SourceError, sample};
use jiff::Timestamp;
use jiff::civil::Date;

use crate::address::{charset, split};
use crate::config::{HttpConfig, HttpRates};
use crate::exchange::{Received, Sent};
use crate::limit::{HostLimit, Limits};
use crate::live::Live;
use crate::record::Recorder;
use crate::replay::Replay;

/// Sends the requests of every vendor within the limits of each host.
///
/// All sources of a program share one client and with it one connection pool. TLS is verified against Mozilla's roots.
/// Redirects are not followed: a vendor that redirects sends a client away from its data.
#[derive(Debug)]
pub struct HttpClient {
    transport: Transport,
    limits: Limits,
    /// Can be changed while calls run.
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

/// An answer, and what its status means.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) received: Received,
    /// When it arrived, by the wall clock of the call, or when it was recorded.
    pub(crate) at: Timestamp,
    /// The character set that the Content-Type names.
    pub(crate) charset: Option<String>,
    /// The error that the status stands for, unless the request accepts the status.
    pub(crate) refused: Option<SourceError>,
}

impl Answer {
    /// The answer, or the error that its status stands for.
    pub(crate) fn accepted(self) -> Result<Self, SourceError> {
        match self.refused {
            None => Ok(self),
            Some(error) => Err(error),
        }
    }

    /// What the endpoint reads.
    pub(crate) fn into_body(self) -> Body<Bytes> {
        let Received { status, body, .. } = self.received;
        Body { status, charset: self.charset, at: Some(self.at), bytes: body }
    }
}

impl HttpClient {
    /// A client with these settings.
    ///
    /// # Errors
    ///
    /// If the gateway or the proxy is not an origin, the folder to record into cannot be created, the folder to replay from
    /// does not hold a recording, or both record and replay are set.
    pub fn new(config: &HttpConfig) -> Result<Self, ConfigError> {
        let transport = match (&config.record, &config.replay) {
            (Some(_), Some(_)) => {
                return Err(ConfigError::new("replay", "expected one of record and replay, got both"));
            }
            (None, Some(dir)) => Transport::Replay(Replay::open(dir)?),
            (dir, None) => {
                Transport::Live(Live::new(config)?, dir.as_deref().map(Recorder::new).transpose()?)
            }
        };
        let rates = Mutex::new(Rates { now: HttpRates::default(), hosts: Vec::new() });
        Ok(Self { transport, limits: Limits::new(true), rates })
    }

    /// The rates in force.
    pub fn rates(&self) -> HttpRates {
        self.rates.lock().unwrap_or_else(PoisonError::into_inner).now.clone()
    }

    /// Changes the rates for all requests from now on. Interactive requests that are already waiting keep their slots.
    ///
    /// # Errors
    ///
    /// If `rates` names a vendor that has no source with this client, or a period is not between a millisecond and a day. Nothing
    /// changes then.
    pub fn set_rates(&self, rates: HttpRates) -> Result<(), ConfigError> {
        let mut known = self.rates.lock().unwrap_or_else(PoisonError::into_inner);
        let names: BTreeSet<&str> = known.hosts.iter().map(|(vendor, _)| *vendor).collect();
        if let Some(vendor) = rates.periods.keys().find(|vendor| !names.contains(vendor.as_str())) {
            let names: Vec<&str> = names.into_iter().collect();
            let why = format!("unknown vendor, expected one of {}", names.join(", "));
            return Err(ConfigError::new(format!("rate_limit.{vendor}"), why));
        }
        let (shortest, longest) = (Duration::from_millis(1), Duration::from_secs(86_400));
        if let Some((vendor, period)) =
            rates.periods.iter().find(|(_, period)| !(shortest..=longest).contains(period))
        {
            let why = format!(
                "expected a request every 0.001 to 86400 s, got one every {} s",
                period.as_secs_f64()
            );
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

    /// Whether limits are enforced. A replay needs none.
    pub(crate) fn is_limited(&self) -> bool {
        self.limits.are_on() && matches!(self.transport, Transport::Live(..))
    }

    /// An instant on the day of the recording, if one is replayed. Vendors' addresses may depend on it.
    pub(crate) fn now(&self) -> Option<Timestamp> {
        match &self.transport {
            Transport::Live(..) => None,
            Transport::Replay(replay) => Some(replay.now()),
        }
    }

    /// Sends a request and reads an answer of at most `max` bytes, whatever its status. The address was made for `today`.
    pub(crate) async fn get(&self, sent: &Sent<'_>, max: usize, today: Date) -> Result<Answer, SourceError> {
        let received = match &self.transport {
            Transport::Replay(replay) => replay.answer(sent, max)?,
            Transport::Live(live, None) => live.send(sent, max).await?,
            Transport::Live(live, Some(recorder)) => {
                let pending = recorder.begin(sent, today);
                let result = live.send(sent, max).await;
                pending.end(&result)?;
                result?
            }
        };
        let refused = (!sent.accepts(received.status)).then(|| refused(&self.peer(sent), &received));
        let charset = received.content_type.as_deref().and_then(charset);
        Ok(Answer { at: received.at, received, charset, refused })
    }

    /// The name of the answering side in messages.
    fn peer(&self, sent: &Sent<'_>) -> String {
        match &self.transport {
            Transport::Live(live, _) => live.peer(sent),
            Transport::Replay(_) => split(sent.url).map_or("the recording", |(host, _)| host).to_owned(),
        }
    }
}

/// The error that a refusing status stands for.
fn refused(peer: &str, received: &Received) -> SourceError {
    let message = format!("status {} from {peer}: {}", received.status, sample(&received.body));
    let kind = match received.status {
        429 => ErrorKind::RateLimited,
        // 456 is Sina's status for asking too fast: a ban of minutes.
        401 | 403 | 407 | 451 | 456 => ErrorKind::Blocked,
        _ => ErrorKind::Upstream,
    };
    let error = SourceError::new(kind, message);
    match received.retry_delay() {
        Some(delay) => error.with_retry_after(delay),
        None => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_cannot_record_and_replay() {
        let config =
            HttpConfig { record: Some("a".into()), replay: Some("b".into()), ..HttpConfig::default() };
        assert_eq!(HttpClient::new(&config).unwrap_err().key(), "replay");
    }
}
