//! JSON of the usual form, read where it stands: a bare number or a plain text as a value. `serde_json` reads any other value.

use std::borrow::Cow;

use finvista_core::wire::plain;
use finvista_core::{SourceError, sample};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::cell::Cell;
use crate::envelope::Text;

/// JSON that is read from left to right.
#[derive(Debug)]
pub(super) struct Scan<'a> {
    /// What is not read yet.
    pub(super) rest: &'a [u8],
}

impl<'a> Scan<'a> {
    /// Moves past this mark if it is the next one.
    #[inline(always)]
    pub(super) fn take(&mut self, mark: u8) -> bool {
        if let [b' ' | b'\n' | b'\r' | b'\t', ..] = self.rest {
            self.rest = self.rest.trim_ascii_start();
        }
        match self.rest {
            [byte, rest @ ..] if *byte == mark => {
                self.rest = rest;
                true
            }
            _ => false,
        }
    }

    /// Moves past this mark.
    #[inline(always)]
    pub(super) fn expect(&mut self, mark: u8) -> Result<(), SourceError> {
        if self.take(mark) { Ok(()) } else { Err(self.misses(mark)) }
    }

    #[cold]
    fn misses(&self, mark: u8) -> SourceError {
        SourceError::decode(format!("expected {:?}, got {}", char::from(mark), sample(self.rest)))
    }

    /// The number of the field whose key comes next, 12 of `"f12":`, and 0 of any other key.
    #[inline(always)]
    pub(super) fn field(&mut self) -> Result<u16, SourceError> {
        match usual_field(self.rest) {
            Some((number, rest)) => {
                self.rest = rest;
                Ok(number)
            }
            None => self.any_field(),
        }
    }

    #[cold]
    fn any_field(&mut self) -> Result<u16, SourceError> {
        let key = self.any::<Text<'_>>()?.0;
        self.expect(b':')?;
        Ok(key.strip_prefix('f').and_then(|number| number.parse().ok()).unwrap_or_default())
    }

    /// The next value.
    #[inline(always)]
    pub(super) fn cell(&mut self) -> Result<Cell<'a>, SourceError> {
        let usual = match self.rest {
            [b'"', ..] => usual_text(self.rest).map(|(text, rest)| (Cell::Text(text), rest)),
            _ => usual_number(self.rest),
        };
        match usual {
            Some((cell, rest)) => {
                self.rest = rest;
                Ok(cell)
            }
            None => self.any_cell(),
        }
    }

    #[cold]
    fn any_cell(&mut self) -> Result<Cell<'a>, SourceError> {
        let raw: Option<&RawValue> = self.any()?;
        Ok(raw.map_or(Cell::Absent, |raw| Cell::Text(raw.get().trim_matches('"'))))
    }

    /// The next value as it is written, without quotes; empty for null.
    #[inline(always)]
    pub(super) fn written(&mut self) -> Result<&'a str, SourceError> {
        let text = self.rest;
        match self.cell()? {
            Cell::Absent => Ok(""),
            Cell::Text(text) => Ok(text),
            Cell::Whole(_) | Cell::Decimal(_) => {
                let number = text.get(..text.len() - self.rest.len()).unwrap_or_default();
                std::str::from_utf8(number.trim_ascii())
                    .map_err(|_| SourceError::decode(format!("expected UTF-8, got {}", sample(number))))
            }
        }
    }

    /// The next value, a text without its escapes, or null.
    #[inline(always)]
    pub(super) fn text(&mut self) -> Result<Option<Cow<'a, str>>, SourceError> {
        match usual_text(self.rest) {
            Some((text, rest)) => {
                self.rest = rest;
                Ok(Some(Cow::Borrowed(text)))
            }
            None => Ok(self.any::<Option<Text<'_>>>()?.map(|text| text.0)),
        }
    }

    /// The next value, of any form.
    #[inline(never)]
    pub(super) fn any<T: Deserialize<'a>>(&mut self) -> Result<T, SourceError> {
        let mut values = serde_json::Deserializer::from_slice(self.rest).into_iter();
        match values.next() {
            Some(Ok(value)) => {
                self.rest = self.rest.get(values.byte_offset()..).unwrap_or_default();
                Ok(value)
            }
            Some(Err(error)) => Err(SourceError::decode(format!("{error}, in {}", sample(self.rest)))),
            None => Err(SourceError::decode("expected a value, got the end of the answer")),
        }
    }
}

/// A key such as `"f12":`.
#[inline(always)]
fn usual_field(text: &[u8]) -> Option<(u16, &[u8])> {
    let [b'"', b'f', first @ b'1'..=b'9', rest @ ..] = text else { return None };
    let mut rest = rest;
    let mut number = u16::from(first - b'0');
    // No field has more than three digits.
    for _ in 0..2 {
        let [digit @ b'0'..=b'9', behind @ ..] = rest else { break };
        number = number * 10 + u16::from(digit - b'0');
        rest = behind;
    }
    match rest {
        [b'"', b':', rest @ ..] => Some((number, rest)),
        _ => None,
    }
}

