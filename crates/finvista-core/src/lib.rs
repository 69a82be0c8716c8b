//! The heart of FinVista: the nouns, the [`DataSource`] trait, the circuit breaker and the manager.
//!
//! This crate knows no vendor and does no network I/O. Four kinds of crates use it:
//!
//! * a vendor's crate, without features: a [`Vendor`] value made of [`Endpoint`]s, two pure functions each;
//! * `finvista-http`, which drives the endpoints of every vendor over HTTP;
//! * the facade `finvista`, with `manager`: routing and failover;
//! * a third party's crate with a source of its own: a [`DataSource`], a [`Vendor`], or a data set made with [`columns!`].
//!
//! The way of one call: a [`Query`] goes down to a source, a [`Table`] comes up, and is checked against the invariants of
//! its data set before anybody sees it.
//!
//! # Features
//!
//! * `manager`: the manager, on tokio's clock.

#![forbid(unsafe_code)]

pub mod breaker;
mod capability;
pub mod dataset;
pub mod date;
mod endpoint;
mod error;
mod exchange;
#[cfg(feature = "manager")]
pub mod manager;
mod metric;
mod query;
mod quota;
#[cfg(feature = "manager")]
mod registry;
mod source;
mod symbol;
mod table;
mod vendor;
pub mod wire;

pub use arrow_array::RecordBatch;
pub use arrow_schema::SchemaRef;
pub use async_trait::async_trait;
#[doc(hidden)]
pub use inventory;

pub use capability::{Capability, Precision};
pub use endpoint::{
    BuilderOf, DynEndpoint, Endpoint, MOST_REQUESTS, Next, PAGES_AT_ONCE, QueryOf, Reply, Request, Run,
    Settings, answer_from,
};
pub use error::{ConfigError, ErrorKind, InvalidInput, Meaning, SourceError, sample, seconds};
pub use exchange::{Board, Exchange};
pub use metric::Metric;
pub use query::{Adjust, CustomQuery, DatasetId, DateRange, Params, Query};
pub use quota::Quota;
#[cfg(feature = "manager")]
pub use registry::{RegisteredDataset, Registry};
pub use source::{Context, DataSource, Forecast, Offer, SourceInfo};
pub use symbol::Symbol;
pub use table::{Attempt, Provenance, Rows, SkipReason, Skipped, Table, WrongDataset};
pub use vendor::{Registration, Vendor, registered};
