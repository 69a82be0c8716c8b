//! The parts of the benchmarks: bodies in the vendors' formats, the fastest parse of them that checks nothing, the usual parse,
//! FinVista, its requests, and how two ways are compared.

#![forbid(unsafe_code)]

pub mod bodies;
pub mod floor;
pub mod naive;
pub mod ours;
pub mod pairs;
pub mod requests;
pub mod sums;
pub mod tasks;
