#![cfg(test)]
#![cfg(unix)]
//! How rows are written: to files that are replaced at the end, resumed or interrupted, and what is reported beside them.

mod support;

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use finvista_testkit::Vendor;
use serde_json::Value;
use support::{Ran, Shell, command, file, folder, signal};

const SYMBOLS: &str = "600519 000001 300750 600036";

/// Reads standard error of a running program until this text has appeared the given number of times.
fn wait_for(child: &mut Child, times: usize, text: &str) {
    let mut said = Vec::new();
    let stderr = child.stderr.as_mut().unwrap();
    let mut byte = [0];
    // Byte by byte, so that what follows stays in the pipe.
    while String::from_utf8_lossy(&said).matches(text).count() < times {
        assert_eq!(stderr.read(&mut byte).unwrap(), 1, "{}", String::from_utf8_lossy(&said));
        said.extend(byte);
    }
}

#[test]
fn a_killed_run_leaves_the_old_file_and_is_resumed_to_the_same_file() {
    let shell = Shell::new();
    let folder = folder("killed");
    for format in ["csv", "json", "ndjson"] {
        let (whole, killed) =
            (folder.join(format!("whole.{format}")), folder.join(format!("killed.{format}")));
        let line = |file: &std::path::Path| {
            format!("history {SYMBOLS} --start 2024-06-03 --end 2024-09-30 -o {}", file.display())
        };
        assert_eq!(shell.run(&line(&whole)).code, 0);
        fs::write(&killed, "old").unwrap();
        // One symbol hangs at every vendor, and the others come.
        shell.fault("*:600519:1-99=hang");
        let mut child = shell.spawn(&line(&killed));
        wait_for(&mut child, 3, "rows from");
        child.kill().unwrap();
        child.wait().unwrap();
        shell.simulator().faults().clear();
        assert_eq!(fs::read_to_string(&killed).unwrap(), "old");

        let requests = shell.simulator().requests().len();
        let ran = shell.run(&format!("{} --resume", line(&killed)));
        assert_eq!((ran.code, ran.out.as_str()), (0, ""), "{}", ran.err);
        assert!(ran.err.contains(" of 4 were kept"), "{}", ran.err);
        assert!(shell.simulator().requests().len() - requests < 4, "{}", ran.err);
        assert_eq!(fs::read(&killed).unwrap(), fs::read(&whole).unwrap(), "{format}");
        let mut left: Vec<_> = fs::read_dir(&folder).unwrap().map(|e| e.unwrap().file_name()).collect();
        left.retain(|name| {
            name.to_string_lossy().contains("partial") || name.to_string_lossy().contains("tmp")
        });
        assert!(left.is_empty(), "{left:?}");
    }
}

#[test]
fn an_interrupted_run_keeps_what_came_and_says_how_to_go_on() {
    let shell = Shell::new();
    shell.fault("*:600519:1-99=hang");
    let folder = folder("interrupted");
    for name in ["INT", "TERM"] {
        let bars = folder.join(format!("{name}.csv"));
        let line = format!("history {SYMBOLS} --start 2024-06-03 --end 2024-09-30");
        let mut child = shell.spawn(&format!("{line} -o {}", bars.display()));
        wait_for(&mut child, 3, "rows from");
        signal(&child, name);
        let ran = Ran::of(child.wait_with_output().unwrap());
        assert_eq!((ran.code, bars.exists()), (130, false), "{}", ran.err);
        let kept = format!("{}.partial", bars.display());
        for part in ["interrupted after 3 of 4 answers; missing: 600519.SH", "--resume completes", &kept] {
            assert!(ran.err.contains(part), "{part}: {}", ran.err);
        }
        assert_eq!(
            fs::read_to_string(&kept).unwrap().lines().filter(|l| l.contains(",2024-06-03,")).count(),
            3
        );

        // Without a file, what came is printed.
        let mut child = shell.spawn(&format!("{line} --format csv"));
        wait_for(&mut child, 3, "rows from");
        signal(&child, name);
        let ran = Ran::of(child.wait_with_output().unwrap());
        assert_eq!(ran.code, 130, "{}", ran.err);
        assert_eq!(ran.out.lines().filter(|line| line.contains(",2024-06-03,")).count(), 3, "{}", ran.out);
    }
}

