//! The 88 fields of a quote line in 2026. Which is which: the wire notes, checked against the recordings.

use jiff::civil::Date;

use super::kline::volume;
use super::lines;
use crate::market::{Exchange, Instrument, Kind, Level, Market, State};
use crate::wire::asked::Asked;
use crate::wire::number::{fixed, lots, ratio};

pub(crate) fn body(market: &Market, asked: &Asked<'_>) -> Option<String> {
    // The short form of a listing is its code with `s_` before it.
    Some(lines(asked, |code| match code.strip_prefix("s_") {
        Some(long) => market.on_exchange(long).map(short),
        None => market.on_exchange(code).map(|instrument| fields(instrument).join("~")),
    }))
}

/// The fields of a line, in order.
pub(super) fn fields(instrument: &Instrument) -> Vec<String> {
    let line = Line::of(instrument);
    let mut fields = vec![String::new(); 88];
    let mut put = |index: usize, text: String| {
        if let Some(field) = fields.get_mut(index) {
            *field = text;
        }
    };
    line.head(&mut put);
    line.book(&mut put);
    line.day(&mut put);
    line.tail(&mut put);
    if instrument.state == State::CodeChanged {
        // tencent_quote_ashare_index_etf_suspended_2026-09-28.txt: the last, empty field is missing.
        fields.pop();
    }
    fields
}

/// The short form: 12 fields, without a previous close.
fn short(instrument: &Instrument) -> String {
    let line = Line::of(instrument);
    let amount = fixed(instrument.quote().amount, 6, 0);
    [
        line.market_id(),
        line.name(),
        instrument.code.clone(),
        line.price(line.last),
        line.price(line.change()),
        line.change_pct(),
        line.volume(instrument.quote().volume),
        amount,
        String::new(),
        line.cap(instrument.total_shares),
        line.type_name().to_owned(),
        String::new(),
    ]
    .join("~")
}

type Put<'a> = &'a mut dyn FnMut(usize, String);

/// What the services for quotes and for ranks print alike.
pub(super) struct Line<'a> {
    instrument: &'a Instrument,
    /// A halted or delisted share shows its previous close as the last price.
    pub(super) last: i64,
    pre_close: i64,
    pub(super) traded: bool,
}

impl<'a> Line<'a> {
    pub(super) fn of(instrument: &'a Instrument) -> Self {
        let quote = instrument.quote();
        let pre_close = quote.pre_close.unwrap_or(0);
        let traded = instrument.state == State::Trading;
        Self { instrument, last: quote.price.unwrap_or(pre_close), pre_close, traded }
    }

    fn head(&self, put: Put<'_>) {
        let quote = self.instrument.quote();
        put(0, self.market_id());
        put(1, self.name());
        put(2, self.instrument.code.clone());
        put(3, self.price(self.last));
        put(4, self.price(self.pre_close));
        put(5, self.price(quote.open.unwrap_or(0)));
        put(6, self.volume(quote.volume));
        // Bought and sold volume: their split is not part of the market, so it is two thirds to one.
        let bought = if self.is_index() { 0 } else { quote.volume / 3 * 2 };
        let sold = if self.is_index() { 0 } else { quote.volume - bought };
        put(7, self.volume(bought));
        put(8, self.volume(sold));
    }

    fn book(&self, put: Put<'_>) {
        let quote = self.instrument.quote();
        let mut index = 9;
        // Price before volume, and lots on every board, STAR included.
        for Level { price, volume } in quote.bids.iter().chain(&quote.asks).copied() {
            put(index, self.price(price));
            put(index + 1, lots(volume).to_string());
            index += 2;
        }
    }

    fn day(&self, put: Put<'_>) {
        let quote = self.instrument.quote();
        let (high, low) = (self.price(quote.high.unwrap_or(0)), self.price(quote.low.unwrap_or(0)));
        let swing = quote.high.unwrap_or(0) - quote.low.unwrap_or(0);
        put(30, quote.time.strftime("%Y%m%d%H%M%S").to_string());
        put(31, self.price(self.change()));
        put(32, self.change_pct());
        put(33, high.clone());
        put(34, low.clone());
        // The exact amount in yuan is hidden in here; field 37 is rounded to 10,000 yuan.
        let yuan = fixed(quote.amount, 2, 0);
        put(35, format!("{}/{}/{yuan}", self.price(self.last), self.volume(quote.volume)));
        put(36, self.volume(quote.volume));
        let changed = self.instrument.state == State::CodeChanged;
        put(37, if changed { "0.00".to_owned() } else { fixed(quote.amount, 6, 0) });
        let unlisted = self.instrument.state == State::NotListed;
        put(38, if unlisted { String::new() } else { fixed(quote.turnover, 2, 2) });
        put(39, "0.00".to_owned());
        put(40, self.flag().to_owned());
        put(41, high);
        put(42, low);
        put(43, fixed(ratio(swing, self.pre_close, 4), 2, 2));
        put(44, if unlisted { String::new() } else { self.cap(self.instrument.float_shares) });
        put(45, self.cap(self.instrument.total_shares));
        put(46, "0.00".to_owned());
        let limit = |limit: Option<i64>| limit.map_or_else(|| "-1".to_owned(), |price| self.price(price));
        put(47, limit(quote.limits.map(|l| l.0)));
        put(48, limit(quote.limits.map(|l| l.1)));
        put(49, if self.traded { "1.00" } else { "0.00" }.to_owned());
        let lots_of = |side: &[Level]| side.iter().map(|level| lots(level.volume)).sum::<i64>();
        let (bid, ask) = (lots_of(&quote.bids), lots_of(&quote.asks));
        put(50, (bid - ask).to_string());
        put(51, self.price(self.average()));
        put(57, fixed(quote.amount, 6, 4));
        let after = quote.after_hours;
        put(58, fixed(after.map_or(0, |a| a.amount), 6, 4));
        put(59, after.map_or(0, |a| lots(a.volume)).to_string());
        put(74, if bid + ask == 0 { String::new() } else { fixed(ratio(bid - ask, bid + ask, 4), 2, 2) });
    }

