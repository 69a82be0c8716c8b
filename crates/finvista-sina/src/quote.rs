//! Quotes: `hq.sinajs.cn/list=…`, one line `var hq_str_sh600519="…";` for each code, in GB18030.
//!
//! The fields of a line (wire note 1.1), prices in the currency of the instrument with three decimals:
//!
//! | field | meaning |
//! | --- | --- |
//! | 0 | name |
//! | 1, 2, 3, 4, 5 | open, previous close, last price, high, low |
//! | 6, 7 | best bid, best ask, as in the order book |
//! | 8, 9 | volume in shares, amount |
//! | 10 to 19 | five bids, each volume (shares) before price |
//! | 20 to 29 | five asks, the same |
//! | 30, 31 | day and time in China |
//! | 32 | status: `00` normal, `03` suspended, `-2` not listed, `-3` delisted or renamed |
//! | 33 | empty, or the trades after hours |

mod line;

use encoding_rs::{Encoding, GB18030};
use finvista_core::dataset::{self, CnStockQuote, CnStockQuoteBuilder, CnStockQuoteQuery, Level};
use finvista_core::wire::Fields;
use finvista_core::{
    Board, Capability, Endpoint, ErrorKind, Next, Reply, Request, Settings, SourceError, Symbol, date,
    sample, wire,
};
use jiff::Timestamp;

/// The endpoint of `cn_stock_quote`.
#[derive(Debug)]
pub struct Quote;

/// Codes in one request. 850 were answered (sina_quote_batch850_2022-11-22.gbk.txt); easyquotation has sent 800 for years.
const BATCH: usize = 800;

/// The address of a batch, whose codes follow.
const LIST: &str = "https://hq.sinajs.cn/list=";

/// Without it the answer is 403, since January 2022.
const REFERER: (&str, &str) = ("Referer", "https://finance.sina.com.cn");

/// What a client without the Referer is told, with status 403 (sina_error_*.txt).
const REFUSALS: [&[u8]; 2] = [b"Forbidden", b"Kinsoku jikou desu!"];

impl Endpoint for Quote {
    type Dataset = CnStockQuote;

    fn priority(&self) -> i32 {
        0
    }

    fn capability(&self) -> Capability {
        use Board::{BShare, Beijing, ChiNext, Fund, Main, Other, Star};
        Capability::of_boards(&[Main, Star, ChiNext, Beijing, BShare, Fund, Other])
            .precision(crate::PRECISION)
    }

    fn requests(&self, _: &Settings, query: &CnStockQuoteQuery) -> usize {
        query.symbols.len().div_ceil(BATCH)
    }

    fn request(&self, _: &Settings, query: &CnStockQuoteQuery) -> Result<Request, SourceError> {
        query
            .symbols
            .chunks(BATCH)
            .next()
            .map(|batch| request(0, batch))
            .ok_or_else(|| SourceError::new(ErrorKind::InvalidInput, "no symbols to quote"))
    }

    fn decode(
        &self,
        query: &CnStockQuoteQuery,
        reply: &Reply<'_>,
        out: &mut CnStockQuoteBuilder,
    ) -> Result<Next, SourceError> {
        wire::refuse_page(reply.body)?;
        if REFUSALS.iter().any(|refusal| reply.body.trim_ascii().starts_with(refusal)) {
            return Err(SourceError::new(ErrorKind::Blocked, format!("refused: {}", sample(reply.body))));
        }
        let mut batches = (0..).zip(query.symbols.chunks(BATCH)).skip_while(|(step, _)| *step < reply.step);
        let asked = batches.next().map_or(&[] as &[Symbol], |(_, batch)| batch);
        let found = read(reply, asked, out)?;
        if reply.step > 0 {
            return Ok(Next::Done);
        }
        let rest: Vec<Request> = batches.map(|(step, batch)| request(step, batch)).collect();
        if !rest.is_empty() {
            return Ok(Next::Pages(rest));
        }
        if found == 0 {
            return Err(SourceError::new(
                ErrorKind::NotFound,
                format!("Sina does not know {}", names_of(asked)),
            ));
        }
        Ok(Next::Done)
    }
}

/// The request of one batch; its step is the number of the batch.
fn request(step: u32, batch: &[Symbol]) -> Request {
    let mut url = String::with_capacity(LIST.len() + batch.len() * 9);
    url.push_str(LIST);
    for (index, symbol) in batch.iter().enumerate() {
        let comma = if index > 0 { "," } else { "" };
        url.extend([comma, symbol.exchange().prefix(), symbol.code()]);
    }
    Request::get(url).header(REFERER.0, REFERER.1).step(step)
}

