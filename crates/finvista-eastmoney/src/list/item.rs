//! An item: numbered fields, of which no answer has all.

use std::borrow::Cow;

use finvista_core::dataset::Quote;
use finvista_core::{ErrorKind, SourceError, Symbol, wire};
use jiff::Timestamp;
use serde::de::IgnoredAny;

use super::cell::Cell;
use super::scan::Scan;
use crate::symbol::from_vendor;

/// An item. A field that was asked for is always there, with `"-"` where there is no value, so one that is missing is a change of
/// format.
#[derive(Debug, Default)]
pub(super) struct Item<'a> {
    code: &'a str,
    market: &'a str,
    name: Option<Cow<'a, str>>,
    decimals: Cell<'a>,
    price: Cell<'a>,
    change_pct: Cell<'a>,
    change: Cell<'a>,
    volume: Cell<'a>,
    amount: Cell<'a>,
    turnover: Cell<'a>,
    high: Cell<'a>,
    low: Cell<'a>,
    open: Cell<'a>,
    pre_close: Cell<'a>,
    market_cap: Cell<'a>,
    float_cap: Cell<'a>,
    time: Cell<'a>,
    percent_decimals: Cell<'a>,
}

/// What an item says, in shares and currency.
#[derive(Debug)]
pub(crate) struct Row<'a> {
    pub(crate) symbol: Symbol,
    pub(crate) quote: Quote<'a>,
    /// Shares traded in percent of the float.
    pub(crate) turnover: Option<f64>,
    /// The value of all shares.
    pub(crate) market_cap: Option<f64>,
    /// The value of the float.
    pub(crate) float_cap: Option<f64>,
}

impl<'a> Item<'a> {
    /// Reads the fields of the item that comes next.
    pub(super) fn read(&mut self, scan: &mut Scan<'a>) -> Result<(), SourceError> {
        scan.expect(b'{')?;
        if scan.take(b'}') {
            return Ok(());
        }
        loop {
            self.read_field(scan)?;
            if scan.take(b'}') {
                return Ok(());
            }
            scan.expect(b',')?;
        }
    }

    #[inline(always)]
    fn read_field(&mut self, scan: &mut Scan<'a>) -> Result<(), SourceError> {
        let field = scan.field()?;
        let was_there = match field {
            12 => !std::mem::replace(&mut self.code, scan.written()?).is_empty(),
            13 => !std::mem::replace(&mut self.market, scan.written()?).is_empty(),
            14 => std::mem::replace(&mut self.name, scan.text()?).is_some(),
            _ => match self.place(field) {
                Some(place) => !std::mem::replace(place, scan.cell()?).is_absent(),
                None => {
                    scan.any::<IgnoredAny>()?;
                    false
                }
            },
        };
        if was_there {
            return Err(SourceError::decode(format!("expected f{field} once, got it twice")));
        }
        Ok(())
    }

