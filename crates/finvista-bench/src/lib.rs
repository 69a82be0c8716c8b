//! What the benches measure against: bodies in the vendors' formats, the fastest parse of them that checks nothing, and the
//! usual one.

#![forbid(unsafe_code)]

pub mod bodies;
pub mod cases;
pub mod floor;
pub mod naive;
pub mod turns;