/// Reads the lines of one batch into the builder and returns how many of its symbols Sina knows.
fn read(reply: &Reply<'_>, asked: &[Symbol], out: &mut CnStockQuoteBuilder) -> Result<usize, SourceError> {
    // The header decides, as in `Reply::text`; only the names need it, so only they are decoded.
    let label = reply.charset.and_then(|label| Encoding::for_label(label.as_bytes()));
    let lines = line::all(reply.body, asked.len())?;
    let names = line::names(&lines, label.unwrap_or(GB18030))?;
    #[expect(
        clippy::manual_pattern_char_comparison,
        reason = "to search for a char takes three times as long in texts as short as names"
    )]
    let mut names = names.split(|c| c == '\n');
    let mut waiting = Waiting { asked, is_answered: vec![false; asked.len()], next: 0 };
    let mut found = 0;
    for line in &lines {
        let symbol = waiting.take(line.code).ok_or_else(|| {
            let what = format!("a line of {:?}, which was not asked for or came twice", sample(line.code));
            SourceError::new(ErrorKind::Invalid, what)
        })?;
        let name = names.next().unwrap_or_default();
        // An empty line is Sina's word for an unknown code (18 of the 850 in the recorded batch).
        if !line.fields.is_empty() {
            let mut quote = dataset::Quote { name, ..dataset::Quote::default() };
            fill(&mut quote, line.fields).map_err(|error| line.broken(&error))?;
            out.quote(symbol, &quote)?;
            found += 1;
        }
    }
    // Unknown codes have a line too, so a code without one means that the answer was cut.
    let missing = waiting.missing();
    if missing.is_empty() {
        return Ok(found);
    }
    let message = format!("no line for {}, in {}", names_of(&missing), sample(reply.body));
    Err(SourceError::decode(message))
}

/// The symbols of a batch that have no line yet.
struct Waiting<'a> {
    asked: &'a [Symbol],
    is_answered: Vec<bool>,
    next: usize,
}

impl<'a> Waiting<'a> {
    /// The symbol that a line of this code answers. Sina keeps to the order of the request, so it is the next one, and is searched
    /// for only where it is not.
    fn take(&mut self, code: &[u8]) -> Option<&'a Symbol> {
        let is_meant = |symbol: &Symbol| symbol.is_prefixed(code);
        let place = match self.asked.get(self.next) {
            Some(symbol) if is_meant(symbol) => self.next,
            _ => self.asked.iter().position(is_meant)?,
        };
        self.next = place + 1;
        let is_answered = self.is_answered.get_mut(place)?;
        if std::mem::replace(is_answered, true) { None } else { self.asked.get(place) }
    }

    fn missing(&self) -> Vec<Symbol> {
        let pairs = self.asked.iter().zip(&self.is_answered);
        pairs.filter(|(_, is_answered)| !**is_answered).map(|(symbol, _)| symbol.clone()).collect()
    }
}

/// The first few of the symbols, for a message.
fn names_of(symbols: &[Symbol]) -> String {
    let few: Vec<String> = symbols.iter().take(10).map(Symbol::to_string).collect();
    match symbols.len().saturating_sub(few.len()) {
        0 => few.join(", "),
        more => format!("{} and {more} more", few.join(", ")),
    }
}

/// Reads the fields of a line into a quote that has its name.
#[inline]
fn fill(quote: &mut dataset::Quote<'_>, line: &[u8]) -> Result<(), SourceError> {
    let mut fields = Fields::new(line, b',');
    let fields = &mut fields;
    fields.skip("name")?;
    quote.open = price(fields, "open")?;
    quote.pre_close = price(fields, "previous close")?;
    quote.price = price(fields, "price")?;
    quote.high = price(fields, "high")?;
    quote.low = price(fields, "low")?;
    fields.skip("bid")?;
    fields.skip("ask")?;
    quote.volume = Some(fields.shares("volume", 1)?);
    quote.amount = Some(fields.number("amount")?);
    for level in quote.bids.iter_mut().chain(&mut quote.asks) {
        *level = read_level(fields)?;
    }
    quote.time = timestamp(fields)?;
    Ok(())
}

/// Zero means no price: before the first trade, on a suspended day, and for a code that is not listed.
#[inline]
fn price(fields: &mut Fields<'_>, field: &str) -> Result<Option<f64>, SourceError> {
    fields.number(field).map(wire::nonzero)
}

/// Nobody waits at price 0. In the call auction the volume that found no match stands there
/// (sina_quote_callauction_sh600000_2026-08-31.csv.txt): it has no price yet, so it is no level.
#[inline]
fn read_level(fields: &mut Fields<'_>) -> Result<Level, SourceError> {
    let volume = fields.shares("order book volume", 1)?;
    let price = price(fields, "order book price")?;
    Ok(Level { price, volume: price.map(|_| volume) })
}

fn timestamp(fields: &mut Fields<'_>) -> Result<Option<Timestamp>, SourceError> {
    let day = fields.day("day")?;
    let time = fields.time_of_day("time")?;
    Ok(date::at_china(day.to_datetime(time)))
}
