//! Values of settings, from a file or from the text of a variable. Errors read `expected X, got Y`.

use std::path::PathBuf;
use std::time::Duration;

use finvista_core::clean;
use finvista_core::manager::DeadlinePolicy;
use toml::Value;

/// A value for a message: on one line, short, and without the user and password of an address.
pub(super) fn shown(value: &Value) -> String {
    /// The longest value that a message repeats, in characters.
    const LONGEST: usize = 100;
    clean(&masked(&value.to_string()), LONGEST).into_owned()
}

/// The text without what stands before the `@` of an address.
fn masked(text: &str) -> String {
    let mut parts = text.split("://");
    let mut shown = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let ends = |c: char| c.is_whitespace() || matches!(c, '/' | '?' | '#' | '"' | '\'');
        let (authority, rest) = part.split_at(part.find(ends).unwrap_or(part.len()));
        let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
        // A password may hold a slash that should have been escaped.
        let (host, rest) = match rest.split_once('@') {
            Some((_, rest)) if rest.starts_with(|c: char| c.is_ascii_alphanumeric()) => ("", rest),
            _ => (host, rest),
        };
        shown.push_str("://");
        shown.push_str(host);
        shown.push_str(rest);
    }
    shown
}

/// A number, from a file or from the text of a variable.
pub(super) fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Integer(number) => Some(*number as f64),
        Value::Float(number) => Some(*number),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

pub(super) fn seconds(value: &Value) -> Result<Duration, String> {
    number(value)
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .filter(|duration| *duration <= Duration::from_secs(365 * 86_400))
        .ok_or_else(|| format!("expected a number of seconds such as 2.5, got {}", shown(value)))
}

/// The time between two requests, from requests per second.
pub(super) fn period(value: &Value) -> Result<Duration, String> {
    number(value)
        .filter(|rate| (0.001..=1000.0).contains(rate))
        .map(|rate| Duration::from_secs_f64(1.0 / rate))
        .ok_or_else(|| {
            format!("expected requests per second from 0.001 to 1000, such as 0.5, got {}", shown(value))
        })
}

pub(super) fn switch(value: &Value) -> Result<bool, String> {
    match value {
        Value::Boolean(on) => Ok(*on),
        Value::String(text) if text.trim() == "on" => Ok(true),
        Value::String(text) if text.trim() == "off" => Ok(false),
        _ => Err(format!("expected on or off, got {}", shown(value))),
    }
}

/// A time, or none where it is off.
pub(super) fn unless_off(value: &Value) -> Result<Option<Duration>, String> {
    match value {
        Value::String(text) if text == "off" => Ok(None),
        value => seconds(value).map(Some),
    }
}

pub(super) fn count(value: &Value) -> Result<u32, String> {
    number(value)
        .filter(|number| number.fract() == 0.0 && (1.0..=f64::from(u32::MAX)).contains(number))
        .map(|number| number as u32)
        .ok_or_else(|| format!("expected a whole number from 1, got {}", shown(value)))
}

pub(super) fn text(value: &Value) -> Result<String, String> {
    match value {
        Value::String(text) if !text.trim().is_empty() => Ok(text.trim().to_owned()),
        _ => Err(format!("expected a text, got {}", shown(value))),
    }
}

/// A list of names; in a variable they are separated by commas.
pub(super) fn names(value: &Value) -> Result<Vec<String>, String> {
    match value {
        Value::Array(values) => values.iter().map(text).collect(),
        Value::String(text) => {
            Ok(text.split(',').map(str::trim).filter(|s| !s.is_empty()).map(str::to_owned).collect())
        }
        _ => Err(format!("expected a list of names such as [\"sina\", \"tencent\"], got {}", shown(value))),
    }
}

/// A list of paths; in a variable they are separated as in the system's PATH.
pub(super) fn paths(value: &Value) -> Result<Vec<PathBuf>, String> {
    match value {
        Value::Array(values) => values.iter().map(|value| text(value).map(PathBuf::from)).collect(),
        Value::String(text) => {
            Ok(std::env::split_paths(text).filter(|path| !path.as_os_str().is_empty()).collect())
        }
        _ => {
            Err(format!("expected a list of paths such as [\"/opt/finvista/plugins\"], got {}", shown(value)))
        }
    }
}

pub(super) fn policy(value: &Value) -> Result<DeadlinePolicy, String> {
    match text(value)?.as_str() {
        "fair" => Ok(DeadlinePolicy::Fair),
        "greedy" => Ok(DeadlinePolicy::Greedy),
        _ => Err(format!("expected fair or greedy, got {}", shown(value))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_shown_without_its_password() {
        let shown = |text: &str| shown(&text.parse::<toml::Table>().unwrap()["v"]);
        for (text, expected) in [
            ("v = [\"http://me:hunter2@host:1\"]", "[\"http://host:1\"]"),
            ("v = [\"http://a:hunter2@b\", \"https://c:hunter2@d/e\"]", "[\"http://b\", \"https://d/e\"]"),
            ("v = { url = \"http://me:hunter2@host\" }", "{ url = \"http://host\" }"),
            ("v = \"socks5://me:hun/ter2@host\"", "\"socks5://host\""),
            ("v = \"http://host/a@b\"", "\"http://b\""),
            ("v = 7", "7"),
        ] {
            assert_eq!(shown(text), expected);
        }
        assert_eq!(shown(&format!("v = \"{}\"", "x".repeat(500))).chars().count(), 101);
    }
}
