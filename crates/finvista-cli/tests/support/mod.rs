//! The program, pointed at a market on a free port.
#![allow(dead_code, reason = "each test binary uses a part of it")]

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use finvista_testkit::{Market, Simulator};
use jiff::civil::Date;
use jiff::tz::Offset;
use jiff::{Timestamp, ToSpan};

/// A market on a free port, and the program pointed at it.
pub(crate) struct Shell {
    runtime: tokio::runtime::Runtime,
    simulator: Option<Simulator>,
    pub(crate) origin: String,
    today: Date,
}

impl Shell {
    pub(crate) fn new() -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let today = Offset::constant(8).to_datetime(Timestamp::now()).date();
        let simulator = runtime.block_on(Simulator::builder().market(Market::new(1, today)).start()).unwrap();
        let origin = simulator.origin();
        Self { runtime, simulator: Some(simulator), origin, today }
    }

    /// Two years ago: within Sina's reach on whatever day the tests run.
    pub(crate) fn start(&self) -> Date {
        self.today.checked_sub(730.days()).unwrap()
    }

    pub(crate) fn simulator(&self) -> &Simulator {
        self.simulator.as_ref().unwrap()
    }

    /// Adds a fault, such as `eastmoney=reset`.
    pub(crate) fn fault(&self, rule: &str) {
        self.simulator().faults().add(rule.parse().unwrap());
    }

    pub(crate) fn run(&self, line: &str) -> Ran {
        run(&format!("--gateway {} {line}", self.origin), &[])
    }

    /// Starts the program, with both outputs as pipes.
    pub(crate) fn spawn(&self, line: &str) -> Child {
        let mut command = command(&format!("--gateway {} {line}", self.origin), &[]);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    /// Stops the market, so that connections are refused.
    pub(crate) fn stop(&mut self) {
        self.runtime.block_on(self.simulator.take().unwrap().stop());
    }
}

pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ran {
    pub(crate) fn of(Output { status, stdout, stderr }: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Self { code: status.code().unwrap_or(-1), out: text(stdout), err: text(stderr) }
    }
}

/// The program with an environment that has none of our variables, and no proxy, but these.
pub(crate) fn command(line: &str, variables: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_finvista"));
    command.args(line.split_whitespace()).current_dir(env!("CARGO_TARGET_TMPDIR"));
    let ours = |name: &str| name.starts_with("FINVISTA_") || name.to_ascii_lowercase().ends_with("_proxy");
    for (name, _) in std::env::vars().filter(|(name, _)| ours(name)) {
        command.env_remove(name);
    }
    command.envs(variables.iter().copied());
    command
}

/// Runs the program.
pub(crate) fn run(line: &str, variables: &[(&str, &str)]) -> Ran {
    Ran::of(command(line, variables).output().unwrap())
}

/// A file of this name with these bytes, where the program runs.
pub(crate) fn file(name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, bytes).unwrap();
    path
}

/// An empty folder of this name, where the program runs.
pub(crate) fn folder(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    // What an earlier run left behind, if it ran.
    let _gone = std::fs::remove_dir_all(&path);
    std::fs::create_dir_all(&path).unwrap();
    path
}

/// Sends a signal to a process that was started here.
pub(crate) fn signal(child: &Child, name: &str) {
    let status = Command::new("kill").args([&format!("-{name}"), &child.id().to_string()]).status();
    assert!(status.unwrap().success());
}
