//! Descriptions of metrics.

/// A metric, recorded through the `metrics` crate.
#[derive(Debug, Clone, Copy)]
pub struct Metric {
    /// The name.
    pub name: &'static str,
    /// The labels.
    pub labels: &'static [&'static str],
    /// What it counts or measures.
    pub doc: &'static str,
}

/// What a metric is, as its name says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum MetricKind {
    /// Only rises: a name that ends in `_total`.
    Counter,
    /// Rises and falls: a name that ends in `_state`.
    Gauge,
    /// A distribution: any other name.
    Histogram,
}

impl Metric {
    /// What it is.
    pub fn kind(&self) -> MetricKind {
        match self.name.rsplit('_').next() {
            Some("total") => MetricKind::Counter,
            Some("state") => MetricKind::Gauge,
            _ => MetricKind::Histogram,
        }
    }

    /// Describes it to the recorder of this program, so that an exporter shows what it means and its unit. A client does so for
    /// [`METRICS`](crate::manager::METRICS) when it is built, so install the recorder before.
    #[cfg(feature = "manager")]
    pub fn describe(&self) {
        let unit =
            if self.name.ends_with("_seconds") { metrics::Unit::Seconds } else { metrics::Unit::Count };
        match self.kind() {
            MetricKind::Counter => metrics::describe_counter!(self.name, unit, self.doc),
            MetricKind::Gauge => metrics::describe_gauge!(self.name, self.doc),
            MetricKind::Histogram => metrics::describe_histogram!(self.name, unit, self.doc),
        }
    }
}
