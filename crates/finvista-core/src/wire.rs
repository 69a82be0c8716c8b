//! Reading what vendors write: numbers that may be missing, and JSON in its wrappings.

use serde::Deserialize;

use crate::error::{ErrorKind, SourceError, sample};

/// A number that must be there. What is no finite decimal number is an error that names the field.
///
/// # Errors
///
/// [`ErrorKind::Decode`].
pub fn number(field: &str, text: &str) -> Result<f64, SourceError> {
    match text.trim().parse::<f64>() {
        Ok(number) if number.is_finite() => Ok(number),
        _ => Err(SourceError::decode(format!("{field} is {text:?}, where a number was expected"))),
    }
}

/// A number that may be missing: empty and `-` are `None`.
///
/// # Errors
///
/// [`ErrorKind::Decode`] when it is neither missing nor a number.
pub fn optional(field: &str, text: &str) -> Result<Option<f64>, SourceError> {
    match text.trim() {
        "" | "-" | "--" => Ok(None),
        text => number(field, text).map(Some),
    }
}

/// A count of shares: `units` times `size`, a whole number.
///
/// # Errors
///
/// [`ErrorKind::Decode`] when it is no number, or too large to be one of shares.
pub fn shares(field: &str, text: &str, size: i64) -> Result<i64, SourceError> {
    let count = number(field, text)?;
    let shares = (count * size as f64).round();
    if shares.abs() < 9e15 {
        Ok(shares as i64)
    } else {
        Err(SourceError::decode(format!("{field} is {text:?}, more shares than there can be")))
    }
}

/// Zero means "no value" in this vendor's field.
pub fn nonzero(number: f64) -> Option<f64> {
    (number != 0.0).then_some(number)
}

/// Reads JSON. The error says where it broke and shows how the body begins.
///
/// # Errors
///
/// [`ErrorKind::Decode`].
pub fn json<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, SourceError> {
    serde_json::from_slice(body).map_err(|e| SourceError::decode(format!("{e}, in {}", sample(body))))
}

/// The payload of a script answer: what stands between the first of the opening marks and the last of the closing marks,
/// both included. `var x=({…});` gives `{…}`, `f([…])` gives `[…]`.
///
/// # Errors
///
/// [`ErrorKind::Decode`] when a mark is missing: the body was cut, or is something else.
pub fn between(body: &[u8], open: u8, close: u8) -> Result<&[u8], SourceError> {
    let start = body.iter().position(|&b| b == open);
    let end = body.iter().rposition(|&b| b == close);
    match (start, end) {
        (Some(start), Some(end)) if start < end => Ok(body.get(start..=end).unwrap_or_default()),
        _ => Err(SourceError::decode(format!(
            "no {:?} … {:?} in {}",
            char::from(open),
            char::from(close),
            sample(body)
        ))),
    }
}

/// Refuses a web page in place of data. Vendors answer 200 with a page when they turn a client away.
///
/// # Errors
///
/// [`ErrorKind::Blocked`] when the body begins like HTML.
pub fn refuse_page(body: &[u8]) -> Result<(), SourceError> {
    let text = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body).trim_ascii_start();
    if text.first() == Some(&b'<') {
        return Err(SourceError::new(
            ErrorKind::Blocked,
            format!("a web page in place of data: {}", sample(body)),
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
    fn a_page_is_not_data() {
        for page in ["<html>", "\r\n <!DOCTYPE html>", "\u{feff}<html>"] {
            assert_eq!(refuse_page(page.as_bytes()).unwrap_err().kind(), ErrorKind::Blocked);
        }
        assert!(refuse_page(b"/*<script>location.href='//sina.com';</script>*/\nvar x=([]);").is_ok());
        assert!(refuse_page(b"").is_ok());
    }
}
