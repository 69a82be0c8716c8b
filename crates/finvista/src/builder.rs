//! The builder of a client.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use finvista_core::dataset::DatasetSpec;
use finvista_core::manager::{Error, FailoverConfig, Manager};
use finvista_core::{DataSource, Registration, Registry, Vendor, registered};
use finvista_http::{HttpClient, HttpSource};
use jiff::Timestamp;

use crate::client::FinVista;
use crate::priority;
use crate::settings::Settings;

/// Builds a [`FinVista`]. Values set here override the environment, which overrides the settings file.
///
/// ```
/// # fn main() -> Result<(), finvista::Error> {
/// use std::time::Duration;
///
/// let fv = finvista::FinVista::builder().timeout(Duration::from_secs(5)).gateway("http://127.0.0.1:8080").build()?;
/// assert_eq!(fv.config().failover.deadline, Duration::from_secs(5));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Default)]
pub struct Builder {
    without_registered: bool,
    vendors: Vec<&'static Vendor>,
    sources: Vec<Arc<dyn DataSource>>,
    datasets: Vec<&'static DatasetSpec>,
    #[cfg(feature = "plugins")]
    plugins: Vec<(PathBuf, Option<String>)>,
    config_file: Option<PathBuf>,
    environment: Option<Vec<(String, String)>>,
    gateway: Option<String>,
    rate_limit: Option<bool>,
    cache: Option<bool>,
    record: Option<PathBuf>,
    replay: Option<PathBuf>,
    timeout: Option<Duration>,
    failover: Option<Change>,
    wall_clock: Option<fn() -> Timestamp>,
    layers: Vec<Layer>,
}

/// Wraps a source.
struct Layer(Box<Wrap>);

type Wrap = dyn Fn(Arc<dyn DataSource>) -> Arc<dyn DataSource> + Send;

impl std::fmt::Debug for Layer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Layer")
    }
}

struct Change(Box<dyn FnOnce(&mut FailoverConfig) + Send>);

impl std::fmt::Debug for Change {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Change")
    }
}

impl FinVista {
    /// A client with every registered source, and the settings of the environment (see [`Settings`](crate::Settings)).
    ///
    /// # Errors
    ///
    /// When a setting is wrong; the error names it.
    pub fn new() -> Result<Self, Error> {
        Self::builder().build()
    }

    /// Begins to build a client.
    pub fn builder() -> Builder {
        Builder::default()
    }
}

impl Builder {
    /// Adds a vendor besides the registered ones, or in a program whose constructors do not run.
    #[must_use]
    pub fn vendor(mut self, vendor: &'static Vendor) -> Self {
        self.vendors.push(vendor);
        self
    }

    /// Adds a source of any kind.
    #[must_use]
    pub fn source(mut self, source: Arc<dyn DataSource>) -> Self {
        self.sources.push(source);
        self
    }

    /// Adds a data set.
    #[must_use]
    pub fn dataset(mut self, spec: &'static DatasetSpec) -> Self {
        self.datasets.push(spec);
        self
    }

    /// Loads a plugin: a library or the sidecar beside it, by its absolute path. Its source and its data sets are used like any
    /// other. It runs with all the rights of this process, and stays loaded until the process ends.
    #[cfg(feature = "plugins")]
    #[must_use]
    pub fn plugin(mut self, path: impl Into<PathBuf>) -> Self {
        self.plugins.push((path.into(), None));
        self
    }

    /// Loads a plugin with this configuration, a JSON object, instead of the one in the settings.
    #[cfg(feature = "plugins")]
    #[must_use]
    pub fn plugin_with(mut self, path: impl Into<PathBuf>, config: impl Into<String>) -> Self {
        self.plugins.push((path.into(), Some(config.into())));
        self
    }

    /// Wraps every source: what this function returns stands in its place. Layers apply in the order in which they are added, the
    /// last one outermost. A layer sees each attempt at its source, and keeps the source's name.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use finvista::raw::{Capability, Context, DataSource, DatasetId, SourceInfo, async_trait};
    /// use finvista::{FinVista, Query, RecordBatch, SourceError};
    ///
    /// #[derive(Debug)]
    /// struct Counted(Arc<dyn DataSource>);
    ///
    /// #[async_trait]
    /// impl DataSource for Counted {
    ///     fn info(&self) -> &SourceInfo {
    ///         self.0.info()
    ///     }
    ///     fn capability(&self, dataset: &DatasetId) -> Option<&Capability> {
    ///         self.0.capability(dataset)
    ///     }
    ///     async fn fetch(&self, cx: &Context, query: &Query) -> Result<RecordBatch, SourceError> {
    ///         println!("{} is asked for {query}", self.info().name);
    ///         self.0.fetch(cx, query).await
    ///     }
    /// }
    ///
    /// let fv = FinVista::builder().layer(|source| Arc::new(Counted(source))).build()?;
    /// # Ok::<(), finvista::Error>(())
    /// ```
    #[must_use]
    pub fn layer(
        mut self,
        layer: impl Fn(Arc<dyn DataSource>) -> Arc<dyn DataSource> + Send + 'static,
    ) -> Self {
        self.layers.push(Layer(Box::new(layer)));
        self
    }

    /// Leaves out the sources that were registered at compile time, so that only those added here are there.
    #[must_use]
    pub fn without_registered(mut self) -> Self {
        self.without_registered = true;
        self
    }

