//! Parsers for the vendors' formats: numbers that may be missing, rows of fields, and wrapped JSON.

mod clock;
mod decimal;
mod fields;
pub mod plain;

use serde::Deserialize;
use serde::de::DeserializeSeed;

pub use clock::{day, time_of_day};
pub use fields::Fields;

use decimal::Decimal;

use crate::error::{ErrorKind, SourceError, sample};

/// Parses a number.
///
/// # Errors
///
/// [`ErrorKind::Decode`], with the name of the field, when the text is not a finite number.
#[inline]
pub fn number(field: &str, text: &str) -> Result<f64, SourceError> {
    match Decimal::leading(text.as_bytes()) {
        Some((decimal, [])) => Ok(decimal.value()),
        _ => any_number(field, text),
    }
}

/// The slow path, for anything but plain decimals.
#[cold]
fn any_number(field: &str, text: &str) -> Result<f64, SourceError> {
    match text.trim().parse::<f64>() {
        Ok(number) if number.is_finite() => Ok(number),
        _ => Err(SourceError::decode(format!("expected a number in {field}, got {text:?}"))),
    }
}

/// Parses a number that may be missing: an empty text, `-` and `--` are `None`.
///
/// # Errors
///
/// [`ErrorKind::Decode`] when the text is neither missing nor a number.
pub fn optional(field: &str, text: &str) -> Result<Option<f64>, SourceError> {
    match text.trim() {
        "" | "-" | "--" => Ok(None),
        text => number(field, text).map(Some),
    }
}

/// Parses a number of units of `size` shares, and returns the shares as a whole number.
///
/// # Errors
///
/// [`ErrorKind::Decode`] when the text is not a number, or the number is too large.
pub fn shares(field: &str, text: &str, size: i64) -> Result<i64, SourceError> {
    let count = number(field, text)?;
    let shares = (count * size as f64).round();
    if shares.abs() < MOST_SHARES as f64 {
        Ok(shares as i64)
    } else {
        Err(SourceError::decode(format!("expected fewer than {MOST_SHARES} shares in {field}, got {text:?}")))
    }
}

/// No volume reaches this, and a float represents every integer below it exactly.
const MOST_SHARES: u64 = 9_000_000_000_000_000;

/// The fast path of [`shares`], for a decimal without a point.
#[inline]
fn whole_shares(count: Decimal, size: i64) -> Option<i64> {
    count.integer()?.checked_mul(size).filter(|shares| shares.unsigned_abs() < MOST_SHARES)
}

/// Converts 0 to `None`, for fields in which 0 means "no value".
pub fn nonzero(number: f64) -> Option<f64> {
    (number != 0.0).then_some(number)
}

/// Parses JSON. The error contains the position and the beginning of the body.
///
/// # Errors
///
/// [`ErrorKind::Decode`].
pub fn json<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, SourceError> {
    json_with(body, std::marker::PhantomData)
}

/// Parses JSON with a seed, which can process rows one by one.
///
/// # Errors
///
/// [`ErrorKind::Decode`], as for [`json`].
pub fn json_with<'a, S: DeserializeSeed<'a>>(body: &'a [u8], seed: S) -> Result<S::Value, SourceError> {
    let mut json = serde_json::Deserializer::from_slice(body);
    let value = seed.deserialize(&mut json).and_then(|value| json.end().map(|()| value));
    value.map_err(|e| SourceError::decode(format!("{e}, in {}", sample(body))))
}

/// The payload of a script: from the first opening mark to the last closing mark, inclusive. `var x=({…});` gives `{…}`, and
/// `f([…])` gives `[…]`.
///
/// # Errors
///
/// [`ErrorKind::Decode`] when a mark is missing, because the body was cut or is something else.
pub fn between(body: &[u8], open: u8, close: u8) -> Result<&[u8], SourceError> {
    let start = body.iter().position(|&b| b == open);
    let end = body.iter().rposition(|&b| b == close);
    match (start, end) {
        (Some(start), Some(end)) if start < end => Ok(body.get(start..=end).unwrap_or_default()),
        _ => Err(SourceError::decode(format!(
            "expected {:?} … {:?}, got {}",
            char::from(open),
            char::from(close),
            sample(body)
        ))),
    }
}

/// The lines of a body, trimmed. In every character set that vendors use, the byte of a newline is always a newline.
pub fn lines(body: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = body;
    std::iter::from_fn(move || {
        let end = memchr::memchr(b'\n', rest).map_or(rest.len(), |newline| newline + 1);
        let (line, behind) = rest.split_at_checked(end).filter(|(line, _)| !line.is_empty())?;
        rest = behind;
        Some(line.trim_ascii())
    })
}

/// Refuses a web page instead of data. Vendors that ban a client answer with a page and status 200.
///
/// # Errors
///
/// [`ErrorKind::Blocked`] when the body begins like HTML.
pub fn refuse_page(body: &[u8]) -> Result<(), SourceError> {
    let text = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body).trim_ascii_start();
    if text.first() == Some(&b'<') {
        return Err(SourceError::new(
            ErrorKind::Blocked,
            format!("expected data, got a web page: {}", sample(body)),
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_finite_decimals() {
        assert_eq!(number("open", " 6.11 ").unwrap(), 6.11);
        for text in ["", "-", "NaN", "inf", "1,000", "6.11x"] {
            assert!(number("open", text).unwrap_err().message().contains("open"), "{text:?}");
        }
        assert_eq!(optional("f8", "-").unwrap(), None);
        assert_eq!(optional("f8", "0.60").unwrap(), Some(0.6));
        assert!(optional("f8", "nan").is_err());
        assert_eq!(shares("volume", "34801.000", 100).unwrap(), 3_480_100);
        assert!(shares("volume", "1e300", 100).is_err());
    }

    #[test]
    fn payloads_come_out_of_their_wrappings() {
        assert_eq!(between(b"var x=({\"a\":[1]});", b'{', b'}').unwrap(), b"{\"a\":[1]}");
        assert_eq!(between(b"sh600086([1,2]);", b'[', b']').unwrap(), b"[1,2]");
        assert!(between(b"var x=({\"a\":[1", b'{', b'}').is_err());
        assert!(between(b"}{", b'{', b'}').is_err());
    }

    #[test]
    fn lines_come_without_their_ends() {
        assert_eq!(lines(b"a\r\n\n b").collect::<Vec<_>>(), [&b"a"[..], b"", b"b"]);
        assert_eq!(lines(b"a\n").collect::<Vec<_>>(), [b"a"]);
        assert_eq!(lines(b"").count(), 0);
    }

    #[test]
    fn a_page_is_not_data() {
        for page in ["<html>", "\r\n <!DOCTYPE html>", "\u{feff}<html>"] {
            assert_eq!(refuse_page(page.as_bytes()).unwrap_err().kind(), ErrorKind::Blocked);
        }
        assert!(refuse_page(b"/*<script>location.href='//sina.com';</script>*/\nvar x=([]);").is_ok());
        assert!(refuse_page(b"").is_ok());
    }
}