/// A text without escapes.
#[inline(always)]
fn usual_text(text: &[u8]) -> Option<(&str, &[u8])> {
    let text = text.strip_prefix(b"\"")?;
    let end = text.iter().position(|&byte| byte == b'"' || byte == b'\\' || byte < b' ')?;
    let (text, rest) = text.split_at_checked(end)?;
    Some((std::str::from_utf8(text).ok()?, rest.strip_prefix(b"\"")?))
}

/// A number of up to 14 digits, and as many behind a point, that a float represents exactly without the point.
#[inline(always)]
fn usual_number(text: &[u8]) -> Option<(Cell<'_>, &[u8])> {
    let is_negative = text.first() == Some(&b'-');
    let digits = text.get(usize::from(is_negative)..)?;
    let (whole, rest) = plain::integer(digits)?;
    if let [b'0', b'0'..=b'9', ..] = digits {
        // JSON has no leading zeros.
        return None;
    }
    match rest {
        // -0 is a float alone.
        [b',' | b'}', ..] if whole > 0 || !is_negative => {
            let whole = whole as i64;
            Some((Cell::Whole(if is_negative { -whole } else { whole }), rest))
        }
        [b'.', fraction @ ..] => {
            let (part, rest) = plain::integer(fraction)?;
            let scale = 10_u64.checked_pow((fraction.len() - rest.len()) as u32)?;
            let mantissa = whole.checked_mul(scale)?.checked_add(part)?;
            // Both are exact, so the one rounding of the division is that of the decimal.
            let number = mantissa as i64 as f64 / scale as f64;
            let is_exact = mantissa < 1 << 53 && matches!(rest, [b',' | b'}', ..]);
            is_exact.then_some((Cell::Decimal(if is_negative { -number } else { number }), rest))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use finvista_core::wire;

    /// What a value is as the long way reads it, or `None` if it is no JSON.
    fn long(value: &str) -> Option<String> {
        let raw: Option<&RawValue> = serde_json::from_str(value).ok()?;
        let Some(raw) = raw else { return Some(String::new()) };
        Some(raw.get().trim_matches('"').to_owned())
    }

    #[test]
    fn every_value_is_read_as_the_long_way_reads_it() {
        for value in [
            "0",
            "7",
            "-7",
            "1019",
            "-0",
            "00",
            "01",
            "-01",
            "12345678",
            "12345678901234",
            "123456789012345",
            "9007199254740993",
            "19.62",
            "-0.29",
            "0.0",
            "-0.0",
            "1131349872245.798",
            "498207072951.0528",
            "9007199254740.993",
            "1.",
            ".5",
            "1.5e3",
            "1e3",
            "1.5.5",
            "--1",
            "-",
            "",
            "+1",
            "1x",
            "\"-\"",
            "\"\"",
            "\"1019\"",
            "\"x\"",
            "\"\\u002d\"",
            "\"a\\\"b\"",
            "\"a\nb\"",
            "\"深\"",
            "\"",
            "null",
            "nul",
            "true",
            "false",
            "[1,\"]\"]",
            "{\"a\":1}",
            "[",
            "}",
        ] {
            for behind in ["}", ",\"f2\":1}", " ,\"f123\":\"abcdefgh\"}", "]", ""] {
                let text = format!("{value}{behind}");
                let mut scan = Scan { rest: text.as_bytes() };
                let read = scan.cell().ok().filter(|_| scan.rest == behind.as_bytes());
                let Some(long) = long(value) else {
                    assert!(read.is_none(), "{text}: {read:?}");
                    continue;
                };
                let expected = wire::optional("f2", &long).map(|number| number.map(f64::to_bits)).ok();
                let read = read.unwrap_or_else(|| panic!("{text}"));
                assert_eq!(read.number("f2").map(|number| number.map(f64::to_bits)).ok(), expected, "{text}");
                assert_eq!(read.has_point(), long.contains('.'), "{text}");
                let mut again = Scan { rest: text.as_bytes() };
                assert_eq!(again.written().unwrap(), long, "{text}");
            }
        }
    }

    #[test]
    fn keys_are_numbers_of_fields() {
        for (key, number) in [
            ("\"f2\":", 2),
            ("\"f152\":", 152),
            ("\"f12\" :", 12),
            ("\"\\u00662\":", 2),
            ("\"f1520\":", 1520),
            ("\"f\":", 0),
            ("\"name\":", 0),
            ("\"f99999\":", 0),
            ("\"f2x\":", 0),
        ] {
            let text = format!("{key}1}}");
            let mut scan = Scan { rest: text.as_bytes() };
            assert_eq!((scan.field().unwrap(), scan.rest), (number, &b"1}"[..]), "{key}");
        }
        for key in ["f2:", "\"f2\"", "\"f2", "2:", ""] {
            assert!(Scan { rest: key.as_bytes() }.field().is_err(), "{key}");
        }
    }
}
