//! A plugin's instance as a source.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use async_trait::async_trait;
use finvista_core::dataset::DatasetSpec;
use finvista_core::{
    Capability, Context, DataSource, DatasetId, ErrorKind, Forecast, Offer, Query, Quota, SourceError,
    SourceInfo, Table,
};
use finvista_plugin::{Asked, Manifest};
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use jiff::civil::Date;
use tokio::time::Instant;

use crate::call::{Ended, Waited};
use crate::error::LoadError;
use crate::host::Http;
use crate::http::Serves;
use crate::instance::Instance;
use crate::library::Plugin;
use crate::{call, dataset, http, import};

/// A plugin knows its time and ends in it. One that does not is given up, so much later that the two cannot be confused.
const GRACE: Duration = Duration::from_millis(250);

/// What a plugin says of its requests, for whoever makes the [`Http`] that sends them.
#[derive(Debug, Clone, Copy)]
pub struct HttpNeeds<'a> {
    /// The name of the source.
    pub name: &'static str,
    /// The hosts that it asks.
    pub hosts: &'a [&'static str],
    /// How often it asks each.
    pub quota: Quota,
}

/// A source out of a plugin. It is used like any other; dropping it ends its instance, and leaves the library loaded.
#[derive(Debug)]
pub struct PluginSource {
    info: SourceInfo,
    capabilities: Vec<(DatasetId, Capability)>,
    datasets: Vec<&'static DatasetSpec>,
    hosts: Vec<&'static str>,
    blocking: bool,
    http: Option<Arc<dyn Http>>,
    instance: Arc<Instance>,
}

impl Plugin {
    /// A source of this configuration, a JSON object; `{}` where there is nothing to configure. Where the plugin names hosts,
    /// `http` makes what sends its requests.
    ///
    /// # Errors
    ///
    /// When the plugin refuses the configuration, or its manifest is wrong or not what its sidecar says.
    pub fn open(
        &'static self,
        config: &str,
        http: impl FnOnce(&HttpNeeds<'_>) -> Option<Arc<dyn Http>>,
    ) -> Result<PluginSource, LoadError> {
        let instance = Arc::new(Instance::create(self, config)?);
        let manifest = instance.manifest()?;
        let wrong = |why: String| LoadError::manifest(self.file(), why);
        check(&manifest).map_err(wrong)?;
        self.check_sidecar(&manifest)?;
        self.host.named(&manifest.name);

        let rate = manifest.quota;
        let quota = Quota::from_parts(rate.per_minute, rate.burst, rate.in_flight)
            .ok_or_else(|| wrong(format!("{rate:?} is no quota")))?;
        let hosts: Vec<&'static str> = manifest.hosts.iter().map(|host| dataset::intern(host)).collect();
        let needs = HttpNeeds { name: dataset::intern(&manifest.name), hosts: &hosts, quota };
        let http = if hosts.is_empty() { None } else { http(&needs) };

        let own = manifest.datasets.iter().filter(|offered| !offered.columns.is_empty());
        let datasets = own.map(dataset::spec).collect::<Result<_, _>>().map_err(wrong)?;
        let id = |id: &String| DatasetId::from(id.clone());
        Ok(PluginSource {
            capabilities: manifest.datasets.iter().map(|o| (id(&o.id), o.capability.capability())).collect(),
            datasets,
            hosts,
            blocking: manifest.blocking,
            http,
            instance,
            info: SourceInfo {
                offers: manifest
                    .datasets
                    .iter()
                    .map(|offered| Offer { dataset: id(&offered.id), priority: offered.priority })
                    .collect(),
                title: or(manifest.title, &manifest.name),
                failure_domain: or(manifest.failure_domain, &manifest.name),
                origin: format!("plugin {} (ABI {})", self.file().display(), self.abi()),
                version: manifest.version,
                name: manifest.name,
            },
        })
    }

    fn check_sidecar(&self, manifest: &Manifest) -> Result<(), LoadError> {
        let Some(sidecar) = self.sidecar() else { return Ok(()) };
        let datasets: Vec<&str> = manifest.datasets.iter().map(|offered| offered.id.as_str()).collect();
        for (what, says, is) in [
            ("name", sidecar.name.clone(), manifest.name.clone()),
            ("version", sidecar.version.clone(), manifest.version.clone()),
            ("abi", sidecar.abi.clone(), self.abi()),
            ("datasets", sidecar.datasets.join(", "), datasets.join(", ")),
        ] {
            if says != is {
                return Err(LoadError::sidecar(
                    self.file(),
                    format!("its sidecar says {what} {says:?}, and it is {is:?}"),
                ));
            }
        }
        Ok(())
    }
}

fn check(manifest: &Manifest) -> Result<(), String> {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"_-".contains(&b);
    if manifest.name.is_empty() || !manifest.name.bytes().all(plain) {
        return Err(format!(
            "{:?} is no name of a source: lower-case ASCII, digits, _ and - are",
            manifest.name
        ));
    }
    let mut ids: Vec<&str> = manifest.datasets.iter().map(|offered| offered.id.as_str()).collect();
    ids.sort_unstable();
    if ids.is_empty() {
        return Err("it has no data set".to_owned());
    }
    match ids.windows(2).find_map(|pair| pair.first().filter(|id| pair.last() == Some(id))) {
        Some(twice) => Err(format!("data set {twice} is there twice")),
        None => Ok(()),
    }
}

fn or(text: String, default: &str) -> String {
    if text.is_empty() { default.to_owned() } else { text }
}

impl PluginSource {
    /// The data sets that the plugin brings, to be registered before the source.
    pub fn datasets(&self) -> &[&'static DatasetSpec] {
        &self.datasets
    }

