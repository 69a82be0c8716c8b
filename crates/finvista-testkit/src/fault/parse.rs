//! Fault rules as text, for the command line and for short tests.

use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::time::Duration;

use super::{Fault, FaultRule};

/// The error of parsing a [`Fault`] or a [`FaultRule`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseFaultError(String);

impl fmt::Display for ParseFaultError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ParseFaultError {}

/// The spellings, for messages.
const KNOWN: &str = "latency:500ms, hang, reset, status:503, status:429:120, truncated, wrong-length, html, garbage, \
     other-symbol, schema-drift, lost-column, empty";

impl FromStr for Fault {
    type Err = ParseFaultError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (name, value) = text.split_once(':').map_or((text, None), |(name, value)| (name, Some(value)));
        match (name, value) {
            ("latency", Some(value)) => Ok(Self::Latency(duration(value)?)),
            ("status", Some(value)) => {
                let (code, after) = value.split_once(':').map_or((value, None), |(c, a)| (c, Some(a)));
                let code = code.parse().ok().filter(|code| (400..=599).contains(code)).ok_or_else(|| {
                    ParseFaultError(format!("expected a status from 400 to 599, got {code:?}"))
                })?;
                Ok(Self::Status { code, retry_after: after.map(str::to_owned) })
            }
            ("hang", None) => Ok(Self::Hang),
            ("reset", None) => Ok(Self::Reset),
            ("truncated", None) => Ok(Self::Truncated),
            ("wrong-length", None) => Ok(Self::WrongLength),
            ("html", None) => Ok(Self::Html),
            ("garbage", None) => Ok(Self::Garbage),
            ("other-symbol", None) => Ok(Self::OtherSymbol),
            ("schema-drift", None) => Ok(Self::SchemaDrift),
            ("lost-column", None) => Ok(Self::LostColumn),
            ("empty", None) => Ok(Self::Empty),
            _ => Err(ParseFaultError(format!("expected one of {KNOWN}, got {text:?}"))),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Latency(delay) => write!(f, "latency:{}ms", delay.as_millis()),
            Self::Hang => f.write_str("hang"),
            Self::Reset => f.write_str("reset"),
            Self::Status { code, retry_after: None } => write!(f, "status:{code}"),
            Self::Status { code, retry_after: Some(after) } => write!(f, "status:{code}:{after}"),
            Self::Truncated => f.write_str("truncated"),
            Self::WrongLength => f.write_str("wrong-length"),
            Self::Html => f.write_str("html"),
            Self::Garbage => f.write_str("garbage"),
            Self::OtherSymbol => f.write_str("other-symbol"),
            Self::SchemaDrift => f.write_str("schema-drift"),
            Self::LostColumn => f.write_str("lost-column"),
            Self::Empty => f.write_str("empty"),
        }
    }
}

fn duration(text: &str) -> Result<Duration, ParseFaultError> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = text.strip_prefix(digits).unwrap_or_default();
    let number = digits.parse::<u64>().ok();
    match (number, unit) {
        (Some(n), "ms") => Ok(Duration::from_millis(n)),
        (Some(n), "s") => Ok(Duration::from_secs(n)),
        _ => Err(ParseFaultError(format!("expected a whole number of ms or s, such as 500ms, got {text:?}"))),
    }
}

impl FromStr for FaultRule {
    type Err = ParseFaultError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // The last `=`, since a path may hold some (`sina:list=sh600519=reset`).
        let Some((target, fault)) = text.rsplit_once('=') else {
            return Err(ParseFaultError(format!(
                "expected vendor[:path][:calls]=fault, such as sina:getKLineData:1-5=status:503, got {text:?}"
            )));
        };
        let mut parts: Vec<&str> = target.split(':').collect();
        let calls = match parts.last().filter(|_| parts.len() > 1).and_then(|last| calls(last)) {
            Some(calls) => {
                parts.pop();
                calls
            }
            None => 1..=usize::MAX,
        };
        let (vendor, path) =
            parts.split_first().map_or(("", String::new()), |(v, rest)| (*v, rest.join(":")));
        let vendor = match vendor {
            "*" => None,
            name => {
                Some(name.parse().map_err(|wrong| ParseFaultError(format!("{wrong}; * stands for all")))?)
            }
        };
        Ok(Self { vendor, path: (!path.is_empty()).then_some(path), calls, fault: fault.parse()? })
    }
}

impl fmt::Display for FaultRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.vendor {
            Some(vendor) => write!(f, "{vendor}")?,
            None => f.write_str("*")?,
        }
        if let Some(path) = &self.path {
            write!(f, ":{path}")?;
        }
        match (*self.calls.start(), *self.calls.end()) {
            (1, usize::MAX) => {}
            (first, usize::MAX) => write!(f, ":{first}-")?,
            (first, last) if first == last => write!(f, ":{first}")?,
            (first, last) => write!(f, ":{first}-{last}")?,
        }
        write!(f, "={}", self.fault)
    }
}

/// `3`, `1-5` or `3-`; `None` for anything else, which then is a part of the path.
fn calls(text: &str) -> Option<RangeInclusive<usize>> {
    let number = |text: &str| text.parse::<usize>().ok().filter(|n| *n > 0);
    match text.split_once('-') {
        None => number(text).map(|n| n..=n),
        Some((first, "")) => number(first).map(|n| n..=usize::MAX),
        Some((first, last)) => Some(number(first)?..=number(last)?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_read_back() {
        for text in [
            "eastmoney=reset",
            "sina:getKLineData:1-5=status:503",
            "sina:list=sh600519=garbage",
            "tencent=latency:500ms",
            "tencent:3-=status:429:Wed, 21 Oct 2026 07:28:00 GMT",
            "*:2=html",
            "*=truncated",
            "*=wrong-length",
            "*=other-symbol",
            "*=schema-drift",
            "*=lost-column",
            "*=empty",
            "*=hang",
        ] {
            assert_eq!(text.parse::<FaultRule>().unwrap().to_string(), text);
        }
        assert_eq!(
            "*=latency:2s".parse::<FaultRule>().unwrap().fault,
            Fault::Latency(Duration::from_secs(2))
        );
    }

    #[test]
    fn errors_say_what_would_be_right() {
        for (text, hint) in [
            ("sina", "vendor[:path][:calls]=fault"),
            ("yahoo=reset", "expected eastmoney, sina or tencent, got \"yahoo\"; * stands for all"),
            ("sina=explode", "latency:500ms, hang, reset"),
            ("sina=latency:5", "500ms"),
            ("sina=status:200", "400 to 599"),
            ("sina=reset:1", "expected one of"),
        ] {
            let error = text.parse::<FaultRule>().unwrap_err().to_string();
            assert!(error.contains(hint), "{text}: {error}");
        }
    }
}
