#![cfg(test)]
//! A vendor's table against the market's truth, up to what each vendor is known to round and to leave out.

mod bars;
mod listing;

use finvista::{Adjust, CnStockDaily, DailyBar, DateRange, QuoteRow, Table, Zone};
use finvista_testkit::{AdjustedBar, Bar, Instrument, Kind, Level, State, Vendor};

pub(crate) use bars::{Plain, assert_bars, days, minutes};
pub(crate) use listing::assert_listing;

/// The bars inside the range, as places in [`Instrument::bars`].
pub(crate) fn inside(instrument: &Instrument, range: DateRange) -> std::ops::Range<usize> {
    let bars = instrument.bars();
    let begin = bars.partition_point(|bar| range.start().is_some_and(|start| bar.date < start));
    let end = bars.partition_point(|bar| range.end().is_none_or(|end| bar.date <= end));
    begin..end.max(begin)
}

/// The table is the truth of the instrument in this range, as this vendor tells it.
pub(crate) fn assert_daily(
    table: &Table<CnStockDaily>,
    vendor: Vendor,
    instrument: &Instrument,
    range: DateRange,
    adjust: Adjust,
) {
    let series = Series { vendor, instrument, adjust, prices: instrument.adjusted(kit(adjust)) };
    let expected = inside(instrument, range);
    let place = format!("{vendor} {} {range} {adjust}", instrument.prefixed());
    assert_eq!(table.source(), vendor.to_string(), "{place}");
    assert_eq!(table.num_rows(), expected.len(), "{place}");
    for (row, at) in table.rows().zip(expected) {
        series.assert_row(&row, at, &format!("{place}: {row:?}"));
    }
}

fn kit(adjust: Adjust) -> finvista_testkit::Adjust {
    match adjust {
        Adjust::None => finvista_testkit::Adjust::None,
        Adjust::Qfq => finvista_testkit::Adjust::Qfq,
        Adjust::Hfq => finvista_testkit::Adjust::Hfq,
    }
}

struct Series<'a> {
    vendor: Vendor,
    instrument: &'a Instrument,
    adjust: Adjust,
    prices: Vec<AdjustedBar>,
}

impl Series<'_> {
    fn assert_row(&self, row: &DailyBar<'_>, at: usize, place: &str) {
        let (bar, prices) = (&self.instrument.bars()[at], &self.prices[at]);
        assert_eq!((row.symbol, row.date), (symbol(self.instrument).as_str(), bar.date), "{place}");
        let near = self.rounding();
        for (is, should) in [
            (row.open, prices.open),
            (row.high, prices.high),
            (row.low, prices.low),
            (row.close, prices.close),
        ] {
            // The hair is for binary floats on their way through a product.
            let hair = if near == 0.0 { 0.0 } else { 1e-9 * should.abs().max(1.0) };
            assert!((is - should).abs() <= near + hair, "{place}: {is} is not {should}");
        }
        assert_volume(Some(row.volume), bar.volume, self.vendor, self.instrument.kind, place);
        self.assert_money(row, bar, place);
        self.assert_change(row, at, place);
    }

    /// How far a price may lie from the truth: not at all as traded; adjusted ones are rounded to the instrument's decimals
    /// at East Money and to three decimals at the others.
    fn rounding(&self) -> f64 {
        match (self.adjust, self.vendor) {
            (Adjust::None, _) => 0.0,
            (_, Vendor::EastMoney) => 0.5 / unit(self.instrument),
            _ => 0.0005,
        }
    }

    fn assert_money(&self, row: &DailyBar<'_>, bar: &Bar, place: &str) {
        let (amount, turnover) = (bar.amount as f64 / 100.0, Some(bar.turnover as f64 / 100.0));
        match (self.vendor, row.amount) {
            (Vendor::EastMoney, is) => assert_eq!(is, Some(amount), "{place}"),
            (Vendor::Sina, is) => assert_eq!(is, None, "{place}: Sina's daily bars have no amount"),
            // Two decimals of 10,000 yuan; what is rounded to nothing is missing.
            (Vendor::Tencent, Some(is)) => assert!((is - amount).abs() <= 50.0, "{place}: {is} {amount}"),
            (Vendor::Tencent, None) => assert!(amount <= 50.0, "{place}: {amount}"),
        }
        let expected = if self.vendor == Vendor::Sina { None } else { turnover };
        assert_eq!(row.turnover, expected, "{place}");
    }

    fn assert_change(&self, row: &DailyBar<'_>, at: usize, place: &str) {
        let bars = self.instrument.bars();
        let derived = (row.change, row.change_pct, row.amplitude);
        let before = match at.checked_sub(1) {
            Some(before) => bars[before].close,
            // Only East Money knows the issue price, from which the listing day is reckoned.
            None if self.vendor == Vendor::EastMoney => self.instrument.issue_price,
            None => return assert_eq!(derived, (None, None, None), "{place}"),
        };
        if self.adjust == Adjust::None {
            let Bar { close, high, low, .. } = bars[at];
            let change = Some((close - before) as f64 / unit(self.instrument));
            assert_eq!(
                derived,
                (change, percent(close - before, before), percent(high - low, before)),
                "{place}"
            );
        } else if let Some(before) = at.checked_sub(1) {
            let change = self.prices[at].close - self.prices[before].close;
            let near = 2.0 * self.rounding() + 0.000_1;
            assert!((row.change.unwrap() - change).abs() <= near, "{place}: {change}");
        }
    }
}

