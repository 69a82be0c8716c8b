//! The search: `smartbox.gtimg.cn/s3/`, one line `v_hint="market~code~name~initials~type^…"` in ASCII, with the names as
//! `\uXXXX` (tencent_smartbox_tx_2026-08.txt). Nothing found is `v_hint="N";` (tencent_smartbox_empty_N.txt).

use std::borrow::Cow;

use finvista_core::{
    BuilderOf, CN_STOCKS, Capability, Endpoint, EndpointContext, ErrorKind, Keyword, Next, Reply, Request,
    SourceError, Symbol, sample, wire,
};
use finvista_datasets::pinyin::readings;
use finvista_datasets::{CnStockSearch, Found};

/// The search by code, name and pinyin initials. One answer has about ten records of all markets.
#[derive(Debug)]
pub struct Smartbox;

/// How far a search has come.
#[derive(Debug, Default)]
pub struct SmartboxSearch {
    /// The answers that were read: one for the text itself, then one for each other reading of it.
    answers: usize,
    found: Vec<Symbol>,
}

impl Endpoint for Smartbox {
    type Dataset = CnStockSearch;
    type State = SmartboxSearch;

    fn priority(&self) -> i32 {
        1
    }

    fn capability(&self) -> Capability {
        Capability::any()
    }

    fn request(&self, _cx: &EndpointContext, keyword: &Keyword) -> Result<Request, SourceError> {
        Ok(request(&keyword.text))
    }

    fn decode(
        &self,
        keyword: &Keyword,
        state: &mut SmartboxSearch,
        reply: &Reply<'_>,
        out: &mut BuilderOf<Self>,
    ) -> Result<Next, SourceError> {
        wire::refuse_page(reply.body)?;
        let line: Cow<'_, str> = wire::json(wire::between(reply.body, b'"', b'"')?)?;
        let readings = readings(&keyword.text);
        // Another reading counts only where the name has the character that is read in two ways.
        let traps = state.answers.checked_sub(1).and_then(|at| readings.get(at)).map(|(_, traps)| traps);
        for record in line.split('^').filter(|record| !matches!(*record, "N" | "")) {
            let [market, code, name, initials] = fields(record)?;
            let counts = traps.is_none_or(|traps| name.contains(traps.as_slice()));
            let Some(symbol) = stock(market, code).filter(|symbol| counts && !state.found.contains(symbol))
            else {
                continue;
            };
            if state.found.len() < keyword.limit as usize {
                state.found.push(symbol);
                let initials = initials.to_ascii_uppercase();
                let initials = Some(initials.as_str()).filter(|initials| !initials.is_empty());
                out.push(Found { symbol: &symbol.written(), name, board: symbol.board().name(), initials });
            }
        }
        state.answers += 1;
        match state.answers {
            _ if !state.found.is_empty() => Ok(Next::Done),
            1 if !readings.is_empty() => {
                Ok(Next::Pages(readings.iter().map(|(initials, _)| request(initials)).collect()))
            }
            // Further readings are still to come.
            answers if answers <= readings.len() => Ok(Next::Done),
            _ => {
                let message = format!("Tencent finds no stock for {:?}", keyword.text);
                Err(SourceError::new(ErrorKind::NotFound, message))
            }
        }
    }
}

/// Tencent's initials are in lower case.
fn request(text: &str) -> Request {
    let escaped = |byte: u8| match byte {
        b'a'..=b'z' | b'0'..=b'9' | b'.' | b'-' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    let text: String = text.to_ascii_lowercase().bytes().map(escaped).collect();
    Request::get(format!("https://smartbox.gtimg.cn/s3/?v=2&q={text}&t=all"))
}

/// Market, code, name and initials of a record; the type behind them says no more than the code does.
fn fields(record: &str) -> Result<[&str; 4], SourceError> {
    let mut fields = record.splitn(5, '~');
    let read = [fields.next(), fields.next(), fields.next(), fields.next()];
    match read {
        [Some(market), Some(code), Some(name), Some(initials)]
            if market.bytes().all(|b| b.is_ascii_lowercase()) =>
        {
            Ok([market, code, name, initials])
        }
        _ => Err(SourceError::decode(format!(
            "expected market~code~name~initials, got {}",
            sample(record.as_bytes())
        ))),
    }
}

/// The symbol of a stock, fund or bond of the mainland; `None` for an index, an open-end fund or another market.
fn stock(market: &str, code: &str) -> Option<Symbol> {
    let symbol = Symbol::from_prefixed(&[market, code].concat())?;
    CN_STOCKS.accept(symbol).ok()
}