    /// The hosts that it asks through its host's client; none where it asks nobody, or on its own.
    pub fn hosts(&self) -> &[&'static str] {
        &self.hosts
    }

    /// The library.
    pub fn plugin(&self) -> &'static Plugin {
        self.instance.plugin()
    }

    /// The day of the call, or that of the recording which is replayed.
    fn today(&self, cx: &Context) -> Date {
        self.http.as_ref().and_then(|http| http.today()).unwrap_or(cx.today)
    }

    /// Asks the plugin, runs its requests, and waits for the end.
    async fn ask(&self, cx: &Context, query: &Query) -> Result<Ended, SourceError> {
        let began = Instant::now();
        let today = self.today(cx);
        let json = Asked { today, query: query.clone() }.to_json()?;
        let serves = Serves { cx: cx.clone(), began, today };
        // Dropped after the call, which is asked to stop before its requests end under it.
        let mut running: FuturesUnordered<Pin<Box<dyn Future<Output = ()> + Send>>> = FuturesUnordered::new();
        let waited = Waited::new(Arc::clone(&self.instance));
        if self.blocking {
            let (call, time) = (Arc::clone(waited.call()), cx.time);
            tokio::task::spawn_blocking(move || call.start(&json, time));
        } else {
            waited.call().start(&json, cx.time);
        }
        let end = poll_fn(|task| {
            loop {
                let (ended, jobs) = waited.news(task.waker());
                if let Some(ended) = ended {
                    return Poll::Ready(ended);
                }
                for job in jobs {
                    running.push(Box::pin(http::run(job, self.http.clone(), serves.clone())));
                }
                // What a request's end set off is news; nothing else is before the waker is woken.
                if !matches!(running.poll_next_unpin(task), Poll::Ready(Some(()))) {
                    return Poll::Pending;
                }
            }
        });
        tokio::time::timeout_at(began + cx.time + GRACE, end)
            .await
            .map_err(|_| SourceError::new(ErrorKind::Timeout, format!("no answer in {:?}", cx.time)))
    }
}

#[async_trait]
impl DataSource for PluginSource {
    fn info(&self) -> &SourceInfo {
        &self.info
    }

    fn capability(&self, dataset: &DatasetId) -> Option<&Capability> {
        self.capabilities.iter().find(|(id, _)| id == dataset).map(|(_, capability)| capability)
    }

    fn forecast(&self, cx: &Context, query: &Query) -> Option<Forecast> {
        self.instance.ready().ok()?;
        let json = Asked { today: self.today(cx), query: query.clone() }.to_json().ok()?;
        let told = self.instance.forecast(&call::request(0, &json, cx.time))?;
        let requests = told.requests as usize;
        let own = Duration::from_millis(u64::try_from(told.wait_ms).unwrap_or(0));
        let ours = match &self.http {
            Some(http) if requests > 0 => http.wait(self.hosts.get(told.host as usize)?, requests),
            _ => Duration::ZERO,
        };
        Some(Forecast { requests, wait: own.saturating_add(ours) })
    }

    async fn fetch(&self, cx: &Context, query: &Query) -> Result<Table, SourceError> {
        let dataset = query.dataset();
        let unsupported =
            |why: String| SourceError::new(ErrorKind::Unsupported, format!("{} {why}", self.info.name));
        let capability = self.capability(&dataset).ok_or_else(|| unsupported(format!("has no {dataset}")))?;
        // As at a built-in vendor: a plugin need not check what it promised.
        capability.answers(query, self.today(cx)).map_err(unsupported)?;
        self.instance.ready()?;
        match self.ask(cx, query).await? {
            Ended::Stream(stream) => {
                self.instance.ended(false);
                import::table(stream).map(Table::new)
            }
            Ended::Error(error, panicked) => {
                self.instance.ended(panicked);
                Err(error)
            }
        }
    }
}