/// A quote is the truth of the instrument, as this vendor tells it.
pub(crate) fn assert_quote(row: &QuoteRow<'_>, vendor: Vendor, instrument: &Instrument) {
    let (truth, unit) = (instrument.quote(), unit(instrument));
    let place = format!("{vendor} {}: {row:?}", instrument.prefixed());
    let price = |ticks: Option<i64>| ticks.map(|ticks| ticks as f64 / unit);
    let is_traded = instrument.state == State::Trading;
    assert_eq!(row.symbol, symbol(instrument), "{place}");
    let name = match vendor {
        Vendor::EastMoney => instrument.name.clone(),
        // One blank where East Money writes two.
        Vendor::Sina | Vendor::Tencent => instrument.name.replace("  ", " "),
    };
    assert_eq!(row.name, name, "{place}");
    match vendor {
        // East Money stamps the feed and not the trade.
        Vendor::EastMoney => assert_eq!(Zone::Shanghai.day(row.time.unwrap()), truth.time.date(), "{place}"),
        _ => assert_eq!(row.time, Zone::Shanghai.instant(truth.time), "{place}"),
    }
    // The matched price of a call auction is not a trade.
    assert_eq!(row.price, price(truth.price.filter(|_| is_traded)), "{place}");
    assert_eq!([row.open, row.high, row.low], [truth.open, truth.high, truth.low].map(price), "{place}");
    // Sina has no previous close of a delisted share.
    let gone = matches!(instrument.state, State::Delisted | State::CodeChanged | State::NotListed);
    let pre_close = truth.pre_close.filter(|_| !(gone && vendor == Vendor::Sina));
    assert_eq!(row.pre_close, price(pre_close), "{place}");
    let before = truth.pre_close.unwrap_or(0);
    let change = truth.price.filter(|_| is_traded).map(|last| last - before);
    let change_pct = change.and_then(|change| percent(change, before));
    assert_eq!((row.change, row.change_pct), (price(change), change_pct), "{place}");
    if vendor == Vendor::EastMoney && !is_traded {
        // It writes "-" where the others write 0.
        assert_eq!((row.volume, row.amount), (None, None), "{place}");
    } else {
        assert_volume(row.volume, truth.volume, vendor, instrument.kind, &place);
        let near = if vendor == Vendor::Tencent { 0.5 } else { 0.0 };
        assert!((row.amount.unwrap() - truth.amount as f64 / 100.0).abs() <= near, "{place}");
    }
    assert_book(row, vendor, instrument, &place);
}

fn assert_book(row: &QuoteRow<'_>, vendor: Vendor, instrument: &Instrument, place: &str) {
    let truth = instrument.quote();
    let bids = [
        (row.bid1, row.bid_volume1),
        (row.bid2, row.bid_volume2),
        (row.bid3, row.bid_volume3),
        (row.bid4, row.bid_volume4),
        (row.bid5, row.bid_volume5),
    ];
    let asks = [
        (row.ask1, row.ask_volume1),
        (row.ask2, row.ask_volume2),
        (row.ask3, row.ask_volume3),
        (row.ask4, row.ask_volume4),
        (row.ask5, row.ask_volume5),
    ];
    let levels = bids.into_iter().chain(asks).zip(truth.bids.iter().chain(&truth.asks));
    for ((price, volume), Level { price: ticks, volume: shares }) in levels {
        if vendor == Vendor::EastMoney || *ticks == 0 {
            // East Money's list has no book, and no order waits at price 0.
            assert_eq!((price, volume), (None, None), "{place}");
            continue;
        }
        assert_eq!(price, Some(*ticks as f64 / unit(instrument)), "{place}");
        // Tencent's book is in lots on every board.
        assert_volume(volume, *shares, vendor, Kind::Main, place);
    }
}

/// Sina counts shares, the others lots of 100, and Tencent counts STAR shares in shares.
fn assert_volume(is: Option<i64>, should: i64, vendor: Vendor, kind: Kind, place: &str) {
    let near = match vendor {
        Vendor::Sina => 0,
        Vendor::Tencent if kind == Kind::Star => 0,
        Vendor::EastMoney | Vendor::Tencent => 50,
    };
    let is = is.unwrap_or_else(|| panic!("{place}: no volume"));
    assert!((is - should).abs() <= near, "{place}: {is} shares are not {should}");
}

/// `part` in percent of `whole` to two decimals, half away from zero, in whole numbers all the way.
fn percent(part: i64, whole: i64) -> Option<f64> {
    let (part, whole) = (i128::from(part), i128::from(whole));
    let half_up = (2 * 10_000 * part.abs() + whole).checked_div(2 * whole)?;
    Some((half_up * part.signum()) as f64 / 100.0)
}

fn unit(instrument: &Instrument) -> f64 {
    10_f64.powi(instrument.decimals.try_into().unwrap())
}

pub(crate) fn symbol(instrument: &Instrument) -> String {
    format!("{}.{}", instrument.code, instrument.exchange.prefix().to_uppercase())
}
