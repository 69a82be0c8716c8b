//! The command line.

use std::path::PathBuf;

use clap::{Args as Group, Parser, Subcommand};
use finvista::{Adjust, Period};
use jiff::civil::Date;

use crate::options::{ErrorFormat, Output, adjust, day, period, seconds};
use crate::symbols::Symbols;

/// Market data that keeps coming when vendors fail.
#[derive(Debug, Parser)]
#[command(name = "finvista", version, max_term_width = 100, after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Read settings from this TOML file [default: the one that FINVISTA_CONFIG names, else ./finvista.toml if it is there].
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Send every request to this origin, such as http://127.0.0.1:8080, with the vendor's host in `Host`.
    #[arg(long, global = true, value_name = "ORIGIN")]
    pub(crate) gateway: Option<String>,
    /// The time of a whole call, over all sources, in seconds [default: 30].
    #[arg(long, global = true, value_name = "SECONDS", value_parser = seconds)]
    pub(crate) timeout: Option<std::time::Duration>,
    /// Write every exchange with a vendor into this folder, for --replay or for a report of a bug.
    #[arg(long, global = true, value_name = "DIR", conflicts_with = "replay")]
    pub(crate) record: Option<PathBuf>,
    /// Answer every request from a folder that --record wrote, without a network.
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) replay: Option<PathBuf>,
    /// Load this plugin: a library, or the sidecar beside it. Repeatable. It runs with all your rights.
    #[arg(long = "plugin", id = "plugins", global = true, value_name = "FILE")]
    pub(crate) plugins: Vec<PathBuf>,
    /// Print errors alone, without the source of each answer and the summary.
    #[arg(short, long, global = true)]
    pub(crate) quiet: bool,
    /// How errors are written on standard error; with -q they are all that is written there.
    #[arg(long, global = true, value_enum, value_name = "FORMAT", default_value_t = ErrorFormat::Text)]
    pub(crate) errors: ErrorFormat,
    /// Log calls and transitions to standard error; twice for everything.
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXAMPLES: &str = "\
Examples:
  finvista history 000001 --start 2024-01-01
  finvista history 000001 600519 --adjust qfq -o bars.csv
  finvista history --symbols watchlist.txt -o bars.csv --resume
  finvista history 000001 --period week
  finvista history 000001 --period 5m --start 2024-06-24
  finvista quote 000001 600519
  finvista list --market star
  finvista search payh
  finvista index history 000300
  finvista demo

Exit codes: 0 all that was asked for; 5 a part of it, and the rest is named on standard error; where
nothing came: 2 usage or bad input, 3 not found, 4 all sources failed or unavailable; 130 interrupted;
1 anything else.";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Bars of stocks, funds and B shares: days, weeks, months or minutes.
    History(History),
    /// Quotes of stocks, funds and B shares, now.
    Quote(Quote),
    /// The listings of a part of the market, with the prices of the day.
    List(List),
    /// Stocks and funds by code, name or pinyin initials.
    Search(Search),
    /// Indices: bars and quotes.
    #[command(subcommand)]
    Index(Index),
    /// Any data set: `finvista get cn_stock_daily symbol=000001 adjust=qfq`.
    Get(Get),
    /// The sources, what they have, and in which order they are asked.
    Sources(Sources),
    /// The health of the sources in this process: with --probe, each is asked once first, and the exit code
    /// is 5 if one fails and 4 if all do.
    Health(Health),
    /// Plugins: sources that arrive as a file.
    #[command(subcommand)]
    Plugin(Plugin),
    /// A local market that answers like the vendors, for --gateway.
    Sim(Sim),
    /// Failover, circuits and recovery in a minute, on a local market. Needs no internet.
    Demo,
}

