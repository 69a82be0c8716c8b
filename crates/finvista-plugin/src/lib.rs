#![doc = include_str!("../README.md")]
//!
//! # The crate
//!
//! [`export_vendor!`] and [`export_source!`] make a library a plugin. [`abi`] is the header in Rust. [`Manifest`],
//! [`PluginRequest`] and [`class`](mod@class) are what both sides read and write.
//!
//! ## Features
//!
//! * `source` (on by default): [`export_source!`], which takes tokio.

// The boundary is C's, and its pointers have no lifetimes. Every block says why it holds.
#![allow(unsafe_code)]

pub mod abi;
mod call;
pub mod class;
mod config;
#[doc(hidden)]
pub mod export;
mod host;
mod log;
pub mod manifest;
mod request;
mod task;
mod vendor;

#[doc(hidden)]
pub use finvista_core as core;

pub use config::Config;
pub use host::now;
pub use manifest::Manifest;
pub use request::PluginRequest;

// Linked, so that every plugin knows the data sets that FinVista defines.
use finvista_datasets as _;
