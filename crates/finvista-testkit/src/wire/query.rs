//! The query of a request, percent-decoded.

use percent_encoding::percent_decode_str;

/// `text` without percent escapes. Invalid UTF-8 becomes the replacement character.
pub(crate) fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// The parameters of a path: `name=value` joined with `&`, after a `?` (`/get?q=1`) or straight after the slash
/// (`/q=1`, `/rn=2&list=a`), as the quote services have it.
#[derive(Debug)]
pub(crate) struct Params(Vec<(String, String)>);

impl Params {
    pub(crate) fn of(path: &str) -> Self {
        let query = match path.split_once('?') {
            Some((_, query)) => query,
            None => path.rsplit_once('/').map_or(path, |(_, query)| query),
        };
        let pair = |part: &str| {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            (decoded(name), decoded(value))
        };
        Self(query.split('&').filter(|part| !part.is_empty()).map(pair).collect())
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    /// The items of a comma separated parameter, empty ones left out.
    pub(crate) fn list(&self, name: &str) -> Vec<&str> {
        self.get(name).map_or_else(Vec::new, |value| value.split(',').filter(|v| !v.is_empty()).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_recorded_spelling_of_a_list_is_read() {
        for path in
            ["/list=a,b", "/rn=12&list=a,b", "/?list=a%2Cb", "/etag.php?_=1&list=a,b,", "/utf8/list=a,b"]
        {
            assert_eq!(Params::of(path).list("list"), ["a", "b"], "{path}");
        }
        assert_eq!(Params::of("/get?cb=x&secid=1.600519").get("secid"), Some("1.600519"));
    }
}
