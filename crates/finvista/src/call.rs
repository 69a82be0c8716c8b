//! A call: a builder that is awaited, or sent.

use std::fmt;
use std::future::{Future, IntoFuture};
use std::marker::PhantomData;
use std::pin::Pin;
use std::time::Duration;

use finvista_core::dataset::Dataset;
use finvista_core::manager::{CallOptions, Error, Plan};
use finvista_core::{InvalidInput, Progress, Query, Shape, Table};

use crate::client::{Async, Client};
use crate::polls::Polls;
use crate::refine::refinements;

/// A question that nothing was sent for yet: refine it, then await it, or with [`blocking`](crate::blocking) send it. Which
/// refinements there are depends on the data set `D`.
///
/// ```no_run
/// # async fn example(fv: &finvista::FinVista) -> Result<(), finvista::Error> {
/// use finvista::Adjust;
///
/// let bars = fv.cn_stock_daily("000001").start("2024-01-01").adjust(Adjust::Qfq).await?;
/// for bar in &bars {
///     println!("{} {}", bar.date, bar.close);
/// }
/// # Ok(())
/// # }
/// ```
#[must_use = "a call does nothing until it is awaited or sent"]
pub struct Call<D: Dataset, M = Async> {
    pub(crate) client: Client<M>,
    selection: Result<D::Selection, InvalidInput>,
    options: CallOptions,
    dataset: PhantomData<fn() -> D>,
}

refinements!(Call [] [D: Dataset]);

impl<D: Dataset, M> Call<D, M> {
    pub(crate) fn new(client: Client<M>, selection: Result<D::Selection, InvalidInput>) -> Self {
        Self { client, selection, options: CallOptions::default(), dataset: PhantomData }
    }

    /// Calls this function as the requests of the answer are answered, with the number that is done and the number that is
    /// known. The list of a market takes dozens of them.
    pub fn progress(mut self, report: impl Fn(usize, usize) + Send + Sync + 'static) -> Self {
        self.options.progress = Progress::new(report);
        self
    }

    /// The query that the call asks.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`] when an argument or a refinement is wrong.
    pub fn query(&self) -> Result<Query, Error> {
        Ok(Query::of::<D>(self.selection.clone()?))
    }

    /// What the call would do now: which sources it would ask in which order and how long that takes, and which not and why. It
    /// sends nothing.
    ///
    /// # Errors
    ///
    /// When an argument is wrong, the source asked for is unknown, or every source is disabled.
    pub fn explain(&self) -> Result<Plan, Error> {
        self.client.explain(&self.query()?, &self.options)
    }

    fn select(&mut self, change: impl Fn(&mut D::Selection) -> Result<(), InvalidInput>) {
        if let Ok(selection) = &mut self.selection
            && let Err(mistake) = change(selection)
        {
            self.selection = Err(mistake);
        }
    }

    /// The client, the query and its options.
    pub(crate) fn into_parts(self) -> Result<(Client<M>, Query, CallOptions), Error> {
        Ok((self.client, Query::of::<D>(self.selection?), self.options))
    }
}

impl<D: Dataset> Call<D> {
    /// Repeats the call: a stream of tables, the first at once and then one every `period`, or as soon as the previous call has
    /// ended. A failed call is an item and does not end the stream.
    ///
    /// ```no_run
    /// # async fn example(fv: &finvista::FinVista) -> Result<(), finvista::Error> {
    /// use std::time::Duration;
    ///
    /// let mut quotes = fv.cn_stock_quote(["000001", "600519"]).every(Duration::from_secs(3));
    /// while let Some(quotes) = quotes.next().await {
    ///     for quote in &quotes? {
    ///         println!("{} {:?}", quote.symbol, quote.price);
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn every(self, period: Duration) -> Polls<D> {
        Polls::new(self.into_parts(), period)
    }
}

impl<D: Dataset> IntoFuture for Call<D> {
    type Output = Result<Table<D>, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let (client, query, options) = self.into_parts()?;
            Ok(client.fetch_with(&query, &options).await?.typed()?)
        })
    }
}

impl<D: Dataset, M> fmt::Debug for Call<D, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call")
            .field("dataset", &D::SPEC.id)
            .field("selection", &self.selection.clone().map(Shape::erase))
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}
