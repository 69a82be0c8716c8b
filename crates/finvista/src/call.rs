//! A call: a builder that can be awaited.

use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::time::Duration;

use finvista_core::dataset::{CnStockDaily, Dataset};
use finvista_core::manager::{CallOptions, Error};
use finvista_core::{Adjust, DateRange, InvalidInput, Query, Table, date};
use jiff::civil::Date;

use crate::client::FinVista;

/// A call that nothing was sent for yet: refine it, then await it.
///
/// A mistake in a symbol or a date is kept and comes out of the await, so the builder reads in one line.
///
/// ```no_run
/// # async fn example() -> Result<(), finvista::Error> {
/// use finvista::{Adjust, FinVista};
///
/// let fv = FinVista::new()?;
/// let bars = fv.cn_stock_daily("600519").start("2024-01-01").end("2024-06-28").adjust(Adjust::Qfq).await?;
/// println!("{} bars from {}", bars.num_rows(), bars.source());
/// # Ok(())
/// # }
/// ```
#[must_use = "a call does nothing until it is awaited"]
#[derive(Debug)]
pub struct Call<D: Dataset> {
    client: FinVista,
    query: Result<D::Query, InvalidInput>,
    options: CallOptions,
}

impl<D: Dataset> Call<D> {
    pub(crate) fn new(client: FinVista, query: Result<D::Query, InvalidInput>) -> Self {
        Self { client, query, options: CallOptions::default() }
    }

    /// Asks this source and no other: this one's table or this one's error. Its circuit still guards it.
    pub fn source(mut self, name: impl Into<String>) -> Self {
        self.options.source = Some(name.into());
        self
    }

    /// Asks the sources even if a fresh answer is in the cache.
    pub fn fresh(mut self) -> Self {
        self.options.fresh = true;
        self
    }

    /// Asks no second source beside a slow one.
    pub fn no_hedge(mut self) -> Self {
        self.options.no_hedge = true;
        self
    }

    /// When every source fails, accepts an answer of at most this age, marked as stale in its provenance.
    pub fn stale_if_error(mut self, age: Duration) -> Self {
        self.options.stale_if_error = Some(age);
        self
    }

    /// The time of the whole call, over all sources, in place of the configured 30 s.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.options.deadline = Some(timeout);
        self
    }

    fn refine(mut self, refine: impl FnOnce(D::Query) -> Result<D::Query, InvalidInput>) -> Self {
        self.query = self.query.and_then(refine);
        self
    }
}

impl Call<CnStockDaily> {
    /// The first day, inclusive. By default the first listing day.
    pub fn start(self, day: impl IntoDay) -> Self {
        let day = day.into_day();
        self.refine(|mut query| {
            query.range = DateRange::new(Some(day?), query.range.end())?;
            Ok(query)
        })
    }

    /// The last day, inclusive. By default today.
    pub fn end(self, day: impl IntoDay) -> Self {
        let day = day.into_day();
        self.refine(|mut query| {
            query.range = DateRange::new(query.range.start(), Some(day?))?;
            Ok(query)
        })
    }

    /// The adjustment of the prices. By default none. A source that cannot adjust exactly is not asked.
    pub fn adjust(self, adjust: Adjust) -> Self {
        self.refine(|mut query| {
            query.adjust = adjust;
            Ok(query)
        })
    }
}

impl<D: Dataset> IntoFuture for Call<D>
where
    D::Query: Into<Query>,
{
    type Output = Result<Table, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move { self.client.fetch_with(&self.query?.into(), &self.options).await })
    }
}

/// A day, as callers have it: a [`Date`], or text such as `2024-01-31`, `2024-1-31` or `20240131`.
pub trait IntoDay {
    /// The day.
    ///
    /// # Errors
    ///
    /// When the text is no day.
    fn into_day(self) -> Result<Date, InvalidInput>;
}

impl IntoDay for Date {
    fn into_day(self) -> Result<Date, InvalidInput> {
        Ok(self)
    }
}

impl IntoDay for &str {
    fn into_day(self) -> Result<Date, InvalidInput> {
        date::parse(self)
    }
}

impl IntoDay for String {
    fn into_day(self) -> Result<Date, InvalidInput> {
        date::parse(&self)
    }
}
