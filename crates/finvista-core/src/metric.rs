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
