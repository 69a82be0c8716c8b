//! The same for programs without async: every call waits for its answer.
//!
//! ```no_run
//! use finvista::blocking::FinVista;
//!
//! let fv = FinVista::new()?;
//! let bars = fv.cn_stock_daily("000001").start("2024-01-01").send()?;
//! println!("{} bars from {}", bars.num_rows(), bars.source());
//! # Ok::<(), finvista::Error>(())
//! ```

use std::future::IntoFuture;
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use finvista_core::ConfigError;
use finvista_core::dataset::{CnStockDaily, CnStockQuote, Dataset};
use finvista_core::manager::Error;
use finvista_core::{Adjust, Query, Table};
use tokio::runtime::{Handle, Runtime};

use crate::call::IntoDay;

/// A client that waits. Cheap to clone. Controls and reports are those of [`crate::FinVista`], to which it dereferences.
#[derive(Debug, Clone)]
pub struct FinVista {
    client: crate::FinVista,
    runtime: Arc<Runtime>,
}

impl FinVista {
    /// A client with every registered source, and the settings of the environment.
    ///
    /// # Errors
    ///
    /// When a setting is wrong.
    pub fn new() -> Result<Self, Error> {
        Self::over(crate::FinVista::new()?)
    }

    /// A client that waits for the answers of this one.
    ///
    /// # Errors
    ///
    /// When the operating system gives no thread to run on.
    pub fn over(client: crate::FinVista) -> Result<Self, Error> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("finvista")
            .enable_all()
            .build()
            .map_err(|e| ConfigError::new("runtime", e.to_string()))?;
        Ok(Self { client, runtime: Arc::new(runtime) })
    }

    /// See [`crate::FinVista::cn_stock_daily`].
    pub fn cn_stock_daily(&self, symbol: impl AsRef<str>) -> Call<CnStockDaily> {
        self.call(self.client.cn_stock_daily(symbol))
    }

    /// See [`crate::FinVista::cn_stock_quote`].
    pub fn cn_stock_quote(&self, symbols: impl IntoIterator<Item = impl AsRef<str>>) -> Call<CnStockQuote> {
        self.call(self.client.cn_stock_quote(symbols))
    }

    /// Answers a query of any data set.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub fn fetch(&self, query: &Query) -> Result<Table, Error> {
        wait(&self.runtime, self.client.fetch(query))
    }

    /// See [`crate::FinVista::cn_stock_daily_many`].
    pub fn cn_stock_daily_many(
        &self,
        symbols: impl IntoIterator<Item = impl Into<String>>,
    ) -> Many<String, CnStockDaily> {
        self.many(self.client.cn_stock_daily_many(symbols))
    }

    /// See [`crate::FinVista::fetch_many`].
    pub fn fetch_many(&self, queries: impl IntoIterator<Item = Query>) -> Many<Query> {
        self.many(self.client.fetch_many(queries))
    }

    fn many<K, D>(&self, many: crate::Many<K, D>) -> Many<K, D> {
        Many { many, runtime: Arc::clone(&self.runtime) }
    }

    fn call<D: Dataset>(&self, call: crate::Call<D>) -> Call<D> {
        Call { call, runtime: Arc::clone(&self.runtime) }
    }
}

impl Deref for FinVista {
    type Target = crate::FinVista;

    fn deref(&self) -> &crate::FinVista {
        &self.client
    }
}

/// A call that nothing was sent for yet: refine it, then send it.
#[must_use = "a call does nothing until it is sent"]
#[derive(Debug)]
pub struct Call<D: Dataset> {
    call: crate::Call<D>,
    runtime: Arc<Runtime>,
}

impl<D: Dataset> Call<D>
where
    D::Query: Into<Query>,
{
    /// See [`crate::Call::source`].
    pub fn source(self, name: impl Into<String>) -> Self {
        self.map(|call| call.source(name))
    }

    /// See [`crate::Call::fresh`].
    pub fn fresh(self) -> Self {
        self.map(crate::Call::fresh)
    }

    /// See [`crate::Call::no_hedge`].
    pub fn no_hedge(self) -> Self {
        self.map(crate::Call::no_hedge)
    }

    /// See [`crate::Call::stale_if_error`].
    pub fn stale_if_error(self, age: Duration) -> Self {
        self.map(|call| call.stale_if_error(age))
    }

    /// See [`crate::Call::timeout`].
    pub fn timeout(self, timeout: Duration) -> Self {
        self.map(|call| call.timeout(timeout))
    }

    /// Sends it and waits for the table.
    ///
    /// # Errors
    ///
    /// See [`Error`]. Inside an async runtime it is [`Error::Config`]: waiting there would stop the runtime.
    pub fn send(self) -> Result<Table, Error> {
        wait(&self.runtime, self.call.into_future())
    }

    fn map(self, change: impl FnOnce(crate::Call<D>) -> crate::Call<D>) -> Self {
        Self { call: change(self.call), runtime: self.runtime }
    }
}

