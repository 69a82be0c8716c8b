//! End-to-end speed over the public API, against a gateway, and the decoders beside their floor.

mod decode;
mod load;

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use finvista::Symbol;

/// How fast FinVista is: whole calls against a gateway, or the decoders alone.
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
        /// How often the whole list is asked for.
        #[arg(long, default_value_t = 1)]
        reps: usize,
        /// How many calls are in flight.
        #[arg(long, default_value_t = 1)]
        parallel: usize,
    },
    /// The quotes of symbols in one batch of Sina's.
    Quote {
        #[command(flatten)]
        target: Target,
        /// How often they are asked for.
        #[arg(long, default_value_t = 1)]
        polls: usize,
    },
    /// The decoders and checks without a network, in turns with the floor and the usual parse.
    Decode {
        /// How often each is run.
        #[arg(long, default_value_t = 1000)]
        turns: usize,
    },
}

#[derive(Debug, clap::Args)]
struct Target {
    /// The gateway, such as http://127.0.0.1:8080.
    #[arg(long)]
    base: String,
    /// A file with a symbol on each line: 0.000001 or sh600519.
    #[arg(long)]
    symbols: PathBuf,
}

impl Target {
    fn symbols(&self) -> Result<Vec<Symbol>, String> {
        let shown = self.symbols.display();
        let text = std::fs::read_to_string(&self.symbols).map_err(|e| format!("cannot read {shown}: {e}"))?;
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        let symbols: Result<Vec<Symbol>, _> = lines.map(Symbol::stock).collect();
        match symbols {
            Ok(symbols) if symbols.is_empty() => Err(format!("{shown} names no symbol")),
            symbols => symbols.map_err(|e| format!("{shown}: {e}")),
        }
    }
}

fn main() -> ExitCode {
    match run(&Args::parse().command) {
        // Whoever closed the pipe has read what it wanted.
        Ok(text) => drop(writeln!(std::io::stdout().lock(), "{text}")),
        Err(error) => {
            drop(writeln!(std::io::stderr().lock(), "finvista-bench: {error}"));
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

/// What is printed, the summary on the last line.
fn run(command: &Command) -> Result<String, String> {
    let summary = match command {
        Command::Hist { target, reps, parallel } => {
            load::hist(&target.base, target.symbols()?, *reps, *parallel)?
        }
        Command::Quote { target, polls } => load::quote(&target.base, &target.symbols()?, *polls)?,
        Command::Decode { turns } => return decode::table(*turns),
    };
    Ok(summary.to_string())
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
            let symbols = Target { base: String::new(), symbols: path.clone() }.symbols();
            std::fs::remove_file(path).unwrap();
            symbols
        };
        let symbols = target("0.000001\n\n1.600519\nsh600000\n").unwrap();
        assert_eq!(
            symbols.iter().map(Symbol::to_string).collect::<Vec<_>>(),
            ["000001.SZ", "600519.SH", "600000.SH"]
        );
        assert!(target("x\n").unwrap_err().contains("not a symbol"));
        assert!(target("\n").unwrap_err().contains("names no symbol"));
    }
}
