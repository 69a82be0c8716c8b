#![cfg(test)]
//! The program as its users meet it: what it prints where, and its exit codes.

mod support;

use finvista_testkit::Vendor;
use support::{Shell, file, run};

#[test]
fn rows_go_to_standard_output_and_their_origin_to_standard_error() {
    let shell = Shell::new();
    let ran = shell.run("history 000001 600519 --start 2024-01-01 --format csv");
    assert_eq!(ran.code, 0, "{}", ran.err);
    let mut lines = ran.out.lines();
    assert_eq!(
        lines.next(),
        Some("symbol,date,open,high,low,close,volume,amount,change,change_pct,amplitude,turnover,source")
    );
    let rows: Vec<&str> = lines.collect();
    assert!(rows.iter().any(|row| row.starts_with("000001.SZ,2024-01-02,")));
    assert!(rows.iter().any(|row| row.starts_with("600519.SH,2024-01-02,")));
    for symbol in ["000001.SZ", "600519.SH"] {
        let of = rows.iter().filter(|row| row.starts_with(symbol)).count();
        assert!(
            ran.err.contains(&format!("{symbol}, from 2024-01-01: {of} rows from eastmoney in ")),
            "{}",
            ran.err
        );
    }
}

/// Symbol, day and prices of the rows; the volume is rounded to lots by two vendors of three.
fn prices(csv: &str) -> Vec<String> {
    csv.lines().skip(1).map(|row| row.split(',').take(6).collect::<Vec<_>>().join(",")).collect()
}

#[test]
fn every_source_has_the_same_values_and_adjusts_equally() {
    let shell = Shell::new();
    let start = shell.start();
    let prices = |more: &str| {
        let ran = shell.run(&format!("history 000001 --start {start} --format csv {more}"));
        assert_eq!(ran.code, 0, "{more}: {}", ran.err);
        prices(&ran.out)
    };
    let none = prices("--source eastmoney");
    assert!(none.len() > 400);
    let mut closes = Vec::new();
    for source in ["eastmoney", "sina", "tencent"] {
        assert_eq!(prices(&format!("--source {source}")), none);
        let qfq = prices(&format!("--adjust qfq --source {source}"));
        assert_eq!(qfq.len(), none.len());
        // Before an ex-date the adjusted prices differ, and by the same on every source, within its rounding.
        assert_ne!(qfq[0], none[0], "{source}");
        closes.push(qfq[0].split(',').nth(5).unwrap().parse::<f64>().unwrap());
    }
    assert!(closes.iter().all(|close| (close - closes[0]).abs() <= 0.0051), "{closes:?}");
}

#[test]
fn a_vendor_that_fails_costs_a_line_on_standard_error() {
    let shell = Shell::new();
    shell.simulator().faults().break_vendor(Vendor::EastMoney);
    let ran = shell.run(&format!("history 000001 --start {} --format csv", shell.start()));
    assert_eq!(ran.code, 0);
    assert!(ran.out.lines().count() > 400);
    assert!(ran.err.contains("eastmoney failed after"), "{}", ran.err);
    assert!(ran.err.contains("rows from sina"), "{}", ran.err);
    shell.simulator().faults().break_vendor(Vendor::Sina);
    assert!(
        shell.run(&format!("history 000001 --start {}", shell.start())).err.contains("rows from tencent")
    );
}

#[test]
fn an_unknown_symbol_exits_3_and_says_who_was_asked() {
    let shell = Shell::new();
    let start = shell.start();
    let ran = shell.run(&format!("history 605999 --start {start}"));
    assert_eq!((ran.code, ran.out.as_str()), (3, ""));
    assert!(ran.err.contains(&format!("cn_stock_daily (605999.SH, from {start})")), "{}", ran.err);
    for source in ["eastmoney", "sina", "tencent"] {
        assert!(ran.err.contains(&format!("{source} failed after")), "{}", ran.err);
    }
    let ran = shell.run("quote 605999");
    assert_eq!(ran.code, 3, "{}", ran.err);
    // One bad symbol harms only itself, and what is missing has one exit code.
    let ran = shell.run("history 000001 605999 --start 2024-06-01 --format csv");
    assert_eq!(ran.code, 5);
    assert!(ran.out.contains("000001.SZ,"));
    let ran = shell.run("quote 000001 605999 --format csv");
    assert_eq!(ran.code, 5);
    assert!(ran.out.contains("000001.SZ,"));
    assert!(ran.err.contains("sina does not have 605999.SH"), "{}", ran.err);
}

