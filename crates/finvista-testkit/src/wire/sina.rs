//! Sina: GB18030 quotes behind a Referer, ASCII bars as JSON or JSONP, and factor files.

pub(super) mod daily;
pub(super) mod factor;
pub(super) mod quote;

use super::query::{Params, decoded};
use super::{Answer, Limits, Request, Source};

/// The line that `jsonp.php` puts first, so that a browser shown the address leaves it.
const ANTI_HTML: &str = "/*<script>location.href='//sina.com';</script>*/\n";

pub(super) fn answer(source: &impl Source, limits: &Limits, request: &Request<'_>) -> Answer {
    let host = request.host.split(':').next().unwrap_or_default();
    if host.ends_with("sinajs.cn") {
        return quotes(source, limits, request);
    }
    let path = request.path.split('?').next().unwrap_or_default();
    match path.strip_prefix("/realstock/company/").and_then(|rest| rest.split_once('/')) {
        Some((symbol, file)) => match source.sina_factors(symbol, file) {
            Some(body) => Answer::ok("application/x-javascript", body),
            None => Answer::not_found(),
        },
        None => bars(source, limits, path, &Params::of(request.path)),
    }
}

fn quotes(source: &impl Source, limits: &Limits, request: &Request<'_>) -> Answer {
    // Without a Referer, or with a stranger's: 403 (sina_error_bad_referer_2026-08-17.txt).
    if !request.referer.is_some_and(is_sina) {
        return Answer::new(403, "text/html", "Forbidden");
    }
    let params = Params::of(request.path);
    let lines: String = params
        .list("list")
        .into_iter()
        .take(limits.sina_batch)
        .map(|code| format!("var hq_str_{code}=\"{}\";\n", source.sina_quote(code)))
        .collect();
    let body = encoding_rs::GB18030.encode(&lines).0.into_owned();
    Answer::ok("application/javascript; charset=GB18030", body)
}

fn bars(source: &impl Source, limits: &Limits, path: &str, params: &Params) -> Answer {
    let Some((api, _)) = path.rsplit_once('/').filter(|(_, service)| is_bar_service(service)) else {
        // The exact text of this refusal was never recorded.
        return Answer::ok("text/html", "Service not found");
    };
    let rows = params.get("symbol").and_then(|symbol| source.sina_bars(symbol, limits, params));
    let rows = rows.unwrap_or_else(|| "null".to_owned());
    if api.ends_with("/json_v2.php") || api.ends_with("/json.php") {
        return Answer::ok("application/json; charset=utf-8", rows);
    }
    match ["/jsonp.php/", "/jsonp_v2.php/"].iter().find_map(|marker| api.split_once(marker)) {
        Some((_, prefix)) => {
            let body = format!("{ANTI_HTML}{}({rows});\n", decoded(prefix));
            Answer::ok("application/javascript; charset=utf-8", body)
        }
        None => Answer::ok("text/html", "Service not found"),
    }
}

fn is_bar_service(name: &str) -> bool {
    ["CN_MarketData", "CN_MarketDataService", "KC_MarketDataService"]
        .iter()
        .any(|service| name.strip_prefix(service) == Some(".getKLineData"))
}

/// Whether a Referer names a page of Sina's.
fn is_sina(referer: &str) -> bool {
    let rest = referer.split_once("://").map_or(referer, |(_, rest)| rest);
    let host = rest.split(['/', ':']).next().unwrap_or_default();
    host == "sina.com.cn" || host.ends_with(".sina.com.cn")
}
