//! What a plugin is made of: a vendor, or a function that makes a source.

#[cfg(feature = "source")]
use finvista_core::{
    Context, DataSource, DatasetSpec, ErrorKind, Forecast, Progress, Query, Registration, registered,
};
use finvista_core::{RecordBatch, SourceError, Vendor};
#[cfg(feature = "source")]
use std::sync::{Arc, OnceLock};
#[cfg(feature = "source")]
use tokio::runtime::Runtime;

use crate::abi::FvForecast;
#[cfg(feature = "source")]
use crate::abi::struct_size;
use crate::call::Call;
use crate::{Config, Manifest, vendor};
#[cfg(feature = "source")]
use crate::{PluginRequest, host};

/// Makes a source of a configuration.
#[cfg(feature = "source")]
pub type Make = fn(&Config) -> Result<Arc<dyn DataSource>, SourceError>;

/// What a library is the plugin of.
#[derive(Debug)]
pub struct Plugin {
    kind: Kind,
    /// The manifest of every instance, where it does not depend on the configuration.
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
        let manifest = Manifest::of_vendor(vendor).map(|manifest| manifest.to_json());
        // `create` reports the error, which the entry cannot.
        Self { kind: Kind::Vendor(vendor), manifest: manifest.ok() }
    }

    /// The plugin of a source, with definitions of data sets that are not registered.
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
                // A vendor has nothing to configure. Text that is not JSON is an error all the same.
                config.read::<serde::de::IgnoredAny>()?;
                let manifest = Manifest::of_vendor(vendor)?.to_json();
                Ok(Instance { answers: Answers::Vendor(vendor), manifest })
            }
            #[cfg(feature = "source")]
            Kind::Source(make, datasets) => {
                // A source may open what it needs while it is made.
                let _inside = runtime()?.enter();
                let source = make(config)?;
                let manifest = Manifest::of_source(&*source, |id| spec(datasets, id))?.to_json();
                Ok(Instance { answers: Answers::Source(source, datasets), manifest })
            }
        }
    }
}

/// The definition of a data set: one that `export_source!` lists, or one that is registered.
#[cfg(feature = "source")]
fn spec(listed: &[&'static DatasetSpec], id: &str) -> Option<&'static DatasetSpec> {
    let registered = registered().filter_map(|registration| match registration {
        Registration::Dataset(spec) => Some(spec),
        _ => None,
    });
    listed.iter().copied().chain(registered).find(|spec| spec.id == id)
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
    Source(Arc<dyn DataSource>, &'static [&'static DatasetSpec]),
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
            Answers::Source(..) => runtime().map(Some),
        }
    }

    /// What answering a call would take. `None` where that is not known.
    pub(super) fn forecast(&self, call: &Call) -> Option<FvForecast> {
        match &self.answers {
            Answers::Vendor(vendor) => vendor::forecast(vendor, &call.request),
            #[cfg(feature = "source")]
            Answers::Source(source, datasets) => {
                let _inside = runtime().ok()?.enter();
                let query = query(datasets, &call.request).ok()?;
                let Forecast { requests, wait, .. } = source.forecast(&context(call), &query)?;
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
            Answers::Source(source, datasets) => {
                let query = query(datasets, &call.request)?;
                let id = call.id;
                let progress = Progress::new(move |done, known| host::report(id, done, known));
                source.fetch(&context(call).progress(progress), &query).await
            }
        }
    }
}

/// The query of a request, by the definition of its data set.
#[cfg(feature = "source")]
fn query(datasets: &[&'static DatasetSpec], request: &PluginRequest) -> Result<Query, SourceError> {
    let spec = spec(datasets, &request.dataset).ok_or_else(|| {
        let message = format!("the plugin has no definition of {}", request.dataset);
        SourceError::new(ErrorKind::Unsupported, message)
    })?;
    request.query(spec)
}

#[cfg(feature = "source")]
fn context(call: &Call) -> Context {
    let cx = Context::new(call.request.now, call.time);
    if call.sweep { cx.sweep() } else { cx }
}

/// The runtime of the plugin: one thread, started with the first instance, which runs until the process ends.
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
