//! The rows as a vendor: one request, whose answer is not looked at.

mod rows;

use finvista_core::{
    Capability, CustomQuery, Endpoint, Next, Quota, Reply, Request, Settings, SourceError, Vendor,
};
use rows::Rows;

static VENDOR: Vendor = Vendor {
    name: "bench-vendor",
    title: "The rows as a vendor",
    version: env!("CARGO_PKG_VERSION"),
    failure_domain: "bench-vendor",
    hosts: &["bench.example"],
    quota: Quota::per_second(1_000),
    endpoints: &[&Endless],
};

finvista_plugin::export_vendor!(VENDOR);

#[derive(Debug)]
struct Endless;

impl Endpoint for Endless {
    type Dataset = Rows;

    fn priority(&self) -> i32 {
        0
    }

    fn capability(&self) -> Capability {
        Capability::any()
    }

    fn request(&self, _: &Settings, _: &CustomQuery) -> Result<Request, SourceError> {
        Ok(Request::get("https://bench.example/rows".to_owned()))
    }

    fn decode(&self, _: &CustomQuery, _: &Reply<'_>, _: &mut usize) -> Result<Next, SourceError> {
        Ok(Next::Done)
    }
}
