//! Bodies of failures, and damage to right bodies.

use crate::wire::message::Answer;
use crate::wire::vendor::Vendor;

/// The answer of `vendor`, or of a host that belongs to none, with status `code`.
pub(crate) fn status(vendor: Option<Vendor>, code: u16, retry_after: Option<&str>) -> Answer {
    let reason = reason(code);
    let body = match (vendor, code) {
        // sina_error_bad_referer_2026-08-17.txt.
        (Some(Vendor::Sina), 403) => "Forbidden".to_owned(),
        (Some(Vendor::Sina), 456) => {
            "<!DOCTYPE html><html><head><meta charset=\"utf-8\"><title>拒绝访问</title></head><body>拒绝访问</body></html>"
                .to_owned()
        }
        // error_502_html_fragment.txt; the others' pages look alike.
        _ => format!(
            "<html><head><title>{code} {reason}</title></head><body><center><h1>{code} {reason}</h1></center></body></html>"
        ),
    };
    let mut answer = Answer::new(code, "text/html", body);
    answer.headers.extend(retry_after.map(|value| ("Retry-After".to_owned(), value.to_owned())));
    answer
}

/// 200 with a page in place of data.
pub(crate) fn html() -> Answer {
    let body =
        "<!DOCTYPE html><html><head><title>访问验证</title></head><body>请完成验证后继续访问</body></html>";
    Answer::ok("text/html; charset=utf-8", body)
}

/// The reason phrase of a status.
pub(crate) fn reason(code: u16) -> &'static str {
    match code {
        200 => "OK",
        400 => "Bad Request",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        421 => "Misdirected Request",
        429 => "Too Many Requests",
        456 => "Unrecoverable Error",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ => "Error",
    }
}

/// The path of a request for another symbol: Moutai, or Ping An Bank if Moutai was requested.
pub(crate) fn other_symbol(path: &str) -> String {
    // Every code of six digits is replaced, so that the envelope agrees with the rows.
    let other = if path.contains("600519") { ("0.", "sz", "000001") } else { ("1.", "sh", "600519") };
    let mut out = String::with_capacity(path.len());
    let mut rest = path;
    while let Some(at) = code_at(rest) {
        let (before, code_and_after) = rest.split_at_checked(at).unwrap_or((rest, ""));
        let (prefix, replaced) = match before.as_bytes() {
            [.., b'0' | b'1', b'.'] => (2, other.0),
            [.., b's', b'h' | b'z'] | [.., b'b', b'j'] => (2, other.1),
            // Any other number, such as a time stamp, stays.
            _ => (0, ""),
        };
        let (code, after) = code_and_after.split_at_checked(6).unwrap_or((code_and_after, ""));
        out.push_str(before.get(..before.len() - prefix).unwrap_or(before));
        out.push_str(replaced);
        out.push_str(if prefix == 0 { code } else { other.2 });
        rest = after;
    }
    out.push_str(rest);
    out
}

/// Where the first run of six digits begins.
fn code_at(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    bytes.windows(6).position(|window| window.iter().all(u8::is_ascii_digit))
}

/// The body after a change of format: a key is renamed, or the columns have moved by one.
pub(crate) fn drifted(body: &[u8]) -> Vec<u8> {
    // All of these are ASCII, so that the vendors' Chinese encodings do not matter.
    let renamed = [
        (r#""klines":["#, r#""bars":["#),
        (r#""f12":"#, r#""code":"#),
        (r#","close":"#, r#","price":"#),
        (r#","trade":"#, r#","price":"#),
        (r#","zxj":"#, r#","price":"#),
        (r#""QuoteID":"#, r#""Id":"#),
        (r#""SECUCODE":"#, r#""CODE":"#),
        (r#", "f":"#, r#", "factor":"#),
        (r#"day":[["#, r#"bars":[["#),
        (r#"week":[["#, r#"bars":[["#),
        (r#"month":[["#, r#"bars":[["#),
        (r#""m1":[["#, r#""bars":[["#),
        (r#""m5":[["#, r#""bars":[["#),
        (r#""m15":[["#, r#""bars":[["#),
        (r#""m30":[["#, r#""bars":[["#),
        (r#""m60":[["#, r#""bars":[["#),
    ];
    let renamed = renamed.iter().fold(body.to_vec(), |body, (old, new)| replace(&body, old, new));
    // Quote lines lose their first column.
    let lines: Vec<Vec<u8>> = renamed.split_inclusive(|byte| *byte == b'\n').map(shifted).collect();
    lines.concat()
}

fn shifted(line: &[u8]) -> Vec<u8> {
    let separator = match line {
        [b'v', b'_', ..] => b'~',
        [b'v', b'a', b'r', b' ', b'h', b'q', b'_', ..] => b',',
        [b'v', b'a', b'r', b' ', b's', b'u', b'g', ..] => b',',
        _ => return line.to_vec(),
    };
    let begin = line.windows(2).position(|w| w == b"=\"").map(|at| at + 2);
    let end = line.iter().position(|byte| *byte == separator).map(|at| at + 1);
    match (begin.and_then(|at| line.get(..at)), end.and_then(|at| line.get(at..))) {
        (Some(head), Some(tail)) => [head, tail].concat(),
        _ => line.to_vec(),
    }
}

fn replace(body: &[u8], old: &str, new: &str) -> Vec<u8> {
    let (old, mut out, mut rest) = (old.as_bytes(), Vec::with_capacity(body.len()), body);
    while let Some(at) = rest.windows(old.len()).position(|window| window == old) {
        out.extend_from_slice(rest.get(..at).unwrap_or_default());
        out.extend_from_slice(new.as_bytes());
        rest = rest.get(at + old.len()..).unwrap_or_default();
    }
    out.extend_from_slice(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_symbols_replace_every_spelling() {
        assert_eq!(other_symbol("/get?secid=0.000001&beg=0"), "/get?secid=1.600519&beg=0");
        assert_eq!(other_symbol("/q=sz000001,bj920982"), "/q=sh600519,sh600519");
        assert_eq!(other_symbol("/list=sh600519"), "/list=sz000001");
        assert_eq!(
            other_symbol("/jsonp.php/var%20_sh600036=/K.get?symbol=sh600036&datalen=5&_=1577432551767"),
            "/jsonp.php/var%20_sh600519=/K.get?symbol=sh600519&datalen=5&_=1577432551767"
        );
    }

    #[test]
    fn drift_renames_or_shifts() {
        let text = |body: &str| String::from_utf8(drifted(body.as_bytes())).unwrap();
        assert_eq!(text(r#"{"klines":["2024"]}"#), r#"{"bars":["2024"]}"#);
        assert_eq!(
            text("v_sh1=\"1~茅台~600519\";\nv_pv_none_match=\"1\";\n"),
            "v_sh1=\"茅台~600519\";\nv_pv_none_match=\"1\";\n"
        );
        assert_eq!(text("var hq_str_sh1=\"茅台,1.0\";\n"), "var hq_str_sh1=\"1.0\";\n");
        assert_eq!(text(r#"{"qfqday":[["2024"]]}"#), r#"{"qfqbars":[["2024"]]}"#);
    }
}
