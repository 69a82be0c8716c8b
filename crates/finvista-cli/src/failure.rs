//! Failures of the program, and their exit codes.

use std::process::ExitCode;

use finvista::Error;
use finvista::loader::LoadError;

/// Why the program fails.
#[derive(Debug)]
pub(crate) enum Failure {
    /// A call or a setting.
    Finvista(Error),
    /// A plugin that cannot be loaded.
    Plugin(LoadError),
    /// A failure that was reported already, with its exit code.
    Told(u8),
    /// A file or socket, and the error.
    Io(String, std::io::Error),
    /// Output that cannot be written, and why.
    Write(String),
}

impl Failure {
    /// Reports the failure on standard error.
    pub(crate) fn tell(&self) {
        match self {
            Self::Finvista(error) => tell(error),
            // A reader such as `head` closed the pipe, which is not a failure.
            Self::Io(_, error) if error.kind() == std::io::ErrorKind::BrokenPipe => {}
            Self::Io(what, error) => note(&format!("{what}: {error}")),
            Self::Plugin(error) => note(&error.to_string()),
            Self::Write(what) => note(what),
            Self::Told(_) => {}
        }
    }

    pub(crate) fn code(&self) -> ExitCode {
        ExitCode::from(match self {
            Self::Finvista(error) => code(error),
            Self::Plugin(_) => 2,
            Self::Told(code) => *code,
            Self::Io(_, error) if error.kind() == std::io::ErrorKind::BrokenPipe => 0,
            Self::Io(..) | Self::Write(_) => 1,
        })
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Finvista(error)
    }
}

impl From<LoadError> for Failure {
    fn from(error: LoadError) -> Self {
        Self::Plugin(error)
    }
}

/// The exit code of an error.
pub(crate) fn code(error: &Error) -> u8 {
    match error {
        Error::InvalidInput { .. }
        | Error::UnknownSource { .. }
        | Error::UnknownDataset { .. }
        | Error::Config(_) => 2,
        Error::NotFound(_) => 3,
        Error::AllSourcesFailed(_)
        | Error::NoSource { .. }
        | Error::DeadlineExceeded(_)
        | Error::Unsupported(_) => 4,
        _ => 1,
    }
}

/// An error on standard error: what it is, and a line for each source that was asked or skipped.
pub(crate) fn tell(error: &Error) {
    let Some(report) = error.report() else {
        return note(&error.to_string());
    };
    let what = format!("{} ({})", report.dataset, report.query);
    match error {
        Error::NotFound(e) if e.no_data() => note(&format!("no rows for {what}")),
        Error::NotFound(_) => note(&format!("not found: {what}")),
        Error::Unsupported(_) => note(&format!("no source can answer {what} exactly")),
        Error::AllSourcesFailed(_) => note(&format!("all sources failed for {what}")),
        Error::DeadlineExceeded(e) => {
            note(&format!("no answer in {:.1} s for {what}", e.deadline().as_secs_f64()))
        }
        other => note(&other.to_string()),
    }
    report.attempts.iter().for_each(|attempt| note(&format!("  {attempt}")));
    report.skipped.iter().for_each(|skipped| note(&format!("  {skipped}")));
    match error {
        Error::NotFound(e) if !e.conclusive() => {
            note("  some sources could not be asked, so this is not certain")
        }
        Error::AllSourcesFailed(e) => match e.recover_at() {
            Some(at) => {
                let at = finvista::Zone::Shanghai.clock(at).strftime("%Y-%m-%d %H:%M:%S").to_string();
                note(&format!("  retry after {at} China time"));
            }
            None => note("  retry at any time: no circuit is open"),
        },
        _ => {}
    }
}

/// One line on standard error.
#[expect(clippy::print_stderr, reason = "the one place that writes to standard error")]
pub(crate) fn note(line: &str) {
    eprintln!("{line}");
}
