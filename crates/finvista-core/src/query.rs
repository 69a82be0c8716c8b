//! What is asked: the only value that travels down a call.

use std::borrow::{Borrow, Cow};
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::dataset::{CnStockDailyQuery, CnStockQuoteQuery};
use crate::error::InvalidInput;
use crate::symbol::Symbol;

/// The key of a data set, such as `cn_stock_daily`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DatasetId(Cow<'static, str>);

impl DatasetId {
    /// The id with this key.
    pub const fn new(key: &'static str) -> Self {
        Self(Cow::Borrowed(key))
    }

    /// The key.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<String> for DatasetId {
    fn from(key: String) -> Self {
        Self(Cow::Owned(key))
    }
}

impl Borrow<str> for DatasetId {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for DatasetId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// How prices are adjusted for dividends and splits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Adjust {
    /// As traded.
    #[default]
    None,
    /// Forward (前复权): the latest price is as traded, earlier ones are scaled down. A whole series changes with each
    /// new ex-date.
    Qfq,
    /// Backward (后复权): the first price is as traded, later ones are scaled up.
    Hfq,
}

impl Adjust {
    /// `none`, `qfq` or `hfq`.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Qfq => "qfq",
            Self::Hfq => "hfq",
        }
    }
}

impl fmt::Display for Adjust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Adjust {
    type Err = InvalidInput;

    fn from_str(text: &str) -> Result<Self, InvalidInput> {
        match text.trim().to_ascii_lowercase().as_str() {
            "none" | "" => Ok(Self::None),
            "qfq" => Ok(Self::Qfq),
            "hfq" => Ok(Self::Hfq),
            _ => Err(InvalidInput::new(format!("{text:?} is not an adjustment: none, qfq and hfq are"))),
        }
    }
}

/// The days asked for, both ends inclusive. An absent start is the first listing day, an absent end is today.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize)]
pub struct DateRange {
    start: Option<Date>,
    end: Option<Date>,
}

impl DateRange {
    /// The days from `start` to `end`.
    ///
    /// # Errors
    ///
    /// When the start lies after the end.
    pub fn new(start: Option<Date>, end: Option<Date>) -> Result<Self, InvalidInput> {
        match (start, end) {
            (Some(start), Some(end)) if start > end => {
                Err(InvalidInput::new(format!("the start {start} lies after the end {end}")))
            }
            _ => Ok(Self { start, end }),
        }
    }

    /// The first day, or `None` for the first listing day.
    pub fn start(&self) -> Option<Date> {
        self.start
    }

    /// The last day, or `None` for today.
    pub fn end(&self) -> Option<Date> {
        self.end
    }

    /// Whether the day lies inside.
    pub fn contains(&self, day: Date) -> bool {
        self.start.is_none_or(|start| start <= day) && self.end.is_none_or(|end| day <= end)
    }
}

impl fmt::Display for DateRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.start, self.end) {
            (None, None) => f.write_str("all days"),
            (Some(start), None) => write!(f, "from {start}"),
            (None, Some(end)) => write!(f, "until {end}"),
            (Some(start), Some(end)) => write!(f, "{start} to {end}"),
        }
    }
}

/// Read through [`DateRange::new`], so that a stored query is as valid as a made one.
impl<'de> Deserialize<'de> for DateRange {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Ends {
            #[serde(default)]
            start: Option<Date>,
            #[serde(default)]
            end: Option<Date>,
        }
        let ends = Ends::deserialize(deserializer)?;
        Self::new(ends.start, ends.end).map_err(serde::de::Error::custom)
    }
}

/// One query: a data set and what is asked of it. It hashes, compares and serialises, so that it can be a cache key, a
/// log line, and a message to a plugin.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Query {
    /// Daily bars of one instrument.
    CnStockDaily(CnStockDailyQuery),
    /// Quotes of instruments, now.
    CnStockQuote(CnStockQuoteQuery),
    /// A data set of a third party.
    Custom(CustomQuery),
}

/// A query of a data set that a third party registered: its key and `name=value` parameters.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CustomQuery {
    /// The key of the data set.
    pub dataset: DatasetId,
    /// The parameters, by name.
    pub params: Params,
}

