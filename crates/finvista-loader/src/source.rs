//! A plugin's instance as a source.

use std::future::poll_fn;
use std::path::Path;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use async_trait::async_trait;
use finvista_core::{
    Capability, Context, DataSource, DatasetId, DatasetSpec, ErrorKind, Forecast, Offer, Query, Quota,
    RecordBatch, SourceError, SourceInfo, Zone, clean,
};
use finvista_plugin::{Manifest, PluginRequest};
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use jiff::Timestamp;
use tokio::time::Instant;

use crate::call::{Ended, Waited};
use crate::error::LoadError;
use crate::http::{Http, HttpNeeds};
use crate::instance::Instance;
use crate::job::Serves;
use crate::name::TARGET;
use crate::offer::{DroppedOffer, Taken, take};
use crate::plugin::Plugin;
use crate::pool::{BLOCKING_FETCH, FETCH, PATIENCE};
use crate::sidecar::Sidecar;
use crate::{call, job, leak, trust};

/// A plugin knows its time and ends in it. One that does not is given up this much later, so that the two cannot be confused.
const GRACE: Duration = Duration::from_millis(250);

/// A source out of a plugin. It is used like any other; dropping it ends its instance, and leaves the library loaded.
#[derive(Debug)]
pub struct PluginSource {
    info: SourceInfo,
    offers: Vec<Taken>,
    own: Vec<&'static DatasetSpec>,
    dropped: Vec<DroppedOffer>,
    /// The ids of the manifest, in its order.
    ids: Vec<String>,
    hosts: Vec<&'static str>,
    blocking: bool,
    http: Option<Arc<dyn Http>>,
    instance: Arc<Instance>,
}

impl Plugin {
    /// A source of this configuration, a JSON object; `{}` where there is nothing to configure.
    ///
    /// `known` gives the definition that this program has of a data set. An offer of such a data set is one more source of it if
    /// its columns are the same; an offer of any other data set brings its definition. An offer that does not fit, or that this
    /// host does not understand, is [dropped](PluginSource::dropped) alone. Where the plugin names hosts, `http` makes what sends
    /// its requests.
    ///
    /// # Errors
    ///
    /// When the plugin refuses the configuration, or its manifest is wrong or differs from its sidecar.
    pub fn open(
        &'static self,
        config: &str,
        known: impl Fn(&str) -> Option<&'static DatasetSpec>,
        http: impl FnOnce(&HttpNeeds<'_>) -> Option<Arc<dyn Http>>,
    ) -> Result<PluginSource, LoadError> {
        let instance = Arc::new(Instance::create(self, config)?);
        let manifest = instance.manifest()?;
        let wrong = |why: String| LoadError::manifest(self.file(), why);
        check(&manifest).map_err(wrong)?;
        self.check_sidecar(&manifest)?;
        self.name().set(&manifest.name);

        let rate = manifest.quota;
        let quota = Quota::from_parts(rate.per_minute, rate.burst, rate.in_flight)
            .ok_or_else(|| wrong(format!("expected a quota, got {rate:?}")))?;
        let hosts: Vec<&'static str> = manifest.hosts.iter().map(|host| leak::text(host)).collect();
        let needs = HttpNeeds { name: leak::text(&manifest.name), hosts: &hosts, quota };
        let http = if hosts.is_empty() { None } else { http(&needs) };

        let (mut offers, mut dropped): (Vec<Taken>, Vec<DroppedOffer>) = Default::default();
        for offered in &manifest.datasets {
            match take(offered, known(&offered.id)) {
                Ok(taken) => offers.push(taken),
                Err(why) => dropped.push(DroppedOffer { dataset: offered.id.clone(), why }),
            }
        }
        for offer in &dropped {
            tracing::warn!(target: TARGET, plugin = manifest.name, file = %self.file().display(), "{offer}");
        }
        Ok(PluginSource {
            own: offers.iter().filter(|taken| taken.is_own).map(|taken| taken.spec).collect(),
            ids: manifest.datasets.into_iter().map(|offered| offered.id).collect(),
            info: SourceInfo {
                offers: offers
                    .iter()
                    .map(|taken| Offer { dataset: taken.spec.id(), priority: taken.priority })
                    .collect(),
                title: or(cleaned(&manifest.title), &manifest.name),
                failure_domain: or(cleaned(&manifest.failure_domain), &manifest.name),
                origin: format!("plugin {} (ABI {})", self.file().display(), self.abi()),
                version: cleaned(&manifest.version),
                name: manifest.name,
            },
            offers,
            dropped,
            hosts,
            blocking: manifest.blocking,
            http,
            instance,
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
                    format!("expected {what} {says:?}, as its sidecar says, got {is:?}"),
                ));
            }
        }
        Ok(())
    }
}

fn check(manifest: &Manifest) -> Result<(), String> {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"_-".contains(&b);
    if manifest.name.is_empty() || !manifest.name.bytes().all(plain) {
        return Err(format!("expected a name in lower-case ASCII, digits, _ and -, got {:?}", manifest.name));
    }
    let mut ids: Vec<&str> = manifest.datasets.iter().map(|offered| offered.id.as_str()).collect();
    ids.sort_unstable();
    if ids.is_empty() {
        return Err("expected at least one data set, got none".to_owned());
    }
    match ids.windows(2).find_map(|pair| pair.first().filter(|id| pair.last() == Some(id))) {
        Some(twice) => Err(format!("data set {twice} is there twice")),
        None => Ok(()),
    }
}

/// A text of the manifest as reports show it.
fn cleaned(text: &str) -> String {
    clean(text, 200).into_owned()
}

fn or(text: String, default: &str) -> String {
    if text.is_empty() { default.to_owned() } else { text }
}

