#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod address;
#[cfg(feature = "network")]
mod body;
#[cfg(feature = "network")]
mod cause;
mod client;
mod config;
mod exchange;
#[cfg(feature = "network")]
mod gateway;
mod guest;
mod limit;
#[cfg(feature = "network")]
mod live;
#[cfg(not(feature = "network"))]
#[path = "offline.rs"]
mod live;
mod local;
#[cfg(feature = "network")]
mod proxy;
mod rate;
mod record;
mod replay;
mod secret;
mod source;
mod telemetry;

pub use client::HttpClient;
pub use config::{HttpConfig, HttpRates};
pub use guest::{HttpAsk, HttpGuest, HttpReply};
pub use source::HttpSource;
pub use telemetry::METRICS;
