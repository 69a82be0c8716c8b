//! Loads FinVista plugins: data sources that arrive as a file.
//!
//! [`load`] opens a library, checks its owner and its version of the ABI, and gives a [`Plugin`], which stays loaded until the
//! process ends. [`Plugin::open`] makes a [`PluginSource`] of a configuration: a
//! [`DataSource`](finvista_core::DataSource) like any other. [`list`] reads the sidecars of a folder, and runs no code.
//!
//! A plugin has all the rights of the process that loads it. The checks here find mistakes: of permissions, of versions, of a
//! plugin that breaks its contract. They do not contain a hostile plugin.

// The boundary is C's, and its pointers have no lifetimes. Every block says why it holds.
#![allow(unsafe_code)]

mod binary;
mod c_data;
mod call;
mod dataset;
mod error;
mod host;
mod http;
mod import;
mod instance;
mod job;
mod leak;
mod load;
mod name;
mod offer;
mod open;
mod plugin;
mod pool;
mod sidecar;
mod source;
mod trust;

pub use error::LoadError;
pub use http::{Http, HttpNeeds};
pub use load::load;
pub use offer::DroppedOffer;
pub use plugin::Plugin;
pub use sidecar::{Listed, Sidecar, fingerprint, list};
pub use source::PluginSource;
pub use trust::trusted;
