//! Reading addresses and the headers of an answer.

use std::time::Duration;

use finvista_core::{ErrorKind, SourceError};
use jiff::Timestamp;

/// The delay of a Retry-After header, which is a number of seconds or an HTTP date; zero for a date in the past, `None` for
/// anything else.
pub(crate) fn retry_after(value: &str, now: Timestamp) -> Option<Duration> {
    let value = value.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = Timestamp::try_from(httpdate::parse_http_date(value).ok()?).ok()?;
    Some(Duration::try_from(date.duration_since(now)).unwrap_or(Duration::ZERO))
}

/// Splits an address into the host and the path with the query.
pub(crate) fn split(url: &str) -> Result<(&str, &str), SourceError> {
    let rest = url.split_once("://").map(|(_, rest)| rest);
    rest.and_then(|rest| rest.find('/').and_then(|slash| rest.split_at_checked(slash))).ok_or_else(|| {
        SourceError::new(
            ErrorKind::Plugin,
            format!("expected an address such as https://host/path, got {url:?}"),
        )
    })
}

/// The character set that a Content-Type names.
pub(crate) fn charset(content_type: &str) -> Option<String> {
    let (_, charset) = content_type.split(';').find_map(|part| {
        part.split_once('=').filter(|(name, _)| name.trim().eq_ignore_ascii_case("charset"))
    })?;
    Some(charset.trim().trim_matches('"').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_splits_into_host_and_path() {
        assert_eq!(split("https://hq.sinajs.cn/list=sh600519").unwrap(), ("hq.sinajs.cn", "/list=sh600519"));
        assert!(split("hq.sinajs.cn/list=").is_err());
        assert!(split("https://hq.sinajs.cn").is_err());
    }

    #[test]
    fn the_charset_is_read_from_the_content_type() {
        for (value, expected) in [
            ("application/javascript; charset=GB18030", Some("GB18030")),
            ("text/html; Charset=\"gbk\"", Some("gbk")),
            ("text/html", None),
        ] {
            assert_eq!(charset(value).as_deref(), expected);
        }
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now: Timestamp = "2024-06-28T08:00:00Z".parse().unwrap();
        for (value, seconds) in [
            ("120", Some(120)),
            (" 0 ", Some(0)),
            ("Fri, 28 Jun 2024 08:02:00 GMT", Some(120)),
            // The two obsolete forms that RFC 9110 requires to be accepted.
            ("Friday, 28-Jun-24 08:02:00 GMT", Some(120)),
            ("Fri Jun 28 08:02:00 2024", Some(120)),
            ("Thu, 27 Jun 2024 08:02:00 GMT", Some(0)),
            ("soon", None),
            ("-5", None),
            ("1.5", None),
            ("", None),
            ("Fri, 31 Feb 2024 08:02:00 GMT", None),
            ("99999999999999999999", None),
        ] {
            assert_eq!(retry_after(value, now), seconds.map(Duration::from_secs), "{value:?}");
        }
    }
}
