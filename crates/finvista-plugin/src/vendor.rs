//! Drives a vendor's endpoints over the host's HTTP client.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use finvista_core::{
    DynEndpoint, EndpointContext, ErrorKind, Place, Query, RecordBatch, Request, SourceError, Vendor, drive,
};

use crate::abi::{FvForecast, struct_size};
use crate::call::Call;
use crate::{PluginRequest, host};

/// What an answer would take: the same as `HttpSource` says of a vendor that is linked in.
pub(crate) fn forecast(vendor: &'static Vendor, request: &PluginRequest) -> Option<FvForecast> {
    let (endpoint, query) = read(vendor, request).ok()?;
    let cx = EndpointContext::new(request.now);
    let (first, _) = endpoint.start(&cx, &query).ok()?;
    let (_, rest) = first.url.split_once("://")?;
    let host = rest.split(['/', '?', '#']).next()?;
    Some(FvForecast {
        struct_size: struct_size::<FvForecast>(),
        requests: u32::try_from(endpoint.requests(&cx, &query)).ok()?,
        host: u32::try_from(vendor.hosts.iter().position(|own| *own == host)?).ok()?,
        reserved: 0,
        wait_ms: 0,
    })
}

/// The answer of a vendor to one call.
pub(crate) async fn answer(vendor: &'static Vendor, call: &Call) -> Result<RecordBatch, SourceError> {
    let (endpoint, query) = read(vendor, &call.request)?;
    let cx = EndpointContext::new(call.request.now);
    let max_body = endpoint.max_body();
    let (id, done) = (call.id, &AtomicUsize::new(0));
    let get = |request: Request, place: Place| async move {
        // The host sends the first of several only if its limits leave room for all of them.
        let body = host::get(id, &request, max_body, place.together).await?;
        host::report(id, done.fetch_add(1, Relaxed) + 1, place.known);
        Ok(body)
    };
    drive(endpoint, &cx, &query, get).await
}

/// The endpoint of a request, and the query by the definition of its data set.
fn read(
    vendor: &'static Vendor,
    request: &PluginRequest,
) -> Result<(&'static dyn DynEndpoint, Query), SourceError> {
    let mut endpoints = vendor.endpoints.iter().copied();
    let endpoint = endpoints.find(|endpoint| endpoint.dataset().id == request.dataset).ok_or_else(|| {
        let message = format!("{} has no {}", vendor.name, request.dataset);
        SourceError::new(ErrorKind::Unsupported, message)
    })?;
    Ok((endpoint, request.query(endpoint.dataset())?))
}
