//! The settings of the client.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use crate::secret::without_user;

/// The settings of the client.
///
/// [`Debug`] shows gateway and proxy without user and password.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct HttpConfig {
    /// An origin such as `http://127.0.0.1:8080` that receives every request in place of the vendors, with path and query
    /// unchanged and the vendor's host in `Host`. For a caching gateway, a recorder, or the simulator.
    pub gateway: Option<String>,
    /// An HTTP proxy, such as `http://127.0.0.1:3128`.
    pub proxy: Option<String>,
    /// The hosts that are reached without the proxy, separated by commas, such as `eastmoney.com,.sinajs.cn`.
    pub no_proxy: Option<String>,
    /// Whether to accept compressed answers. By default, yes, except through a gateway, which is near. They are 2.7 times
    /// smaller, and inflating one takes twice as long as reading it, which pays off below 2 Gbit/s.
    pub gzip: Option<bool>,
    /// A folder to write every exchange into.
    pub record: Option<PathBuf>,
    /// A folder of recorded exchanges that answers every request in place of the network.
    pub replay: Option<PathBuf>,
}

impl fmt::Debug for HttpConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { gateway, proxy, no_proxy, gzip, record, replay } = self;
        f.debug_struct("HttpConfig")
            .field("gateway", &gateway.as_deref().map(without_user))
            .field("proxy", &proxy.as_deref().map(without_user))
            .field("no_proxy", no_proxy)
            .field("gzip", gzip)
            .field("record", record)
            .field("replay", replay)
            .finish()
    }
}

/// How often vendors may be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpRates {
    /// Whether the vendors' quotas are enforced. True by default.
    pub limited: bool,
    /// By vendor: the period between two requests to one of its hosts, in place of the period of its quota.
    pub periods: BTreeMap<String, Duration>,
}

impl Default for HttpRates {
    fn default() -> Self {
        Self { limited: true, periods: BTreeMap::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_password() {
        let config = HttpConfig {
            gateway: Some("http://me:secret@127.0.0.1:8080".to_owned()),
            proxy: Some("http://me:secret@127.0.0.1:3128".to_owned()),
            ..HttpConfig::default()
        };
        let shown = format!("{config:?}");
        assert!(!shown.contains("secret") && shown.contains("http://127.0.0.1:3128"), "{shown}");
    }
}