#[test]
fn a_file_that_cannot_be_written_costs_no_request_and_is_named() {
    let shell = Shell::new();
    let folder = folder("nowhere");
    for (path, why) in [
        (folder.join("missing/bars.csv"), "No such file"),
        (folder.clone(), "it is a folder"),
        ("/proc/finvista.csv".into(), "/proc/finvista.csv: "),
    ] {
        let ran = shell.run(&format!("history 000001 --format csv -o {}", path.display()));
        assert_eq!(ran.code, 1, "{}", ran.err);
        assert!(ran.err.contains(&path.display().to_string()) && ran.err.contains(why), "{}", ran.err);
    }
    assert_eq!(shell.simulator().requests().len(), 0);
    let full = shell.run("history 000001 --start 2024-06-03 --format csv -o /dev/full");
    assert_eq!(full.code, 1, "{}", full.err);
    assert!(full.err.contains("/dev/full: "), "{}", full.err);
    // What cannot be replaced is written to.
    let null = shell.run("history 000001 --start 2024-06-03 --format csv -o /dev/null");
    assert_eq!((null.code, null.out.as_str()), (0, ""), "{}", null.err);
    let out = shell.run("history 000001 --start 2024-06-03 --format csv -o -");
    assert!(out.out.starts_with("symbol,date,"), "{}", out.err);
}

#[test]
fn the_extension_is_the_format_and_a_link_is_followed() {
    let shell = Shell::new();
    let folder = folder("formats");
    fs::write(folder.join("target.csv"), "old").unwrap();
    std::os::unix::fs::symlink("target.csv", folder.join("link.csv")).unwrap();
    for (name, begins) in [("link.csv", "symbol,"), ("a.json", "[{"), ("a.jsonl", "{"), ("a.txt", "symbol  ")]
    {
        let path = folder.join(name);
        let ran = shell.run(&format!("quote 000001 -o {}", path.display()));
        assert_eq!((ran.code, ran.out.as_str()), (0, ""), "{}", ran.err);
        assert!(fs::read_to_string(&path).unwrap().starts_with(begins), "{name}");
    }
    assert!(fs::symlink_metadata(folder.join("link.csv")).unwrap().is_symlink());
    assert!(fs::read_to_string(folder.join("target.csv")).unwrap().starts_with("symbol,"));
}

#[test]
fn a_closed_or_full_standard_error_loses_nothing() {
    let shell = Shell::new();
    let bars = folder("stderr").join("bars.csv");
    let line = format!(
        "--gateway {} -vv history 000001 600519 --start 2024-06-03 -o {}",
        shell.origin,
        bars.display()
    );
    let whole = shell.run("history 000001 600519 --start 2024-06-03 --format csv").out;
    let full = || fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let closed = || {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        writer
    };
    for stderr in [Stdio::from(full()), Stdio::from(closed())] {
        let _gone = fs::remove_file(&bars);
        let status = command(&line, &[]).stderr(stderr).status().unwrap();
        assert_eq!(status.code(), Some(0));
        assert_eq!(fs::read_to_string(&bars).unwrap(), whole);
    }
    // Nor does an error change its exit code.
    let status = command("history abc", &[]).stderr(full()).status().unwrap();
    assert_eq!(status.code(), Some(2));
}

#[test]
fn rows_of_several_symbols_name_their_source() {
    let shell = Shell::new();
    shell.fault("eastmoney:1.600519=reset");
    let ran = shell.run("history 000001 600519 --start 2024-06-03 --format csv");
    assert_eq!(ran.code, 0, "{}", ran.err);
    for row in ran.out.lines().skip(1) {
        let source = if row.starts_with("600519.SH") { "sina" } else { "eastmoney" };
        assert!(row.ends_with(&format!(",{source}")), "{row}");
    }
    assert!(
        ran.err.contains("2 of 2 answers in ") && ran.err.contains("from eastmoney (1), sina (1)"),
        "{}",
        ran.err
    );
    let without = shell.run("-q history 000001 600519 --start 2024-06-03 --format csv --no-source");
    assert_eq!((without.code, without.err.as_str()), (0, ""));
    assert!(without.out.lines().next().unwrap().ends_with(",turnover"), "{}", without.out);
    assert!(shell.run("history 000001 --format csv").out.lines().next().unwrap().ends_with(",turnover"));
    assert!(shell.run("quote 000001 600519 --format csv").out.lines().next().unwrap().ends_with(",source"));
}

#[test]
fn json_has_the_provenance_on_request() {
    let shell = Shell::new();
    shell.simulator().faults().break_vendor(Vendor::EastMoney);
    let line = "history 000001 600519 --start 2024-06-03 --end 2024-06-07 --provenance --format";
    let json: Value = serde_json::from_str(&shell.run(&format!("{line} json")).out).unwrap();
    let answer = &json[0];
    assert_eq!(answer["query"]["symbol"], "000001.SZ");
    assert_eq!(answer["provenance"]["source"], "sina");
    assert_eq!(answer["provenance"]["attempts"][0]["source"], "eastmoney");
    assert_eq!(answer["rows"].as_array().unwrap().len(), 5);
    assert_eq!(answer["rows"][0]["date"], "2024-06-03");
    let lines = shell.run(&format!("{line} ndjson")).out;
    let second: Value = serde_json::from_str(lines.lines().nth(1).unwrap()).unwrap();
    assert_eq!((lines.lines().count(), &second["rows"]), (2, &json[1]["rows"]));
}

