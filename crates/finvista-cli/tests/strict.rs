#![cfg(test)]
#![cfg(unix)]
//! What the program refuses, and how it says so: settings, proxies, recordings, dead sources.

mod support;

use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use finvista_testkit::Vendor;
use support::{Ran, Shell, command, folder, run};

#[test]
fn a_probe_of_dead_sources_is_not_a_success() {
    let mut shell = Shell::new();
    shell.simulator().faults().break_vendor(Vendor::Sina);
    assert_eq!(shell.run("health --probe").code, 5);
    shell.stop();
    let ran = shell.run("health --probe --json");
    assert_eq!(ran.code, 4, "{}", ran.err);
    assert!(ran.out.starts_with('{'), "the report is printed all the same: {}", ran.out);
    assert_eq!(shell.run("health").code, 0);
}

#[test]
fn advice_heeds_what_vendors_say() {
    for (fault, says, not) in [
        ("*=status:429:120", "retry after ", "any time"),
        ("*=status:403", "retry in some minutes", "any time"),
        ("*=status:456", "retry in some minutes", "any time"),
        ("*=status:503", "retry at any time", "some minutes"),
    ] {
        let shell = Shell::new();
        shell.fault(fault);
        let ran = shell.run("history 000001 --start 2024-06-03");
        assert_eq!(ran.code, 4, "{fault}: {}", ran.err);
        assert!(ran.err.contains(says) && !ran.err.contains(not), "{fault}: {}", ran.err);
    }
}

#[test]
fn plugins_that_are_not_there_are_named() {
    let ran = run("--plugin nowhere/libx.so sources", &[]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("nowhere/libx.so"), "{}", ran.err);
    for line in ["sources", "plugin list"] {
        let ran = run(line, &[("FINVISTA_PLUGIN_PATH", "/nowhere/plugins")]);
        assert_eq!(ran.code, 2, "{line}: {}", ran.err);
        assert!(ran.err.contains("/nowhere/plugins"), "{line}: {}", ran.err);
    }
}

#[test]
fn an_implicit_file_of_settings_is_named_and_must_be_ours() {
    let folder = folder("implicit");
    let settings = folder.join("finvista.toml");
    let sources = || Ran::of(command("sources", &[]).current_dir(&folder).output().unwrap());
    std::fs::write(&settings, "timout = 5\n").unwrap();
    let ran = sources();
    assert_eq!(ran.code, 2, "{}", ran.err);
    for part in ["timout", "./finvista.toml", "did you mean timeout?"] {
        assert!(ran.err.contains(part), "{part}: {}", ran.err);
    }
    std::fs::write(&settings, "http_proxy = \"http://me:hunter2@host\n").unwrap();
    let ran = sources();
    assert!(
        ran.err.contains("./finvista.toml: line 1, column ") && !ran.err.contains("hunter2"),
        "{}",
        ran.err
    );

    std::fs::write(&settings, "timeout = 5\n").unwrap();
    assert_eq!(sources().code, 0);
    std::fs::set_permissions(&settings, PermissionsExt::from_mode(0o666)).unwrap();
    let ran = sources();
    assert_eq!(ran.code, 2, "{}", ran.err);
    assert!(ran.err.contains("./finvista.toml: ") && ran.err.contains("chmod go-w"), "{}", ran.err);
    // A file that is named was chosen.
    let named = command(&format!("--config {} sources", settings.display()), &[]).output().unwrap();
    assert!(named.status.success());
}

#[test]
fn proxies_of_the_environment_are_used_or_refused() {
    let ran = run("history 000001", &[("ALL_PROXY", "socks5://me:hunter2@127.0.0.1:1080")]);
    assert_eq!(ran.code, 2, "{}", ran.err);
    assert!(ran.err.contains("ALL_PROXY") && !ran.err.contains("hunter2"), "{}", ran.err);
    let ran = run("history 000001", &[("HTTPS_PROXY", "http://me:hunter2@127.0.0.1:1")]);
    assert_eq!(ran.code, 4, "{}", ran.err);
    assert!(ran.err.contains("(through http://127.0.0.1:1)") && !ran.err.contains("hunter2"), "{}", ran.err);
    // A setting of ours says another way.
    let shell = Shell::new();
    let ran =
        run("quote 000001", &[("HTTPS_PROXY", "http://127.0.0.1:1"), ("FINVISTA_GATEWAY", &shell.origin)]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let ran = run("sources", &[("FINVISTA_HTTP_PROXY", "ftp://127.0.0.1:1")]);
    assert_eq!(ran.code, 2, "{}", ran.err);
    assert!(ran.err.contains("http_proxy") && ran.err.contains("got ftp"), "{}", ran.err);
}

#[test]
fn a_pipe_is_not_a_recording() {
    let folder = folder("pipe");
    let pipe = folder.join("0001-a.http");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let ran = run(&format!("history 000001 --replay {}", folder.display()), &[]);
    assert_eq!(ran.code, 2, "{}", ran.err);
    assert!(ran.err.contains("0001-a.http: expected a regular file"), "{}", ran.err);
}

#[test]
fn a_failure_to_record_blames_no_vendor() {
    let shell = Shell::new();
    let folder = folder("record");
    std::fs::write(folder.join("file"), "").unwrap();
    let ran = shell.run(&format!("history 000001 --record {}/file", folder.display()));
    assert_eq!(ran.code, 2, "{}", ran.err);
    assert!(ran.err.starts_with("record: "), "{}", ran.err);
    let recorded = folder.join("recording");
    let line = format!("history 000001 --start 2024-06-03 --record {}", recorded.display());
    assert_eq!(shell.run(&line).code, 0);
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&recorded), 0o700);
    for entry in std::fs::read_dir(&recorded).unwrap() {
        assert_eq!(mode(&entry.unwrap().path()), 0o600);
    }
}
