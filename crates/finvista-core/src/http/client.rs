//! The HTTP client of all vendors: over the network or from a recording, and the meaning of what comes.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use jiff::civil::Date;

use super::exchange::{Received, Sent};
use super::limit::{HostLimit, Limits};
use super::live::Live;
use super::record::Recorder;
use super::replay::Replay;
use crate::endpoint::{Reply, Request};
use crate::error::{ErrorKind, SourceError, sample};
use crate::manager::ConfigError;
use crate::quota::Quota;

/// The settings of the client.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HttpConfig {
    /// An origin, such as `http://127.0.0.1:8080`, to which every request goes: path and query unchanged, the vendor's host
    /// in `Host`. For a caching gateway, a recorder, or the simulator.
    pub gateway: Option<String>,
    /// A proxy, such as `http://127.0.0.1:3128`.
    pub proxy: Option<String>,
    /// Whether answers may come compressed. By default they may, but through a gateway, which is near: they are 2.7 times smaller,
    /// and inflating one takes twice the time of reading it, which pays on a line of less than 2 Gbit/s.
    pub gzip: Option<bool>,
    /// A folder into which every exchange is written.
    pub record: Option<PathBuf>,
    /// A folder of recorded exchanges, from which every request is answered in place of the network.
    pub replay: Option<PathBuf>,
}

/// Sends the requests of every vendor, in the limits of each host. One connection pool; TLS verified against Mozilla's roots;
/// redirects not followed, because a vendor that redirects sends a client away from its data.
#[derive(Debug)]
pub struct HttpClient {
    transport: Transport,
    limits: Limits,
    /// What may be changed while calls run.
    rates: Mutex<Rates>,
}

/// How often vendors are asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpRates {
    /// Whether the vendors' quotas are kept: by default they are.
    pub limited: bool,
    /// By vendor, the time between two requests to one of its hosts, in place of its quota's.
    pub periods: BTreeMap<String, Duration>,
}

impl Default for HttpRates {
    fn default() -> Self {
        Self { limited: true, periods: BTreeMap::new() }
    }
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
pub(super) struct Answer {
    charset: Option<String>,
    body: Bytes,
}

impl Answer {
    pub(super) fn reply(&self, step: u32) -> Reply<'_> {
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
    pub(super) fn limit(&self, vendor: &'static str, host: &'static str, quota: Quota) -> Arc<HostLimit> {
        let limit = self.limits.of(host, quota);
        let mut rates = self.rates.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(&period) = rates.now.periods.get(vendor) {
            limit.set_period(Some(period));
        }
        rates.hosts.push((vendor, Arc::clone(&limit)));
        limit
    }

    /// Whether the limits are kept. A recording bans nobody.
    pub(super) fn is_limited(&self) -> bool {
        self.limits.are_on() && matches!(self.transport, Transport::Live(..))
    }

    /// The day that a recording was made, where one is replayed: vendors' addresses may depend on it.
    pub(super) fn today(&self) -> Option<Date> {
        match &self.transport {
            Transport::Live(..) => None,
            Transport::Replay(replay) => Some(replay.today()),
        }
    }

    /// Sends a request and reads the whole answer, of at most so many bytes. The day is what the address was made with.
    pub(super) async fn get(
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
    pub(super) async fn exchange(
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
    pub(super) fn refusal(&self, sent: &Sent<'_>, received: &Received) -> Option<SourceError> {
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

/// `Retry-After`: seconds, or an HTTP date, which is zero where it is past. What is neither is ignored.
pub(super) fn retry_after(value: &str, now: Timestamp) -> Option<Duration> {
    let value = value.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = Timestamp::try_from(httpdate::parse_http_date(value).ok()?).ok()?;
    Some(Duration::try_from(date.duration_since(now)).unwrap_or(Duration::ZERO))
}

/// The host, and the path with the query, of a vendor's address.
pub(super) fn split(url: &str) -> Result<(&str, &str), SourceError> {
    let rest = url.split_once("://").map(|(_, rest)| rest);
    rest.and_then(|rest| rest.find('/').and_then(|slash| rest.split_at_checked(slash)))
        .ok_or_else(|| SourceError::new(ErrorKind::Plugin, format!("{url:?} is no address of a vendor")))
}

/// The character set that a Content-Type names.
pub(super) fn charset(content_type: &str) -> Option<String> {
    let (_, charset) = content_type.split(';').find_map(|part| {
        part.split_once('=').filter(|(name, _)| name.trim().eq_ignore_ascii_case("charset"))
    })?;
    Some(charset.trim().trim_matches('"').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_splits_into_host_and_path() {
        assert_eq!(split("https://hq.sinajs.cn/list=sh600519").unwrap(), ("hq.sinajs.cn", "/list=sh600519"));
        assert!(split("hq.sinajs.cn/list=").is_err());
        assert!(split("https://hq.sinajs.cn").is_err());
    }

    #[test]
    fn the_charset_is_read_from_the_content_type() {
        for (value, expected) in [
            ("application/javascript; charset=GB18030", Some("GB18030")),
            ("text/html; Charset=\"gbk\"", Some("gbk")),
            ("text/html", None),
        ] {
            assert_eq!(charset(value).as_deref(), expected);
        }
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now: Timestamp = "2024-06-28T08:00:00Z".parse().unwrap();
        for (value, seconds) in [
            ("120", Some(120)),
            (" 0 ", Some(0)),
            ("Fri, 28 Jun 2024 08:02:00 GMT", Some(120)),
            // The two obsolete forms that RFC 9110 wants to be read.
            ("Friday, 28-Jun-24 08:02:00 GMT", Some(120)),
            ("Fri Jun 28 08:02:00 2024", Some(120)),
            ("Thu, 27 Jun 2024 08:02:00 GMT", Some(0)),
            ("soon", None),
            ("-5", None),
            ("1.5", None),
            ("", None),
            ("Fri, 31 Feb 2024 08:02:00 GMT", None),
            ("99999999999999999999", None),
        ] {
            assert_eq!(retry_after(value, now), seconds.map(Duration::from_secs), "{value:?}");
        }
    }

    #[test]
    fn a_client_records_or_replays() {
        let config =
            HttpConfig { record: Some("a".into()), replay: Some("b".into()), ..HttpConfig::default() };
        assert_eq!(HttpClient::new(&config).unwrap_err().key(), "replay");
    }
}