#[test]
fn bad_input_exits_2_and_says_what_is_right() {
    let shell = Shell::new();
    for (line, part) in [
        ("history abc", "000001.SZ"),
        ("history sh000001", "got 000001.SH, an index"),
        ("history 000001 --start yesterday", "2024-01-31"),
        ("history 000001 --start 2024-02-01 --end 2024-01-01", "expected a start on or before the end"),
        ("history 000001 --adjust front", "qfq"),
        ("history 000001 --source netease", "eastmoney, sina or tencent"),
        ("get cn_stock_weekly symbol=000001", "cn_stock_daily, cn_stock_list"),
        ("get cn_stock_daily code=000001", "symbol, start, end, period or adjust"),
        ("get cn_stock_daily 000001", "KEY=VALUE"),
        ("get cn_stock_daily start=2024-01-01", "expected symbol for"),
        ("history", "SYMBOL"),
        ("--timeout soon history 000001", "number of seconds"),
        ("--timeout 0 history 000001", "above 0"),
        ("quote 000001 --watch 0", "above 0"),
        ("get cn_stock_daily symbol=000001 symbol=600519", "expected symbol once"),
        ("get cn_stock_daily symbol=000001 symbol=000001", "expected symbol once"),
        ("history 000001 -o bars.parquet", ".ndjson"),
        ("history 000001 --provenance", "json or ndjson"),
        ("history 000001 --resume", "--output"),
        ("sim --fault eastmoney=explode", "explode"),
    ] {
        let ran = shell.run(line);
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{line}: {}", ran.err);
        assert!(ran.err.contains(part), "{line}: {}", ran.err);
    }
    assert_eq!(shell.simulator().requests().len(), 0, "a mistake of the caller cost a request");
}

#[test]
fn all_vendors_down_exits_4_with_each_reason_and_when_to_retry() {
    let mut shell = Shell::new();
    shell.stop();
    let ran = shell.run(&format!("history 000001 --start {}", shell.start()));
    assert_eq!((ran.code, ran.out.as_str()), (4, ""));
    for source in ["eastmoney", "sina", "tencent"] {
        assert!(ran.err.contains(&format!("{source} failed after")), "{}", ran.err);
    }
    assert!(ran.err.contains("refused") && ran.err.contains("retry "), "{}", ran.err);
}

#[test]
fn many_symbols_are_written_in_the_order_of_the_input_and_asked_once() {
    let shell = Shell::new();
    // The first is the last to answer.
    shell.simulator().faults().add("*:1.600519=latency:300ms".parse().unwrap());
    let list = file("many.txt", "# the list\n300750\n\n600036.SH # China Merchants Bank\nsz000001\n");
    let line = format!("history 600519 000001 --symbols {} --start 2024-06-03 --format csv", list.display());
    let ran = shell.run(&line);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let mut symbols: Vec<&str> = ran.out.lines().skip(1).map(|row| row.split(',').next().unwrap()).collect();
    let rows = symbols.iter().filter(|symbol| **symbol == "600036.SH").count();
    symbols.dedup();
    assert_eq!(symbols, ["600519.SH", "000001.SZ", "300750.SZ", "600036.SH"]);
    assert!(ran.out.lines().count() > 3 * rows && rows > 100, "{rows} rows");
    // Standard error is not a terminal, so there is no bar: a line for each query, in the order of the answers.
    let told: Vec<&str> = ran.err.lines().map(|line| line.split(',').next().unwrap()).collect();
    let [twice, _, _, _, last, summary] = told[..] else { panic!("{}", ran.err) };
    assert_eq!((twice, last), ("1 symbol is named twice and counts once", "600519.SH"), "{}", ran.err);
    assert!(summary.starts_with("4 of 4 answers in "), "{summary}");
    assert_eq!(shell.simulator().requests().len(), 4, "what is there twice is asked once");
}

