//! The integration tests of FinVista: one binary.

mod breaker_vectors;
mod cancel;
mod deadlines;
mod end_to_end;
mod failover_vectors;
mod faults;
mod gateway;
mod health;
mod logging;
mod recordings;
mod same_market;
mod scripted;
mod support;
mod third_party;
mod third_party_vendor;
mod thousand_calls;
mod truth;
