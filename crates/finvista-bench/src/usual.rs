//! What most programs do: reqwest, a `serde_json::Value`, and a struct for each row.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use finvista::Symbol;
use finvista_bench::naive::{self, Bar, Quote};
use reqwest::header::{HOST, REFERER};
use tokio::runtime::Runtime;

use crate::load::Sums;
use crate::ours::{gathered, runtime};
use crate::plain::{history, quotes_of};

#[derive(Debug)]
pub(crate) struct Client {
    client: reqwest::Client,
    base: String,
    runtime: Runtime,
    parallel: usize,
}

impl Client {
    pub(crate) fn new(base: &str, parallel: usize) -> Result<Self, String> {
        // No address here is https, but a client is not made without. Another may have been first, which is as good.
        drop(rustls::crypto::ring::default_provider().install_default());
        let client = reqwest::Client::builder().no_proxy().build().map_err(|e| e.to_string())?;
        let base = base.trim_end_matches('/').to_owned();
        Ok(Self { client, base, runtime: runtime(parallel)?, parallel: parallel.max(1) })
    }

    pub(crate) fn histories(&mut self, symbols: &[Symbol]) -> Result<Vec<Vec<Bar>>, String> {
        let urls: Arc<[String]> = symbols.iter().map(|it| self.base.clone() + &history(it)).collect();
        let next = Arc::new(AtomicUsize::new(0));
        let tasks = (0..self.parallel).map(|_| {
            let (client, urls, next) = (self.client.clone(), Arc::clone(&urls), Arc::clone(&next));
            async move {
                let mut tables = Vec::new();
                while let Some(url) = urls.get(next.fetch_add(1, Relaxed)) {
                    let body = get(&client, url, "push2his.eastmoney.com").await?;
                    tables.push(naive::bars(&body).ok_or("no history")?);
                }
                Ok(tables)
            }
        });
        gathered(&self.runtime, tasks)
    }

    pub(crate) fn quotes(&mut self, symbols: &[Symbol]) -> Result<Vec<Vec<Quote>>, String> {
        let url = self.base.clone() + &quotes_of(symbols);
        let body = self.runtime.block_on(get(&self.client, &url, "hq.sinajs.cn"))?;
        Ok(vec![naive::quotes(&encoding_rs::GB18030.decode(&body).0).ok_or("no quotes")?])
    }
}

async fn get(client: &reqwest::Client, url: &str, host: &str) -> Result<Vec<u8>, String> {
    let request = client.get(url).header(HOST, host).header(REFERER, "https://finance.sina.com.cn");
    let answer = request.send().await.and_then(reqwest::Response::error_for_status);
    let body = answer.map_err(|e| e.to_string())?.bytes().await;
    Ok(body.map_err(|e| e.to_string())?.to_vec())
}

/// Closes are the second of the ten numbers of a row, volumes in lots the fifth.
pub(crate) fn bars(bars: &Vec<Bar>) -> Result<Sums, String> {
    let mut sums = Sums::default();
    for bar in bars {
        let [_, close, _, _, volume, ..] = bar.numbers[..] else { return Err("a short row".to_owned()) };
        sums.add(close, volume as i64);
    }
    Ok(sums)
}

/// Prices are the third of the numbers of a row.
pub(crate) fn quotes(quotes: &Vec<Quote>) -> Result<Sums, String> {
    let mut sums = Sums::default();
    for quote in quotes {
        let [_, _, price, ..] = quote.numbers[..] else { return Err("a short row".to_owned()) };
        sums.add(price, 0);
    }
    Ok(sums)
}
