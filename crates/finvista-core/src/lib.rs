//! The core of FinVista: its vocabulary, the [`DataSource`] trait, the circuit breaker and the manager.
//!
//! This crate contains no vendor and no data set, and does no network I/O. Four kinds of crates use it:
//!
//! * vendor crates, without features: a [`Vendor`] value made of [`Endpoint`]s, two pure functions each;
//! * crates that define data sets with [`columns!`] and [`dataset!`], such as `finvista-datasets`;
//! * `finvista-http`, the HTTP driver of all vendors, and the facade `finvista`, with the feature `manager`;
//! * third-party crates that add a [`DataSource`], a [`Vendor`] or a data set.
//!
//! In a call a [`Query`] goes to a source, which returns a record batch. The batch must pass the checks of its data set and
//! then becomes a [`Table`].
//!
//! # Features
//!
//! * `manager`: routing, failover, hedging and the cache, on tokio's clock.

#![forbid(unsafe_code)]

mod adjust;
mod board;
pub mod breaker;
pub mod calendar;
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
mod precision;
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
mod text;
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
pub use capability::{Capability, Refusal};
pub use dataset::DatasetSpec;
pub use drive::{Body, MOST_REQUESTS, PAGES_AT_ONCE, Place, answer_from, drive};
pub use endpoint::{
    BuilderOf, DynEndpoint, Endpoint, EndpointContext, Next, Reply, Request, Run, SelectionOf,
};
pub use error::{ConfigError, ErrorKind, InvalidInput, Meaning, SourceError, sample, seconds};
pub use metric::{Metric, MetricKind};
pub use period::Period;
pub use precision::Precision;
pub use provenance::{Attempt, Dropped, Provenance, SkipReason, Skipped};
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
pub use text::clean;
pub use universe::{ANY, BareCode, CN_INDICES, CN_STOCKS, CodeForm, HK_STOCKS, US_STOCKS, Universe};
pub use vendor::{Registration, Vendor, registered};
pub use venue::{Currency, Venue, Zone};
