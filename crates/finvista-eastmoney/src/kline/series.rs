//! An answer, read in one pass: its rows go from the body into the builder as they come, and the rest is read as JSON.

use std::borrow::Cow;

use finvista_core::dataset::BarSink;
use finvista_core::{SourceError, sample, wire};
use jiff::civil::DateTime;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::{COLUMNS, row};
use crate::envelope::{Cell, Text};

/// What an answer says besides its rows.
#[derive(Debug, Deserialize)]
pub(super) struct Head<'a> {
    #[serde(borrow)]
    pub(super) code: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(super) market: Cell<'a>,
    /// The number of all daily bars of the symbol, whatever the period.
    pub(super) dktotal: Option<u64>,
    /// The close before the first row, adjusted as the rows are; 0 if there is none.
    #[serde(borrow, default, rename = "preKPrice")]
    pub(super) pre_close: Cell<'a>,
    /// The place of the rows.
    #[serde(rename = "klines")]
    _rows: [IgnoredAny; 0],
}

/// An answer whose rows are read.
#[derive(Debug)]
pub(super) struct Series<'a> {
    /// The answer without its rows.
    pub(super) json: Cow<'a, [u8]>,
    pub(super) rows: usize,
    /// The first row that could not be read. It counts only once the symbol is verified: another market's rows may well look
    /// different.
    pub(super) broken: Option<SourceError>,
}

/// The form of the rows.
#[derive(Debug, Clone, Copy)]
pub(super) struct Form {
    /// Whether the labels are minutes.
    pub(super) minutes: bool,
    /// How many columns were asked for.
    pub(super) columns: usize,
}

/// Rows with all columns are seldom shorter, and have 80 bytes on average in a long history.
const USUAL_ROW: usize = 64;

/// Reads the rows of an answer into a builder. Keys may come in any order, so whose rows they are is known once the rest is
/// read, and a table of another symbol's rows is thrown away then.
pub(super) fn read<'a, B: BarSink<At: From<DateTime>>>(
    body: &'a [u8],
    form: Form,
    out: &mut B,
) -> Result<Series<'a>, SourceError> {
    let Some((front, rows)) = split(body) else {
        return Ok(Series { json: Cow::Borrowed(body), rows: 0, broken: None });
    };
    // Of days, the vendor says how many there are; whatever it says, the body holds no more than its length allows.
    let most = rows.len() / USUAL_ROW;
    let total = if form.minutes { None } else { total(front) };
    out.reserve(total.map_or(most, |total| total.min(most)));
    let mut rows = Rows { rest: rows, form, count: 0, broken: None };
    rows.read(out)?;
    let json = Cow::Owned([front, rows.rest].concat());
    Ok(Series { json, rows: rows.count, broken: rows.broken })
}

/// Splits an answer behind the bracket that opens its rows.
fn split(body: &[u8]) -> Option<(&[u8], &[u8])> {
    const KEY: &[u8] = b"\"klines\"";
    let key = body.windows(KEY.len()).position(|bytes| bytes == KEY)?;
    let behind = body.get(key + KEY.len()..)?.trim_ascii_start().strip_prefix(b":")?;
    let rows = behind.trim_ascii_start().strip_prefix(b"[")?;
    body.split_at_checked(body.len() - rows.len())
}

/// The number of rows that is announced before them.
fn total(front: &[u8]) -> Option<usize> {
    const KEY: &[u8] = b"\"dktotal\":";
    let key = front.windows(KEY.len()).position(|bytes| bytes == KEY)?;
    let digits = front.get(key + KEY.len()..)?.split(|byte| !byte.is_ascii_digit()).next()?;
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// An array of texts.
struct Rows<'a> {
    /// What is not read yet; at the end, what begins with the closing bracket.
    rest: &'a [u8],
    form: Form,
    count: usize,
    broken: Option<SourceError>,
}

impl Rows<'_> {
    fn read<B: BarSink<At: From<DateTime>>>(&mut self, out: &mut B) -> Result<(), SourceError> {
        self.skip_blanks();
        if self.rest.first() == Some(&b']') {
            return Ok(());
        }
        loop {
            match row::usual(self.rest, self.form.minutes) {
                Some((bar, rest)) if self.form.columns == COLUMNS => {
                    self.rest = rest;
                    out.bar(bar);
                }
                _ => self.any(out)?,
            }
            self.count += 1;
            self.skip_blanks();
            match self.rest {
                [b',', rest @ ..] => self.rest = rest,
                [b']', ..] => return Ok(()),
                other => {
                    return Err(SourceError::decode(format!(
                        "expected a further row, got {}",
                        sample(other)
                    )));
                }
            }
            self.skip_blanks();
        }
    }

    /// Reads a row of any form.
    #[cold]
    #[inline(never)]
    fn any<B: BarSink<At: From<DateTime>>>(&mut self, out: &mut B) -> Result<(), SourceError> {
        let mut is_escaped = false;
        let end = self.rest.iter().skip(1).position(|&byte| {
            let is_end = byte == b'"' && !is_escaped;
            is_escaped = byte == b'\\' && !is_escaped;
            is_end
        });
        let whole = end.and_then(|end| self.rest.split_at_checked(end + 2));
        let Some((text, rest)) = whole else {
            return Err(SourceError::decode(format!("expected a row, got {}", sample(self.rest))));
        };
        self.rest = rest;
        // Bytes in place of a text go on, because the row is what is wrong then.
        let plain = text.get(1..text.len() - 1).unwrap_or_default();
        let row = if plain.contains(&b'\\') {
            wire::json::<Text<'_>>(text)?.0
        } else {
            String::from_utf8_lossy(plain)
        };
        match row::any(row.as_bytes(), self.form) {
            Ok(bar) => out.bar(bar),
            Err(error) => {
                let shown = || SourceError::decode(format!("{}, in the row {row:?}", error.message()));
                self.broken.get_or_insert_with(shown);
            }
        }
        Ok(())
    }

    #[inline(always)]
    fn skip_blanks(&mut self) {
        if let [b' ' | b'\n' | b'\r' | b'\t', ..] = self.rest {
            self.rest = self.rest.trim_ascii_start();
        }
    }
}
