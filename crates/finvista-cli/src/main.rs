//! `finvista`: market data at the shell.
//!
//! Standard output gets the data and nothing else; sources, failures and advice go to standard error. Exit codes: 0 ok, 2 usage or bad input, 3 not found, 4 all sources failed or unavailable, 1 anything
//! else.

#![forbid(unsafe_code)]

mod args;
mod check;
mod data;
mod demo;
mod failure;
mod health;
mod output;
mod plugin;
mod sim;
mod sources;
mod symbols;
mod table;

use std::process::ExitCode;

use clap::Parser;

use args::{Args, Command};

#[tokio::main]
async fn main() -> ExitCode {
    let args = Args::parse();
    log(args.verbose);
    let outcome = match &args.command {
        Command::History(command) => data::history(&args, command).await,
        Command::Quote(command) => data::stock_quote(&args, command).await,
        Command::List(command) => data::list(&args, command).await,
        Command::Search(command) => data::search(&args, command).await,
        Command::Index(command) => data::index(&args, command).await,
        Command::Get(command) => data::get(&args, command).await,
        Command::Sources(command) => sources::run(&args, command),
        Command::Health(command) => health::run(&args, command).await,
        Command::Plugin(command) => plugin::run(&args, command).await,
        Command::Sim(command) => sim::run(command).await,
        Command::Demo => demo::run().await,
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            failure.tell();
            failure.code()
        }
    }
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
