//! A gateway in place of the vendors.

use std::fmt;

use finvista_core::ConfigError;
use reqwest::Url;

/// An origin that receives the requests in place of the vendors.
pub(crate) struct Gateway {
    /// The origin without a trailing slash, with user and password.
    pub(crate) origin: String,
    /// The origin without user and password, for messages.
    pub(crate) shown: String,
}

impl fmt::Debug for Gateway {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Gateway").field(&self.shown).finish()
    }
}

impl Gateway {
    /// Reads an origin.
    pub(crate) fn new(gateway: &str) -> Result<Self, ConfigError> {
        let wrong = |why: &str| {
            ConfigError::new("gateway", format!("expected an origin such as http://127.0.0.1:8080: {why}"))
        };
        let mut url = Url::parse(gateway).map_err(|e| wrong(&e.to_string()))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(wrong(&format!("the scheme must be http or https, got {}", url.scheme())));
        }
        if url.path() != "/" || url.query().is_some() {
            return Err(wrong("a path or a query is not allowed"));
        }
        let origin = url.as_str().trim_end_matches('/').to_owned();
        // This cannot fail for an http address. If it did, messages would only say less.
        let hidden = url.set_username("").and_then(|()| url.set_password(None)).is_ok();
        let shown =
            if hidden { url.as_str().trim_end_matches('/').to_owned() } else { "the gateway".to_owned() };
        Ok(Self { origin, shown })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gateway_is_an_origin() {
        assert_eq!(Gateway::new("http://127.0.0.1:8080").unwrap().origin, "http://127.0.0.1:8080");
        assert_eq!(Gateway::new("http://127.0.0.1:8080/").unwrap().origin, "http://127.0.0.1:8080");
        let secret = Gateway::new("https://me:secret@gateway").unwrap();
        assert_eq!(secret.shown, "https://gateway");
        assert!(!format!("{secret:?}").contains("secret"));
        for gateway in ["127.0.0.1:8080", "ftp://x", "http://x/path", "http://x/?q=1", ""] {
            let error = Gateway::new(gateway).unwrap_err();
            assert_eq!(error.key(), "gateway");
            assert!(error.to_string().contains("http://127.0.0.1:8080"), "{error}");
        }
    }
}
