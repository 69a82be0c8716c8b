//! How often a host may be asked.

use finvista_core::Quota;
use serde::{Deserialize, Serialize};

/// How often a host may be asked, see [`Quota`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Rate {
    /// Requests a minute.
    pub per_minute: f64,
    /// Requests at once after a pause.
    #[serde(default = "one")]
    pub burst: u32,
    /// Requests on their way at the same time.
    #[serde(default = "one")]
    pub in_flight: u32,
}

fn one() -> u32 {
    1
}

/// Once a second, for a plugin that does not say.
impl Default for Rate {
    fn default() -> Self {
        Self { per_minute: 60.0, burst: 1, in_flight: 1 }
    }
}

impl From<Quota> for Rate {
    fn from(quota: Quota) -> Self {
        Self {
            per_minute: 60.0 / quota.get_period().as_secs_f64(),
            burst: quota.get_burst(),
            in_flight: quota.get_in_flight(),
        }
    }
}
