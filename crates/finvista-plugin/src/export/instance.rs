//! What a plugin is made of: a vendor, or a function that makes a source.

#[cfg(feature = "source")]
use finvista_core::{Context, DataSource, ErrorKind, Forecast, Table, dataset::DatasetSpec};
use finvista_core::{RecordBatch, SourceError, Vendor};
#[cfg(feature = "source")]
use std::sync::{Arc, OnceLock};
#[cfg(feature = "source")]
use tokio::runtime::Runtime;

use super::call::Call;
use crate::abi::FvForecast;
#[cfg(feature = "source")]
use crate::abi::struct_size;
use crate::{Config, Manifest, vendor};

/// Makes a source of a configuration.
#[cfg(feature = "source")]
pub type Make = fn(&Config) -> Result<Arc<dyn DataSource>, SourceError>;

/// What a library is the plugin of.
#[derive(Debug)]
pub struct Plugin {
    kind: Kind,
    /// What is true of every instance, where that is known beforehand.
    manifest: Option<String>,
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    Vendor(&'static Vendor),
    #[cfg(feature = "source")]
    Source(Make, &'static [&'static DatasetSpec]),
}

impl Plugin {
    /// The plugin of a vendor.
    pub fn vendor(vendor: &'static Vendor) -> Self {
        Self { kind: Kind::Vendor(vendor), manifest: Some(Manifest::of_vendor(vendor).to_json()) }
    }

    /// The plugin of a source, with the data sets that it brings.
    #[cfg(feature = "source")]
    pub fn source(make: Make, datasets: &'static [&'static DatasetSpec]) -> Self {
        Self { kind: Kind::Source(make, datasets), manifest: None }
    }

    pub(super) fn manifest(&self) -> Option<&str> {
        self.manifest.as_deref()
    }

    pub(super) fn instance(&self, config: &Config) -> Result<Instance, SourceError> {
        match self.kind {
            Kind::Vendor(vendor) => {
                // A vendor has nothing to configure; what is no JSON is still told.
                config.read::<serde::de::IgnoredAny>()?;
                let manifest = self.manifest.clone().unwrap_or_default();
                Ok(Instance { answers: Answers::Vendor(vendor), manifest })
            }
            #[cfg(feature = "source")]
            Kind::Source(make, datasets) => {
                // A source may open what it needs while it is made.
                let _inside = runtime()?.enter();
                let source = make(config)?;
                let manifest = Manifest::of_source(&*source, datasets).to_json();
                Ok(Instance { answers: Answers::Source(source), manifest })
            }
        }
    }
}

/// What one configuration made.
#[derive(Debug)]
pub(super) struct Instance {
    answers: Answers,
    manifest: String,
}

#[derive(Debug)]
enum Answers {
    Vendor(&'static Vendor),
    #[cfg(feature = "source")]
    Source(Arc<dyn DataSource>),
}

impl Instance {
    pub(super) fn manifest(&self) -> &str {
        &self.manifest
    }

    /// The runtime that a call needs, where it needs one.
    #[cfg(feature = "source")]
    pub(super) fn runtime(&self) -> Result<Option<&'static Runtime>, SourceError> {
        match self.answers {
            Answers::Vendor(_) => Ok(None),
            Answers::Source(_) => runtime().map(Some),
        }
    }

    /// What answering a call would take. `None` where nobody can tell.
    pub(super) fn forecast(&self, call: &Call) -> Option<FvForecast> {
        match &self.answers {
            Answers::Vendor(vendor) => vendor::forecast(vendor, &call.asked),
            #[cfg(feature = "source")]
            Answers::Source(source) => {
                let _inside = runtime().ok()?.enter();
                let Forecast { requests, wait } =
                    source.forecast(&Context::new(call.asked.today, call.time), &call.asked.query)?;
                Some(FvForecast {
                    struct_size: struct_size::<FvForecast>(),
                    requests: u32::try_from(requests).ok()?,
                    host: 0,
                    reserved: 0,
                    wait_ms: i64::try_from(wait.as_millis()).ok()?,
                })
            }
        }
    }

    pub(super) async fn answer(&self, call: &Call) -> Result<RecordBatch, SourceError> {
        match &self.answers {
            Answers::Vendor(vendor) => vendor::answer(vendor, call).await,
            #[cfg(feature = "source")]
            Answers::Source(source) => {
                let context = Context::new(call.asked.today, call.time);
                source.fetch(&context, &call.asked.query).await.map(Table::into_batch)
            }
        }
    }
}

/// The runtime of the plugin: one thread, begun with the first instance, and never ended.
#[cfg(feature = "source")]
fn runtime() -> Result<&'static Runtime, SourceError> {
    static RUNTIME: OnceLock<Result<Runtime, SourceError>> = OnceLock::new();
    let runtime = RUNTIME.get_or_init(|| {
        let mut builder = tokio::runtime::Builder::new_multi_thread();
        builder.worker_threads(1).thread_name("finvista-plugin").enable_all();
        builder.build().map_err(|e| SourceError::new(ErrorKind::Plugin, format!("no runtime: {e}")))
    });
    runtime.as_ref().map_err(Clone::clone)
}
