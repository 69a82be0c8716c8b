//! The client: answers, controls and reports.

use std::sync::Arc;

use finvista_core::dataset::DatasetSpec;
use finvista_core::manager::{CallOptions, Error, Events, FailoverConfig, Health, Manager, ManyPlan, Plan};
use finvista_core::{Capability, DatasetId, Params, Query, SourceInfo, Table};
use finvista_http::{HttpClient, HttpRates};

use crate::turn::Turn;

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
    /// Held while settings are changed, from the look at the present ones on.
    changing: Arc<Turn>,
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
    pub(crate) fn over(manager: Manager, http: Arc<HttpClient>) -> Self {
        Self { manager: Arc::new(manager), http, changing: Arc::default(), mode: Async }
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
        let (manager, http) = (Arc::clone(&self.manager), Arc::clone(&self.http));
        Client { manager, http, changing: Arc::clone(&self.changing), mode }
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

    /// How many calls at once would be spread over the sources now, and how long our rate limits make them take: see
    /// [`Many::explain`](crate::Many::explain). It sends nothing, and changes nothing.
    ///
    /// # Errors
    ///
    /// As [`explain`](Self::explain), for the first query that has one.
    pub fn explain_many(&self, queries: &[Query], options: &CallOptions) -> Result<ManyPlan, Error> {
        self.manager.explain_many(queries, options)
    }

    /// Reads `key=value` parameters into a query of a data set.
    ///
    /// ```
    /// let fv = finvista::FinVista::new()?;
    /// let query = fv.query("cn_stock_list", &[("market".into(), "star".into())].into())?;
    /// assert_eq!(query.dataset().as_str(), "cn_stock_list");
    /// # Ok::<(), finvista::Error>(())
    /// ```
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
    ///
    /// ```
    /// let fv = finvista::FinVista::new()?;
    /// for spec in fv.datasets() {
    ///     println!("{}: {}, {} columns", spec.id, spec.title, spec.columns.len());
    /// }
    /// # Ok::<(), finvista::Error>(())
    /// ```
    pub fn datasets(&self) -> impl Iterator<Item = &'static DatasetSpec> {
        self.manager.registry().datasets().map(|known| known.spec)
    }

    /// The sources, in the order of registration.
    ///
    /// ```
    /// let fv = finvista::FinVista::new()?;
    /// let names: Vec<String> = fv.sources().into_iter().map(|source| source.info.name).collect();
    /// # Ok::<(), finvista::Error>(())
    /// ```
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
    ///
    /// ```
    /// let fv = finvista::FinVista::new()?;
    /// let health = fv.source_health();
    /// assert!(health.get("cn_stock_daily", "sina").is_some_and(|sina| sina.available));
    /// # Ok::<(), finvista::Error>(())
    /// ```
    pub fn source_health(&self) -> Health {
        self.manager.health()
    }

    /// What happens from now on, as a stream: transitions of circuits, failovers, bans, hedges. A subscriber that is too slow loses
    /// the oldest events, and an event says how many.
    ///
    /// ```no_run
    /// # async fn example(fv: &finvista::FinVista) {
    /// let mut events = fv.events();
    /// while let Some(event) = events.next().await {
    ///     println!("{event:?}");
    /// }
    /// # }
    /// ```
    pub fn events(&self) -> Events {
        self.manager.events()
    }

    /// Sets the order in which the sources of a data set are asked; the others come after them, in their present order. It applies
    /// to calls that begin from now on.
    ///
    /// ```
    /// let fv = finvista::FinVista::new()?;
    /// fv.set_source_priority("cn_stock_daily", ["sina", "eastmoney"])?;
    /// assert!(fv.set_source_priority("cn_stock_daily", ["yahoo"]).is_err());
    /// # Ok::<(), finvista::Error>(())
    /// ```
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

    /// Enables or disables a source for calls that begin from now on.
    ///
    /// ```
    /// let fv = finvista::FinVista::new()?;
    /// fv.set_source_enabled("eastmoney", false)?;
    /// # Ok::<(), finvista::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// When the source is unknown; the error lists the known ones.
    pub fn set_source_enabled(&self, source: &str, enabled: bool) -> Result<(), Error> {
        self.manager.set_enabled(source, enabled)
    }

    /// Sends every later call for a data set to this source and no other; `None` lifts that.
    ///
    /// ```
    /// let fv = finvista::FinVista::new()?;
    /// fv.force_source("cn_stock_quote", Some("tencent"))?;
    /// fv.force_source("cn_stock_quote", None)?;
    /// # Ok::<(), finvista::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// When the data set or the source is unknown; the error lists the known ones.
    pub fn force_source(&self, dataset: &str, source: Option<&str>) -> Result<(), Error> {
        self.manager.force(&id(dataset), source)
    }

    /// Closes the circuit of a source for a data set.
    ///
    /// ```
    /// let fv = finvista::FinVista::new()?;
    /// fv.reset_source_circuit("cn_stock_daily", "sina")?;
    /// # Ok::<(), finvista::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// When the data set or the source is unknown; the error lists the known ones.
    pub fn reset_source_circuit(&self, dataset: &str, source: &str) -> Result<(), Error> {
        self.manager.reset(Some(&id(dataset)), source)
    }

    /// Changes settings while calls run, as a whole or not at all. Changes from several threads take turns: each sees the one
    /// before it, and none is lost.
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
    /// When a value is out of its range, or a rate names an unknown vendor, or `change` itself calls this function. Nothing is
    /// changed then.
    pub fn configure(&self, change: impl FnOnce(&mut Config)) -> Result<(), Error> {
        let _turn = self.changing.take()?;
        let mut config = self.config();
        change(&mut config);
        // Both are validated before either is changed.
        config.failover.validate()?;
        let _now = self.changing.settings();
        self.http.set_rates(config.rates)?;
        Ok(self.manager.configure(config.failover)?)
    }

    /// The present settings. See [`configure`](Self::configure).
    pub fn config(&self) -> Config {
        // Those of one change, and not the rates of one and the thresholds of the next.
        let _now = self.changing.settings();
        Config { failover: self.manager.config(), rates: self.http.rates() }
    }
}

fn id(dataset: &str) -> DatasetId {
    DatasetId::from(dataset.to_owned())
}
