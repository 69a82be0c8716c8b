//! Quotes: `qt.gtimg.cn/q=`, lines of fields separated by `~`, in GBK.
//!
//! | field | meaning | unit |
//! | --- | --- | --- |
//! | 1, 2 | name, code without prefix | |
//! | 3, 4, 5 | last, previous close, open | currency of the instrument |
//! | 6 | volume | lots; shares on the STAR board |
//! | 9, 11, … 17 and 10, 12, … 18 | bid prices and volumes | volumes in lots on every board |
//! | 19, 21, … 27 and 20, 22, … 28 | ask prices and volumes | the same |
//! | 30 | time in China | `YYYYMMDDHHMMSS` |
//! | 31, 32 | change, change in percent | |
//! | 33, 34 | high, low | |
//! | 35 | `price/volume/amount` | the amount is exact, in the currency |
//! | 37, 57 | amount, rounded and with four decimals | 10,000 of the currency |
//! | 40 | empty, or `S` suspended, `D` delisted, `U` not listed yet, `C` under another code | |
//!
//! Lines had 65 fields in 2019 and have 88 in 2026, so only a minimum is required.

use std::collections::HashSet;
use std::marker::PhantomData;

use finvista_core::dataset::{self, Dataset, Level, QuoteSink};
use finvista_core::{
    Capability, Endpoint, EndpointContext, ErrorKind, Next, Reply, Request, Snapshot, SourceError, Symbol,
    Zone, sample, wire,
};
use jiff::Timestamp;
use jiff::civil::DateTime;

use crate::answer::invalid;
use crate::units;

/// Codes in one request: 900 are recorded (tencent_quote_batch900_2022-11-22.gbk.txt), 800 is what others never exceed.
const BATCH: usize = 800;

/// The fewest fields of a line: it reaches as far as the amount.
const FIELDS: usize = 38;

/// The fields that are looked at.
const READ: usize = 58;

/// The name in place of a code that Tencent does not know (tencent_quote_no_match.txt).
const NO_MATCH: &str = "pv_none_match";

/// Quotes, with five levels of the order book.
#[derive(Debug)]
pub struct Quotes<D> {
    priority: i32,
    capability: Capability,
    dataset: PhantomData<fn() -> D>,
}

impl<D> Quotes<D> {
    /// The quotes of a data set.
    pub const fn new(priority: i32, capability: Capability) -> Self {
        Self { priority, capability, dataset: PhantomData }
    }
}

impl<D: Dataset<Selection = Snapshot>> Endpoint for Quotes<D>
where
    D::Builder: QuoteSink,
{
    type Dataset = D;
    /// The number of batches that were read.
    type State = usize;

    fn priority(&self) -> i32 {
        self.priority
    }

    fn capability(&self) -> Capability {
        self.capability
    }

    fn requests(&self, _cx: &EndpointContext, snapshot: &Snapshot) -> usize {
        snapshot.symbols.len().div_ceil(BATCH)
    }

    fn request(&self, _cx: &EndpointContext, snapshot: &Snapshot) -> Result<Request, SourceError> {
        Ok(request(snapshot.symbols.get(..BATCH).unwrap_or(&snapshot.symbols)))
    }

    fn decode(
        &self,
        snapshot: &Snapshot,
        batches: &mut usize,
        reply: &Reply<'_>,
        out: &mut D::Builder,
    ) -> Result<Next, SourceError> {
        wire::refuse_page(reply.body)?;
        // As text first: `~` is also the second byte of Chinese characters in GBK.
        let text = reply.text(encoding_rs::GBK)?;
        let batch = snapshot.symbols.chunks(BATCH).nth(*batches).unwrap_or_default();
        let mut missing: HashSet<Symbol> = batch.iter().copied().collect();
        let mut unknown = 0;
        let mut rest = text.as_ref();
        while let Some((code, fields, after)) = next_line(rest)? {
            rest = after;
            if code == NO_MATCH {
                unknown += 1;
                continue;
            }
            let symbol =
                Symbol::from_prefixed(code).filter(|symbol| missing.remove(symbol)).ok_or_else(|| {
                    invalid(format!("a quote of {code}, which was not asked for or came before"))
                })?;
            let line = Line::new(symbol, fields)?;
            match (line.unlisted(), &snapshot.symbols[..]) {
                (None, _) => out.quote(symbol, &line.quote()?)?,
                (Some(why), [only]) => {
                    let message = format!("{} is {why}", only.with_successor());
                    return Err(SourceError::new(ErrorKind::NotFound, message));
                }
                // It has no row, and is reported as missing.
                (Some(_), _) => {}
            }
        }
        if missing.len() == snapshot.symbols.len() && unknown > 0 {
            return Err(SourceError::unknown(batch));
        }
        check_whole(batch, &missing, unknown)?;
        *batches += 1;
        Ok(if *batches == 1 { Next::batches(&snapshot.symbols, BATCH, request) } else { Next::Done })
    }
}

fn request(symbols: &[Symbol]) -> Request {
    let codes: Vec<String> = symbols.iter().filter_map(Symbol::prefixed).collect();
    Request::get(format!("https://qt.gtimg.cn/q={}", codes.join(",")))
}

/// Splits the first line, `v_<code>="<fields>";`, from the text. `None` at the end; a line without its end is an error.
fn next_line(text: &str) -> Result<Option<(&str, &str, &str)>, SourceError> {
    let text = text.trim_ascii_start();
    if text.is_empty() {
        return Ok(None);
    }
    let split = || {
        let (code, fields) = text.strip_prefix("v_")?.split_once("=\"")?;
        let (fields, rest) = fields.split_once('"')?;
        Some((code, fields, rest.strip_prefix(';')?))
    };
    let broken = || SourceError::decode(format!("expected v_<code>=\"…\";, got {}", sample(text.as_bytes())));
    split().map(Some).ok_or_else(broken)
}

