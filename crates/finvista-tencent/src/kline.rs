//! The envelope of Tencent's bars, and their rows.
//!
//! `{"code":0,"msg":"","data":{"sz000001":{"qfqday":[[…],…],"qt":{"sz000001":["51",…],"market":[…]},…}}}`. PHP writes it:
//! an empty object comes as `[]`, numbers come as strings, sometimes as numbers, and text as `\uXXXX`.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use finvista_core::{Adjust, ErrorKind, SourceError, Symbol, sample, wire};
use serde::de::{
    self, Deserialize, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor,
};
use serde_json::value::RawValue;

/// What an answer says of one symbol. The rows stay text until it is clear which array is the right one.
#[derive(Default, serde::Deserialize)]
#[serde(transparent)]
pub(crate) struct Series<'a>(#[serde(borrow)] BTreeMap<Cow<'a, str>, &'a RawValue>);

impl<'a> Series<'a> {
    /// Finds the symbol in an answer, bare or as `name={…}`. `None` when the answer holds no symbol at all.
    pub(crate) fn of(body: &'a [u8], symbol: &Symbol) -> Result<Option<Self>, SourceError> {
        #[derive(serde::Deserialize)]
        struct Envelope<'a> {
            #[serde(borrow, default)]
            code: Cell<'a>,
            #[serde(borrow, default)]
            msg: Cell<'a>,
            #[serde(borrow, default)]
            data: Option<&'a RawValue>,
        }
        let envelope: Envelope<'_> = wire::json(wire::between(body, b'{', b'}')?)?;
        match envelope.code.text() {
            "0" => {}
            "" => return Err(SourceError::decode(format!("no code in {}", sample(body)))),
            code => {
                let message = format!("Tencent says {:?} (code {code})", envelope.msg.text());
                return Err(SourceError::new(ErrorKind::Upstream, message));
            }
        }
        let Some(data) = filled(envelope.data) else { return Ok(None) };
        let mut symbols: BTreeMap<String, &RawValue> = read(data)?;
        match symbols.remove(&symbol.prefixed()) {
            // An object without a key comes as `[]`.
            Some(series) => filled(Some(series)).map_or_else(|| Ok(Self::default()), read).map(Some),
            None => {
                let others: Vec<&str> = symbols.keys().map(String::as_str).collect();
                let message = format!("the answer is about {}, and {symbol} was asked", others.join(", "));
                Err(SourceError::new(ErrorKind::Invalid, message))
            }
        }
    }

    /// The array with the prices as asked, unless it is missing or empty.
    pub(crate) fn rows(&self, adjust: Adjust) -> Option<&'a RawValue> {
        let key = match adjust {
            Adjust::None => "day",
            Adjust::Qfq => "qfqday",
            Adjust::Hfq => "hfqday",
        };
        filled(self.0.get(key).copied())
    }

    /// An array of rows under a name that is none of the known ones: the format changed, and taken for the end of a history it
    /// would cut that short without a word.
    pub(crate) fn unknown_rows(&self) -> Option<&str> {
        let known = |key: &str| matches!(key, "day" | "qfqday" | "hfqday");
        let found = self.0.iter().find(|(key, value)| !known(key) && value.get().starts_with("[["));
        found.map(|(key, _)| key.as_ref())
    }

    /// Whether Tencent knows the symbol: an unknown one has an empty quote
    /// (tencent_mkline_invalid_sh999999_2026-07-09.trimmed.json.txt). The quote of another symbol is an error.
    pub(crate) fn is_known(&self, symbol: &Symbol) -> Result<bool, SourceError> {
        let Some(quotes) = filled(self.0.get("qt").copied()) else { return Ok(false) };
        let quotes: BTreeMap<String, &RawValue> = read(quotes)?;
        let Some(quote) = filled(quotes.get(&symbol.prefixed()).copied()) else { return Ok(false) };
        let fields: Vec<Cell<'_>> = read(quote)?;
        match fields.get(2).map(Cell::text) {
            Some(code) if code != symbol.code() => {
                let message = format!("the answer carries the quote of {code:?}, and {symbol} was asked");
                Err(SourceError::new(ErrorKind::Invalid, message))
            }
            _ => Ok(true),
        }
    }
}

