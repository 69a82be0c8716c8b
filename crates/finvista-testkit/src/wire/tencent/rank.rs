//! `getBoardRankList`: the pages of a board as JSON, every value a string.

use super::quote::Line;
use crate::market::{Class, Instrument, Kind, Market};
use crate::wire::asked::Asked;
use crate::wire::number::{fixed, ratio};

pub(crate) const PATH: &str = "/cgi/cgi-bin/rank/hs/getBoardRankList";
/// The folder of this service and its siblings.
pub(crate) const FOLDER: &str = "/cgi/cgi-bin/rank/";
/// The answer to a method that does not exist (tencent_rank_error_rpc_name_invalid.json.txt).
pub(super) const NO_METHOD: &str = r#"{"code":12,"msg":"rpc name invalid"}"#;

pub(crate) fn body(market: &Market, asked: &Asked<'_>) -> Option<String> {
    let code = asked.text("board_code");
    let mut board: Vec<&Instrument> = market.listed().iter().filter(|i| is_on(code, i.class())).collect();
    let line = |i: &Instrument| (Line::of(i).change(), Line::of(i).last);
    match asked.text("sort_type").to_ascii_lowercase().as_str() {
        "price" => board.sort_by_key(|i| line(i).1 * 10_i64.pow(4 - i.decimals)),
        "priceratio" => board.sort_by_key(|i| ratio(line(i).0, i.quote().pre_close.unwrap_or(0), 4)),
        "volume" => board.sort_by_key(|i| i.quote().volume),
        "turnover" => board.sort_by_key(|i| i.quote().amount),
        _ => {}
    }
    if asked.text("direct") == "down" {
        board.reverse();
    }
    Some(page(asked, board.len(), |at| board.get(at).map(|instrument| row(instrument))))
}

/// The rows from `offset` on, at most 200 of them. A board that does not exist is taken to be an empty one; that answer
/// was never recorded.
pub(crate) fn page(asked: &Asked<'_>, total: usize, row: impl Fn(usize) -> Option<String>) -> String {
    let offset = asked.text("offset").parse().unwrap_or(0_usize);
    let count = asked.text("count").parse().unwrap_or(20_usize).min(asked.limits.tencent_page);
    let rows: Vec<String> = (offset..total.min(offset.saturating_add(count))).filter_map(row).collect();
    let rows = rows.join(",");
    format!(r#"{{"code":0,"msg":"ok","data":{{"rank_list":[{rows}],"offset":{offset},"total":{total}}}}}"#)
}

/// `ksh` is STAR.
pub(crate) fn is_on(board: &str, class: Class<'_>) -> bool {
    match board {
        "aStock" => class.is_a_share(),
        "cyb" => class.kind == Kind::ChiNext,
        "ksh" => class.kind == Kind::Star,
        _ => false,
    }
}

/// Keys in alphabetical order. Money flows, earnings and older changes are not part of the market and are zero.
fn row(instrument: &Instrument) -> String {
    let (line, quote) = (Line::of(instrument), instrument.quote());
    let swing = quote.high.unwrap_or(0) - quote.low.unwrap_or(0);
    let zero = || "0.00".to_owned();
    let cells = [
        ("code", instrument.prefixed()),
        ("hsl", fixed(quote.turnover, 2, 2)),
        ("lb", if line.traded { "1.00".to_owned() } else { zero() }),
        ("ltsz", line.cap(instrument.float_shares)),
        ("name", line.name()),
        ("pe_ttm", zero()),
        ("pn", zero()),
        ("speed", zero()),
        ("state", line.flag().to_owned()),
        ("stock_type", line.type_name().to_owned()),
        ("turnover", fixed(quote.amount, 6, 0)),
        ("volume", format!("{}.00", line.volume(quote.volume))),
        ("zd", line.price(line.change())),
        ("zdf", line.change_pct()),
        ("zdf_d10", zero()),
        ("zdf_d20", zero()),
        ("zdf_d5", zero()),
        ("zdf_d60", zero()),
        ("zdf_w52", zero()),
        ("zdf_y", zero()),
        ("zf", fixed(ratio(swing, quote.pre_close.unwrap_or(0), 4), 2, 2)),
        ("zljlr", zero()),
        ("zllc", zero()),
        ("zllc_d5", zero()),
        ("zllr", zero()),
        ("zllr_d5", zero()),
        ("zsz", line.cap(instrument.total_shares)),
        ("zxj", line.price(line.last)),
    ];
    let cells = cells.map(|(name, value)| format!(r#""{name}":"{value}""#));
    format!("{{{}}}", cells.join(","))
}
