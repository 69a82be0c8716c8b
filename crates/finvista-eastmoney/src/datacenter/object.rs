//! A row of a report.

use std::borrow::Cow;
use std::fmt;

use finvista_core::{SourceError, Symbol, wire};
use jiff::civil::Date;
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::envelope::{Cell, Text};

/// A row of a report: a JSON object that borrows from the answer, and whose fields are read by their names. An error names the
/// field. A field that is not there is an error as well, because the vendor writes `null` where it has no value.
#[derive(Debug)]
pub struct Object<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'a> Object<'a> {
    /// The JSON of a field; `None` for `null`.
    fn json(&self, field: &str) -> Result<Option<&'a RawValue>, SourceError> {
        match self.0.binary_search_by(|(name, _)| (**name).cmp(field)).ok().and_then(|at| self.0.get(at)) {
            Some((_, json)) => Ok((json.get() != "null").then_some(*json)),
            None => Err(SourceError::decode(format!("{field} is missing"))),
        }
    }

    /// A number that may be missing. Some reports write numbers as text.
    ///
    /// # Errors
    ///
    /// When the field is not there, or is not a number.
    pub fn optional(&self, field: &str) -> Result<Option<f64>, SourceError> {
        Cell::of(self.json(field)?).number(field)
    }

    /// A number.
    ///
    /// # Errors
    ///
    /// As [`optional`](Self::optional), and when the number is missing.
    pub fn number(&self, field: &str) -> Result<f64, SourceError> {
        self.optional(field)?.ok_or_else(|| null(field))
    }

    /// A text that may be missing.
    ///
    /// # Errors
    ///
    /// When the field is not there, or is not a text.
    pub fn optional_text(&self, field: &str) -> Result<Option<Cow<'a, str>>, SourceError> {
        let Some(json) = self.json(field)? else { return Ok(None) };
        let text = wire::json::<Text<'a>>(json.get().as_bytes());
        text.map(|Text(text)| Some(text)).map_err(|_| expected("a text", field, json.get()))
    }

    /// A text.
    ///
    /// # Errors
    ///
    /// As [`optional_text`](Self::optional_text), and when the text is missing.
    pub fn text(&self, field: &str) -> Result<Cow<'a, str>, SourceError> {
        self.optional_text(field)?.ok_or_else(|| null(field))
    }

    /// A day that may be missing: `2026-09-24 00:00:00`.
    ///
    /// # Errors
    ///
    /// When the field is not there, or is not a day.
    pub fn optional_day(&self, field: &str) -> Result<Option<Date>, SourceError> {
        let Some(text) = self.optional_text(field)? else { return Ok(None) };
        let day = text.strip_suffix(" 00:00:00").unwrap_or(&text);
        wire::day(field, day).map(Some)
    }

    /// A day.
    ///
    /// # Errors
    ///
    /// As [`optional_day`](Self::optional_day), and when the day is missing.
    pub fn day(&self, field: &str) -> Result<Date, SourceError> {
        self.optional_day(field)?.ok_or_else(|| null(field))
    }

    /// A symbol with its venue: `600519.SH`.
    ///
    /// # Errors
    ///
    /// When the field is not there, or is not such a symbol. The third board (`.NQ`) and applicants for a listing
    /// (`A26229.SZ`) stand among the shares of some reports.
    pub fn symbol(&self, field: &str) -> Result<Symbol, SourceError> {
        let text = self.text(field)?;
        text.parse().map_err(|_| expected("a symbol such as 600519.SH", field, &text))
    }
}

fn null(field: &str) -> SourceError {
    SourceError::decode(format!("{field} is null"))
}

fn expected(what: &str, field: &str, got: &str) -> SourceError {
    SourceError::decode(format!("expected {what} in {field}, got {got:?}"))
}

impl<'de: 'a, 'a> Deserialize<'de> for Object<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields;
        impl<'de> Visitor<'de> for Fields {
            type Value = Vec<(Cow<'de, str>, &'de RawValue)>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a row of a report")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut fields = Vec::new();
                while let Some((Text(name), json)) = map.next_entry::<Text<'de>, &'de RawValue>()? {
                    fields.push((name, json));
                }
                fields.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
                Ok(fields)
            }
        }
        deserializer.deserialize_map(Fields).map(Object)
    }
}
