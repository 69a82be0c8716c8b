//! Requests and answers, and how much a vendor puts into one.

/// A client's request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Request<'a> {
    /// The method. The vendors answer GET only.
    pub method: &'a str,
    /// The `Host` header: it tells the vendors apart.
    pub host: &'a str,
    /// Path and query as sent, percent-encoded.
    pub path: &'a str,
    /// The `Referer` header. Sina's quote service requires one of Sina's pages.
    pub referer: Option<&'a str>,
}

impl<'a> Request<'a> {
    /// A GET without a Referer.
    pub fn get(host: &'a str, path: &'a str) -> Self {
        Self { method: "GET", host, path, referer: None }
    }

    /// A GET of an absolute address such as `https://hq.sinajs.cn/list=sh600519`.
    ///
    /// ```
    /// use finvista_testkit::Request;
    /// let request = Request::from_url("https://qt.gtimg.cn/q=sh600519");
    /// assert_eq!((request.host, request.path), ("qt.gtimg.cn", "/q=sh600519"));
    /// ```
    pub fn from_url(url: &'a str) -> Self {
        let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
        let at = rest.find(['/', '?']).unwrap_or(rest.len());
        let (host, path) = rest.split_at_checked(at).unwrap_or((rest, ""));
        Self::get(host, if path.is_empty() { "/" } else { path })
    }

    /// The same request with a Referer.
    #[must_use]
    pub fn referer(self, referer: &'a str) -> Self {
        Self { referer: Some(referer), ..self }
    }
}

/// A vendor's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The `Content-Type` header.
    pub content_type: String,
    /// Further headers; `Content-Type`, `Content-Length` and `Connection` are not among them.
    pub headers: Vec<(String, String)>,
    /// The body, in the vendor's own character encoding.
    pub body: Vec<u8>,
}

impl Answer {
    pub(crate) fn new(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self { status, content_type: content_type.to_owned(), headers: Vec::new(), body: body.into() }
    }

    /// A body with status 200.
    pub fn ok(content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self::new(200, content_type, body)
    }

    pub(crate) fn not_found() -> Self {
        Self::new(404, "text/html", "<html><head><title>404 Not Found</title></head></html>")
    }
}

/// The most rows or codes in one answer. Like the vendors, the simulator cuts silently.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Newest days of which East Money's `kline/get` has single minutes: about 5.
    pub eastmoney_single_minute_days: usize,
    /// Newest days of which it has longer bars of minutes: months to two years, by various reports.
    pub eastmoney_minute_days: usize,
    /// Rows of a page of East Money's `clist/get`: 100 since March 2025.
    pub eastmoney_page: usize,
    /// Newest rows of Sina's `getKLineData`: 1023 is what most people measured.
    pub sina_rows: usize,
    /// Rows of a page of Sina's `getHQNodeData`: clients send 80 or 100.
    pub sina_page: usize,
    /// Newest rows of Tencent's `fqkline` and `newfqkline`: 640.
    pub tencent_rows: usize,
    /// Whether Tencent fills up with rows from before the asked start when fewer than the asked count lie inside,
    /// as was measured; `false` keeps to the start.
    pub tencent_extends_start: bool,
    /// Newest rows of Tencent's `mkline`: 320, by the most careful of several reports.
    pub tencent_minutes: usize,
    /// Rows of a page of Tencent's `getBoardRankList`: clients send 200.
    pub tencent_page: usize,
    /// Hits of a search at Sina and at Tencent: about 10.
    pub search_hits: usize,
    /// Codes of one Sina quote request: 850 are recorded.
    pub sina_batch: usize,
    /// Codes of one Tencent quote request: 900 are recorded.
    pub tencent_batch: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            eastmoney_single_minute_days: 5,
            eastmoney_minute_days: 250,
            eastmoney_page: 100,
            sina_rows: 1023,
            sina_page: 100,
            tencent_rows: 640,
            tencent_extends_start: true,
            tencent_minutes: 320,
            tencent_page: 200,
            search_hits: 10,
            sina_batch: 850,
            tencent_batch: 900,
        }
    }
}
