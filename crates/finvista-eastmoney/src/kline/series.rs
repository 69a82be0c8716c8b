//! The data of an answer, read in one pass: rows go from the body into the builder as they come.

use std::borrow::Cow;
use std::fmt;

use finvista_core::dataset::BarSink;
use finvista_core::{SourceError, sample};
use jiff::civil::DateTime;
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::row::bar;
use crate::envelope::{Cell, Text};

/// What an answer says besides its rows. Keys may come in any order, so it is known at the end whose rows they are, and a table
/// of another symbol's rows is thrown away then.
#[derive(Debug, Default)]
pub(super) struct Head<'a> {
    pub(super) code: Cow<'a, str>,
    pub(super) market: Cell<'a>,
    /// The number of all daily bars of the symbol, whatever the period.
    pub(super) dktotal: Option<u64>,
    pub(super) rows: usize,
    /// The first row that could not be read. It counts only once the symbol is verified: another market's rows may well look
    /// different.
    pub(super) broken: Option<SourceError>,
}

/// Reads the data of an answer into a builder.
#[derive(Debug)]
pub(super) struct Reader<'a, B> {
    pub(super) out: &'a mut B,
    /// The length of the body, which bounds the number of rows whatever the vendor says.
    pub(super) length: usize,
    /// Whether a bar is labelled by a day and a time.
    pub(super) minutes: bool,
}

/// Rows with all columns are seldom shorter, and have 80 bytes on average in a long history.
const USUAL_ROW: usize = 64;

#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "lowercase")]
enum Key {
    Code,
    Market,
    Dktotal,
    Klines,
    #[serde(other)]
    Other,
}

impl<'de, B: BarSink<At: From<DateTime>>> DeserializeSeed<'de> for Reader<'_, B> {
    type Value = Head<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Head<'de>, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, B: BarSink<At: From<DateTime>>> Visitor<'de> for Reader<'_, B> {
    type Value = Head<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the data of one symbol")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Head<'de>, A::Error> {
        let mut head = Head::default();
        let (mut code, mut klines) = (None, None);
        while let Some(key) = map.next_key()? {
            match key {
                Key::Code => code = Some(map.next_value::<Text<'de>>()?.0),
                Key::Market => head.market = map.next_value()?,
                Key::Dktotal => head.dktotal = map.next_value()?,
                Key::Klines if klines.is_some() => return Err(A::Error::duplicate_field("klines")),
                Key::Klines => {
                    let days = head.dktotal.filter(|_| !self.minutes);
                    let total = days.and_then(|total| usize::try_from(total).ok());
                    self.out.reserve(total.unwrap_or(usize::MAX).min(self.length / USUAL_ROW));
                    let rows = Rows { out: &mut *self.out, minutes: self.minutes, rows: 0, broken: None };
                    klines = Some(map.next_value_seed(rows)?);
                }
                Key::Other => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        head.code = code.ok_or_else(|| A::Error::missing_field("code"))?;
        (head.rows, head.broken) = klines.ok_or_else(|| A::Error::missing_field("klines"))?;
        Ok(head)
    }
}

/// Reads the array of rows; gives their number, and what was wrong with the first that could not be read.
struct Rows<'a, B> {
    out: &'a mut B,
    minutes: bool,
    rows: usize,
    broken: Option<SourceError>,
}

impl<'de, B: BarSink<At: From<DateTime>>> DeserializeSeed<'de> for Rows<'_, B> {
    type Value = (usize, Option<SourceError>);

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de, B: BarSink<At: From<DateTime>>> Visitor<'de> for Rows<'_, B> {
    type Value = (usize, Option<SourceError>);

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of rows")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut rows: A) -> Result<Self::Value, A::Error> {
        while rows.next_element_seed(Row(&mut self))?.is_some() {}
        Ok((self.rows, self.broken))
    }
}

/// Reads one row. It is asked for as bytes, because digits need no proof that they are UTF-8.
struct Row<'a, 'b, B>(&'a mut Rows<'b, B>);

impl<'de, B: BarSink<At: From<DateTime>>> DeserializeSeed<'de> for Row<'_, '_, B> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_bytes(self)
    }
}

impl<B: BarSink<At: From<DateTime>>> Visitor<'_> for Row<'_, '_, B> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a row of text")
    }

    fn visit_bytes<E>(self, row: &[u8]) -> Result<(), E> {
        self.0.rows += 1;
        match bar(row, self.0.minutes) {
            Ok(bar) => self.0.out.bar(bar),
            Err(error) => {
                let told =
                    || SourceError::decode(format!("{}, in the row {:?}", error.message(), sample(row)));
                self.0.broken.get_or_insert_with(told);
            }
        }
        Ok(())
    }
}
