//! The client: calls, controls and reports.

use std::sync::Arc;

use finvista_core::dataset::{Dataset, DatasetSpec};
use finvista_core::manager::{CallOptions, Error, Events, FailoverConfig, Health, Manager, Plan};
use finvista_core::{Capability, DatasetId, InvalidInput, Params, Query, SourceInfo, Table};
use finvista_http::{HttpClient, HttpRates};

use crate::builder::Builder;
use crate::call::Call;
use crate::many::Many;
use crate::selection::IntoSelection;

/// Market data from whichever source can give it. Cheap to clone: clones share circuits, priorities and connections.
///
/// It needs a tokio runtime; [`blocking::FinVista`](crate::blocking::FinVista) (feature `blocking`) brings its own.
///
/// ```no_run
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), finvista::Error> {
/// let fv = finvista::FinVista::new()?;
/// let bars = fv.cn_stock_daily("000001").await?;
/// println!("Data from: {}", bars.source());
/// for bar in bars.rows().take(3) {
///     println!("{} {}", bar.date, bar.close);
/// }
/// # Ok(())
/// # }
/// ```
pub type FinVista = Client<Async>;

/// The client of both modes: [`FinVista`] awaits its calls, [`blocking::FinVista`](crate::blocking::FinVista) sends them and waits.
#[derive(Debug, Clone)]
pub struct Client<M = Async> {
    manager: Arc<Manager>,
    http: Arc<HttpClient>,
    #[cfg_attr(
        not(feature = "blocking"),
        expect(dead_code, reason = "only blocking calls have something in it")
    )]
    pub(crate) mode: M,
}

/// The mode of a client whose calls are awaited.
#[derive(Debug, Clone, Copy)]
pub struct Async;

/// What [`FinVista::configure`] can change while calls run.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Config {
    /// Thresholds and times of failover.
    pub failover: FailoverConfig,
    /// How often vendors are asked.
    pub rates: HttpRates,
}

/// A source of a client.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct SourceStatus {
    /// Who it is and what it offers.
    pub info: SourceInfo,
    /// What it promises for each of its data sets.
    pub capabilities: Vec<(DatasetId, Capability)>,
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

    pub(crate) fn over(manager: Manager, http: Arc<HttpClient>) -> Self {
        Self { manager: Arc::new(manager), http, mode: Async }
    }

    /// Answers a query of any data set, a third party's included.
    ///
    /// ```no_run
    /// # async fn example(fv: &finvista::FinVista) -> Result<(), finvista::Error> {
    /// let query = fv.query("cn_stock_daily", &[("symbol".into(), "000001".into())].into())?;
    /// println!("{}", fv.fetch(&query).await?);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub async fn fetch(&self, query: &Query) -> Result<Table, Error> {
        self.fetch_with(query, &CallOptions::default()).await
    }

    /// The same with options: one source, another timeout.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub async fn fetch_with(&self, query: &Query, options: &CallOptions) -> Result<Table, Error> {
        self.manager.fetch(query, options).await
    }
}

impl<M: Clone> Client<M> {
    /// The same client in another mode.
    #[cfg(feature = "blocking")]
    pub(crate) fn with_mode<N>(&self, mode: N) -> Client<N> {
        Client { manager: Arc::clone(&self.manager), http: Arc::clone(&self.http), mode }
    }

    /// Asks a data set by its type, a third party's included: the same calls, refinements and answers as for the data sets of
    /// FinVista.
    ///
    /// ```no_run
    /// # async fn example(fv: &finvista::FinVista) -> Result<(), finvista::Error> {
    /// use finvista::datasets::CnStockDaily;
    ///
    /// let bars = fv.call::<CnStockDaily>("000001").start("2024-01-01").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn call<D: Dataset>(&self, what: impl IntoSelection<D::Selection>) -> Call<D, M> {
        Call::new(self.clone(), what.into_selection(D::SPEC))
    }

    /// Asks a data set by its type for many things at once: a stream of each, as it was written here, and its answer.
    pub fn call_many<D: Dataset, K>(&self, each: impl IntoIterator<Item = K>) -> Many<K, D, M>
    where
        K: Clone + IntoSelection<D::Selection>,
    {
        let asked = each.into_iter().map(|key| {
            let selection: Result<D::Selection, InvalidInput> = key.clone().into_selection(D::SPEC);
            (key, selection)
        });
        Many::of(self.clone(), asked)
    }

    /// Answers many queries, of any data sets: a stream of each query and its answer. See [`Many`].
    pub fn fetch_many(&self, queries: impl IntoIterator<Item = Query>) -> Many<Query, finvista_core::Any, M> {
        self.fetch_many_with(queries, &CallOptions::default())
    }

    /// The same with options, which are those of each call.
    pub fn fetch_many_with(
        &self,
        queries: impl IntoIterator<Item = Query>,
        options: &CallOptions,
    ) -> Many<Query, finvista_core::Any, M> {
        let asked = queries.into_iter().map(|query| (query.clone(), query));
        Many::untyped(self.clone(), asked, options.clone())
    }
}

