//! The table of forms: which service of which vendor a request reaches, and who writes its body.

use super::query::Params;
use super::vendor::lies_under;
use super::{Answer, Limits, Request, Vendor, eastmoney, sina, tencent};
use crate::market::Market;
use crate::replay::Recordings;

/// Where the answers come from.
#[derive(Clone, Copy)]
pub(crate) enum World<'a> {
    Market(&'a Market),
    Replay(&'a Recordings),
}

/// A request that has reached its service.
pub(crate) struct Asked<'a> {
    /// The path without the query.
    pub(crate) path: &'a str,
    pub(crate) params: Params,
    pub(crate) referer: Option<&'a str>,
    pub(crate) limits: &'a Limits,
}

impl Asked<'_> {
    /// The parameter `name`, empty where it was not sent.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.params.get(name).unwrap_or_default()
    }
}

/// Writes a body from a world; `None` is the vendor's answer for something it does not know.
type Body<W> = fn(&W, &Asked<'_>) -> Option<String>;
/// Puts a body into its envelope: wrapper, encoding, headers, refusals.
type Wrap = fn(&Asked<'_>, Option<String>) -> Answer;

/// One service of one vendor.
pub(super) struct Form {
    /// The host and every host under it.
    host: &'static str,
    /// What the path begins with. Without a leading slash, what its last segment is: Sina puts the name of a JSONP
    /// callback before the name of the service.
    path: &'static str,
    wrap: Wrap,
    market: Body<Market>,
    replay: Body<Recordings>,
}

/// A row of the table.
pub(super) const fn form(
    host: &'static str,
    path: &'static str,
    wrap: Wrap,
    market: Body<Market>,
    replay: Body<Recordings>,
) -> Form {
    Form { host, path, wrap, market, replay }
}

impl Form {
    fn serves(&self, host: &str, path: &str) -> bool {
        let found = if self.path.starts_with('/') {
            path.starts_with(self.path)
        } else {
            path.rsplit('/').next() == Some(self.path)
        };
        found && lies_under(host, self.host)
    }
}

/// The answer of the vendor that owns `request.host`.
pub(crate) fn respond(world: World<'_>, limits: &Limits, request: &Request<'_>) -> Answer {
    let Some(vendor) = Vendor::of_host(request.host) else { return unknown_host(request.host) };
    if request.method != "GET" {
        return Answer::new(405, "text/html", "<html><head><title>405 Not Allowed</title></head></html>");
    }
    let host = request.host.split(':').next().unwrap_or_default().to_ascii_lowercase();
    let path = request.path.split('?').next().unwrap_or_default();
    let asked = Asked { path, params: Params::of(request.path), referer: request.referer, limits };
    let (forms, unknown_path): (&[Form], fn(&str) -> Answer) = match vendor {
        Vendor::EastMoney => (eastmoney::FORMS, |_| Answer::not_found()),
        Vendor::Sina => (sina::FORMS, sina::unknown_path),
        Vendor::Tencent => (tencent::FORMS, tencent::unknown_path),
    };
    let Some(form) = forms.iter().find(|form| form.serves(&host, path)) else { return unknown_path(path) };
    let body = match world {
        World::Market(market) => (form.market)(market, &asked),
        World::Replay(recordings) => (form.replay)(recordings, &asked),
    };
    (form.wrap)(&asked, body)
}

/// The answer to a `Host` that belongs to no vendor: 421 and the hosts that would be right.
fn unknown_host(host: &str) -> Answer {
    let known = Vendor::ALL.map(|vendor| format!("{vendor}: *.{}", vendor.domains().join(", *."))).join("\n");
    let body = format!(
        "No vendor has the host {host:?}. Send the vendor's own host in the Host header. Known hosts:\n{known}\n"
    );
    Answer::new(421, "text/plain; charset=utf-8", body)
}
