//! Loads FinVista plugins: data sources that arrive as a file.
//!
//! [`load`] opens a library, checks whose it is and which version it speaks, and gives a [`Plugin`], which stays loaded until the
//! process ends. [`Plugin::open`] makes a [`PluginSource`] of a configuration: a
//! [`DataSource`](finvista_core::DataSource) like any other. [`list`] reads the sidecars of a folder, and runs no code.
//!
//! A plugin has all the rights of the process that loads it. What is checked here finds mistakes: of permissions, of versions, of
//! a plugin that breaks its contract. It is no wall against a plugin that means harm.

// The boundary is C's, and its pointers have no lifetimes. Every block says why it holds.
#![allow(unsafe_code)]

mod call;
mod dataset;
mod error;
mod host;
mod http;
mod import;
mod instance;
mod library;
mod open;
mod sidecar;
mod source;
mod trust;

pub use error::LoadError;
pub use host::Http;
pub use library::{Plugin, load};
pub use sidecar::{Listed, Sidecar, fingerprint, list};
pub use source::{HttpNeeds, PluginSource};
