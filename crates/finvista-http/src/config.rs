//! The settings of the client.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

/// The settings of the client.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HttpConfig {
    /// An origin such as `http://127.0.0.1:8080` that receives every request in place of the vendors, with path and query
    /// unchanged and the vendor's host in `Host`. For a caching gateway, a recorder, or the simulator.
    pub gateway: Option<String>,
    /// A proxy, such as `http://127.0.0.1:3128`.
    pub proxy: Option<String>,
    /// Whether to accept compressed answers. By default, yes, except through a gateway, which is near. They are 2.7 times
    /// smaller, and inflating one takes twice as long as reading it, which pays off below 2 Gbit/s.
    pub gzip: Option<bool>,
    /// A folder to write every exchange into.
    pub record: Option<PathBuf>,
    /// A folder of recorded exchanges that answers every request in place of the network.
    pub replay: Option<PathBuf>,
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
