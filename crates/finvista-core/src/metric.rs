//! The description of a metric.

/// One metric, written through the `metrics` crate to the recorder that the program has installed.
#[derive(Debug, Clone, Copy)]
pub struct Metric {
    /// The name.
    pub name: &'static str,
    /// The labels.
    pub labels: &'static [&'static str],
    /// What it counts or measures.
    pub doc: &'static str,
}
