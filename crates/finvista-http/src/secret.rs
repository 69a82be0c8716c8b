//! What a recording and a message must not show: credentials in headers and addresses.

use std::borrow::Cow;

/// Stands in for a secret.
const HIDDEN: &str = "redacted";

/// The value of a header as a recording keeps it.
pub(crate) fn header<'a>(name: &str, value: &'a str) -> &'a str {
    if is_secret(name) || name.to_ascii_lowercase().contains("cookie") { HIDDEN } else { value }
}

/// The address without user, password and keys. An address that has none is returned as it is.
pub(crate) fn address(url: &str) -> Cow<'_, str> {
    let (origin, query) = url.split_once('?').map_or((url, None), |(origin, query)| (origin, Some(query)));
    let shown = without_user(origin);
    let pairs = query.unwrap_or_default().split('&');
    let is_key = |pair: &str| pair.split_once('=').is_some_and(|(name, _)| is_secret(name));
    if !pairs.clone().any(is_key) {
        return match (shown, query) {
            (Cow::Borrowed(_), _) => Cow::Borrowed(url),
            (Cow::Owned(shown), None) => Cow::Owned(shown),
            (Cow::Owned(shown), Some(query)) => Cow::Owned(format!("{shown}?{query}")),
        };
    }
    let pairs = pairs.map(|pair| match pair.split_once('=') {
        Some((name, _)) if is_secret(name) => format!("{name}={HIDDEN}"),
        _ => pair.to_owned(),
    });
    Cow::Owned(format!("{shown}?{}", pairs.collect::<Vec<_>>().join("&")))
}

/// An address without the part before `@` in its host.
pub(crate) fn without_user(url: &str) -> Cow<'_, str> {
    let Some((scheme, rest)) = url.split_once("://") else { return Cow::Borrowed(url) };
    let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    match authority.rsplit_once('@') {
        Some((_, host)) => Cow::Owned(format!("{scheme}://{host}{path}")),
        None => Cow::Borrowed(url),
    }
}

/// Whether a header or a parameter of this name holds a credential.
fn is_secret(name: &str) -> bool {
    const WHOLE: [&str; 7] = ["key", "auth", "sig", "sign", "pwd", "session", "sessionid"];
    const PARTS: [&str; 8] =
        ["token", "secret", "passw", "apikey", "api_key", "api-key", "access_key", "authorization"];
    let name = name.to_ascii_lowercase();
    WHOLE.contains(&name.as_str())
        || PARTS.iter().any(|part| name.contains(part))
        || name.ends_with("signature")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_in_addresses_are_hidden_and_nothing_else() {
        for (url, shown) in [
            ("https://hq.sinajs.cn/list=sh600519", "https://hq.sinajs.cn/list=sh600519"),
            ("https://a.b/c?secid=1.600519&klt=101", "https://a.b/c?secid=1.600519&klt=101"),
            ("https://a.b/c?x=1&token=T&y=2", "https://a.b/c?x=1&token=redacted&y=2"),
            ("https://a.b/c?apikey=K", "https://a.b/c?apikey=redacted"),
            (
                "https://a.b/c?api_key=K&Access_Token=T&sign=S",
                "https://a.b/c?api_key=redacted&Access_Token=redacted&sign=redacted",
            ),
            ("https://me:secret@a.b/c", "https://a.b/c"),
            ("https://me:secret@a.b/c?q=1", "https://a.b/c?q=1"),
            ("https://a.b/c@d?keyword=x", "https://a.b/c@d?keyword=x"),
        ] {
            assert_eq!(address(url), shown);
            assert_eq!(address(shown), shown, "hiding twice changes nothing");
        }
    }

    #[test]
    fn credentials_in_headers_are_hidden() {
        for name in
            ["Authorization", "proxy-authorization", "Cookie", "Set-Cookie", "X-Api-Key", "X-Auth-Token"]
        {
            assert_eq!(header(name, "value"), "redacted", "{name}");
        }
        for name in ["Referer", "Accept", "X-Requested-With"] {
            assert_eq!(header(name, "value"), "value", "{name}");
        }
    }
}
