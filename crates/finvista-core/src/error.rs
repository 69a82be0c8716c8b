//! The errors of sources, and what each kind means for failover.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use serde::ser::SerializeStruct;
use serde::{Deserialize, Serialize, Serializer};

use crate::symbol::Symbol;
use crate::text::clean;

/// A query is wrong, so no source could answer it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct InvalidInput {
    message: String,
    param: Option<&'static str>,
}

impl InvalidInput {
    /// An error with this message, in the form `expected X, got Y`.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), param: None }
    }

    /// An error about a parameter.
    pub fn of(param: &'static str, message: impl Into<String>) -> Self {
        Self { message: message.into(), param: Some(param) }
    }

    /// Sets the parameter that the error is about, unless it is already set.
    #[must_use]
    pub fn about(mut self, param: &'static str) -> Self {
        self.param.get_or_insert(param);
        self
    }

    /// The parameter that is wrong, if the error is about a single one.
    pub fn param(&self) -> Option<&'static str> {
        self.param
    }
}

/// A setting is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{key}: {message}")]
pub struct ConfigError {
    key: String,
    message: String,
}

impl ConfigError {
    /// An error about the setting with this key.
    pub fn new(key: impl Into<String>, message: impl Into<String>) -> Self {
        Self { key: key.into(), message: message.into() }
    }

    /// The same error about a setting in this file, which the message names.
    #[must_use]
    pub fn in_file(mut self, file: &str) -> Self {
        if self.key != file {
            self.message = format!("{} (in {file})", self.message);
        }
        self
    }

    /// The key, such as `failover.failure_threshold`.
    pub fn key(&self) -> &str {
        &self.key
    }
}

/// Why a source returned no table. [`ErrorKind::meaning`] says what follows from each kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ErrorKind {
    /// The query itself is wrong, so no source could answer it.
    InvalidInput,
    /// The source cannot answer the query exactly.
    Unsupported,
    /// The source does not know the symbol.
    NotFound,
    /// The source knows the symbol and has no rows in the range.
    NoData,
    /// Too many requests: status 429, or an equivalent message of the vendor.
    RateLimited,
    /// The source did not answer in time.
    Timeout,
    /// The network failed: DNS, TLS, connecting, or a connection lost during an answer.
    Transport,
    /// The vendor failed: status 5xx, or "system busy".
    Upstream,
    /// The vendor refused us: status 403, a login wall, an HTML page instead of data, or a connection closed without a byte.
    Blocked,
    /// The answer does not have the expected form.
    Decode,
    /// The answer has the expected form and fails a check of its data set.
    Invalid,
    /// The source panicked, or a plugin broke its contract.
    Plugin,
    /// Our own rate limit does not allow the request within the time of the attempt. The source counts as not asked.
    Throttled,
    /// The circuit was open, so the source was not asked. Only the manager returns it.
    CircuitOpen,
}

/// What follows from a kind of failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Meaning {
    /// Whether the same source may be asked the same query again.
    pub retry_here: bool,
    /// Whether the next source is asked.
    pub next_source: bool,
    /// Whether it counts as a failure in the breaker. Otherwise it is neutral and not a success, because a vendor that
    /// refuses us with an empty page must not close its own circuit.
    pub counts: bool,
}

impl ErrorKind {
    /// What follows from this kind.
    pub fn meaning(self) -> Meaning {
        let (retry_here, next_source, counts) = match self {
            Self::InvalidInput => (false, false, false),
            Self::Unsupported | Self::NotFound | Self::NoData | Self::Throttled | Self::CircuitOpen => {
                (false, true, false)
            }
            Self::RateLimited | Self::Timeout | Self::Transport | Self::Upstream => (true, true, true),
            Self::Blocked | Self::Decode | Self::Invalid | Self::Plugin => (false, true, true),
        };
        Meaning { retry_here, next_source, counts }
    }

    /// The name in messages and reports, such as `not_found`.
    pub fn name(self) -> &'static str {
        match self {
            Self::InvalidInput => "invalid_input",
            Self::Unsupported => "unsupported",
            Self::NotFound => "not_found",
            Self::NoData => "no_data",
            Self::RateLimited => "rate_limited",
            Self::Timeout => "timeout",
            Self::Transport => "transport",
            Self::Upstream => "upstream",
            Self::Blocked => "blocked",
            Self::Decode => "decode",
            Self::Invalid => "invalid",
            Self::Plugin => "plugin",
            Self::Throttled => "throttled",
            Self::CircuitOpen => "circuit_open",
        }
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Why a source returned no table: a kind, a message, and when to retry, if known.
///
/// ```
/// use finvista_core::{ErrorKind, SourceError};
///
/// let error = SourceError::new(ErrorKind::NotFound, "999999.SH is not listed");
/// assert_eq!(error.to_string(), "not_found: 999999.SH is not listed");
/// assert!(error.kind().meaning().next_source);
/// ```
#[derive(Debug, Clone)]
pub struct SourceError {
    kind: ErrorKind,
    message: Box<str>,
    retry_after: Option<Duration>,
    unreachable: bool,
    about: Option<About>,
    cause: Option<std::sync::Arc<dyn std::error::Error + Send + Sync>>,
}

/// What a failure is about, where its kind does not say it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum About {
    Symbol,
    Source,
}

