//! Plugins that are built and loaded as a user would: the vendors' in Rust, one in C, one with arrow2, a folder of files, and
//! three probes.

mod blocking;
mod contract;
mod loading;
mod probe;
mod recordings;
mod series;
mod sources;
mod support;
mod vendors;
