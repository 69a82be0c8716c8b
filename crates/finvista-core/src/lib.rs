//! The heart of FinVista: the nouns, the [`DataSource`] trait, the circuit breaker and the manager.
//!
//! This crate knows no vendor and no data set, and does no network I/O. Four kinds of crates use it:
//!
//! * a vendor's crate, without features: a [`Vendor`] value made of [`Endpoint`]s, two pure functions each;
//! * a crate of data sets, made with [`columns!`] and [`dataset!`], such as `finvista-datasets`;
//! * `finvista-http`, the one HTTP driver of all vendors, and the facade `finvista`, with `manager`: routing and failover;
//! * a third party's crate with a source of its own: a [`DataSource`], a [`Vendor`], or a data set.
//!
//! The way of one call: a [`Query`] goes down to a source, a record batch comes up, is checked against the invariants of
//! its data set, and becomes a [`Table`].
//!
//! # Features
//!
//! * `manager`: the manager, on tokio's clock.

#![forbid(unsafe_code)]

mod adjust;
mod board;
pub mod breaker;
mod capability;
pub mod dataset;
pub mod date;
mod drive;
mod endpoint;
mod error;
#[cfg(feature = "manager")]
pub mod manager;
mod metric;
mod period;
mod provenance;
mod query;
mod quota;
mod range;
#[cfg(feature = "manager")]
mod registry;
mod rules;
mod selection;
mod shape;
mod source;
mod symbol;
mod table;
mod universe;
mod vendor;
pub mod venue;
pub mod wire;

pub use arrow_array::RecordBatch;
pub use arrow_schema::SchemaRef;
pub use async_trait::async_trait;
#[doc(hidden)]
pub use inventory;

pub use adjust::Adjust;
pub use board::{Board, Boards};
pub use capability::{Capability, Precision, Refusal};
pub use dataset::DatasetSpec;
pub use drive::{Body, MOST_REQUESTS, PAGES_AT_ONCE, Place, answer_from, drive};
pub use endpoint::{
    BuilderOf, DynEndpoint, Endpoint, EndpointContext, Next, Reply, Request, Run, SelectionOf,
};
pub use error::{ConfigError, ErrorKind, InvalidInput, Meaning, SourceError, sample, seconds};
pub use metric::Metric;
pub use period::Period;
pub use provenance::{Attempt, Provenance, SkipReason, Skipped};
pub use query::{DatasetId, Query};
pub use quota::Quota;
pub use range::DateRange;
#[cfg(feature = "manager")]
pub use registry::{RegisteredDataset, Registry};
pub use rules::{ParamSpec, Params, Rules, Scope};
pub use selection::Selection;
pub use shape::{Events, Free, Keyword, Listing, Reports, Series, Shape, ShapeKind, Snapshot};
pub use source::{Context, DataSource, Forecast, Offer, Progress, SourceInfo};
pub use symbol::{Symbol, Written};
pub use table::{Any, Rows, Table, WrongDataset};
pub use universe::{ANY, BareCode, CN_INDICES, CN_STOCKS, CodeForm, HK_STOCKS, US_STOCKS, Universe};
pub use vendor::{Registration, Vendor, registered};
pub use venue::{Currency, Venue, Zone};