#[test]
fn of_many_symbols_one_that_fails_harms_only_itself() {
    let shell = Shell::new();
    let list = file("one_fails.txt", "000001\n605999.SH\n600519\n");
    let ran = shell.run(&format!("history --symbols {} --start 2024-06-03 --format csv", list.display()));
    assert_eq!(ran.code, 5, "a part is missing: {}", ran.err);
    assert!(
        ran.err.contains("2 of 3 answers in ") && ran.err.contains("; missing: 605999.SH"),
        "{}",
        ran.err
    );
    for symbol in ["000001.SZ,2024-06-03", "600519.SH,2024-06-03"] {
        assert!(ran.out.contains(symbol), "{}", ran.out);
    }
    assert!(ran.err.contains("not found: cn_stock_daily (605999.SH"), "{}", ran.err);
}

#[test]
fn a_mistake_in_a_list_is_named_with_its_line_and_costs_no_request() {
    let shell = Shell::new();
    for (text, part) in
        [("000001\n\n60051\n", "mistake.txt, line 3: "), ("# none\n", "mistake.txt, got none")]
    {
        let list = file("mistake.txt", text);
        let ran = shell.run(&format!("history 600519 --symbols {}", list.display()));
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{}", ran.err);
        assert!(ran.err.contains(part), "{}", ran.err);
    }
    let missing = shell.run("history --symbols nowhere.txt");
    assert_eq!((missing.code, missing.out.as_str()), (1, ""));
    assert!(missing.err.starts_with("nowhere.txt: "), "{}", missing.err);
    assert_eq!(shell.simulator().requests().len(), 0);
}

#[test]
fn json_and_files_hold_the_same_rows() {
    let shell = Shell::new();
    let json = shell.run("quote 600519 000001 --format json");
    let rows: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(rows[0]["symbol"], "600519.SH");
    assert_eq!(rows[1]["symbol"], "000001.SZ");
    assert!(rows[0]["time"].as_str().unwrap().ends_with("+08:00"), "{rows}");
    let ndjson = shell.run("quote 600519 000001 --format ndjson");
    let lines: Vec<serde_json::Value> =
        ndjson.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(serde_json::Value::Array(lines), rows);
    // A missing value is a null, not a missing key: East Money has no order book in these fields.
    let eastmoney = shell.run("quote 600519 --format ndjson --source eastmoney");
    let row: serde_json::Value = serde_json::from_str(&eastmoney.out).unwrap();
    assert!(row.as_object().unwrap().contains_key("bid1") && row["bid1"].is_null());

    let file = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("bars.csv");
    let ran = shell.run(&format!(
        "get cn_stock_daily symbol=000001 start=2024-06-03 end=2024-06-07 --format csv -o {}",
        file.display()
    ));
    assert_eq!((ran.code, ran.out.as_str()), (0, ""), "{}", ran.err);
    assert_eq!(std::fs::read_to_string(file).unwrap().lines().count(), 6);
}

#[test]
fn sources_and_health_name_every_source() {
    let shell = Shell::new();
    let sources = shell.run("sources --columns");
    assert_eq!(sources.code, 0);
    for part in
        ["cn_stock_daily", "cn_stock_quote", "东方财富", "新浪财经", "腾讯财经", "1023 bars", "shares"]
    {
        assert!(sources.out.contains(part), "{part}: {}", sources.out);
    }
    let health = shell.run("health --probe --json");
    let report: serde_json::Value = serde_json::from_str(&health.out).unwrap();
    for source in ["eastmoney", "sina", "tencent"] {
        // The example of the minutes has no start, and Sina's reach has: the probe asks for recent days.
        for dataset in ["cn_stock_daily", "cn_stock_minute", "cn_index_daily", "cn_stock_quote"] {
            assert_eq!(report[dataset][source]["status"], "healthy", "{dataset} {source}: {}", health.err);
            assert_eq!(report[dataset][source]["total_requests"], 1, "{dataset} {source}");
        }
    }
    assert!(!health.err.contains("cn_stock_minute"), "{}", health.err);
}