    #[inline(always)]
    fn place(&mut self, field: u16) -> Option<&mut Cell<'a>> {
        match field {
            1 => Some(&mut self.decimals),
            2 => Some(&mut self.price),
            3 => Some(&mut self.change_pct),
            4 => Some(&mut self.change),
            5 => Some(&mut self.volume),
            6 => Some(&mut self.amount),
            8 => Some(&mut self.turnover),
            15 => Some(&mut self.high),
            16 => Some(&mut self.low),
            17 => Some(&mut self.open),
            18 => Some(&mut self.pre_close),
            20 => Some(&mut self.market_cap),
            21 => Some(&mut self.float_cap),
            124 => Some(&mut self.time),
            152 => Some(&mut self.percent_decimals),
            _ => None,
        }
    }

    /// What it says. These fields were asked for, beside those without which nothing is read.
    pub(super) fn row(&self, asked: &[u16]) -> Result<Row<'_>, SourceError> {
        let symbol = self.symbol()?;
        let row = || -> Result<Row<'_>, SourceError> {
            if let Some(field) = asked.iter().find(|&&field| self.lacks(field)) {
                return Err(missing(&format!("f{field}")));
            }
            let units = self.units()?;
            Ok(Row {
                symbol,
                quote: self.quote(units)?,
                turnover: self.turnover.number("f8")?.map(|number| number / units.1),
                market_cap: self.market_cap.number("f20")?,
                float_cap: self.float_cap.number("f21")?,
            })
        };
        row().map_err(|e| SourceError::decode(format!("{}, in the row of {symbol}", e.message())))
    }

    fn lacks(&self, field: u16) -> bool {
        let cell = match field {
            3 => self.change_pct,
            4 => self.change,
            5 => self.volume,
            6 => self.amount,
            8 => self.turnover,
            15 => self.high,
            16 => self.low,
            17 => self.open,
            18 => self.pre_close,
            124 => self.time,
            _ => return false,
        };
        cell.is_absent()
    }

    /// Whose quote it is.
    fn symbol(&self) -> Result<Symbol, SourceError> {
        let Self { market, code, .. } = *self;
        if code.is_empty() {
            return Err(missing("f12 (code)"));
        }
        if market.is_empty() {
            // 000001 alone is a bank in Shenzhen and an index in Shanghai.
            return Err(missing(&format!("f13 (market) beside the code {code}")));
        }
        from_vendor(market, code).ok_or_else(|| {
            let message = format!("expected a mainland instrument, got {market}.{code}");
            SourceError::new(ErrorKind::Invalid, message)
        })
    }

    fn quote(&self, (unit, percent_unit): (f64, f64)) -> Result<Quote<'_>, SourceError> {
        if self.price.is_absent() {
            return Err(missing("f2 (last price)"));
        }
        let price = |field: &str, cell: Cell<'_>| {
            cell.number(field).map(|number| number.and_then(wire::nonzero).map(|number| number / unit))
        };
        let traded = |number: Option<f64>, is: bool| number.filter(|_| is);
        let is_traded = self.is_traded()?;
        let last = traded(price("f2", self.price)?, is_traded);
        Ok(Quote {
            name: self.name.as_deref().ok_or_else(|| missing("f14 (name)"))?,
            time: self.time()?,
            price: last,
            pre_close: price("f18", self.pre_close)?,
            open: traded(price("f17", self.open)?, is_traded),
            high: traded(price("f15", self.high)?, is_traded),
            low: traded(price("f16", self.low)?, is_traded),
            volume: self.volume.shares("f5")?,
            amount: self.amount.number("f6")?,
            change: self.change.number("f4")?.filter(|_| last.is_some()).map(|number| number / unit),
            change_pct: self
                .change_pct
                .number("f3")?
                .filter(|_| last.is_some())
                .map(|number| number / percent_unit),
            ..Quote::default()
        })
    }

    /// What prices and percentages are divided by.
    fn units(&self) -> Result<(f64, f64), SourceError> {
        let prices = [self.price, self.high, self.low, self.open, self.pre_close, self.change];
        if prices.iter().any(|cell| cell.has_point()) {
            // Scaled prices are whole numbers, so these are in the form of fltt=2, in which the vendor always writes a point.
            return Ok((1.0, 1.0));
        }
        let Some(decimals) = power_of_ten("f1", self.decimals)? else {
            let without = prices.iter().all(|cell| matches!(cell, Cell::Absent | Cell::Text("" | "-")));
            return if without { Ok((1.0, 1.0)) } else { Err(missing("f1 (decimals of the prices)")) };
        };
        Ok((decimals, power_of_ten("f152", self.percent_decimals)?.unwrap_or(100.0)))
    }

    /// Whether there was a trade today. Prices of suspended days and of the call auction are no trades, so that all vendors
    /// mean the same. A field that was not asked for says nothing; 30 shares are a volume of 0 lots and have an amount.
    fn is_traded(&self) -> Result<bool, SourceError> {
        let nothing = self.volume.is_nothing("f5")? && self.amount.number("f6")?.is_none_or(|n| n == 0.0);
        Ok(!nothing && !self.open.is_nothing("f17")?)
    }

    fn time(&self) -> Result<Option<Timestamp>, SourceError> {
        let Some(seconds) = self.time.number("f124")?.and_then(wire::nonzero) else { return Ok(None) };
        Timestamp::from_second(seconds as i64)
            .map(Some)
            .map_err(|_| SourceError::decode(format!("expected seconds since 1970 in f124, got {seconds}")))
    }
}

/// Ten to the number of decimals in this field. No instrument has more than four.
fn power_of_ten(field: &str, cell: Cell<'_>) -> Result<Option<f64>, SourceError> {
    // Exact powers, and one division: 1962 / 100 is the same float as 19.62.
    const POWERS: [f64; 9] = [1.0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8];
    let Some(number) = cell.number(field)? else { return Ok(None) };
    match POWERS.get(number as usize).filter(|_| f64::from(number as u8) == number) {
        Some(power) => Ok(Some(*power)),
        None => Err(SourceError::decode(format!("expected a number of decimals in {field}, got {number}"))),
    }
}

fn missing(field: &str) -> SourceError {
    SourceError::decode(format!("{field} is missing"))
}
