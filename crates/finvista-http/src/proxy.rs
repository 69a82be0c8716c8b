//! A proxy on the way to the vendors.

use finvista_core::ConfigError;
use reqwest::{NoProxy, Url};

use crate::config::HttpConfig;

/// A proxy, and its address for messages.
#[derive(Debug)]
pub(crate) struct Proxy {
    pub(crate) proxy: reqwest::Proxy,
    /// The address without user and password.
    pub(crate) shown: String,
}

impl Proxy {
    /// The proxy of these settings, if they name one. No message repeats the address, which may hold a password.
    pub(crate) fn of(config: &HttpConfig) -> Result<Option<Self>, ConfigError> {
        let Some(address) = &config.proxy else { return Ok(None) };
        let wrong = |why: &str| {
            ConfigError::new("http_proxy", format!("expected a proxy such as http://127.0.0.1:3128: {why}"))
        };
        let mut url = Url::parse(address).map_err(|e| wrong(&e.to_string()))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(wrong(&format!("the scheme must be http or https, got {}", url.scheme())));
        }
        if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
            return Err(wrong("a path or a query is not allowed"));
        }
        let proxy = reqwest::Proxy::all(url.as_str()).map_err(|_| wrong("it is not an address"))?;
        let direct = config.no_proxy.as_deref().and_then(NoProxy::from_string);
        // This cannot fail for an http address. If it did, messages would only say less.
        let hidden = url.set_username("").and_then(|()| url.set_password(None)).is_ok();
        let shown =
            if hidden { url.as_str().trim_end_matches('/').to_owned() } else { "the proxy".to_owned() };
        Ok(Some(Self { proxy: proxy.no_proxy(direct), shown }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(proxy: &str) -> Result<Option<Proxy>, ConfigError> {
        Proxy::of(&HttpConfig { proxy: Some(proxy.to_owned()), ..HttpConfig::default() })
    }

    #[test]
    fn a_proxy_is_an_http_address_and_its_password_is_not_shown() {
        assert_eq!(of("http://me:secret@127.0.0.1:3128").unwrap().unwrap().shown, "http://127.0.0.1:3128");
        assert_eq!(of("https://proxy.example/").unwrap().unwrap().shown, "https://proxy.example");
        for proxy in [
            "socks5://me:secret@127.0.0.1:1080",
            "ftp://me:secret@host",
            "http//me:secret@host",
            "me:secret@host:3128",
            "http://me:secret@host/path",
            "http://me:secret@host:99999",
            "",
        ] {
            let error = of(proxy).unwrap_err();
            assert_eq!(error.key(), "http_proxy", "{proxy}");
            assert!(!error.to_string().contains("secret"), "{error}");
        }
        assert!(of("socks5://127.0.0.1:1080").unwrap_err().to_string().contains("got socks5"));
    }
}
