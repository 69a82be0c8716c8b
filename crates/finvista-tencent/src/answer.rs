//! What an answer of bars says of one symbol, whatever the period:
//! `{"sz000001":{"qfqday":[[…],…],"qt":{"sz000001":["51",…],"market":[…]},…}}`.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use finvista_core::{ErrorKind, Series, SourceError, Symbol, wire};
use serde::de::{self, Deserialize, Deserializer, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::json::{self, Cell, filled};
use crate::units;

/// The parts of the answer by name. The rows stay text until it is clear which array is the right one.
#[derive(Default, serde::Deserialize)]
#[serde(transparent)]
pub(crate) struct Answer<'a>(#[serde(borrow)] BTreeMap<Cow<'a, str>, &'a RawValue>);

impl<'a> Answer<'a> {
    /// Finds the symbol in a body. `None` when the body holds no symbol at all.
    pub(crate) fn of(body: &'a [u8], symbol: &Symbol) -> Result<Option<Self>, SourceError> {
        let Some(data) = json::data(body)? else { return Ok(None) };
        let symbols: BTreeMap<Cow<'a, str>, &RawValue> = json::read(data)?;
        match symbols.iter().find(|(code, _)| symbol.is_prefixed(code.as_bytes())) {
            // An object without a key comes as `[]`.
            Some((_, &answer)) => {
                filled(Some(answer)).map_or_else(|| Ok(Self::default()), json::read).map(Some)
            }
            None => {
                let others: Vec<&str> = symbols.keys().map(Cow::as_ref).collect();
                Err(invalid(format!(
                    "expected an answer about {symbol}, got one about {}",
                    others.join(", ")
                )))
            }
        }
    }

    /// The array of rows under this name, unless it is missing or empty.
    pub(crate) fn rows(&self, key: &str) -> Option<&'a RawValue> {
        filled(self.0.get(key).copied())
    }

    /// Refuses an array of rows under a name that is none of these: the format changed, and taken for the end of a history it
    /// would cut that short without a word.
    pub(crate) fn refuse_other_rows(&self, keys: &[&str]) -> Result<(), SourceError> {
        let is_other = |key: &str, value: &RawValue| !keys.contains(&key) && value.get().starts_with("[[");
        match self.0.iter().find(|(key, value)| is_other(key, value)) {
            Some((key, _)) => Err(SourceError::decode(format!(
                "expected bars under {}, got some under {key:?}",
                keys.join(", ")
            ))),
            None => Ok(()),
        }
    }

    /// The fields of the quote, which stand where those of a quote line do; none where Tencent does not know the symbol
    /// (tencent_mkline_invalid_sh999999_2026-07-09.trimmed.json.txt). The quote of another symbol is an error.
    pub(crate) fn quote(&self, symbol: &Symbol) -> Result<Vec<Cell<'a>>, SourceError> {
        let Some(quotes) = filled(self.0.get("qt").copied()) else { return Ok(Vec::new()) };
        let quotes: BTreeMap<Cow<'a, str>, &RawValue> = json::read(quotes)?;
        let own = quotes.iter().find(|(code, _)| symbol.is_prefixed(code.as_bytes()));
        let Some(quote) = filled(own.map(|(_, &quote)| quote)) else { return Ok(Vec::new()) };
        let fields: Vec<Cell<'a>> = json::read(quote)?;
        match fields.get(2).map(Cell::text) {
            Some(code) if code != symbol.code() => {
                Err(invalid(format!("expected the quote of {symbol}, got that of {code:?}")))
            }
            _ => Ok(fields),
        }
    }
}

/// One row: `[label, open, CLOSE, HIGH, LOW, volume, {event}, turnover, amount, …]`. `fqkline` sends the first six, and a
/// seventh on an ex-date; `newfqkline` sends ten in 2024 and eleven in 2026; `mkline` sends eight. What comes after the
/// amount is unknown.
pub(crate) struct Row<'a> {
    pub(crate) label: Cell<'a>,
    open: Cell<'a>,
    close: Cell<'a>,
    high: Cell<'a>,
    low: Cell<'a>,
    volume: Cell<'a>,
    pub(crate) event: Cell<'a>,
    turnover: Cell<'a>,
    amount: Cell<'a>,
}

impl Row<'_> {
    /// Open, high, low and close.
    pub(crate) fn prices(&self) -> Result<[f64; 4], SourceError> {
        Ok([
            wire::number("open", self.open.text())?,
            wire::number("high", self.high.text())?,
            wire::number("low", self.low.text())?,
            wire::number("close", self.close.text())?,
        ])
    }

    /// The volume in shares, in units of this number of them.
    pub(crate) fn volume(&self, unit: i64) -> Result<i64, SourceError> {
        wire::shares("volume", self.volume.text(), unit)
    }

    /// The turnover, in percent or in 1/100 of a percent.
    pub(crate) fn turnover(&self) -> Result<Option<f64>, SourceError> {
        wire::optional("turnover", self.turnover.text())
    }

    /// The amount in the currency of the instrument.
    pub(crate) fn amount(&self) -> Result<Option<f64>, SourceError> {
        Ok(wire::optional("amount", self.amount.text())?.map(units::money))
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Row<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(RowVisitor)
    }
}

struct RowVisitor;

impl<'de> Visitor<'de> for RowVisitor {
    type Value = Row<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a bar as an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Row<'de>, A::Error> {
        let mut cells: [Cell<'de>; 9] = Default::default();
        let mut len = 0;
        while let Some(cell) = seq.next_element()? {
            if let Some(place) = cells.get_mut(len) {
                *place = cell;
            }
            len += 1;
        }
        if len < 6 {
            return Err(de::Error::custom(format!("expected a bar of 6 values at least, got {len}")));
        }
        let [label, open, close, high, low, volume, event, turnover, amount] = cells;
        // The only value that is no number says that none before it is missing.
        if !matches!(&event, Cell::Empty | Cell::Filled) && !event.text().is_empty() {
            let got = event.text();
            return Err(de::Error::custom(format!("expected the dividend of a bar, or none, got {got:?}")));
        }
        Ok(Row { label, open, close, high, low, volume, event, turnover, amount })
    }
}

pub(crate) fn invalid(message: String) -> SourceError {
    SourceError::new(ErrorKind::Invalid, message)
}

pub(crate) fn not_found(symbol: &Symbol) -> SourceError {
    SourceError::unknown(&[*symbol])
}

pub(crate) fn no_data(series: &Series) -> SourceError {
    SourceError::new(ErrorKind::NoData, format!("no bars of {}, {}", series.symbol, series.range))
}