/// Finds out whether the answer was cut between two lines.
///
/// Lines come in the order of the request, so an answer that has the last symbol is whole. One that lacks it is whole when
/// each missing symbol has its line that says so. Whether that line comes once for each unknown code or once in all is not
/// settled; the first is what two projects report.
fn check_whole(batch: &[Symbol], missing: &HashSet<Symbol>, unknown: usize) -> Result<(), SourceError> {
    match batch.last() {
        Some(last) if missing.contains(last) && missing.len() > unknown => Err(SourceError::decode(format!(
            "the answer ends before {last}: of {} symbols {} are missing and {unknown} are said to be unknown",
            batch.len(),
            missing.len()
        ))),
        _ => Ok(()),
    }
}

/// The fields of one symbol.
struct Line<'a> {
    symbol: Symbol,
    fields: [&'a str; READ],
}

impl<'a> Line<'a> {
    fn new(symbol: Symbol, text: &'a str) -> Result<Self, SourceError> {
        let mut fields = [""; READ];
        let mut count = 0;
        for (place, field) in fields.iter_mut().zip(text.split('~')) {
            *place = field;
            count += 1;
        }
        if count < FIELDS {
            return Err(SourceError::decode(format!(
                "expected {FIELDS} fields of {symbol} at least, got {count}: {}",
                sample(text.as_bytes())
            )));
        }
        let line = Self { symbol, fields };
        match line.text(2) {
            code if code == symbol.code() => Ok(line),
            code => Err(invalid(format!("expected a line about {symbol}, got one about {code:?}"))),
        }
    }

    /// Why the instrument has no quote, if it is not listed.
    fn unlisted(&self) -> Option<&'static str> {
        match self.text(40) {
            "U" => Some("not listed yet"),
            "D" | "C" => Some("no longer listed"),
            _ => None,
        }
    }

    fn quote(&self) -> Result<dataset::Quote<'a>, SourceError> {
        // Before the first trade Tencent repeats the previous close as the last price, or the matched price of the call
        // auction; only the open says whether there was a trade (sz002241 of 2025-05-09, 09:22:33, and the states S and D
        // of the batch of 2022-11-22).
        let open = self.price("open", 5)?;
        let traded = |value: Option<f64>| open.and(value);
        Ok(dataset::Quote {
            name: self.text(1),
            time: self.time()?,
            price: traded(self.price("price", 3)?),
            pre_close: self.price("previous close", 4)?,
            open,
            high: traded(self.price("high", 33)?),
            low: traded(self.price("low", 34)?),
            volume: self.shares("volume", 6, units::volume(&self.symbol))?,
            amount: self.amount()?,
            change: traded(self.number("change", 31)?),
            change_pct: traded(self.number("change in percent", 32)?),
            bids: self.levels(9)?,
            asks: self.levels(19)?,
        })
    }

    fn text(&self, index: usize) -> &'a str {
        self.fields.get(index).copied().unwrap_or_default()
    }

    fn number(&self, name: &str, index: usize) -> Result<Option<f64>, SourceError> {
        wire::optional(name, self.text(index)).map_err(|e| self.wrong(&e))
    }

    /// A price of zero is none.
    fn price(&self, name: &str, index: usize) -> Result<Option<f64>, SourceError> {
        Ok(self.number(name, index)?.and_then(wire::nonzero))
    }

    fn shares(&self, name: &str, index: usize, unit: i64) -> Result<Option<i64>, SourceError> {
        match self.text(index).trim() {
            "" => Ok(None),
            text => wire::shares(name, text, unit).map(Some).map_err(|e| self.wrong(&e)),
        }
    }

    /// The exact amount hides in field 35; the fields of its own are rounded.
    fn amount(&self) -> Result<Option<f64>, SourceError> {
        let exact = self.text(35).split('/').nth(2).unwrap_or_default();
        if let Some(amount) = wire::optional("amount", exact).map_err(|e| self.wrong(&e))? {
            return Ok(Some(amount));
        }
        let amount = match self.number("amount", 57)? {
            Some(amount) => Some(amount),
            None => self.number("amount", 37)?,
        };
        Ok(amount.map(units::money))
    }

    fn time(&self) -> Result<Option<Timestamp>, SourceError> {
        match self.text(30).trim() {
            "" => Ok(None),
            text => DateTime::strptime("%Y%m%d%H%M%S", text)
                .map(|time| Zone::Shanghai.instant(time))
                .map_err(|_| SourceError::decode(format!("{}: the time is {text:?}", self.symbol))),
        }
    }

    /// Five levels from this field on: price, lots, price, lots. A level without a price does not exist, though the call
    /// auction puts its unmatched volume into one.
    fn levels(&self, first: usize) -> Result<[Level; 5], SourceError> {
        let mut levels = [Level::default(); 5];
        for (level, index) in levels.iter_mut().zip((first..).step_by(2)) {
            level.price = self.price("order book price", index)?;
            let volume = self.shares("order book volume", index + 1, units::LOT)?;
            level.volume = level.price.and(volume);
        }
        Ok(levels)
    }

    fn wrong(&self, error: &SourceError) -> SourceError {
        SourceError::decode(format!("{}: {}", self.symbol, error.message()))
    }
}
