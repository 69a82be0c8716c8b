//! A source that has its tables at hand: linked in, and as a plugin.

use finvista_core::dataset::Dataset;
use finvista_core::{
    Capability, Context, DataSource, DatasetId, ErrorKind, Offer, Query, SourceError, SourceInfo, Table,
    async_trait,
};

use super::rows::Rows;

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
            offers: vec![Offer { dataset: Rows::SPEC.id(), priority: 0 }],
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

    async fn fetch(&self, _: &Context, query: &Query) -> Result<Table, SourceError> {
        let query = Rows::query(query)
            .ok_or_else(|| SourceError::new(ErrorKind::Unsupported, "rows and nothing else"))?;
        Rows::finish(Rows::builder(query)).map(Table::new)
    }
}
