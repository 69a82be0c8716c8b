//! The search: `suggest3.sinajs.cn/suggest/…`, one statement of records in GBK.
//!
//! A record is `伯特利,11,603596,sh603596,伯特利,,伯特利,99,1,ESG,,` (sina_suggest_603596_named.txt): what was found, which is the
//! symbol for a code; the type; code; symbol; name; and the name again. No record has initials, though they are searched.

use encoding_rs::GB18030;
use finvista_core::dataset::Rows;
use finvista_core::{
    CN_STOCKS, Capability, Endpoint, EndpointContext, ErrorKind, Keyword, Next, Reply, Request, SourceError,
    Symbol, sample, wire,
};
use finvista_datasets::{CnStockSearch, Found, FoundColumns, pinyin};

/// The endpoint of `cn_stock_search`.
#[derive(Debug)]
pub(crate) struct Suggest;

/// A shares, B shares, bonds (numbers of Sina's own page script), and funds of the exchanges: of 510300 type 203 gives sh510300, and
/// types 22 and 201 give of510300, an open-end fund. Indices come under 11, too.
const TYPES: &str = "11,12,81,203";

/// What was found, and the other readings of the initials that are still to be answered, once they are asked for: each with the
/// characters that make it right.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    found: Vec<Symbol>,
    readings: Option<std::vec::IntoIter<(String, Vec<char>)>>,
}

impl Endpoint for Suggest {
    type Dataset = CnStockSearch;
    type State = Progress;

    fn priority(&self) -> i32 {
        1
    }

    fn capability(&self) -> Capability {
        Capability::any()
    }

    fn request(&self, _: &EndpointContext, keyword: &Keyword) -> Result<Request, SourceError> {
        // A symbol in any spelling is found in Sina's own.
        let symbol = keyword.text.parse::<Symbol>().ok().and_then(|symbol| symbol.prefixed());
        Ok(request(symbol.as_ref().unwrap_or(&keyword.text)))
    }

    fn decode(
        &self,
        keyword: &Keyword,
        progress: &mut Progress,
        reply: &Reply<'_>,
        out: &mut Rows<FoundColumns, Keyword>,
    ) -> Result<Next, SourceError> {
        wire::refuse_page(reply.body)?;
        let traps = progress.readings.as_mut().and_then(Iterator::next).map(|(_, traps)| traps);
        let text = reply.text(GB18030)?;
        for record in records(&text)? {
            let (symbol, name) = read(record)?;
            let Some(symbol) = symbol.filter(|symbol| !progress.found.contains(symbol)) else { continue };
            let is_meant = traps.as_ref().is_none_or(|traps| name.contains(traps.as_slice()));
            if is_meant && progress.found.len() < keyword.limit as usize {
                progress.found.push(symbol);
                let (symbol, board) = (symbol.written(), symbol.board().name());
                out.push(Found { symbol: &symbol, name, board, initials: None });
            }
        }
        let rest = match &progress.readings {
            None if out.is_empty() => {
                let readings = pinyin::readings(&keyword.text);
                let rest = readings.iter().map(|(initials, _)| request(initials)).collect();
                progress.readings = Some(readings.into_iter());
                rest
            }
            _ => Vec::new(),
        };
        let is_last = rest.is_empty() && progress.readings.as_ref().is_none_or(|left| left.len() == 0);
        match (is_last, out.is_empty()) {
            (true, true) => Err(SourceError::new(
                ErrorKind::NotFound,
                format!("Sina finds nothing for {:?}", keyword.text),
            )),
            _ if rest.is_empty() => Ok(Next::Done),
            _ => Ok(Next::Pages(rest)),
        }
    }
}

/// The request for a key: small letters, and UTF-8 in percents.
fn request(key: &str) -> Request {
    let mut encoded = String::with_capacity(key.len() * 3);
    for byte in key.to_lowercase().bytes() {
        match byte {
            b'0'..=b'9' | b'a'..=b'z' | b'-' | b'_' | b'.' | b'~' => encoded.push(char::from(byte)),
            _ => encoded += &format!("%{byte:02X}"),
        }
    }
    crate::get(format!("https://suggest3.sinajs.cn/suggest/type={TYPES}&key={encoded}&name=suggestvalue"))
}

/// The records of an answer, `var suggestvalue="…;…";`. Where nothing is found there are none.
fn records(text: &str) -> Result<impl Iterator<Item = &str>, SourceError> {
    let statement = text.trim().strip_prefix("var ").and_then(|rest| rest.split_once('='));
    let value =
        statement.and_then(|(_, value)| value.strip_suffix(';')?.strip_prefix('"')?.strip_suffix('"'));
    let value = value.ok_or_else(|| {
        SourceError::decode(format!("expected var suggestvalue=\"…\";, got {}", sample(text.as_bytes())))
    })?;
    Ok(value.split(';').filter(|record| !record.is_empty()))
}

/// The name of a record, and its symbol where it is an instrument of the data set.
fn read(record: &str) -> Result<(Option<Symbol>, &str), SourceError> {
    let mut fields = record.split(',').skip(2);
    match (fields.next(), fields.next(), fields.next()) {
        // The code stands in the symbol as well: in records with other columns it would not.
        (Some(code), Some(symbol), Some(name))
            if !code.is_empty() && symbol.ends_with(code) && !name.is_empty() =>
        {
            let boards = CN_STOCKS.boards;
            let symbol = Symbol::from_prefixed(symbol).filter(|symbol| boards.contains(symbol.board()));
            Ok((symbol, name.trim()))
        }
        _ => Err(SourceError::decode(format!(
            "expected code, symbol and name, got {}",
            sample(record.as_bytes())
        ))),
    }
}
