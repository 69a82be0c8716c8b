//! Daily bars in a few lines. They come from a local market, so the example needs no internet: without the `gateway` line
//! the same program asks the real vendors.
#![allow(clippy::print_stdout, reason = "an example talks on its terminal")]

use std::error::Error;

use finvista::core::date;
use finvista::{Adjust, CnStockDaily, FinVista};
use finvista_testkit::{Market, Simulator};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let today = date::in_china(jiff::Timestamp::now());
    let simulator = Simulator::builder().market(Market::new(1, today)).start().await?;
    let fv = FinVista::builder().gateway(simulator.origin()).build()?;

    let bars = fv.cn_stock_daily("600519").start("2024-01-01").end("2024-01-12").adjust(Adjust::Qfq).await?;
    println!("date           open     high      low    close     shares  change");
    for bar in bars.rows::<CnStockDaily>()? {
        let change = bar.change_pct.map_or_else(|| "-".to_owned(), |percent| format!("{percent:.2} %"));
        println!(
            "{} {:8.2} {:8.2} {:8.2} {:8.2} {:10} {:>7}",
            bar.date, bar.open, bar.high, bar.low, bar.close, bar.volume, change
        );
    }
    println!("Data from: {}", bars.source());

    // The same table as Arrow: units and descriptions are in the schema.
    let schema = bars.batch().schema();
    let volume = schema.field_with_name("volume")?;
    println!(
        "{}: {} in {}",
        volume.name(),
        volume.data_type(),
        volume.metadata().get("unit").ok_or("a unit")?
    );
    Ok(())
}
