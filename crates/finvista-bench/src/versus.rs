//! All clients against a server that costs nothing, each run in a process of its own, in pairs with two floors: a machine that
//! others use changes its speed from minute to minute, so only what ran side by side is compared.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use finvista_bench::bodies;
use finvista_bench::pairs::{Ratio, median};
use serde_json::{Value, json};

/// Symbols of the long list.
const SYMBOLS: usize = 300;

/// One measurement: the arguments that every client gets.
struct Case {
    title: &'static str,
    latency_ms: u64,
    arguments: &'static [&'static str],
    /// The file of symbols, for the cases that take one.
    symbols: Option<&'static str>,
}

const CASES: [Case; 6] = [
    Case {
        title: "one history, 8,053 rows",
        latency_ms: 0,
        arguments: &["hist", "--reps", "300"],
        symbols: Some("one"),
    },
    Case {
        title: "300 histories, one at a time",
        latency_ms: 0,
        arguments: &["hist", "--reps", "1"],
        symbols: Some("many"),
    },
    Case {
        title: "300 histories, 8 in flight",
        latency_ms: 0,
        arguments: &["hist", "--reps", "1", "--parallel", "8"],
        symbols: Some("many"),
    },
    Case {
        title: "800 quotes",
        latency_ms: 0,
        arguments: &["quote", "--polls", "500"],
        symbols: Some("quotes"),
    },
    Case {
        title: "the list of all A shares, 4 pages in flight",
        latency_ms: 0,
        arguments: &["list", "--reps", "20", "--parallel", "4"],
        symbols: None,
    },
    Case {
        title: "300 histories 30 ms away, 32 in flight",
        latency_ms: 30,
        arguments: &["hist", "--reps", "1", "--parallel", "32"],
        symbols: Some("many"),
    },
];

/// A client that is measured: its name and how it is started.
pub(crate) struct Peer {
    pub(crate) name: String,
    pub(crate) program: PathBuf,
    pub(crate) arguments: Vec<String>,
}

/// What every figure is compared with.
pub(crate) struct Floors {
    /// A socket and the bare parse.
    pub(crate) socket: Peer,
    /// reqwest and the same bare parse.
    pub(crate) reqwest: Peer,
}

/// One run of one client.
#[derive(Debug, Clone, Copy)]
struct Run {
    /// Seconds of CPU a call.
    cpu: f64,
    /// Seconds on the clock a call.
    wall: f64,
    peak_bytes: f64,
    rows: f64,
    closes: f64,
}