/// Longer messages are cut, because health reports keep them and a vendor may answer with a whole page.
const MESSAGE_LIMIT: usize = 500;

impl SourceError {
    /// An error of this kind. The message may quote a vendor or a plugin, so it is [cleaned](crate::clean): on one line, and cut
    /// after 500 characters.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        let message: String = message.into();
        let message = match clean(&message, MESSAGE_LIMIT) {
            Cow::Borrowed(_) => message.into(),
            Cow::Owned(clean) => clean.into(),
        };
        Self { kind, message, retry_after: None, unreachable: false, about: None, cause: None }
    }

    /// An error of kind [`ErrorKind::Decode`].
    pub fn decode(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Decode, message)
    }

    /// An error of kind [`ErrorKind::NotFound`]: the vendor knows none of these symbols. It says what became of a code that was
    /// replaced.
    ///
    /// ```
    /// use finvista_core::SourceError;
    ///
    /// let error = SourceError::unknown(&["430047.BJ".parse()?]);
    /// assert_eq!(error.message(), "does not know 430047.BJ (920047.BJ since 2025-10-09)");
    /// # Ok::<(), finvista_core::InvalidInput>(())
    /// ```
    pub fn unknown(symbols: &[Symbol]) -> Self {
        let few: Vec<String> = symbols.iter().take(10).map(Symbol::with_successor).collect();
        let more = match symbols.len().saturating_sub(few.len()) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        Self::new(ErrorKind::NotFound, format!("does not know {}{more}", few.join(", ")))
    }

    /// Adds how long the vendor asked us to wait.
    #[must_use]
    pub fn with_retry_after(mut self, delay: Duration) -> Self {
        self.retry_after = Some(delay);
        self
    }

    /// Adds the underlying error, which [`source`](std::error::Error::source) returns.
    #[must_use]
    pub fn with_cause(mut self, cause: impl std::error::Error + Send + Sync + 'static) -> Self {
        self.cause = Some(std::sync::Arc::new(cause));
        self
    }

    /// Marks that no connection could be made: no name, no route, or no listener. If that is the case for every host, the
    /// local network is down, and no source is blamed.
    #[must_use]
    pub fn with_unreachable(mut self) -> Self {
        self.unreachable = true;
        self
    }

    /// Marks a failure that is about the symbol asked for: its file is empty, or its rows are in another unit than those of all
    /// others. The next source is asked, and the circuit counts the failure only if the source has answered the same query before.
    ///
    /// Without a mark, [`Decode`](ErrorKind::Decode) and [`Invalid`](ErrorKind::Invalid) for a single symbol count once several
    /// different symbols in a row fail so.
    ///
    /// ```
    /// use finvista_core::{ErrorKind, SourceError};
    ///
    /// let error = SourceError::new(ErrorKind::Invalid, "no factors of 001395.SZ").about_symbol();
    /// assert!(error.is_about_symbol());
    /// ```
    #[must_use]
    pub fn about_symbol(mut self) -> Self {
        self.about = Some(About::Symbol);
        self
    }

    /// Marks a failure that is about the source, whatever the symbol: its columns have changed. The circuit counts it at once.
    #[must_use]
    pub fn about_source(mut self) -> Self {
        self.about = Some(About::Source);
        self
    }

    /// The kind.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The message, without the kind.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Whether no connection could be made.
    pub fn is_unreachable(&self) -> bool {
        self.unreachable
    }

    /// Whether the failure is [marked](Self::about_symbol) as one about the symbol.
    pub fn is_about_symbol(&self) -> bool {
        self.about == Some(About::Symbol)
    }

    #[cfg(feature = "manager")]
    pub(crate) fn about(&self) -> Option<About> {
        self.about
    }

    /// How long the vendor asked us to wait, if it did.
    pub fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }
}

impl fmt::Display for SourceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind, self.message)
    }
}

impl std::error::Error for SourceError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.cause.as_ref().map(|cause| &**cause as _)
    }
}

/// Serialises as `kind`, `message` and, if known, `retry_after` in seconds.
impl Serialize for SourceError {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("SourceError", 3)?;
        fields.serialize_field("kind", &self.kind)?;
        fields.serialize_field("message", &*self.message)?;
        match self.retry_after {
            Some(delay) => fields.serialize_field("retry_after", &delay.as_secs_f64())?,
            None => fields.skip_field("retry_after")?,
        }
        fields.end()
    }
}

impl From<InvalidInput> for SourceError {
    fn from(error: InvalidInput) -> Self {
        Self::new(ErrorKind::InvalidInput, error.message)
    }
}

/// The beginning of a body for an error message: printable, short, and on one line.
pub fn sample(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body.get(..160).unwrap_or(body));
    let mut sample: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    if body.len() > 160 {
        sample.push('…');
    }
    sample
}

/// A duration for messages, such as `3.2 ms` or `59.0 s`.
pub fn seconds(duration: Duration) -> String {
    let seconds = duration.as_secs_f64();
    if seconds < 1.0 { format!("{:.1} ms", seconds * 1e3) } else { format!("{seconds:.1} s") }
}

#[cfg(test)]
mod tests;
