//! Everything that has to hold before a change is merged, the tests last.

use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

use crate::metadata::{cargo, members, succeed};
use crate::{arrow, docs, tidy};

/// The breaker under a model checker. `--cfg loom` changes every crate, so it builds in a folder of its own.
const LOOM: &str = "test -p finvista-core --lib --locked --target-dir target/loom loom_tests";

/// More calls than a plain `cargo test` makes.
const CHAOS: &str = "test -p finvista-tests --locked chaos -- --nocapture";
const CHAOS_CALLS: &str = "100000";

/// For each target. Long enough to replay its seeds and to try some hundred thousand inputs more.
const FUZZ_SECONDS: u32 = 10;

/// Runs every step and stops at the first that fails.
///
/// The tests come last and nothing is printed after them, so that the closing line is the test runner's.
pub(crate) fn run() -> Result<ExitCode, String> {
    lint("format", "fmt --all --check")?;
    lint("clippy", "clippy --workspace --all-targets --all-features --locked -- -D warnings")?;
    for package in ["finvista", "finvista-core"] {
        alone(package, "clippy", "--locked -- -D warnings")?;
    }
    // One of its tests lists the registered vendors, which each feature changes.
    alone("finvista", "test", "--lib --locked")?;
    step("loom", &format!("RUSTFLAGS=\"--cfg loom\" cargo {LOOM}"), || {
        succeed(cargo().args(LOOM.split(' ')).env("RUSTFLAGS", "--cfg loom"))
    })?;
    step("arrow 60", "cargo xtask next-arrow", arrow::run)?;
    let doc = "doc --workspace --no-deps --all-features --locked";
    step("documentation", &format!("RUSTDOCFLAGS=\"-D warnings\" cargo {doc}"), || {
        succeed(cargo().args(doc.split(' ')).env("RUSTDOCFLAGS", "-D warnings"))
    })?;
    step("tidy", "cargo xtask tidy", tidy::run)?;
    step("generated tables", "cargo xtask docs --check", || docs::run(true))?;
    lint("dependencies", "deny --all-features --locked check bans licenses sources")?;
    step("spelling", "typos", || succeed(Command::new("typos").current_dir(crate::root())))?;
    semver()?;

    step("chaos", &format!("FINVISTA_CHAOS_CALLS={CHAOS_CALLS} cargo {CHAOS}"), || {
        succeed(cargo().args(CHAOS.split(' ')).env("FINVISTA_CHAOS_CALLS", CHAOS_CALLS))
    })?;
    fuzz()?;

    eprintln!("== tests: cargo test --workspace --locked");
    let tests = cargo().args(["test", "--workspace", "--locked"]).status();
    let status = tests.map_err(|error| format!("cannot start cargo: {error}"))?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// A feature may only add: with any one of them alone, and with none, the package passes.
fn alone(package: &str, verb: &str, rest: &str) -> Result<(), String> {
    let members = members()?;
    let member = members.iter().find(|member| member.name == package);
    let member = member.ok_or_else(|| format!("the workspace has no package {package}"))?;

    let alone = format!("{verb} -p {package} --no-default-features");
    lint(&format!("{verb} of {package} without features"), &format!("{alone} {rest}"))?;
    for feature in member.features.keys().filter(|feature| *feature != "default") {
        lint(
            &format!("{verb} of {package} with {feature} alone"),
            &format!("{alone} --features {feature} {rest}"),
        )?;
    }
    Ok(())
}

/// Compares the API of the published crates with the last release, if there is one.
///
/// `.ci/run` does not install the tool, because it takes about ten minutes to build. The workflows on GitHub install it prebuilt.
fn semver() -> Result<(), String> {
    let git = |arguments: &[&str]| {
        let output = Command::new("git").args(arguments).current_dir(crate::root()).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    // From the parent, so that a release is compared with the one before it.
    let Some(tag) = git(&["describe", "--tags", "--abbrev=0", "--match", "v*", "HEAD^"]) else {
        eprintln!("== semver: skipped, because no earlier commit is tagged as a release");
        return Ok(());
    };
    let mut version = cargo();
    version.args(["semver-checks", "--version"]).stdout(Stdio::null()).stderr(Stdio::null());
    if !version.status().is_ok_and(|status| status.success()) {
        eprintln!("== semver: skipped, because cargo-semver-checks is not installed");
        return Ok(());
    }

    let mut check = format!("semver-checks --workspace --all-features --baseline-rev {tag}");
    for member in members()? {
        // A crate that is newer than the release has no baseline.
        let manifest = member.manifest_path.strip_prefix(crate::root()).unwrap_or(&member.manifest_path);
        if git(&["cat-file", "-e", &format!("{tag}:{}", manifest.display())]).is_none() {
            check += &format!(" --exclude {}", member.name);
        }
    }
    lint("semver", &check)
}

/// Every fuzz target for a short while, from freshly written seeds.
fn fuzz() -> Result<(), String> {
    let folder = crate::root().join("fuzz");
    let entries = std::fs::read_dir(folder.join("fuzz_targets"))
        .map_err(|error| format!("cannot read fuzz_targets: {error}"))?;
    let name = |entry: std::io::Result<std::fs::DirEntry>| {
        Some(entry.ok()?.path().file_stem()?.to_string_lossy().into_owned())
    };
    let mut targets: Vec<String> = entries.filter_map(name).collect();
    targets.sort();
    targets.insert(0, "seeds".to_owned());
    for target in targets {
        let run = format!("fuzz run --sanitizer none {target}");
        let limits = match target.as_str() {
            "seeds" => String::new(),
            _ => format!(
                " -- -max_total_time={FUZZ_SECONDS} -rss_limit_mb=512 -timeout=5 -print_final_stats=1"
            ),
        };
        let run = format!("{run}{limits}");
        step(&format!("fuzz {target}"), &format!("cd fuzz && cargo {run}"), || {
            succeed(cargo().current_dir(&folder).args(run.split(' ')))
        })?;
    }
    Ok(())
}

/// One cargo command, written as a person would type it after `cargo`.
fn lint(name: &str, arguments: &str) -> Result<(), String> {
    step(name, &format!("cargo {arguments}"), || succeed(cargo().args(arguments.split(' '))))
}

/// Runs one step between its name and its time; a failure says how to run the step by hand.
fn step(name: &str, by_hand: &str, work: impl FnOnce() -> Result<(), String>) -> Result<(), String> {
    eprintln!("== {name}: {by_hand}");
    let start = Instant::now();
    work().map_err(|error| format!("{name}: {error}\nrun it by hand: {by_hand}"))?;
    eprintln!("== {name}: {:.1} s", start.elapsed().as_secs_f64());
    Ok(())
}
