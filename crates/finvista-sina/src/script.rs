//! Sina's script answers: JSON behind a comment, a variable and parentheses, or some of them.
//!
//! Recorded are `/*<script>location.href='//sina.com';</script>*/ LF var _name=([…]);` of `jsonp_v2.php`
//! (sina_futures_minline_hf_GC_2026-09-29.txt), `name([…]);` (sina_kline_5min_jsonp_sh600086_2019-06-27.txt),
//! `var name={…};` and the same without a semicolon and with a comment of base64 behind it (wire note 3.3), and bare JSON
//! (`json_v2.php`).

use finvista_core::{ErrorKind, SourceError, sample};

/// A script answer, taken apart.
#[derive(Debug, PartialEq)]
pub(crate) struct Script<'a> {
    /// The variable or function that the payload is handed to; `None` for bare JSON.
    pub(crate) name: Option<&'a str>,
    /// The JSON.
    pub(crate) payload: &'a [u8],
}

/// Takes a script answer apart.
///
/// # Errors
///
/// [`ErrorKind::Upstream`] when the answer is Sina's `Service not found`, [`ErrorKind::Decode`] when it is neither JSON nor a script.
pub(crate) fn parse(body: &[u8]) -> Result<Script<'_>, SourceError> {
    let text = strip(body);
    let wrong = || SourceError::decode(format!("expected JSON or a script, got {}", sample(body)));
    let mark = text.iter().position(|byte| b"=([{".contains(byte));
    let (name, payload) = match mark.and_then(|at| text.split_at_checked(at)) {
        Some((head, [b'=', payload @ ..])) => (Some(head), payload.trim_ascii()),
        Some((head @ [_, ..], payload @ [b'(', ..])) => (Some(head), payload),
        _ => (None, text),
    };
    // Sent with status 200 (wire note 0); its exact wrapping was never recorded.
    if !payload.starts_with(b"[") && contains(payload, b"Service not found") {
        return Err(SourceError::new(ErrorKind::Upstream, format!("Sina says {}", sample(body))));
    }
    let payload = match payload {
        [b'(', inner @ .., b')'] => inner.trim_ascii(),
        [b'(', ..] => return Err(SourceError::decode(format!("the script was cut: {}", sample(body)))),
        payload => payload,
    };
    let name = name.map(|head| identifier(head).ok_or_else(wrong)).transpose()?;
    Ok(Script { name, payload })
}

/// The text without byte order mark, comments before and behind it, and semicolons behind it.
fn strip(body: &[u8]) -> &[u8] {
    let mut text = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body).trim_ascii();
    while let Some(comment) = text.strip_prefix(b"/*") {
        let Some(end) = comment.windows(2).position(|pair| pair == b"*/") else { break };
        text = comment.get(end + 2..).unwrap_or_default().trim_ascii_start();
    }
    loop {
        if let Some(rest) = text.strip_suffix(b";") {
            text = rest.trim_ascii_end();
        } else if let Some(comment) = text.strip_suffix(b"*/")
            && let Some(start) = comment.windows(2).rposition(|pair| pair == b"/*")
        {
            text = text.get(..start).unwrap_or_default().trim_ascii_end();
        } else {
            return text;
        }
    }
}

/// The name in `var name` or `name`; empty where the caller asked for none.
fn identifier(head: &[u8]) -> Option<&str> {
    let head = head.trim_ascii();
    let name = head.strip_prefix(b"var ").unwrap_or(head).trim_ascii();
    let plain = name.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_' || *byte == b'$');
    std::str::from_utf8(name).ok().filter(|_| plain)
}

fn contains(text: &[u8], wanted: &[u8]) -> bool {
    text.windows(wanted.len()).any(|window| window == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_recorded_wrapping_comes_off() {
        let guard = "/*<script>location.href='//sina.com';</script>*/\n";
        for (body, name, payload) in [
            (format!("{guard}var _sh600519=([1]);"), Some("_sh600519"), "[1]"),
            (format!("{guard}var _sh600519=(null);\n"), Some("_sh600519"), "null"),
            ("sh600086([1]);".to_owned(), Some("sh600086"), "[1]"),
            ("=([1]);".to_owned(), Some(""), "[1]"),
            ("var sh600103qfq={\"a\":1};".to_owned(), Some("sh600103qfq"), "{\"a\":1}"),
            ("var sh600103qfq={\"a\":1}\n/* KQHm/+8 */\n".to_owned(), Some("sh600103qfq"), "{\"a\":1}"),
            (" [1] ".to_owned(), None, "[1]"),
            ("null".to_owned(), None, "null"),
            ("(null)".to_owned(), None, "null"),
            (String::new(), None, ""),
        ] {
            assert_eq!(
                parse(body.as_bytes()).unwrap(),
                Script { name, payload: payload.as_bytes() },
                "{body}"
            );
        }
    }

    #[test]
    fn other_bodies_are_errors() {
        let kind = |body: &[u8]| parse(body).unwrap_err().kind();
        assert_eq!(kind(b"var _sh600519=([1]"), ErrorKind::Decode);
        assert_eq!(kind(b"\xff\xfe=([1])"), ErrorKind::Decode);
        assert_eq!(kind(b"a < b ([1])"), ErrorKind::Decode);
        for body in ["Service not found", "var _x=({\"__ERROR\":\"Service not found\"});"] {
            assert_eq!(kind(body.as_bytes()), ErrorKind::Upstream, "{body}");
        }
    }
}
