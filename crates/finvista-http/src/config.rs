//! The settings of the client.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

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
