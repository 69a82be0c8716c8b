//! One exchange with a vendor, and its text in a recording.
//!
//! ```text
//! GET https://hq.sinajs.cn/list=sh600519
//! > Referer: https://finance.sina.com.cn
//! at 2024-06-28T08:00:00.125Z
//! today 2024-06-28
//! took 0.031 s
//! < 200
//! < Content-Type: application/javascript; charset=GB18030
//! body 193
//! ```
//!
//! The body is a separate file, byte for byte and in its own character set, for `jq`, `iconv` and `cmp`. If there was no answer,
//! one line replaces the last ones: `! blocked: hq.sinajs.cn closed the connection without an answer`.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use finvista_core::{ErrorKind, Request, SourceError, clean};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Deserialize;
use serde::de::IntoDeserializer;
use serde::de::value::{Error as Unknown, StrDeserializer};

use crate::address;

/// A GET request to be sent.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sent<'a> {
    pub(crate) url: &'a str,
    pub(crate) headers: &'a [(&'a str, &'a str)],
    /// The statuses besides 200 whose body is an answer.
    pub(crate) reads: &'a [u16],
}

impl Sent<'_> {
    /// Whether a body that comes with this status is an answer, and not a refusal.
    pub(crate) fn accepts(&self, status: u16) -> bool {
        status == 200 || self.reads.contains(&status)
    }
}

impl<'a> From<&'a Request> for Sent<'a> {
    fn from(request: &'a Request) -> Self {
        Self { url: &request.url, headers: &request.headers, reads: request.reads }
    }
}

/// An answer as it was received, whatever its status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Received {
    pub(crate) status: u16,
    pub(crate) content_type: Option<String>,
    pub(crate) retry_after: Option<String>,
    /// When the last byte arrived.
    pub(crate) at: Timestamp,
    pub(crate) body: Bytes,
}

impl Received {
    /// The delay of the Retry-After header.
    pub(crate) fn retry_delay(&self) -> Option<Duration> {
        self.retry_after.as_deref().and_then(|value| address::retry_after(value, self.at))
    }
}

/// An exchange without the body.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Exchange {
    pub(crate) url: String,
    pub(crate) headers: Vec<(String, String)>,
    /// When the request was sent.
    pub(crate) at: Timestamp,
    /// The day that was "today" for the call. Vendors' addresses may depend on it.
    pub(crate) today: Date,
    pub(crate) took: Duration,
    pub(crate) outcome: Outcome,
}

/// The outcome of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    Answer { status: u16, content_type: Option<String>, retry_after: Option<String>, length: u64 },
    Failure { kind: ErrorKind, message: String },
}

impl Outcome {
    pub(crate) fn of(result: &Result<Received, SourceError>) -> Self {
        match result {
            Ok(received) => Self::Answer {
                status: received.status,
                content_type: received.content_type.clone(),
                retry_after: received.retry_after.clone(),
                length: received.body.len() as u64,
            },
            Err(error) => Self::Failure { kind: error.kind(), message: error.message().to_owned() },
        }
    }
}

impl fmt::Display for Exchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "GET {}", line(&self.url))?;
        for (name, value) in &self.headers {
            writeln!(f, "> {}: {}", line(name), line(value))?;
        }
        writeln!(f, "at {}\ntoday {}\ntook {} s", self.at, self.today, self.took.as_secs_f64())?;
        match &self.outcome {
            Outcome::Answer { status, content_type, retry_after, length } => {
                writeln!(f, "< {status}")?;
                for (name, value) in [("Content-Type", content_type), ("Retry-After", retry_after)] {
                    if let Some(value) = value {
                        writeln!(f, "< {name}: {}", line(value))?;
                    }
                }
                writeln!(f, "body {length}")
            }
            Outcome::Failure { kind, message } => writeln!(f, "! {kind}: {}", line(message)),
        }
    }
}

/// The text on one line.
fn line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

