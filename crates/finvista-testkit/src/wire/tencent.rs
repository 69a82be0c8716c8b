//! Tencent: GBK quotes separated by tildes, bars as escaped ASCII JSON.

pub(super) mod daily;
pub(super) mod quote;

use super::query::Params;
use super::{Answer, Limits, Request, Source};

/// What stands in place of a line for a code that nobody knows (tencent_quote_no_match.txt).
const NO_MATCH: &str = "v_pv_none_match=\"1\";\n";
/// The answer to parameters that do not parse (tencent_fqkline_error_bad_params.json.txt); its status is 200.
const BAD_PARAMS: &str = r#"{"code":1,"msg":"bad params"}"#;

pub(super) fn answer(source: &impl Source, limits: &Limits, request: &Request<'_>) -> Answer {
    match request.host.split(':').next().unwrap_or_default() {
        "qt.gtimg.cn" | "sqt.gtimg.cn" | "web.sqt.gtimg.cn" => quotes(source, limits, request),
        _ => bars(source, limits, request),
    }
}

fn quotes(source: &impl Source, limits: &Limits, request: &Request<'_>) -> Answer {
    let params = Params::of(request.path);
    let lines: String = params
        .list("q")
        .into_iter()
        .take(limits.tencent_batch)
        .map(|code| match source.tencent_quote(code) {
            Some(text) => format!("v_{code}=\"{text}\";\n"),
            None => NO_MATCH.to_owned(),
        })
        .collect();
    let mut answer = if request.path.starts_with("/utf8/") {
        Answer::ok("text/html; charset=utf-8", lines)
    } else {
        Answer::ok("text/html; charset=GBK", encoding_rs::GBK.encode(&lines).0.into_owned())
    };
    answer.headers = vec![("Access-Control-Allow-Origin".to_owned(), "*".to_owned())];
    answer
}

/// What a bar request asks for.
pub(crate) struct Bars<'a> {
    pub(crate) code: &'a str,
    pub(crate) start: &'a str,
    pub(crate) end: &'a str,
    pub(crate) count: usize,
    /// `qfq`, `hfq`, `bfq` or nothing.
    pub(crate) adjust: &'a str,
    /// `newfqkline`, whose rows carry turnover and amount.
    pub(crate) is_new: bool,
}

fn bars(source: &impl Source, limits: &Limits, request: &Request<'_>) -> Answer {
    let path = request.path.split('?').next().unwrap_or_default();
    let is_new = match path.strip_prefix("/ifzqgtimg").unwrap_or(path) {
        "/appstock/app/fqkline/get" => false,
        "/appstock/app/newfqkline/get" => true,
        _ => return Answer::not_found(),
    };
    let params = Params::of(request.path);
    let json = match parse(params.get("param").unwrap_or_default(), is_new) {
        Some(bars) => source.tencent_bars(limits, &bars).unwrap_or_else(|| unknown(&bars)),
        None => BAD_PARAMS.to_owned(),
    };
    // A variable name is echoed before the object, without a semicolon behind it.
    let body = match params.get("_var") {
        Some(name) if !name.is_empty() => format!("{name}={json}"),
        _ => json,
    };
    Answer::ok("application/json; charset=utf-8", body)
}

/// `code,day,start,end,count,adjust`. `newfqkline` wants all six parts; counts above 2000 are refused by both.
fn parse(param: &str, is_new: bool) -> Option<Bars<'_>> {
    let parts: Vec<&str> = param.split(',').collect();
    let [code, "day", start, end, count, rest @ ..] = parts.as_slice() else { return None };
    let adjust = match rest {
        [] if !is_new => "",
        [adjust @ ("" | "qfq" | "hfq" | "bfq")] => adjust,
        _ => return None,
    };
    let count = count.parse().ok().filter(|count| (1..=2000).contains(count))?;
    Some(Bars { code, start, end, count, adjust, is_new })
}

/// An unknown code: `newfqkline` leaves the array out, `fqkline` has an empty one; the quote is empty in both.
fn unknown(bars: &Bars<'_>) -> String {
    let (code, rows) = (bars.code, if bars.is_new { "" } else { r#""day":[],"# });
    format!(
        r#"{{"code":0,"msg":"","data":{{"{code}":{{{rows}"qt":{{"{code}":[]}},"mx_price":{{"mx":[],"price":[]}},"prec":"","version":"16"}}}}}}"#
    )
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

    #[test]
    fn parameters_are_strict() {
        assert!(parse("sh600519,day,,,640,qfq", true).is_some());
        assert!(parse("sh600519,day,,,640", true).is_none());
        assert!(parse("sh600519,day,,,640", false).is_some());
        for bad in ["", "sh600519,day,,,3000,qfq", "sh600519,day,,,x,qfq", "sh600519,hour,,,1,qfq"] {
            assert!(parse(bad, false).is_none(), "{bad}");
        }
    }
}
