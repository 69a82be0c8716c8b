//! A source whose tables are in memory: linked in, and as a plugin.

use finvista_core::dataset::{Build, Dataset};
use finvista_core::{
    Capability, Context, DataSource, DatasetId, ErrorKind, Free, Offer, Query, RecordBatch, Shape,
    SourceError, SourceInfo, async_trait,
};

use super::rows::{BenchRows, Ready};

/// The source.
#[derive(Debug)]
pub(crate) struct Memory {
    info: SourceInfo,
    capability: Capability,
}

impl Memory {
    /// A source.
    pub(crate) fn new() -> Self {
        let info = SourceInfo {
            name: "bench-source".to_owned(),
            title: "The rows as a source".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            origin: "bench".to_owned(),
            failure_domain: "bench-source".to_owned(),
            offers: vec![Offer { dataset: BenchRows::SPEC.id(), priority: 0 }],
        };
        Self { info, capability: Capability::any() }
    }
}

#[async_trait]
impl DataSource for Memory {
    fn info(&self) -> &SourceInfo {
        &self.info
    }

    fn capability(&self, _: &DatasetId) -> Option<&Capability> {
        Some(&self.capability)
    }

    async fn fetch(&self, cx: &Context, query: &Query) -> Result<RecordBatch, SourceError> {
        let selection = Free::of(query.selection())
            .ok_or_else(|| SourceError::new(ErrorKind::Unsupported, "has only rows"))?;
        Ready::new(selection, cx.now).finish()
    }
}