impl Call<CnStockDaily> {
    /// See [`crate::Call::start`].
    pub fn start(self, day: impl IntoDay) -> Self {
        self.map(|call| call.start(day))
    }

    /// See [`crate::Call::end`].
    pub fn end(self, day: impl IntoDay) -> Self {
        self.map(|call| call.end(day))
    }

    /// See [`crate::Call::adjust`].
    pub fn adjust(self, adjust: Adjust) -> Self {
        self.map(|call| call.adjust(adjust))
    }
}

/// Many queries that nothing was sent for yet: refine them, then send them.
///
/// ```no_run
/// use finvista::blocking::FinVista;
///
/// let fv = FinVista::new()?;
/// for (symbol, result) in fv.cn_stock_daily_many(["000001", "600519"]).start("2024-01-01").send()? {
///     match result {
///         Ok(bars) => println!("{symbol}: {} bars from {}", bars.num_rows(), bars.source()),
///         Err(error) => eprintln!("{symbol}: {error}"),
///     }
/// }
/// # Ok::<(), finvista::Error>(())
/// ```
#[must_use = "nothing is asked until it is sent"]
#[derive(Debug)]
pub struct Many<K, D = ()> {
    many: crate::Many<K, D>,
    runtime: Arc<Runtime>,
}

impl<K: Send + Unpin + 'static, D> Many<K, D> {
    /// See [`crate::Many::source`].
    pub fn source(self, name: impl Into<String>) -> Self {
        self.map(|many| many.source(name))
    }

    /// See [`crate::Many::fresh`].
    pub fn fresh(self) -> Self {
        self.map(crate::Many::fresh)
    }

    /// See [`crate::Many::no_hedge`].
    pub fn no_hedge(self) -> Self {
        self.map(crate::Many::no_hedge)
    }

    /// See [`crate::Many::stale_if_error`].
    pub fn stale_if_error(self, age: Duration) -> Self {
        self.map(|many| many.stale_if_error(age))
    }

    /// See [`crate::Many::timeout`].
    pub fn timeout(self, timeout: Duration) -> Self {
        self.map(|many| many.timeout(timeout))
    }

    /// See [`crate::Many::concurrency`].
    pub fn concurrency(self, calls: usize) -> Self {
        self.map(|many| many.concurrency(calls))
    }

    /// See [`crate::Many::progress`].
    pub fn progress(self, tell: impl FnMut(usize, usize) + Send + 'static) -> Self {
        self.map(|many| many.progress(tell))
    }

    /// The answers, in the order of their completion. The first calls begin with the first `next`.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] inside an async runtime: waiting there would stop the runtime.
    pub fn send(self) -> Result<Answers<K, D>, Error> {
        may_wait()?;
        Ok(Answers { many: self.many, runtime: self.runtime })
    }
}

impl<K, D> Many<K, D> {
    fn map(self, change: impl FnOnce(crate::Many<K, D>) -> crate::Many<K, D>) -> Self {
        Self { many: change(self.many), runtime: self.runtime }
    }
}

impl Many<String, CnStockDaily> {
    /// See [`crate::Many::start`].
    pub fn start(self, day: impl IntoDay) -> Self {
        self.map(|many| many.start(day))
    }

    /// See [`crate::Many::end`].
    pub fn end(self, day: impl IntoDay) -> Self {
        self.map(|many| many.end(day))
    }

    /// See [`crate::Many::adjust`].
    pub fn adjust(self, adjust: Adjust) -> Self {
        self.map(|many| many.adjust(adjust))
    }
}

/// The answers of [`Many`], each waited for in turn while others are under way. Dropping it cancels those.
#[derive(Debug)]
pub struct Answers<K, D = ()> {
    many: crate::Many<K, D>,
    runtime: Arc<Runtime>,
}

impl<K: Send + Unpin + 'static, D> Iterator for Answers<K, D> {
    type Item = (K, Result<Table, Error>);

    fn next(&mut self) -> Option<Self::Item> {
        self.runtime.block_on(self.many.next())
    }
}

fn wait(runtime: &Runtime, call: impl Future<Output = Result<Table, Error>>) -> Result<Table, Error> {
    may_wait()?;
    runtime.block_on(call)
}

/// Waiting inside a runtime would stop it.
fn may_wait() -> Result<(), Error> {
    if Handle::try_current().is_ok() {
        let why = "a blocking call inside an async runtime: use finvista::FinVista and await";
        return Err(ConfigError::new("blocking", why).into());
    }
    Ok(())
}