#[test]
fn errors_are_json_on_request() {
    let shell = Shell::new();
    for vendor in [Vendor::EastMoney, Vendor::Sina, Vendor::Tencent] {
        shell.simulator().faults().break_vendor(vendor);
    }
    let ran = run_json(&shell, "history 000001 --start 2024-06-03", 4);
    assert_eq!(ran["kind"], "all_sources_failed");
    assert_eq!(
        (&ran["dataset"], &ran["attempts"][0]["source"]),
        (&"cn_stock_daily".into(), &"eastmoney".into())
    );
    assert!(ran["attempts"][0]["error"]["kind"].is_string() && ran["skipped"].is_array(), "{ran}");
    assert_eq!(run_json(&shell, "history abc", 2)["kind"], "invalid_input");
    assert_eq!(run_json(&shell, "history", 2)["kind"], "usage");
    assert_eq!(run_json(&shell, "history 000001 -o no-folder/x.csv", 1)["kind"], "io");
    assert_eq!(run_json(&shell, "--plugin nowhere.so sources", 2)["exit_code"], 2);
}

fn run_json(shell: &Shell, line: &str, code: i32) -> Value {
    let ran = shell.run(&format!("--errors json -q {line}"));
    assert_eq!(ran.code, code, "{}", ran.err);
    let object: Value = serde_json::from_str(&ran.err).unwrap_or_else(|e| panic!("{e}: {}", ran.err));
    assert_eq!(object["exit_code"], code);
    object
}

#[test]
fn a_watch_is_one_table_and_does_not_make_up_for_missed_rounds() {
    let shell = Shell::new();
    // Three rounds are missed while the first answer is waited for.
    shell.fault("sina:1-1=latency:1700ms");
    let mut child = shell.spawn("quote 000001 --watch 0.5 --format csv");
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    assert!(lines.next().unwrap().starts_with("symbol,name,"));
    assert!(lines.next().unwrap().starts_with("000001.SZ,"));
    let first = Instant::now();
    for _ in 0..3 {
        assert!(lines.next().unwrap().starts_with("000001.SZ,"), "the header comes once");
    }
    assert!(first.elapsed() >= Duration::from_millis(1_000), "{:?}", first.elapsed());
    signal(&child, "INT");
    assert_eq!(child.wait().unwrap().code(), Some(130));

    // A JSON array is closed, and a file is written, when the watch ends.
    let quotes = folder("watch").join("quotes.json");
    let mut child = shell.spawn(&format!("quote 000001 --watch 0.5 -o {}", quotes.display()));
    wait_for(&mut child, 2, "row from");
    signal(&child, "TERM");
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130), "{said}");
    let rows: Value = serde_json::from_str(&fs::read_to_string(quotes).unwrap()).unwrap();
    assert!(rows.as_array().unwrap().len() >= 2 && rows[0]["source"] == "sina", "{rows}");
}

#[test]
fn lists_are_read_in_the_encodings_of_editors_and_from_standard_input() {
    let shell = Shell::new();
    // "000001 # 平安银行" as GBK and as UTF-16 with its mark.
    let gbk =
        [&b"000001 # "[..], &[0xc6, 0xbd, 0xb0, 0xb2, 0xd2, 0xf8, 0xd0, 0xd0], b"\r\n600519\n"].concat();
    let text: Vec<u16> = "\u{feff}000001 # 平安银行\r\n600519\n".encode_utf16().collect();
    let utf16: Vec<u8> = text.iter().flat_map(|unit| unit.to_le_bytes()).collect();
    for (name, bytes) in [("gbk.txt", gbk), ("utf16.txt", utf16)] {
        let list = file(name, bytes);
        let ran = shell.run(&format!("quote --symbols {} --format csv", list.display()));
        assert_eq!((ran.code, ran.out.lines().count()), (0, 3), "{}", ran.err);
    }
    let binary = file("binary.txt", b"\xff\xff\xff\x00");
    let ran = shell.run(&format!("history --symbols {}", binary.display()));
    assert_eq!(ran.code, 2, "{}", ran.err);
    assert!(ran.err.contains("binary.txt"), "{}", ran.err);
    let mut stdin = command(&format!("--gateway {} quote --symbols - --format csv", shell.origin), &[]);
    let list = fs::File::open(file("stdin.txt", "600519\n000001\n")).unwrap();
    let ran = Ran::of(stdin.stdin(list).output().unwrap());
    let symbols: Vec<&str> = ran.out.lines().skip(1).map(|row| row.split(',').next().unwrap()).collect();
    assert_eq!(symbols, ["600519.SH", "000001.SZ"], "{}", ran.err);
}
