//! What every answer is wrapped in: `{"rc":0,…,"data":{…}}`, bare or as JSONP.

use std::borrow::Cow;

use finvista_core::{ErrorKind, SourceError, sample, wire};
use serde::Deserialize;
use serde_json::value::RawValue;

/// An answer without its wrappings.
#[derive(Debug)]
pub(crate) enum Answer<T> {
    /// The data.
    Data(T),
    /// Result code 100, or no data: the symbol is unknown.
    Unknown,
    /// Result code 102: a parameter names nothing that the vendor knows.
    Refused,
}

/// Reads an answer. JSONP is unwrapped although it is not asked for: the recordings hold both.
pub(crate) fn read<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<Answer<T>, SourceError> {
    wire::refuse_page(body)?;
    let Envelope { rc, data } = wire::json::<Envelope<T>>(wire::between(body, b'{', b'}')?)?;
    match (rc, data) {
        (Some(0) | None, Some(data)) => Ok(Answer::Data(data)),
        (Some(0 | 100), _) => Ok(Answer::Unknown),
        (Some(102), _) => Ok(Answer::Refused),
        (Some(rc), _) => {
            let message = format!("result code {rc}: {}", sample(body));
            Err(SourceError::new(ErrorKind::Upstream, message))
        }
        (None, None) => Err(SourceError::decode(format!("neither rc nor data in {}", sample(body)))),
    }
}

#[derive(Deserialize)]
struct Envelope<T> {
    rc: Option<i64>,
    data: Option<T>,
}

/// A scalar as it is written. The vendor writes some numbers as text and a missing one as `"-"`, and whether a price has a
/// decimal point decides how it is read, so the text is kept.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
pub(crate) struct Cell<'a>(#[serde(borrow)] Option<&'a RawValue>);

/// A text, borrowed where it has no escapes.
#[derive(Deserialize)]
pub(crate) struct Text<'a>(#[serde(borrow)] pub(crate) Cow<'a, str>);

impl<'a> Cell<'a> {
    pub(crate) fn of(json: Option<&'a RawValue>) -> Self {
        Self(json)
    }

    /// The text without quotes; empty where the field is missing.
    pub(crate) fn text(self) -> &'a str {
        self.0.map_or("", |raw| raw.get().trim_matches('"'))
    }

    /// The number, or `None` where it is missing. `field` is for the error.
    pub(crate) fn number(self, field: &str) -> Result<Option<f64>, SourceError> {
        wire::optional(field, self.text())
    }
}
