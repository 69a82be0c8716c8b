//! End-to-end speed over the public API, against a gateway, and the decoders beside their floor.

mod decode;
mod failover;
mod load;
mod over_reqwest;
mod rows;
mod serve;
mod socket;
mod start;
mod versus;

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, Subcommand};
use finvista_bench::ours;

use load::By;
use versus::{Floors, Peer};

/// Precedes the most memory that a run used, in bytes, on standard error.
const PEAK: &str = "peak memory, bytes:";

/// How fast FinVista is: whole calls against a gateway, beside other clients, or the decoders alone.
#[derive(Debug, Parser)]
#[command(version)]
struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// The whole history of symbols: unadjusted daily bars of East Money.
    Hist {
        #[command(flatten)]
        target: Target,
        /// How many times the whole list is asked for.
        #[arg(long, default_value_t = 1)]
        reps: usize,
        /// How many calls are in flight.
        #[arg(long, default_value_t = 1)]
        parallel: usize,
    },
    /// The quotes of symbols, in one batch from Sina.
    Quote {
        #[command(flatten)]
        target: Target,
        /// How many times they are asked for.
        #[arg(long, default_value_t = 1)]
        polls: usize,
    },
    /// The list of all A shares, from East Money. The figures are those of the rows with a price.
    List {
        /// The client.
        #[arg(long, value_enum, default_value_t = By::Finvista)]
        by: By,
        /// The gateway, such as http://127.0.0.1:8080.
        #[arg(long)]
        base: String,
        /// How many times the list is asked for.
        #[arg(long, default_value_t = 1)]
        reps: usize,
        /// How many pages are in flight. FinVista decides that itself, and uses as many threads as there are for more than one.
        #[arg(long, default_value_t = 1)]
        parallel: usize,
    },
    /// All clients in pairs with two floors, each run in a process of its own: FinVista, the usual way, and other programs that
    /// take the arguments of `hist`, `quote` and `list` and print the same last line. The last line is JSON.
    Versus {
        /// How many pairs each client runs.
        #[arg(long, default_value_t = 15)]
        pairs: usize,
        /// Another program, as NAME=PATH.
        #[arg(long)]
        peer: Vec<String>,
    },
    /// Serves prepared answers until it is killed. Its origin is the first line.
    Serve {
        /// How many histories it has.
        #[arg(long, default_value_t = 300)]
        histories: usize,
        /// How long it waits before each answer, in milliseconds.
        #[arg(long, default_value_t = 0)]
        latency_ms: u64,
    },
    /// How long one call takes while vendors fail.
    Failover,
    /// How long a program takes from start to end: the median of many runs.
    Start {
        /// The program and its arguments.
        #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
        program: Vec<String>,
    },
    /// The decoders and checks without a network, in pairs with the bare parse. The last line is JSON.
    Decode {
        /// How many pairs each is run.
        #[arg(long, default_value_t = 1000)]
        pairs: usize,
    },
    /// What reading typed rows costs, in nanoseconds a row. The last line is JSON.
    Rows {
        /// How many pairs are run.
        #[arg(long, default_value_t = 200)]
        pairs: usize,
    },
}

#[derive(Debug, clap::Args)]
struct Target {
    /// The client.
    #[arg(long, value_enum, default_value_t = By::Finvista)]
    by: By,
    /// The gateway, such as http://127.0.0.1:8080.
    #[arg(long)]
    base: String,
    /// A file with a symbol on each line: 0.000001 or sh600519.
    #[arg(long)]
    symbols: PathBuf,
}

impl Target {
    /// The symbols, spelt `sz000001`.
    fn symbols(&self) -> Result<Vec<String>, String> {
        let shown = self.symbols.display();
        let text = std::fs::read_to_string(&self.symbols).map_err(|e| format!("cannot read {shown}: {e}"))?;
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        let symbols: Result<Vec<String>, _> = lines.map(ours::prefixed).collect();
        match symbols {
            Ok(symbols) if symbols.is_empty() => Err(format!("{shown} names no symbol")),
            symbols => symbols.map_err(|e| format!("{shown}: {e}")),
        }
    }
}

fn main() -> ExitCode {
    match run(&Args::parse().command) {
        // A reader that closes the pipe has what it wanted.
        Ok(text) => drop(writeln!(std::io::stdout().lock(), "{text}")),
        Err(error) => {
            drop(writeln!(std::io::stderr().lock(), "finvista-bench: {error}"));
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

/// The text to print, with the summary on the last line.
fn run(command: &Command) -> Result<String, String> {
    let summary = match command {
        Command::Hist { target, reps, parallel } => {
            load::hist(target.by, &target.base, &target.symbols()?, *reps, *parallel)?
        }
        Command::Quote { target, polls } => load::quote(target.by, &target.base, &target.symbols()?, *polls)?,
        Command::List { by, base, reps, parallel } => load::list(*by, base, *reps, *parallel)?,
        Command::Versus { pairs, peer } => return versus::table(&floors()?, &peers(peer)?, *pairs),
        Command::Serve { histories, latency_ms } => {
            let print = |origin: &str| drop(writeln!(std::io::stdout().lock(), "{origin}"));
            serve::serve(*histories, Duration::from_millis(*latency_ms), print).map_err(|e| e.to_string())?;
            return Ok(String::new());
        }
        Command::Failover => return failover::table(),
        Command::Start { program } => return start::median(program),
        Command::Decode { pairs } => return decode::table(*pairs),
        Command::Rows { pairs } => return rows::table(*pairs),
    };
    if let Some(peak) = load::peak_memory() {
        drop(writeln!(std::io::stderr().lock(), "{PEAK} {peak}"));
    }
    Ok(summary.to_string())
}

fn floors() -> Result<Floors, String> {
    Ok(Floors { socket: own("socket", "floor")?, reqwest: own("reqwest, bare parse", "reqwest-floor")? })
}

/// FinVista, the usual way, and the programs that were named.
fn peers(named: &[String]) -> Result<Vec<Peer>, String> {
    let mut peers = vec![own("finvista", "finvista")?, own("reqwest, usual parse", "reqwest")?];
    for peer in named {
        let (name, path) = peer.split_once('=').ok_or_else(|| format!("expected NAME=PATH, got {peer:?}"))?;
        peers.push(Peer { name: name.to_owned(), program: path.into(), arguments: Vec::new() });
    }
    Ok(peers)
}

/// One of the clients of this program.
fn own(name: &str, by: &str) -> Result<Peer, String> {
    let program = std::env::current_exe().map_err(|e| e.to_string())?;
    Ok(Peer { name: name.to_owned(), program, arguments: vec!["--by".to_owned(), by.to_owned()] })
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_sound() {
        Args::command().debug_assert();
    }

    #[test]
    fn a_file_of_symbols_takes_either_spelling() {
        let target = |text: &str| {
            let path =
                std::env::temp_dir().join(format!("finvista-bench-{}-{}", std::process::id(), text.len()));
            std::fs::write(&path, text).unwrap();
            let symbols = Target { by: By::Finvista, base: String::new(), symbols: path.clone() }.symbols();
            std::fs::remove_file(path).unwrap();
            symbols
        };
        let symbols = target("0.000001\n\n1.600519\nsh600000\n").unwrap();
        assert_eq!(symbols, ["sz000001", "sh600519", "sh600000"]);
        assert!(target("x\n").unwrap_err().contains("\"x\""));
        assert!(target("\n").unwrap_err().contains("names no symbol"));
    }
}
