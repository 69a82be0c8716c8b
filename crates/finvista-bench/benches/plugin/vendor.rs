//! The rows as a vendor: one request, whose answer is ignored.

mod rows;

use finvista_core::{
    Capability, Endpoint, EndpointContext, Free, Next, Quota, Reply, Request, SourceError, Vendor,
};
use rows::{BenchRows, Ready};

static VENDOR: Vendor = Vendor {
    name: "bench-vendor",
    title: "The rows as a vendor",
    version: env!("CARGO_PKG_VERSION"),
    failure_domain: "bench-vendor",
    hosts: &["bench.example"],
    quota: Quota::per_second(1_000),
    endpoints: &[&Answered],
};

finvista_plugin::export_vendor!(VENDOR);

#[derive(Debug)]
struct Answered;

impl Endpoint for Answered {
    type Dataset = BenchRows;
    type State = ();

    fn priority(&self) -> i32 {
        0
    }

    fn capability(&self) -> Capability {
        Capability::any()
    }

    fn request(&self, _: &EndpointContext, _: &Free) -> Result<Request, SourceError> {
        Ok(Request::get("https://bench.example/rows".to_owned()))
    }

    fn decode(&self, _: &Free, (): &mut (), _: &Reply<'_>, _: &mut Ready) -> Result<Next, SourceError> {
        Ok(Next::Done)
    }
}