    fn tail(&self, put: Put<'_>) {
        let quote = self.instrument.quote();
        put(60, if self.is_index() { " " } else { "   A" }.to_owned());
        put(61, self.type_name().to_owned());
        if let Some((high, low)) = self.year_range(quote.time.date()) {
            put(67, self.price(high));
            put(68, self.price(low));
        }
        let unlisted = self.instrument.state == State::NotListed;
        let float = if unlisted { String::new() } else { self.instrument.float_shares.to_string() };
        put(72, float.clone());
        put(73, if self.is_index() { String::new() } else { self.instrument.total_shares.to_string() });
        put(76, float);
        put(80, "0.00".to_owned());
        put(82, self.currency().to_owned());
        put(83, if self.instrument.state == State::CodeChanged { "3" } else { "0" }.to_owned());
        put(85, "0.00".to_owned());
        put(86, "0".to_owned());
        put(87, if self.instrument.kind == Kind::Star { "100" } else { "" }.to_owned());
    }

    fn is_index(&self) -> bool {
        self.instrument.kind == Kind::Index
    }

    fn market_id(&self) -> String {
        match self.instrument.exchange {
            Exchange::Sh | Exchange::Csi => "1",
            Exchange::Sz => "51",
            Exchange::Bj => "62",
        }
        .to_owned()
    }

    /// One blank where East Money writes two, as at Sina.
    pub(super) fn name(&self) -> String {
        self.instrument.name.replace("  ", " ")
    }

    pub(super) fn price(&self, value: i64) -> String {
        fixed(value, self.instrument.decimals, self.instrument.decimals)
    }

    pub(super) fn volume(&self, shares: i64) -> String {
        volume(self.instrument, shares).to_string()
    }

    pub(super) fn change(&self) -> i64 {
        self.last - self.pre_close
    }

    pub(super) fn change_pct(&self) -> String {
        fixed(ratio(self.change(), self.pre_close, 4), 2, 2)
    }

    /// Market value in units of 100 million yuan.
    pub(super) fn cap(&self, shares: i64) -> String {
        let yuan = i128::from(shares) * i128::from(self.last) / 10_i128.pow(self.instrument.decimals);
        fixed(i64::try_from(yuan).unwrap_or(i64::MAX), 8, 2)
    }

    fn average(&self) -> i64 {
        let quote = self.instrument.quote();
        if self.is_index() {
            return if self.traded { self.last } else { 0 };
        }
        // Amount is in 1/100, prices in 10^-decimals.
        let fen = ratio(quote.amount, quote.volume, 3);
        fixed(fen, 5, self.instrument.decimals).replace('.', "").parse().unwrap_or(0)
    }

    /// The highest and the lowest price of the year before `day`; nothing where it did not trade.
    fn year_range(&self, day: Date) -> Option<(i64, i64)> {
        let begin = day.yesterday().ok().and_then(|d| d.with().year(day.year() - 1).build().ok());
        let year = || self.instrument.bars().iter().rev().take_while(|bar| Some(bar.date) >= begin);
        Some((year().map(|bar| bar.high).max()?, year().map(|bar| bar.low).min()?))
    }

    pub(super) fn flag(&self) -> &'static str {
        match self.instrument.state {
            State::Trading | State::CallAuction => "",
            State::Suspended => "S",
            State::Delisted => "D",
            State::NotListed => "U",
            State::CodeChanged => "C",
        }
    }

    pub(super) fn type_name(&self) -> &'static str {
        match self.instrument.kind {
            Kind::Main => "GP-A",
            Kind::BShare => "GP-B",
            Kind::Star => "GP-A-KCB",
            Kind::ChiNext => "GP-A-CYB",
            Kind::Beijing => "GP",
            Kind::Fund => "ETF",
            Kind::Index => "ZS",
        }
    }

    fn currency(&self) -> &'static str {
        match (self.instrument.kind, self.instrument.exchange) {
            (Kind::BShare, Exchange::Sh) => "USD",
            (Kind::BShare, _) => "HKD",
            _ => "CNY",
        }
    }
}
