//! Standard error: what the program says beside the data. A closed or full standard error loses these lines and nothing else.

use std::io::{self, Write};
use std::sync::OnceLock;
use std::time::Duration;

use finvista::{AllSourcesFailed, Attempt, Error, ErrorKind, SkipReason, Skipped, Zone};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use crate::failure::code;
use crate::options::ErrorFormat;

/// What standard error shows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Style {
    /// Whether errors alone are shown.
    pub(crate) quiet: bool,
    pub(crate) errors: ErrorFormat,
}

static STYLE: OnceLock<Style> = OnceLock::new();

/// Sets what standard error shows, once.
pub(crate) fn set(style: Style) {
    STYLE.get_or_init(|| style);
}

fn style() -> Style {
    STYLE.get().copied().unwrap_or(Style { quiet: false, errors: ErrorFormat::Text })
}

/// One line on standard error.
pub(crate) fn note(line: &str) {
    // There is nowhere to report that standard error is closed or full.
    let _lost = writeln!(io::stderr().lock(), "{line}");
}

/// One line on standard error, unless the program is to be quiet.
pub(crate) fn remark(line: &str) {
    if !style().quiet {
        note(line);
    }
}

/// Whether remarks are shown.
pub(crate) fn is_quiet() -> bool {
    style().quiet
}

/// A failure that is not one of a call.
#[derive(Debug)]
pub(crate) struct Report<'a> {
    kind: &'a str,
    message: &'a str,
    code: u8,
}

impl<'a> Report<'a> {
    pub(crate) fn new(kind: &'a str, message: &'a str, code: u8) -> Self {
        Self { kind, message, code }
    }

    /// Reports the failure as a line, or as an object.
    pub(crate) fn tell(&self) {
        match style().errors {
            ErrorFormat::Text => note(self.message),
            ErrorFormat::Json => note(&self.to_json().to_string()),
        }
    }

    pub(crate) fn to_json(&self) -> Value {
        json!({ "kind": self.kind, "message": self.message, "exit_code": self.code })
    }
}

/// An error on standard error: what it is, and each source that was asked or skipped.
pub(crate) fn tell(error: &Error) {
    match style().errors {
        ErrorFormat::Text => lines(error).iter().for_each(|line| note(line)),
        ErrorFormat::Json => note(&object(error).to_string()),
    }
}

/// One line for the error, one for each source, and one about what to do.
fn lines(error: &Error) -> Vec<String> {
    let Some(report) = error.report() else { return vec![error.to_string()] };
    let what = format!("{} ({})", report.dataset, report.query);
    let mut lines = vec![match error {
        Error::NotFound(e) if e.no_data() => format!("no rows for {what}"),
        Error::NotFound(_) => format!("not found: {what}"),
        Error::Unsupported(_) => format!("no source can answer {what} exactly"),
        Error::AllSourcesFailed(_) => format!("all sources failed for {what}"),
        Error::DeadlineExceeded(e) => format!("no answer in {:.1} s for {what}", e.deadline().as_secs_f64()),
        other => other.to_string(),
    }];
    lines.extend(report.attempts.iter().map(|attempt| format!("  {attempt}")));
    lines.extend(report.skipped.iter().map(|skipped| format!("  {skipped}")));
    match error {
        Error::NotFound(e) if !e.conclusive() => {
            lines.push("  some sources could not be asked, so this is not certain".to_owned());
        }
        Error::AllSourcesFailed(e) => lines.push(format!("  {}", advice(e, Timestamp::now()))),
        _ => {}
    }
    lines
}

fn object(error: &Error) -> Value {
    let mut object = Map::new();
    object.insert("kind".to_owned(), json!(error.kind()));
    object.insert("message".to_owned(), json!(error.to_string()));
    object.insert("exit_code".to_owned(), json!(code(error)));
    if let Some(param) = error.param() {
        object.insert("param".to_owned(), json!(param));
    }
    if let Some(report) = error.report() {
        object.insert("dataset".to_owned(), json!(report.dataset));
        object.insert("query".to_owned(), json!(report.query));
        object.insert("attempts".to_owned(), json!(report.attempts));
        object.insert("skipped".to_owned(), json!(report.skipped));
    }
    object.insert("retryable".to_owned(), json!(error.is_retryable()));
    if let Error::AllSourcesFailed(e) = error {
        object.insert("retry_after".to_owned(), json!(wait(e).map(|wait| wait.as_secs_f64())));
    }
    Value::Object(object)
}

/// When to retry. What a vendor said about it comes before the state of our circuits.
fn advice(error: &AllSourcesFailed, now: Timestamp) -> String {
    let blocked = |attempt: &Attempt| {
        attempt
            .error
            .as_ref()
            .is_some_and(|e| matches!(e.kind(), ErrorKind::Blocked | ErrorKind::RateLimited))
    };
    let at = wait(error).and_then(|wait| now.checked_add(SignedDuration::try_from(wait).ok()?).ok());
    match at {
        Some(at) => format!("retry after {} China time", Zone::Shanghai.clock(at).strftime("%F %T")),
        None if error.attempts().iter().any(blocked) => {
            "a vendor refuses requests from here: retry in some minutes, and less often".to_owned()
        }
        None => "retry at any time: at least one circuit is closed".to_owned(),
    }
}

/// The shortest wait after which a source may answer, as far as vendors and circuits say.
fn wait(error: &AllSourcesFailed) -> Option<Duration> {
    let asked = error.attempts().iter().filter_map(|attempt| attempt.error.as_ref()?.retry_after());
    let skipped = error.skipped().iter().filter_map(|Skipped { reason, .. }| match reason {
        SkipReason::Open { retry_after } => Some(*retry_after),
        SkipReason::Throttled { retry_after } | SkipReason::Banned { retry_after, .. } => *retry_after,
        _ => None,
    });
    asked.chain(skipped).chain(error.retry_after()).min()
}