/// Parameters of a query as text, by name: what `finvista get DATASET key=value…` reads.
pub type Params = BTreeMap<String, String>;

impl Query {
    /// A query of a third party's data set.
    pub fn custom(
        dataset: DatasetId,
        params: impl IntoIterator<Item = (impl Into<String>, impl Into<String>)>,
    ) -> Self {
        let params = params.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        Self::Custom(CustomQuery { dataset, params })
    }

    /// The data set.
    pub fn dataset(&self) -> DatasetId {
        match self {
            Self::CnStockDaily(_) => DatasetId::new("cn_stock_daily"),
            Self::CnStockQuote(_) => DatasetId::new("cn_stock_quote"),
            Self::Custom(query) => query.dataset.clone(),
        }
    }

    /// The instruments asked for; none where the data set is not about instruments.
    pub fn symbols(&self) -> &[Symbol] {
        match self {
            Self::CnStockDaily(query) => std::slice::from_ref(&query.symbol),
            Self::CnStockQuote(query) => &query.symbols,
            Self::Custom(_) => &[],
        }
    }

    /// The days asked for, where the data set has days.
    pub fn range(&self) -> Option<DateRange> {
        match self {
            Self::CnStockDaily(query) => Some(query.range),
            _ => None,
        }
    }

    /// The adjustment asked for, where the data set has one.
    pub fn adjust(&self) -> Option<Adjust> {
        match self {
            Self::CnStockDaily(query) => Some(query.adjust),
            _ => None,
        }
    }
}

impl From<CnStockDailyQuery> for Query {
    fn from(query: CnStockDailyQuery) -> Self {
        Self::CnStockDaily(query)
    }
}

impl From<CnStockQuoteQuery> for Query {
    fn from(query: CnStockQuoteQuery) -> Self {
        Self::CnStockQuote(query)
    }
}

impl From<CustomQuery> for Query {
    fn from(query: CustomQuery) -> Self {
        Self::Custom(query)
    }
}

/// What is asked, in words for messages: `000001.SZ, from 2024-01-01, qfq`.
impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CnStockDaily(query) => {
                write!(f, "{}, {}", query.symbol, query.range)?;
                match query.adjust {
                    Adjust::None => Ok(()),
                    adjust => write!(f, ", {adjust}"),
                }
            }
            Self::CnStockQuote(query) => match query.symbols.as_slice() {
                [one, two, three, _, rest @ ..] => {
                    write!(f, "{one}, {two}, {three} and {} more", rest.len() + 1)
                }
                few => {
                    let few: Vec<String> = few.iter().map(Symbol::to_string).collect();
                    f.write_str(&few.join(", "))
                }
            },
            Self::Custom(query) => {
                let params: Vec<String> =
                    query.params.iter().map(|(name, value)| format!("{name}={value}")).collect();
                f.write_str(&params.join(" "))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn a_range_has_its_ends_in_order() {
        let range = DateRange::new(Some(date(2024, 1, 1)), Some(date(2024, 1, 31))).unwrap();
        assert!(range.contains(date(2024, 1, 1)) && range.contains(date(2024, 1, 31)));
        assert!(!range.contains(date(2023, 12, 31)) && !range.contains(date(2024, 2, 1)));
        assert!(DateRange::new(Some(date(2024, 2, 1)), Some(date(2024, 1, 1))).is_err());
        assert!(serde_json::from_str::<DateRange>(r#"{"start":"2024-02-01","end":"2024-01-01"}"#).is_err());
    }

    #[test]
    fn a_query_survives_serde_and_says_what_it_asks() {
        let daily = Query::CnStockDaily(CnStockDailyQuery {
            symbol: "000001.SZ".parse().unwrap(),
            range: DateRange::new(Some(date(2024, 1, 1)), None).unwrap(),
            adjust: Adjust::Qfq,
        });
        let custom = Query::custom(DatasetId::from("tide_table".to_owned()), [("port", "Ningbo")]);
        for (query, words) in [(daily, "000001.SZ, from 2024-01-01, qfq"), (custom, "port=Ningbo")] {
            let json = serde_json::to_string(&query).unwrap();
            assert_eq!(serde_json::from_str::<Query>(&json).unwrap(), query, "{json}");
            assert_eq!(query.to_string(), words);
        }
    }
}
