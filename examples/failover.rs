//! A vendor breaks, calls go on, and its circuit opens. The vendors are a local market that fails on command.
#![allow(clippy::print_stdout, reason = "an example prints to its terminal")]

use finvista::{Error, FinVista, Zone};
use finvista_testkit::{Market, Simulator};
use jiff::ToSpan;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let today = Zone::Shanghai.day(jiff::Timestamp::now());
    let start = today.checked_sub(30.days())?;
    let simulator = Simulator::builder().market(Market::new(1, today)).start().await?;
    // Without cache and rate limit, every call asks.
    let fv = FinVista::builder().gateway(simulator.origin()).cache(false).rate_limit(false).build()?;

    println!("East Money answers 503:");
    simulator.faults().add("eastmoney=status:503".parse()?);
    for call in 1..=6 {
        let bars = fv.cn_stock_daily("000001").start(start).await?;
        println!("call {call}: {} rows from {}", bars.num_rows(), bars.source());
        bars.provenance().skipped.iter().for_each(|skipped| println!("  {skipped}"));
        bars.provenance().attempts.iter().for_each(|attempt| println!("  {attempt}"));
    }
    let health = fv.source_health();
    let eastmoney = health.get("cn_stock_daily", "eastmoney").ok_or("eastmoney has daily bars")?;
    println!("East Money: {:?} after {} failures in a row", eastmoney.status, eastmoney.consecutive_failures);

    println!("\nThe others break too:");
    simulator.faults().add("*=status:502".parse()?);
    match fv.cn_stock_daily("000001").start(start).await {
        Err(Error::AllSourcesFailed(failed)) => println!("{failed}\nlast: {}", failed.last_error()),
        other => println!("expected all sources to fail, got {other:?}"),
    }

    println!("\nEast Money works again, and we reset its circuit instead of waiting for it:");
    simulator.faults().clear();
    fv.reset_source_circuit("cn_stock_daily", "eastmoney")?;
    println!("Data from: {}", fv.cn_stock_daily("000001").start(start).await?.source());
    Ok(())
}
