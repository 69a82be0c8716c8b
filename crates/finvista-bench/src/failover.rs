//! How long a caller waits while vendors fail: whole calls with the default settings against the simulator, over real HTTP.

use finvista_bench::{ours, tasks};
use finvista_testkit::{Market, Simulator};
use jiff::civil::date;

/// What is wrong with East Money, Sina and Tencent.
const CASES: [(&str, [&str; 3]); 7] = [
    ("all answer", ["", "", ""]),
    ("East Money resets connections", ["reset", "", ""]),
    ("East Money answers 503", ["status:503", "", ""]),
    ("East Money sends a web page", ["html", "", ""]),
    ("East Money hangs", ["hang", "", ""]),
    ("East Money and Sina hang", ["hang", "hang", ""]),
    ("all fail", ["reset", "status:503", "html"]),
];

/// The time of one call in each case, in a client that has seen nothing of it before.
pub(crate) fn table() -> Result<String, String> {
    let runtime = tasks::runtime(2)?;
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
    ours::one_call(&simulator.origin()).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_ends_as_it_should() {
        let runtime = tasks::runtime(2).unwrap();
        let (_, end) = runtime.block_on(case(["status:503", "", ""])).unwrap();
        assert_eq!(end, "19 bars of sina");
        let (_, end) = runtime.block_on(case(["reset", "status:503", "html"])).unwrap();
        assert!(end.starts_with("AllSourcesFailed: "), "{end}");
    }
}
