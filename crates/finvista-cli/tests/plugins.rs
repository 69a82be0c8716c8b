#![cfg(test)]
//! Plugins at the shell: one in plain C, and one that brings a data set of its own.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The program, and what it said.
struct Ran {
    code: i32,
    out: String,
    err: String,
}

/// Runs the program in this folder, with an environment that has none of our variables but these.
fn run(folder: &Path, line: &str, variables: &[(&str, &str)]) -> Ran {
    let mut command = Command::new(env!("CARGO_BIN_EXE_finvista"));
    command.args(line.split_whitespace()).current_dir(folder);
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("FINVISTA_")) {
        command.env_remove(name);
    }
    let Output { status, stdout, stderr } = command.envs(variables.iter().copied()).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ran { code: status.code().unwrap(), out: text(stdout), err: text(stderr) }
}

/// A folder of this test's own, with the plugin in plain C, to which `change` is done first.
fn plain(test: &str, change: impl FnOnce(String) -> String) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
    // What an earlier run left behind, if it ran.
    let _gone = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let source = std::fs::read_to_string(root.join("plugins/plain-c/plain.c")).unwrap();
    std::fs::write(folder.join("plain.c"), change(source)).unwrap();
    let output = Command::new("cc")
        .args(["-std=c99", "-fPIC", "-shared", "-fvisibility=hidden", "-I"])
        .arg(root.join("crates/finvista-plugin/include"))
        .args(["-o", "libplain.so", "plain.c"])
        .current_dir(&folder)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    folder
}

/// The hash of the library, as the program itself tells it.
fn sha256(folder: &Path) -> String {
    let ran = run(folder, "plugin info libplain.so", &[]);
    let line = ran.out.lines().find(|line| line.starts_with("sha256"));
    line.unwrap_or_else(|| panic!("{}", ran.err)).split_whitespace().last().unwrap().to_owned()
}

fn sidecar(folder: &Path, sha256: &str) {
    let text = format!(
        "name = \"plain\"\nversion = \"1.0.0\"\nfile = \"libplain.so\"\nsha256 = \"{sha256}\"\nabi = \"1.0\"\n\
         datasets = [\"cn_stock_daily\"]\n"
    );
    std::fs::write(folder.join("libplain.toml"), text).unwrap();
}

#[test]
fn a_plugin_is_a_source_of_the_command() {
    let folder = plain("command", |source| source);
    let sources = run(&folder, "sources --plugin libplain.so", &[]);
    let line = sources.out.lines().find(|line| line.contains("Made-up bars in plain C")).unwrap();
    for part in ["100 ", "plain", "1.0.0", "libplain.so (ABI 1.0)"] {
        assert!(line.contains(part), "{part}: {line}");
    }
    // The gateway refuses connections: every vendor fails, and the plugin answers.
    let ran = run(
        &folder,
        "--plugin libplain.so --gateway http://127.0.0.1:1 history 600519 --start 2024-06-03 --end 2024-06-07 --format csv",
        &[],
    );
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.err.contains("eastmoney failed") && ran.err.contains("5 rows from plain"), "{}", ran.err);
    assert_eq!(ran.out.lines().count(), 6, "{}", ran.out);

    let missing = run(&folder, "--plugin libplane.so sources", &[]);
    assert_eq!((missing.code, missing.out.as_str()), (2, ""));
    assert!(missing.err.contains("libplane.so") && missing.err.contains("check the path"), "{}", missing.err);
}

#[test]
fn a_list_runs_no_code() {
    let folder = plain("listed", |source| source);
    let path = folder.display().to_string();
    let variables = [("FINVISTA_PLUGIN_PATH", path.as_str())];
    let none = run(&folder, "plugin list", &variables);
    assert_eq!((none.code, none.out.as_str()), (0, ""));
    assert!(none.err.contains("no plugins"), "{}", none.err);

    let named = run(&folder, "plugin list --plugin libplain.so", &variables);
    assert_eq!((named.code, named.out.lines().count()), (1, 1));
    assert!(
        named.err.contains("libplain.so has no sidecar: write one with finvista plugin sidecar"),
        "{}",
        named.err
    );

    let written = run(&folder, "plugin sidecar libplain.so", &[]);
    assert_eq!((written.code, written.out.as_str()), (0, ""));
    assert!(written.err.contains("libplain.toml"), "{}", written.err);
    let text = std::fs::read_to_string(folder.join("libplain.toml")).unwrap();
    let again = run(&folder, "plugin sidecar libplain.so", &[]);
    assert!(again.code == 1 && again.err.contains("already exists: remove it"), "{}", again.err);
    assert_eq!(std::fs::read_to_string(folder.join("libplain.toml")).unwrap(), text);
    sidecar(&folder, &sha256(&folder));
    assert_eq!(std::fs::read_to_string(folder.join("libplain.toml")).unwrap(), text);
    let listed = run(&folder, "plugin list", &variables);
    assert_eq!(listed.code, 0, "{}", listed.err);
    let line = listed.out.lines().nth(1).unwrap();
    for part in ["plain", "1.0.0", "1.0 ", "cn_stock_daily", "as described", "libplain.so"] {
        assert!(line.contains(part), "{part}: {line}");
    }
    // A library that would end the program if its code ran is listed all the same.
    std::fs::write(folder.join("libplain.so"), "no library").unwrap();
    let changed = run(&folder, "plugin list --plugin libplain.so", &[]);
    assert!(changed.code == 0 && changed.out.contains("changed"), "{}{}", changed.out, changed.err);
    std::fs::remove_file(folder.join("libplain.so")).unwrap();
    assert!(run(&folder, "plugin list", &variables).out.contains("missing"));
    std::fs::write(folder.join("libplain.toml"), "name = 1").unwrap();
    let wrong = run(&folder, "plugin list", &variables);
    assert!(wrong.code == 1 && wrong.err.contains("libplain.toml"), "{}{}", wrong.out, wrong.err);
}

