//! The answer of a list: items with numbered fields, of quotes ([`ulist`](crate::Ulist)) and of listings.

use std::borrow::Cow;
use std::fmt;

use finvista_core::dataset::Quote;
use finvista_core::{ErrorKind, SourceError, Symbol, wire};
use jiff::Timestamp;
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};

use crate::LOT;
use crate::envelope::Cell;
use crate::symbol::from_vendor;

/// A list, or a page of one.
#[derive(Debug, Deserialize)]
pub(crate) struct List<'a> {
    /// The number of its items, those of other pages included.
    pub(crate) total: Option<usize>,
    #[serde(borrow)]
    pub(crate) diff: Items<'a>,
}

/// An item. A field that is missing, as in answers to requests that did not ask for it, has no value; a change of format
/// shows in the last price and in what says whose quote it is, without which nothing is read.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Item<'a> {
    #[serde(rename = "f1", borrow)]
    decimals: Cell<'a>,
    #[serde(rename = "f2", borrow)]
    price: Cell<'a>,
    #[serde(rename = "f3", borrow)]
    change_pct: Cell<'a>,
    #[serde(rename = "f4", borrow)]
    change: Cell<'a>,
    #[serde(rename = "f5", borrow)]
    volume: Cell<'a>,
    #[serde(rename = "f6", borrow)]
    amount: Cell<'a>,
    #[serde(rename = "f8", borrow)]
    turnover: Cell<'a>,
    #[serde(rename = "f12", borrow)]
    code: Cell<'a>,
    #[serde(rename = "f13", borrow)]
    market: Cell<'a>,
    #[serde(rename = "f14", borrow)]
    name: Option<Cow<'a, str>>,
    #[serde(rename = "f15", borrow)]
    high: Cell<'a>,
    #[serde(rename = "f16", borrow)]
    low: Cell<'a>,
    #[serde(rename = "f17", borrow)]
    open: Cell<'a>,
    #[serde(rename = "f18", borrow)]
    pre_close: Cell<'a>,
    #[serde(rename = "f20", borrow)]
    market_cap: Cell<'a>,
    #[serde(rename = "f21", borrow)]
    float_cap: Cell<'a>,
    #[serde(rename = "f124", borrow)]
    time: Cell<'a>,
    #[serde(rename = "f152", borrow)]
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

impl Item<'_> {
    pub(crate) fn row(&self) -> Result<Row<'_>, SourceError> {
        let symbol = self.symbol()?;
        let row = || -> Result<Row<'_>, SourceError> {
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

    /// Whose quote it is.
    fn symbol(&self) -> Result<Symbol, SourceError> {
        let (market, code) = (self.market.text(), self.code.text());
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
            volume: match self.volume.number("f5")? {
                Some(_) => Some(wire::shares("f5", self.volume.text(), LOT)?),
                None => None,
            },
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
        if prices.iter().any(|cell| cell.text().contains('.')) {
            // Scaled prices are whole numbers, so these are in the form of fltt=2, in which the vendor always writes a point.
            return Ok((1.0, 1.0));
        }
        let Some(decimals) = power_of_ten("f1", self.decimals)? else {
            let without = prices.iter().all(|cell| matches!(cell.text(), "" | "-"));
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
    match cell.number(field)? {
        None => Ok(None),
        // An exact power, and one division: 1962 / 100 is the same float as 19.62.
        Some(n) if n.fract() == 0.0 && (0.0..=8.0).contains(&n) => Ok(Some(10_f64.powi(n as i32))),
        Some(n) => Err(SourceError::decode(format!("expected a number of decimals in {field}, got {n}"))),
    }
}

fn missing(field: &str) -> SourceError {
    SourceError::decode(format!("{field} is missing"))
}

/// The items of a list, which is an array, or an object with the keys "0", "1", … (ulist_sse_objectkeyed_4symbols_fltt1.txt).
#[derive(Debug)]
pub(crate) struct Items<'a>(pub(crate) Vec<Item<'a>>);

impl<'de: 'a, 'a> Deserialize<'de> for Items<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct List;
        impl<'de> Visitor<'de> for List {
            type Value = Vec<Item<'de>>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an array of quotes, or an object of quotes")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                let mut items = Vec::new();
                while let Some(item) = seq.next_element()? {
                    items.push(item);
                }
                Ok(items)
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut items = Vec::new();
                while let Some((_, item)) = map.next_entry::<serde::de::IgnoredAny, _>()? {
                    items.push(item);
                }
                Ok(items)
            }
        }
        deserializer.deserialize_any(List).map(Items)
    }
}
