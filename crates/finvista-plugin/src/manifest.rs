//! The manifest: what a plugin says of itself, as JSON. The author's side writes it, and the host reads it.

mod make;

use std::collections::BTreeMap;

use finvista_core::dataset::ColumnType;
use finvista_core::{Adjust, Board, Capability, Precision};
use serde::{Deserialize, Serialize};

/// What a plugin says of itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// The name that users write: lower-case ASCII.
    pub name: String,
    /// The name for people; empty where it is the same.
    #[serde(default)]
    pub title: String,
    /// The version of the plugin.
    pub version: String,
    /// Sources that fail together share this; empty where it is the name.
    #[serde(default)]
    pub failure_domain: String,
    /// Whether `fetch` waits, and must be called on a thread that may.
    #[serde(default)]
    pub blocking: bool,
    /// The hosts that `http_fetch` may ask.
    #[serde(default)]
    pub hosts: Vec<String>,
    /// How often each of them may be asked; by default once a second.
    #[serde(default)]
    pub quota: Rate,
    /// The data sets.
    pub datasets: Vec<Offered>,
    /// What the plugin was written with, for people.
    #[serde(default)]
    pub sdk: String,
}

/// How often a host may be asked.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Rate {
    /// Requests a minute.
    pub per_minute: f64,
    /// Requests at once after a pause.
    #[serde(default = "one")]
    pub burst: u32,
    /// Requests on their way at the same time.
    #[serde(default = "one")]
    pub in_flight: u32,
}

fn one() -> u32 {
    1
}

/// Once a second, for a plugin that does not say.
impl Default for Rate {
    fn default() -> Self {
        Self { per_minute: 60.0, burst: 1, in_flight: 1 }
    }
}

/// A data set that a plugin has. One with columns is the plugin's own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Offered {
    /// The key.
    pub id: String,
    /// The default priority; the lowest is asked first.
    pub priority: i32,
    /// The promise; by default everything.
    #[serde(default)]
    pub capability: Promise,
    /// One line for people.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub title: String,
    /// The parameters of a query.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub params: Vec<Param>,
    /// The columns, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<Column>,
    /// How long an answer may be kept, in seconds; 0 is not at all.
    #[serde(default)]
    pub ttl_s: u64,
}

/// A promise, see [`Capability`].
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Promise {
    /// The boards whose instruments are promised, unadjusted; absent where the data set is not about boards.
    pub boards: Option<Vec<Board>>,
    /// The boards of each adjustment.
    pub adjusts: BTreeMap<Adjust, Vec<Board>>,
    /// How many of the latest bars can be reached; absent: all.
    pub last_bars: Option<u32>,
    /// How the numbers are rounded; absent: as coarsely as any vendor does.
    pub precision: Option<Rounding>,
}

/// Half steps of rounding, see [`Precision`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Rounding {
    /// Shares.
    pub volume: f64,
    /// Money.
    pub amount: f64,
    /// Prices.
    pub price: f64,
}

/// A parameter of a query.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Param {
    /// The name.
    pub name: String,
    /// Whether a query must have it.
    #[serde(default)]
    pub required: bool,
    /// What it means.
    #[serde(default)]
    pub doc: String,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Column {
    /// The name.
    pub name: String,
    /// The type.
    #[serde(rename = "type")]
    pub ty: Type,
    /// Whether a value may be missing.
    #[serde(default)]
    pub nullable: bool,
    /// The unit; empty where there is none.
    #[serde(default)]
    pub unit: String,
    /// What it is.
    #[serde(default)]
    pub doc: String,
}

/// The type of a column, see [`ColumnType`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Type {
    /// UTF-8 text.
    Text,
    /// UTF-8 text that many rows share: a dictionary of texts with 32-bit numbers, or a text for each row.
    Label,
    /// A day.
    Date,
    /// An instant in milliseconds, shown in `Asia/Shanghai`.
    Time,
    /// A 64-bit float.
    Float,
    /// A 64-bit integer.
    Int,
}

impl Type {
    /// The column type that it stands for.
    pub fn column(self) -> ColumnType {
        match self {
            Self::Text => ColumnType::Text,
            Self::Label => ColumnType::Label,
            Self::Date => ColumnType::Date,
            Self::Time => ColumnType::Time,
            Self::Float => ColumnType::Float,
            Self::Int => ColumnType::Int,
        }
    }
}

impl Promise {
    /// The promise as a source makes it.
    pub fn capability(&self) -> Capability {
        let mut capability = self.boards.as_deref().map_or_else(Capability::any, Capability::of_boards);
        for (&adjust, boards) in &self.adjusts {
            capability = capability.adjusts(adjust, boards);
        }
        if let Some(bars) = self.last_bars {
            capability = capability.last_bars(bars);
        }
        match self.precision {
            Some(Rounding { volume, amount, price }) => {
                capability.precision(Precision { volume, amount, price })
            }
            None => capability,
        }
    }
}

impl Manifest {
    /// The manifest as it crosses the boundary.
    pub fn to_json(&self) -> String {
        // Text, numbers and lists of them: there is nothing in it that JSON could not say.
        serde_json::to_string(self).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_promise_crosses_whole() {
        let promised = Capability::of_boards(&[Board::Main, Board::Star])
            .adjusts(Adjust::Qfq, &[Board::Main])
            .last_bars(1023)
            .precision(Precision { volume: 0.5, amount: 1.0, price: 0.0005 });
        for capability in [promised, Capability::any()] {
            let json = serde_json::to_string(&Promise::from(&capability)).unwrap();
            assert_eq!(serde_json::from_str::<Promise>(&json).unwrap().capability(), capability, "{json}");
        }
    }

    #[test]
    fn the_least_that_a_manifest_says_is_enough() {
        let json =
            r#"{"name":"tides","version":"1","datasets":[{"id":"tide","priority":0,"new":1}],"new":{}}"#;
        let manifest: Manifest = serde_json::from_str(json).unwrap();
        assert_eq!(manifest.quota, Rate::default());
        assert_eq!(manifest.datasets[0].capability.capability(), Capability::any());
        let again: Manifest = serde_json::from_str(&manifest.to_json()).unwrap();
        assert_eq!(again, manifest);
    }
}