#[derive(Debug, Group)]
pub(crate) struct History {
    #[command(flatten)]
    pub(crate) symbols: Symbols,
    /// The first day [default: the first listing day].
    #[arg(long, value_name = "DAY", value_parser = day)]
    pub(crate) start: Option<Date>,
    /// The last day, inclusive [default: today].
    #[arg(long, value_name = "DAY", value_parser = day)]
    pub(crate) end: Option<Date>,
    /// The adjustment of the prices: none, qfq or hfq.
    #[arg(long, default_value = "none", value_parser = adjust)]
    pub(crate) adjust: Adjust,
    /// The length of a bar: day, week, month, or minutes such as 5m.
    #[arg(long, default_value = "day", value_parser = period)]
    pub(crate) period: Period,
    #[command(flatten)]
    pub(crate) output: Output,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Index {
    /// Bars of indices, by code: 000300, 399001.SZ, 930955.CSI. A bare 000001 is the SSE Composite.
    History(IndexHistory),
    /// Quotes of indices, now.
    Quote(Quote),
}

#[derive(Debug, Group)]
pub(crate) struct IndexHistory {
    #[command(flatten)]
    pub(crate) symbols: Symbols,
    /// The first day [default: the first available].
    #[arg(long, value_name = "DAY", value_parser = day)]
    pub(crate) start: Option<Date>,
    /// The last day, inclusive [default: today].
    #[arg(long, value_name = "DAY", value_parser = day)]
    pub(crate) end: Option<Date>,
    /// The length of a bar: day, week or month.
    #[arg(long, default_value = "day", value_parser = period)]
    pub(crate) period: Period,
    #[command(flatten)]
    pub(crate) output: Output,
}

#[derive(Debug, Group)]
pub(crate) struct List {
    /// The part of the market: all A shares, sh, sz, bj, star, chinext, etf or b.
    #[arg(long, default_value = "all", value_name = "NAME")]
    pub(crate) market: String,
    #[command(flatten)]
    pub(crate) output: Output,
}

#[derive(Debug, Group)]
pub(crate) struct Search {
    /// A code, a name or its pinyin initials.
    pub(crate) text: String,
    /// The most rows.
    #[arg(long, default_value_t = 10, value_name = "ROWS")]
    pub(crate) limit: u32,
    #[command(flatten)]
    pub(crate) output: Output,
}

#[derive(Debug, Group)]
pub(crate) struct Quote {
    #[command(flatten)]
    pub(crate) symbols: Symbols,
    /// Ask again every few seconds, until interrupted.
    #[arg(long, value_name = "SECONDS", num_args = 0..=1, default_missing_value = "3", value_parser = seconds)]
    pub(crate) watch: Option<std::time::Duration>,
    #[command(flatten)]
    pub(crate) output: Output,
}

#[derive(Debug, Group)]
pub(crate) struct Get {
    /// The data set; `finvista sources` lists them.
    pub(crate) dataset: String,
    /// The parameters of the query.
    #[arg(value_name = "KEY=VALUE")]
    pub(crate) params: Vec<String>,
    #[command(flatten)]
    pub(crate) output: Output,
}

#[derive(Debug, Group)]
pub(crate) struct Sources {
    /// List the columns of the data sets too, with their units.
    #[arg(long)]
    pub(crate) columns: bool,
}

#[derive(Debug, Group)]
pub(crate) struct Health {
    /// Ask every source once first, for each of its data sets that has an example.
    #[arg(long)]
    pub(crate) probe: bool,
    /// Print the report as JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Plugin {
    /// The plugins that would be loaded, as their sidecars describe them. Runs no code of a plugin.
    List,
    /// What a plugin offers. Runs its code.
    Info {
        /// The library, or the sidecar beside it.
        file: PathBuf,
    },
    /// Write the sidecar that describes a plugin, so that a list need not run it. Runs its code.
    Sidecar {
        /// The library.
        file: PathBuf,
    },
    /// Run the conformance suite on a plugin: exit code 1 when a case fails. Runs its code. Hosts that the local market does not
    /// imitate are asked over the network.
    Check {
        /// The library, or the sidecar beside it.
        file: PathBuf,
        /// A query that it must answer, such as `tide_table port="Port Louis"`, instead of well-known instruments. Repeatable.
        #[arg(long = "sample", value_name = "DATASET KEY=VALUE…")]
        samples: Vec<String>,
    },
}

#[derive(Debug, Group)]
pub(crate) struct Sim {
    /// The port on 127.0.0.1 [default: a free one].
    #[arg(long, default_value_t = 0, hide_default_value = true)]
    pub(crate) port: u16,
    /// Answer from this folder of the vendors' recordings (with INDEX-*.tsv; not one of --record) instead of the made-up market.
    #[arg(long, value_name = "DIR")]
    pub(crate) replay: Option<PathBuf>,
    /// A fault, such as `eastmoney=reset`, `sina:getKLineData:1-5=status:503` or `tencent=latency:500ms`. Repeatable.
    #[arg(long = "fault", value_name = "RULE")]
    pub(crate) faults: Vec<finvista_testkit::FaultRule>,
    /// The seed of the made-up market: equal seeds make equal markets.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
}
