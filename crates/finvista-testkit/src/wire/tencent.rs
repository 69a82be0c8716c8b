//! Tencent: GBK quotes separated by tildes, bars as escaped ASCII JSON.

pub(crate) mod kline;
pub(crate) mod minute;
pub(crate) mod quote;

use super::form::{Form, form};
use super::{Answer, Asked};
use crate::replay::Recordings;

pub(super) const FORMS: &[Form] = &[
    form("qt.gtimg.cn", "/", quotes, quote::body, Recordings::tencent_quotes),
    form("ifzq.gtimg.cn", "/appstock/app/fqkline/get", json, kline::body, Recordings::tencent_bars),
    form("ifzq.gtimg.cn", "/appstock/app/newfqkline/get", json, kline::body, Recordings::tencent_bars),
    form(
        "finance.qq.com",
        "/ifzqgtimg/appstock/app/fqkline/get",
        json,
        kline::body,
        Recordings::tencent_bars,
    ),
    form(
        "finance.qq.com",
        "/ifzqgtimg/appstock/app/newfqkline/get",
        json,
        kline::body,
        Recordings::tencent_bars,
    ),
    form("ifzq.gtimg.cn", minute::PATH, json, minute::body, Recordings::tencent_minutes),
    form("finance.qq.com", minute::PROXIED, json, minute::body, Recordings::tencent_minutes),
];

/// The line for an unknown code (tencent_quote_no_match.txt).
const NO_MATCH: &str = "v_pv_none_match=\"1\";\n";

pub(super) fn unknown_path(_: &str) -> Answer {
    Answer::not_found()
}

fn quotes(asked: &Asked<'_>, body: Option<String>) -> Answer {
    let body = body.unwrap_or_default();
    let mut answer = if asked.path.starts_with("/utf8/") {
        Answer::ok("text/html; charset=utf-8", body)
    } else {
        Answer::ok("text/html; charset=GBK", encoding_rs::GBK.encode(&body).0.into_owned())
    };
    answer.headers = vec![("Access-Control-Allow-Origin".to_owned(), "*".to_owned())];
    answer
}

/// JSON. `_var` names a variable that is put before it, without a semicolon behind.
fn json(asked: &Asked<'_>, body: Option<String>) -> Answer {
    let body = body.unwrap_or_default();
    let body = match asked.text("_var") {
        "" => body,
        name => format!("{name}={body}"),
    };
    Answer::ok("application/json; charset=utf-8", body)
}

/// One line for each code of `q`, in that order.
pub(crate) fn lines(asked: &Asked<'_>, fields: impl Fn(&str) -> Option<String>) -> String {
    let line = |code: &str| match fields(code) {
        Some(fields) => format!("v_{code}=\"{fields}\";\n"),
        None => NO_MATCH.to_owned(),
    };
    asked.params.list("q").into_iter().take(asked.limits.tencent_batch).map(line).collect()
}

/// `text` as PHP's `json_encode` prints a string: `\uXXXX` outside ASCII, and `\/`.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '/' => out.push_str("\\/"),
            ' '..='~' => out.push(c),
            _ => {
                let mut units = [0; 2];
                for unit in c.encode_utf16(&mut units) {
                    out.push_str(&format!("\\u{unit:04x}"));
                }
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_escaped_as_php_does() {
        assert_eq!(escaped("东27/1\u{1F600}"), r"\u4e1c27\/1\ud83d\ude00");
    }
}