    /// Reads settings from this TOML file instead of the one that `FINVISTA_CONFIG` names.
    #[must_use]
    pub fn config_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.config_file = Some(path.into());
        self
    }

    /// Uses these variables instead of the environment of the process. With an empty list, only the file and this builder apply.
    #[must_use]
    pub fn environment(mut self, variables: impl IntoIterator<Item = (String, String)>) -> Self {
        self.environment = Some(variables.into_iter().collect());
        self
    }

    /// Sends every request to this origin, path and query unchanged, with the vendor's host in `Host`: a caching gateway,
    /// a recorder, or the simulator.
    #[must_use]
    pub fn gateway(mut self, origin: impl Into<String>) -> Self {
        self.gateway = Some(origin.into());
        self
    }

    /// Whether requests keep to the quota of each vendor's hosts. By default they do; turn it off only for a gateway of your own.
    #[must_use]
    pub fn rate_limit(mut self, on: bool) -> Self {
        self.rate_limit = Some(on);
        self
    }

    /// Writes every exchange with a vendor into this folder: a text file with the request and the head of the answer, and a file
    /// with the bytes of the body. Attach such a folder to a bug report.
    ///
    /// A recording that is there already is extended. One client may write to a folder at a time. A failed write is an error of the
    /// call. Files are written by the task of the call, so recording slows calls down.
    #[must_use]
    pub fn record(mut self, dir: impl Into<PathBuf>) -> Self {
        self.record = Some(dir.into());
        self
    }

    /// Answers every request from a folder that [`record`](Self::record) wrote, byte for byte, without touching the network. An
    /// address that was requested several times yields its answers in the order of the recording, then the last one again and
    /// again. An address that was not recorded is a failure of kind [`Transport`](crate::ErrorKind::Transport) that names it.
    #[must_use]
    pub fn replay(mut self, dir: impl Into<PathBuf>) -> Self {
        self.replay = Some(dir.into());
        self
    }

    /// Whether answers are cached, and equal concurrent queries share one. By default they are.
    #[must_use]
    pub fn cache(mut self, on: bool) -> Self {
        self.cache = Some(on);
        self
    }

    /// Sets the time of a whole call, over all sources: 30 s by default. The list of a market has a longer time of its own.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Changes thresholds and times of failover.
    #[must_use]
    pub fn failover(mut self, change: impl FnOnce(&mut FailoverConfig) + Send + 'static) -> Self {
        self.failover = Some(Change(Box::new(change)));
        self
    }

    /// Reads the wall clock, and with it "today", from this function, for tests that need the same day every time.
    #[must_use]
    pub fn wall_clock(mut self, now: fn() -> Timestamp) -> Self {
        self.wall_clock = Some(now);
        self
    }

    /// Builds the client.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] when a setting is wrong, a plugin cannot be loaded, the folder to record into cannot be created, the folder
    /// to replay holds no recording, or two sources have the same name; [`Error::UnknownSource`] and [`Error::UnknownDataset`] when
    /// the settings give priorities to an unknown source or data set.
    pub fn build(self) -> Result<FinVista, Error> {
        let environment = self.environment.unwrap_or_else(|| {
            std::env::vars_os()
                .filter_map(|(k, v)| Some((k.into_string().ok()?, v.into_string().ok()?)))
                .collect()
        });
        let mut settings = Settings::load(self.config_file.as_deref(), &environment)?;
        settings.http.gateway = self.gateway.or(settings.http.gateway);
        settings.rates.limited = self.rate_limit.unwrap_or(settings.rates.limited);
        settings.http.record = self.record.or(settings.http.record);
        settings.http.replay = self.replay.or(settings.http.replay);
        settings.failover.deadline = self.timeout.unwrap_or(settings.failover.deadline);
        if let Some(Change(change)) = self.failover {
            change(&mut settings.failover);
        }

        let mut registry = Registry::of_datasets()?;
        finvista_http::METRICS.iter().for_each(finvista_core::Metric::describe);
        let client = Arc::new(HttpClient::new(&settings.http)?);
        let mut sources: Vec<Arc<dyn DataSource>> = Vec::new();
        if !self.without_registered {
            for registration in registered() {
                match registration {
                    Registration::Vendor(vendor) => {
                        sources.push(Arc::new(HttpSource::new(vendor, Arc::clone(&client))))
                    }
                    Registration::Source(make) => sources.push(make()),
                    _ => {}
                }
            }
        }
        // The linker decides the order of registrations, so they are sorted by name.
        sources.sort_by(|left, right| left.info().name.cmp(&right.info().name));
        sources.extend(
            self.vendors
                .into_iter()
                .map(|vendor| Arc::new(HttpSource::new(vendor, Arc::clone(&client))) as Arc<dyn DataSource>),
        );
        self.datasets.into_iter().try_for_each(|spec| registry.add_dataset(spec))?;
        #[cfg(feature = "plugins")]
        let dropped =
            crate::plugins::add(&mut registry, &mut sources, &settings.plugins, self.plugins, &client)?;
        #[cfg(not(feature = "plugins"))]
        let dropped = settings.plugins.refuse().map(|()| priority::Dropped::new())?;
        client.set_rates(settings.rates)?;
        sources.extend(self.sources);
        let layered = |source| self.layers.iter().fold(source, |source, Layer(layer)| layer(source));
        sources.into_iter().map(layered).try_for_each(|source| registry.add_source(source))?;

        let mut manager = Manager::new(registry, settings.failover)?;
        if let Some(now) = self.wall_clock {
            manager = manager.with_wall_clock(now);
        }
        if self.cache.unwrap_or(settings.cache_on) {
            manager = manager.with_cache(settings.cache);
        }
        priority::set(&manager, &settings.priority, &dropped)?;
        for source in &settings.disabled {
            match manager.set_enabled(source, false) {
                // A plugin that is left out is as good as disabled.
                Err(Error::UnknownSource { .. }) if dropped.keys().any(|(_, name)| name == source) => {}
                set => set?,
            }
        }
        Ok(FinVista::over(manager, client))
    }
}
