//! The same requests over reqwest.

use std::sync::Arc;

use finvista_bench::requests::{self, Request};
use finvista_bench::tasks;
use reqwest::header::{HOST, REFERER};
use tokio::runtime::Runtime;

#[derive(Debug)]
pub(crate) struct Client {
    client: reqwest::Client,
    base: Arc<str>,
    runtime: Runtime,
    parallel: usize,
}

impl Client {
    pub(crate) fn new(base: &str, parallel: usize) -> Result<Self, String> {
        // Every address here is http, but reqwest builds no client without a TLS provider. One that is installed already does.
        drop(rustls::crypto::ring::default_provider().install_default());
        let client = reqwest::Client::builder().no_proxy().build().map_err(|e| e.to_string())?;
        let base = base.trim_end_matches('/').into();
        Ok(Self { client, base, runtime: tasks::runtime(parallel)?, parallel })
    }

    /// The parsed answers, `parallel` requests in flight.
    pub(crate) fn all<T: Send + 'static>(
        &mut self,
        requests: &Arc<[Request]>,
        parse: impl Fn(&[u8]) -> Result<T, String> + Copy + Send + 'static,
    ) -> Result<Vec<T>, String> {
        let (client, base) = (self.client.clone(), Arc::clone(&self.base));
        tasks::each(&self.runtime, self.parallel, requests, move |Request { host, path }| {
            let request =
                client.get(format!("{base}{path}")).header(HOST, *host).header(REFERER, requests::REFERER);
            async move {
                let answer = request.send().await.and_then(reqwest::Response::error_for_status);
                let body = answer.map_err(|e| e.to_string())?.bytes().await.map_err(|e| e.to_string())?;
                parse(&body)
            }
        })
    }
}
