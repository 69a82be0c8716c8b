//! The list of a market: many requests under the vendors' rate limits. The plan says beforehand how many and how long, and the call
//! reports its progress. Quotes are served meanwhile. `-- all` lists all A shares, which takes about a minute. Without the `gateway`
//! line, the same program asks the real vendors.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "an example prints to its terminal")]

use std::cmp::Ordering;
use std::error::Error;

use finvista::{FinVista, Listed, Zone};
use finvista_testkit::{Market, Simulator};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let part = std::env::args().nth(1).unwrap_or_else(|| "star".to_owned());
    let today = Zone::Shanghai.day(jiff::Timestamp::now());
    let simulator = Simulator::builder().market(Market::new(1, today)).start().await?;
    let fv = FinVista::builder().gateway(simulator.origin()).build()?;

    let list = fv.cn_stock_list(part).progress(|done, known| eprintln!("{done} of {known} requests"));
    println!("{}", list.explain()?);

    // Both calls share the limits of the client. At the limiter, the quote goes first.
    let quote = async {
        let quote = fv.cn_stock_quote(["600519"]).await;
        eprintln!("a quote from {}", quote.as_ref().map_or("no source", |quote| quote.source()));
        quote
    };
    let (market, _quote) = tokio::try_join!(list.into_future(), quote)?;

    let suspended = market.rows().filter(|listed| listed.price.is_none()).count();
    println!("{} shares from {}, {suspended} without a trade today", market.num_rows(), market.source());

    let mut shares: Vec<Listed<'_>> = market.rows().filter(|listed| listed.change_pct.is_some()).collect();
    shares.sort_by(|one, other| other.change_pct.partial_cmp(&one.change_pct).unwrap_or(Ordering::Equal));
    for share in shares.iter().take(5) {
        let (price, change) = (share.price.unwrap_or(f64::NAN), share.change_pct.unwrap_or(f64::NAN));
        println!("{} {price:>9.2} {change:>+7.2} %  {}", share.symbol, share.name);
    }
    Ok(())
}
