//! One line of `hq.sinajs.cn`: 33 or 34 comma fields, volume before price in the book, shares and yuan.

use super::lines;
use crate::market::{Exchange, Instrument, Kind, Level, Market, Quote, State};
use crate::wire::asked::Asked;
use crate::wire::number::{fixed, lots};

pub(crate) fn body(market: &Market, asked: &Asked<'_>) -> Option<String> {
    Some(lines(asked, |code| market.on_exchange(code).map(fields).unwrap_or_default()))
}

/// The text between the quotation marks.
fn fields(instrument: &Instrument) -> String {
    let quote = instrument.quote();
    let style = Style::of(instrument);
    // A halted share keeps its previous close. One that is gone, renamed or not listed yet has only zeros.
    let gone = matches!(instrument.state, State::Delisted | State::NotListed | State::CodeChanged);
    let traded = quote.price.filter(|_| instrument.state == State::Trading);
    let (bid, ask) = (best(&quote.bids), best(&quote.asks));
    let mut fields = vec![
        // One blank where East Money writes two (sina_quote_sz000002_2018-08-21.txt).
        instrument.name.replace("  ", " "),
        style.price(quote.open.unwrap_or(0)),
        style.price(quote.pre_close.filter(|_| !gone).unwrap_or(0)),
        style.price(traded.unwrap_or(0)),
        style.price(quote.high.unwrap_or(0)),
        style.price(quote.low.unwrap_or(0)),
        style.book_price(bid.price),
        style.book_price(ask.price),
        style.volume(quote.volume).to_string(),
        style.amount(quote.amount),
    ];
    for level in quote.bids.iter().chain(&quote.asks) {
        fields.push(level.volume.to_string());
        fields.push(style.book_price(level.price));
    }
    fields.push(quote.time.date().to_string());
    fields.push(quote.time.time().strftime("%H:%M:%S").to_string());
    fields.push(status(instrument.state).to_owned());
    fields.extend(tail(instrument, quote));
    fields.join(",")
}

fn best(side: &[Level]) -> Level {
    side.first().copied().unwrap_or_default()
}

fn status(state: State) -> &'static str {
    match state {
        State::Trading | State::CallAuction => "00",
        State::Suspended => "03",
        State::NotListed => "-2",
        State::Delisted | State::CodeChanged => "-3",
    }
}

/// The 34th field: after-hours trades if there were any. Otherwise Shanghai has an empty field (a trailing comma),
/// Shenzhen and Beijing have none.
fn tail(instrument: &Instrument, quote: &Quote) -> Option<String> {
    let decimals = if instrument.exchange == Exchange::Sh { 2 } else { 3 };
    let block = quote.after_hours.map(|a| format!("D|{}|{}", a.volume, fixed(a.amount, 2, decimals)));
    block.or_else(|| (instrument.exchange == Exchange::Sh).then(String::new))
}

/// How the numbers of an instrument are printed.
struct Style {
    decimals: u32,
    shown: u32,
    index_of: Option<Exchange>,
}

impl Style {
    fn of(instrument: &Instrument) -> Self {
        let index_of = (instrument.kind == Kind::Index).then_some(instrument.exchange);
        let shown = if index_of == Some(Exchange::Sh) { 4 } else { 3 };
        Self { decimals: instrument.decimals, shown, index_of }
    }

    fn price(&self, value: i64) -> String {
        fixed(value, self.decimals, self.shown)
    }

    /// An index of Shanghai has bare zeros for a book (sina_quote_mixed_2026-08-18.txt).
    fn book_price(&self, value: i64) -> String {
        if self.index_of == Some(Exchange::Sh) { "0".to_owned() } else { self.price(value) }
    }

    /// Shares, but lots for an index of Shanghai.
    fn volume(&self, shares: i64) -> i64 {
        if self.index_of == Some(Exchange::Sh) { lots(shares) } else { shares }
    }

    fn amount(&self, fen: i64) -> String {
        fixed(fen, 2, if self.index_of == Some(Exchange::Sh) { 0 } else { 3 })
    }
}
