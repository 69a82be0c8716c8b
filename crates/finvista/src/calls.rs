//! The calls of both clients. A data set costs its lines in the list below.

use finvista_core::dataset::Dataset;
use finvista_core::manager::CallOptions;
use finvista_core::{Any, InvalidInput, Query};
use finvista_datasets::{
    CnIndexDaily, CnIndexQuote, CnStockDaily, CnStockList, CnStockMinute, CnStockQuote, CnStockSearch,
};

use crate::call::Call;
use crate::client::Client;
use crate::many::Many;
use crate::selection::IntoSelection;

impl<M: Clone> Client<M> {
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
    ///
    /// ```no_run
    /// # async fn example(fv: &finvista::FinVista) -> Result<(), finvista::Error> {
    /// let query = |market: &str| fv.query("cn_stock_list", &[("market".into(), market.into())].into());
    /// let mut answers = fv.fetch_many([query("star")?, query("chinext")?]);
    /// while let Some((query, result)) = answers.next().await {
    ///     println!("{query}: {} rows", result?.num_rows());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn fetch_many(&self, queries: impl IntoIterator<Item = Query>) -> Many<Query, Any, M> {
        self.fetch_many_with(queries, &CallOptions::default())
    }

    /// The same with options, which are those of each call.
    pub fn fetch_many_with(
        &self,
        queries: impl IntoIterator<Item = Query>,
        options: &CallOptions,
    ) -> Many<Query, Any, M> {
        let asked = queries.into_iter().map(|query| (query.clone(), query));
        Many::untyped(self.clone(), asked, options.clone())
    }
}

macro_rules! calls {
    ($(
        $(#[doc = $doc:literal])+
        $method:ident $(, $many:ident)? ($what:ident) -> $D:ident;
    )+) => {
        impl<M: Clone> Client<M> {
            $(
                $(#[doc = $doc])+
                pub fn $method(&self, $what: impl IntoSelection<<$D as Dataset>::Selection>) -> Call<$D, M> {
                    self.call($what)
                }

                $(
                    #[doc = concat!("[`", stringify!($method), "`](Self::", stringify!($method), ") for many at once: a stream of each, as it was written here, and its answer. See [`Many`].")]
                    pub fn $many<K>(&self, each: impl IntoIterator<Item = K>) -> Many<K, $D, M>
                    where
                        K: Clone + IntoSelection<<$D as Dataset>::Selection>,
                    {
                        self.call_many(each)
                    }
                )?
            )+
        }
    };
}

calls! {
    /// Daily bars of a Chinese stock, fund or B share: `000001`, `sz000001`, `000001.SZ`. Weekly and monthly ones with
    /// [`period`](Call::period). Columns and units are those of [`DailyBar`](finvista_datasets::DailyBar).
    ///
    /// ```no_run
    /// # async fn example(fv: &finvista::FinVista) -> Result<(), finvista::Error> {
    /// let bars = fv.cn_stock_daily("000001").start("2024-01-01").adjust(finvista::Adjust::Qfq).await?;
    /// for bar in &bars {
    ///     println!("{} {} {} shares", bar.date, bar.close, bar.volume);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    cn_stock_daily, cn_stock_daily_many(symbol) -> CnStockDaily;

    /// Minute bars of a Chinese stock, fund or B share, labelled by the end of the bar: 5 minutes unless another
    /// [`period`](Call::period) is set. Columns and units are those of [`MinuteBar`](finvista_datasets::MinuteBar).
    ///
    /// ```no_run
    /// # async fn example(fv: &finvista::FinVista) -> Result<(), finvista::Error> {
    /// let bars = fv.cn_stock_minute("000001").period("15m").start("2024-06-24").await?;
    /// for bar in bars.rows().filter(|bar| bar.finished) {
    ///     println!("{} {}", bar.time, bar.close);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    cn_stock_minute, cn_stock_minute_many(symbol) -> CnStockMinute;

    /// Quotes of Chinese stocks, funds and B shares, now. Columns and units are those of
    /// [`QuoteRow`](finvista_datasets::QuoteRow). The provenance names the symbols that the source does not know.
    ///
    /// ```no_run
    /// # async fn example(fv: &finvista::FinVista) -> Result<(), finvista::Error> {
    /// let quotes = fv.cn_stock_quote(["000001", "600519"]).await?;
    /// for quote in &quotes {
    ///     println!("{} {} {:?}", quote.symbol, quote.name, quote.price);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    cn_stock_quote(symbols) -> CnStockQuote;

    /// The listings of a part of the market: `all` A shares, `sh`, `sz`, `bj`, `star`, `chinext`, `etf` or `b`, with the prices of
    /// the day. Dozens of requests: a minute under the vendors' limits, which [`progress`](Call::progress) reports. Columns and
    /// units are those of [`Listed`](finvista_datasets::Listed).
    ///
    /// ```no_run
    /// # async fn example(fv: &finvista::FinVista) -> Result<(), finvista::Error> {
    /// let star = fv.cn_stock_list("star").progress(|done, known| eprintln!("{done} of {known}")).await?;
    /// println!("{} listings", star.num_rows());
    /// # Ok(())
    /// # }
    /// ```
    cn_stock_list(market) -> CnStockList;

    /// Chinese stocks and funds whose code, name or pinyin initials match a text, the best match first: ten unless another
    /// [`limit`](Call::limit) is set. Columns are those of [`Found`](finvista_datasets::Found).
    ///
    /// ```no_run
    /// # async fn example(fv: &finvista::FinVista) -> Result<(), finvista::Error> {
    /// for found in &fv.cn_stock_search("payh").limit(5).await? {
    ///     println!("{} {}", found.symbol, found.name);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    cn_stock_search(text) -> CnStockSearch;

    /// Daily bars of a Chinese index: `000300`, `399001`, `930955`. Weekly and monthly ones with [`period`](Call::period).
    /// Columns and units are those of [`IndexBar`](finvista_datasets::IndexBar).
    ///
    /// ```no_run
    /// # async fn example(fv: &finvista::FinVista) -> Result<(), finvista::Error> {
    /// let weeks = fv.cn_index_daily("000300").period("week").start("2024-01-01").await?;
    /// # Ok(())
    /// # }
    /// ```
    cn_index_daily, cn_index_daily_many(symbol) -> CnIndexDaily;

    /// Quotes of Chinese indices, now. Columns and units are those of [`IndexQuote`](finvista_datasets::IndexQuote).
    ///
    /// ```no_run
    /// # async fn example(fv: &finvista::FinVista) -> Result<(), finvista::Error> {
    /// let quotes = fv.cn_index_quote(["000001", "399001"]).await?;
    /// # Ok(())
    /// # }
    /// ```
    cn_index_quote(symbols) -> CnIndexQuote;
}
