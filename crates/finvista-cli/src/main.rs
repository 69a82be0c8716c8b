//! `finvista`: market data at the shell.
//!
//! Standard output gets the data and nothing else; sources, failures and advice go to standard error. Exit codes: 0 all that was
//! asked for, 5 a part of it; where nothing came: 2 usage or bad input, 3 not found, 4 all sources failed or unavailable;
//! 130 interrupted; 1 anything else.

#![forbid(unsafe_code)]

mod args;
mod beside;
mod check;
mod data;
mod demo;
mod failure;
mod fetch;
mod health;
mod interrupt;
mod layout;
mod list;
mod options;
mod output;
mod partial;
mod plugin;
mod report;
mod rows;
mod setup;
mod sim;
mod sources;
mod symbols;
mod table;

use std::process::ExitCode;

use clap::Parser;
use tokio::runtime::Runtime;

use args::{Args, Command};
use failure::Failure;
use options::ErrorFormat;
use report::Style;

fn main() -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => return refused(&error),
    };
    report::set(Style { quiet: args.quiet, errors: args.errors });
    log(args.verbose);
    let outcome = match Runtime::new() {
        Ok(runtime) => {
            let outcome = runtime.block_on(run(&args));
            // What blocks a thread, such as a plugin, does not hold up the end.
            runtime.shutdown_background();
            outcome
        }
        Err(error) => Err(Failure::Io("starting".to_owned(), error)),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            failure.tell();
            failure.code()
        }
    }
}

async fn run(args: &Args) -> Result<(), Failure> {
    match &args.command {
        Command::History(command) => data::history(args, command).await,
        Command::Quote(command) => data::stock_quote(args, command).await,
        Command::List(command) => data::list(args, command).await,
        Command::Search(command) => data::search(args, command).await,
        Command::Index(command) => data::index(args, command).await,
        Command::Get(command) => data::get(args, command).await,
        Command::Sources(command) => sources::run(args, command),
        Command::Health(command) => health::run(args, command).await,
        Command::Plugin(command) => plugin::run(args, command).await,
        Command::Sim(command) => sim::run(command).await,
        Command::Demo => demo::run().await,
    }
}

/// A command line that cannot be read, or a text that was asked for, such as --help.
fn refused(error: &clap::Error) -> ExitCode {
    let words: Vec<String> = std::env::args().collect();
    let json = words.iter().any(|word| word == "--errors=json")
        || words
            .windows(2)
            .any(|pair| matches!(pair, [name, value] if name == "--errors" && value == "json"));
    if json && error.use_stderr() {
        report::set(Style { quiet: true, errors: ErrorFormat::Json });
        Failure::Usage(error.to_string()).tell();
    } else {
        // A closed standard error loses the message alone.
        let _lost = error.print();
    }
    ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2))
}

/// Logs to standard error: calls and transitions with `-v`, everything with `-vv`.
fn log(verbose: u8) {
    let level = match verbose {
        0 => return,
        1 => tracing_subscriber::filter::LevelFilter::INFO,
        _ => tracing_subscriber::filter::LevelFilter::TRACE,
    };
    let color = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    tracing_subscriber::fmt()
        .with_max_level(level)
        .with_ansi(color && is_terminal())
        .with_writer(std::io::stderr)
        // A closed standard error would be reported on standard error, by a panic.
        .log_internal_errors(false)
        .init();
}

fn is_terminal() -> bool {
    std::io::IsTerminal::is_terminal(&std::io::stderr())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        <Args as clap::CommandFactory>::command().debug_assert();
    }
}
