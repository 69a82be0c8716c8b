//! Values of settings, from a file or from the text of a variable. An error says what is wrong and what is right.

use std::path::PathBuf;
use std::time::Duration;

use finvista_core::manager::DeadlinePolicy;
use toml::Value;

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
        .ok_or_else(|| format!("{value} is no time: a number of seconds is, such as 2.5"))
}

/// The time between two requests, from requests per second.
pub(super) fn period(value: &Value) -> Result<Duration, String> {
    number(value)
        .filter(|rate| (0.001..=1000.0).contains(rate))
        .map(|rate| Duration::from_secs_f64(1.0 / rate))
        .ok_or_else(|| {
            format!("{value} is no rate: requests per second are, from 0.001 to 1000, such as 0.5")
        })
}

pub(super) fn switch(value: &Value) -> Result<bool, String> {
    match value {
        Value::Boolean(on) => Ok(*on),
        Value::String(text) if text.trim() == "on" => Ok(true),
        Value::String(text) if text.trim() == "off" => Ok(false),
        _ => Err(format!("{value} is neither on nor off")),
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
        .ok_or_else(|| format!("{value} is no count: a whole number from 1 is"))
}

pub(super) fn text(value: &Value) -> Result<String, String> {
    match value {
        Value::String(text) if !text.trim().is_empty() => Ok(text.trim().to_owned()),
        _ => Err(format!("{value} is no text")),
    }
}

/// A list of names; in a variable they are separated by commas.
pub(super) fn names(value: &Value) -> Result<Vec<String>, String> {
    match value {
        Value::Array(values) => values.iter().map(text).collect(),
        Value::String(text) => {
            Ok(text.split(',').map(str::trim).filter(|s| !s.is_empty()).map(str::to_owned).collect())
        }
        _ => Err(format!("{value} is no list of names: [\"sina\", \"tencent\"] is")),
    }
}

/// A list of paths; in a variable they are separated as in the system's PATH.
pub(super) fn paths(value: &Value) -> Result<Vec<PathBuf>, String> {
    match value {
        Value::Array(values) => values.iter().map(|value| text(value).map(PathBuf::from)).collect(),
        Value::String(text) => {
            Ok(std::env::split_paths(text).filter(|path| !path.as_os_str().is_empty()).collect())
        }
        _ => Err(format!("{value} is no list of paths: [\"/opt/finvista/plugins\"] is")),
    }
}

pub(super) fn policy(value: &Value) -> Result<DeadlinePolicy, String> {
    match text(value)?.as_str() {
        "fair" => Ok(DeadlinePolicy::Fair),
        "greedy" => Ok(DeadlinePolicy::Greedy),
        other => Err(format!("{other:?} is no policy: fair and greedy are")),
    }
}
