//! Sina: GB18030 quotes behind a Referer, ASCII bars and lists as JSON or JSONP, factor files, a search in GBK.

pub(crate) mod factor;
pub(crate) mod kline;
pub(crate) mod list;
pub(crate) mod quote;
pub(crate) mod suggest;

use super::asked::Asked;
use super::message::Answer;
use super::query::decoded;

/// The line that `jsonp.php` puts first, so that a browser shown the address leaves it.
const ANTI_HTML: &str = "/*<script>location.href='//sina.com';</script>*/\n";

/// A service that does not exist. The exact text was never recorded.
pub(super) fn unknown_path(path: &str) -> Answer {
    if path.starts_with(factor::FOLDER) {
        return Answer::not_found();
    }
    Answer::ok("text/html", "Service not found")
}

/// Quote lines, for callers with a Referer of Sina's.
pub(super) fn quotes(asked: &Asked<'_>, body: Option<String>) -> Answer {
    // Without a Referer, or with a foreign one: 403 (sina_error_bad_referer_2026-08-17.txt).
    if !asked.referer.is_some_and(is_sina) {
        return Answer::new(403, "text/html", "Forbidden");
    }
    let body = encoding_rs::GB18030.encode(&body.unwrap_or_default()).0.into_owned();
    Answer::ok("application/javascript; charset=GB18030", body)
}

/// The value of a service: bare from `json.php`, in parentheses behind the callback from `jsonp.php`, `null` for
/// something unknown.
pub(super) fn script(asked: &Asked<'_>, body: Option<String>) -> Answer {
    let value = body.unwrap_or_else(|| "null".to_owned());
    let (api, _) = asked.path.rsplit_once('/').unwrap_or_default();
    if api.ends_with("/json_v2.php") || api.ends_with("/json.php") {
        return Answer::ok("application/json; charset=utf-8", value);
    }
    match ["/jsonp.php/", "/jsonp_v2.php/"].iter().find_map(|marker| api.split_once(marker)) {
        Some((_, prefix)) => {
            let body = format!("{ANTI_HTML}{}({value});\n", decoded(prefix));
            Answer::ok("application/javascript; charset=utf-8", body)
        }
        None => unknown_path(asked.path),
    }
}

pub(super) fn file(_: &Asked<'_>, body: Option<String>) -> Answer {
    body.map_or_else(Answer::not_found, |body| Answer::ok("application/x-javascript", body))
}

/// One line for each code of `list`, in that order: an unknown code has an empty one.
pub(crate) fn lines(asked: &Asked<'_>, fields: impl Fn(&str) -> String) -> String {
    let codes = asked.params.list("list").into_iter().take(asked.limits.sina_batch);
    codes.map(|code| format!("var hq_str_{code}=\"{}\";\n", fields(code))).collect()
}

/// Whether a Referer names a page of Sina's.
fn is_sina(referer: &str) -> bool {
    let rest = referer.split_once("://").map_or(referer, |(_, rest)| rest);
    let host = rest.split(['/', ':']).next().unwrap_or_default();
    host == "sina.com.cn" || host.ends_with(".sina.com.cn")
}
