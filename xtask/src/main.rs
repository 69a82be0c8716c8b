//! All automation of the project, run as `cargo xtask COMMAND`.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a developer's tool talks on its terminal")]

use std::path::Path;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

mod arrow;
mod ci;
mod dataset;
mod docs;
mod metadata;
mod plugin;
mod skeleton;
mod tidy;

#[derive(Parser)]
#[command(bin_name = "cargo xtask", about = "All automation of the project")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run everything that has to hold before a change is merged.
    Ci,
    /// Check the project's rules that no compiler checks.
    Tidy,
    /// Check against Arrow 60, and let the loader's tests load plugins that were built with it.
    NextArrow,
    /// Write the generated tables into the READMEs and ARCHITECTURE.md.
    Docs {
        /// Change nothing; fail where a table is stale.
        #[arg(long)]
        check: bool,
    },
    /// Build a plugin of `plugins/` with its sidecar, package it, or check it.
    Plugin(plugin::Plugin),
    /// Create the crate of a vendor: one endpoint, a sample answer, tests, and a feature of the facade.
    NewVendor {
        /// Lower-case letters and digits.
        name: String,
    },
    /// Create a data set: the file of its definition, and its entry in each list.
    NewDataset {
        /// Lower-case letters, digits and _, such as `cn_dividend`.
        name: String,
        /// The shape of its questions.
        #[arg(long, value_enum)]
        shape: dataset::Shape,
    },
    /// Create a plugin: one endpoint, a sample answer, tests.
    NewPlugin {
        /// Lower-case letters and digits.
        name: String,
    },
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Ci => ci::run(),
        Command::Tidy => tidy::run().map(|()| ExitCode::SUCCESS),
        Command::NextArrow => arrow::run().map(|()| ExitCode::SUCCESS),
        Command::Docs { check } => docs::run(check).map(|()| ExitCode::SUCCESS),
        Command::Plugin(plugin) => plugin::run(&plugin),
        Command::NewVendor { name } => skeleton::new_vendor(&name).map(|()| ExitCode::SUCCESS),
        Command::NewDataset { name, shape } => dataset::new(&name, shape).map(|()| ExitCode::SUCCESS),
        Command::NewPlugin { name } => skeleton::new_plugin(&name).map(|()| ExitCode::SUCCESS),
    };
    outcome.unwrap_or_else(|message| {
        eprintln!("error: {message}");
        ExitCode::FAILURE
    })
}

/// The root of the workspace, wherever the command was started.
fn root() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here)
}
