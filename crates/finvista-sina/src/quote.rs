//! Quotes: `hq.sinajs.cn/list=…`, one line `var hq_str_sh600519="…";` for each code, in GB18030.
//!
//! The fields of a line (wire note 1.1), prices in the currency of the instrument with three decimals:
//!
//! | field | meaning |
//! | --- | --- |
//! | 0 | name |
//! | 1, 2, 3, 4, 5 | open, previous close, last price, high, low |
//! | 6, 7 | best bid, best ask, as in the order book |
//! | 8, 9 | volume in shares (indices: see [`unit`]), amount |
//! | 10 to 19 | five bids, each volume (shares) before price |
//! | 20 to 29 | five asks, the same |
//! | 30, 31 | day and time in China |
//! | 32 | status: `00` normal, `03` suspended, `-2` not listed, `-3` delisted or renamed |
//! | 33 | empty, or the trades after hours |

mod line;
mod usual;

use std::marker::PhantomData;

use encoding_rs::{Encoding, GB18030};
use finvista_core::dataset::{Dataset, Level, Quote, QuoteSink};
use finvista_core::wire::Fields;
use finvista_core::{
    Board, Capability, Endpoint, EndpointContext, ErrorKind, Next, Reply, Request, Snapshot, SourceError,
    Symbol, Venue, date, sample, wire,
};
use jiff::Timestamp;

/// The endpoint of a data set of quotes.
#[derive(Debug)]
pub(crate) struct Quotes<D> {
    priority: i32,
    capability: Capability,
    dataset: PhantomData<fn() -> D>,
}

/// Quotes of stocks and funds.
pub(crate) const STOCKS: Capability = Capability::of_boards(crate::STOCKS).precision(crate::PRECISION);

/// Quotes of indices.
pub(crate) const INDICES: Capability = Capability::of_boards(crate::INDICES).precision(crate::PRECISION);

/// Codes in one request. 850 were answered (sina_quote_batch850_2022-11-22.gbk.txt); easyquotation has sent 800 for years.
const BATCH: usize = 800;

/// The address of a batch, whose codes follow.
const LIST: &str = "https://hq.sinajs.cn/list=";

/// The bodies that a client without the Referer gets, with status 403 (sina_error_*.txt).
const REFUSALS: [&[u8]; 2] = [b"Forbidden", b"Kinsoku jikou desu!"];

impl<D> Quotes<D> {
    pub(crate) const fn new(priority: i32, capability: Capability) -> Self {
        Self { priority, capability, dataset: PhantomData }
    }
}

/// What was read so far.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    batches: usize,
    found: usize,
    /// The symbols that Sina knows and that are not listed, each with the reason.
    unlisted: Vec<(Symbol, &'static str)>,
}

impl<D> Endpoint for Quotes<D>
where
    D: Dataset<Selection = Snapshot>,
    D::Builder: QuoteSink,
{
    type Dataset = D;
    type State = Progress;

    fn priority(&self) -> i32 {
        self.priority
    }

    fn capability(&self) -> Capability {
        self.capability
    }

    fn requests(&self, _: &EndpointContext, snapshot: &Snapshot) -> usize {
        snapshot.symbols.len().div_ceil(BATCH)
    }

    fn request(&self, _: &EndpointContext, snapshot: &Snapshot) -> Result<Request, SourceError> {
        Ok(request(snapshot.symbols.get(..BATCH).unwrap_or(&snapshot.symbols)))
    }

    fn decode(
        &self,
        snapshot: &Snapshot,
        progress: &mut Progress,
        reply: &Reply<'_>,
        out: &mut D::Builder,
    ) -> Result<Next, SourceError> {
        wire::refuse_page(reply.body)?;
        if REFUSALS.iter().any(|refusal| reply.body.trim_ascii().starts_with(refusal)) {
            return Err(SourceError::new(ErrorKind::Blocked, format!("refused: {}", sample(reply.body))));
        }
        let asked = snapshot.symbols.chunks(BATCH).nth(progress.batches).unwrap_or_default();
        progress.found += read(reply, asked, &mut progress.unlisted, out)?;
        progress.batches += 1;
        if progress.batches == snapshot.symbols.len().div_ceil(BATCH) && progress.found == 0 {
            return Err(match progress.unlisted[..] {
                [(symbol, why)] => {
                    SourceError::new(ErrorKind::NotFound, format!("{} is {why}", symbol.with_successor()))
                }
                _ => SourceError::unknown(&snapshot.symbols),
            });
        }
        match progress.batches {
            1 => Ok(Next::batches(&snapshot.symbols, BATCH, request)),
            _ => Ok(Next::Done),
        }
    }
}

