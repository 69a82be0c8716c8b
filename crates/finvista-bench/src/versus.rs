//! Everybody in turns, each in a process of its own, against a vendor that costs nothing. Machines that others use differ from
//! minute to minute, so what counts is the ratio of medians in one run.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use finvista_bench::bodies;
use serde_json::Value;

/// Symbols of the long list.
const SYMBOLS: usize = 300;

/// One measurement: the arguments that everybody gets.
struct Case {
    title: &'static str,
    latency_ms: u64,
    arguments: &'static [&'static str],
    list: &'static str,
}

const CASES: [Case; 5] = [
    Case {
        title: "one history, 8,053 rows",
        latency_ms: 0,
        arguments: &["hist", "--reps", "300"],
        list: "one",
    },
    Case {
        title: "300 histories, one at a time",
        latency_ms: 0,
        arguments: &["hist", "--reps", "1"],
        list: "many",
    },
    Case {
        title: "300 histories, 8 in flight",
        latency_ms: 0,
        arguments: &["hist", "--reps", "1", "--parallel", "8"],
        list: "many",
    },
    Case { title: "800 quotes", latency_ms: 0, arguments: &["quote", "--polls", "500"], list: "quotes" },
    Case {
        title: "300 histories 30 ms away, 32 in flight",
        latency_ms: 30,
        arguments: &["hist", "--reps", "1", "--parallel", "32"],
        list: "many",
    },
];

/// Someone who is measured: what it is called and how it is started.
pub(crate) struct Peer {
    pub(crate) name: String,
    pub(crate) program: PathBuf,
    pub(crate) arguments: Vec<String>,
}

/// One run of one peer.
#[derive(Debug, Clone, Copy)]
struct Run {
    cpu: f64,
    wall: f64,
    ops: f64,
    peak: f64,
}

/// Medians over so many turns, and ratios to the first peer.
pub(crate) fn table(peers: &[Peer], turns: usize) -> Result<String, String> {
    let folder = std::env::temp_dir().join(format!("finvista-bench-{}", std::process::id()));
    std::fs::create_dir_all(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    let table = lists(&folder).and_then(|()| compared(peers, turns, &folder));
    // What is left behind is small, and lies where such things are tidied up.
    drop(std::fs::remove_dir_all(&folder));
    table
}

fn lists(folder: &Path) -> Result<(), String> {
    let many: Vec<String> = (0..SYMBOLS).map(bodies::secid).collect();
    let quotes: Vec<String> = bodies::sina_codes().collect();
    let write = |name: &str, text: String| std::fs::write(folder.join(name), text);
    write("one", "0.000001\n".to_owned())
        .and_then(|()| write("many", many.join("\n")))
        .and_then(|()| write("quotes", quotes.join("\n")))
        .map_err(|e| format!("{}: {e}", folder.display()))
}

fn compared(peers: &[Peer], turns: usize, folder: &Path) -> Result<String, String> {
    let mut text = format!(
        "{:<42} {:>12} {:>8} {:>10} {:>8} {:>8}\n",
        format!("medians of {turns} turns"),
        "cpu µs/call",
        "× floor",
        "calls/s",
        "× floor",
        "peak MB"
    );
    for case in &CASES {
        let server = Server::start(case.latency_ms)?;
        let mut runs: Vec<Vec<Run>> = vec![Vec::new(); peers.len()];
        for _ in 0..turns {
            for (peer, runs) in peers.iter().zip(&mut runs) {
                runs.extend(run(peer, case, &server.origin, folder)?);
            }
        }
        text += &format!("{}\n", case.title);
        let mut floor = None;
        for (peer, runs) in peers.iter().zip(&runs).filter(|(_, runs)| !runs.is_empty()) {
            let of = |value: fn(&Run) -> f64| median(runs.iter().map(value).collect());
            let (cpu, wall) = (of(|run| run.cpu / run.ops), of(|run| run.wall / run.ops));
            let peak = of(|run| run.peak / 1e6);
            let (floor_cpu, floor_wall) = *floor.get_or_insert((cpu, wall));
            text += &format!(
                "  {:<40} {:>12.1} {:>8.2} {:>10.0} {:>8.2} {:>8.0}\n",
                peer.name,
                cpu * 1e6,
                cpu / floor_cpu,
                1.0 / wall,
                floor_wall / wall,
                peak
            );
        }
    }
    Ok(text.trim_end().to_owned())
}

/// What a peer exits with that does not offer what is measured.
const NOT_OFFERED: i32 = 3;

fn run(peer: &Peer, case: &Case, origin: &str, folder: &Path) -> Result<Option<Run>, String> {
    let mut command = Command::new(&peer.program);
    command.args(case.arguments).args(["--base", origin, "--symbols"]).arg(folder.join(case.list));
    let output = command.args(&peer.arguments).output().map_err(|e| format!("{}: {e}", peer.name))?;
    let said = String::from_utf8_lossy(&output.stderr);
    match output.status.code() {
        Some(0) => {}
        Some(NOT_OFFERED) => return Ok(None),
        _ => return Err(format!("{}: {}: {}", case.title, peer.name, said.trim())),
    }
    let text = String::from_utf8_lossy(&output.stdout);
    let last: Value = text.lines().last().unwrap_or_default().parse().map_err(|e| format!("{text}: {e}"))?;
    let of = |key: &str| last.get(key).and_then(Value::as_f64).ok_or_else(|| format!("no {key} in {last}"));
    let peak = said.lines().find_map(|line| line.strip_prefix(crate::PEAK)?.trim().parse().ok());
    let (cpu, wall, ops) = (of("cpu_s")?, of("wall_s")?, of("ops")?);
    Ok(Some(Run { cpu, wall, ops, peak: peak.unwrap_or(f64::NAN) }))
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// The vendor, in a process of its own.
struct Server {
    child: Child,
    origin: String,
}

impl Server {
    fn start(latency_ms: u64) -> Result<Self, String> {
        let program = std::env::current_exe().map_err(|e| e.to_string())?;
        let mut command = Command::new(program);
        command.args(["serve", "--histories", &SYMBOLS.to_string(), "--latency-ms", &latency_ms.to_string()]);
        let mut child = command.stdout(Stdio::piped()).spawn().map_err(|e| e.to_string())?;
        let stdout = child.stdout.take().ok_or("the server has no output")?;
        let mut origin = String::new();
        BufReader::new(stdout).read_line(&mut origin).map_err(|e| e.to_string())?;
        Ok(Self { child, origin: origin.trim().to_owned() })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It has nothing to lose, and may be gone already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