/// One row: `[date, open, CLOSE, HIGH, LOW, volume, {event}, turnover, amount, …]`. `fqkline` sends the first six, and a
/// seventh on an ex-date; `newfqkline` sends ten in 2024 and eleven in 2026. What comes after the amount is unknown.
pub(crate) struct Row<'a> {
    pub(crate) date: Cell<'a>,
    pub(crate) open: Cell<'a>,
    pub(crate) close: Cell<'a>,
    pub(crate) high: Cell<'a>,
    pub(crate) low: Cell<'a>,
    pub(crate) volume: Cell<'a>,
    pub(crate) event: Cell<'a>,
    pub(crate) turnover: Cell<'a>,
    pub(crate) amount: Cell<'a>,
}

/// Reads an array of rows, one at a time.
pub(crate) fn each_row<'a>(
    rows: &'a RawValue,
    each: impl FnMut(Row<'a>) -> Result<(), SourceError>,
) -> Result<(), SourceError> {
    let mut json = serde_json::Deserializer::from_str(rows.get());
    RowsSeed(each).deserialize(&mut json).map_err(|e| broken(&e, rows))
}

/// A value of a row or a quote. Numbers are kept as text: Tencent writes both `"24.10"` and `24.10`.
#[derive(Debug, Default, PartialEq)]
pub(crate) enum Cell<'a> {
    /// Text or a number.
    Text(Cow<'a, str>),
    /// An object or an array with something in it: the dividend of an ex-date.
    Filled,
    /// Null, an empty object, an empty array, or not there.
    #[default]
    Empty,
}

impl Cell<'_> {
    /// The text. An object shows as `{…}`, so that it is no number and the error says what stood there.
    pub(crate) fn text(&self) -> &str {
        match self {
            Self::Text(text) => text,
            Self::Filled => "{…}",
            Self::Empty => "",
        }
    }
}

/// `None` for what stands for "nothing".
fn filled(value: Option<&RawValue>) -> Option<&RawValue> {
    value.filter(|value| !matches!(value.get().trim(), "null" | "[]" | "{}" | "\"\""))
}

fn read<'a, T: Deserialize<'a>>(value: &'a RawValue) -> Result<T, SourceError> {
    serde_json::from_str(value.get()).map_err(|e| broken(&e, value))
}

fn broken(error: &serde_json::Error, value: &RawValue) -> SourceError {
    SourceError::decode(format!("{error}, in {}", sample(value.get().as_bytes())))
}

struct RowsSeed<F>(F);

impl<'de, F: FnMut(Row<'de>) -> Result<(), SourceError>> DeserializeSeed<'de> for RowsSeed<F> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de, F: FnMut(Row<'de>) -> Result<(), SourceError>> Visitor<'de> for RowsSeed<F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of bars")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut seq: A) -> Result<(), A::Error> {
        while let Some(row) = seq.next_element()? {
            (self.0)(row).map_err(|e| de::Error::custom(e.message()))?;
        }
        Ok(())
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Row<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
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
                    return Err(de::Error::custom(format!("a bar has {len} values, and needs 6 at least")));
                }
                let [date, open, close, high, low, volume, event, turnover, amount] = cells;
                Ok(Row { date, open, close, high, low, volume, event, turnover, amount })
            }
        }
        deserializer.deserialize_seq(RowVisitor)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Cell<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct CellVisitor;
        impl<'de> Visitor<'de> for CellVisitor {
            type Value = Cell<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string, a number, an object or nothing")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Cell<'de>, E> {
                Ok(Cell::Text(text.into()))
            }

            fn visit_str<E>(self, text: &str) -> Result<Cell<'de>, E> {
                Ok(Cell::Text(text.to_owned().into()))
            }

            fn visit_u64<E>(self, number: u64) -> Result<Cell<'de>, E> {
                Ok(Cell::Text(number.to_string().into()))
            }

            fn visit_i64<E>(self, number: i64) -> Result<Cell<'de>, E> {
                Ok(Cell::Text(number.to_string().into()))
            }

            fn visit_f64<E>(self, number: f64) -> Result<Cell<'de>, E> {
                Ok(Cell::Text(number.to_string().into()))
            }

            fn visit_unit<E>(self) -> Result<Cell<'de>, E> {
                Ok(Cell::Empty)
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Cell<'de>, A::Error> {
                let mut cell = Cell::Empty;
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {
                    cell = Cell::Filled;
                }
                Ok(cell)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Cell<'de>, A::Error> {
                let mut cell = Cell::Empty;
                while seq.next_element::<IgnoredAny>()?.is_some() {
                    cell = Cell::Filled;
                }
                Ok(cell)
            }
        }
        deserializer.deserialize_any(CellVisitor)
    }
}