impl PluginSource {
    /// The data sets that this plugin alone defines, to be registered before the source.
    pub fn datasets(&self) -> &[&'static DatasetSpec] {
        &self.own
    }

    /// The definition of a data set that it offers: this program's own, or the plugin's.
    pub fn spec(&self, dataset: &DatasetId) -> Option<&'static DatasetSpec> {
        self.offer(dataset).map(|taken| taken.spec)
    }

    /// The offers that were left out.
    pub fn dropped(&self) -> &[DroppedOffer] {
        &self.dropped
    }

    /// The hosts that it asks through its host's client; none where it sends no requests, or sends them itself.
    pub fn hosts(&self) -> &[&'static str] {
        &self.hosts
    }

    /// The library.
    pub fn plugin(&self) -> &'static Plugin {
        self.instance.plugin()
    }

    fn offer(&self, dataset: &DatasetId) -> Option<&Taken> {
        self.offers.iter().find(|taken| taken.spec.id == dataset.as_str())
    }

    /// The instant of the call, or one on the day of the recording that is replayed.
    fn now(&self, cx: &Context) -> Timestamp {
        self.http.as_ref().and_then(|http| http.now()).unwrap_or(cx.now)
    }

    /// Asks the plugin, runs its requests, and waits for the end.
    async fn ask(&self, cx: &Context, now: Timestamp, query: &Query) -> Result<Ended, SourceError> {
        let began = Instant::now();
        let json = PluginRequest::new(now, query).to_json()?;
        let serves = Serves { cx: cx.clone(), began, today: Zone::Shanghai.day(now) };
        // Dropped after the call, which is asked to stop before its requests end under it.
        let mut running: FuturesUnordered<Pin<Box<dyn Future<Output = ()> + Send>>> = FuturesUnordered::new();
        let waited = Waited::new(Arc::clone(&self.instance), cx.clone());
        let (call, span) = (Arc::clone(waited.call()), tracing::Span::current());
        let function = if self.blocking { BLOCKING_FETCH } else { FETCH };
        self.plugin().calls().run(function, move || span.in_scope(|| call.start(&json)));
        let end = poll_fn(|task| {
            loop {
                let (ended, jobs) = waited.news(task.waker());
                if let Some(ended) = ended {
                    return Poll::Ready(ended);
                }
                for job in jobs {
                    running.push(Box::pin(job::run(job, self.http.clone(), serves.clone())));
                }
                // What a request's end set off is news; nothing else is before the waker is woken.
                if !matches!(running.poll_next_unpin(task), Poll::Ready(Some(()))) {
                    return Poll::Pending;
                }
            }
        });
        let mut end = pin!(end);
        let last = began + cx.time + GRACE;
        // The watchdog looks once while the call is under way, and at its end.
        let look = last.min(began + PATIENCE + GRACE);
        if let Ok(ended) = tokio::time::timeout_at(look, &mut end).await {
            return Ok(ended);
        }
        self.plugin().calls().look();
        let ended = tokio::time::timeout_at(last, end).await;
        self.plugin().calls().look();
        ended.map_err(|_| SourceError::new(ErrorKind::Timeout, format!("no answer in {:?}", cx.time)))
    }
}

#[async_trait]
impl DataSource for PluginSource {
    fn info(&self) -> &SourceInfo {
        &self.info
    }

    fn capability(&self, dataset: &DatasetId) -> Option<&Capability> {
        self.offer(dataset).map(|taken| &taken.capability)
    }

    fn forecast(&self, cx: &Context, query: &Query) -> Option<Forecast> {
        self.instance.ready().ok()?;
        let (json, asked) = (PluginRequest::new(self.now(cx), query).to_json().ok()?, cx.clone());
        let known = self.instance.forecast(move |ask| ask(&call::request(0, &json, &asked)))?;
        let requests = known.requests as usize;
        let own = Duration::from_millis(u64::try_from(known.wait_ms).unwrap_or(0));
        let ours = match &self.http {
            Some(http) if requests > 0 => {
                http.wait(self.hosts.get(known.host as usize)?, cx.ahead + requests)
            }
            _ => Duration::ZERO,
        };
        Some(Forecast::new(requests, own.saturating_add(ours)))
    }

    async fn fetch(&self, cx: &Context, query: &Query) -> Result<RecordBatch, SourceError> {
        let (dataset, now) = (query.dataset(), self.now(cx));
        let unsupported =
            |why: String| SourceError::new(ErrorKind::Unsupported, format!("{} {why}", self.info.name));
        let capability = self.capability(dataset).ok_or_else(|| unsupported(format!("has no {dataset}")))?;
        // As at a built-in vendor: a plugin need not check what it promised.
        let promise = capability.answers(query.selection(), Zone::Shanghai.day(now));
        promise.map_err(|refusal| unsupported(refusal.to_string()))?;
        self.instance.ready()?;
        match self.ask(cx, now, query).await? {
            Ended::Table(table) => {
                self.instance.ended(false);
                table
            }
            Ended::Error(error, panicked) => {
                self.instance.ended(panicked);
                Err(error)
            }
        }
    }
}

impl Sidecar {
    /// The sidecar that the library of a source should have beside it: name, version and data sets of its manifest, and the hash
    /// of the file.
    ///
    /// # Errors
    ///
    /// When the file cannot be read.
    pub fn of(source: &PluginSource) -> Result<Self, LoadError> {
        let (file, info): (&Path, _) = (source.plugin().file(), source.info());
        Ok(Self {
            name: info.name.clone(),
            version: info.version.clone(),
            file: file.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            sha256: trust::sha256(file)?,
            abi: source.plugin().abi(),
            datasets: source.ids.clone(),
        })
    }
}
