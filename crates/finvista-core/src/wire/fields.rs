//! Rows of separated fields, read from left to right without splitting them first.

use jiff::civil::{Date, Time};

use super::clock::{plain_day, plain_time};
use super::decimal::Decimal;
use super::{day, number, optional, shares, time_of_day};
use crate::error::{SourceError, sample};

/// The fields of a row, one after the other. Errors name the field.
///
/// ```
/// use finvista_core::wire::Fields;
///
/// let mut fields = Fields::new(b"2024-06-28,6.11,6.08,-", b',');
/// assert_eq!(fields.day("date")?, jiff::civil::date(2024, 6, 28));
/// assert_eq!(fields.number("open")?, 6.11);
/// fields.skip("close")?;
/// assert_eq!(fields.optional("amount")?, None);
/// assert!(fields.number("turnover").unwrap_err().message().contains("turnover is missing"));
/// # Ok::<(), finvista_core::SourceError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Fields<'a> {
    /// What is left to read; `None` after the last field.
    rest: Option<&'a [u8]>,
    separator: u8,
}

impl<'a> Fields<'a> {
    /// The fields of `row`. There is at least one, which may be empty.
    pub fn new(row: &'a [u8], separator: u8) -> Self {
        Self { rest: Some(row), separator }
    }

    /// Whether all fields are read.
    pub fn is_at_end(&self) -> bool {
        self.rest.is_none()
    }

    /// The next field as bytes.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Decode`](crate::ErrorKind::Decode) when there is no further field.
    #[inline]
    pub fn bytes(&mut self, field: &str) -> Result<&'a [u8], SourceError> {
        let Some(rest) = self.rest else { return Err(missing(field)) };
        let end = rest.iter().position(|&byte| byte == self.separator);
        let (bytes, behind) = rest.split_at(end.unwrap_or(rest.len()));
        self.rest = behind.split_first().map(|(_, behind)| behind);
        Ok(bytes)
    }

    /// The next field as text.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Decode`](crate::ErrorKind::Decode) when there is no further field, or it is not UTF-8.
    pub fn text(&mut self, field: &str) -> Result<&'a str, SourceError> {
        let bytes = self.bytes(field)?;
        std::str::from_utf8(bytes)
            .map_err(|_| SourceError::decode(format!("expected UTF-8 in {field}, got {:?}", sample(bytes))))
    }

    /// Skips the next field.
    ///
    /// # Errors
    ///
    /// As [`bytes`](Self::bytes).
    #[inline]
    pub fn skip(&mut self, field: &str) -> Result<(), SourceError> {
        self.bytes(field).map(drop)
    }

    /// The next field, as [`number`] reads it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Decode`](crate::ErrorKind::Decode) when there is no further field, or it is not a number.
    #[inline(always)]
    pub fn number(&mut self, field: &str) -> Result<f64, SourceError> {
        match self.decimal() {
            Some(decimal) => Ok(decimal.value()),
            None => self.any_number(field),
        }
    }

    /// The next field, as [`optional`] reads it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Decode`](crate::ErrorKind::Decode) when there is no further field, or it is neither missing nor a number.
    #[inline(always)]
    pub fn optional(&mut self, field: &str) -> Result<Option<f64>, SourceError> {
        match self.decimal() {
            Some(decimal) => Ok(Some(decimal.value())),
            None => self.any_optional(field),
        }
    }

    /// The next field, as [`shares`] reads it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Decode`](crate::ErrorKind::Decode) when there is no further field, or it is not a number of shares.
    #[inline(always)]
    pub fn shares(&mut self, field: &str, size: i64) -> Result<i64, SourceError> {
        let here = self.rest;
        match self.decimal().and_then(|decimal| super::whole_shares(decimal, size)) {
            Some(shares) => Ok(shares),
            None => {
                self.rest = here;
                self.any_shares(field, size)
            }
        }
    }

    /// The next field, as [`day`] reads it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Decode`](crate::ErrorKind::Decode) when there is no further field, or it is not a day.
    #[inline(always)]
    pub fn day(&mut self, field: &str) -> Result<Date, SourceError> {
        if let Some((text, behind)) = self.rest.and_then(<[u8]>::split_first_chunk::<10>)
            && let Some(day) = plain_day(text)
            && self.ends_before(behind)
        {
            return Ok(day);
        }
        self.any_day(field)
    }

    /// The next field, as [`time_of_day`] reads it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Decode`](crate::ErrorKind::Decode) when there is no further field, or it is not a time of day.
    #[inline(always)]
    pub fn time_of_day(&mut self, field: &str) -> Result<Time, SourceError> {
        if let Some((text, behind)) = self.rest.and_then(<[u8]>::split_first_chunk::<8>)
            && let Some(time) = plain_time(text)
            && self.ends_before(behind)
        {
            return Ok(time);
        }
        self.any_time(field)
    }

    /// The next field if it is a plain decimal; otherwise nothing is read.
    #[inline(always)]
    fn decimal(&mut self) -> Option<Decimal> {
        let (decimal, behind) = Decimal::leading(self.rest?)?;
        self.ends_before(behind).then_some(decimal)
    }

    /// Whether the field ends here. If so, moves past it.
    #[inline(always)]
    fn ends_before(&mut self, behind: &'a [u8]) -> bool {
        self.rest = match behind {
            [] => None,
            [byte, rest @ ..] if *byte == self.separator => Some(rest),
            _ => return false,
        };
        true
    }

    #[cold]
    fn any_number(&mut self, field: &str) -> Result<f64, SourceError> {
        number(field, self.text(field)?)
    }

    #[cold]
    fn any_optional(&mut self, field: &str) -> Result<Option<f64>, SourceError> {
        optional(field, self.text(field)?)
    }

    #[cold]
    fn any_shares(&mut self, field: &str, size: i64) -> Result<i64, SourceError> {
        shares(field, self.text(field)?, size)
    }

    #[cold]
    fn any_time(&mut self, field: &str) -> Result<Time, SourceError> {
        time_of_day(field, self.text(field)?)
    }

    #[cold]
    fn any_day(&mut self, field: &str) -> Result<Date, SourceError> {
        day(field, self.text(field)?)
    }
}

