//! Third-party data sets, endpoints and sources, through the public API only.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests, which the settings of clippy do not cover"
)]

mod cache;
mod checks;
mod columns;
mod drive;
mod errors;
mod events;
mod plan;
mod registry;
mod rows;
mod series;
mod support;
mod sweep;
mod table;
