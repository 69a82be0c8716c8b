//! The same library in a program without async.
#![allow(clippy::print_stdout, reason = "an example prints to its terminal")]

use std::error::Error;

use finvista::{FinVista, Zone, blocking};
use finvista_testkit::{Market, Simulator};

fn main() -> Result<(), Box<dyn Error>> {
    // The local market needs a runtime of its own. A program that asks the real vendors starts at the next paragraph, with
    // `blocking::FinVista::new()?`.
    let runtime = tokio::runtime::Runtime::new()?;
    let today = Zone::Shanghai.day(jiff::Timestamp::now());
    let simulator = runtime.block_on(Simulator::builder().market(Market::new(1, today)).start())?;

    let fv = blocking::FinVista::over(&FinVista::builder().gateway(simulator.origin()).build()?)?;
    let quotes = fv.cn_stock_quote(["000001", "600519", "688981", "999999"]).send()?;
    for quote in &quotes {
        // A price is missing before the first trade and on a suspended day. It is never 0.
        let price = quote.price.map_or_else(|| "-".to_owned(), |price| format!("{price:.2}"));
        let shares = quote.volume.map_or_else(|| "-".to_owned(), |shares| shares.to_string());
        println!("{} {price:>9} {shares:>10} shares  {}", quote.symbol, quote.name);
    }
    let missing: Vec<String> = quotes.provenance().missing.iter().map(ToString::to_string).collect();
    println!("Data from: {}, which does not know {}", quotes.source(), missing.join(", "));
    Ok(())
}