#[cold]
fn missing(field: &str) -> SourceError {
    SourceError::decode(format!("{field} is missing"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_field_is_read_once_and_the_last_may_be_empty() {
        let mut fields = Fields::new(b"a,,1.5 , 2,1e2,", b',');
        assert_eq!(fields.text("name").unwrap(), "a");
        assert_eq!(fields.optional("amount").unwrap(), None);
        assert_eq!(fields.number("open").unwrap(), 1.5);
        assert_eq!(fields.shares("volume", 100).unwrap(), 200);
        assert_eq!(fields.number("close").unwrap(), 100.0);
        assert!(!fields.is_at_end());
        assert_eq!(fields.bytes("tail").unwrap(), b"");
        assert!(fields.is_at_end());
        assert!(fields.bytes("more").unwrap_err().message().contains("more is missing"));
        assert!(
            Fields::new(b"\xff", b',').text("name").unwrap_err().message().contains("expected UTF-8 in name")
        );
    }

    #[test]
    fn days_and_times_end_where_their_fields_end() {
        let mut fields = Fields::new(b"2024-06-28,15:00:00,2024-6-28,15:00:003,2024-06-281", b',');
        let day = jiff::civil::date(2024, 6, 28);
        assert_eq!(fields.day("day").unwrap(), day);
        assert_eq!(fields.time_of_day("time").unwrap(), jiff::civil::time(15, 0, 0, 0));
        assert_eq!(fields.day("day").unwrap(), day);
        assert!(fields.time_of_day("time").is_err());
        assert!(fields.day("day").is_err());
    }

    #[test]
    fn an_error_names_the_field() {
        for row in [&b"x,1"[..], b"1x,1", b"--1,1", b",1", b"1;1", b"\xff,1", b"NaN"] {
            let error = Fields::new(row, b',').number("open").unwrap_err();
            assert!(error.message().contains("in open, got"), "{error}");
        }
        assert!(Fields::new(b"9e15", b',').shares("volume", 1).is_err());
        assert!(Fields::new(b"9000000000000000", b',').shares("volume", 1).is_err());
    }

    proptest! {
        /// Reading fields gives the same values and errors as splitting the text.
        #[test]
        fn fields_are_those_of_the_split_text(row in "(-?[0-9]{0,17}(\\.[0-9]{0,4})?|-|x|1e3| 7 )(,(-?[0-9]{0,17}(\\.[0-9]{0,4})?|-|x|1e3| 7 )){0,4}") {
            let mut fields = [Fields::new(row.as_bytes(), b','), Fields::new(row.as_bytes(), b','), Fields::new(row.as_bytes(), b',')];
            for text in row.split(',') {
                let [numbers, optionals, counts] = &mut fields;
                let message = |error: SourceError| error.message().to_owned();
                prop_assert_eq!(numbers.number("f").map_err(message), number("f", text).map_err(message));
                prop_assert_eq!(optionals.optional("f").map_err(message), optional("f", text).map_err(message));
                prop_assert_eq!(counts.shares("f", 100).map_err(message), shares("f", text, 100).map_err(message));
            }
            prop_assert!(fields.iter().all(Fields::is_at_end));
        }
    }
}
