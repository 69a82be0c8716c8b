//! Sending over the network, and what each failure on the way means.

use std::str::FromStr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use finvista_core::{ConfigError, ErrorKind, SourceError};
use jiff::Timestamp;
use reqwest::header::{CONTENT_TYPE, HOST, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use reqwest::redirect::Policy;
use reqwest::{Response, Url};

use crate::address::split;
use crate::body::Body;
use crate::cause::{chain, closed_without_answer, is_of_the_connection};
use crate::config::HttpConfig;
use crate::exchange::{Received, Sent};
use crate::gateway::Gateway;
use crate::proxy::Proxy;

/// The connections to all hosts.
#[derive(Debug)]
pub(crate) struct Live {
    client: reqwest::Client,
    gateway: Option<Gateway>,
    /// The proxy, for messages.
    proxy: Option<String>,
    /// The last address. Polling repeats the same 7 kB of codes, and comparing them is faster than parsing them.
    last: Mutex<Option<Url>>,
}

/// A host that has not accepted the connection by then is unreachable.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// The body of a refusal only illustrates the status, so it is not worth a long wait.
const REFUSAL_TIMEOUT: Duration = Duration::from_secs(1);

/// Begins as a browser's, because vendors turn away the names of some libraries.
const USER_AGENT: &str = concat!("Mozilla/5.0 (compatible; finvista/", env!("CARGO_PKG_VERSION"), ")");

impl Live {
    pub(crate) fn new(config: &HttpConfig) -> Result<Self, ConfigError> {
        let mut builder = reqwest::Client::builder()
            .user_agent(USER_AGENT)
            .connect_timeout(CONNECT_TIMEOUT)
            .redirect(Policy::none())
            .no_proxy()
            .gzip(config.gzip.unwrap_or_else(|| config.gateway.is_none()))
            .tls_backend_preconfigured(tls()?);
        let proxy = Proxy::of(config)?;
        let through_proxy = proxy.as_ref().map(|proxy| proxy.shown.clone());
        if let Some(Proxy { proxy, .. }) = proxy {
            builder = builder.proxy(proxy);
        }
        let client = builder.build().map_err(|e| ConfigError::new("http", chain(&e)))?;
        let gateway = config.gateway.as_deref().map(Gateway::new).transpose()?;
        Ok(Self { client, gateway, proxy: through_proxy, last: Mutex::default() })
    }

    /// Sends a request and reads an answer of at max `max` bytes.
    pub(crate) async fn send(&self, request: &Sent<'_>, max: usize) -> Result<Received, SourceError> {
        let mut headers = HeaderMap::new();
        for (name, value) in request.headers {
            let wrong =
                || SourceError::new(ErrorKind::Plugin, format!("expected a header, got {name}: {value:?}"));
            let name = HeaderName::try_from(*name).map_err(|_| wrong())?;
            headers.insert(name, HeaderValue::from_str(value).map_err(|_| wrong())?);
        }
        let url = match &self.gateway {
            None => request.url.to_owned(),
            Some(gateway) => {
                let (host, path) = split(request.url)?;
                let host = HeaderValue::from_str(host).map_err(|_| {
                    SourceError::new(ErrorKind::Plugin, format!("expected a host, got {host:?}"))
                })?;
                headers.insert(HOST, host);
                format!("{}{path}", gateway.origin)
            }
        };
        let url = self.address(&url).map_err(|e| {
            // The address itself is left out: it may contain a secret.
            SourceError::new(ErrorKind::Plugin, format!("invalid address at {}: {e}", self.peer(request)))
        })?;
        let response =
            self.client.get(url).headers(headers).send().await.map_err(|e| self.unsent(request, e))?;
        let status = response.status();
        let [content_type, retry_after] = [CONTENT_TYPE, RETRY_AFTER].map(|name| {
            response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
        });
        let mut body = Body::default();
        let reading = self.read(request, response, max, &mut body);
        if request.accepts(status.as_u16()) {
            reading.await?;
        } else {
            // Whatever becomes of the body, the status decides.
            let _illustrated = tokio::time::timeout(REFUSAL_TIMEOUT, reading).await;
        }
        let body = body.into_bytes();
        Ok(Received { status: status.as_u16(), content_type, retry_after, at: Timestamp::now(), body })
    }

    /// Parses an address unless it is the last one.
    fn address(&self, text: &str) -> Result<Url, <Url as FromStr>::Err> {
        let last = || self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(url) = last().as_ref().filter(|url| url.as_str() == text) {
            return Ok(url.clone());
        }
        let url = Url::parse(text)?;
        *last() = Some(url.clone());
        Ok(url)
    }

    /// Reads a body and stops as soon as it exceeds `max` bytes.
    async fn read(
        &self,
        request: &Sent<'_>,
        mut response: Response,
        max: usize,
        body: &mut Body,
    ) -> Result<(), SourceError> {
        let too_long = || {
            let peer = self.peer(request);
            SourceError::decode(format!("the answer of {peer} is longer than the limit of {max} bytes"))
        };
        let announced = match response.content_length() {
            Some(length) => {
                usize::try_from(length).ok().filter(|length| *length <= max).ok_or_else(too_long)?
            }
            None => 0,
        };
        while let Some(chunk) = response.chunk().await.map_err(|e| self.cut(request, &e))? {
            if chunk.len() > max.saturating_sub(body.len()) {
                return Err(too_long());
            }
            body.push(chunk, announced);
        }
        Ok(())
    }

    /// The error for a request without any answer.
    fn unsent(&self, request: &Sent<'_>, error: reqwest::Error) -> SourceError {
        let peer = self.peer(request);
        let (kind, message) = if error.is_timeout() {
            (ErrorKind::Timeout, format!("no connection in time to {peer}"))
        } else if error.is_connect() {
            (ErrorKind::Transport, format!("no connection to {peer}: {}", chain(&error)))
        } else if closed_without_answer(&error) {
            // East Money bans an address by closing its connections without a byte.
            (ErrorKind::Blocked, format!("{peer} closed the connection without an answer"))
        } else {
            (ErrorKind::Transport, format!("no answer from {peer}: {}", chain(&error)))
        };
        let unreachable = error.is_connect();
        let error = SourceError::new(kind, message).with_cause(error.without_url());
        if unreachable { error.with_unreachable() } else { error }
    }

    /// The error for an answer that broke off.
    fn cut(&self, request: &Sent<'_>, error: &reqwest::Error) -> SourceError {
        let (peer, why) = (self.peer(request), chain(error));
        if error.is_decode() && !is_of_the_connection(error) {
            return SourceError::decode(format!("the answer of {peer} is not valid gzip: {why}"));
        }
        let kind = if error.is_timeout() { ErrorKind::Timeout } else { ErrorKind::Transport };
        SourceError::new(kind, format!("the answer of {peer} broke off: {why}"))
    }

    /// The answering side in messages: the vendor's host, and the gateway or proxy on the way.
    pub(crate) fn peer(&self, request: &Sent<'_>) -> String {
        let host = split(request.url).map_or("the vendor", |(host, _)| host);
        match self.gateway.as_ref().map(|gateway| &gateway.shown).or(self.proxy.as_ref()) {
            Some(way) => format!("{host} (through {way})"),
            None => host.to_owned(),
        }
    }
}

/// TLS with ring, which needs only a C compiler to build, and Mozilla's roots, which need no files.
fn tls() -> Result<rustls::ClientConfig, ConfigError> {
    let roots = rustls::RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.into() };
    let provider = rustls::crypto::ring::default_provider();
    let config = rustls::ClientConfig::builder_with_provider(provider.into())
        .with_safe_default_protocol_versions()
        .map_err(|e| ConfigError::new("tls", e.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(config)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repeated_address_is_still_the_right_one() {
        let live = Live::new(&HttpConfig::default()).unwrap();
        let [one, other] = ["https://hq.sinajs.cn/list=sh600519", "https://hq.sinajs.cn/list=sz000001"];
        for text in [one, one, other, one, "https://qt.gtimg.cn/q=a b"] {
            assert_eq!(live.address(text).unwrap(), Url::parse(text).unwrap());
        }
        assert!(live.address("https://hq.sinajs.cn:99999/").is_err());
        assert_eq!(live.address(one).unwrap().as_str(), one);
    }

    #[test]
    fn debug_shows_no_password() {
        let [gateway, proxy] =
            ["gateway", "proxy"].map(|host| Some(format!("http://me:hunter2@{host}:8080")));
        let live = Live::new(&HttpConfig { gateway, proxy, ..HttpConfig::default() }).unwrap();
        let shown = format!("{live:?}");
        assert!(!shown.contains("hunter2"), "{shown}");
    }

    #[tokio::test]
    async fn an_invalid_address_is_not_shown() {
        let live = Live::new(&HttpConfig::default()).unwrap();
        let request = Sent { url: "https://hq.sinajs.cn:99999/?token=secret", headers: &[], reads: &[] };
        let error = live.send(&request, 1_000).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Plugin);
        assert!(error.message().contains("invalid port number"), "{error}");
        assert!(!error.message().contains("secret"), "{error}");
    }
}
