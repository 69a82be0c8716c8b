//! The vendors' wire formats: what each of them would answer, as bytes.

pub(crate) mod asked;
pub(crate) mod eastmoney;
mod forms;
pub(crate) mod message;
pub(crate) mod number;
pub(crate) mod query;
pub(crate) mod sina;
pub(crate) mod tencent;
pub(crate) mod vendor;

pub(crate) use forms::{World, respond};
pub use message::{Answer, Limits, Request};
pub use vendor::{ParseVendorError, Vendor};

use crate::market::Market;

/// The answer that the vendor of `request.host` would give about `market`. It is pure: equal arguments give equal
/// bytes.
///
/// ```
/// use finvista_testkit::{Limits, Market, Request, answer};
/// let market = Market::new(1, "2024-06-28".parse()?);
/// let request = Request::from_url("https://hq.sinajs.cn/list=sh999999");
/// assert_eq!(answer(&market, &Limits::default(), &request).status, 403);
/// let request = request.referer("https://finance.sina.com.cn");
/// assert_eq!(answer(&market, &Limits::default(), &request).body, b"var hq_str_sh999999=\"\";\n");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn answer(market: &Market, limits: &Limits, request: &Request<'_>) -> Answer {
    respond(World::Market(market), limits, request)
}
