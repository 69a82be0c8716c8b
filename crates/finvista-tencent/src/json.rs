//! Tencent's JSON: the envelope of all its services, cells, and rows that are read one at a time.
//!
//! PHP writes it: an empty object comes as `[]`, numbers come as strings, sometimes as numbers, and text as `\uXXXX`.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use finvista_core::{ErrorKind, SourceError, sample, wire};
use serde::de::{
    self, Deserialize, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor,
};
use serde_json::value::RawValue;

/// The `data` of `{"code":0,"msg":"","data":{…}}`, bare or as `name={…}`. `None` when there is none.
pub(crate) fn data(body: &[u8]) -> Result<Option<&RawValue>, SourceError> {
    #[derive(serde::Deserialize)]
    struct Envelope<'a> {
        #[serde(borrow, default)]
        code: Cell<'a>,
        #[serde(borrow, default)]
        msg: Cell<'a>,
        #[serde(borrow, default)]
        data: Option<&'a RawValue>,
    }
    wire::refuse_page(body)?;
    let envelope: Envelope<'_> = wire::json(wire::between(body, b'{', b'}')?)?;
    match envelope.code.text() {
        "0" => Ok(filled(envelope.data)),
        "" => Err(SourceError::decode(format!("expected a code, got {}", sample(body)))),
        code => {
            let message = format!("Tencent says {:?} (code {code})", envelope.msg.text());
            Err(SourceError::new(ErrorKind::Upstream, message))
        }
    }
}

/// `None` for what stands for "nothing".
pub(crate) fn filled(value: Option<&RawValue>) -> Option<&RawValue> {
    value.filter(|value| !matches!(value.get().trim(), "null" | "[]" | "{}" | "\"\""))
}

pub(crate) fn read<'a, T: Deserialize<'a>>(value: &'a RawValue) -> Result<T, SourceError> {
    serde_json::from_str(value.get()).map_err(|e| broken(&e, value))
}

/// Reads an array of rows, one at a time. The first error of `each` ends it.
pub(crate) fn each_row<'a, T: Deserialize<'a>>(
    rows: &'a RawValue,
    each: impl FnMut(T) -> Result<(), SourceError>,
) -> Result<(), SourceError> {
    let mut json = serde_json::Deserializer::from_str(rows.get());
    let mut failure = None;
    let seed = RowsSeed { each, failure: &mut failure, row: PhantomData };
    match seed.deserialize(&mut json) {
        Ok(()) => Ok(()),
        Err(e) => Err(failure.unwrap_or_else(|| broken(&e, rows))),
    }
}

fn broken(error: &serde_json::Error, value: &RawValue) -> SourceError {
    SourceError::decode(format!("{error}, in {}", sample(value.get().as_bytes())))
}

struct RowsSeed<'f, T, F> {
    each: F,
    failure: &'f mut Option<SourceError>,
    row: PhantomData<fn() -> T>,
}

impl<'de, T, F> DeserializeSeed<'de> for RowsSeed<'_, T, F>
where
    T: Deserialize<'de>,
    F: FnMut(T) -> Result<(), SourceError>,
{
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de, T, F> Visitor<'de> for RowsSeed<'_, T, F>
where
    T: Deserialize<'de>,
    F: FnMut(T) -> Result<(), SourceError>,
{
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of rows")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut seq: A) -> Result<(), A::Error> {
        while let Some(row) = seq.next_element()? {
            if let Err(failure) = (self.each)(row) {
                let error = de::Error::custom(failure.message());
                *self.failure = Some(failure);
                return Err(error);
            }
        }
        Ok(())
    }
}

/// A value of a row or a quote. Numbers are kept as text: Tencent writes both `"24.10"` and `24.10`.
#[derive(Debug, Default, PartialEq)]
pub(crate) enum Cell<'a> {
    /// Text or a number.
    Text(Cow<'a, str>),
    /// An object or an array with something in it: the dividend of an ex-date.
    Filled,
    /// Null, an empty object, an empty array, or not there.
    #[default]
    Empty,
}

impl Cell<'_> {
    /// The text. An object reads as `{…}`, which does not parse as a number and shows in the error.
    pub(crate) fn text(&self) -> &str {
        match self {
            Self::Text(text) => text,
            Self::Filled => "{…}",
            Self::Empty => "",
        }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Cell<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(CellVisitor)
    }
}

struct CellVisitor;

impl<'de> Visitor<'de> for CellVisitor {
    type Value = Cell<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string, a number, an object or nothing")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Cell<'de>, E> {
        Ok(Cell::Text(text.into()))
    }

    fn visit_str<E>(self, text: &str) -> Result<Cell<'de>, E> {
        Ok(Cell::Text(text.to_owned().into()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Cell<'de>, E> {
        Ok(Cell::Text(number.to_string().into()))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Cell<'de>, E> {
        Ok(Cell::Text(number.to_string().into()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Cell<'de>, E> {
        Ok(Cell::Text(number.to_string().into()))
    }

    fn visit_unit<E>(self) -> Result<Cell<'de>, E> {
        Ok(Cell::Empty)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Cell<'de>, A::Error> {
        let mut cell = Cell::Empty;
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {
            cell = Cell::Filled;
        }
        Ok(cell)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Cell<'de>, A::Error> {
        let mut cell = Cell::Empty;
        while seq.next_element::<IgnoredAny>()?.is_some() {
            cell = Cell::Filled;
        }
        Ok(cell)
    }
}