impl std::str::FromStr for Exchange {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (mut url, mut headers) = (None, Vec::new());
        let (mut at, mut today, mut took) = (None, None, None);
        let (mut status, mut content_type, mut retry_after) = (None, None, None);
        let (mut length, mut failure) = (None, None);
        for (number, line) in (1..).zip(text.lines()) {
            let wrong =
                || format!("line {number}: expected a line of a recording, got {:?}", clean(line, 100));
            let (mark, rest) = line.split_once(' ').ok_or_else(wrong)?;
            match mark {
                "GET" => url = Some(rest.to_owned()),
                ">" => {
                    let (name, value) = rest.split_once(": ").ok_or_else(wrong)?;
                    headers.push((name.to_owned(), value.to_owned()));
                }
                "at" => at = Some(rest.parse().map_err(|_| wrong())?),
                "today" => today = Some(rest.parse().map_err(|_| wrong())?),
                "took" => took = Some(seconds(rest).ok_or_else(wrong)?),
                "<" if status.is_none() => status = Some(rest.parse().map_err(|_| wrong())?),
                "<" => match rest.split_once(": ") {
                    Some(("Content-Type", value)) => content_type = Some(value.to_owned()),
                    Some(("Retry-After", value)) => retry_after = Some(value.to_owned()),
                    _ => return Err(wrong()),
                },
                "body" => length = Some(rest.parse().map_err(|_| wrong())?),
                "!" => {
                    let (kind, message) = rest.split_once(": ").ok_or_else(wrong)?;
                    let kind: StrDeserializer<'_, Unknown> = kind.into_deserializer();
                    let kind = ErrorKind::deserialize(kind).map_err(|_| wrong())?;
                    failure = Some((kind, message.to_owned()));
                }
                _ => return Err(wrong()),
            }
        }
        let outcome = match (status, length, failure) {
            (Some(status), Some(length), None) => {
                Outcome::Answer { status, content_type, retry_after, length }
            }
            (None, None, Some((kind, message))) => Outcome::Failure { kind, message },
            _ => return Err("expected either an answer (`<` and `body`) or a failure (`!`)".to_owned()),
        };
        let missing = |what: &str| format!("expected a line `{what} …`");
        Ok(Self {
            url: url.ok_or_else(|| missing("GET"))?,
            headers,
            at: at.ok_or_else(|| missing("at"))?,
            today: today.ok_or_else(|| missing("today"))?,
            took: took.ok_or_else(|| missing("took"))?,
            outcome,
        })
    }
}

fn seconds(text: &str) -> Option<Duration> {
    Duration::try_from_secs_f64(text.strip_suffix(" s")?.parse().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANSWER: &str = "GET https://hq.sinajs.cn/list=sh600519\n> Referer: https://finance.sina.com.cn\n\
        at 2024-06-28T08:00:00.125Z\ntoday 2024-06-28\ntook 0.031 s\n< 429\n< Content-Type: text/html; charset=gbk\n\
        < Retry-After: 120\nbody 193\n";
    const FAILURE: &str = "GET https://hq.sinajs.cn/list=sh600519\nat 2024-06-28T08:00:00Z\ntoday 2024-06-28\ntook 2 s\n\
        ! blocked: hq.sinajs.cn closed: nothing came\n";

    #[test]
    fn an_exchange_survives_a_round_trip() {
        for text in [ANSWER, FAILURE] {
            let exchange: Exchange = text.parse().unwrap();
            assert_eq!(exchange.to_string(), text);
        }
        let failure: Exchange = FAILURE.parse().unwrap();
        let message = "hq.sinajs.cn closed: nothing came".to_owned();
        assert_eq!(failure.outcome, Outcome::Failure { kind: ErrorKind::Blocked, message });
    }

    #[test]
    fn a_value_cannot_add_a_line() {
        let mut exchange: Exchange = FAILURE.parse().unwrap();
        exchange.outcome =
            Outcome::Failure { kind: ErrorKind::Upstream, message: "a\nbody 7\r\n".to_owned() };
        assert!(exchange.to_string().ends_with("! upstream: a body 7  \n"), "{exchange}");
    }

    #[test]
    fn a_malformed_exchange_is_an_error_with_the_line() {
        for (text, why) in [
            (ANSWER.replace("took 0.031 s", "took soon"), "line 5"),
            (ANSWER.replace("< 429", "< four"), "line 6"),
            (ANSWER.replace("Retry-After", "Server"), "line 8"),
            (FAILURE.replace("! blocked", "! unhappy"), "line 5"),
            (FAILURE.replace("GET", "POST"), "line 1"),
            (FAILURE.replace("at 2024-06-28T08:00:00Z\n", ""), "`at …`"),
            (FAILURE.replace("today 2024-06-28\n", ""), "`today …`"),
            (ANSWER.replace("body 193\n", ""), "either"),
            (format!("{ANSWER}! blocked: both"), "either"),
            (String::new(), "either"),
        ] {
            let error = text.parse::<Exchange>().unwrap_err();
            assert!(error.contains(why), "{why}: {error}");
        }
    }
}
