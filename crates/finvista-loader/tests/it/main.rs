//! Plugins that are built and loaded as a user would: the vendors' in Rust, one in C, one with arrow2, a folder of files, and two
//! probes that do what they are told.

mod contract;
mod loading;
mod probe;
mod recordings;
mod sources;
mod support;
mod vendors;
