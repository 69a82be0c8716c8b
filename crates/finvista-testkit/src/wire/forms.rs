//! The table of forms: which service of which vendor a request reaches, and the functions that write its body.

use super::asked::Asked;
use super::message::{Answer, Limits, Request};
use super::query::Params;
use super::vendor::{Vendor, lies_under};
use super::{eastmoney, sina, tencent};
use crate::market::Market;
use crate::replay::Recordings;

const EASTMONEY: &[Form] = &[
    form(
        "push2his.eastmoney.com",
        "/api/qt/stock/kline/get",
        eastmoney::json,
        eastmoney::kline::body,
        Recordings::eastmoney_bars,
    ),
    form(
        "push2.eastmoney.com",
        "/api/qt/ulist.np/get",
        eastmoney::json,
        eastmoney::quote::body,
        Recordings::eastmoney_quotes,
    ),
    form(
        "push2.eastmoney.com",
        "/api/qt/clist/get",
        eastmoney::json,
        eastmoney::list::body,
        Recordings::eastmoney_list,
    ),
    form(
        "searchapi.eastmoney.com",
        "/api/suggest/get",
        eastmoney::json,
        eastmoney::suggest::body,
        Recordings::eastmoney_search,
    ),
];

/// The host of Sina's lists.
const SINA_LISTS: &str = "vip.stock.finance.sina.com.cn";

const SINA: &[Form] = &[
    form(
        "suggest3.sinajs.cn",
        "/suggest/",
        sina::suggest::statement,
        sina::suggest::body,
        Recordings::sina_search,
    ),
    form("sinajs.cn", "/", sina::quotes, sina::quote::body, Recordings::sina_quotes),
    form(
        "sina.cn",
        "CN_MarketDataService.getKLineData",
        sina::script,
        sina::kline::body,
        Recordings::sina_bars,
    ),
    form(
        "sina.cn",
        "KC_MarketDataService.getKLineData",
        sina::script,
        sina::kline::body,
        Recordings::sina_bars,
    ),
    form("sina.com.cn", "CN_MarketData.getKLineData", sina::script, sina::kline::body, Recordings::sina_bars),
    form(SINA_LISTS, "Market_Center.getHQNodeData", sina::script, sina::list::body, Recordings::sina_list),
    form(
        SINA_LISTS,
        "Market_Center.getHQNodeDataSimple",
        sina::script,
        sina::list::simple,
        Recordings::sina_simple_list,
    ),
    form(
        SINA_LISTS,
        "Market_Center.getHQNodeStockCount",
        sina::script,
        sina::list::count,
        Recordings::sina_count,
    ),
    form(
        SINA_LISTS,
        "Market_Center.getHQNodeStockCountSimple",
        sina::script,
        sina::list::count,
        Recordings::sina_count,
    ),
    form(
        "finance.sina.com.cn",
        sina::factor::FOLDER,
        sina::file,
        sina::factor::body,
        Recordings::sina_factors,
    ),
];

const TENCENT: &[Form] = &[
    form("qt.gtimg.cn", "/", tencent::quotes, tencent::quote::body, Recordings::tencent_quotes),
    form(
        "ifzq.gtimg.cn",
        "/appstock/app/fqkline/get",
        tencent::json,
        tencent::kline::body,
        Recordings::tencent_bars,
    ),
    form(
        "ifzq.gtimg.cn",
        "/appstock/app/newfqkline/get",
        tencent::json,
        tencent::kline::body,
        Recordings::tencent_bars,
    ),
    form(
        "finance.qq.com",
        "/ifzqgtimg/appstock/app/fqkline/get",
        tencent::json,
        tencent::kline::body,
        Recordings::tencent_bars,
    ),
    form(
        "finance.qq.com",
        "/ifzqgtimg/appstock/app/newfqkline/get",
        tencent::json,
        tencent::kline::body,
        Recordings::tencent_bars,
    ),
    form(
        "ifzq.gtimg.cn",
        tencent::minute::PATH,
        tencent::json,
        tencent::minute::body,
        Recordings::tencent_minutes,
    ),
    form(
        "finance.qq.com",
        tencent::minute::PROXIED,
        tencent::json,
        tencent::minute::body,
        Recordings::tencent_minutes,
    ),
    form("finance.qq.com", tencent::rank::PATH, tencent::json, tencent::rank::body, Recordings::tencent_list),
    form(
        "smartbox.gtimg.cn",
        "/s3/",
        tencent::smartbox::hint,
        tencent::smartbox::body,
        Recordings::tencent_search,
    ),
];

/// Where the answers come from.
#[derive(Clone, Copy)]
pub(crate) enum World<'a> {
    Market(&'a Market),
    Replay(&'a Recordings),
}

/// Writes a body from a world; `None` is the vendor's answer for something it does not know.
type Body<W> = fn(&W, &Asked<'_>) -> Option<String>;
/// Puts a body into its envelope: wrapper, encoding, headers, refusals.
type Wrap = fn(&Asked<'_>, Option<String>) -> Answer;

/// One service of one vendor.
struct Form {
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
const fn form(
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
        Vendor::EastMoney => (EASTMONEY, |_| Answer::not_found()),
        Vendor::Sina => (SINA, sina::unknown_path),
        Vendor::Tencent => (TENCENT, tencent::unknown_path),
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
