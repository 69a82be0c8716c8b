#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod address;
mod body;
mod cause;
mod client;
mod config;
mod exchange;
mod gateway;
mod guest;
mod limit;
mod live;
mod local;
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
