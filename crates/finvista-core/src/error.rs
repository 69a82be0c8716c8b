//! What can go wrong at a source, and what each kind of wrong means for failover.

use std::fmt;
use std::time::Duration;

use serde::ser::SerializeStruct;
use serde::{Deserialize, Serialize, Serializer};

/// A query that no source could answer, because it is wrong itself.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct InvalidInput {
    message: String,
    param: Option<&'static str>,
}

impl InvalidInput {
    /// An error with this message, which says what was expected and what came: `expected X, got Y`.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), param: None }
    }

    /// An error about the parameter of this name.
    pub fn of(param: &'static str, message: impl Into<String>) -> Self {
        Self { message: message.into(), param: Some(param) }
    }

    /// The same error, about the parameter of this name unless it names one already.
    #[must_use]
    pub fn about(mut self, param: &'static str) -> Self {
        self.param.get_or_insert(param);
        self
    }

    /// The parameter that is wrong, where it is one.
    pub fn param(&self) -> Option<&'static str> {
        self.param
    }
}

/// A setting is wrong: which, and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{key}: {message}")]
pub struct ConfigError {
    key: String,
    message: String,
}

impl ConfigError {
    /// An error for this key.
    pub fn new(key: impl Into<String>, message: impl Into<String>) -> Self {
        Self { key: key.into(), message: message.into() }
    }

    /// The key, such as `failover.failure_threshold`.
    pub fn key(&self) -> &str {
        &self.key
    }
}

/// The kinds of failure of a source. [`ErrorKind::meaning`] is the one table that says what follows from each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ErrorKind {
    /// The query itself is wrong; no source could answer it.
    InvalidInput,
    /// This source cannot answer this query exactly.
    Unsupported,
    /// The source does not know the symbol.
    NotFound,
    /// The source knows the symbol and has no rows in the range asked.
    NoData,
    /// Too many requests: 429, or a vendor's text that says so.
    RateLimited,
    /// No answer in time.
    Timeout,
    /// The network failed: DNS, TLS, connect, or a connection lost in the middle of an answer.
    Transport,
    /// The vendor failed: 5xx, "system busy".
    Upstream,
    /// The vendor turned us away: 403, a login wall, an HTML page in place of data, a connection closed without a byte.
    Blocked,
    /// The answer has not the shape that it should have.
    Decode,
    /// The answer has the right shape and breaks an invariant of the data.
    Invalid,
    /// A source panicked, or a plugin broke its contract.
    Plugin,
    /// Our own rate limit leaves no room for the request in the time of the attempt. Nobody's failure: the source counts as
    /// not asked.
    Throttled,
    /// The circuit was open and the source was not asked. Only the manager makes this.
    CircuitOpen,
}

/// What follows from a kind of failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Meaning {
    /// Whether the same source may be asked again for the same thing.
    pub retry_here: bool,
    /// Whether the next source is asked.
    pub next_source: bool,
    /// Whether it counts as a failure in the breaker. What does not count is neutral: neither failure nor success,
    /// because a blocked vendor that answers with an empty page must not heal its own circuit.
    pub counts: bool,
}

impl ErrorKind {
    /// The three answers for this kind.
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

/// Why a source gave no table: a kind, a message, and where known when to come back.
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
    cause: Option<std::sync::Arc<dyn std::error::Error + Send + Sync>>,
}

/// A message longer than this is cut: it is kept in health reports, and a vendor's page must not live there.
const MESSAGE_LIMIT: usize = 500;

impl SourceError {
    /// An error of this kind. A message of more than 500 characters is cut.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        let mut message: String = message.into();
        if let Some((end, _)) = message.char_indices().nth(MESSAGE_LIMIT) {
            message.truncate(end);
            message.push('…');
        }
        Self { kind, message: message.into(), retry_after: None, unreachable: false, cause: None }
    }

    /// Short for an error of kind [`ErrorKind::Decode`].
    pub fn decode(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Decode, message)
    }

    /// Adds the vendor's own word on when to come back.
    #[must_use]
    pub fn with_retry_after(mut self, delay: Duration) -> Self {
        self.retry_after = Some(delay);
        self
    }

    /// Adds the underlying error, which [`std::error::Error::source`] returns.
    #[must_use]
    pub fn with_cause(mut self, cause: impl std::error::Error + Send + Sync + 'static) -> Self {
        self.cause = Some(std::sync::Arc::new(cause));
        self
    }

    /// Says that not even a connection came about: no name, no route, nobody there. When that is so of every host at once, it is
    /// the network here that fails, and no source is blamed.
    #[must_use]
    pub fn with_unreachable(mut self) -> Self {
        self.unreachable = true;
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

    /// Whether not even a connection came about.
    pub fn is_unreachable(&self) -> bool {
        self.unreachable
    }

    /// How long the vendor asked us to stay away, where it said.
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

/// A kind and a message, and where they are known the delay in seconds that the vendor asks for.
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

/// The first characters of a body for an error message: printable, on one line, short.
pub fn sample(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body.get(..160).unwrap_or(body));
    let mut sample: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    if body.len() > 160 {
        sample.push('…');
    }
    sample
}

/// A duration as messages show it: `3.2 ms`, `59.0 s`.
pub fn seconds(duration: Duration) -> String {
    let seconds = duration.as_secs_f64();
    if seconds < 1.0 { format!("{:.1} ms", seconds * 1e3) } else { format!("{seconds:.1} s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_counts_asks_the_next_source() {
        use ErrorKind::*;
        let kinds = [
            InvalidInput,
            Unsupported,
            NotFound,
            NoData,
            RateLimited,
            Timeout,
            Transport,
            Upstream,
            Blocked,
            Decode,
            Invalid,
            Plugin,
            Throttled,
            CircuitOpen,
        ];
        for kind in kinds {
            let meaning = kind.meaning();
            assert!(!meaning.counts || meaning.next_source, "{kind}");
            assert_eq!(meaning.next_source, kind != InvalidInput, "{kind}");
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.name());
        }
    }

    #[test]
    fn a_long_message_is_cut_between_characters() {
        let error = SourceError::new(ErrorKind::Blocked, "拒".repeat(600));
        assert_eq!(error.message().chars().count(), 501);
        assert!(error.message().ends_with('…'));
    }

    #[test]
    fn a_sample_is_one_short_line() {
        assert_eq!(sample(b"<html>\r\n<body>"), "<html>  <body>");
        assert_eq!(sample(&[b'x'; 200]).chars().count(), 161);
    }
}
