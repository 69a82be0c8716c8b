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

use std::collections::HashSet;

use encoding_rs::GB18030;
use finvista_core::dataset::{self, CnStockQuote, CnStockQuoteBuilder, CnStockQuoteQuery, Level};
use finvista_core::{
    Board, Capability, Endpoint, ErrorKind, Next, Reply, Request, Settings, SourceError, Symbol, date,
    sample, wire,
};
use jiff::Timestamp;
use jiff::civil::Time;

/// The endpoint of `cn_stock_quote`.
#[derive(Debug)]
pub struct Quote;

/// Codes in one request. 850 were answered (sina_quote_batch850_2022-11-22.gbk.txt); easyquotation has sent 800 for years.
const BATCH: usize = 800;

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
        let found = read(&reply.text(GB18030)?, asked, out)?;
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
                format!("Sina does not know {}", names(asked)),
            ));
        }
        Ok(Next::Done)
    }
}

/// The request of one batch; its step is the number of the batch.
fn request(step: u32, batch: &[Symbol]) -> Request {
    let codes: Vec<String> = batch.iter().map(Symbol::prefixed).collect();
    Request::get(format!("https://hq.sinajs.cn/list={}", codes.join(",")))
        .header(REFERER.0, REFERER.1)
        .step(step)
}

/// Reads the lines of one batch into the builder and returns how many of its symbols Sina knows.
fn read(text: &str, asked: &[Symbol], out: &mut CnStockQuoteBuilder) -> Result<usize, SourceError> {
    let mut waiting: HashSet<&Symbol> = asked.iter().collect();
    let mut found = 0;
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (code, fields) = parts(line).ok_or_else(|| {
            let what = "an incomplete line, where var hq_str_<code>=\"…\"; was expected";
            SourceError::decode(format!("{what}: {}", sample(line.as_bytes())))
        })?;
        let symbol =
            Symbol::from_prefixed(code).filter(|symbol| waiting.remove(symbol)).ok_or_else(|| {
                let what = format!("a line of {code:?}, which was not asked for or came twice");
                SourceError::new(ErrorKind::Invalid, what)
            })?;
        // An empty line is Sina's word for an unknown code (18 of the 850 in the recorded batch).
        if !fields.is_empty() {
            let quote = quote(fields).map_err(|e| {
                SourceError::decode(format!("{code}: {}, in {}", e.message(), sample(line.as_bytes())))
            })?;
            out.quote(&symbol, &quote)?;
            found += 1;
        }
    }
    // Unknown codes have a line too, so a code without one means that the answer was cut.
    if waiting.is_empty() {
        return Ok(found);
    }
    let missing: Vec<Symbol> = asked.iter().filter(|symbol| waiting.contains(symbol)).cloned().collect();
    Err(SourceError::decode(format!("no line for {}, in {}", names(&missing), sample(text.as_bytes()))))
}

/// The first few of the symbols, for a message.
fn names(symbols: &[Symbol]) -> String {
    let few: Vec<String> = symbols.iter().take(10).map(Symbol::to_string).collect();
    match symbols.len().saturating_sub(few.len()) {
        0 => few.join(", "),
        more => format!("{} and {more} more", few.join(", ")),
    }
}

/// Code and fields of a whole line.
fn parts(line: &str) -> Option<(&str, &str)> {
    let (code, value) = line.strip_prefix("var hq_str_")?.split_once('=')?;
    let fields = value.trim().strip_prefix('"')?.strip_suffix("\";")?;
    Some((code.trim(), fields.trim()))
}

/// Reads the fields of a line. Behind the time there may be any number of further ones.
fn quote(line: &str) -> Result<dataset::Quote<'_>, SourceError> {
    let mut fields = [""; 32];
    let mut rest = line.split(',');
    for (index, field) in fields.iter_mut().enumerate() {
        *field = rest
            .next()
            .ok_or_else(|| SourceError::decode(format!("{index} fields, where 32 or more were expected")))?;
    }
    let [name, open, pre_close, price, high, low, _, _, volume, amount, book @ .., day, time] = fields;
    let (mut bids, mut asks) = ([Level::default(); 5], [Level::default(); 5]);
    let (pairs, _) = book.as_chunks::<2>();
    for (level, [volume, price]) in bids.iter_mut().chain(&mut asks).zip(pairs) {
        *level = read_level(volume, price)?;
    }
    Ok(dataset::Quote {
        name,
        time: timestamp(day, time)?,
        price: read_price("price", price)?,
        pre_close: read_price("previous close", pre_close)?,
        open: read_price("open", open)?,
        high: read_price("high", high)?,
        low: read_price("low", low)?,
        volume: Some(wire::shares("volume", volume, 1)?),
        amount: Some(wire::number("amount", amount)?),
        change: None,
        change_pct: None,
        bids,
        asks,
    })
}

/// Zero means no price: before the first trade, on a suspended day, and for a code that is not listed.
fn read_price(field: &str, text: &str) -> Result<Option<f64>, SourceError> {
    wire::number(field, text).map(wire::nonzero)
}

/// Nobody waits at price 0. In the call auction the volume that found no match stands there
/// (sina_quote_callauction_sh600000_2026-08-31.csv.txt): it has no price yet, so it is no level.
fn read_level(volume: &str, price: &str) -> Result<Level, SourceError> {
    let volume = wire::shares("order book volume", volume, 1)?;
    let price = read_price("order book price", price)?;
    Ok(Level { price, volume: price.map(|_| volume) })
}

fn timestamp(day: &str, time: &str) -> Result<Option<Timestamp>, SourceError> {
    let wrong = || SourceError::decode(format!("{day:?} and {time:?} are no day and time"));
    let day = date::parse(day).map_err(|_| wrong())?;
    let time = Time::strptime("%H:%M:%S", time).map_err(|_| wrong())?;
    Ok(date::at_china(day.to_datetime(time)))
}