#[test]
fn a_plan_is_printed_and_no_request_is_sent() {
    let ran = run("history 000001 --explain", &[("FINVISTA_DISABLED", "sina")]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    assert!(ran.out.starts_with("cn_stock_daily 000001.SZ"), "{}", ran.out);
    assert!(ran.out.ends_with(":\n  1. eastmoney, at least 1 request\n  2. tencent, at least 1 request\n  -  sina: it is disabled\n"), "{}", ran.out);
    // Several are spread over the sources.
    let ran = run("history 000001 600519 300750 --explain", &[("FINVISTA_DISABLED", "sina")]);
    assert!(
        ran.out.starts_with("3 queries, at least ") && ran.out.contains("\n  eastmoney: "),
        "{}",
        ran.out
    );
}

#[test]
fn settings_come_from_the_environment_and_a_file_and_mistakes_are_named() {
    let shell = Shell::new();
    let gateway =
        [("FINVISTA_GATEWAY", shell.origin.as_str()), ("FINVISTA_PRIORITY_CN_STOCK_QUOTE", "tencent")];
    let ran = run("quote 000001", &gateway);
    assert!(ran.err.contains("from tencent"), "{}", ran.err);
    let ran = run("quote 000001", &[("FINVISTA_TIMOUT", "5")]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("FINVISTA_TIMOUT") && ran.err.contains("FINVISTA_TIMEOUT"), "{}", ran.err);

    let file = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("settings.toml");
    std::fs::write(&file, format!("gateway = \"{}\"\ndisabled = [\"sina\", \"tencent\"]\n", shell.origin))
        .unwrap();
    let ran = run(&format!("--config {} quote 000001", file.display()), &[]);
    assert!(ran.err.contains("from eastmoney"), "{}", ran.err);
    std::fs::write(&file, "[failover]\nfailure_threshold = 0\n").unwrap();
    let ran = run(&format!("--config {} quote 000001", file.display()), &[]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("failover.failure_threshold"), "{}", ran.err);
}

#[test]
fn a_recording_answers_without_a_server() {
    let mut shell = Shell::new();
    let dir =
        std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("recorded-{}", std::process::id()));
    let asked = format!("history 000001 --start {} --format csv", shell.start());
    let live = shell.run(&format!("{asked} --record {}", dir.display()));
    assert_eq!(live.code, 0, "{}", live.err);
    shell.stop();
    let replayed = run(&format!("{asked} --replay {}", dir.display()), &[]);
    assert_eq!((replayed.code, replayed.out), (0, live.out), "{}", replayed.err);

    let other = run(&format!("--replay {} history 600519", dir.display()), &[]);
    assert_eq!(other.code, 4, "{}", other.err);
    let said = format!("the recording {} has no answer to GET https://", dir.display());
    assert!(other.err.contains(&said), "{}", other.err);
    let both = run(&format!("{asked} --record a --replay {}", dir.display()), &[]);
    assert_eq!(both.code, 2, "{}", both.err);
    // The simulator's flag of this name takes the vendors' recordings, and says so of another folder.
    let sim = run(&format!("sim --replay {}", dir.display()), &[]);
    assert!(sim.code != 0 && sim.err.contains("INDEX"), "{}", sim.err);
    std::fs::remove_dir_all(dir).unwrap();
}

#[test]
fn the_demo_tells_the_whole_story() {
    let ran = run("demo", &[]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let mut rest = ran.out.as_str();
    for part in [
        "Data from: eastmoney",
        "eastmoney failed after",
        "Data from: sina",
        "Same days, same closes",
        "East Money's circuit is open",
        "eastmoney was not asked: its circuit is open",
        "East Money received 0 more requests",
        "circuit_open",
        "Data from: sina",
        "Data from: tencent",
        "all sources failed for cn_stock_daily",
        "    retry ",
        "half_open",
        "East Money's circuit is closed",
        "healthy",
        "sina failed after 2.0 s: timeout: no answer within 2.0 s, and tencent was faster",
        "eastmoney banned us",
        "in 100 tables",
        "the calls shared one fetch",
    ] {
        let at = rest.find(part).unwrap_or_else(|| panic!("{part:?} is missing in {}", ran.out));
        rest = rest.get(at + part.len()..).unwrap();
    }
}
