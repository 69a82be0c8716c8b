//! What every answer is wrapped in: `{"rc":0,…,"data":{…}}`, bare or as JSONP.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use finvista_core::{ErrorKind, SourceError, sample, wire};
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, Visitor};
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
    read_with(body, PhantomData)
}

/// Reads an answer, whose data goes where the seed takes it.
pub(crate) fn read_with<'a, S: DeserializeSeed<'a>>(
    body: &'a [u8],
    seed: S,
) -> Result<Answer<S::Value>, SourceError> {
    wire::refuse_page(body)?;
    let (rc, data) = wire::json_with(wire::between(body, b'{', b'}')?, Envelope(seed))?;
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

    /// Whether the field is not there at all.
    pub(crate) fn is_absent(self) -> bool {
        self.0.is_none()
    }

    /// Whether the field is there and says that there is nothing: `"-"` or 0.
    pub(crate) fn is_nothing(self, field: &str) -> Result<bool, SourceError> {
        Ok(!self.is_absent() && self.number(field)?.is_none_or(|number| number == 0.0))
    }
}

/// Reads the wrapper: the result code, and the data by a seed.
struct Envelope<S>(S);

#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "lowercase")]
enum Key {
    Rc,
    Data,
    #[serde(other)]
    Other,
}

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for Envelope<S> {
    type Value = (Option<i64>, Option<S::Value>);

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, S: DeserializeSeed<'de>> Visitor<'de> for Envelope<S> {
    type Value = (Option<i64>, Option<S::Value>);

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an answer with rc and data")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let (mut rc, mut data, mut seed) = (None, None, Some(self.0));
        while let Some(key) = map.next_key()? {
            match key {
                Key::Rc => rc = map.next_value()?,
                Key::Data => {
                    let seed = seed.take().ok_or_else(|| A::Error::duplicate_field("data"))?;
                    data = map.next_value_seed(Nullable(seed))?;
                }
                Key::Other => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok((rc, data))
    }
}

/// Reads `null`, or what the seed reads.
struct Nullable<S>(S);

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for Nullable<S> {
    type Value = Option<S::Value>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_option(self)
    }
}

impl<'de, S: DeserializeSeed<'de>> Visitor<'de> for Nullable<S> {
    type Value = Option<S::Value>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("data or null")
    }

    fn visit_none<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        self.0.deserialize(deserializer).map(Some)
    }
}
