//! Sending over the network, and the meaning of what goes wrong on the way.

use std::str::FromStr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use finvista_core::{ConfigError, ErrorKind, SourceError};
use jiff::Timestamp;
use reqwest::header::{CONTENT_TYPE, HOST, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use reqwest::redirect::Policy;
use reqwest::{Response, StatusCode, Url};

use crate::address::split;
use crate::config::HttpConfig;
use crate::exchange::{Received, Sent};

/// One connection pool; TLS verified against Mozilla's roots; redirects not followed, because a vendor that redirects sends a
/// client away from its data.
#[derive(Debug)]
pub(crate) struct Live {
    client: reqwest::Client,
    gateway: Option<Gateway>,
    /// The last address. Whoever polls asks for the same 7 kB of codes again, and reading them takes longer than to compare.
    last: Mutex<Option<Url>>,
}

/// A body as it comes. One that comes in one piece is kept as it is, and the pieces of another are put together: as long as a
/// piece is kept, hyper needs a new buffer for the next.
#[derive(Debug, Default)]
struct Body {
    whole: Bytes,
    pieces: Vec<u8>,
}

impl Body {
    fn len(&self) -> usize {
        self.whole.len() + self.pieces.len()
    }

    /// Appends a piece of a body of which so many bytes were announced.
    fn push(&mut self, piece: Bytes, announced: usize) {
        if self.len() == 0 && piece.len() == announced {
            self.whole = piece;
            return;
        }
        if self.pieces.is_empty() {
            self.pieces.reserve_exact(announced);
        }
        self.pieces.extend_from_slice(&piece);
    }

    fn into_bytes(self) -> Bytes {
        if self.pieces.is_empty() { self.whole } else { self.pieces.into() }
    }
}

/// Where requests go in place of the vendors.
#[derive(Debug)]
struct Gateway {
    /// The origin without a trailing slash.
    origin: String,
    /// The same without user and password, for messages.
    shown: String,
}

/// Connecting takes longer than this only when nobody is there.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Where the status is a refusal the body only illustrates it, so nobody waits long for it.
const REFUSAL_TIMEOUT: Duration = Duration::from_secs(1);

/// Vendors turn away some libraries' names, so the name begins as a browser's does.
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
        if let Some(proxy) = &config.proxy {
            let proxy = reqwest::Proxy::all(proxy)
                .map_err(|e| ConfigError::new("http_proxy", format!("no proxy: {}", chain(&e))))?;
            builder = builder.proxy(proxy);
        }
        let client = builder.build().map_err(|e| ConfigError::new("http", chain(&e)))?;
        let gateway = config.gateway.as_deref().map(origin).transpose()?;
        Ok(Self { client, gateway, last: Mutex::default() })
    }

    /// Sends a request and reads the answer, of at most so many bytes.
    pub(crate) async fn send(&self, request: &Sent<'_>, most: usize) -> Result<Received, SourceError> {
        let mut headers = HeaderMap::new();
        for (name, value) in request.headers {
            let wrong = || SourceError::new(ErrorKind::Plugin, format!("{name}: {value:?} is no header"));
            let name = HeaderName::try_from(*name).map_err(|_| wrong())?;
            headers.insert(name, HeaderValue::from_str(value).map_err(|_| wrong())?);
        }
        let url = match &self.gateway {
            None => request.url.to_owned(),
            Some(gateway) => {
                let (host, path) = split(request.url)?;
                let host = HeaderValue::from_str(host)
                    .map_err(|_| SourceError::new(ErrorKind::Plugin, format!("{host:?} is no host")))?;
                headers.insert(HOST, host);
                format!("{}{path}", gateway.origin)
            }
        };
        let url = self.address(&url).map_err(|e| {
            // The address itself may hold a secret.
            SourceError::new(ErrorKind::Plugin, format!("no address at {}: {e}", self.peer(request)))
        })?;
        let response =
            self.client.get(url).headers(headers).send().await.map_err(|e| self.unsent(request, e))?;
        let status = response.status();
        let [content_type, retry_after] = [CONTENT_TYPE, RETRY_AFTER].map(|name| {
            response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
        });
        let mut body = Body::default();
        let reading = self.read(request, response, most, &mut body);
        if status == StatusCode::OK {
            reading.await?;
        } else {
            // Whether its body came, broke off or is too long: the status has said it all.
            let _illustrated = tokio::time::timeout(REFUSAL_TIMEOUT, reading).await;
        }
        let body = body.into_bytes();
        Ok(Received { status: status.as_u16(), content_type, retry_after, at: Timestamp::now(), body })
    }

    /// Reads an address, if it is not the last one.
    fn address(&self, text: &str) -> Result<Url, <Url as FromStr>::Err> {
        let last = || self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(url) = last().as_ref().filter(|url| url.as_str() == text) {
            return Ok(url.clone());
        }
        let url = Url::parse(text)?;
        *last() = Some(url.clone());
        Ok(url)
    }

    /// Reads a body, and stops where it gets longer than it may be.
    async fn read(
        &self,
        request: &Sent<'_>,
        mut response: Response,
        most: usize,
        body: &mut Body,
    ) -> Result<(), SourceError> {
        let too_long = || {
            let peer = self.peer(request);
            SourceError::decode(format!(
                "the answer of {peer} has more than the {most} bytes that it may have"
            ))
        };
        let announced = match response.content_length() {
            Some(length) => {
                usize::try_from(length).ok().filter(|length| *length <= most).ok_or_else(too_long)?
            }
            None => 0,
        };
        while let Some(chunk) = response.chunk().await.map_err(|e| self.cut(request, &e))? {
            if chunk.len() > most.saturating_sub(body.len()) {
                return Err(too_long());
            }
            body.push(chunk, announced);
        }
        Ok(())
    }

    /// What it means that no answer began.
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

    /// What it means that an answer broke off.
    fn cut(&self, request: &Sent<'_>, error: &reqwest::Error) -> SourceError {
        let (peer, why) = (self.peer(request), chain(error));
        if error.is_decode() && !is_of_the_connection(error) {
            return SourceError::decode(format!("the answer of {peer} is no gzip: {why}"));
        }
        let kind = if error.is_timeout() { ErrorKind::Timeout } else { ErrorKind::Transport };
        SourceError::new(kind, format!("the answer of {peer} broke off: {why}"))
    }

    /// Who is asked, for messages: the vendor's host, and the gateway where there is one.
    pub(crate) fn peer(&self, request: &Sent<'_>) -> String {
        let host = split(request.url).map_or("the vendor", |(host, _)| host);
        match &self.gateway {
            Some(gateway) => format!("{host} (through {})", gateway.shown),
            None => host.to_owned(),
        }
    }
}

