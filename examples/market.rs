//! The list of a whole market: dozens of requests under the vendors' rate limits. The plan says beforehand how many and how long,
//! and the call reports its progress. Without the `gateway` line, the same program asks the real vendors, which takes about a
//! minute.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "an example prints to its terminal")]

use std::error::Error;

use finvista::{FinVista, Listed, Zone};
use finvista_testkit::{Market, Simulator};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let today = Zone::Shanghai.day(jiff::Timestamp::now());
    let simulator = Simulator::builder().market(Market::new(1, today)).start().await?;
    let fv = FinVista::builder().gateway(simulator.origin()).build()?;

    let call = fv.cn_stock_list("all").progress(|done, known| eprintln!("{done} of {known} requests"));
    println!("{}\n", call.explain()?);
    let market = call.await?;

    let suspended = market.rows().filter(|listed| listed.price.is_none()).count();
    println!("{} shares from {}, {suspended} without a trade today", market.num_rows(), market.source());

    let mut shares: Vec<Listed<'_>> = market.rows().filter(|listed| listed.change_pct.is_some()).collect();
    shares.sort_by(|one, other| {
        other.change_pct.partial_cmp(&one.change_pct).unwrap_or(std::cmp::Ordering::Equal)
    });
    for share in shares.iter().take(5) {
        let (price, change) = (share.price.unwrap_or(f64::NAN), share.change_pct.unwrap_or(f64::NAN));
        println!("{} {price:>9.2} {change:>+7.2} %  {}", share.symbol, share.name);
    }

    // While a sweep is under way, interactive calls are served first. Both share one client, and its limits.
    let (list, quote) = tokio::join!(fv.cn_stock_list("star").fresh(), fv.cn_stock_quote(["600519"]).fresh());
    println!("\n{} STAR shares, and a quote from {} meanwhile", list?.num_rows(), quote?.source());
    Ok(())
}
