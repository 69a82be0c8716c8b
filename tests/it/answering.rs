#![cfg(test)]
//! A source in memory that looks at each query: it answers or fails by the symbol, and by how often it was asked.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use finvista::raw::{Capability, Context, DataSource, Offer, SourceInfo, async_trait};
use finvista::{DatasetId, ErrorKind, Query, RecordBatch, SourceError};

use crate::scripted::{bars, table};

/// The answer to a query, and the time that it takes.
pub(crate) type Answer = (Duration, Result<RecordBatch, SourceError>);

type Answers = dyn Fn(&Query, usize) -> Answer + Send + Sync;

/// A source of these data sets.
pub(crate) struct Answering {
    info: SourceInfo,
    capability: Capability,
    answer: Box<Answers>,
    calls: AtomicUsize,
}

impl std::fmt::Debug for Answering {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Answering").field(&self.info.name).finish()
    }
}

impl Answering {
    /// A source with this name and priority. `answer` gets the query and the number of earlier calls.
    pub(crate) fn new(
        name: &str,
        priority: i32,
        answer: impl Fn(&Query, usize) -> Answer + Send + Sync + 'static,
    ) -> Arc<Self> {
        let offer = |dataset| Offer { dataset: DatasetId::new(dataset), priority };
        let info = SourceInfo {
            name: name.to_owned(),
            failure_domain: name.to_owned(),
            offers: ["cn_stock_daily", "cn_stock_quote"].map(offer).into(),
            ..SourceInfo::default()
        };
        Arc::new(Self {
            info,
            capability: Capability::any(),
            answer: Box::new(answer),
            calls: AtomicUsize::new(0),
        })
    }
}

#[async_trait]
impl DataSource for Answering {
    fn info(&self) -> &SourceInfo {
        &self.info
    }

    fn capability(&self, dataset: &DatasetId) -> Option<&Capability> {
        self.info.offers.iter().any(|offer| offer.dataset == *dataset).then_some(&self.capability)
    }

    async fn fetch(&self, _: &Context, query: &Query) -> Result<RecordBatch, SourceError> {
        let (time, answer) = (self.answer)(query, self.calls.fetch_add(1, Relaxed));
        if !time.is_zero() {
            tokio::time::sleep(time).await;
        }
        answer
    }
}

/// Three bars.
pub(crate) fn good(query: &Query) -> Result<RecordBatch, SourceError> {
    Ok(table(query, &bars()))
}

pub(crate) fn fails(kind: ErrorKind) -> Result<RecordBatch, SourceError> {
    Err(SourceError::new(kind, "answering"))
}
