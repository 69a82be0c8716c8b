//! Tencent: GBK quotes separated by tildes, bars as escaped ASCII JSON, ranks as JSON, a search in ASCII.

pub(crate) mod kline;
pub(crate) mod minute;
pub(crate) mod quote;
pub(crate) mod rank;
pub(crate) mod smartbox;

use super::asked::Asked;
use super::message::Answer;

/// The line for an unknown code (tencent_quote_no_match.txt).
const NO_MATCH: &str = "v_pv_none_match=\"1\";\n";

pub(super) fn unknown_path(path: &str) -> Answer {
    if path.starts_with(rank::FOLDER) {
        return Answer::ok("application/json; charset=utf-8", rank::NO_METHOD);
    }
    Answer::not_found()
}

pub(super) fn quotes(asked: &Asked<'_>, body: Option<String>) -> Answer {
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
pub(super) fn json(asked: &Asked<'_>, body: Option<String>) -> Answer {
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
