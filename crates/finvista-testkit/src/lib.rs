//! A local market that speaks the vendors' wire formats over real HTTP, with faults and replay.
//!
//! Programs that use FinVista are tested against this crate instead of against the vendors: it needs no internet,
//! gives the same bytes on every run, and fails on request. A [`Market`] is made from a seed. A [`Simulator`] on
//! 127.0.0.1 gives the answers of East Money, Sina and Tencent about that market; like a gateway, it tells the vendors
//! apart by the `Host` header. [`Faults`] break one vendor, one path or one call. [`SimulatorBuilder::replay`] serves a
//! folder of recorded answers instead of a market.
//!
//! The forms behind [`answer`] share no code with FinVista's decoders: a mistake has to be made twice, in two different
//! ways, to go unnoticed.
//!
//! ```
//! use std::io::{Read, Write};
//! use finvista_testkit::{Market, Simulator, Vendor};
//!
//! # let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
//! # runtime.block_on(async {
//! let until = "2024-06-28".parse()?;
//! let simulator = Simulator::builder().market(Market::new(7, until)).start().await?;
//! simulator.faults().add("tencent=status:503".parse()?);
//!
//! // Any HTTP client will do. This one writes the request by hand.
//! let address = ("127.0.0.1", simulator.port());
//! let answer = tokio::task::spawn_blocking(move || -> std::io::Result<String> {
//!     let mut stream = std::net::TcpStream::connect(address)?;
//!     let path = "/api/qt/ulist.np/get?secids=1.600519&fields=f2,f12,f18&fltt=2";
//!     write!(stream, "GET {path} HTTP/1.1\r\nHost: push2.eastmoney.com\r\nConnection: close\r\n\r\n")?;
//!     let mut answer = String::new();
//!     stream.read_to_string(&mut answer)?;
//!     Ok(answer)
//! })
//! .await??;
//!
//! let truth = simulator.market().and_then(|market| market.instrument("sh600519")).unwrap().quote();
//! let price = truth.price.unwrap() as f64 / 100.0;
//! assert!(answer.contains(&format!("\"f2\":{price:?}")));
//! assert_eq!(simulator.calls(Vendor::EastMoney), 1);
//! simulator.stop().await;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod fault;
mod market;
mod replay;
mod server;
mod simulator;
mod wire;

pub use fault::{Fault, FaultRule, Faults, ParseFaultError};
pub use market::{
    Adjust, AdjustedBar, AfterHours, Bar, Event, Exchange, Instrument, Kind, Level, Market, MinuteBar,
    Period, Quote, State,
};
pub use simulator::{Seen, Simulator, SimulatorBuilder};
pub use wire::{Answer, Limits, ParseVendorError, Request, Vendor, answer};
