//! Daily bars in a few lines. They come from a local market, so the example needs no internet. Without the `gateway` line, the
//! same program asks the real vendors.
#![allow(clippy::print_stdout, reason = "an example prints to its terminal")]

use std::error::Error;

use finvista::{Adjust, FinVista, Zone};
use finvista_testkit::{Market, Simulator};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let today = Zone::Shanghai.day(jiff::Timestamp::now());
    let simulator = Simulator::builder().market(Market::new(1, today)).start().await?;
    let fv = FinVista::builder().gateway(simulator.origin()).build()?;

    let bars = fv.cn_stock_daily("600519").start("2024-01-01").end("2024-01-12").adjust(Adjust::Qfq).await?;
    println!("date           open     high      low    close     shares  change");
    for bar in &bars {
        let change = bar.change_pct.map_or_else(|| "-".to_owned(), |percent| format!("{percent:.2} %"));
        println!(
            "{} {:8.2} {:8.2} {:8.2} {:8.2} {:10} {:>7}",
            bar.date, bar.open, bar.high, bar.low, bar.close, bar.volume, change
        );
    }
    println!("Data from: {}", bars.source());

    // The same table as Arrow: units and descriptions are in the schema.
    let schema = bars.schema();
    let volume = schema.field_with_name("volume")?;
    let unit = volume.metadata().get("unit").ok_or("volume has a unit")?;
    println!("{}: {} in {unit}", volume.name(), volume.data_type());

    let weeks = fv.cn_index_daily("000300").period("week").start("2024-01-01").end("2024-03-31").await?;
    println!("{} weeks of the CSI 300 from {}", weeks.num_rows(), weeks.source());
    Ok(())
}
