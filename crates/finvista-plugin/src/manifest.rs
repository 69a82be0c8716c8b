//! The manifest: what a plugin says of itself, as JSON. The author's side writes it, and the host reads it.

use std::collections::BTreeMap;

use finvista_core::dataset::{CnStockDaily, CnStockQuote, ColumnSpec, ColumnType, Dataset, DatasetSpec};
use finvista_core::{Adjust, Board, Capability, DataSource, DatasetId, Precision, Query, Quota, Vendor};
use jiff::civil::Date;
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

impl From<Quota> for Rate {
    fn from(quota: Quota) -> Self {
        Self {
            per_minute: 60.0 / quota.get_period().as_secs_f64(),
            burst: quota.get_burst(),
            in_flight: quota.get_in_flight(),
        }
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

impl From<&Capability> for Promise {
    fn from(capability: &Capability) -> Self {
        let &Precision { volume, amount, price } = capability.get_precision();
        Self {
            boards: capability.boards().map(<[Board]>::to_vec),
            adjusts: capability.adjusted().map(|(adjust, boards)| (adjust, boards.to_vec())).collect(),
            last_bars: capability.reach(),
            precision: Some(Rounding { volume, amount, price }),
        }
    }
}

impl Manifest {
    /// The manifest of a vendor.
    pub fn of_vendor(vendor: &Vendor) -> Self {
        let offer = |endpoint: &&dyn finvista_core::DynEndpoint| {
            Offered::new(endpoint.dataset(), endpoint.priority(), &endpoint.capability())
        };
        Self {
            name: vendor.name.to_owned(),
            title: vendor.title.to_owned(),
            version: vendor.version.to_owned(),
            failure_domain: vendor.failure_domain.to_owned(),
            blocking: false,
            hosts: vendor.hosts.iter().map(|host| (*host).to_owned()).collect(),
            quota: vendor.quota.into(),
            datasets: vendor.endpoints.iter().map(offer).collect(),
            sdk: SDK.to_owned(),
        }
    }

    /// The manifest of a source, whose own data sets are among `specs`.
    pub fn of_source(source: &dyn DataSource, specs: &[&DatasetSpec]) -> Self {
        let info = source.info();
        let offer = |offer: &finvista_core::Offer| {
            let capability = source.capability(&offer.dataset)?;
            let spec = specs.iter().find(|spec| spec.id == offer.dataset.as_str());
            Some(match spec {
                Some(spec) => Offered::new(spec, offer.priority, capability),
                None => Offered::known(&offer.dataset, offer.priority, capability),
            })
        };
        Self {
            name: info.name.clone(),
            title: info.title.clone(),
            version: info.version.clone(),
            failure_domain: info.failure_domain.clone(),
            blocking: false,
            hosts: Vec::new(),
            quota: Rate::default(),
            datasets: info.offers.iter().filter_map(offer).collect(),
            sdk: SDK.to_owned(),
        }
    }

    /// The manifest as it crosses the boundary.
    pub fn to_json(&self) -> String {
        // Text, numbers and lists of them: there is nothing in it that JSON could not say.
        serde_json::to_string(self).unwrap_or_default()
    }
}

const SDK: &str = concat!("finvista-plugin ", env!("CARGO_PKG_VERSION"), " (Rust)");

/// The data sets that need no definition, because every host has them.
const KNOWN: [&str; 2] = [CnStockDaily::SPEC.id, CnStockQuote::SPEC.id];

impl Offered {
    fn new(spec: &DatasetSpec, priority: i32, capability: &Capability) -> Self {
        let known = Self::known(&spec.id(), priority, capability);
        if KNOWN.contains(&spec.id) {
            return known;
        }
        let param = |param: &finvista_core::dataset::ParamSpec| Param {
            name: param.name.to_owned(),
            required: param.required,
            doc: param.doc.to_owned(),
        };
        // A plugin's data set has one time for all queries: that of a query that asks for nothing, on a day long past.
        let ttl = (spec.ttl)(&Query::custom(spec.id(), [("", ""); 0]), Date::ZERO);
        Self {
            title: spec.title.to_owned(),
            params: spec.params.iter().map(param).collect(),
            columns: spec.columns.iter().map(Column::from).collect(),
            ttl_s: ttl.as_secs(),
            ..known
        }
    }

    fn known(id: &DatasetId, priority: i32, capability: &Capability) -> Self {
        Self {
            id: id.to_string(),
            priority,
            capability: capability.into(),
            title: String::new(),
            params: Vec::new(),
            columns: Vec::new(),
            ttl_s: 0,
        }
    }
}

impl From<&ColumnSpec> for Column {
    fn from(spec: &ColumnSpec) -> Self {
        let ty = match spec.ty {
            ColumnType::Text => Type::Text,
            ColumnType::Date => Type::Date,
            ColumnType::Time => Type::Time,
            ColumnType::Float => Type::Float,
            ColumnType::Int => Type::Int,
        };
        Self {
            name: spec.name.to_owned(),
            ty,
            nullable: spec.nullable,
            unit: spec.unit.to_owned(),
            doc: spec.doc.trim().to_owned(),
        }
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
