//! The integration tests of FinVista: one binary.

mod breaker_vectors;
mod failover_vectors;
