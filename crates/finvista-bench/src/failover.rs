//! How long a caller waits while vendors fail: whole calls with the default settings against the simulator, over real HTTP.

use std::time::Instant;

use finvista::{Error, FinVista};
use finvista_testkit::{Market, Simulator};
use jiff::civil::date;

/// What is wrong with East Money, Sina and Tencent.
const CASES: [(&str, [&str; 3]); 7] = [
    ("all are well", ["", "", ""]),
    ("East Money resets connections", ["reset", "", ""]),
    ("East Money answers 503", ["status:503", "", ""]),
    ("East Money sends a web page", ["html", "", ""]),
    ("East Money hangs", ["hang", "", ""]),
    ("East Money and Sina hang", ["hang", "hang", ""]),
    ("all are ill", ["reset", "status:503", "html"]),
];

/// The time of one call in each case, in a client that has seen nothing of it before.
pub(crate) fn table() -> Result<String, String> {
    let runtime = crate::ours::runtime(2)?;
    let mut text = format!("{:<34} {:>8}  {}\n", "one call while", "s", "ends with");
    for (title, faults) in CASES {
        let (took, end) = runtime.block_on(case(faults))?;
        text += &format!("{title:<34} {took:>8.3}  {end}\n");
    }
    Ok(text.trim_end().to_owned())
}

async fn case(faults: [&str; 3]) -> Result<(f64, String), String> {
    let market = Market::new(7, date(2024, 6, 28));
    let simulator = Simulator::builder().market(market).start().await.map_err(|e| e.to_string())?;
    for (vendor, fault) in ["eastmoney", "sina", "tencent"].iter().zip(faults) {
        if !fault.is_empty() {
            let rule = format!("{vendor}={fault}").parse().map_err(|e| format!("{fault}: {e}"))?;
            simulator.faults().add(rule);
        }
    }
    let builder = FinVista::builder().environment([]).gateway(simulator.origin()).cache(false);
    let client = builder.build().map_err(|e| e.to_string())?;
    let began = Instant::now();
    let result = client.cn_stock_daily("600519").start("2024-06-03").end("2024-06-28").await;
    let took = began.elapsed().as_secs_f64();
    let end = match result {
        Ok(table) => format!("{} bars of {}", table.num_rows(), table.source()),
        Err(Error::AllSourcesFailed(failed)) => format!("AllSourcesFailed: {}", failed.last_error()),
        Err(error) => error.to_string(),
    };
    Ok((took, end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_ends_as_it_should() {
        let runtime = crate::ours::runtime(2).unwrap();
        let (_, end) = runtime.block_on(case(["status:503", "", ""])).unwrap();
        assert_eq!(end, "20 bars of sina");
        let (_, end) = runtime.block_on(case(["reset", "status:503", "html"])).unwrap();
        assert!(end.starts_with("AllSourcesFailed: "), "{end}");
    }
}