/// A table for people, and the same for programs on the last line.
pub(crate) fn table(floors: &Floors, peers: &[Peer], pairs: usize) -> Result<String, String> {
    let folder = std::env::temp_dir().join(format!("finvista-bench-{}", std::process::id()));
    std::fs::create_dir_all(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    let table = write_lists(&folder).and_then(|()| compare_all(floors, peers, pairs, &folder));
    // The files are small, and in a folder that systems tidy up.
    drop(std::fs::remove_dir_all(&folder));
    table
}

fn write_lists(folder: &Path) -> Result<(), String> {
    let many: Vec<String> = (0..SYMBOLS).map(bodies::secid).collect();
    let quotes: Vec<String> = bodies::sina_codes().collect();
    let write = |name: &str, text: String| std::fs::write(folder.join(name), text);
    write("one", "0.000001\n".to_owned())
        .and_then(|()| write("many", many.join("\n")))
        .and_then(|()| write("quotes", quotes.join("\n")))
        .map_err(|e| format!("{}: {e}", folder.display()))
}

const LEGEND: &str = "\
Each client runs between a run of either floor, in a process of its own. × is the median ratio of these pairs, `best` the best
run over the best run of the floor. Neither floor checks anything:
  socket: HTTP/1.1 on a blocking socket and the bare parse into columns
  reqwest: reqwest and the same bare parse
";

fn compare_all(floors: &Floors, peers: &[Peer], pairs: usize, folder: &Path) -> Result<String, String> {
    let mut text = format!(
        "{LEGEND}\n{:<40} {:>8} {:>8} {:>5} {:>9} {:>5} {:>9} {:>8} {:>5} {:>7}\n",
        format!("{pairs} pairs"),
        "cpu µs",
        "× socket",
        "best",
        "× reqwest",
        "best",
        "clock µs",
        "× socket",
        "best",
        "peak MB"
    );
    let mut results = Vec::new();
    for case in &CASES {
        let server = Server::start(case.latency_ms)?;
        text += &format!("{}\n", case.title);
        for peer in std::iter::once(&floors.reqwest).chain(peers) {
            let Some(runs) = compare(floors, peer, case, pairs, &server.origin, folder)? else { continue };
            if results.last().is_none_or(|result: &Value| result["case"] != case.title) {
                let floor: Vec<Run> = runs.iter().map(|[socket, ..]| *socket).collect();
                let costs = format!(
                    "{:>8.1}{:33}{:>9.1}",
                    least(&floor, |run| run.cpu),
                    "",
                    least(&floor, |run| run.wall)
                );
                text += &format!("  {:<38} {costs}{:15} {:>7.0}\n", "socket", "", peak(&floor));
            }
            let result = Costs::of(&runs);
            text += &format!("  {:<38} {}\n", peer.name, result.text());
            results.push(result.json(case.title, &peer.name));
        }
    }
    Ok(format!("{text}{}", json!({ "pairs": pairs, "runs": results })))
}

/// The socket's run, the peer's and reqwest's, as often as there are pairs, or `None` when the peer does not offer the case.
fn compare(
    floors: &Floors,
    peer: &Peer,
    case: &Case,
    pairs: usize,
    origin: &str,
    folder: &Path,
) -> Result<Option<Vec<[Run; 3]>>, String> {
    let mut runs = Vec::new();
    for _ in 0..pairs {
        let mut turn = Vec::new();
        for client in [&floors.socket, peer, &floors.reqwest] {
            let Some(run) = run(client, case, origin, folder)? else { return Ok(None) };
            turn.push(run);
        }
        let Ok(turn) = <[Run; 3]>::try_from(turn) else { continue };
        let [socket, own, reqwest] = turn;
        if [own, reqwest].iter().any(|run| (run.rows, run.closes) != (socket.rows, socket.closes)) {
            return Err(format!("{}: {} read other rows than the floor", case.title, peer.name));
        }
        runs.push(turn);
    }
    Ok(Some(runs))
}

/// What one peer costs in one case.
struct Costs {
    cpu_us: f64,
    wall_us: f64,
    peak_mb: f64,
    cpu_x_socket: Ratio,
    cpu_x_reqwest: Ratio,
    wall_x_socket: Ratio,
}

impl Costs {
    fn of(runs: &[[Run; 3]]) -> Self {
        let own: Vec<Run> = runs.iter().map(|[_, own, _]| *own).collect();
        let to_socket = |value: fn(&Run) -> f64| {
            Ratio::of(&runs.iter().map(|[socket, own, _]| (value(socket), value(own))).collect::<Vec<_>>())
        };
        let to_reqwest: Vec<(f64, f64)> =
            runs.iter().map(|[_, own, reqwest]| (reqwest.cpu, own.cpu)).collect();
        Self {
            cpu_us: least(&own, |run| run.cpu),
            wall_us: least(&own, |run| run.wall),
            peak_mb: peak(&own),
            cpu_x_socket: to_socket(|run| run.cpu),
            cpu_x_reqwest: Ratio::of(&to_reqwest),
            wall_x_socket: to_socket(|run| run.wall),
        }
    }

    fn text(&self) -> String {
        let Self { cpu_us, wall_us, peak_mb, cpu_x_socket, cpu_x_reqwest, wall_x_socket } = self;
        format!(
            "{cpu_us:>8.1} {:>8.2} {:>5.2} {:>9.2} {:>5.2} {wall_us:>9.1} {:>8.2} {:>5.2} {peak_mb:>7.0}",
            cpu_x_socket.median,
            cpu_x_socket.best,
            cpu_x_reqwest.median,
            cpu_x_reqwest.best,
            wall_x_socket.median,
            wall_x_socket.best
        )
    }

    fn json(&self, case: &str, by: &str) -> Value {
        json!({
            "case": case, "by": by, "cpu_us": self.cpu_us, "wall_us": self.wall_us, "peak_mb": self.peak_mb,
            "cpu_x_socket": self.cpu_x_socket.json(), "cpu_x_reqwest": self.cpu_x_reqwest.json(),
            "wall_x_socket": self.wall_x_socket.json(),
        })
    }
}

/// The best run, in microseconds.
fn least(runs: &[Run], value: fn(&Run) -> f64) -> f64 {
    runs.iter().map(value).fold(f64::INFINITY, f64::min) * 1e6
}

/// The median of the most memory, in megabytes.
fn peak(runs: &[Run]) -> f64 {
    median(runs.iter().map(|run| run.peak_bytes / 1e6).collect())
}

/// The exit code of a peer that does not offer the case.
const NOT_OFFERED: i32 = 3;

fn run(peer: &Peer, case: &Case, origin: &str, folder: &Path) -> Result<Option<Run>, String> {
    let mut command = Command::new(&peer.program);
    command.args(case.arguments).args(["--base", origin]);
    if let Some(symbols) = case.symbols {
        command.arg("--symbols").arg(folder.join(symbols));
    }
    let output = command.args(&peer.arguments).output().map_err(|e| format!("{}: {e}", peer.name))?;
    let errors = String::from_utf8_lossy(&output.stderr);
    match output.status.code() {
        Some(0) => {}
        Some(NOT_OFFERED) => return Ok(None),
        _ => return Err(format!("{}: {}: {}", case.title, peer.name, errors.trim())),
    }
    let text = String::from_utf8_lossy(&output.stdout);
    let last: Value = text.lines().last().unwrap_or_default().parse().map_err(|e| format!("{text}: {e}"))?;
    let of = |key: &str| last.get(key).and_then(Value::as_f64).ok_or_else(|| format!("no {key} in {last}"));
    let peak = errors.lines().find_map(|line| line.strip_prefix(crate::PEAK)?.trim().parse().ok());
    let ops = of("ops")?;
    Ok(Some(Run {
        cpu: of("cpu_s")? / ops,
        wall: of("wall_s")? / ops,
        peak_bytes: peak.unwrap_or(f64::NAN),
        rows: of("n")?,
        closes: of("sum_close_c")?,
    }))
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
        // It may have ended already, and has nothing to lose.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_figure_is_against_the_floor_that_it_names() {
        let run = |cpu, wall| Run { cpu, wall, peak_bytes: 5e6, rows: 1.0, closes: 1.0 };
        let turns =
            [[run(1.0, 2.0), run(3.0, 3.0), run(2.0, 9.0)], [run(2.0, 2.0), run(4.0, 5.0), run(2.0, 9.0)]];
        let costs = Costs::of(&turns).json("case", "peer");
        assert_eq!(costs["cpu_x_socket"], json!({ "median": 3.0, "best": 3.0 }));
        assert_eq!(costs["cpu_x_reqwest"], json!({ "median": 2.0, "best": 1.5 }));
        assert_eq!(costs["wall_x_socket"], json!({ "median": 2.5, "best": 1.5 }));
        assert_eq!((&costs["cpu_us"], &costs["peak_mb"]), (&json!(3e6), &json!(5.0)));
    }
}
