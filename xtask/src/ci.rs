//! Everything that has to hold before a change is merged, the tests last.

use std::process::{Command, ExitCode};
use std::time::Instant;

use crate::metadata::{cargo, members};
use crate::{docs, tidy};

/// Runs every step and stops at the first that fails.
///
/// The tests come last and nothing is printed after them, so that the closing line is the test runner's.
pub(crate) fn run() -> Result<ExitCode, String> {
    lint("format", "fmt --all --check")?;
    lint("clippy", "clippy --workspace --all-targets --all-features --locked -- -D warnings")?;
    each_feature_alone("finvista")?;
    each_feature_alone("finvista-core")?;
    let doc = "doc --workspace --no-deps --all-features --locked";
    step("documentation", &format!("RUSTDOCFLAGS=\"-D warnings\" cargo {doc}"), || {
        succeed(cargo().args(doc.split(' ')).env("RUSTDOCFLAGS", "-D warnings"))
    })?;
    step("tidy", "cargo xtask tidy", tidy::run)?;
    step("generated tables", "cargo xtask docs --check", || docs::run(true))?;
    lint("dependencies", "deny --all-features --locked check bans licenses sources")?;

    eprintln!("== tests: cargo test --workspace --locked");
    let tests = cargo().args(["test", "--workspace", "--locked"]).status();
    let status = tests.map_err(|error| format!("cannot start cargo: {error}"))?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// A feature may only add: with any one of them alone, and with none, the package compiles without a warning.
fn each_feature_alone(package: &str) -> Result<(), String> {
    let members = members()?;
    let member = members.iter().find(|member| member.name == package);
    let member = member.ok_or_else(|| format!("the workspace has no package {package}"))?;

    let alone = format!("clippy -p {package} --no-default-features");
    lint(&format!("{package} without features"), &format!("{alone} --locked -- -D warnings"))?;
    for feature in member.features.keys().filter(|feature| *feature != "default") {
        lint(
            &format!("{package} with {feature} alone"),
            &format!("{alone} --features {feature} --locked -- -D warnings"),
        )?;
    }
    Ok(())
}

/// One cargo command, written as a person would type it after `cargo`.
fn lint(name: &str, arguments: &str) -> Result<(), String> {
    step(name, &format!("cargo {arguments}"), || succeed(cargo().args(arguments.split(' '))))
}

fn succeed(command: &mut Command) -> Result<(), String> {
    let status = command.status().map_err(|error| format!("cannot start cargo: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("cargo ended with {status}")) }
}

/// Runs one step between its name and its time; a failure says how to run the step by hand.
fn step(name: &str, by_hand: &str, work: impl FnOnce() -> Result<(), String>) -> Result<(), String> {
    eprintln!("== {name}: {by_hand}");
    let start = Instant::now();
    work().map_err(|error| format!("{name}: {error}\nrun it by hand: {by_hand}"))?;
    eprintln!("== {name}: {:.1} s", start.elapsed().as_secs_f64());
    Ok(())
}
