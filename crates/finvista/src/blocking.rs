//! The same for programs without async: a call is sent, and waits for its answer.
//!
//! ```no_run
//! use finvista::blocking::FinVista;
//!
//! let fv = FinVista::new()?;
//! let bars = fv.cn_stock_daily("000001").start("2024-01-01").send()?;
//! println!("{} bars from {}", bars.num_rows(), bars.source());
//! # Ok::<(), finvista::Error>(())
//! ```

use std::future::poll_fn;
use std::sync::Arc;

use finvista_core::dataset::Dataset;
use finvista_core::manager::{CallOptions, Error};
use finvista_core::{ConfigError, Query, Table};
use tokio::runtime::{Handle, Runtime};

use crate::client::{Async, Client};
use crate::{Call, Many};

/// A client that waits. Cheap to clone. Calls, controls and reports are those of [`crate::FinVista`]; a call is
/// [sent](Call::send) instead of awaited.
pub type FinVista = Client<Blocking>;

/// The mode of a client whose calls wait, with the runtime on which they run.
#[derive(Debug, Clone)]
pub struct Blocking(Arc<Running>);

/// A runtime that may be dropped anywhere: a runtime itself panics where async code drops it.
#[derive(Debug)]
struct Running {
    handle: Handle,
    runtime: Option<Runtime>,
}

impl Drop for Running {
    fn drop(&mut self) {
        // It waits for nothing: the calls under way are over when their futures are dropped.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl FinVista {
    /// A client with every registered source, and the settings of the environment.
    ///
    /// # Errors
    ///
    /// When a setting is wrong.
    pub fn new() -> Result<Self, Error> {
        Self::over(&crate::FinVista::new()?)
    }

    /// A client that waits for the answers of this one, and shares everything with it.
    ///
    /// # Errors
    ///
    /// When the operating system gives no thread to run on.
    pub fn over(client: &crate::FinVista) -> Result<Self, Error> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("finvista")
            .enable_all()
            .build()
            .map_err(|e| ConfigError::new("runtime", e.to_string()))?;
        let (handle, runtime) = (runtime.handle().clone(), Some(runtime));
        Ok(client.with_mode(Blocking(Arc::new(Running { handle, runtime }))))
    }

    /// Answers a query of any data set, a third party's included.
    ///
    /// # Errors
    ///
    /// See [`Error`]. Inside an async runtime it is [`Error::Config`]: waiting there would stop the runtime.
    pub fn fetch(&self, query: &Query) -> Result<Table, Error> {
        self.fetch_with(query, &CallOptions::default())
    }

    /// The same with options: one source, another timeout.
    ///
    /// # Errors
    ///
    /// As [`fetch`](Self::fetch).
    pub fn fetch_with(&self, query: &Query, options: &CallOptions) -> Result<Table, Error> {
        may_wait()?;
        let Blocking(running) = &self.mode;
        running.handle.block_on(self.with_mode(Async).fetch_with(query, options))
    }
}

impl<D: Dataset> Call<D, Blocking> {
    /// Sends the call and waits for the table.
    ///
    /// # Errors
    ///
    /// See [`Error`]. Inside an async runtime it is [`Error::Config`]: waiting there would stop the runtime.
    pub fn send(self) -> Result<Table<D>, Error> {
        let (client, query, options) = self.into_parts()?;
        Ok(client.fetch_with(&query, &options)?.typed()?)
    }
}

impl<K: Send + Unpin + 'static, D> Many<K, D, Blocking> {
    /// The answers, in the order of their completion. The first calls begin with the first `next`.
    ///
    /// ```no_run
    /// let fv = finvista::blocking::FinVista::new()?;
    /// for (symbol, result) in fv.cn_stock_daily_many(["000001", "600519"]).start("2024-01-01").send()? {
    ///     match result {
    ///         Ok(bars) => println!("{symbol}: {} bars from {}", bars.num_rows(), bars.source()),
    ///         Err(error) => eprintln!("{symbol}: {error}"),
    ///     }
    /// }
    /// # Ok::<(), finvista::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Config`] inside an async runtime: waiting there would stop the runtime.
    pub fn send(self) -> Result<Answers<K, D>, Error> {
        may_wait()?;
        Ok(Answers(self))
    }
}

/// The answers of [`Many`]: each is waited for in turn while other calls are under way. Dropping it cancels those.
#[derive(Debug)]
pub struct Answers<K, D>(Many<K, D, Blocking>);

impl<K: Send + Unpin + 'static, D> Iterator for Answers<K, D> {
    type Item = (K, Result<Table<D>, Error>);

    fn next(&mut self) -> Option<Self::Item> {
        let Blocking(running) = self.0.client.mode.clone();
        let client = self.0.client.with_mode(Async);
        let answer = poll_fn(|cx| self.0.poll_answer(&client, cx));
        if may_wait().is_ok() {
            return running.handle.block_on(answer);
        }
        // The iterator was carried into async code. An item cannot say that, and the runtime there refuses to wait.
        let waited = std::thread::scope(|scope| scope.spawn(|| running.handle.block_on(answer)).join());
        waited.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }
}

/// Waiting inside a runtime would stop it.
fn may_wait() -> Result<(), Error> {
    if Handle::try_current().is_ok() {
        let why = "a blocking call inside an async runtime: use finvista::FinVista and await";
        return Err(ConfigError::new("blocking", why).into());
    }
    Ok(())
}