impl<M> Client<M> {
    /// What a call for this query would do now: which sources it would ask in which order and how long that takes, and which not
    /// and why. It sends nothing, and changes nothing.
    ///
    /// ```
    /// # fn main() -> Result<(), finvista::Error> {
    /// let fv = finvista::FinVista::new()?;
    /// let query = fv.query("cn_stock_daily", &[("symbol".into(), "000001".into())].into())?;
    /// println!("{}", fv.explain(&query, &finvista::CallOptions::default())?);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// When the data set or the source asked for is unknown, and when every source is disabled.
    pub fn explain(&self, query: &Query, options: &CallOptions) -> Result<Plan, Error> {
        self.manager.explain(query, options)
    }

    /// Reads `key=value` parameters into a query of a data set.
    ///
    /// # Errors
    ///
    /// When the data set is unknown, or a parameter is; the error lists the known ones.
    pub fn query(&self, dataset: &str, params: &Params) -> Result<Query, Error> {
        match self.manager.registry().dataset(dataset) {
            Some(known) => Ok(known.spec.parse(params)?),
            None => Err(Error::UnknownDataset {
                name: dataset.to_owned(),
                known: self.datasets().map(|known| known.id.to_owned()).collect(),
            }),
        }
    }

    /// The data sets, by key.
    pub fn datasets(&self) -> impl Iterator<Item = &'static DatasetSpec> {
        self.manager.registry().datasets().map(|known| known.spec)
    }

    /// The sources, in the order of registration.
    pub fn sources(&self) -> Vec<SourceStatus> {
        let sources = self.manager.registry().sources().iter();
        sources
            .map(|source| {
                let info = source.info().clone();
                let capabilities = info
                    .offers
                    .iter()
                    .filter_map(|offer| Some((offer.dataset.clone(), *source.capability(&offer.dataset)?)));
                SourceStatus { capabilities: capabilities.collect(), info }
            })
            .collect()
    }

    /// The health of every source for every data set that it has. Reading changes nothing.
    pub fn source_health(&self) -> Health {
        self.manager.health()
    }

    /// What happens from now on, as a stream: transitions of circuits, failovers, bans, hedges. A subscriber that is too slow loses
    /// the oldest events, and an event says how many.
    pub fn events(&self) -> Events {
        self.manager.events()
    }

    /// Sets the order in which the sources of a data set are asked; the ones that are not named come after, in the order
    /// that they had. It acts on the calls that begin from now on.
    ///
    /// # Errors
    ///
    /// When the data set or a source is unknown; the error lists the known ones.
    pub fn set_source_priority(
        &self,
        dataset: &str,
        order: impl IntoIterator<Item = impl AsRef<str>>,
    ) -> Result<(), Error> {
        let order: Vec<_> = order.into_iter().collect();
        let order: Vec<&str> = order.iter().map(AsRef::as_ref).collect();
        self.manager.set_priority(&id(dataset), &order)
    }

    /// Enables or disables a source for the calls that begin from now on.
    ///
    /// # Errors
    ///
    /// When the source is unknown; the error lists the known ones.
    pub fn set_source_enabled(&self, source: &str, enabled: bool) -> Result<(), Error> {
        self.manager.set_enabled(source, enabled)
    }

    /// Sends every later call for a data set to this source and no other; `None` ends it.
    ///
    /// # Errors
    ///
    /// When the data set or the source is unknown; the error lists the known ones.
    pub fn force_source(&self, dataset: &str, source: Option<&str>) -> Result<(), Error> {
        self.manager.force(&id(dataset), source)
    }

    /// Closes the circuit of a source for a data set.
    ///
    /// # Errors
    ///
    /// When the data set or the source is unknown; the error lists the known ones.
    pub fn reset_source_circuit(&self, dataset: &str, source: &str) -> Result<(), Error> {
        self.manager.reset(Some(&id(dataset)), source)
    }

    /// Changes settings while calls run, as a whole or not at all.
    ///
    /// ```
    /// # fn main() -> Result<(), finvista::Error> {
    /// let fv = finvista::FinVista::new()?;
    /// fv.configure(|c| c.failover.failure_threshold = 3)?;
    /// assert_eq!(fv.config().failover.failure_threshold, 3);
    ///
    /// let error = fv.configure(|c| c.failover.failure_threshold = 0).unwrap_err();
    /// assert!(error.to_string().contains("failure_threshold"));
    /// assert_eq!(fv.config().failover.failure_threshold, 3);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// When a value is out of its range, or a rate names an unknown vendor. Nothing is changed then.
    pub fn configure(&self, change: impl FnOnce(&mut Config)) -> Result<(), Error> {
        let mut config = self.config();
        change(&mut config);
        // Both are looked at before either is changed.
        config.failover.validate()?;
        self.http.set_rates(config.rates)?;
        Ok(self.manager.configure(config.failover)?)
    }

    /// The present settings.
    pub fn config(&self) -> Config {
        Config { failover: self.manager.config(), rates: self.http.rates() }
    }
}

fn id(dataset: &str) -> DatasetId {
    DatasetId::from(dataset.to_owned())
}
