//! How long a program takes to run.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// How many times the program runs.
const RUNS: usize = 100;

/// The median time from the start of a program to its end.
pub(crate) fn median(program: &[String]) -> Result<String, String> {
    let (name, arguments) = program.split_first().ok_or("no program")?;
    let mut times = Vec::with_capacity(RUNS);
    for _ in 0..RUNS {
        let mut command = Command::new(name);
        command.args(arguments).stdout(Stdio::null());
        let began = Instant::now();
        let status = command.status().map_err(|e| format!("{name}: {e}"))?;
        times.push(began.elapsed());
        if !status.success() {
            return Err(format!("{name}: {status}"));
        }
    }
    times.sort_unstable();
    let median = times.get(RUNS / 2).copied().unwrap_or(Duration::MAX);
    Ok(format!("{}: {:.2} ms, the median of {RUNS} runs", program.join(" "), median.as_secs_f64() * 1e3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failing_program_is_an_error() {
        assert!(median(&["true".to_owned()]).unwrap().starts_with("true: "));
        assert!(median(&["false".to_owned()]).is_err());
    }
}