/// The request of one batch.
fn request(batch: &[Symbol]) -> Request {
    let mut url = String::with_capacity(LIST.len() + batch.len() * 9);
    url.push_str(LIST);
    for (index, symbol) in batch.iter().enumerate() {
        let comma = if index > 0 { "," } else { "" };
        url.extend([comma, symbol.venue().prefix().unwrap_or_default(), symbol.code()]);
    }
    crate::get(url)
}

/// Reads the lines of one batch into the builder and returns how many of its symbols are listed.
fn read(
    reply: &Reply<'_>,
    asked: &[Symbol],
    unlisted: &mut Vec<(Symbol, &'static str)>,
    out: &mut impl QuoteSink,
) -> Result<usize, SourceError> {
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
            let what =
                format!("expected one line for each code asked for, got another of {:?}", sample(line.code));
            SourceError::new(ErrorKind::Invalid, what)
        })?;
        let name = names.next().unwrap_or_default();
        // Sina answers an unknown code with an empty line (18 of the 850 in the recorded batch).
        if !line.fields.is_empty() {
            let unit = unit(symbol);
            let (quote, status) = match usual::quote(name, line.fields, unit) {
                Some(usual) => usual,
                None => any(name, line.fields, unit).map_err(|error| line.broken(&error))?,
            };
            match status {
                b"-2" => unlisted.push((symbol, "not listed yet")),
                b"-3" => unlisted.push((symbol, "no longer listed")),
                _ => {
                    out.quote(symbol, &quote)?;
                    found += 1;
                }
            }
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
    fn take(&mut self, code: &[u8]) -> Option<Symbol> {
        let is_meant = |symbol: &Symbol| symbol.is_prefixed(code);
        let place = match self.asked.get(self.next) {
            Some(symbol) if is_meant(symbol) => self.next,
            _ => self.asked.iter().position(is_meant)?,
        };
        self.next = place + 1;
        let is_answered = self.is_answered.get_mut(place)?;
        if std::mem::replace(is_answered, true) { None } else { self.asked.get(place).copied() }
    }

    fn missing(&self) -> Vec<Symbol> {
        let pairs = self.asked.iter().zip(&self.is_answered);
        pairs.filter(|(_, is_answered)| !**is_answered).map(|(symbol, _)| *symbol).collect()
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

/// How many shares one of the volume is. Indices of Shanghai count lots and those of Shenzhen shares (wire note 2). So do those of
/// Beijing: bj899050 had 621,598,978 on 2026-09-28, which as lots would be more than all shares of Shenzhen on that day.
fn unit(symbol: Symbol) -> i64 {
    match (symbol.board(), symbol.venue()) {
        (Board::Index, Venue::Sh) => 100,
        _ => 1,
    }
}

/// Reads the fields of a line of any form, and its status.
#[cold]
#[inline(never)]
fn any<'a, 'b>(name: &'a str, line: &'b [u8], unit: i64) -> Result<(Quote<'a>, &'b [u8]), SourceError> {
    let mut fields = Fields::new(line, b',');
    let fields = &mut fields;
    let mut quote = Quote { name, ..Quote::default() };
    fields.skip("name")?;
    quote.open = price(fields, "open")?;
    quote.pre_close = price(fields, "previous close")?;
    quote.price = price(fields, "price")?;
    quote.high = price(fields, "high")?;
    quote.low = price(fields, "low")?;
    fields.skip("bid")?;
    fields.skip("ask")?;
    quote.volume = Some(fields.shares("volume", unit)?);
    quote.amount = Some(fields.number("amount")?);
    for level in quote.bids.iter_mut().chain(&mut quote.asks) {
        *level = read_level(fields)?;
    }
    quote.time = timestamp(fields)?;
    let status = if fields.is_at_end() { &[] } else { fields.bytes("status")? };
    Ok((quote, status))
}

/// Zero means no price: before the first trade, on a suspended day, and for a code that is not listed.
fn price(fields: &mut Fields<'_>, field: &str) -> Result<Option<f64>, SourceError> {
    fields.number(field).map(wire::nonzero)
}

/// A level at price 0 is null. In the call auction unmatched volume stands there, which has no price yet
/// (sina_quote_callauction_sh600000_2026-08-31.csv.txt).
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
