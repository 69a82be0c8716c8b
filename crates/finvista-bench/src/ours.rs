//! FinVista over its public API: rate limit and cache off, checks on.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use finvista::{CnStockDaily, CnStockQuote, FinVista, Symbol, Table};
use tokio::runtime::Runtime;
use tokio::task::JoinSet;

use crate::load::Sums;

#[derive(Debug)]
pub(crate) struct Client {
    client: FinVista,
    runtime: Runtime,
    parallel: usize,
}

impl Client {
    pub(crate) fn new(base: &str, parallel: usize) -> Result<Self, String> {
        let builder = FinVista::builder().environment([]).gateway(base).rate_limit(false).cache(false);
        let client = builder.build().map_err(|e| e.to_string())?;
        Ok(Self { client, runtime: runtime(parallel)?, parallel: parallel.max(1) })
    }

    /// A table for each symbol. Each of the tasks takes the next symbol until there is none, so that tables are decoded wherever
    /// there is a thread.
    pub(crate) fn histories(&mut self, symbols: &[Symbol]) -> Result<Vec<Table>, String> {
        let symbols: Arc<[String]> = symbols.iter().map(Symbol::to_string).collect();
        let next = Arc::new(AtomicUsize::new(0));
        let tasks = (0..self.parallel).map(|_| {
            let (client, symbols, next) = (self.client.clone(), Arc::clone(&symbols), Arc::clone(&next));
            async move {
                let mut tables = Vec::new();
                while let Some(symbol) = symbols.get(next.fetch_add(1, Relaxed)) {
                    let call = client.cn_stock_daily(symbol).source("eastmoney");
                    tables.push(call.await.map_err(|e| e.to_string())?);
                }
                Ok(tables)
            }
        });
        gathered(&self.runtime, tasks)
    }

    pub(crate) fn quotes(&mut self, symbols: &[String]) -> Result<Vec<Table>, String> {
        let call = self.client.cn_stock_quote(symbols).source("sina");
        let table = self.runtime.block_on(async { call.await });
        Ok(vec![table.map_err(|e| e.to_string())?])
    }
}

/// One call at a time needs no second thread, and would only be handed from one to the other.
pub(crate) fn runtime(parallel: usize) -> Result<Runtime, String> {
    let mut builder = match parallel {
        ..=1 => tokio::runtime::Builder::new_current_thread(),
        _ => tokio::runtime::Builder::new_multi_thread(),
    };
    builder.enable_all().build().map_err(|e| e.to_string())
}

/// What all of these tasks give.
pub(crate) fn gathered<T: Send + 'static>(
    runtime: &Runtime,
    tasks: impl Iterator<Item = impl Future<Output = Result<Vec<T>, String>> + Send + 'static>,
) -> Result<Vec<T>, String> {
    runtime.block_on(async {
        let (mut running, mut all): (JoinSet<_>, _) = (tasks.collect(), Vec::new());
        while let Some(part) = running.join_next().await {
            all.extend(part.map_err(|e| e.to_string())??);
        }
        Ok(all)
    })
}

pub(crate) fn bars(table: &Table) -> Result<Sums, String> {
    let mut sums = Sums::default();
    for bar in table.rows::<CnStockDaily>().map_err(|e| e.to_string())? {
        sums.add(bar.close, bar.volume / 100);
    }
    Ok(sums)
}

pub(crate) fn quotes(table: &Table) -> Result<Sums, String> {
    let mut sums = Sums::default();
    for quote in table.rows::<CnStockQuote>().map_err(|e| e.to_string())? {
        sums.add(quote.price.unwrap_or_default(), 0);
    }
    Ok(sums)
}
