//! `suggest`: a search, one statement of records with semicolons between them.

use crate::market::{Exchange, Instrument, Kind, Market};
use crate::wire::asked::Asked;
use crate::wire::message::Answer;

/// The records of the value. Indices are left out: no recording shows their type.
pub(crate) fn body(market: &Market, asked: &Asked<'_>) -> Option<String> {
    let (key, types) = (asked.text("key"), asked.params.list("type"));
    let is_asked = |instrument: &&Instrument| {
        let of_type = type_of(instrument).is_some_and(|own| types.is_empty() || types.contains(&own));
        of_type && instrument.exchange != Exchange::Csi
    };
    let most = asked.text("num").parse().unwrap_or(asked.limits.search_hits).min(asked.limits.search_hits);
    let found = market.found(key).into_iter().filter(is_asked).take(most);
    Some(found.map(|instrument| record(instrument, key)).collect::<Vec<_>>().join(";"))
}

/// `name` names the variable, and nothing found is an empty value. GBK.
pub(crate) fn statement(asked: &Asked<'_>, body: Option<String>) -> Answer {
    let name = asked.params.get("name").unwrap_or("suggestvalue");
    let statement = format!("var {name}=\"{}\";", body.unwrap_or_default());
    Answer::ok("application/javascript; charset=GBK", encoding_rs::GBK.encode(&statement).0.into_owned())
}

/// 11 is a share for yuan, 12 one for foreign currency, 203 a fund of the exchanges.
fn type_of(instrument: &Instrument) -> Option<&'static str> {
    match instrument.kind {
        Kind::Index => None,
        Kind::BShare => Some("12"),
        Kind::Fund => Some("203"),
        Kind::Main | Kind::Star | Kind::ChiNext | Kind::Beijing => Some("11"),
    }
}

/// The first field is what was found: the symbol by a code, else the name.
fn record(instrument: &Instrument, key: &str) -> String {
    let (symbol, name) = (instrument.prefixed(), instrument.name.replace("  ", " "));
    let found = if symbol.contains(&key.to_lowercase()) { &symbol } else { &name };
    let kind = type_of(instrument).unwrap_or_default();
    format!("{found},{kind},{},{symbol},{name},,{name},99,1,,,", instrument.code)
}
