//! The rows of an answer, one by one into the builder.

use std::borrow::Cow;
use std::fmt;

use finvista_core::dataset::{Bar, BarSink, BarTime};
use finvista_core::{SourceError, wire};
use jiff::civil::{Date, DateTime};
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// What a row is labelled with: `2019-12-27` for days, `2019-06-27 14:05:00` for minutes. Both are the end of the bar: those
/// of an hour are 10:30, 11:30, 14:00 and 15:00 (sina_kline_60min_2020-02-25.rows.txt).
pub(crate) trait Label: BarTime {
    /// Reads the label of a row.
    fn read(text: &str) -> Result<Self, SourceError>;
    /// The earliest label of a day.
    fn start_of(day: Date) -> Self;
}

impl Label for Date {
    #[inline]
    fn read(text: &str) -> Result<Self, SourceError> {
        wire::day("day", text)
    }

    fn start_of(day: Date) -> Self {
        day
    }
}

impl Label for DateTime {
    #[inline]
    fn read(text: &str) -> Result<Self, SourceError> {
        let (day, time) = text.split_once(' ').ok_or_else(|| {
            SourceError::decode(format!(
                "expected a day and a time such as 2024-06-28 15:00:00, got {text:?}"
            ))
        })?;
        Ok(wire::day("day", day)?.to_datetime(wire::time_of_day("day", time)?))
    }

    fn start_of(day: Date) -> Self {
        day.at(0, 0, 0, 0)
    }
}

/// Takes rows into the builder, and counts them.
pub(super) struct Rows<'a, S: BarSink> {
    out: &'a mut S,
    pub(super) count: u32,
    pub(super) first: Option<S::At>,
}

impl<'a, S: BarSink> Rows<'a, S> {
    pub(super) fn new(out: &'a mut S) -> Self {
        Self { out, count: 0, first: None }
    }
}

#[derive(Deserialize)]
struct Row<'a> {
    #[serde(borrow)]
    day: Cow<'a, str>,
    #[serde(borrow)]
    open: &'a RawValue,
    #[serde(borrow)]
    high: &'a RawValue,
    #[serde(borrow)]
    low: &'a RawValue,
    #[serde(borrow)]
    close: &'a RawValue,
    #[serde(borrow)]
    volume: &'a RawValue,
    #[serde(borrow)]
    amount: Option<&'a RawValue>,
}

impl Row<'_> {
    fn bar<At: Label>(&self) -> Result<Bar<At>, SourceError> {
        let price = |field: &str, raw: &RawValue| wire::number(field, digits(raw));
        let amount = self.amount.map_or(Ok(None), |amount| wire::optional("amount", digits(amount)))?;
        let (open, high) = (price("open", self.open)?, price("high", self.high)?);
        let (low, close) = (price("low", self.low)?, price("close", self.close)?);
        let volume = wire::shares("volume", digits(self.volume), 1)?;
        Ok(Bar { amount, ..Bar::new(At::read(&self.day)?, open, high, low, close, volume) })
    }
}

/// The text of a number, whether it came as one or as a string.
pub(crate) fn digits(raw: &RawValue) -> &str {
    raw.get().trim_matches('"')
}

impl<'de, S: BarSink<At: Label>> DeserializeSeed<'de> for &mut Rows<'_, S> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, S: BarSink<At: Label>> Visitor<'de> for &mut Rows<'_, S> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of bars, or null for an unknown symbol")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut rows: A) -> Result<(), A::Error> {
        while let Some(row) = rows.next_element::<Row<'de>>()? {
            let bar = row
                .bar()
                .map_err(|e| A::Error::custom(format!("the bar of {}: {}", row.day, e.message())))?;
            self.count += 1;
            self.first = Some(self.first.map_or(bar.at, |first| first.min(bar.at)));
            self.out.bar(bar);
        }
        Ok(())
    }
}
