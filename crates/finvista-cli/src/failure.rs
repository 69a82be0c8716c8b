//! Failures of the program, and their exit codes.

use std::io;
use std::process::ExitCode;

use finvista::Error;
use finvista::loader::LoadError;

use crate::report::{Report, tell};

/// The exit code of a call that no source answered.
pub(crate) const UNAVAILABLE: u8 = 4;

/// The exit code of an answer that lacks some of what was asked for.
pub(crate) const PARTIAL: u8 = 5;

/// Why the program fails.
#[derive(Debug)]
pub(crate) enum Failure {
    /// A call or a setting.
    Finvista(Error),
    /// A plugin that cannot be loaded.
    Plugin(LoadError),
    /// A failure that was reported already, with its exit code.
    Told(u8),
    /// The command line or a file that it names is wrong.
    Usage(String),
    /// A file or socket, and the error.
    Io(String, io::Error),
    /// Output that cannot be written, and why.
    Write(String),
}

impl Failure {
    /// Reports the failure on standard error.
    pub(crate) fn tell(&self) {
        match self {
            Self::Finvista(error) => tell(error),
            Self::Told(_) => {}
            _ if self.is_closed_pipe() => {}
            Self::Plugin(error) => Report::new("plugin", &error.to_string(), 2).tell(),
            Self::Usage(what) => Report::new("usage", what, 2).tell(),
            Self::Io(what, error) => Report::new("io", &format!("{what}: {error}"), 1).tell(),
            Self::Write(what) => Report::new("output", what, 1).tell(),
        }
    }

    pub(crate) fn code(&self) -> ExitCode {
        ExitCode::from(match self {
            Self::Finvista(error) => code(error),
            Self::Plugin(_) | Self::Usage(_) => 2,
            Self::Told(code) => *code,
            _ if self.is_closed_pipe() => 0,
            Self::Io(..) | Self::Write(_) => 1,
        })
    }

    /// Whether a reader such as `head` closed standard output, which is not a failure.
    fn is_closed_pipe(&self) -> bool {
        matches!(self, Self::Io(what, error) if what == STDOUT && error.kind() == io::ErrorKind::BrokenPipe)
    }
}

/// What messages call standard output.
pub(crate) const STDOUT: &str = "standard output";

/// The failure to write to standard output.
pub(crate) fn stdout_failed(error: io::Error) -> Failure {
    Failure::Io(STDOUT.to_owned(), error)
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
        | Error::Unsupported(_) => UNAVAILABLE,
        _ => 1,
    }
}
