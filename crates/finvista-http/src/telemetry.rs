//! The metrics of requests.

use std::time::Duration;

use finvista_core::Metric;

const REQUESTS: &str = "finvista_requests_total";
const LIMIT_SECONDS: &str = "finvista_limit_seconds";

/// The metrics of the HTTP client.
pub const METRICS: &[Metric] = &[
    Metric { name: REQUESTS, labels: &["host"], doc: "HTTP requests sent; an attempt may need several" },
    Metric {
        name: LIMIT_SECONDS,
        labels: &["host"],
        doc: "how long a request waited for the limits of its host, in seconds",
    },
];

/// Counts a request that waited this long for the limits of its host.
pub(crate) fn request(host: &str, waited: Duration) {
    let labels = [("host", host.to_owned())];
    metrics::counter!(REQUESTS, &labels).increment(1);
    metrics::histogram!(LIMIT_SECONDS, &labels).record(waited.as_secs_f64());
}
