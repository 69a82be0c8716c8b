//! `smartbox`: a search, records with `^` between them, names with literal escapes.

use super::quote::Line;
use crate::market::{Exchange, Instrument, Kind, Market};
use crate::wire::asked::Asked;
use crate::wire::message::Answer;
use crate::wire::number::escaped;

pub(crate) fn body(market: &Market, asked: &Asked<'_>) -> Option<String> {
    let found = market.found(asked.text("q")).into_iter().filter(|i| i.exchange != Exchange::Csi);
    let records: Vec<String> = found.take(asked.limits.search_hits).map(record).collect();
    (!records.is_empty()).then(|| records.join("^"))
}

/// A semicolon ends the statement of nothing found (tencent_smartbox_empty_N.txt), nothing ends the other one
/// (tencent_smartbox_tx_2026-08.txt).
pub(crate) fn hint(_: &Asked<'_>, body: Option<String>) -> Answer {
    let statement =
        body.map_or_else(|| r#"v_hint="N";"#.to_owned(), |records| format!("v_hint=\"{records}\""));
    Answer::ok("text/html; charset=GBK", statement)
}

fn record(instrument: &Instrument) -> String {
    let line = Line::of(instrument);
    let kind = match instrument.kind {
        Kind::Fund if !instrument.is_etf() => "LOF",
        _ => line.type_name(),
    };
    let initials = instrument.initials().first().map(|text| text.to_lowercase()).unwrap_or_default();
    let (market, code) = (instrument.exchange.prefix(), &instrument.code);
    format!("{market}~{code}~{}~{initials}~{kind}", escaped(&line.name()))
}
