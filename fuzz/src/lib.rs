//! What the targets try: no input of a vendor or a user panics, loops, or takes memory out of proportion.
//!
//! ```sh
//! cargo install cargo-fuzz
//! cd fuzz
//! cargo fuzz run --sanitizer none seeds
//! cargo fuzz run --sanitizer none sina -- -max_total_time=60 -rss_limit_mb=512 -timeout=5
//! ```
//!
//! A stable compiler has no sanitizer, and these crates have no `unsafe` code for one to check.

mod samples;
mod text;

use std::sync::Mutex;

use finvista::Query;
use finvista::raw::{Body, DynEndpoint, Vendor, answer_from};
use jiff::civil;
// `seeds` is instrumented like the targets, and needs what the instrumentation calls.
use libfuzzer_sys as _;

pub use samples::context;
pub use text::text;

/// What separates the bodies of one input, for an answer that takes several requests.
pub const NEXT: &[u8] = b"\n=====\n";

/// The day of every query.
pub const TODAY: civil::Date = civil::date(2024, 6, 28);

/// The most bytes of a table for each byte of the answers, and what an empty table may have. A row of quotes has 31 columns,
/// and a vendor may leave most of them empty, but each is 8 bytes here. The zeros of labels, which all tables share, are
/// counted in each: 64 kB.
const BYTES_A_BYTE: usize = 64;
const BYTES_OF_NOTHING: usize = 128 << 10;

/// A vendor's endpoints, each with the queries that it promises to answer.
pub struct Target(pub Vec<(&'static dyn DynEndpoint, Vec<Query>)>);

impl Target {
    pub fn new(vendor: &'static Vendor) -> Self {
        let endpoints = vendor.endpoints.iter().map(|&endpoint| {
            let capability = endpoint.capability();
            let mut queries = samples::samples(endpoint.dataset());
            queries.retain(|query| capability.answers(query.selection(), TODAY).is_ok());
            (endpoint, queries)
        });
        Self(endpoints.filter(|(_, queries)| !queries.is_empty()).collect())
    }

    /// Answers a query from an input, and holds the table to the checks of its data set as the manager does. The first byte
    /// chooses the endpoint, the second the query, and the rest is what the vendor answers.
    pub fn decode(&self, input: &[u8]) {
        let [first, second, bodies @ ..] = input else { return };
        let Some((endpoint, queries)) = self.0.get(usize::from(*first) % self.0.len().max(1)) else { return };
        let query = &queries[usize::from(*second) % queries.len()];
        let bodies = Mutex::new(split(bodies).into_iter());
        let next = || bodies.lock().ok()?.next().map(|body| Body::new(body.to_vec()));
        let Ok(batch) = answer_from(*endpoint, &context(), query, |_| next()) else { return };
        let size = batch.get_array_memory_size();
        assert!(size <= input.len() * BYTES_A_BYTE + BYTES_OF_NOTHING, "{size} bytes of {}", input.len());
        if batch.num_rows() > 0 {
            // Whether the table is true is another matter: the checks must only end.
            let precision = endpoint.capability().precision;
            drop(endpoint.dataset().check(query.selection(), &batch, &precision, context().now));
        }
    }
}

fn split(mut bytes: &[u8]) -> Vec<&[u8]> {
    let mut bodies = Vec::new();
    while let Some(at) = bytes.windows(NEXT.len()).position(|window| window == NEXT) {
        bodies.push(&bytes[..at]);
        bytes = &bytes[at + NEXT.len()..];
    }
    bodies.push(bytes);
    bodies
}