#[test]
fn a_plugin_says_what_it_is() {
    let folder = plain("said", |source| source);
    let ran = run(&folder, "plugin info libplain.so", &[]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    for part in [
        "Made-up bars in plain C",
        "ABI             1.0",
        "sidecar         none",
        "hosts           none",
        "cn_stock_daily, priority 100",
        "ChiNext share",
        "turnover",
    ] {
        assert!(ran.out.contains(part), "{part}: {}", ran.out);
    }
    assert_eq!(sha256(&folder).len(), 64);
    sidecar(&folder, &"0".repeat(64));
    let changed = run(&folder, "plugin info libplain.toml", &[]);
    assert!(changed.code == 2 && changed.err.contains("install the plugin anew"), "{}", changed.err);
}

#[test]
fn a_check_has_a_report_and_a_code() {
    let folder = plain("checked", |source| source);
    let good = run(&folder, "plugin check libplain.so", &[]);
    assert_eq!(good.code, 0, "{}{}", good.out, good.err);
    for part in [
        "passed          cn_stock_daily  units and invariants\n",
        "  * it sends no requests through this program's HTTP client\n    cn_stock_daily: fault reset, fault status:403, ",
        "passed          cn_stock_daily  memory stays flat\n",
        ", 0 failed, ",
    ] {
        assert!(good.out.contains(part), "{part}: {}", good.out);
    }
    // Its highest price below its lowest: the invariants of the data set find it.
    let folder =
        plain("check_fails", |source| source.replace("close + 0.1, close - 0.1", "close - 0.1, close + 0.1"));
    let bad = run(&folder, "plugin check libplain.so", &[]);
    assert_eq!(bad.code, 1, "{}{}", bad.out, bad.err);
    assert!(bad.out.contains("FAILED          cn_stock_daily  units and invariants: "), "{}", bad.out);
    let sample = run(&folder, "plugin check libplain.so --sample tide_table", &[]);
    assert!(sample.code == 2 && sample.err.contains("no data set tide_table"), "{}", sample.err);
}

/// The bars of the plugin under a name of its own.
#[test]
fn a_data_set_of_a_plugins_own_is_one_like_ours() {
    let folder = plain("own", |source| {
        let columns = "\"shape\":\"free\",\"columns\":[{\"name\":\"symbol\",\"type\":\"text\"},{\"name\":\"date\",\"type\":\"date\"},\
            {\"name\":\"open\",\"type\":\"float\",\"unit\":\"CNY\",\"doc\":\"The first price.\"},\
            {\"name\":\"high\",\"type\":\"float\"},{\"name\":\"low\",\"type\":\"float\"},{\"name\":\"close\",\"type\":\"float\"},\
            {\"name\":\"volume\",\"type\":\"int\"},{\"name\":\"amount\",\"type\":\"float\",\"nullable\":true},\
            {\"name\":\"change\",\"type\":\"float\",\"nullable\":true},{\"name\":\"change_pct\",\"type\":\"float\",\"nullable\":true},\
            {\"name\":\"amplitude\",\"type\":\"float\",\"nullable\":true},{\"name\":\"turnover\",\"type\":\"float\",\"nullable\":true}],\
            \"params\":[{\"name\":\"symbol\",\"required\":true,\"doc\":\"a code\"},{\"name\":\"start\"},{\"name\":\"end\"}],\
            \"title\":\"Made-up bars\"";
        let old = r#"\"capability\":{\"boards\":[\"main\",\"star\",\"chi_next\",\"beijing\"],\"periods\":[\"day\"]}"#;
        assert!(source.contains(old));
        source
            .replace(old, &columns.replace('"', "\\\""))
            .replace("#define DATASET \"cn_stock_daily\"", "#define DATASET \"made_up_bars\"")
    });
    let ran = run(
        &folder,
        "--plugin libplain.so get made_up_bars symbol=600519.SH start=2024-06-03 end=2024-06-04 --format csv",
        &[],
    );
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.out.lines().nth(1).unwrap().starts_with("600519.SH,2024-06-03,"), "{}", ran.out);
    let sources = run(&folder, "sources --columns --plugin libplain.so", &[]).out;
    for part in ["made_up_bars: Made-up bars", "libplain.so", "CNY", "The first price."] {
        assert!(sources.contains(part), "{part}: {sources}");
    }
    let health = run(&folder, "health --json --plugin libplain.so", &[]).out;
    assert!(health.contains("made_up_bars"), "{health}");
    // What can be asked of it only its author knows.
    let unasked = run(&folder, "plugin check libplain.so", &[]).out;
    assert!(unasked.contains("name a sample"), "{unasked}");
    let check = |sample: &str| {
        let mut check = Command::new(env!("CARGO_BIN_EXE_finvista"));
        check.args(["plugin", "check", "libplain.so", "--sample", sample]).current_dir(&folder);
        let Output { status, stdout, stderr } = check.output().unwrap();
        (status.code(), [String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap()].concat())
    };
    // The plugin reads ten letters of a day. What follows them shows that a value may have spaces.
    let (code, report) = check("made_up_bars symbol=600519.SH start=\"2024-06-03 and later\"");
    assert_eq!(code, Some(0), "{report}");
    assert!(report.contains("passed          made_up_bars    what is promised is answered"), "{report}");
    for (sample, words) in [
        ("made_up_bars symbol=600519.SH start=2024-06-03 and later", "made_up_bars key=\"a b\""),
        ("made_up_bars symbol=\"600519.SH", "is not closed"),
    ] {
        let (code, error) = check(sample);
        assert!(code == Some(2) && error.contains(words), "{error}");
    }
}