/// TLS with the ring provider, which needs nothing but a C compiler, and Mozilla's roots, which need no files.
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

/// A gateway, or why it is none.
fn origin(gateway: &str) -> Result<Gateway, ConfigError> {
    let wrong = |why: &str| {
        ConfigError::new("gateway", format!("not an origin ({why}): write one such as http://127.0.0.1:8080"))
    };
    let mut url = Url::parse(gateway).map_err(|e| wrong(&e.to_string()))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(wrong("http and https are the schemes"));
    }
    if url.path() != "/" || url.query().is_some() {
        return Err(wrong("a path or query is not kept"));
    }
    let origin = url.as_str().trim_end_matches('/').to_owned();
    // These cannot fail on an http address, and if they did the message would only say less.
    let hidden = url.set_username("").and_then(|()| url.set_password(None)).is_ok();
    let shown = if hidden { url.as_str().trim_end_matches('/').to_owned() } else { "the gateway".to_owned() };
    Ok(Gateway { origin, shown })
}

/// Whether the connection failed beneath what was read from it.
fn is_of_the_connection(error: &reqwest::Error) -> bool {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if error.is::<hyper::Error>() {
            return true;
        }
        // Inflating wraps what it met in an I/O error, which hides it from `source`.
        let inner = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        cause = inner.map(|inner| inner as _).or_else(|| error.source());
    }
    false
}

fn closed_without_answer(error: &reqwest::Error) -> bool {
    use std::io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if error.downcast_ref::<hyper::Error>().is_some_and(hyper::Error::is_incomplete_message) {
            return true;
        }
        let io = error.downcast_ref::<std::io::Error>().map(std::io::Error::kind);
        if matches!(io, Some(ConnectionReset | ConnectionAborted | BrokenPipe | UnexpectedEof)) {
            return true;
        }
        cause = error.source();
    }
    false
}

/// The innermost causes, which say what happened; the outer ones repeat the address, which may hold a secret.
fn chain(error: &dyn std::error::Error) -> String {
    let mut causes = Vec::new();
    let mut cause = error.source();
    while let Some(error) = cause {
        causes.push(error.to_string());
        cause = error.source();
    }
    causes.dedup();
    if causes.is_empty() { error.to_string() } else { causes.join(": ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_the_one_that_is_asked_for() {
        let live = Live::new(&HttpConfig::default()).unwrap();
        let [one, other] = ["https://hq.sinajs.cn/list=sh600519", "https://hq.sinajs.cn/list=sz000001"];
        for text in [one, one, other, one, "https://qt.gtimg.cn/q=a b"] {
            assert_eq!(live.address(text).unwrap(), Url::parse(text).unwrap());
        }
        assert!(live.address("https://hq.sinajs.cn:99999/").is_err());
        assert_eq!(live.address(one).unwrap().as_str(), one);
    }

    #[tokio::test]
    async fn what_is_no_address_is_not_shown() {
        let live = Live::new(&HttpConfig::default()).unwrap();
        let request = Sent { url: "https://hq.sinajs.cn:99999/?token=secret", headers: &[] };
        let error = live.send(&request, 1_000).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Plugin);
        assert!(error.message().contains("invalid port number"), "{error}");
        assert!(!error.message().contains("secret"), "{error}");
    }

    #[test]
    fn a_gateway_is_an_origin() {
        assert_eq!(origin("http://127.0.0.1:8080").unwrap().origin, "http://127.0.0.1:8080");
        assert_eq!(origin("http://127.0.0.1:8080/").unwrap().origin, "http://127.0.0.1:8080");
        assert_eq!(origin("https://me:secret@gateway").unwrap().shown, "https://gateway");
        for gateway in ["127.0.0.1:8080", "ftp://x", "http://x/path", "http://x/?q=1", ""] {
            let error = origin(gateway).unwrap_err();
            assert_eq!(error.key(), "gateway");
            assert!(error.to_string().contains("http://127.0.0.1:8080"), "{error}");
        }
    }
}
